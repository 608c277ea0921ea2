//! Metadata that all children share.

use super::super::names::{Names, labels};
use super::Plan;
use crate::api::{self, label};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, OwnerReference};

/// Metadata of a child that goes when its directory goes.
pub fn owned(plan: &Plan, names: &Names, name: String) -> ObjectMeta {
    ObjectMeta {
        owner_references: Some(vec![owner_reference(&plan.key.name, &plan.uid)]),
        ..retained(plan, names, name)
    }
}

/// Metadata of a child that outlives its directory.
pub fn retained(plan: &Plan, names: &Names, name: String) -> ObjectMeta {
    ObjectMeta {
        name: Some(name),
        namespace: Some(plan.key.namespace.clone()),
        labels: Some(names.labels()),
        annotations: Some(labels([(label::OWNER, &names.owner())])),
        ..ObjectMeta::default()
    }
}

/// The controller reference to a directory. Without `blockOwnerDeletion`, which would need rights on finalizers.
pub fn owner_reference(directory: &str, uid: &str) -> OwnerReference {
    OwnerReference {
        api_version: format!("{}/{}", api::GROUP, api::VERSION),
        kind: "ScimDirectory".to_owned(),
        name: directory.to_owned(),
        uid: uid.to_owned(),
        controller: Some(true),
        block_owner_deletion: None,
    }
}
