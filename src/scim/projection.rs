//! `attributes` and `excludedAttributes`: which parts of a resource are answered. RFC 7644 §3.4.2.5, §3.9.
//!
//! What is returned `always` is in every answer, `never` in none, `request` when it is named. Names that the schema
//! does not know select nothing. A filter in brackets (`emails[type eq "work"]`, which Entra ID's collection sends) is
//! read and then taken as the whole attribute, where the dialect has that.

use super::dialect::{Quirk, Reading};
use super::filter::LENGTH_MAX;
use super::path::{AttributePath, Path};
use super::schema::{Attribute, COMMON, Returned, Schema};
use super::{Attributes, Error, ResourceKind};
use serde_json::Value;

/// `attributes` and `excludedAttributes`.
#[derive(Debug, Clone, PartialEq)]
pub struct Projection {
    kind: ResourceKind,
    /// `None` = all.
    only: Option<Vec<AttributePath>>,
    without: Vec<AttributePath>,
}

impl Projection {
    /// Reads both query parameters; empty ones count as absent.
    ///
    /// # Errors
    /// 400 `invalidValue` when a name is malformed or a list is too long.
    pub fn parse(
        attributes: Option<&str>,
        excluded: Option<&str>,
        kind: ResourceKind,
        how: &Reading,
    ) -> Result<Self, Error> {
        let only = attributes.map(|text| parse_list("attributes", text, kind, how)).transpose()?;
        let without = excluded.map(|text| parse_list("excludedAttributes", text, kind, how)).transpose()?;
        Ok(Self { kind, only: only.filter(|only| !only.is_empty()), without: without.unwrap_or_default() })
    }

    /// Everything that is returned unless a request says otherwise.
    pub fn all(kind: ResourceKind) -> Self {
        Self { kind, only: None, without: Vec::new() }
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
            *resource = pick(self.kind, all, only, None);
        }
        for (extension, schema) in self.kind.schemas() {
            hide(resource, extension, schema.attributes, self.only.as_deref().unwrap_or_default());
        }
        retain_known(self.kind, resource);
        for path in &self.without {
            exclude(resource, path);
        }
    }
}

/// Takes out what no schema of the kind has: it was written when one had it, and is kept until one has it again.
fn retain_known(kind: ResourceKind, resource: &mut Attributes) {
    resource.retain(|name, value| {
        let extension = kind.extensions().iter().find(|extension| extension.schema.urn == name);
        if let (Some(extension), Value::Object(inner)) = (extension, value) {
            inner.retain(|name, _| extension.schema.attribute(name).is_some());
        }
        extension.is_some() || kind.attribute(name).is_some()
    });
}

