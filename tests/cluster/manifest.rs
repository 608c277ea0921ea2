//! Manifests as files: read, applied the strict way, taken away again.

use crate::support::cluster::Cluster;
use k8s_openapi::api::core::v1::Secret;
use kube::api::{Api, ApiResource, DynamicObject, Patch, PatchParams, ValidationDirective};
use kube::{CustomResourceExt, ResourceExt};
use scim_operator::api::{RuleSync, ScimAccessToken, ScimDirectory, UserManagementRule};
use std::path::{Path, PathBuf};

/// A folder of the repository.
pub fn folder(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// The YAML files of a folder, by name.
pub fn files(path: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder(path)).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> = entries.filter(|path| path.extension().is_some_and(|e| e == "yaml")).collect();
    files.sort();
    assert!(!files.is_empty(), "{path} holds manifests");
    files
}

/// The documents of a file.
pub fn documents(text: &str) -> Vec<DynamicObject> {
    serde_saphyr::from_multiple(text).unwrap()
}

/// Where objects of this kind go.
pub fn api(cluster: &Cluster, namespace: &str, object: &DynamicObject) -> Api<DynamicObject> {
    Api::namespaced_with(cluster.client.clone(), namespace, &resource(object))
}

fn resource(object: &DynamicObject) -> ApiResource {
    let kinds = [
        ScimDirectory::api_resource(),
        UserManagementRule::api_resource(),
        RuleSync::api_resource(),
        ScimAccessToken::api_resource(),
        ApiResource::erase::<Secret>(&()),
    ];
    let kind = &object.types.as_ref().expect("a manifest has a kind").kind;
    kinds.into_iter().find(|known| &known.kind == kind).unwrap_or_else(|| panic!("{kind} is not known here"))
}

/// Creates the object, or brings the existing one to what it says; unknown and repeated fields are errors.
pub async fn apply(cluster: &Cluster, namespace: &str, object: &DynamicObject) -> Result<DynamicObject, kube::Error> {
    let strict = PatchParams {
        field_manager: Some("scim-operator-tests".to_owned()),
        field_validation: Some(ValidationDirective::Strict),
        ..PatchParams::default()
    };
    api(cluster, namespace, object).patch(&object.name_any(), &strict, &Patch::Apply(object)).await
}
