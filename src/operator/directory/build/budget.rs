//! How many of the endpoint's pods may be asked to go at a time, when nodes are drained.

use super::super::names::Names;
use super::{Plan, meta};
use k8s_openapi::api::policy::v1::{PodDisruptionBudget, PodDisruptionBudgetSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

/// The budget. It counts those that are gone, not those that stay: should one pod be left of several, its node can
/// still be drained.
pub fn disruption_budget(plan: &Plan, names: &Names) -> PodDisruptionBudget {
    PodDisruptionBudget {
        metadata: meta::owned(plan, names, names.endpoint()),
        spec: Some(PodDisruptionBudgetSpec {
            max_unavailable: Some(IntOrString::Int(1)),
            selector: Some(LabelSelector { match_labels: Some(names.selector()), ..LabelSelector::default() }),
            // A pod that cannot get ready must not keep its node from being drained.
            unhealthy_pod_eviction_policy: Some("AlwaysAllow".to_owned()),
            ..PodDisruptionBudgetSpec::default()
        }),
        ..PodDisruptionBudget::default()
    }
}
