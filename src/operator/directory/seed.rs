//! What is created once and never applied, so that a person's change stays: the directory's own token, which is made
//! again when it is deleted, and the default rules, which are not (B072, B079, reading 9).

use super::build::{DELETED_DEFAULT_RULES, owner_reference};
use super::dereference::Dereferenced;
use super::names::{Names, labels};
use super::ownership::{Owner, owner};
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
/// of this name lived, and marks the directory.
pub async fn rules(ctx: &Context, d: &Dereferenced) -> Result<(), Error> {
    if is_seeded(&d.directory) {
        return Ok(());
    }
    let deleted = deleted_before(d);
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
    let mut deleted = deleted_before(d);
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

fn is_seeded(directory: &ScimDirectory) -> bool {
    directory.annotations().contains_key(label::DEFAULT_RULES_SEEDED)
}

fn deleted_before(d: &Dereferenced) -> Vec<String> {
    let claim = d.found.data.as_ref();
    let names = claim.and_then(|claim| claim.annotations().get(DELETED_DEFAULT_RULES));
    names.map(|names| names.split(',').map(str::to_owned).collect()).unwrap_or_default()
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
