//! A whole body, attribute by attribute. RFC 7643 §3, RFC 7644 §3.3.

use super::custom::unique_values;
use super::{DEPTH_MAX, Place, read_attribute};
use crate::scim::dialect::{Evidence, Quirk, Reading};
use crate::scim::schema::{Attribute, COMMON, Mutability, Schema};
use crate::scim::sent::Sent;
use crate::scim::{Attributes, Error, ResourceKind};
use serde_json::Value;

/// What Entra ID puts beside the URN of a group.
const ADSCIM_GROUP: &str = "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group";

/// What a body says: the attributes that clients may write, and for a group its `members` as they were sent.
pub(super) struct Body {
    pub attributes: Attributes,
    pub members: Option<Sent>,
}

/// Reads the body of a POST or PUT.
pub(super) fn read_body(kind: ResourceKind, body: Sent, how: &Reading) -> Result<Body, Error> {
    check_sent_depth(&body)?;
    let Some(body) = body.into_entries() else {
        return Err(Error::invalid_syntax(format!("the body must be a JSON object: a {}", kind.name())));
    };
    let mut read = Body { attributes: Attributes::new(), members: None };
    let mut schemas = None;
    for (name, value) in body {
        match kind.attribute(&name) {
            Some(attribute) if attribute.name == "schemas" => schemas = Some(value.into_value()),
            Some(attribute) if kind.is_group() && attribute.name == "members" => read.members = Some(value),
            Some(attribute) => put(&mut read.attributes, None, attribute, value, how)?,
            None => match kind.extension(&name, how) {
                Some(schema) => read_extension(&mut read.attributes, schema, value.into_value(), how)?,
                None if how.tolerates(Quirk::UnknownAttribute) => {}
                None => return Err(unknown(kind)),
            },
        }
    }
    let uses = |urn: &str| read.attributes.contains_key(urn);
    check_schemas(kind, schemas.as_ref(), uses, how)?;
    Ok(read)
}

/// What resources are found by, whatever their kind.
const KEYS: [&str; 3] = ["userName", "displayName", "externalId"];
/// Bytes of each: more fits into no index of every database.
const KEY_BYTES_MAX: usize = 1_024;

/// The attributes, unless one that resources are found by, or that the kind says is unique, could not be kept in an
/// index. 400 `invalidValue`.
fn keys_fit(kind: ResourceKind, attributes: Attributes) -> Result<Attributes, Error> {
    for name in KEYS {
        key_fits(name, attributes.get(name).and_then(Value::as_str).unwrap_or_default())?;
    }
    for (path, value) in unique_values(kind, &attributes) {
        key_fits(&path, &value)?;
    }
    Ok(attributes)
}

fn key_fits(path: &str, text: &str) -> Result<(), Error> {
    let problem = if text.len() > KEY_BYTES_MAX {
        format!("has {} bytes, at most {KEY_BYTES_MAX} are kept", text.len())
    } else if text.contains('\0') {
        "has a character with the code 0, which cannot be kept".to_owned()
    } else {
        return Ok(());
    };
    Err(Error::invalid_value(format!("`{path}` {problem}; map another attribute in the identity provider")))
}

/// Attributes in the order of the schema, with the list of schemas they are of.
/// 400 `invalidValue` when a required one is missing.
pub fn finish(kind: ResourceKind, mut attributes: Attributes) -> Result<Attributes, Error> {
    let mut urns = vec![Value::from(kind.core().urn)];
    let extensions = || kind.extensions().iter().map(|extension| extension.schema.urn);
    urns.extend(extensions().filter(|urn| attributes.contains_key(*urn)).map(Value::from));
    let mut ordered = Attributes::with_capacity(attributes.len() + 1);
    ordered.insert("schemas".to_owned(), Value::Array(urns));
    let mut take = |name: &str| {
        if let Some((name, value)) = attributes.swap_remove_entry(name) {
            ordered.insert(name, value);
        }
    };
    COMMON.iter().filter(|common| common.name != "schemas").for_each(|common| take(common.name));
    kind.core().attributes.iter().for_each(|attribute| take(attribute.name));
    extensions().for_each(take);
    // What is not defined any more: kept, not shown.
    ordered.extend(attributes.into_iter().filter(|(name, _)| name != "schemas"));
    check_present(kind, &ordered)?;
    keys_fit(kind, ordered)
}

