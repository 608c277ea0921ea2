//! What the pods of a directory on a database have instead of a volume: the database's URL and the certificates of its
//! authority as files, whatever the keys in the Secrets are called, and a rolling update that no caller notices.
//!
//! What is in the files is in no argument and no variable.

use super::super::names::Names;
use super::Plan;
use super::workload::{mount, one_key};
use crate::api::directory::PostgresStorage;
use k8s_openapi::api::apps::v1::{DeploymentStrategy, RollingUpdateDeployment};
use k8s_openapi::api::core::v1::{TopologySpreadConstraint, Volume, VolumeMount};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

const URL: &str = "/etc/scim-operator/database";
const URL_FILE: &str = "url";
const CA: &str = "/etc/scim-operator/database-ca";
const CA_FILE: &str = "ca.crt";

/// How long a pod that was told to stop goes on taking requests, until every proxy knows that it is going.
const DRAIN_DELAY: &str = "5s";
/// The delay, the time that requests under way have, and some more.
pub const GRACE_SECONDS: i64 = 45;

/// The endpoint's arguments about its store.
pub fn arguments(plan: &Plan, postgres: &PostgresStorage) -> Vec<String> {
    let ca = postgres.ca().map(|_| format!("--database-ca-file={CA}/{CA_FILE}"));
    let mut arguments = vec![format!("--database-url-file={URL}/{URL_FILE}")];
    arguments.extend(ca);
    arguments.push(format!("--database-schema={}", postgres.schema(&plan.key.name)));
    arguments.push(format!("--drain-delay={DRAIN_DELAY}"));
    arguments
}

/// The Secrets, the one key of each that is meant.
pub fn volumes(postgres: &PostgresStorage) -> Vec<Volume> {
    let url = (postgres.url_secret_ref.name.as_str(), postgres.url_key());
    let mut volumes = vec![one_key("database", url, URL_FILE)];
    volumes.extend(postgres.ca().map(|ca| one_key("database-ca", ca, CA_FILE)));
    volumes
}

/// Where they are mounted: as folders, since a file mounted alone never changes.
pub fn mounts(postgres: &PostgresStorage) -> Vec<VolumeMount> {
    let mut mounts = vec![mount("database", URL, true)];
    mounts.extend(postgres.ca().map(|_| mount("database-ca", CA, true)));
    mounts
}

/// A pod goes when the one that takes its place is ready.
pub fn strategy() -> DeploymentStrategy {
    DeploymentStrategy {
        type_: Some("RollingUpdate".to_owned()),
        rolling_update: Some(RollingUpdateDeployment {
            max_surge: Some(IntOrString::Int(1)),
            max_unavailable: Some(IntOrString::Int(0)),
        }),
    }
}

/// Pods apart from each other, where that is possible: those on one node end together with it. For one pod too, so that
/// going from one to several restarts nobody.
pub fn spread(names: &Names) -> Vec<TopologySpreadConstraint> {
    let apart = |topology_key: &str| TopologySpreadConstraint {
        max_skew: 1,
        topology_key: topology_key.to_owned(),
        when_unsatisfiable: "ScheduleAnyway".to_owned(),
        label_selector: Some(LabelSelector { match_labels: Some(names.selector()), ..LabelSelector::default() }),
        // Those that are about to be replaced are not counted.
        match_label_keys: Some(vec!["pod-template-hash".to_owned()]),
        ..TopologySpreadConstraint::default()
    };
    vec![apart("kubernetes.io/hostname"), apart("topology.kubernetes.io/zone")]
}
