//! Operations on an attribute with one value, or on a part of it. RFC 7644 §3.5.2.
//!
//! A complex value is merged: parts that the operation does not name stay (RFC 7644 §3.5.2.3).

use super::Verb;
use super::write::{Aim, clears, merge, split_cleared};
use crate::scim::resource::{read_attribute, read_value};
use crate::scim::schema::Kind;
use crate::scim::{Attributes, Error, Reading};
use serde_json::Value;

pub(super) fn write(
    container: &mut Attributes,
    aim: &Aim<'_>,
    verb: Verb,
    value: Option<&Value>,
    how: &Reading,
) -> Result<(), Error> {
    match (aim.part, value) {
        (None, value) if clears(verb, value) => clear(container, aim, how),
        (None, Some(value)) => set(container, aim, value, how),
        (Some(part), value) if clears(verb, value) => {
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
    if aim.attribute.name == "active" {
        // Without it the user would count as active: nobody is enabled by leaving something out.
        return if how.strict {
            Err(Error::mutability("`active` cannot be removed; replace it with true or false"))
        } else {
            Ok(())
        };
    }
    container.shift_remove(aim.attribute.name);
    Ok(())
}

fn set(container: &mut Attributes, aim: &Aim<'_>, value: &Value, how: &Reading) -> Result<(), Error> {
    if aim.attribute.kind != Kind::Complex {
        if let Some(read) = read_attribute(aim.place, aim.attribute, value.clone(), how)? {
            container.insert(aim.attribute.name.to_owned(), read);
        }
        return Ok(());
    }
    let (value, cleared) = split_cleared(aim.attribute, value);
    let new = match read_attribute(aim.place, aim.attribute, value, how)? {
        Some(Value::Object(new)) => new,
        _ => Attributes::new(),
    };
    change_parts(container, aim, |parts| merge(aim.attribute, parts, new, &cleared));
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
