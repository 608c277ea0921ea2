//! What was set once and stays. RFC 7643 §7 (`immutable`), RFC 7644 §3.5.1, §3.5.2.

use crate::scim::schema::{Attribute, Mutability};
use crate::scim::{Attributes, Error, ResourceKind};
use serde_json::Value;

/// Refuses another value for an immutable attribute that has one. What a PUT leaves out keeps its value
/// (`keeps_omitted`); a PATCH that takes it away is refused.
///
/// # Errors
/// 400 `mutability` that names the attribute.
pub fn check_immutable(
    kind: ResourceKind,
    before: &Attributes,
    after: &mut Attributes,
    keeps_omitted: bool,
) -> Result<(), Error> {
    for (extension, schema) in kind.schemas() {
        let mut immutable = schema.attributes.iter().filter(|attribute| has_immutable(attribute)).peekable();
        if immutable.peek().is_none() {
            continue;
        }
        let Some(old) = container(before, extension.map(|schema| schema.urn)) else { continue };
        let mut new = match extension {
            None => std::mem::take(after),
            Some(schema) => match after.get_mut(schema.urn).map(Value::take) {
                Some(Value::Object(inner)) => inner,
                _ => Attributes::new(),
            },
        };
        let checked = immutable.try_for_each(|attribute| check(attribute, old, &mut new, keeps_omitted));
        match extension {
            None => *after = new,
            Some(_) if new.is_empty() => {}
            Some(schema) => drop(after.insert(schema.urn.to_owned(), Value::Object(new))),
        }
        checked?;
    }
    Ok(())
}

/// Members of groups and values of lists come and go as a whole: their parts are not looked at.
fn has_immutable(attribute: &Attribute) -> bool {
    let of_part = |sub: &Attribute| sub.mutability == Mutability::Immutable;
    attribute.mutability == Mutability::Immutable
        || !attribute.multi_valued && attribute.sub_attributes.iter().any(of_part)
}

fn container<'a>(attributes: &'a Attributes, urn: Option<&str>) -> Option<&'a Attributes> {
    match urn {
        None => Some(attributes),
        Some(urn) => attributes.get(urn)?.as_object(),
    }
}

fn check(attribute: &Attribute, old: &Attributes, new: &mut Attributes, keeps_omitted: bool) -> Result<(), Error> {
    let Some(was) = old.get(attribute.name) else { return Ok(()) };
    if attribute.mutability == Mutability::Immutable {
        return keep(attribute.name, attribute.name, was, new, keeps_omitted);
    }
    let Some(was) = was.as_object() else { return Ok(()) };
    let parts = attribute.sub_attributes.iter().filter(|sub| sub.mutability == Mutability::Immutable);
    for sub in parts {
        let Some(was) = was.get(sub.name) else { continue };
        let path = format!("{}.{}", attribute.name, sub.name);
        match new.get_mut(attribute.name) {
            Some(Value::Object(now)) => keep(&path, sub.name, was, now, keeps_omitted)?,
            _ if keeps_omitted => {
                let only = Attributes::from_iter([(sub.name.to_owned(), was.clone())]);
                new.insert(attribute.name.to_owned(), Value::Object(only));
            }
            _ => return Err(refused(&path)),
        }
    }
    Ok(())
}

fn keep(path: &str, name: &str, was: &Value, now: &mut Attributes, keeps_omitted: bool) -> Result<(), Error> {
    match now.get(name) {
        Some(value) if value == was => Ok(()),
        None if keeps_omitted => {
            now.insert(name.to_owned(), was.clone());
            Ok(())
        }
        _ => Err(refused(path)),
    }
}

fn refused(path: &str) -> Error {
    Error::mutability(format!("`{path}` is immutable and has a value; leave it out of the request"))
}
