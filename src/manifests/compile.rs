//! A directory, its rules and its tokens, put together into the document that is published (C008, reading 25).
//!
//! The same manifests and the same previous document always give the same document, whatever the order they come in.

use super::definitions::{self, Definitions};
use super::roles;
use super::rule::RuleManifest;
use super::sign_in;
use super::verdict::{DirectoryVerdict, Refusal, RuleVerdict};
use crate::access::Guard;
use crate::api::ScimDirectory;
use crate::api::directory::{self, Audit, OnUserDelete, Provisioning, SyncPolicy};
use crate::api::reason::INVALID_SPEC;
use crate::config::{self, AuditRetention, BodyBytes, Dialect, DirectoryId, Document, Profile, RuleEntry, Verifier};
use std::collections::BTreeMap;

/// What the manifests come to.
#[derive(Debug, Clone, PartialEq)]
pub struct Compiled {
    /// What to publish.
    pub document: Document,
    /// How the directory stands. The document is whole in either case.
    pub directory: DirectoryVerdict,
    /// One verdict for each rule of this directory, by name. Rules of other directories have none.
    pub rules: Vec<RuleVerdict>,
}

/// Compiles a directory as it is written.
///
/// `base_url` is the public SCIM base, ending in `/scim/v2`. `rules` are all rules of the namespace. `verifiers` are
/// the tokens that work. `previous` is what is in force now; a document of another directory uid says nothing here.
pub fn compile(
    directory: &ScimDirectory,
    base_url: &str,
    rules: &[RuleManifest],
    verifiers: &[Verifier],
    previous: Option<&Document>,
) -> Compiled {
    let id = DirectoryId {
        uid: directory.metadata.uid.clone().unwrap_or_default(),
        namespace: directory.metadata.namespace.clone().unwrap_or_default(),
        name: directory.metadata.name.clone().unwrap_or_default(),
        // No manifest says it: who publishes to a cluster's endpoint fills it in.
        cluster: String::new(),
    };
    let previous = previous.filter(|document| document.directory.uid == id.uid);
    let known = |name: &str| previous.is_some_and(|document| roles::entry(document, name).is_some());
    let rules: Vec<&RuleManifest> = rules.iter().filter(|rule| rule.belongs_to(directory, known)).collect();

    let provisioning = directory.spec.provisioning();
    let (definitions, definitions_refusal) = definitions::in_force(&provisioning, previous);
    let (tenant, tenant_refusal) = tenant(directory, previous);
    let (ladder, roles_refusal) = roles::in_force(roles::wanted(&directory.spec), &rules, previous);
    let (onboarding, onboarding_refusal) = sign_in::onboarding(&directory.spec.auto_onboarding(), &ladder, previous);
    let mut document = Document {
        directory: id,
        tenant,
        roles: ladder,
        sync_policy: sync_policy(directory.spec.sync_policy()),
        profile: profile(&provisioning, base_url, definitions),
        rules: Vec::new(),
        verifiers: verifiers.to_vec(),
        guard: guard(&directory.spec.guard()),
        audit: audit(&directory.spec.audit()),
        sign_in: sign_in::sign_in(&directory.spec.sso),
        onboarding,
    };
    document.verifiers.sort_by(|a, b| a.token_id.cmp(&b.token_id));

    let mut verdicts = Vec::new();
    for (name, manifests) in by_name(&rules) {
        let (entry, verdict) = decide(name, &manifests, &document, previous);
        document.rules.extend(entry);
        verdicts.push(verdict);
    }
    let refusal = tenant_refusal.or(roles_refusal).or(definitions_refusal).or(onboarding_refusal);
    let directory = DirectoryVerdict { refusal };
    Compiled { document, directory, rules: verdicts }
}

/// What comes into the document for the rule of this name, and why.
fn decide(
    name: &str,
    manifests: &[&RuleManifest],
    document: &Document,
    previous: Option<&Document>,
) -> (Option<RuleEntry>, RuleVerdict) {
    let content = match manifests {
        [only] => only.content(&document.roles, &document.tenant),
        _ => Err(Refusal::new(
            INVALID_SPEC,
            "metadata.name",
            format!("metadata.name: {} manifests are called {name:?}: rename or remove all but one", manifests.len()),
        )),
    };
    match content {
        Ok(rule) => {
            let verdict = RuleVerdict { name: name.to_owned(), refusal: None, held: false };
            (Some(RuleEntry { rule, held: false }), verdict)
        }
        Err(refusal) => {
            let disabled = manifests.iter().all(|rule| rule.says_disabled());
            let last = previous.filter(|_| !disabled).and_then(|document| roles::entry(document, name));
            let held = last.map(|entry| RuleEntry { rule: entry.rule.clone(), held: true });
            let verdict = RuleVerdict { name: name.to_owned(), refusal: Some(refusal), held: held.is_some() };
            (held, verdict)
        }
    }
}

