//! The requests of Entra ID's provisioning service, as it writes them (interop.md §1 and §2). Pure.
//!
//! Two sets of shapes exist and a service cannot see which one will come: the older one, and the one behind the flag
//! `aadOptscim062020` on the tenant URL, nearer to RFC 7644 §3.5.2. Groups are always read without members (§1.5).

use super::requests::{patch, quoted};
use super::{Change, Profile, profile};
use crate::client::{Method, Request, scim::Scim};
use serde_json::{Map, Value, json};

const GROUP_SCHEMAS: [&str; 2] = [
    "urn:ietf:params:scim:schemas:core:2.0:Group",
    // Not a SCIM schema; the service sends it all the same.
    "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group",
];

/// Which of the two sets of shapes is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shapes {
    /// `Add`, `Replace`, `Remove`; booleans as text; one operation an attribute.
    Classic,
    /// `aadOptscim062020`: lower case, booleans, many attributes in one operation without a path.
    Flagged,
}

/// `GET /Users?filter=userName eq "…"`: match before anything else (§1.2).
pub fn match_user(user_name: &str) -> Request {
    Scim::by_filter("Users", format!("userName eq {}", quoted(user_name)))
}

/// `GET /Users/{id}`.
pub fn get_user(id: &str) -> Request {
    Request::new(Method::GET, &["Users", id])
}

/// `POST /Users`.
pub fn create_user(profile: &Profile) -> Request {
    Request::new(Method::POST, &["Users"]).with_body(profile.to_resource(true))
}

/// `GET /Groups?excludedAttributes=members&filter=displayName eq "…"`.
pub fn match_group(display_name: &str) -> Request {
    Request::new(Method::GET, &["Groups"])
        .with("excludedAttributes", "members")
        .with("filter", format!("displayName eq {}", quoted(display_name)))
}

/// `GET /Groups/{id}?excludedAttributes=members`.
pub fn get_group(id: &str) -> Request {
    Request::new(Method::GET, &["Groups", id]).with("excludedAttributes", "members")
}

/// `POST /Groups`, never with members.
pub fn create_group(display_name: &str, external_id: &str) -> Request {
    Request::new(Method::POST, &["Groups"]).with_body(json!({
        "schemas": GROUP_SCHEMAS,
        "externalId": external_id,
        "displayName": display_name,
        "meta": { "resourceType": "Group" },
    }))
}

/// `DELETE /Groups/{id}`; only where the mapping of groups has the action `Delete` switched on.
pub fn delete_group(id: &str) -> Request {
    Request::new(Method::DELETE, &["Groups", id])
}

/// Reference check (§1.6): is `member` in the group?
pub fn is_member(group: &str, member: &str) -> Request {
    Scim::by_filter("Groups", format!("id eq {} and members eq {}", quoted(group), quoted(member)))
        .with("attributes", "id")
}

/// Reference check (§1.6): has the user this manager?
pub fn has_manager(user: &str, manager: &str) -> Request {
    Scim::by_filter("Users", format!("id eq {} and manager eq {}", quoted(user), quoted(manager)))
        .with("attributes", "id")
}

impl Shapes {
    /// `PATCH /Users/{id}` with the attributes that differ, and `active` where it does.
    pub fn update_user(self, id: &str, changes: &[Change], active: Option<bool>) -> Request {
        let mut operations = match self {
            Self::Classic => changes.iter().map(classic).collect(),
            Self::Flagged => flagged(changes),
        };
        operations.extend(active.map(|active| self.active(active)));
        patch("Users", id, operations)
    }

    /// `PATCH /Users/{id}`: the manager, or nobody. `base_url` makes the `$ref`.
    pub fn set_manager(self, id: &str, manager: Option<&str>, base_url: &str) -> Request {
        let path = format!("{}:manager", profile::ENTERPRISE);
        let operation = match (manager, self) {
            (None, _) => json!({ "op": "replace", "path": path, "value": "" }),
            (Some(manager), Self::Classic) => {
                let reference = format!("{}/Users/{manager}", base_url.trim_end_matches('/'));
                json!({ "op": "Add", "path": path, "value": [{ "$ref": reference, "value": manager }] })
            }
            (Some(manager), Self::Flagged) => json!({ "op": "add", "path": path, "value": manager }),
        };
        patch("Users", id, vec![operation])
    }

    /// `PATCH /Groups/{id}` with the name or the provider's id, where they differ.
    pub fn update_group(self, id: &str, display_name: Option<&str>, external_id: Option<&str>) -> Request {
        let named = [("externalId", external_id), ("displayName", display_name)];
        let differing = named.into_iter().filter_map(|(path, value)| Some((path, value?)));
        let operations = match self {
            Self::Classic => differing.map(|(p, v)| json!({ "op": "Replace", "path": p, "value": v })).collect(),
            Self::Flagged => {
                let values: Map<String, Value> = differing.map(|(p, v)| (p.to_owned(), json!(v))).collect();
                vec![json!({ "op": "replace", "value": values })]
            }
        };
        patch("Groups", id, operations)
    }

    /// `PATCH /Groups/{id}`: one more member.
    pub fn add_member(self, group: &str, member: &str) -> Request {
        let op = if self == Self::Classic { "Add" } else { "add" };
        let value = json!([{ "$ref": null, "value": member }]);
        patch("Groups", group, vec![json!({ "op": op, "path": "members", "value": value })])
    }

    /// `PATCH /Groups/{id}`: without this one member, and only this one.
    pub fn remove_member(self, group: &str, member: &str) -> Request {
        let operation = match self {
            Self::Classic => {
                json!({ "op": "Remove", "path": "members", "value": [{ "$ref": null, "value": member }] })
            }
            Self::Flagged => json!({ "op": "remove", "path": format!("members[value eq {}]", quoted(member)) }),
        };
        patch("Groups", group, vec![operation])
    }

    fn active(self, active: bool) -> Value {
        match self {
            Self::Classic => {
                let text = if active { "True" } else { "False" };
                json!({ "op": "Replace", "path": "active", "value": text })
            }
            Self::Flagged => json!({ "op": "replace", "path": "active", "value": active }),
        }
    }
}

fn classic(change: &Change) -> Value {
    let op = if change.had_value { "Replace" } else { "Add" };
    json!({ "op": op, "path": change.path, "value": change.to.as_deref().unwrap_or("") })
}

/// Attributes go together without a path, but what needs a filter in its path goes alone.
fn flagged(changes: &[Change]) -> Vec<Value> {
    let mut operations = Vec::new();
    let (mut added, mut replaced) = (Map::new(), Map::new());
    for change in changes {
        let value = json!(change.to.as_deref().unwrap_or(""));
        let op = if change.had_value { "replace" } else { "add" };
        if change.path.contains('[') {
            operations.push(json!({ "op": op, "path": change.path, "value": value }));
        } else {
            let together = if change.had_value { &mut replaced } else { &mut added };
            together.insert(change.path.clone(), value);
        }
    }
    for (op, values) in [("replace", replaced), ("add", added)] {
        if !values.is_empty() {
            operations.push(json!({ "op": op, "value": values }));
        }
    }
    operations
}

#[cfg(test)]
#[path = "entra_tests.rs"]
mod tests;
