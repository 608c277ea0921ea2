//! Who may reach the endpoint: the public and access ports anybody, the admin port the operator, and it itself nobody.

use super::super::names::{Names, labels};
use super::services::{ACCESS_PORT, ADMIN_PORT, METRICS_PORT, PUBLIC_PORT};
use super::{Plan, meta};
use k8s_openapi::api::networking::v1::{
    NetworkPolicy, NetworkPolicyIngressRule, NetworkPolicyPeer, NetworkPolicyPort, NetworkPolicySpec,
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

/// The policy. Without egress rules: an endpoint with its own store calls nobody.
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
            egress: None,
        }),
    }
}

fn ingress(ports: &[i32], from: Option<NetworkPolicyPeer>) -> NetworkPolicyIngressRule {
    let port = |port: &i32| NetworkPolicyPort {
        port: Some(IntOrString::Int(*port)),
        protocol: Some("TCP".to_owned()),
        ..NetworkPolicyPort::default()
    };
    NetworkPolicyIngressRule { from: from.map(|peer| vec![peer]), ports: Some(ports.iter().map(port).collect()) }
}
