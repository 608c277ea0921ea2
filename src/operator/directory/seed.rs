//! What is created once and never applied, so that a person's change stays: the directory's own token, which is made
//! again when it is deleted, and the default rules, which are not (B072, B079, reading 9).
//!
//! Which default rules a person deleted outlives the directory with its people: a volume has it in an annotation, of a
//! database the last configuration of the earlier directory tells.

use super::build::{DELETED_DEFAULT_RULES, owner_reference};
use super::dereference::Dereferenced;
use super::names::{Names, labels};
use super::ownership::{Owner, owner};
use super::take;
use crate::api::directory::Storage;
use crate::api::token::TokenScope;
use crate::api::{DirectoryRef, ScimAccessToken, ScimAccessTokenSpec, ScimDirectory, UserManagementRule, label};
use crate::manifests::default_rules;
use crate::operator::context::Context;
use crate::operator::runtime::{FIELD_MANAGER, Key};
use crate::operator::{ApiAnswer, Error};
use kube::api::{ObjectMeta, Patch, PatchParams, PostParams};
use kube::{Api, ResourceExt};
use serde_json::json;

/// `spec.issuedTo` of the directory's own token.
pub const OWN_TOKEN_HOLDER: &str = "directory";

/// Makes the directory's own token when it is not there.
pub async fn own_token(ctx: &Context, d: &Dereferenced) -> Result<(), Error> {
    let names = Names::of(&d.key);
    if d.tokens.iter().any(|token| token.name_any() == names.token()) || d.undecodable_tokens.contains(&d.key.name) {
        return Ok(());
    }
    let settings = d.directory.spec.access_token();
    let description = settings.description.unwrap_or_else(|| format!("API key of {}", d.key.name));
    let token = ScimAccessToken {
        metadata: ObjectMeta {
            name: Some(d.key.name.clone()),
            labels: Some(labels([
                (label::DIRECTORY, d.key.name.as_str()),
                ("app.kubernetes.io/managed-by", FIELD_MANAGER),
            ])),
            owner_references: Some(vec![owner_reference(&d.key.name, &d.uid)]),
            ..ObjectMeta::default()
        },
        spec: ScimAccessTokenSpec {
            directory_ref: DirectoryRef::to(&d.key.name),
            description,
            scope: TokenScope::Scim,
            issued_to: OWN_TOKEN_HOLDER.to_owned(),
            validity: settings.validity,
            secret_name: Some(names.api_key()),
        },
        status: None,
    };
    create(ctx, &d.key, &token, "ScimAccessToken", "make the directory's own token").await.map(|_| ())
}

/// Makes the default rules of a directory that never had them, but those that were deleted while an earlier directory
/// of this name lived, and marks the directory. As long as nobody can say which these were, none is made.
pub async fn rules(ctx: &Context, d: &Dereferenced) -> Result<(), Error> {
    if is_seeded(&d.directory) {
        return Ok(());
    }
    let Some(deleted) = deleted_before(d) else { return Ok(()) };
    for mut rule in default_rules(&d.directory) {
        if deleted.contains(&rule.name_any()) {
            continue;
        }
        rule.metadata.owner_references = Some(vec![owner_reference(&d.key.name, &d.uid)]);
        // A person's rule of that name counts as the default rule; one that goes with an earlier directory does not.
        let made = create(ctx, &d.key, &rule, "UserManagementRule", "make a default rule").await?;
        if !made && is_of_earlier(ctx, d, &rule.name_any()).await? {
            // Not marked: its end wakes the directory.
            return Ok(());
        }
    }
    let mark = json!({"metadata": {"annotations": {label::DEFAULT_RULES_SEEDED: "true"}, "uid": d.uid}});
    let api: Api<ScimDirectory> = ctx.api(&d.key.namespace);
    ctx.metrics.wrote("ScimDirectory");
    api.patch_metadata(&d.key.name, &PatchParams::default(), &Patch::Merge(mark))
        .await
        .map(|_| ())
        .map_err(|e| Error::kube("mark the directory's default rules as made", e))
}

/// The default rules that a person deleted, to be remembered on the volume: those remembered, and those that were made
/// and are not there. The API server is asked about the latter: the store may only be late.
pub async fn deleted_default_rules(ctx: &Context, d: &Dereferenced) -> Result<Vec<String>, Error> {
    if on_database(d) {
        return Ok(Vec::new());
    }
    let mut deleted = deleted_before(d).unwrap_or_default();
    if is_seeded(&d.directory) {
        let there = |name: &str| d.rules.iter().any(|rule| rule.name() == name);
        let api: Api<UserManagementRule> = ctx.api(&d.key.namespace);
        for name in default_rules(&d.directory).iter().map(ResourceExt::name_any) {
            if there(&name) || deleted.contains(&name) {
                continue;
            }
            let gone = api.get_metadata_opt(&name).await.map_err(|e| Error::kube("look for a default rule", e))?;
            if gone.is_none() {
                deleted.push(name);
            }
        }
        // A person who makes the rule again has taken the deletion back.
        deleted.retain(|name| !there(name));
    }
    deleted.sort();
    Ok(deleted)
}

/// Whether the default rules were made.
pub fn is_seeded(directory: &ScimDirectory) -> bool {
    directory.annotations().contains_key(label::DEFAULT_RULES_SEEDED)
}

