//! A whole body, attribute by attribute. RFC 7643 §3, RFC 7644 §3.3.

use super::{DEPTH_MAX, Place, Reading, read_attribute};
use crate::scim::schema::{Attribute, COMMON, Mutability, Schema};
use crate::scim::{Attributes, Error, ResourceKind};
use serde_json::Value;

/// What a body says: the attributes that clients may write, and for a group its `members` as they were sent.
pub(super) struct Body {
    pub attributes: Attributes,
    pub members: Option<Value>,
}

/// Reads the body of a POST or PUT.
pub(super) fn read_body(kind: ResourceKind, body: Value, how: &Reading) -> Result<Body, Error> {
    check_depth(&body)?;
    let Value::Object(body) = body else {
        return Err(Error::invalid_syntax(format!("the body must be a JSON object: a {}", kind.name())));
    };
    let mut read = Body { attributes: Attributes::new(), members: None };
    let mut schemas = None;
    for (name, value) in body {
        match kind.attribute(&name) {
            Some(attribute) if attribute.name == "schemas" => schemas = Some(value),
            Some(attribute) if attribute.name == "members" => read.members = Some(value),
            Some(attribute) => put(&mut read.attributes, None, attribute, value, how)?,
            None => match kind.extension(&name, how.strict) {
                Some(schema) => read_extension(&mut read.attributes, schema, value, how)?,
                None if how.strict => return Err(unknown(kind)),
                None => {}
            },
        }
    }
    if how.strict {
        check_schemas(kind, schemas.as_ref())?;
    }
    Ok(read)
}

/// What resources are found by.
const KEYS: [&str; 3] = ["userName", "displayName", "externalId"];
/// Bytes of each: more fits into no index of every database.
const KEY_BYTES_MAX: usize = 1_024;

/// The attributes, unless one that resources are found by could not be kept. 400 `invalidValue`.
fn keys_fit(attributes: Attributes) -> Result<Attributes, Error> {
    for name in KEYS {
        let text = attributes.get(name).and_then(Value::as_str).unwrap_or_default();
        let problem = if text.len() > KEY_BYTES_MAX {
            format!("has {} bytes, at most {KEY_BYTES_MAX} are kept", text.len())
        } else if text.contains('\0') {
            "has a character with the code 0, which cannot be kept".to_owned()
        } else {
            continue;
        };
        return Err(Error::invalid_value(format!(
            "`{name}` {problem}; map another attribute in the identity provider"
        )));
    }
    Ok(attributes)
}

/// Attributes in the order of the schema, with the list of schemas they are of.
/// 400 `invalidValue` when a required one is missing.
pub fn finish(kind: ResourceKind, mut attributes: Attributes) -> Result<Attributes, Error> {
    let mut urns = vec![Value::from(kind.core().urn)];
    let extensions = kind.extensions().iter().filter(|schema| attributes.contains_key(schema.urn));
    urns.extend(extensions.map(|schema| Value::from(schema.urn)));
    let mut ordered = Attributes::with_capacity(attributes.len() + 1);
    ordered.insert("schemas".to_owned(), Value::Array(urns));
    let mut take = |name: &str| {
        if let Some((name, value)) = attributes.swap_remove_entry(name) {
            ordered.insert(name, value);
        }
    };
    COMMON.iter().filter(|common| common.name != "schemas").for_each(|common| take(common.name));
    kind.core().attributes.iter().for_each(|attribute| take(attribute.name));
    kind.extensions().iter().for_each(|schema| take(schema.urn));
    let mut required = kind.core().attributes.iter().filter(|attribute| attribute.required);
    match required.find(|attribute| is_blank(ordered.get(attribute.name))) {
        None => keys_fit(ordered),
        Some(missing) => Err(Error::invalid_value(format!(
            "`{}` is missing: every {} needs one; map it in the identity provider",
            missing.name,
            kind.name()
        ))),
    }
}

/// Whether a value says nothing: absent, or a string without letters.
pub(super) fn is_blank(value: Option<&Value>) -> bool {
    match value {
        None | Some(Value::Null) => true,
        Some(Value::String(text)) => text.trim().is_empty(),
        Some(_) => false,
    }
}

/// Refuses a body that nests too deep, before anything recurses into it.
pub fn check_depth(body: &Value) -> Result<(), Error> {
    if deeper_than(body, DEPTH_MAX) {
        return Err(Error::invalid_syntax(format!("the body nests deeper than {DEPTH_MAX} levels")));
    }
    Ok(())
}

fn deeper_than(value: &Value, levels: usize) -> bool {
    match value {
        Value::Array(values) => levels == 0 || values.iter().any(|value| deeper_than(value, levels - 1)),
        Value::Object(parts) => levels == 0 || parts.values().any(|value| deeper_than(value, levels - 1)),
        _ => false,
    }
}

fn read_extension(
    attributes: &mut Attributes,
    schema: &'static Schema,
    value: Value,
    how: &Reading,
) -> Result<(), Error> {
    let parts = match value {
        Value::Null => return Ok(()),
        Value::Object(parts) => parts,
        _ => return Err(Error::invalid_value(format!("`{}`: expected an object of its attributes", schema.urn))),
    };
    let mut read = Attributes::new();
    for (name, value) in parts {
        match schema.attribute(&name) {
            Some(attribute) => put(&mut read, Some(schema), attribute, value, how)?,
            None if how.strict => {
                return Err(Error::invalid_syntax(format!(
                    "the body has an attribute that `{}` does not know",
                    schema.urn
                )));
            }
            None => {}
        }
    }
    if !read.is_empty() {
        attributes.insert(schema.urn.to_owned(), Value::Object(read));
    }
    Ok(())
}

/// Keeps the value of an attribute that clients may write; a later one of the same name wins.
fn put(
    into: &mut Attributes,
    extension: Option<&'static Schema>,
    attribute: &'static Attribute,
    value: Value,
    how: &Reading,
) -> Result<(), Error> {
    if matches!(attribute.mutability, Mutability::ReadOnly | Mutability::WriteOnly) {
        return Ok(());
    }
    if let Some(value) = read_attribute(Place::of(extension, attribute), attribute, value, how)? {
        into.insert(attribute.name.to_owned(), value);
    }
    Ok(())
}

fn check_schemas(kind: ResourceKind, schemas: Option<&Value>) -> Result<(), Error> {
    let urns = schemas.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let is = |urn: &Value, known: &str| urn.as_str().is_some_and(|urn| urn.eq_ignore_ascii_case(known));
    if !urns.iter().any(|urn| is(urn, kind.core().urn)) {
        return Err(Error::invalid_syntax(format!("`schemas` must list \"{}\"", kind.core().urn)));
    }
    let known = |urn: &Value| is(urn, kind.core().urn) || kind.extensions().iter().any(|schema| is(urn, schema.urn));
    if urns.iter().all(known) {
        return Ok(());
    }
    Err(Error::invalid_syntax(format!("`schemas` lists one that a {} does not have; see /ResourceTypes", kind.name())))
}

fn unknown(kind: ResourceKind) -> Error {
    Error::invalid_syntax(format!(
        "the body has an attribute that the schema of {} does not know; see /Schemas",
        kind.name()
    ))
}
