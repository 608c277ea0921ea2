//! Everything a directory's reconcile reads, read once, up front: stores, Secrets, and the configuration in force.
//!
//! Stores first, live reads after them. Decides nothing, but never hands out what is in a Secret that is not this
//! directory's.

use super::build::VERIFIERS_FILE;
use super::named::{self, NamedSecret};
use super::names::Names;
use super::ownership::{Owner, owner};
use crate::api::{ScimAccessToken, ScimDirectory, UserManagementRule};
use crate::client::admin;
use crate::config::{Published, State};
use crate::manifests::{RuleManifest, UndecodableRule};
use crate::operator::Error;
use crate::operator::context::Context;
use crate::operator::link::{self, Pod, Report, dial};
use crate::operator::runtime::Key;
use crate::operator::tls;
use crate::operator::token::secret::{self as token_secret, Place};
use crate::operator::token::{Kept, VerifiersFile};
use jiff::Timestamp;
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::{PersistentVolumeClaim, Secret, Service, ServiceAccount};
use k8s_openapi::api::networking::v1::NetworkPolicy;
use k8s_openapi::api::policy::v1::PodDisruptionBudget;
use kube::core::{DynamicObject, NamespaceResourceScope};
use kube::discovery::ApiResource;
use kube::runtime::reflector::Store;
use kube::{Api, Resource};
use serde::de::DeserializeOwned;
use std::fmt::Debug;
use std::sync::Arc;

/// The children as they are; of a Secret that is not this directory's only that it is there.
#[derive(Default)]
pub struct Found {
    pub account: Option<ServiceAccount>,
    pub admin_tls: Option<Secret>,
    pub verifiers: Option<Secret>,
    pub data: Option<PersistentVolumeClaim>,
    pub public_service: Option<Service>,
    pub access_service: Option<Service>,
    pub admin_service: Option<Service>,
    pub policy: Option<NetworkPolicy>,
    pub budget: Option<PodDisruptionBudget>,
    pub workload: Option<Deployment>,
}

/// What one reconcile of a directory works with.
pub struct Dereferenced {
    pub directory: Arc<ScimDirectory>,
    pub key: Key,
    pub uid: String,
    /// Which cluster this is, as stores record it.
    pub cluster: String,
    pub rules: Vec<RuleManifest>,
    pub tokens: Vec<Arc<ScimAccessToken>>,
    pub undecodable_tokens: Vec<String>,
    /// Values that were made and not yet hashed into the verifiers.
    pub fresh: Vec<Kept>,
    /// The Secret in the place of the directory's own key, when it is somebody else's and no hash is kept yet.
    pub foreign_key: Option<String>,
    /// The verifiers as this directory wrote them last; `None` when they are not there.
    pub file: Option<VerifiersFile>,
    pub found: Found,
    /// The Secrets that the spec names.
    pub named: Vec<NamedSecret>,
    pub pods: Vec<Pod>,
    pub in_force: Option<Arc<Published>>,
    pub unreachable: Option<String>,
    pub state: Option<Arc<State>>,
    pub now: Timestamp,
}

/// Reads all of it.
pub async fn dereference(ctx: &Context, directory: Arc<ScimDirectory>) -> Result<Dereferenced, Error> {
    let key = Key::of(directory.as_ref());
    let uid = directory.metadata.uid.clone().unwrap_or_default();
    let now = Timestamp::now();
    let names = Names::of(&key);
    let cluster = ctx.cluster.of(&ctx.client, &ctx.settings.namespaces, &key.namespace).await?;
    let tokens = ctx.tokens_in(&key.namespace);
    let rules = rules(ctx, &key).await?;
    let found = children(ctx, &key, &uid, &names).await?;
    let file = read_verifiers(found.verifiers.as_ref(), &names)?;
    let (fresh, foreign_key) = fresh(ctx, &key, &tokens, file.as_ref()).await?;
    let slices = ctx.stores.slices.state_filter(|s| s.metadata.namespace.as_deref() == Some(&key.namespace));
    let pods = dial::pods(slices.iter().map(AsRef::as_ref), &names.admin_service());
    ctx.dialler.keep(&names.admin_server_name(), &pods);
    let link = ctx.links.update(&key, &uid, |link| {
        link.see(&pods);
        link.clone()
    });
    let (in_force, unreachable) = match current(&link) {
        Some(in_force) => (Some(in_force), None),
        None => read_in_force(ctx, &key, &uid, &names, &pods).await?,
    };
    Ok(Dereferenced {
        named: named::read(ctx, &directory, &key).await?,
        undecodable_tokens: ctx.stores.undecodable_tokens.names_in(&key.namespace),
        state: link.state.filter(|state| in_force.as_ref().is_some_and(|f| f.store_id == state.store_id)),
        directory,
        key,
        uid,
        cluster,
        rules,
        tokens,
        fresh,
        foreign_key,
        file,
        found,
        pods,
        in_force,
        unreachable,
        now,
    })
}

