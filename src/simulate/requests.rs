//! The requests of the providers in the table of `dialect`, from what a person or a group is now. Pure.

use super::dialect::{Dialect, FirstMembers, Lookup};
use super::profile::{DEPARTMENT, Profile, WORK_MAIL};
use crate::client::{Method, Request, scim::Scim};
use serde_json::{Map, Value, json};

const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";
const PATCH_OP: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

/// A member of a group: the id at the service and the `userName`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Member {
    pub(super) id: String,
    pub(super) user_name: String,
}

/// A group as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wanted<'a> {
    pub(super) display_name: &'a str,
    pub(super) external_id: &'a str,
    pub(super) members: &'a [Member],
}

impl Dialect {
    /// The `userName` that goes to the service.
    pub(super) fn user_name<'p>(&self, profile: &'p Profile) -> &'p str {
        let mail = if self.lookup == Lookup::Mail { profile.get(WORK_MAIL) } else { None };
        mail.or_else(|| profile.get("userName")).unwrap_or_default()
    }

    /// `GET /Users?filter=userName eq "…"`.
    pub(super) fn look_up(&self, user_name: &str) -> Request {
        self.paged(Scim::by_filter("Users", format!("userName eq {}", quoted(user_name))))
    }

    /// `GET /Groups?filter=displayName eq "…"`.
    pub(super) fn look_up_group(&self, display_name: &str) -> Request {
        self.paged(Scim::by_filter("Groups", format!("displayName eq {}", quoted(display_name))))
    }

    fn paged(&self, request: Request) -> Request {
        match self.page {
            Some(count) => request.with("startIndex", "1").with("count", count.to_string()),
            None => request,
        }
    }

    /// `POST /Users`.
    pub(super) fn create_user(&self, profile: &Profile, password: &str) -> Request {
        let mut user = self.user_of(profile, true);
        if self.user.groups_and_password {
            user.insert("groups".to_owned(), json!([]));
            user.insert("password".to_owned(), json!(password));
        }
        Request::new(Method::POST, &["Users"]).with_body(Value::Object(user))
    }

    /// `PUT /Users/{id}`: over what was `read`, where the provider reads before it writes.
    pub(super) fn put_user(&self, id: &str, read: Option<&Value>, profile: &Profile, active: bool) -> Request {
        let mut user = read.and_then(Value::as_object).cloned().unwrap_or_default();
        for own in ["displayName", "title", "name", "emails", "password"] {
            user.shift_remove(own);
        }
        let (extension, schemas) = (user.shift_remove(self.user.enterprise), user.shift_remove("schemas"));
        user.extend(self.user_of(profile, active));
        // What the provider does not map stays: the rest of the extension, and its URN.
        if let Some(Value::Object(mut kept)) = extension {
            kept.shift_remove("department");
            kept.extend(user.get(self.user.enterprise).and_then(Value::as_object).cloned().unwrap_or_default());
            user.insert(self.user.enterprise.to_owned(), Value::Object(kept));
        }
        if let (Some(Value::Array(kept)), Some(Value::Array(all))) = (schemas, user.get_mut("schemas")) {
            let missing = kept.into_iter().filter(|urn| !all.contains(urn)).collect::<Vec<_>>();
            all.extend(missing);
        }
        if self.puts_id {
            user.insert("id".to_owned(), json!(id));
        }
        Request::new(Method::PUT, &["Users", id]).with_body(Value::Object(user))
    }

    fn user_of(&self, profile: &Profile, active: bool) -> Map<String, Value> {
        let shape = &self.user;
        let mut user = Map::new();
        let mut schemas = shape.schemas.to_vec();
        user.insert("userName".to_owned(), json!(self.user_name(profile)));
        let part = |name: &str| Some((name.to_owned(), json!(profile.get(&format!("name.{name}"))?)));
        let name: Map<String, Value> = ["givenName", "familyName"].into_iter().filter_map(part).collect();
        if !name.is_empty() {
            user.insert("name".to_owned(), Value::Object(name));
        }
        if let Some(mail) = profile.get(WORK_MAIL) {
            let whole = json!([{ "primary": true, "value": mail, "type": "work" }]);
            let mails = if shape.bare_mail { json!([{ "value": mail }]) } else { whole };
            user.insert("emails".to_owned(), mails);
        }
        let full = if shape.always_display_name { profile.get("name.formatted") } else { None };
        let texts = [
            ("displayName", profile.get("displayName").or(full)),
            ("title", profile.get("title")),
            ("locale", shape.locale),
            ("externalId", profile.get("externalId")),
        ];
        user.extend(texts.into_iter().filter_map(|(name, text)| Some((name.to_owned(), json!(text?)))));
        if let Some(department) = profile.get(DEPARTMENT) {
            user.insert(shape.enterprise.to_owned(), json!({ "department": department }));
            if !schemas.contains(&shape.enterprise) {
                schemas.push(shape.enterprise);
            }
        }
        user.insert("active".to_owned(), json!(active));
        user.insert("schemas".to_owned(), json!(schemas));
        user
    }

    /// `POST /Groups`.
    pub(super) fn create_group(&self, wanted: &Wanted<'_>) -> Request {
        let members: &[Member] = match self.first_members {
            FirstMembers::Empty => &[],
            FirstMembers::All => wanted.members,
        };
        let body = self.group_of(&Wanted { members, ..wanted.clone() });
        Request::new(Method::POST, &["Groups"]).with_body(Value::Object(body))
    }

    /// `PUT /Groups/{id}`.
    pub(super) fn put_group(&self, id: &str, wanted: &Wanted<'_>) -> Request {
        let mut group = self.group_of(wanted);
        if self.puts_id {
            group.insert("id".to_owned(), json!(id));
        }
        Request::new(Method::PUT, &["Groups", id]).with_body(Value::Object(group))
    }

    fn group_of(&self, wanted: &Wanted<'_>) -> Map<String, Value> {
        let mut group = Map::new();
        group.insert("schemas".to_owned(), json!([GROUP]));
        group.insert("displayName".to_owned(), json!(wanted.display_name));
        if self.group_external_id {
            group.insert("externalId".to_owned(), json!(wanted.external_id));
        }
        group.insert("members".to_owned(), self.members(wanted.members));
        group
    }

    fn members(&self, members: &[Member]) -> Value {
        let shown = |member: &Member| {
            if self.displays_members {
                json!({ "value": member.id, "display": member.user_name })
            } else {
                json!({ "value": member.id })
            }
        };
        members.iter().map(shown).collect()
    }

    /// The operations that take out these members, each by its id, and add those.
    pub(super) fn change_members(&self, removed: &[String], added: &[Member]) -> Vec<Value> {
        let out = |id: &String| json!({ "op": "remove", "path": format!("members[value eq {}]", quoted(id)) });
        let mut operations: Vec<Value> = removed.iter().map(out).collect();
        if !added.is_empty() {
            operations.push(json!({ "op": "add", "path": "members", "value": self.members(added) }));
        }
        operations
    }

    /// The operation that makes these the only members.
    pub(super) fn replace_members(&self, members: &[Member]) -> Value {
        json!({ "op": "replace", "path": "members", "value": self.members(members) })
    }
}