/// The rules under their names; a cluster has one of each, a folder can have more.
fn by_name<'a>(rules: &[&'a RuleManifest]) -> BTreeMap<&'a str, Vec<&'a RuleManifest>> {
    let mut out: BTreeMap<&str, Vec<&RuleManifest>> = BTreeMap::new();
    for rule in rules {
        out.entry(rule.name()).or_default().push(rule);
    }
    out
}

/// The home tenant never changes: grants that rules without tenants gave would move with it.
fn tenant(directory: &ScimDirectory, previous: Option<&Document>) -> (String, Option<Refusal>) {
    let wanted = &directory.spec.tenant;
    match previous.map(|document| &document.tenant).filter(|tenant| *tenant != wanted) {
        None => (wanted.clone(), None),
        Some(kept) => {
            let message = format!("spec.tenant: {wanted:?}: it is immutable: write {kept:?}, or make a new directory");
            (kept.clone(), Some(Refusal::new(INVALID_SPEC, "spec.tenant", message)))
        }
    }
}

fn profile(provisioning: &Provisioning, base_url: &str, definitions: Definitions) -> Profile {
    let Definitions { schemas, resource_types } = definitions;
    Profile {
        paused: provisioning.paused(),
        dialect: dialect(provisioning.dialect()),
        required_attributes: provisioning.required_attributes(),
        base_url: base_url.to_owned(),
        serve_groups: provisioning.serve_groups(),
        on_user_delete: match provisioning.on_user_delete() {
            OnUserDelete::Delete => config::OnUserDelete::Delete,
            OnUserDelete::Disable => config::OnUserDelete::Disable,
        },
        max_body_bytes: body_bytes(provisioning),
        schemas,
        resource_types,
    }
}

fn dialect(dialect: directory::Dialect) -> Dialect {
    match dialect {
        directory::Dialect::Auto => Dialect::Auto,
        directory::Dialect::Strict => Dialect::Strict,
        directory::Dialect::Interop => Dialect::Interop,
        directory::Dialect::Entra => Dialect::Entra,
        directory::Dialect::Okta => Dialect::Okta,
        directory::Dialect::OneLogin => Dialect::OneLogin,
        directory::Dialect::JumpCloud => Dialect::JumpCloud,
        directory::Dialect::PingOne => Dialect::PingOne,
        directory::Dialect::Keycloak => Dialect::Keycloak,
    }
}

/// The limits that the manifest sets; what says the default says nothing.
fn body_bytes(provisioning: &Provisioning) -> Option<BodyBytes> {
    let (written, default) = (provisioning.max_body_bytes.unwrap_or_default(), BodyBytes::default());
    let bytes = |written: Option<i64>, otherwise| written.and_then(|n| u64::try_from(n).ok()).unwrap_or(otherwise);
    let limits =
        BodyBytes { users: bytes(written.users, default.users), groups: bytes(written.groups, default.groups) };
    (limits != default).then_some(limits)
}

fn guard(guard: &directory::Guard) -> Guard {
    // What the schema does not let in takes the strictest meaning: nobody may lose anything.
    Guard {
        max_revoked_users: u64::try_from(guard.max_revoked_users()).unwrap_or(0),
        max_revoked_percent: u8::try_from(guard.max_revoked_percent()).unwrap_or(0),
    }
}

fn audit(audit: &Audit) -> AuditRetention {
    AuditRetention {
        // What is no duration ends nothing; the schema lets none such in.
        max_age_s: audit.max_age().ok().flatten().map(|age| age.as_secs()),
        max_records: audit.max_records.and_then(|records| u64::try_from(records).ok()),
    }
}

fn sync_policy(policy: SyncPolicy) -> config::SyncPolicy {
    match policy {
        SyncPolicy::Automatic => config::SyncPolicy::Automatic,
        SyncPolicy::Manual => config::SyncPolicy::Manual,
    }
}
