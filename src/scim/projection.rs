//! `attributes` and `excludedAttributes`: which parts of a resource are answered. RFC 7644 §3.4.2.5, §3.9.
//!
//! `schemas` and `id` are always answered. Names that the schema does not know select nothing. A filter in brackets
//! (`emails[type eq "work"]`, which Entra ID's collection sends) is read and then taken as the whole attribute.

use super::filter::LENGTH_MAX;
use super::path::{AttributePath, Path};
use super::schema::{Attribute, Returned, Schema};
use super::{Attributes, Error, ResourceKind};
use serde_json::Value;

/// `attributes` and `excludedAttributes`; the default wants everything.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Projection {
    /// `None` = all.
    only: Option<Vec<AttributePath>>,
    without: Vec<AttributePath>,
}

impl Projection {
    /// Reads both query parameters; empty ones count as absent.
    ///
    /// # Errors
    /// 400 `invalidValue` when a name is malformed or a list is too long.
    pub fn parse(attributes: Option<&str>, excluded: Option<&str>, kind: ResourceKind) -> Result<Self, Error> {
        let only = attributes.map(|text| parse_list("attributes", text, kind)).transpose()?;
        let without = excluded.map(|text| parse_list("excludedAttributes", text, kind)).transpose()?;
        Ok(Self { only: only.filter(|only| !only.is_empty()), without: without.unwrap_or_default() })
    }

    /// Whether this top-level attribute is part of the answer, so that it need not be loaded otherwise.
    pub fn wants(&self, attribute: &str) -> bool {
        let asked = self.only.as_ref().is_none_or(|only| only.iter().any(|path| path.names(attribute)));
        asked && !self.without.iter().any(|path| is_whole(path) && path.names(attribute))
    }

    /// Takes out of a rendered resource what was not asked for.
    pub fn apply(&self, resource: &mut Attributes) {
        if let Some(only) = &self.only {
            let all = std::mem::take(resource);
            *resource = pick(all, only, None);
        }
        for path in &self.without {
            exclude(resource, path);
        }
    }
}

fn parse_list(parameter: &str, text: &str, kind: ResourceKind) -> Result<Vec<AttributePath>, Error> {
    if text.len() > LENGTH_MAX {
        return Err(Error::invalid_value(format!("`{parameter}` is longer than {LENGTH_MAX} bytes")));
    }
    let names = split(text).map(str::trim).filter(|name| !name.is_empty());
    names
        .map(|name| match Path::parse(name, kind) {
            Ok(Path { attribute: AttributePath::Known { extension, attribute, sub }, part, .. }) => {
                let sub = sub.or(part.and_then(|part| part.leaf()));
                Ok(AttributePath::Known { extension, attribute, sub })
            }
            Ok(path) => Ok(path.attribute),
            Err(error) => Err(Error::invalid_value(format!("`{parameter}`: {}", error.detail))),
        })
        .collect()
}

