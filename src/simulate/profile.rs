//! A person's attributes as the provider maps them to SCIM, by path; and what differs between two of them.

use super::Person;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// The enterprise extension (RFC 7643 §4.3).
pub const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
/// The path of the work address, as the provider writes it.
pub const WORK_MAIL: &str = "emails[type eq \"work\"].value";
/// The path of the department.
pub const DEPARTMENT: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department";

/// Attribute values by SCIM path; an attribute without a value is not there.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Profile(BTreeMap<String, String>);

/// One attribute that differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The SCIM path.
    pub path: String,
    /// What it becomes; `None` clears it.
    pub to: Option<String>,
    /// Whether it had a value before: the provider says `Replace` then, and `Add` otherwise.
    pub had_value: bool,
}

impl Profile {
    /// What the provider would send of this person. `active` is not part of it.
    pub fn of(person: &Person) -> Self {
        let both = [person.given_name.as_deref(), person.family_name.as_deref()];
        let full = both.iter().flatten().copied().collect::<Vec<_>>().join(" ");
        let values = [
            ("userName", Some(person.user_name.clone())),
            ("externalId", Some(person.object_id.clone())),
            ("displayName", person.display_name.clone()),
            ("name.givenName", person.given_name.clone()),
            ("name.familyName", person.family_name.clone()),
            ("name.formatted", (!full.is_empty()).then_some(full)),
            (WORK_MAIL, person.mail.clone()),
            ("title", person.title.clone()),
            (DEPARTMENT, person.department.clone()),
        ];
        Self(values.into_iter().filter_map(|(path, value)| Some((path.to_owned(), value?))).collect())
    }

    /// Reads the same attributes out of a User that the service answered.
    pub fn of_resource(user: &Value) -> Self {
        let text = |pointer: &str| user.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
        let mails = user.get("emails").and_then(Value::as_array);
        let work = mails.and_then(|list| list.iter().find(|m| m.get("type").and_then(Value::as_str) == Some("work")));
        let department = user.get(ENTERPRISE).and_then(|e| e.get("department")).and_then(Value::as_str);
        let values = [
            ("userName", text("/userName")),
            ("externalId", text("/externalId")),
            ("displayName", text("/displayName")),
            ("name.givenName", text("/name/givenName")),
            ("name.familyName", text("/name/familyName")),
            ("name.formatted", text("/name/formatted")),
            (WORK_MAIL, work.and_then(|m| m.get("value")).and_then(Value::as_str).map(str::to_owned)),
            ("title", text("/title")),
            (DEPARTMENT, department.map(str::to_owned)),
        ];
        Self(values.into_iter().filter_map(|(path, value)| Some((path.to_owned(), value?))).collect())
    }

    /// One value.
    pub fn get(&self, path: &str) -> Option<&str> {
        self.0.get(path).map(String::as_str)
    }

    /// What has to change so that `self` becomes `target`, by path.
    pub fn changes_to(&self, target: &Self) -> Vec<Change> {
        let paths: std::collections::BTreeSet<&String> = self.0.keys().chain(target.0.keys()).collect();
        let change = |path: &String| Change {
            path: path.clone(),
            to: target.0.get(path).cloned(),
            had_value: self.0.contains_key(path),
        };
        paths.into_iter().filter(|path| self.0.get(*path) != target.0.get(*path)).map(change).collect()
    }

    /// The body of `POST /Users` (interop.md §2).
    pub fn to_resource(&self, active: bool) -> Value {
        let own = |path: &str| self.get(path).map(|v| Value::String(v.to_owned()));
        let mut body = Map::new();
        body.insert("schemas".to_owned(), json!(["urn:ietf:params:scim:schemas:core:2.0:User", ENTERPRISE]));
        for path in ["externalId", "userName", "displayName", "title"] {
            body.extend(own(path).map(|value| (path.to_owned(), value)));
        }
        body.insert("active".to_owned(), json!(active));
        if let Some(value) = own(WORK_MAIL) {
            body.insert("emails".to_owned(), json!([{ "primary": true, "type": "work", "value": value }]));
        }
        body.insert("meta".to_owned(), json!({ "resourceType": "User" }));
        let names = ["formatted", "familyName", "givenName"];
        let name: Map<String, Value> =
            names.iter().filter_map(|n| Some(((*n).to_owned(), own(&format!("name.{n}"))?))).collect();
        if !name.is_empty() {
            body.insert("name".to_owned(), Value::Object(name));
        }
        if let Some(value) = own(DEPARTMENT) {
            body.insert(ENTERPRISE.to_owned(), json!({ "department": value }));
        }
        body.insert("roles".to_owned(), json!([]));
        Value::Object(body)
    }
}

#[cfg(test)]
mod tests {
    use super::{Change, Profile};
    use crate::simulate::People;
    use serde_json::json;

    fn ada(more: &str) -> Profile {
        let text =
            format!("people: [{{ userName: ada@example.com, objectId: a, givenName: Ada, familyName: Marsh{more} }}]");
        Profile::of(People::from_yaml(&text).unwrap().people().next().unwrap())
    }

    #[test]
    fn what_is_sent_reads_back_as_the_same_profile() {
        for more in ["", ", mail: ada@example.com, title: Architect, department: Studio"] {
            let profile = ada(more);
            assert_eq!(Profile::of_resource(&profile.to_resource(true)), profile);
        }
    }

    #[test]
    fn changes_name_each_path_that_differs_once() {
        let changes = ada(", title: Architect").changes_to(&ada(", department: Studio"));
        let department = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department".to_owned();
        let expected = [
            Change { path: "title".to_owned(), to: None, had_value: true },
            Change { path: department, to: Some("Studio".to_owned()), had_value: false },
        ];
        assert_eq!(changes, expected);
        assert_eq!(ada("").changes_to(&ada("")), []);
    }

    #[test]
    fn a_person_without_names_or_mail_is_sent_as_they_are() {
        let text = "people: [{ userName: robot@example.com, objectId: r }]";
        let profile = Profile::of(People::from_yaml(text).unwrap().people().next().unwrap());
        let body = profile.to_resource(true);
        assert_eq!((body.get("name"), body.get("emails")), (None, None));
        assert_eq!(body["meta"], json!({ "resourceType": "User" }));
    }
}
