//! Who may reach the endpoint: the public and access ports anybody, the admin port the operator. It itself may reach
//! nobody, or, on a database or where people sign in, what answers to TCP: where the database is only its Secret says,
//! which nobody reads here, and a provider's addresses change.

use super::super::names::{Names, labels};
use super::services::{ACCESS_PORT, ADMIN_PORT, METRICS_PORT, PUBLIC_PORT};
use super::{Plan, meta};
use crate::api::directory::Storage;
use k8s_openapi::api::networking::v1::{
    NetworkPolicy, NetworkPolicyEgressRule, NetworkPolicyIngressRule, NetworkPolicyPeer, NetworkPolicyPort,
    NetworkPolicySpec,
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

/// Where the names of the database's hosts and of the provider are looked up, on the pods that do it: of a Service's
/// port 53 a policy sees what is behind it, which is 5353 on OpenShift.
const DNS_PORTS: [i32; 2] = [53, 5353];

/// The policy. An endpoint with a volume at which nobody signs in has no egress rules: it calls nobody.
pub fn network_policy(plan: &Plan, names: &Names) -> NetworkPolicy {
    let namespaces = |match_labels| NetworkPolicyPeer {
        namespace_selector: Some(LabelSelector { match_labels, ..LabelSelector::default() }),
        ..NetworkPolicyPeer::default()
    };
    let operator = labels([("kubernetes.io/metadata.name", &plan.operator_namespace)]);
    NetworkPolicy {
        metadata: meta::owned(plan, names, names.endpoint()),
        spec: Some(NetworkPolicySpec {
            pod_selector: Some(LabelSelector { match_labels: Some(names.selector()), ..LabelSelector::default() }),
            policy_types: Some(vec!["Ingress".to_owned(), "Egress".to_owned()]),
            ingress: Some(vec![
                ingress(&[PUBLIC_PORT], None),
                ingress(&[ACCESS_PORT, METRICS_PORT], Some(namespaces(None))),
                ingress(&[ADMIN_PORT], Some(namespaces(Some(operator)))),
            ]),
            egress: calls_somebody(plan).then(|| vec![egress()]),
        }),
    }
}

/// Whether the endpoint calls a database, or the provider at which people sign in.
fn calls_somebody(plan: &Plan) -> bool {
    let on_database = match &plan.storage {
        Storage::Sqlite(_) => false,
        Storage::Postgres(_) => true,
    };
    on_database || plan.sign_in.is_some()
}

fn egress() -> NetworkPolicyEgressRule {
    let to = |protocol: &str, port: Option<i32>| NetworkPolicyPort {
        port: port.map(IntOrString::Int),
        protocol: Some(protocol.to_owned()),
        ..NetworkPolicyPort::default()
    };
    let mut ports = vec![to("TCP", None)];
    ports.extend(DNS_PORTS.map(|port| to("UDP", Some(port))));
    NetworkPolicyEgressRule { ports: Some(ports), to: None }
}

fn ingress(ports: &[i32], from: Option<NetworkPolicyPeer>) -> NetworkPolicyIngressRule {
    let port = |port: &i32| NetworkPolicyPort {
        port: Some(IntOrString::Int(*port)),
        protocol: Some("TCP".to_owned()),
        ..NetworkPolicyPort::default()
    };
    NetworkPolicyIngressRule { from: from.map(|peer| vec![peer]), ports: Some(ports.iter().map(port).collect()) }
}
