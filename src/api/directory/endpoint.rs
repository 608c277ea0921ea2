//! `spec.endpoint`: the workload, where it is reached and where it keeps its data.

use crate::api::cel;
use crate::api::crd::undescribed;
use crate::api::quantity::Resources;
use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The volume's size when the directory does not say.
pub const DEFAULT_STORAGE_SIZE: &str = "1Gi";

/// The workload that serves the identity provider.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct Endpoint {
    /// Pods that serve the directory. Default: 1. More need a store that they can share, which this version does not
    /// have.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 64))]
    #[x_kube(validation = cel::one_replica())]
    pub replicas: Option<i32>,
    /// Where the identity provider reaches the endpoint: the origin and, if a proxy adds one, a path prefix, at most
    /// 256 characters. `status.baseUrl` is this with `/scim/v2`. Default: the cluster address of the Service.
    /// Example: `https://scim.example.com`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 8, max = 256), regex(pattern = r"^https?://[^/?#\s]+(/[^?#\s]*)?$"))]
    #[x_kube(validation = cel::origin_and_prefix())]
    pub base_url: Option<String>,
    /// Where users, groups and grants are kept. Default: `sqlite` on a volume of 1Gi. Exactly one choice; immutable.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[x_kube(validation = cel::only_choice("spec.endpoint.storage", "sqlite", "storage: {sqlite: {}}"))]
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

/// Where users, groups and grants are kept; exactly one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Storage {
    /// An embedded database on a volume of its own.
    Sqlite(SqliteStorage),
}

/// An embedded database on a volume of its own (a PersistentVolumeClaim).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SqliteStorage {
    /// The volume's size, in Mi, Gi or Ti. Default: `1Gi`. It may only grow.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 3, max = 8), regex(pattern = r"^[1-9][0-9]{0,5}(Mi|Gi|Ti)$"))]
    pub size: Option<String>,
    /// The volume's StorageClass. Default: the cluster's default class; `""`: a volume that an administrator
    /// prepared. Immutable, also from or to nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 253), regex(pattern = r"^([a-z0-9]([-a-z0-9.]*[a-z0-9])?)?$"))]
    pub storage_class_name: Option<String>,
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

impl Default for Storage {
    fn default() -> Self {
        Self::Sqlite(SqliteStorage::default())
    }
}

impl Default for Expose {
    fn default() -> Self {
        Self::Service(ServiceExposure::default())
    }
}

impl SqliteStorage {
    /// The effective size of the volume.
    pub fn size(&self) -> &str {
        self.size.as_deref().unwrap_or(DEFAULT_STORAGE_SIZE)
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
