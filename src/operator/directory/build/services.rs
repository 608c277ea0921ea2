//! The three Services: public port, access port, and the headless one behind which the operator finds each replica.

use super::super::names::Names;
use super::{Plan, meta};
use k8s_openapi::api::core::v1::{Service, ServicePort, ServiceSpec};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

/// `/scim/v2`, `/sso`, `/console`.
pub const PUBLIC_PORT: i32 = 8080;
/// `/access/v1`.
pub const ACCESS_PORT: i32 = 8081;
/// `/admin/v1`.
pub const ADMIN_PORT: i32 = 8443;
/// Probes and metrics.
pub const METRICS_PORT: i32 = 9090;

/// The only Service that is ever exposed.
pub fn public(plan: &Plan, names: &Names) -> Service {
    service(plan, names, names.public_service(), "scim", PUBLIC_PORT)
}

/// For applications inside the cluster.
pub fn access(plan: &Plan, names: &Names) -> Service {
    service(plan, names, names.access_service(), "access", ACCESS_PORT)
}

/// Headless, and with pods that are not ready: a pod becomes ready by what the operator publishes.
pub fn admin(plan: &Plan, names: &Names) -> Service {
    let mut service = service(plan, names, names.admin_service(), "admin", ADMIN_PORT);
    if let Some(spec) = service.spec.as_mut() {
        spec.cluster_ip = Some("None".to_owned());
        spec.publish_not_ready_addresses = Some(true);
    }
    service
}

fn service(plan: &Plan, names: &Names, name: String, port_name: &str, port: i32) -> Service {
    Service {
        metadata: meta::owned(plan, names, name),
        spec: Some(ServiceSpec {
            type_: Some("ClusterIP".to_owned()),
            selector: Some(names.selector()),
            ports: Some(vec![ServicePort {
                name: Some(port_name.to_owned()),
                port,
                target_port: Some(IntOrString::String(port_name.to_owned())),
                protocol: Some("TCP".to_owned()),
                app_protocol: (port_name != "admin").then(|| "http".to_owned()),
                ..ServicePort::default()
            }]),
            ..ServiceSpec::default()
        }),
        ..Service::default()
    }
}
