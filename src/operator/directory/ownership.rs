//! Whose a child of our name is. Pure.
//!
//! A foreign object is never adopted, whatever its name;
//! a child of an earlier directory of the same name is waited for.

use super::dereference::Found;
use super::names::Names;
use crate::api::reason::{NAME_TAKEN, PREVIOUS_TERMINATING};
use crate::api::{ScimAccessToken, label};
use crate::manifests::RuleManifest;
use crate::operator::runtime::conditions::Standing;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

/// Whose an object is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owner {
    /// This directory's (or nobody's yet).
    Us,
    /// An earlier directory's of the same name: it is being collected.
    Previous,
    /// Somebody else's.
    Another,
}

/// Whose this object is, by its controller reference.
pub fn owner(meta: &ObjectMeta, kind: &str, name: &str, uid: &str) -> Owner {
    let controller = meta.owner_references.iter().flatten().find(|owner| owner.controller == Some(true));
    match controller {
        Some(owner) if owner.uid == uid => Owner::Us,
        Some(owner) if owner.kind == kind && owner.name == name => Owner::Previous,
        _ => Owner::Another,
    }
}

/// Why the children cannot be made, if a name is taken or an earlier directory is still being collected. `rules` are
/// those of the namespace: what is collected with its directory was deleted by nobody, and takes nobody's access.
pub fn obstacle(
    found: &Found,
    token: Option<&ScimAccessToken>,
    rules: &[RuleManifest],
    directory: &str,
    uid: &str,
) -> Option<Standing> {
    let Found {
        account,
        admin_tls,
        verifiers,
        data,
        public_service,
        access_service,
        admin_service,
        policy,
        budget,
        workload,
    } = found;
    let owned = [
        ("ServiceAccount", account.as_ref().map(|o| &o.metadata)),
        ("Secret", admin_tls.as_ref().map(|o| &o.metadata)),
        ("Secret", verifiers.as_ref().map(|o| &o.metadata)),
        ("Service", public_service.as_ref().map(|o| &o.metadata)),
        ("Service", access_service.as_ref().map(|o| &o.metadata)),
        ("Service", admin_service.as_ref().map(|o| &o.metadata)),
        ("NetworkPolicy", policy.as_ref().map(|o| &o.metadata)),
        ("PodDisruptionBudget", budget.as_ref().map(|o| &o.metadata)),
        ("Deployment", workload.as_ref().map(|o| &o.metadata)),
    ];
    let owned = owned.into_iter().filter_map(|(kind, meta)| {
        let meta = meta?;
        Some((kind, meta.name.clone().unwrap_or_default(), owner(meta, "ScimDirectory", directory, uid)))
    });
    let volume = data.as_ref().map(|claim| {
        let name = claim.metadata.name.clone().unwrap_or_default();
        ("PersistentVolumeClaim", name, volume_owner(&claim.metadata, directory))
    });
    let token = token.map(|token| ("ScimAccessToken", directory.to_owned(), token_owner(token, directory, uid)));
    let rules = rules.iter().filter_map(|rule| match rule {
        RuleManifest::Read(rule) => Some(("UserManagementRule", rule.metadata.name.clone()?, &rule.metadata)),
        RuleManifest::Undecodable(_) => None,
    });
    let of_earlier = |meta: &ObjectMeta| owner(meta, "ScimDirectory", directory, uid) == Owner::Previous;
    let rules = rules.filter(|(_, _, meta)| of_earlier(meta)).map(|(kind, name, _)| (kind, name, Owner::Previous));
    let all: Vec<_> = owned.chain(volume).chain(token).chain(rules).collect();
    standing(&all, Owner::Another).or_else(|| standing(&all, Owner::Previous))
}

fn standing(children: &[(&str, String, Owner)], whose: Owner) -> Option<Standing> {
    let (kind, name, _) = children.iter().find(|(_, _, owner)| *owner == whose)?;
    Some(match whose {
        Owner::Previous => {
            Standing::new(PREVIOUS_TERMINATING, format!("{kind} {name} of an earlier directory is still being removed"))
        }
        _ => taken(kind, name),
    })
}

/// Somebody else's object is where one of this directory's belongs.
pub fn taken(kind: &str, name: &str) -> Standing {
    let message =
        format!("{kind} {name} exists and is not this directory's: rename or delete it, or delete this directory");
    Standing::new(NAME_TAKEN, message)
}

/// A retained volume has no owner reference; it is taken up when its annotation names this directory.
fn volume_owner(meta: &ObjectMeta, directory: &str) -> Owner {
    let namespace = meta.namespace.as_deref().unwrap_or_default();
    let owner = meta.annotations.as_ref().and_then(|annotations| annotations.get(label::OWNER));
    let ours = Names::of(&crate::operator::runtime::Key::new(namespace, directory)).owner();
    if owner == Some(&ours) { Owner::Us } else { Owner::Another }
}

