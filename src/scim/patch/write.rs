//! One operation on one attribute. RFC 7644 §3.5.2.1–§3.5.2.3.

use super::{Verb, many, single};
use crate::scim::dialect::{Quirk, Reading};
use crate::scim::filter::Expression;
use crate::scim::resource::Place;
use crate::scim::schema::Attribute;
use crate::scim::{Attributes, Error};
use serde_json::Value;

/// What an operation changes.
pub(super) struct Aim<'a> {
    pub(super) place: Place,
    pub(super) attribute: &'static Attribute,
    /// Which values of a list; `None` = the attribute as a whole.
    pub(super) selector: Option<&'a Expression>,
    /// Which part of the value or values.
    pub(super) part: Option<&'static Attribute>,
}

/// Carries the operation out on the attributes that the aim's attribute is among.
pub(super) fn write(
    container: &mut Attributes,
    aim: &Aim<'_>,
    verb: Verb,
    value: Option<&Value>,
    how: &Reading,
) -> Result<(), Error> {
    if aim.attribute.multi_valued {
        return many::write(container, aim, verb, value, how);
    }
    if aim.selector.is_some() {
        return Err(Error::invalid_path(format!("`{}` has one value; name it without brackets", aim.place)));
    }
    single::write(container, aim, verb, value, how)
}

/// Whether an operation takes a value away: a removal, or null, `""` or nothing written in its place.
pub(super) fn clears(verb: Verb, value: Option<&Value>, how: &Reading) -> bool {
    verb == Verb::Remove || value.is_none_or(|value| is_nothing(value, how))
}

/// Null, `[]`, `{}` and, as Entra ID clears, `""`.
fn is_nothing(value: &Value, how: &Reading) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty() && how.tolerates(Quirk::EmptyStringClears),
        Value::Array(values) => values.is_empty(),
        Value::Object(parts) => parts.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

/// Puts the parts of one value over those of another. Parts that are null or `""` go; when `value` changes, what was
/// said about the old one (`$ref`, a display name) goes with it.
pub(super) fn merge(attribute: &'static Attribute, old: &mut Attributes, new: Attributes, cleared: &[&str]) {
    for name in cleared {
        old.shift_remove(*name);
    }
    let changes_value = new.get("value").is_some_and(|value| old.get("value") != Some(value));
    if changes_value && attribute.sub("$ref").is_some() {
        old.retain(|name, _| !matches!(name.as_str(), "$ref" | "display" | "displayName"));
    }
    old.extend(new);
}

/// Splits an object into what it sets and the names of the parts that it clears.
pub(super) fn split_cleared(attribute: &'static Attribute, value: &Value, how: &Reading) -> (Value, Vec<&'static str>) {
    let Value::Object(parts) = value else { return (value.clone(), Vec::new()) };
    let cleared = parts.iter().filter(|(_, value)| is_nothing(value, how)).filter_map(|(name, _)| attribute.sub(name));
    let cleared = cleared.filter(|sub| !sub.is_read_only()).map(|sub| sub.name).collect();
    let set =
        parts.iter().filter(|(_, value)| !is_nothing(value, how)).map(|(name, value)| (name.clone(), value.clone()));
    (Value::Object(set.collect()), cleared)
}
