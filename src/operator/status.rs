//! Writes a status: complete, by server-side apply, only when it is another one, and only onto the object it speaks of.

use super::runtime::{FIELD_MANAGER, Key, Metrics};
use super::{ApiAnswer, Error};
use kube::api::{Patch, PatchParams};
use kube::core::NamespaceResourceScope;
use kube::{Api, Client};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::json;
use std::fmt::Debug;

/// Writes `wanted` as the status of `object` unless `current` is the same; answers whether it was written.
/// An object that is gone needs no status.
pub async fn write<K, S>(
    client: &Client,
    metrics: &Metrics,
    kind: &'static str,
    object: &K,
    current: Option<&S>,
    wanted: &S,
) -> Result<bool, Error>
where
    K: kube::Resource<DynamicType = (), Scope = NamespaceResourceScope> + Clone + DeserializeOwned + Debug,
    S: Serialize + PartialEq,
{
    if current == Some(wanted) {
        return Ok(false);
    }
    let Key { namespace, name } = Key::of(object);
    let patch = json!({
        "apiVersion": K::api_version(&()),
        "kind": K::kind(&()),
        // A conflict when the object changed meanwhile, and above all when the name was given to another object. Its
        // event is on the way then, and the next reconcile judges anew. (A uid alone is not looked at here.)
        "metadata": {"name": name, "resourceVersion": object.meta().resource_version},
        "status": wanted,
    });
    let api: Api<K> = Api::namespaced(client.clone(), &namespace);
    let params = PatchParams::apply(FIELD_MANAGER).force();
    metrics.wrote(kind);
    match api.patch_status(&name, &params, &Patch::Apply(patch)).await {
        Ok(_) => Ok(true),
        Err(error) if error.is_missing() || error.is_conflict() => Ok(false),
        Err(error) => Err(Error::kube("write a status", error)),
    }
}
