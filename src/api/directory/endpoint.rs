//! `spec.endpoint`: the workload and where it is reached.

use super::Storage;
use crate::api::cel;
use crate::api::crd::undescribed;
use crate::api::quantity::Resources;
use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The workload that serves the identity provider.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, KubeSchema)]
#[x_kube(validation = cel::several_replicas_share_a_store())]
#[serde(rename_all = "camelCase")]
pub struct Endpoint {
    /// Pods that serve the directory, 1 to 10. Default: 1. More than one need a store that they share:
    /// `storage.postgres`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 10))]
    pub replicas: Option<i32>,
    /// Where the identity provider reaches the endpoint: the origin and, if a proxy adds one, a path prefix, at most
    /// 256 characters. `status.baseUrl` is this with `/scim/v2`. Default: the cluster address of the Service.
    /// Example: `https://scim.example.com`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 8, max = 256), regex(pattern = r"^https?://[^/?#\s]+(/[^?#\s]*)?$"))]
    #[x_kube(validation = cel::origin_and_prefix())]
    pub base_url: Option<String>,
    /// Where users, groups and grants are kept. Default: `sqlite` on a volume of 1Gi. Exactly one choice; the choice
    /// is immutable.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[x_kube(validation = cel::one_storage())]
    pub storage: Option<Storage>,
    /// How the public port leaves the pod; no other port is ever exposed. Default: `service` of type ClusterIP.
    /// Exactly one choice.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[x_kube(validation = cel::only_choice("spec.endpoint.expose", "service", "expose: {service: {}}"))]
    pub expose: Option<Expose>,
    /// CPU and memory of the endpoint's container. Default: requests of 50m and 64Mi, no limits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resources: Option<Resources>,
}

/// How the public port leaves the pod; exactly one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Expose {
    /// By the Service `<directory>-scim` alone.
    Service(ServiceExposure),
}

/// By a Service alone.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ServiceExposure {
    /// The Service's type. Default and only choice: `ClusterIP`, reachable inside the cluster; put an Ingress or a
    /// proxy of your own in front.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub type_: Option<ServiceType>,
}

/// A Service's type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[schemars(transform = undescribed)]
pub enum ServiceType {
    /// Reachable inside the cluster.
    #[default]
    ClusterIP,
}

impl Default for Expose {
    fn default() -> Self {
        Self::Service(ServiceExposure::default())
    }
}

impl ServiceExposure {
    /// The effective type of the Service.
    pub fn service_type(&self) -> ServiceType {
        self.type_.unwrap_or_default()
    }
}

impl Endpoint {
    /// The effective number of pods.
    pub fn replicas(&self) -> i32 {
        self.replicas.unwrap_or(1)
    }

    /// The effective storage.
    pub fn storage(&self) -> Storage {
        self.storage.clone().unwrap_or_default()
    }

    /// The effective exposure.
    pub fn expose(&self) -> Expose {
        self.expose.clone().unwrap_or_default()
    }
}
