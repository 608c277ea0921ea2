//! The endpoint's ServiceAccount and Deployment: pods without Kubernetes credentials, under the restricted profile; one
//! with a volume, or as many as the directory wants on a database.
//!
//! Nothing of the operator's own version is in the pod template, so that an operator upgrade restarts no endpoint.

use super::super::names::Names;
use super::secrets::VERIFIERS_FILE;
use super::services::{ACCESS_PORT, ADMIN_PORT, METRICS_PORT, PUBLIC_PORT};
use super::{Plan, database, meta, sign_in};
use crate::api::directory::Storage;
use crate::api::quantity::{Amounts, Resources};
use k8s_openapi::api::apps::v1::{Deployment, DeploymentSpec, DeploymentStrategy};
use k8s_openapi::api::core::v1::{
    Capabilities, Container, ContainerPort, EmptyDirVolumeSource, HTTPGetAction, KeyToPath,
    PersistentVolumeClaimVolumeSource, PodSecurityContext, PodSpec, PodTemplateSpec, Probe, ResourceRequirements,
    SeccompProfile, SecretVolumeSource, SecurityContext, ServiceAccount, Volume, VolumeMount,
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, ObjectMeta};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

const DATA: &str = "/data";
const ADMIN_TLS: &str = "/etc/scim-operator/admin-tls";
const VERIFIERS: &str = "/etc/scim-operator/verifiers";
const USER: i64 = 65532;
/// Readable for the group that `fsGroup` gives the pod, for nobody else.
const SECRET_MODE: i32 = 0o440;

/// An account without rights.
pub fn account(plan: &Plan, names: &Names) -> ServiceAccount {
    ServiceAccount {
        metadata: meta::owned(plan, names, names.endpoint()),
        automount_service_account_token: Some(false),
        ..ServiceAccount::default()
    }
}

/// The endpoint.
pub fn deployment(plan: &Plan, names: &Names) -> Deployment {
    Deployment {
        metadata: meta::owned(plan, names, names.endpoint()),
        spec: Some(DeploymentSpec {
            replicas: Some(plan.replicas),
            strategy: Some(match &plan.storage {
                // One volume, one writer: the old pod ends before the new one begins.
                Storage::Sqlite(_) => DeploymentStrategy { type_: Some("Recreate".to_owned()), rolling_update: None },
                Storage::Postgres(_) => database::strategy(),
            }),
            selector: LabelSelector { match_labels: Some(names.selector()), ..LabelSelector::default() },
            template: PodTemplateSpec {
                metadata: Some(ObjectMeta { labels: Some(names.labels()), ..ObjectMeta::default() }),
                spec: Some(pod(plan, names)),
            },
            ..DeploymentSpec::default()
        }),
        ..Deployment::default()
    }
}

fn pod(plan: &Plan, names: &Names) -> PodSpec {
    let (grace, spread, mut volumes) = match &plan.storage {
        Storage::Sqlite(_) => (30, None, vec![data_volume(names)]),
        Storage::Postgres(postgres) => {
            (database::GRACE_SECONDS, Some(database::spread(names)), database::volumes(postgres))
        }
    };
    volumes.extend([
        secret_volume("admin-tls", names.admin_tls()),
        secret_volume("verifiers", names.verifiers()),
        Volume { name: "tmp".to_owned(), empty_dir: Some(EmptyDirVolumeSource::default()), ..Volume::default() },
    ]);
    volumes.extend(sign_in::volumes(plan.sign_in.as_ref()));
    PodSpec {
        service_account_name: Some(names.endpoint()),
        automount_service_account_token: Some(false),
        enable_service_links: Some(false),
        termination_grace_period_seconds: Some(grace),
        topology_spread_constraints: spread,
        security_context: Some(PodSecurityContext {
            run_as_non_root: Some(true),
            run_as_user: Some(USER),
            run_as_group: Some(USER),
            fs_group: Some(USER),
            fs_group_change_policy: Some("OnRootMismatch".to_owned()),
            seccomp_profile: Some(SeccompProfile { type_: "RuntimeDefault".to_owned(), localhost_profile: None }),
            ..PodSecurityContext::default()
        }),
        containers: vec![container(plan)],
        volumes: Some(volumes),
        ..PodSpec::default()
    }
}

fn data_volume(names: &Names) -> Volume {
    Volume {
        name: "data".to_owned(),
        persistent_volume_claim: Some(PersistentVolumeClaimVolumeSource {
            claim_name: names.data(),
            ..PersistentVolumeClaimVolumeSource::default()
        }),
        ..Volume::default()
    }
}