/// 400 `invalidValue` when a required attribute, part or extension is missing.
fn check_present(kind: ResourceKind, attributes: &Attributes) -> Result<(), Error> {
    let missing = |path: &str| {
        Err(Error::invalid_value(format!(
            "`{path}` is missing: every {} needs one; map it in the identity provider",
            kind.name()
        )))
    };
    if let Some(absent) = kind.extensions().iter().find(|e| e.required && !attributes.contains_key(e.schema.urn)) {
        return missing(absent.schema.urn);
    }
    for (extension, schema) in kind.schemas() {
        let container = match extension {
            None => Some(attributes),
            Some(schema) => attributes.get(schema.urn).and_then(Value::as_object),
        };
        let Some(container) = container else { continue };
        for attribute in schema.attributes.iter().filter(|attribute| !is_unkept(attribute)) {
            let place = || Place::of(extension, attribute);
            match container.get(attribute.name) {
                value if attribute.required && is_blank(value) => return missing(&place().to_string()),
                Some(value) => {
                    let values = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
                    let lacks =
                        |sub: &&Attribute| sub.required && values.iter().any(|value| is_blank(value.get(sub.name)));
                    if let Some(sub) = attribute.sub_attributes.iter().filter(|sub| !is_unkept(sub)).find(lacks) {
                        return missing(&place().part(sub).to_string());
                    }
                }
                None => {}
            }
        }
    }
    Ok(())
}

/// Whether clients cannot give it, or it is forgotten as soon as it was given.
fn is_unkept(attribute: &Attribute) -> bool {
    matches!(attribute.mutability, Mutability::ReadOnly | Mutability::WriteOnly)
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
    if deeper_than(body, DEPTH_MAX) { Err(too_deep()) } else { Ok(()) }
}

/// The same for a message about a group.
pub fn check_sent_depth(body: &Sent) -> Result<(), Error> {
    if body.is_deeper_than(DEPTH_MAX) { Err(too_deep()) } else { Ok(()) }
}

fn too_deep() -> Error {
    Error::invalid_syntax(format!("the body nests deeper than {DEPTH_MAX} levels"))
}

/// Whether lists and objects nest deeper than so many levels.
pub fn deeper_than(value: &Value, levels: usize) -> bool {
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
            Some(attribute) => put(&mut read, Some(schema), attribute, value.into(), how)?,
            // Some clients repeat there whose attributes they are.
            None if name.eq_ignore_ascii_case("schemas") || how.tolerates(Quirk::UnknownAttribute) => {}
            None => {
                return Err(Error::invalid_syntax(format!(
                    "the body has an attribute that `{}` does not know",
                    schema.urn
                )));
            }
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
    value: Sent,
    how: &Reading,
) -> Result<(), Error> {
    if is_unkept(attribute) {
        return Ok(());
    }
    if let Some(value) = read_attribute(Place::of(extension, attribute), attribute, value.into_value(), how)? {
        into.insert(attribute.name.to_owned(), value);
    }
    Ok(())
}

fn check_schemas(
    kind: ResourceKind,
    schemas: Option<&Value>,
    uses: impl Fn(&str) -> bool,
    how: &Reading,
) -> Result<(), Error> {
    let urns = schemas.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let is = |urn: &Value, known: &str| urn.as_str().is_some_and(|urn| urn.eq_ignore_ascii_case(known));
    let mut needed = kind.schemas().filter(|(extension, schema)| extension.is_none() || uses(schema.urn));
    let absent = needed.find(|(_, schema)| !urns.iter().any(|urn| is(urn, schema.urn)));
    if let Some((_, schema)) = absent
        && !how.tolerates(Quirk::SchemasMissing)
    {
        return Err(Error::invalid_syntax(format!("`schemas` must list \"{}\"", schema.urn)));
    }
    let known =
        |urn: &Value| is(urn, kind.core().urn) || urn.as_str().is_some_and(|urn| kind.extension(urn, how).is_some());
    let mut others = urns.iter().filter(|urn| !known(urn)).peekable();
    if others.peek().is_none() {
        return Ok(());
    }
    if others.any(|urn| is(urn, ADSCIM_GROUP)) {
        how.shows(Evidence::Entra);
    }
    if how.tolerates(Quirk::UnknownSchema) {
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