/// The configuration in force as last read, unless the endpoint has since told of another one.
fn current(link: &link::Link) -> Option<Arc<Published>> {
    let in_force = link.in_force.clone()?;
    let told_otherwise = link
        .state
        .as_ref()
        .is_some_and(|state| state.revision != in_force.revision || state.store_id != in_force.store_id);
    (!told_otherwise).then_some(in_force)
}

/// Asks the pods; that none answers is no error but something to report.
async fn read_in_force(
    ctx: &Context,
    key: &Key,
    uid: &str,
    names: &Names,
    pods: &[Pod],
) -> Result<(Option<Arc<Published>>, Option<String>), Error> {
    let server_name = names.admin_server_name();
    match ctx.dialler.ask(&server_name, pods, |client| async move { client.published().await }).await {
        Ok((address, published)) => {
            let published = Arc::new(published);
            ctx.links.update(key, uid, |link| {
                link.reports.insert(address, Report::of(&published));
                link.in_force = Some(published.clone());
            });
            Ok((Some(published), None))
        }
        Err(Error::NoPod) => Ok((None, None)),
        Err(Error::Admin(error @ (admin::Error::Unreachable { .. } | admin::Error::Refused { .. }))) => {
            Ok((None, Some(error.to_string())))
        }
        Err(error) => Err(error),
    }
}

async fn rules(ctx: &Context, key: &Key) -> Result<Vec<RuleManifest>, Error> {
    let undecodable = ctx.stores.undecodable_rules.names_in(&key.namespace);
    let here = |rule: &UserManagementRule| rule.metadata.namespace.as_deref() == Some(&key.namespace);
    let readable = ctx
        .stores
        .rules
        .state_filter(here)
        .into_iter()
        .filter(|rule| !rule.metadata.name.as_ref().is_some_and(|name| undecodable.contains(name)));
    let mut rules: Vec<_> = readable.map(|rule| RuleManifest::from(UserManagementRule::clone(&rule))).collect();
    let resource = ApiResource::erase::<UserManagementRule>(&());
    let raw: Api<DynamicObject> = Api::namespaced_with(ctx.client.clone(), &key.namespace, &resource);
    for name in undecodable {
        let reason = ctx.stores.undecodable_rules.reason(&key.sibling(&name)).unwrap_or_default();
        let object = raw.get_opt(&name).await.map_err(|e| Error::kube("read a rule that does not fit", e))?;
        let object = object.and_then(|object| serde_json::to_value(object).ok());
        rules.extend(object.map(|raw| RuleManifest::Undecodable(UndecodableRule::from_raw(&raw, reason))));
    }
    Ok(rules)
}

async fn children(ctx: &Context, key: &Key, uid: &str, names: &Names) -> Result<Found, Error> {
    let stores = &ctx.stores;
    Ok(Found {
        account: child(ctx, &stores.accounts, key, names.endpoint()).await?,
        admin_tls: secret(ctx, key, uid, &names.admin_tls()).await?,
        verifiers: secret(ctx, key, uid, &names.verifiers()).await?,
        data: child(ctx, &stores.claims, key, names.data()).await?,
        public_service: child(ctx, &stores.services, key, names.public_service()).await?,
        access_service: child(ctx, &stores.services, key, names.access_service()).await?,
        admin_service: child(ctx, &stores.services, key, names.admin_service()).await?,
        policy: child(ctx, &stores.policies, key, names.endpoint()).await?,
        budget: child(ctx, &stores.budgets, key, names.endpoint()).await?,
        workload: child(ctx, &stores.workloads, key, names.endpoint()).await?,
    })
}

/// A child from its store. One that is not there is asked for: a foreign object does not bear our label.
async fn child<K>(ctx: &Context, store: &Store<K>, directory: &Key, name: String) -> Result<Option<K>, Error>
where
    K: Resource<DynamicType = (), Scope = NamespaceResourceScope> + Clone + DeserializeOwned + Debug,
{
    let key = directory.sibling(name);
    if let Some(object) = store.get(&key.object_ref()) {
        return Ok(Some(K::clone(&object)));
    }
    ctx.api::<K>(&key.namespace).get_opt(&key.name).await.map_err(|e| Error::kube("read a child of the directory", e))
}