fn parse_list(parameter: &str, text: &str, kind: ResourceKind, how: &Reading) -> Result<Vec<AttributePath>, Error> {
    if text.len() > LENGTH_MAX {
        return Err(Error::invalid_value(format!("`{parameter}` is longer than {LENGTH_MAX} bytes")));
    }
    let names = split(text).map(str::trim).filter(|name| !name.is_empty());
    names
        .map(|name| match Path::parse(name, kind, how) {
            Ok(path) if path.selector.is_some() && !how.tolerates(Quirk::FilterInProjection) => {
                Err(Error::invalid_value(format!("`{parameter}`: names of attributes have no brackets")))
            }
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

fn is_always_returned(kind: ResourceKind, name: &str, within: Option<&Schema>) -> bool {
    let of = |attributes: &[Attribute]| {
        attributes.iter().any(|attribute| attribute.name == name && attribute.returned == Returned::Always)
    };
    within.map_or_else(|| of(COMMON) || of(kind.core().attributes), |schema| of(schema.attributes))
}

/// Takes out what is never returned, and what is returned on request but was not asked for by its name.
fn hide(
    resource: &mut Attributes,
    extension: Option<&'static Schema>,
    attributes: &'static [Attribute],
    only: &[AttributePath],
) {
    let hidden = |part: &Attribute, path: &dyn Fn(&AttributePath) -> bool| match part.returned {
        Returned::Never => true,
        Returned::Request => !only.iter().any(path),
        Returned::Always | Returned::Default => false,
    };
    for attribute in attributes {
        let named = |path: &AttributePath| {
            matches!(path, AttributePath::Known { extension: within, attribute: named, .. }
                if named.name == attribute.name && *within == extension)
        };
        if hidden(attribute, &named) {
            exclude_always(resource, extension, attribute, None);
        }
        for sub in attribute.sub_attributes {
            let named_sub = |path: &AttributePath| {
                named(path) && matches!(path, AttributePath::Known { sub: Some(named), .. } if named.name == sub.name)
            };
            if hidden(sub, &named_sub) {
                exclude_always(resource, extension, attribute, Some(sub));
            }
        }
    }
}

/// What is asked for of the attributes of the core, or of those of an extension, in the order they have.
fn pick(kind: ResourceKind, all: Attributes, only: &[AttributePath], within: Option<&'static Schema>) -> Attributes {
    let mut picked = Attributes::with_capacity(all.len());
    for (name, value) in all {
        let whole = is_always_returned(kind, &name, within) || only.iter().any(|path| is_all_of(path, &name, within));
        let value = if whole { Some(value) } else { pick_parts(kind, &name, value, only, within) };
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
fn pick_parts(
    kind: ResourceKind,
    key: &str,
    value: Value,
    only: &[AttributePath],
    within: Option<&'static Schema>,
) -> Option<Value> {
    let mut extensions = kind.extensions().iter().map(|extension| extension.schema);
    let of_extension = extensions.find(|schema| within.is_none() && schema.urn == key);
    if let (Some(schema), Value::Object(inner)) = (of_extension, &value) {
        let inner = pick(kind, inner.clone(), only, Some(schema));
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
        AttributePath::Known { attribute, sub, .. }
            if sub.unwrap_or(attribute).returned == Returned::Always || attribute.returned == Returned::Always => {}
        AttributePath::Known { extension, attribute, sub } => exclude_always(resource, *extension, attribute, *sub),
        AttributePath::Whole(schema) => {
            resource.shift_remove(schema.urn);
        }
        AttributePath::Unknown(_) => {}
    }
}

/// Takes an attribute or a part of it out, and an extension that is empty then.
fn exclude_always(
    resource: &mut Attributes,
    extension: Option<&Schema>,
    attribute: &Attribute,
    sub: Option<&Attribute>,
) {
    let Some(schema) = extension else { return exclude_in(resource, attribute, sub) };
    if let Some(Value::Object(inner)) = resource.get_mut(schema.urn) {
        exclude_in(inner, attribute, sub);
        if inner.is_empty() {
            resource.shift_remove(schema.urn);
        }
    }
}

fn exclude_in(container: &mut Attributes, attribute: &Attribute, sub: Option<&Attribute>) {
    let Some(sub) = sub else {
        container.shift_remove(attribute.name);
        return;
    };
    let left = match container.get_mut(attribute.name) {
        Some(Value::Object(parts)) => {
            parts.shift_remove(sub.name);
            !parts.is_empty()
        }
        Some(Value::Array(values)) if !values.is_empty() => {
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
        Projection::parse(attributes, excluded, ResourceKind::USER, &Reading::default()).unwrap().apply(&mut resource);
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
            Projection::parse(attributes, excluded, ResourceKind::GROUP, &Reading::default()).unwrap().wants("members")
        };
        assert!(wants(None, None) && wants(Some("members.value"), None) && wants(None, Some("members.display")));
        assert!(!wants(None, Some("MEMBERS")) && !wants(Some("id"), None) && !wants(Some("members"), Some("members")));
    }

    #[test]
    fn err_malformed_names() {
        let error = Projection::parse(Some("userName,a b"), None, ResourceKind::USER, &Reading::default()).unwrap_err();
        insta::assert_snapshot!(error.detail, @"`attributes`: path, character 3: expected the end of the path, found `b`");
    }
}
