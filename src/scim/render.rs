//! Resources as they are answered: what the client wrote, and what only the server knows. RFC 7643 §3.1, §4.1.2, §4.2.
//!
//! The order of attributes is always the same: `schemas`, `id`, `externalId`, the attributes in the order of the
//! schema, extensions, references to other resources, `meta`.

use super::{Attributes, Group, Resource, ResourceKind, User};
use serde_json::{Value, json};

/// What the store knows about a resource beside its attributes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Meta {
    /// The id.
    pub id: String,
    /// When it was made.
    pub created: jiff::Timestamp,
    /// When it last changed.
    pub last_modified: jiff::Timestamp,
    /// Counts the changes; rendered as `W/"<n>"`.
    pub version: u64,
    /// Distinguishes what is shown beyond the resource itself, where there is such: `W/"<n>-<hex>"`.
    pub shows: Option<u32>,
}

impl Meta {
    /// The entity tag of this version (RFC 7644 §3.14).
    pub fn etag(&self) -> String {
        match self.shows {
            None => format!("W/\"{}\"", self.version),
            Some(shows) => format!("W/\"{}-{shows:08x}\"", self.version),
        }
    }
}

/// A group of a user, or a member of a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// The id of the other resource.
    pub value: String,
    /// Its name.
    pub display: Option<String>,
}

/// A user as it is answered; `base_url` is the full SCIM base (`…/scim/v2`). A user in no group has no `groups`.
pub fn render_user(user: &User, meta: &Meta, groups: &[Reference], base_url: &str) -> Attributes {
    let mut rendered = with_id(&user.attributes, meta);
    if !groups.is_empty() {
        let kind = json!("direct");
        let groups = groups.iter().map(|group| reference(group, ResourceKind::GROUP, &kind, base_url)).collect();
        rendered.insert("groups".to_owned(), Value::Array(groups));
    }
    rendered.insert("meta".to_owned(), render_meta(ResourceKind::USER, meta, base_url));
    rendered
}

/// A group as it is answered; `None` leaves `members` out, no members at all are an empty list.
pub fn render_group(group: &Group, meta: &Meta, members: Option<&[Reference]>, base_url: &str) -> Attributes {
    let mut rendered = with_id(&group.attributes, meta);
    if let Some(members) = members {
        rendered.insert("members".to_owned(), Value::Array(render_members(members, base_url)));
    }
    rendered.insert("meta".to_owned(), render_meta(ResourceKind::GROUP, meta, base_url));
    rendered
}

/// The values of `members`.
pub fn render_members(members: &[Reference], base_url: &str) -> Vec<Value> {
    let kind = json!("User");
    members.iter().map(|member| reference(member, ResourceKind::USER, &kind, base_url)).collect()
}

/// A resource of a defined type as it is answered.
pub fn render_resource(kind: ResourceKind, resource: &Resource, meta: &Meta, base_url: &str) -> Attributes {
    let mut rendered = with_id(&resource.attributes, meta);
    rendered.insert("meta".to_owned(), render_meta(kind, meta, base_url));
    rendered
}

/// Where a resource is.
pub fn location(kind: ResourceKind, id: &str, base_url: &str) -> String {
    format!("{}{}/{id}", base_url.trim_end_matches('/'), kind.endpoint())
}

fn with_id(attributes: &Attributes, meta: &Meta) -> Attributes {
    let mut rendered = Attributes::with_capacity(attributes.len() + 3);
    for (name, value) in attributes.iter().filter(|(_, value)| !value.is_null()) {
        rendered.insert(name.clone(), value.clone());
        if name == "schemas" {
            rendered.insert("id".to_owned(), Value::from(meta.id.as_str()));
        }
    }
    // Attributes that were not read by this room may lack `schemas`; an answer never lacks its id.
    rendered.entry("id").or_insert_with(|| Value::from(meta.id.as_str()));
    rendered
}

fn reference(to: &Reference, kind: ResourceKind, relation: &Value, base_url: &str) -> Value {
    let mut rendered = Attributes::with_capacity(4);
    rendered.insert("value".to_owned(), Value::from(to.value.as_str()));
    rendered.insert("$ref".to_owned(), Value::from(location(kind, &to.value, base_url)));
    if let Some(display) = &to.display {
        rendered.insert("display".to_owned(), Value::from(display.as_str()));
    }
    rendered.insert("type".to_owned(), relation.clone());
    Value::Object(rendered)
}

fn render_meta(kind: ResourceKind, meta: &Meta, base_url: &str) -> Value {
    json!({
        "resourceType": kind.name(),
        "created": format!("{:.3}", meta.created),
        "lastModified": format!("{:.3}", meta.last_modified),
        "location": location(kind, &meta.id, base_url),
        "version": meta.etag(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scim::{Reading, folded};

    const BASE: &str = "https://scim.example.org/corp/scim/v2";

    fn meta() -> Meta {
        let created = "2026-05-13T04:42:34.123999Z".parse().unwrap();
        Meta {
            id: "u1".into(),
            created,
            last_modified: "2026-05-13T06:00:00Z".parse().unwrap(),
            version: 7,
            shows: None,
        }
    }

    #[test]
    fn a_user_is_rendered_in_one_order() {
        let body = json!({
            "active": false, "emails": [{"value": "a@b"}], "externalId": "x", "userName": "a",
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"department": "d"},
        });
        let user = User::read(body, ResourceKind::USER, &Reading::default()).unwrap();
        let groups = [Reference { value: "g1".into(), display: Some("Designers".into()) }];
        let rendered = render_user(&user, &meta(), &groups, &format!("{BASE}/"));
        insta::assert_snapshot!(serde_json::to_string_pretty(&rendered).unwrap(), @r#"
        {
          "schemas": [
            "urn:ietf:params:scim:schemas:core:2.0:User",
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
          ],
          "id": "u1",
          "externalId": "x",
          "userName": "a",
          "active": false,
          "emails": [
            {
              "value": "a@b"
            }
          ],
          "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {
            "department": "d"
          },
          "groups": [
            {
              "value": "g1",
              "$ref": "https://scim.example.org/corp/scim/v2/Groups/g1",
              "display": "Designers",
              "type": "direct"
            }
          ],
          "meta": {
            "resourceType": "User",
            "created": "2026-05-13T04:42:34.123Z",
            "lastModified": "2026-05-13T06:00:00.000Z",
            "location": "https://scim.example.org/corp/scim/v2/Users/u1",
            "version": "W/\"7\""
          }
        }
        "#);
    }

    #[test]
    fn b037_a_group_has_members_only_when_they_were_loaded() {
        let (group, _) =
            Group::read(json!({"displayName": "Designers"}), ResourceKind::GROUP, &Reading::default()).unwrap();
        assert_eq!(render_group(&group, &meta(), None, BASE).get("members"), None);
        assert_eq!(render_group(&group, &meta(), Some(&[]), BASE).get("members"), Some(&json!([])));
        let one = [Reference { value: "u2".into(), display: None }];
        assert_eq!(
            render_group(&group, &meta(), Some(&one), BASE).get("members"),
            Some(&json!([{"value": "u2", "$ref": format!("{BASE}/Users/u2"), "type": "User"}]))
        );
        assert_eq!(folded(group.display_name()), "designers");
    }
}