fn on_database(d: &Dereferenced) -> bool {
    matches!(d.directory.spec.endpoint().storage(), Storage::Postgres(_))
}

/// The default rules that a person deleted while an earlier directory lived; `None` while that is not known.
fn deleted_before(d: &Dereferenced) -> Option<Vec<String>> {
    if !on_database(d) {
        let claim = d.found.data.as_ref();
        let names = claim.and_then(|claim| claim.annotations().get(DELETED_DEFAULT_RULES));
        return Some(names.map(|names| names.split(',').map(str::to_owned).collect()).unwrap_or_default());
    }
    let Some(document) = &d.in_force.as_ref()?.document else { return Some(Vec::new()) };
    if take::another(d).is_some() && take::wanted(d).is_none() {
        // Another directory's store: it says nothing of this one, and is never published to.
        return None;
    }
    if document.directory.name != d.key.name {
        // Taken from a directory whose default rules were called otherwise.
        return Some(Vec::new());
    }
    let kept = |name: &String| document.rules.iter().any(|entry| entry.rule.name == *name);
    Some(default_rules(&d.directory).iter().map(ResourceExt::name_any).filter(|name| !kept(name)).collect())
}

async fn is_of_earlier(ctx: &Context, d: &Dereferenced, rule: &str) -> Result<bool, Error> {
    let api: Api<UserManagementRule> = ctx.api(&d.key.namespace);
    let found = api.get_metadata_opt(rule).await.map_err(|e| Error::kube("look whose a default rule is", e))?;
    // Gone meanwhile: it was on its way out.
    Ok(found.is_none_or(|rule| owner(&rule.metadata, "ScimDirectory", &d.key.name, &d.uid) == Owner::Previous))
}

/// Creates an object; `false` when one of its name is there already.
async fn create<K>(ctx: &Context, key: &Key, object: &K, kind: &'static str, doing: &'static str) -> Result<bool, Error>
where
    K: kube::Resource<DynamicType = (), Scope = kube::core::NamespaceResourceScope> + Clone + std::fmt::Debug,
    K: serde::Serialize + serde::de::DeserializeOwned,
{
    let params = PostParams { field_manager: Some(FIELD_MANAGER.to_owned()), ..PostParams::default() };
    ctx.metrics.wrote(kind);
    match ctx.api::<K>(&key.namespace).create(&params, object).await {
        Ok(_) => Ok(true),
        Err(error) if error.is_conflict() => Ok(false),
        Err(error) => Err(Error::kube(doing, error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Published;
    use crate::manifests::RuleManifest;
    use crate::operator::directory::dereference::Found;
    use std::sync::Arc;

    /// A directory on a database, at whose endpoint this configuration is in force.
    fn on_a_database(in_force: Option<Published>) -> Dereferenced {
        let directory: ScimDirectory = serde_json::from_value(json!({
            "apiVersion": "scim-operator.dev/v1alpha1", "kind": "ScimDirectory",
            "metadata": {"name": "acme", "namespace": "ns", "uid": "u"},
            "spec": {
                "displayName": "Acme", "tenant": "main", "sso": {"none": {}},
                "endpoint": {"storage": {"postgres": {"urlSecretRef": {"name": "db"}}}},
            },
        }))
        .unwrap();
        Dereferenced {
            key: Key::of(&directory),
            uid: "u".to_owned(),
            cluster: String::new(),
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
            in_force: in_force.map(Arc::new),
            unreachable: None,
            state: None,
            now: jiff::Timestamp::UNIX_EPOCH,
        }
    }

    /// What an earlier directory of this name left in force: its default rules but the last two.
    fn left_behind(name: &str) -> Published {
        let d = on_a_database(None);
        let mut earlier = ScimDirectory::clone(&d.directory);
        earlier.metadata.uid = Some("before".to_owned());
        earlier.metadata.name = Some(name.to_owned());
        let rules: Vec<RuleManifest> = default_rules(&earlier).into_iter().take(3).map(RuleManifest::from).collect();
        let document = crate::manifests::compile(&earlier, "http://x/scim/v2", &rules, &[], None).document;
        let content_hash = document.content_hash();
        Published { revision: 4, content_hash, store_id: "s".to_owned(), epoch: 0, document: Some(document) }
    }

    #[test]
    fn b079_what_was_deleted_before_is_read_from_what_a_database_has_in_force() {
        assert_eq!(deleted_before(&on_a_database(None)), None, "nobody answers yet");
        let fresh = Published { revision: 0, document: None, ..left_behind("acme") };
        assert_eq!(deleted_before(&on_a_database(Some(fresh))), Some(Vec::new()), "a new store");
        let deleted = deleted_before(&on_a_database(Some(left_behind("acme"))));
        assert_eq!(deleted.unwrap(), ["acme-automation-admins", "acme-administrators"]);
        let mut d = on_a_database(Some(left_behind("other")));
        assert_eq!(deleted_before(&d), None, "another directory's store");
        let mut directory = ScimDirectory::clone(&d.directory);
        directory.annotations_mut().insert(label::TAKE_STORE.to_owned(), "s".to_owned());
        d.directory = Arc::new(directory);
        assert_eq!(deleted_before(&d), Some(Vec::new()), "which is taken: its rules had other names");
    }
}