/// Splits at commas that are not within brackets.
fn split(text: &str) -> impl Iterator<Item = &str> {
    let mut depth = 0_usize;
    text.split(move |character| {
        match character {
            '[' => depth += 1,
            ']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        character == ',' && depth == 0
    })
}

/// Whether the path is about a whole attribute, not about a part or an extension of its name.
fn is_whole(path: &AttributePath) -> bool {
    matches!(path, AttributePath::Known { sub: None, extension: None, .. })
}

fn is_always_returned(name: &str) -> bool {
    matches!(name, "schemas" | "id")
}

/// What is asked for of the attributes of the core, or of those of an extension, in the order they have.
fn pick(all: Attributes, only: &[AttributePath], within: Option<&'static Schema>) -> Attributes {
    let mut picked = Attributes::with_capacity(all.len());
    for (name, value) in all {
        let whole =
            within.is_none() && is_always_returned(&name) || only.iter().any(|path| is_all_of(path, &name, within));
        let value = if whole { Some(value) } else { pick_parts(&name, value, only, within) };
        if let Some(value) = value {
            picked.insert(name, value);
        }
    }
    picked
}

/// Whether the path asks for the whole value under this key: an attribute, or an extension.
fn is_all_of(path: &AttributePath, key: &str, within: Option<&'static Schema>) -> bool {
    match path {
        AttributePath::Known { extension, attribute, sub: None } => attribute.name == key && *extension == within,
        AttributePath::Whole(schema) => schema.urn == key || (within.is_none() && schema.attribute(key).is_some()),
        _ => false,
    }
}

/// The parts of this value that are asked for.
fn pick_parts(key: &str, value: Value, only: &[AttributePath], within: Option<&'static Schema>) -> Option<Value> {
    let of_extension = only.iter().find_map(|path| match path {
        AttributePath::Known { extension: Some(schema), .. } if within.is_none() && schema.urn == key => Some(*schema),
        _ => None,
    });
    if let (Some(schema), Value::Object(inner)) = (of_extension, &value) {
        let inner = pick(inner.clone(), only, Some(schema));
        return (!inner.is_empty()).then_some(Value::Object(inner));
    }
    let wanted = |part: &str| {
        only.iter().any(|path| match path {
            AttributePath::Known { extension, attribute, sub: Some(sub) } => {
                sub.name == part && attribute.name == key && *extension == within
            }
            _ => false,
        })
    };
    let keep = |value: Value| match value {
        Value::Object(parts) => {
            let kept = Attributes::from_iter(parts.into_iter().filter(|(part, _)| wanted(part)));
            (!kept.is_empty()).then_some(Value::Object(kept))
        }
        _ => None,
    };
    match value {
        Value::Array(values) => {
            let values: Vec<Value> = values.into_iter().filter_map(keep).collect();
            (!values.is_empty()).then_some(Value::Array(values))
        }
        value => keep(value),
    }
}

/// Takes one excluded path out. What is always returned stays.
fn exclude(resource: &mut Attributes, path: &AttributePath) {
    match path {
        AttributePath::Known { extension: None, attribute, sub } => exclude_in(resource, attribute, *sub),
        AttributePath::Known { extension: Some(schema), attribute, sub } => {
            if let Some(Value::Object(inner)) = resource.get_mut(schema.urn) {
                exclude_in(inner, attribute, *sub);
                if inner.is_empty() {
                    resource.shift_remove(schema.urn);
                }
            }
        }
        AttributePath::Whole(schema) => {
            resource.shift_remove(schema.urn);
        }
        AttributePath::Unknown(_) => {}
    }
}

fn exclude_in(container: &mut Attributes, attribute: &Attribute, sub: Option<&Attribute>) {
    if attribute.returned == Returned::Always {
        return;
    }
    let Some(sub) = sub else {
        container.shift_remove(attribute.name);
        return;
    };
    let left = match container.get_mut(attribute.name) {
        Some(Value::Object(parts)) => {
            parts.shift_remove(sub.name);
            !parts.is_empty()
        }
        Some(Value::Array(values)) => {
            for parts in values.iter_mut().filter_map(Value::as_object_mut) {
                parts.shift_remove(sub.name);
            }
            values.retain(|value| value.as_object().is_none_or(|parts| !parts.is_empty()));
            !values.is_empty()
        }
        _ => true,
    };
    if !left {
        container.shift_remove(attribute.name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const EU: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

    fn resource() -> Attributes {
        let value = json!({
            "schemas": ["s"], "id": "1", "userName": "a", "name": {"givenName": "g", "familyName": "f"},
            "emails": [{"type": "work", "value": "a@b"}, {"type": "home"}],
            EU: {"department": "d", "manager": {"value": "m", "$ref": "r"}}, "meta": {"version": "1", "location": "l"}
        });
        serde_json::from_value(value).unwrap()
    }

    fn kept(attributes: Option<&str>, excluded: Option<&str>) -> Value {
        let mut resource = resource();
        Projection::parse(attributes, excluded, ResourceKind::User).unwrap().apply(&mut resource);
        Value::Object(resource)
    }

    #[test]
    fn ok_attributes_keep_only_what_is_named() {
        assert_eq!(kept(Some("USERNAME"), None), json!({"schemas": ["s"], "id": "1", "userName": "a"}));
        assert_eq!(
            kept(Some("name.familyName, emails.value,meta.version"), None),
            json!({"schemas": ["s"], "id": "1", "name": {"familyName": "f"}, "emails": [{"value": "a@b"}],
                   "meta": {"version": "1"}})
        );
        assert_eq!(
            kept(Some(&format!("{EU}:manager.value,{EU}:department")), None),
            json!({"schemas": ["s"], "id": "1", EU: {"department": "d", "manager": {"value": "m"}}})
        );
        assert_eq!(kept(Some(EU), None).as_object().unwrap().len(), 3);
        assert_eq!(kept(Some(r#"emails[type eq "a,b"],shoeSize"#), None).as_object().unwrap().len(), 3);
    }

    #[test]
    fn ok_excluded_attributes_take_away_but_never_the_id() {
        let rest = kept(None, Some(&format!("id,schemas,userName,name,emails.value,{EU}:manager,meta")));
        assert_eq!(
            rest,
            json!({
                "schemas": ["s"], "id": "1", "emails": [{"type": "work"}, {"type": "home"}], EU: {"department": "d"},
            })
        );
        assert_eq!(
            kept(None, Some(&format!("emails.type,{EU}.manager,{EU}:department,name,userName,meta"))),
            json!({"schemas": ["s"], "id": "1", "emails": [{"value": "a@b"}]})
        );
    }

    #[test]
    fn ok_nothing_asked_is_everything() {
        assert_eq!(kept(None, None), Value::Object(resource()));
        assert_eq!(kept(Some(""), Some(" ")), Value::Object(resource()));
    }

    #[test]
    fn members_are_wanted_unless_they_would_not_be_answered() {
        let wants = |attributes, excluded| {
            Projection::parse(attributes, excluded, ResourceKind::Group).unwrap().wants("members")
        };
        assert!(wants(None, None) && wants(Some("members.value"), None) && wants(None, Some("members.display")));
        assert!(!wants(None, Some("MEMBERS")) && !wants(Some("id"), None) && !wants(Some("members"), Some("members")));
    }

    #[test]
    fn err_malformed_names() {
        let error = Projection::parse(Some("userName,a b"), None, ResourceKind::User).unwrap_err();
        insta::assert_snapshot!(error.detail, @"`attributes`: path, character 3: expected the end of the path, found `b`");
    }
}
