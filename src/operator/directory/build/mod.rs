//! From a validated plan to every child object. Pure: no client, no clock, no randomness; equal plans, equal children.

mod budget;
mod database;
mod meta;
mod policy;
mod secrets;
mod services;
mod sign_in;
mod storage;
mod workload;

#[cfg(test)]
mod tests;

use super::names::Names;
use crate::api::directory::Storage;
use crate::api::quantity::Resources;
use crate::operator::runtime::Key;
use crate::operator::tls::EndpointTls;
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::{PersistentVolumeClaim, Secret, Service, ServiceAccount};
use k8s_openapi::api::networking::v1::NetworkPolicy;
use k8s_openapi::api::policy::v1::PodDisruptionBudget;

pub use meta::owner_reference;
pub use secrets::VERIFIERS_FILE;
pub use services::{ADMIN_PORT, PUBLIC_PORT};
pub use sign_in::{CA_VOLUME, CLIENT_SECRET_VOLUME, SecretFile, SignIn, is_mounted};
pub use storage::{DELETED_DEFAULT_RULES, ExistingVolume, bytes as quantity};

/// Everything the children are made from.
#[derive(Clone)]
pub struct Plan {
    /// The directory.
    pub key: Key,
    /// Its uid.
    pub uid: String,
    /// The endpoint's image.
    pub image: String,
    /// Where the operator runs: only from there is the admin port reachable.
    pub operator_namespace: String,
    /// Where the data is, as the directory wants it.
    pub storage: Storage,
    /// The volume as it is, if it is.
    pub volume: Option<ExistingVolume>,
    /// What the container gets; `None` for the defaults.
    pub resources: Option<Resources>,
    /// How many pods.
    pub replicas: i32,
    /// The admin listener's certificate.
    pub tls: EndpointTls,
    /// The content of `verifiers.json`.
    pub verifiers: String,
    /// Default rules a person deleted, remembered on the retained volume (B079).
    pub deleted_default_rules: Vec<String>,
    /// What people need to sign in; `None` = they do not sign in here.
    pub sign_in: Option<SignIn>,
}

/// Every child of a directory. Applying destructures it, so that a forgotten child does not compile.
#[derive(Clone)]
pub struct Children {
    /// Without rights; the pod mounts no token.
    pub account: ServiceAccount,
    /// The admin listener's certificate.
    pub admin_tls: Secret,
    /// Token hashes and the revocation floor.
    pub verifiers: Secret,
    /// The store's volume; a directory on a database has none.
    pub data: Option<PersistentVolumeClaim>,
    /// Port 8080.
    pub public_service: Service,
    /// Port 8081.
    pub access_service: Service,
    /// Port 8443, headless.
    pub admin_service: Service,
    /// Who may reach which port.
    pub policy: NetworkPolicy,
    /// How many pods may be asked to go at a time; only where there are several.
    pub budget: Option<PodDisruptionBudget>,
    /// The endpoint itself.
    pub workload: Deployment,
}

/// Builds every child.
pub fn build(plan: &Plan) -> Children {
    let names = Names::of(&plan.key);
    Children {
        account: workload::account(plan, &names),
        admin_tls: secrets::admin_tls(plan, &names),
        verifiers: secrets::verifiers(plan, &names),
        data: match &plan.storage {
            Storage::Sqlite(wanted) => Some(storage::volume_claim(plan, wanted, &names)),
            Storage::Postgres(_) => None,
        },
        public_service: services::public(plan, &names),
        access_service: services::access(plan, &names),
        admin_service: services::admin(plan, &names),
        policy: policy::network_policy(plan, &names),
        budget: (plan.replicas > 1).then(|| budget::disruption_budget(plan, &names)),
        workload: workload::deployment(plan, &names),
    }
}
