//! From what was read to what is to be made and published. Pure: no client; time came in with what was read.

use super::build::{ExistingVolume, Plan};
use super::dereference::Dereferenced;
use super::named::{self, Purpose};
use super::names::Names;
use super::{ownership, sign_in, take};
use crate::api::directory::Storage;
use crate::api::reason::{STORE_CHANGED, STORE_OWNED_BY_ANOTHER};
use crate::api::{ScimAccessToken, label};
use crate::config::{Document, RuleEntry, Verifier};
use crate::manifests::{self, DirectoryVerdict, RuleVerdict, token_limit};
use crate::operator::context::Settings;
use crate::operator::runtime::conditions::Standing;
use crate::operator::tls::EndpointTls;
use crate::operator::token::{Kept, VerifiersFile};
use jiff::Timestamp;
use kube::ResourceExt;
use std::collections::BTreeMap;

/// What a directory's manifests came to: what the other controllers need to know of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Compiled {
    /// What is to be published.
    pub document: Document,
    /// Its hash.
    pub content_hash: String,
    /// How the directory stands.
    pub directory: DirectoryVerdict,
    /// How each rule stands, by name.
    pub rules: BTreeMap<String, RuleVerdict>,
    /// Which rules it was made from: uid and generation by name.
    pub sources: BTreeMap<String, (String, i64)>,
}

impl Compiled {
    /// What is to be published of a rule.
    pub fn entry(&self, rule: &str) -> Option<&RuleEntry> {
        self.document.rules.iter().find(|entry| entry.rule.name == rule)
    }
}

/// What is to be done for a directory.
pub struct Validated {
    /// What is to be published.
    pub compiled: Compiled,
    /// The tokens whose hashes are kept.
    pub kept: Vec<Kept>,
    /// A verifier that is in force is not in what is to be published: revocations go first.
    pub revokes: bool,
    /// Why the children may not be made.
    pub obstacle: Option<Standing>,
    /// Why nothing may be published.
    pub store_obstacle: Option<Standing>,
    /// Why the directory's own key cannot be made. Everything else can.
    pub key_obstacle: Option<Standing>,
    /// Why people cannot sign in, whatever the provider says. It is in nothing else's way (B004).
    pub sign_in_obstacle: Option<String>,
    /// The public SCIM base.
    pub base_url: String,
}

impl Validated {
    /// The first of what is in the way.
    pub fn first_obstacle(&self) -> Option<Standing> {
        let all = [&self.obstacle, &self.store_obstacle, &self.key_obstacle];
        all.into_iter().flatten().next().cloned()
    }
}

/// Judges everything that was read.
pub fn validate(d: &Dereferenced, settings: &Settings) -> Validated {
    let base_url = base_url(d, &settings.cluster_domain);
    let kept = kept(d);
    let verifiers: Vec<Verifier> = kept.iter().map(|kept| kept.verifier.clone()).collect();
    let previous = d.in_force.as_ref().and_then(|published| published.document.as_ref());
    let mut compiled = manifests::compile(&d.directory, &base_url, &d.rules, &verifiers, previous);
    compiled.document.directory.cluster.clone_from(&d.cluster);
    let ours = previous.filter(|document| document.directory.uid == d.uid);
    let revokes = ours.is_some_and(|document| {
        document.verifiers.iter().any(|old| !verifiers.iter().any(|new| new.token_id == old.token_id))
    });
    let own_token = d.tokens.iter().find(|token| token.name_any() == d.key.name);
    let key_obstacle = key_obstacle(d, &kept);
    let secrets = named::refusal(&d.named, Purpose::Store, &d.key.name);
    let not_mounted = secrets.as_ref().map(|refusal| Standing::new(refusal.reason, refusal.message.clone()));
    Validated {
        compiled: Compiled {
            content_hash: compiled.document.content_hash(),
            document: compiled.document,
            directory: DirectoryVerdict { refusal: compiled.directory.refusal.or(secrets) },
            rules: compiled.rules.into_iter().map(|verdict| (verdict.name.clone(), verdict)).collect(),
            sources: sources(d),
        },
        kept,
        revokes,
        obstacle: ownership::obstacle(&d.found, own_token.map(AsRef::as_ref), &d.rules, &d.key.name, &d.uid)
            .or(not_mounted),
        store_obstacle: store_obstacle(d),
        key_obstacle,
        sign_in_obstacle: named::refusal(&d.named, Purpose::SignIn, &d.key.name).map(|refusal| refusal.message),
        base_url,
    }
}

/// The public SCIM base: what the directory says, or the cluster address of its Service.
fn base_url(d: &Dereferenced, cluster_domain: &str) -> String {
    let origin = d.directory.spec.endpoint().base_url.unwrap_or_else(|| {
        let service = Names::of(&d.key).public_service();
        format!("http://{service}.{}.svc.{cluster_domain}:{}", d.key.namespace, super::build::PUBLIC_PORT)
    });
    format!("{}/scim/v2", origin.trim_end_matches('/'))
}

