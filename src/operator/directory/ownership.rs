//! Whose a child of our name is. Pure.
//!
//! A foreign object is never adopted, whatever its name; a child of an earlier directory of the same name is waited for.

use super::dereference::Found;
use super::names::Names;
use crate::api::reason::{NAME_TAKEN, PREVIOUS_TERMINATING};
use crate::api::{ScimAccessToken, label};
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

/// Why the children cannot be made, if a name is taken.
pub fn obstacle(found: &Found, token: Option<&ScimAccessToken>, directory: &str, uid: &str) -> Option<Standing> {
    let Found { account, admin_tls, verifiers, data, public_service, access_service, admin_service, policy, workload } =
        found;
    let owned = [
        ("ServiceAccount", account.as_ref().map(|o| &o.metadata)),
        ("Secret", admin_tls.as_ref().map(|o| &o.metadata)),
        ("Secret", verifiers.as_ref().map(|o| &o.metadata)),
        ("Service", public_service.as_ref().map(|o| &o.metadata)),
        ("Service", access_service.as_ref().map(|o| &o.metadata)),
        ("Service", admin_service.as_ref().map(|o| &o.metadata)),
        ("NetworkPolicy", policy.as_ref().map(|o| &o.metadata)),
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
    let all: Vec<_> = owned.chain(volume).chain(token).collect();
    standing(&all, Owner::Another).or_else(|| standing(&all, Owner::Previous))
}

fn standing(children: &[(&str, String, Owner)], whose: Owner) -> Option<Standing> {
    let (kind, name, _) = children.iter().find(|(_, _, owner)| *owner == whose)?;
    Some(match whose {
        Owner::Previous => {
            Standing::new(PREVIOUS_TERMINATING, format!("{kind} {name} of an earlier directory is still being removed"))
        }
        _ => Standing::new(
            NAME_TAKEN,
            format!("{kind} {name} exists and is not this directory's: rename or delete it, or delete this directory"),
        ),
    })
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
    use k8s_openapi::api::core::v1::{PersistentVolumeClaim, Service};
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
        obstacle(found, None, "acme", "now").map(|standing| standing.reason.name)
    }

    #[test]
    fn a_foreign_object_is_never_adopted() {
        assert_eq!(reason(&service(json!([]))), Some("NameTaken"));
        assert_eq!(reason(&service(controller("Deployment", "other"))), Some("NameTaken"));
        assert_eq!(reason(&service(controller("ScimDirectory", "now"))), None);
    }

    #[test]
    fn b097_an_earlier_directorys_child_is_waited_for() {
        assert_eq!(reason(&service(controller("ScimDirectory", "before"))), Some("PreviousTerminating"));
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