/// The endpoint's arguments; none of them is a secret.
fn arguments(plan: &Plan) -> Vec<String> {
    let listen = |port: i32| format!("0.0.0.0:{port}");
    let store = match &plan.storage {
        Storage::Sqlite(_) => vec![format!("--data={DATA}")],
        Storage::Postgres(postgres) => database::arguments(plan, postgres),
    };
    let mut arguments = vec!["endpoint".to_owned(), "--log-format=json".to_owned()];
    arguments.extend(store);
    arguments.extend([
        format!("--public-listen={}", listen(PUBLIC_PORT)),
        format!("--access-listen={}", listen(ACCESS_PORT)),
        format!("--admin-listen={}", listen(ADMIN_PORT)),
        format!("--metrics-listen={}", listen(METRICS_PORT)),
        format!("--admin-tls={ADMIN_TLS}"),
        format!("--verifiers={VERIFIERS}/{VERIFIERS_FILE}"),
    ]);
    arguments.extend(sign_in::arguments(plan.sign_in.as_ref()));
    arguments
}

fn container(plan: &Plan) -> Container {
    let mut mounts = match &plan.storage {
        Storage::Sqlite(_) => vec![mount("data", DATA, false)],
        Storage::Postgres(postgres) => database::mounts(postgres),
    };
    mounts.extend([
        mount("admin-tls", ADMIN_TLS, true),
        mount("verifiers", VERIFIERS, true),
        mount("tmp", "/tmp", false),
    ]);
    mounts.extend(sign_in::mounts(plan.sign_in.as_ref()));
    let port = |name: &str, port: i32| ContainerPort {
        name: Some(name.to_owned()),
        container_port: port,
        protocol: Some("TCP".to_owned()),
        ..ContainerPort::default()
    };
    Container {
        name: "endpoint".to_owned(),
        image: Some(plan.image.clone()),
        image_pull_policy: Some("IfNotPresent".to_owned()),
        args: Some(arguments(plan)),
        ports: Some(vec![
            port("scim", PUBLIC_PORT),
            port("access", ACCESS_PORT),
            port("admin", ADMIN_PORT),
            port("metrics", METRICS_PORT),
        ]),
        // A store of many gigabytes is checked before the first answer; the liveness probe waits for that.
        startup_probe: Some(probe("/healthz", 2, 300)),
        liveness_probe: Some(probe("/healthz", 10, 6)),
        readiness_probe: Some(probe("/readyz", 2, 2)),
        resources: Some(resources(plan.resources.as_ref())),
        security_context: Some(SecurityContext {
            allow_privilege_escalation: Some(false),
            read_only_root_filesystem: Some(true),
            run_as_non_root: Some(true),
            capabilities: Some(Capabilities { drop: Some(vec!["ALL".to_owned()]), add: None }),
            seccomp_profile: Some(SeccompProfile { type_: "RuntimeDefault".to_owned(), localhost_profile: None }),
            ..SecurityContext::default()
        }),
        volume_mounts: Some(mounts),
        ..Container::default()
    }
}

fn probe(path: &str, period_seconds: i32, failure_threshold: i32) -> Probe {
    Probe {
        http_get: Some(HTTPGetAction {
            path: Some(path.to_owned()),
            port: IntOrString::String("metrics".to_owned()),
            ..HTTPGetAction::default()
        }),
        period_seconds: Some(period_seconds),
        failure_threshold: Some(failure_threshold),
        timeout_seconds: Some(3),
        ..Probe::default()
    }
}

/// A volume in the container.
pub(super) fn mount(name: &str, path: &str, read_only: bool) -> VolumeMount {
    VolumeMount {
        name: name.to_owned(),
        mount_path: path.to_owned(),
        read_only: read_only.then_some(true),
        ..VolumeMount::default()
    }
}

/// A whole Secret as a volume.
pub(super) fn secret_volume(name: &str, secret: String) -> Volume {
    Volume {
        name: name.to_owned(),
        secret: Some(SecretVolumeSource {
            secret_name: Some(secret),
            default_mode: Some(SECRET_MODE),
            ..SecretVolumeSource::default()
        }),
        ..Volume::default()
    }
}

/// One key of a Secret as a volume with one file.
pub(super) fn one_key(volume: &str, (secret, key): (&str, &str), file: &str) -> Volume {
    let whole = secret_volume(volume, secret.to_owned());
    let items = Some(vec![KeyToPath { key: key.to_owned(), path: file.to_owned(), mode: None }]);
    Volume { secret: whole.secret.map(|source| SecretVolumeSource { items, ..source }), ..whole }
}

fn resources(wanted: Option<&Resources>) -> ResourceRequirements {
    let defaults = Amounts { cpu: Some("50m".into()), memory: Some("64Mi".into()), ephemeral_storage: None };
    let requests = wanted.and_then(|r| r.requests.clone()).unwrap_or(defaults);
    let limits = wanted.and_then(|r| r.limits.as_ref());
    ResourceRequirements {
        requests: Some(requests.to_map()),
        limits: limits.map(Amounts::to_map),
        ..ResourceRequirements::default()
    }
}
