//! Operations on an attribute with one value, or on a part of it. RFC 7644 §3.5.2.
//!
//! A complex value is merged: parts that the operation does not name stay (RFC 7644 §3.5.2.3), unless the dialect has
//! it otherwise.

use super::Verb;
use super::write::{Aim, clears, merge, split_cleared};
use crate::scim::dialect::{Quirk, Reading};
use crate::scim::resource::{read_attribute, read_value};
use crate::scim::schema::Kind;
use crate::scim::{Attributes, Error, ResourceKind};
use serde_json::Value;

pub(super) fn write(
    container: &mut Attributes,
    aim: &Aim<'_>,
    verb: Verb,
    value: Option<&Value>,
    how: &Reading,
) -> Result<(), Error> {
    match (aim.part, value) {
        (None, value) if clears(verb, value, how) => clear(container, aim, how),
        (None, Some(value)) => set(container, aim, verb, value, how),
        (Some(part), value) if clears(verb, value, how) => {
            change_parts(container, aim, |parts| {
                parts.shift_remove(part.name);
            });
            Ok(())
        }
        (Some(part), Some(value)) => {
            if let Some(read) = read_value(aim.place, part, value.clone(), how)? {
                let new = Attributes::from_iter([(part.name.to_owned(), read)]);
                change_parts(container, aim, |parts| merge(aim.attribute, parts, new, &[]));
            }
            Ok(())
        }
        (_, None) => Ok(()),
    }
}

fn clear(container: &mut Attributes, aim: &Aim<'_>, how: &Reading) -> Result<(), Error> {
    if aim.attribute.required {
        return Err(Error::mutability(format!("`{}` is required and cannot be removed; replace it", aim.place)));
    }
    if ResourceKind::USER.attribute("active").is_some_and(|active| std::ptr::eq(active, aim.attribute)) {
        // Without it a user counts as active: nobody is enabled by leaving something out.
        if how.tolerates(Quirk::RemoveNothing) {
            return Ok(());
        }
        if container.get("active").is_some_and(|active| active != &Value::Bool(true)) {
            container.insert("active".to_owned(), Value::Null);
            return Ok(());
        }
    }
    container.shift_remove(aim.attribute.name);
    Ok(())
}

fn set(container: &mut Attributes, aim: &Aim<'_>, verb: Verb, value: &Value, how: &Reading) -> Result<(), Error> {
    if aim.attribute.kind != Kind::Complex {
        if let Some(read) = read_attribute(aim.place, aim.attribute, value.clone(), how)? {
            container.insert(aim.attribute.name.to_owned(), read);
        }
        return Ok(());
    }
    let (value, cleared) = split_cleared(aim.attribute, value, how);
    let new = match read_attribute(aim.place, aim.attribute, value, how)? {
        Some(Value::Object(new)) => new,
        _ => Attributes::new(),
    };
    let whole = verb == Verb::Replace && !how.would_tolerate(Quirk::ReplaceMerges);
    change_parts(container, aim, |parts| {
        if whole {
            parts.clear();
        }
        merge(aim.attribute, parts, new, &cleared);
    });
    Ok(())
}

/// Changes the parts of a complex value, which goes when none is left.
fn change_parts(container: &mut Attributes, aim: &Aim<'_>, change: impl FnOnce(&mut Attributes)) {
    let mut parts = match container.get_mut(aim.attribute.name).map(Value::take) {
        Some(Value::Object(parts)) => parts,
        _ => Attributes::new(),
    };
    change(&mut parts);
    if parts.is_empty() {
        container.shift_remove(aim.attribute.name);
    } else {
        container.insert(aim.attribute.name.to_owned(), Value::Object(parts));
    }
}