/// The hashes that stay: of every token of this directory that is there and that no older one stands in the way of.
fn kept(d: &Dereferenced) -> Vec<Kept> {
    let tokens: Vec<ScimAccessToken> = d.tokens.iter().map(|token| ScimAccessToken::clone(token)).collect();
    let refused = token_limit(&tokens, d.now);
    let file = d.file.clone().unwrap_or_default();
    let mut kept = Vec::new();
    for token in &tokens {
        let ours = token.spec.directory_ref.name == d.key.name && token.metadata.deletion_timestamp.is_none();
        let name = token.name_any();
        if !ours || d.undecodable_tokens.contains(&name) {
            continue;
        }
        let of_token = |kept: &&Kept| Some(&kept.token_uid) == token.metadata.uid.as_ref();
        let known = file.verifiers.iter().find(of_token).cloned();
        let found = known.or_else(|| d.fresh.iter().find(of_token).cloned()).or_else(|| from_force(d, token));
        kept.extend(found.filter(|_| !refused.contains_key(&name)));
    }
    // A token that cannot be read is not a token that was deleted (C008).
    let unreadable = |name: &String| d.undecodable_tokens.contains(name);
    kept.extend(file.verifiers.iter().filter(|kept| unreadable(&kept.verifier.name)).cloned());
    if d.file.is_none() {
        // Whose these are is found out when their token can be read again; until then no status tells of them.
        let owner_unknown =
            |v: &Verifier| Kept { verifier: v.clone(), token_uid: String::new(), issued_at: Timestamp::UNIX_EPOCH };
        kept.extend(in_force(d).iter().filter(|verifier| unreadable(&verifier.name)).map(owner_unknown));
    }
    kept.sort_by(|a, b| a.verifier.token_id.cmp(&b.verifier.token_id));
    kept
}

/// When the verifiers Secret and the plaintext Secret are both gone, what is in force still knows the hash.
fn from_force(d: &Dereferenced, token: &ScimAccessToken) -> Option<Kept> {
    let status = token.status.as_ref()?;
    let same = |v: &&Verifier| Some(&v.token_id) == status.token_id.as_ref() && v.name == token.name_any();
    Some(Kept {
        verifier: in_force(d).iter().find(same)?.clone(),
        token_uid: token.metadata.uid.clone()?,
        issued_at: status.issued_at.as_ref()?.0,
    })
}

/// The verifiers in force at the endpoint, if what is in force is this directory's.
fn in_force(d: &Dereferenced) -> &[Verifier] {
    let document = d.in_force.as_ref().and_then(|published| published.document.as_ref());
    let ours = document.filter(|document| document.directory.uid == d.uid);
    ours.map(|document| document.verifiers.as_slice()).unwrap_or_default()
}

fn sources(d: &Dereferenced) -> BTreeMap<String, (String, i64)> {
    let readable = d.rules.iter().filter_map(|rule| match rule {
        manifests::RuleManifest::Read(rule) => {
            let meta = &rule.metadata;
            Some((rule.name_any(), (meta.uid.clone().unwrap_or_default(), meta.generation.unwrap_or_default())))
        }
        manifests::RuleManifest::Undecodable(_) => None,
    });
    readable.collect()
}

/// A lost volume must not look like an empty organisation (C009): another store than the known one needs a person. Nor
/// is another directory's ever written to.
fn store_obstacle(d: &Dereferenced) -> Option<Standing> {
    let (of_its_own, back) = match d.directory.spec.endpoint().storage() {
        Storage::Sqlite(_) => ("a volume", "bring the volume back"),
        Storage::Postgres(_) => ("a schema", "let urlSecretRef and schema name the known one again"),
    };
    let found = &d.in_force.as_ref()?.store_id;
    if let Some(owner) = take::another(d)
        && !take::is_named(d)
    {
        let message = format!(
            "the endpoint's store is that of the directory {owner}: give this directory {of_its_own} of its own, or \
             take the store from it with the annotation {}: {found}",
            label::TAKE_STORE
        );
        return Some(Standing::new(STORE_OWNED_BY_ANOTHER, message));
    }
    let known = known_store(d)?;
    // Who takes a store accepts it.
    let accepted = take::is_named(d) || d.directory.annotations().get(label::ACCEPT_STORE) == Some(found);
    (known != found && !accepted).then(|| {
        let message = format!(
            "the endpoint found the store {found}, not {known}: {back}, or accept the new store with the annotation \
             {}: {found}",
            label::ACCEPT_STORE
        );
        Standing::new(STORE_CHANGED, message)
    })
}

/// `status.storeId`; an empty one names no store.
pub fn known_store(d: &Dereferenced) -> Option<&str> {
    d.directory.status.as_ref()?.store_id.as_deref().filter(|known| !known.is_empty())
}

/// Somebody else's Secret in the place of the directory's own key: the key cannot be made, and a person must know. Once
/// a hash is kept the key works, whatever is in its Secret's place.
fn key_obstacle(d: &Dereferenced, kept: &[Kept]) -> Option<Standing> {
    let works = kept.iter().any(|kept| kept.verifier.name == d.key.name);
    d.foreign_key.as_ref().filter(|_| !works).map(|name| ownership::taken("Secret", name))
}

/// The plan of the children.
pub fn plan(
    d: &Dereferenced,
    settings: &Settings,
    tls: EndpointTls,
    file: &VerifiersFile,
    deleted: Vec<String>,
) -> Plan {
    let endpoint = d.directory.spec.endpoint();
    Plan {
        key: d.key.clone(),
        uid: d.uid.clone(),
        image: settings.image.clone(),
        operator_namespace: settings.namespace.clone(),
        storage: endpoint.storage(),
        volume: d.found.data.as_ref().and_then(|claim| claim.spec.as_ref()).map(|spec| ExistingVolume {
            class: spec.storage_class_name.clone(),
            size: spec
                .resources
                .as_ref()
                .and_then(|resources| resources.requests.as_ref()?.get("storage").map(|q| q.0.clone()))
                .unwrap_or_default(),
        }),
        replicas: endpoint.replicas(),
        resources: endpoint.resources,
        tls,
        verifiers: file.text(),
        deleted_default_rules: deleted,
        sign_in: sign_in::files(d),
    }
}

#[cfg(test)]
#[path = "validate_tests.rs"]
mod tests;