async fn secret(ctx: &Context, directory: &Key, uid: &str, name: &str) -> Result<Option<Secret>, Error> {
    let found = ctx.api::<Secret>(&directory.namespace).get_opt(name).await;
    let found = found.map_err(|e| Error::kube("read a Secret of the directory", e))?;
    Ok(found.map(|secret| believed(secret, directory, uid)))
}

/// A Secret as far as it may be believed. What a stranger's holds is the stranger's word, what an earlier directory's
/// holds is not about this one: of both only the metadata is left, by which `ownership` judges.
fn believed(mut secret: Secret, directory: &Key, uid: &str) -> Secret {
    if owner(&secret.metadata, "ScimDirectory", &directory.name, uid) != Owner::Us {
        secret.data = None;
        secret.string_data = None;
    }
    secret
}

fn read_verifiers(secret: Option<&Secret>, names: &Names) -> Result<Option<VerifiersFile>, Error> {
    let Some(text) = secret.and_then(|secret| tls::text(secret, VERIFIERS_FILE)) else { return Ok(None) };
    serde_json::from_str(&text)
        .map(Some)
        .map_err(|error| Error::Damaged { what: format!("Secret {}", names.verifiers()), detail: error.to_string() })
}

/// The values of tokens whose hash is not kept yet, hashed; and the Secret in the place of the directory's own key, if
/// it is somebody else's.
async fn fresh(
    ctx: &Context,
    key: &Key,
    tokens: &[Arc<ScimAccessToken>],
    file: Option<&VerifiersFile>,
) -> Result<(Vec<Kept>, Option<String>), Error> {
    let kept = |uid: &Option<String>| {
        file.is_some_and(|file| file.verifiers.iter().any(|kept| Some(&kept.token_uid) == uid.as_ref()))
    };
    let (mut fresh, mut foreign_key) = (Vec::new(), None);
    for token in tokens.iter().filter(|t| t.spec.directory_ref.name == key.name && !kept(&t.metadata.uid)) {
        match token_secret::look(ctx, token).await? {
            Place::Ours(kept) => fresh.push(kept),
            Place::Another if token.metadata.name.as_ref() == Some(&key.name) => {
                foreign_key = Some(token_secret::key(token).name);
            }
            Place::Empty | Place::Previous | Place::Another => {}
        }
    }
    Ok((fresh, foreign_key))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    const HASHES: &str = r#"{"revocationFloor":9,"verifiers":[]}"#;

    /// The Secret as the API server has it, as far as it is believed.
    fn read(owners: Value, text: &str) -> Secret {
        let metadata = json!({"name": "acme-token-verifiers", "ownerReferences": owners});
        let mut secret: Secret = serde_json::from_value(json!({"metadata": metadata})).unwrap();
        secret.data = Some(tls::bytes(&[(VERIFIERS_FILE, text), ("tls.key", "a key")]));
        believed(secret, &Key::new("ns", "acme"), "now")
    }

    fn file(owners: Value, text: &str) -> Result<Option<u64>, String> {
        let file = read_verifiers(Some(&read(owners, text)), &Names::of(&Key::new("ns", "acme")));
        file.map(|file| file.map(|file| file.revocation_floor)).map_err(|error| error.to_string())
    }

    fn controller(kind: &str, uid: &str) -> Value {
        json!([{"apiVersion": "x/v1", "kind": kind, "name": "acme", "uid": uid, "controller": true}])
    }

    #[test]
    fn what_is_in_a_foreign_secret_is_neither_an_error_nor_believed() {
        for owners in [json!([]), controller("Deployment", "other"), controller("ScimDirectory", "before")] {
            assert_eq!(file(owners.clone(), "no verifiers at all"), Ok(None));
            assert_eq!(file(owners.clone(), HASHES), Ok(None));
            assert_eq!(read(owners, HASHES).data, None, "nor any other key of it, of a certificate say");
        }
    }

    #[test]
    fn what_is_in_the_directorys_own_secret_is_read_and_must_be_readable() {
        let ours = || controller("ScimDirectory", "now");
        assert_eq!(file(ours(), HASHES), Ok(Some(9)));
        let error = file(ours(), "no verifiers at all").unwrap_err();
        assert!(error.starts_with("Secret acme-token-verifiers cannot be read: "), "{error}");
        assert_eq!(read(ours(), HASHES).data.map(|data| data.len()), Some(2));
    }

    #[test]
    fn verifiers_that_are_not_there_are_none() {
        let names = Names::of(&Key::new("ns", "acme"));
        assert_eq!(read_verifiers(None, &names).unwrap(), None);
        assert_eq!(read_verifiers(Some(&Secret::default()), &names).unwrap(), None);
    }
}
