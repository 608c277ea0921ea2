//! How things are asked over HTTP, and what the answers say.

use super::check::rules_of;
use super::event::{AWAY, Answer, Asked, group_name, user_name};
use crate::support::endpoint::{Endpoint, user_body};
use crate::support::reply::{Caller, Reply};
use scim_operator::access::AccessView;
use serde_json::{Value, json};

/// How a replica is asked.
#[derive(Clone)]
pub struct Door {
    public: Caller,
    access: Caller,
}

impl Door {
    /// That of an endpoint, until it is started again.
    pub fn of(endpoint: &Endpoint) -> Self {
        Self { public: endpoint.public.clone(), access: endpoint.access.clone() }
    }
}

/// The request that asks for this.
pub fn request(door: &Door, groups: &[String], asked: &Asked) -> reqwest::RequestBuilder {
    let with = |method: &str, path: &str, body: Value| {
        let request = door.public.request(method, path).header("content-type", "application/scim+json");
        request.body(body.to_string())
    };
    let patch = |path: &str, operation: Value| {
        let schemas = ["urn:ietf:params:scim:api:messages:2.0:PatchOp"];
        with("PATCH", path, json!({ "schemas": schemas, "Operations": [operation] }))
    };
    let path = |group: &usize| format!("/scim/v2/Groups/{}", groups[*group]);
    let member = |user: &String| json!([{ "value": user }]);
    match asked {
        Asked::Join { group, user } => {
            patch(&path(group), json!({ "op": "Add", "path": "members", "value": member(user) }))
        }
        Asked::Leave { group, user } => {
            patch(&path(group), json!({ "op": "Remove", "path": "members", "value": member(user) }))
        }
        Asked::Put { group, members } => {
            let members: Vec<Value> = members.iter().map(|user| json!({ "value": user })).collect();
            let schemas = ["urn:ietf:params:scim:schemas:core:2.0:Group"];
            let name = group_name(*group, false);
            with("PUT", &path(group), json!({ "schemas": schemas, "displayName": name, "members": members }))
        }
        Asked::Rename { group, away } => {
            let name = group_name(*group, *away);
            patch(&path(group), json!({ "op": "Replace", "path": "displayName", "value": name }))
        }
        Asked::Create { person } => with("POST", "/scim/v2/Users", user_body(&user_name(*person))),
        Asked::Delete { user, .. } => door.public.request("DELETE", &format!("/scim/v2/Users/{user}")),
        Asked::SetActive { user, active, .. } => {
            let operation = json!({ "op": "Replace", "path": "active", "value": active });
            patch(&format!("/scim/v2/Users/{user}"), operation)
        }
        Asked::ReadGroup { group } => door.public.request("GET", &path(group)),
        Asked::ReadView { user, .. } => door.access.request("GET", &format!("/access/v1/users/{user}")),
        Asked::Find { person } => door.access.request("GET", &format!("/access/v1/users/{}", user_name(*person))),
    }
}

/// What a reply says to what was asked.
pub fn answer(asked: &Asked, reply: &Reply) -> Answer {
    let read = match (asked, reply.status) {
        (_, 503) => Some(Answer::Unknown),
        (Asked::ReadView { .. } | Asked::Find { .. }, 404) => Some(Answer::Nobody),
        (_, 400..500) => Some(Answer::Refused(reply.status)),
        (Asked::Create { .. }, 201) => reply.json()["id"].as_str().map(|id| Answer::Created(id.to_owned())),
        (Asked::ReadGroup { .. }, 200) => group(&reply.json()),
        (Asked::ReadView { .. } | Asked::Find { .. }, 200) => view(reply),
        (Asked::Create { .. } | Asked::ReadGroup { .. } | Asked::ReadView { .. } | Asked::Find { .. }, _) => None,
        (_, 200 | 204) => Some(Answer::Done),
        _ => None,
    };
    read.unwrap_or_else(|| Answer::Odd(format!("{} {}", reply.status, reply.text)))
}

fn group(shown: &Value) -> Option<Answer> {
    let version = shown["meta"]["version"].as_str()?.strip_prefix("W/\"")?.strip_suffix('"')?.parse().ok()?;
    let members = shown["members"].as_array().map(Vec::as_slice).unwrap_or_default();
    let members = members.iter().filter_map(|member| member["value"].as_str().map(str::to_owned)).collect();
    let away = shown["displayName"].as_str()?.ends_with(AWAY);
    Some(Answer::Group { members, away, version })
}

fn view(reply: &Reply) -> Option<Answer> {
    let view: AccessView = serde_json::from_str(&reply.text).ok()?;
    Some(Answer::View { user: view.id.clone(), active: view.active, rules: rules_of(&view) })
}