/// `PATCH` with these operations.
pub(super) fn patch(kind: &str, id: &str, operations: Vec<Value>) -> Request {
    Request::new(Method::PATCH, &[kind, id]).with_body(json!({ "schemas": [PATCH_OP], "Operations": operations }))
}

/// `PATCH /Users/{id}`: one attribute, in a value without a path.
pub(super) fn patch_user(id: &str, attribute: &str, value: impl Into<Value>) -> Request {
    let values = Map::from_iter([(attribute.to_owned(), value.into())]);
    patch("Users", id, vec![json!({ "op": "replace", "value": values })])
}

/// `PATCH /Groups/{id}`: the name, with the id beside it.
pub(super) fn patch_group_name(id: &str, display_name: &str) -> Request {
    patch("Groups", id, vec![json!({ "op": "replace", "value": { "id": id, "displayName": display_name } })])
}

/// `GET /<kind>?startIndex=…&count=…`.
pub(super) fn page(kind: &str, start: u64, count: u64) -> Request {
    Request::new(Method::GET, &[kind]).with("startIndex", start.to_string()).with("count", count.to_string())
}

/// A filter's string: RFC 7644 §3.4.2.2 takes JSON's.
pub(super) fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

#[cfg(test)]
#[path = "requests_tests.rs"]
mod tests;