/// The directory's own token may also be written by a person, if it is what the operator would have made.
fn token_owner(token: &ScimAccessToken, directory: &str, uid: &str) -> Owner {
    let written_so = token.spec.directory_ref.name == directory
        && token.spec.issued_to == super::seed::OWN_TOKEN_HOLDER
        && token.metadata.owner_references.as_ref().is_none_or(Vec::is_empty);
    if written_so { Owner::Us } else { owner(&token.metadata, "ScimDirectory", directory, uid) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::UserManagementRule;
    use k8s_openapi::api::core::v1::{PersistentVolumeClaim, Secret, Service};
    use serde_json::{Value, json};

    fn service(owners: Value) -> Found {
        let service: Service =
            serde_json::from_value(json!({"metadata": {"name": "acme-scim", "ownerReferences": owners}})).unwrap();
        Found { public_service: Some(service), ..Found::default() }
    }

    fn controller(kind: &str, uid: &str) -> Value {
        json!([{"apiVersion": "x/v1", "kind": kind, "name": "acme", "uid": uid, "controller": true}])
    }

    fn reason(found: &Found) -> Option<&'static str> {
        obstacle(found, None, &[], "acme", "now").map(|standing| standing.reason.name)
    }

    #[test]
    fn a_foreign_object_is_never_adopted() {
        assert_eq!(reason(&service(json!([]))), Some("NameTaken"));
        assert_eq!(reason(&service(controller("Deployment", "other"))), Some("NameTaken"));
        assert_eq!(reason(&service(controller("ScimDirectory", "now"))), None);
    }

    #[test]
    fn a_foreign_secret_of_either_childs_name_is_named() {
        let secret = |name: &str, owners: Value| -> Option<Secret> {
            serde_json::from_value(json!({"metadata": {"name": name, "ownerReferences": owners}})).unwrap()
        };
        let message = |found: &Found| obstacle(found, None, &[], "acme", "now").map(|standing| standing.message);
        let of = |owners: fn() -> Value| {
            let verifiers = secret("acme-token-verifiers", owners());
            let admin_tls = secret("acme-endpoint-admin-tls", owners());
            [
                message(&Found { verifiers, ..Found::default() }).unwrap_or_default(),
                message(&Found { admin_tls, ..Found::default() }).unwrap_or_default(),
            ]
        };
        let foreign = [
            "Secret acme-token-verifiers exists and is not this directory's: rename or delete it, or delete this \
             directory",
            "Secret acme-endpoint-admin-tls exists and is not this directory's: rename or delete it, or delete this \
             directory",
        ];
        assert_eq!(of(|| json!([])), foreign);
        assert_eq!(of(|| controller("ConfigMap", "other")), foreign);
        let earlier = [
            "Secret acme-token-verifiers of an earlier directory is still being removed",
            "Secret acme-endpoint-admin-tls of an earlier directory is still being removed",
        ];
        assert_eq!(of(|| controller("ScimDirectory", "before")), earlier);
        assert_eq!(of(|| controller("ScimDirectory", "now")), ["", ""]);
    }

    #[test]
    fn b097_an_earlier_directorys_child_is_waited_for() {
        assert_eq!(reason(&service(controller("ScimDirectory", "before"))), Some("PreviousTerminating"));
    }

    #[test]
    fn b079_an_earlier_directorys_rules_are_waited_for_and_a_persons_are_not() {
        let rule = |owners: Value| {
            let rule: UserManagementRule = serde_json::from_value(json!({
                "apiVersion": "scim-operator.dev/v1alpha1", "kind": "UserManagementRule",
                "metadata": {"name": "acme-designers", "ownerReferences": owners},
                "spec": {"directoryRef": {"name": "acme"}, "idpGroup": {"id": "x"}, "role": "Designer"},
            }))
            .unwrap();
            let obstacle = obstacle(&Found::default(), None, &[RuleManifest::from(rule)], "acme", "now");
            obstacle.map(|standing| standing.message)
        };
        let waited = "UserManagementRule acme-designers of an earlier directory is still being removed";
        assert_eq!(rule(controller("ScimDirectory", "before")).as_deref(), Some(waited));
        assert_eq!(rule(controller("ScimDirectory", "now")), None);
        assert_eq!(rule(json!([])), None);
        assert_eq!(rule(controller("Application", "other")), None);
    }

    #[test]
    fn b097_a_retained_volume_is_taken_up_only_by_the_directory_it_names() {
        let volume = |owner: &str| {
            let annotations = json!({label::OWNER: owner});
            let metadata = json!({"name": "acme-endpoint-data", "namespace": "ns", "annotations": annotations});
            let claim: PersistentVolumeClaim = serde_json::from_value(json!({"metadata": metadata})).unwrap();
            Found { data: Some(claim), ..Found::default() }
        };
        assert_eq!(reason(&volume("ns/acme")), None);
        assert_eq!(reason(&volume("ns/other")), Some("NameTaken"));
    }
}
