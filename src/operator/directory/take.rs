//! Whose the store is that the endpoint found, and taking it from another directory when a person says so (C009).
//!
//! The person names the store's id in an annotation of the directory that takes it. It is used up: once the store is
//! ours and the status says so, the annotation goes, so that whoever takes the store next, the old owner perhaps, is
//! not answered by a word that was said earlier.

use super::dereference::Dereferenced;
use crate::api::{ScimDirectory, label};
use crate::config::DirectoryId;
use crate::operator::Error;
use crate::operator::context::Context;
use kube::api::{Patch, PatchParams};
use kube::{Api, ResourceExt};
use serde_json::json;

/// This directory, as its document names it.
pub fn ourselves(d: &Dereferenced) -> DirectoryId {
    DirectoryId {
        uid: d.uid.clone(),
        namespace: d.key.namespace.clone(),
        name: d.key.name.clone(),
        cluster: d.cluster.clone(),
    }
}

/// The directory whose store the endpoint found, when that is another one.
pub fn another(d: &Dereferenced) -> Option<&DirectoryId> {
    let owner = &d.in_force.as_ref()?.document.as_ref()?.directory;
    (!owner.is_same_owner(&ourselves(d))).then_some(owner)
}

/// Whether a person has named the store that was found as the one to take.
pub fn is_named(d: &Dereferenced) -> bool {
    let found = d.in_force.as_ref().map(|published| &published.store_id);
    found.is_some() && d.directory.annotations().get(label::TAKE_STORE) == found
}

/// The store to take from another directory: what a publication says.
pub fn wanted(d: &Dereferenced) -> Option<String> {
    let found = another(d).and(d.in_force.as_ref())?;
    is_named(d).then(|| found.store_id.clone())
}

/// Whether the annotation has done what it was for: the store has our configuration, and the status knows the store.
fn is_used_up(d: &Dereferenced) -> bool {
    let Some(published) = &d.in_force else { return false };
    let ours = published.document.as_ref().is_some_and(|document| document.directory == ourselves(d));
    let known = d.directory.status.as_ref().and_then(|status| status.store_id.as_ref());
    is_named(d) && ours && known == Some(&published.store_id)
}

/// Takes the annotation away once it is used up.
///
/// # Errors
/// The API server's.
pub async fn forget(ctx: &Context, d: &Dereferenced) -> Result<(), Error> {
    if !is_used_up(d) {
        return Ok(());
    }
    let patch = json!({"metadata": {"annotations": {label::TAKE_STORE: null}, "uid": d.uid}});
    let api: Api<ScimDirectory> = ctx.api(&d.key.namespace);
    ctx.metrics.wrote("ScimDirectory");
    tracing::info!(directory = %d.key, "the store is taken");
    api.patch_metadata(&d.key.name, &PatchParams::default(), &Patch::Merge(patch))
        .await
        .map(|_| ())
        .map_err(|e| Error::kube("take the annotation of a store that was taken away", e))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Published;
    use crate::operator::directory::dereference::Found;
    use crate::operator::runtime::Key;
    use std::sync::Arc;

    const HERE: &str = "1a2b3c4d-0000";
    const THERE: &str = "9f8e7d6c-0000";

    /// The directory `ns/acme` of the cluster `HERE`, at whose endpoint there is the store "s" of `owner`.
    fn over(owner: (&str, &str), annotation: Option<&str>, known: Option<&str>) -> Dereferenced {
        let annotations = annotation.map(|id| json!({label::TAKE_STORE: id}));
        let metadata = json!({"name": "acme", "namespace": "ns", "uid": "u", "annotations": annotations});
        let directory: ScimDirectory = serde_json::from_value(json!({
            "apiVersion": "scim-operator.dev/v1alpha1", "kind": "ScimDirectory", "metadata": metadata,
            "spec": {"displayName": "Acme", "tenant": "main", "sso": {"none": {}}}, "status": {"storeId": known},
        }))
        .unwrap();
        let mut document = crate::manifests::compile(&directory, "http://x/scim/v2", &[], &[], None).document;
        document.directory.name = owner.0.to_owned();
        document.directory.cluster = owner.1.to_owned();
        let (content_hash, store_id) = (document.content_hash(), "s".to_owned());
        let in_force = Published { revision: 4, content_hash, store_id, epoch: 9, document: Some(document) };
        Dereferenced {
            key: Key::of(&directory),
            uid: "u".to_owned(),
            cluster: HERE.to_owned(),
            directory: Arc::new(directory),
            rules: Vec::new(),
            tokens: Vec::new(),
            undecodable_tokens: Vec::new(),
            fresh: Vec::new(),
            foreign_key: None,
            file: None,
            found: Found::default(),
            named: Vec::new(),
            pods: Vec::new(),
            in_force: Some(Arc::new(in_force)),
            unreachable: None,
            state: None,
            now: jiff::Timestamp::UNIX_EPOCH,
        }
    }

    #[test]
    fn c009_a_store_of_another_name_or_another_cluster_is_another_directorys() {
        let owner = |of| another(&over(of, None, None)).map(ToString::to_string);
        assert_eq!(owner(("acme", HERE)), None);
        assert_eq!(owner(("acme", "")), None, "what an earlier version published");
        assert_eq!(owner(("acme", THERE)).as_deref(), Some("ns/acme of the cluster 9f8e7d6c"));
        assert_eq!(owner(("other", HERE)).as_deref(), Some("ns/other of the cluster 1a2b3c4d"));
    }

    #[test]
    fn c009_a_store_is_taken_only_when_its_own_id_is_named() {
        let taken = |id| wanted(&over(("acme", THERE), id, None));
        assert_eq!(taken(None), None);
        assert_eq!(taken(Some("s")).as_deref(), Some("s"));
        for wrong in ["", "S", "true", "other"] {
            assert_eq!(taken(Some(wrong)), None, "{wrong:?}");
        }
        assert_eq!(wanted(&over(("acme", HERE), Some("s"), None)), None, "it is ours");
    }

    #[test]
    fn c009_the_annotation_is_used_up_once_the_store_is_ours_and_the_status_knows_it() {
        let used_up = |owner, known| is_used_up(&over(owner, Some("s"), known));
        assert!(used_up(("acme", HERE), Some("s")));
        assert!(!used_up(("acme", HERE), None) && !used_up(("acme", HERE), Some("old")), "the status is not written");
        assert!(!used_up(("acme", THERE), Some("s")), "it is not taken yet");
        assert!(!used_up(("acme", ""), Some("s")), "nothing of ours is published yet");
        assert!(!is_used_up(&over(("acme", HERE), Some("another"), Some("s"))), "it is for another store");
    }
}
