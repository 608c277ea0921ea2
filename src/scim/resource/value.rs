//! One attribute's value, checked against the schema. RFC 7643 §2.3, §2.4, §2.5.

use super::{Place, VALUES_MAX, settle};
use crate::scim::dialect::{Dialect, Quirk, Reading};
use crate::scim::filter::time;
use crate::scim::schema::{Attribute, Kind};
use crate::scim::{Attributes, Error};
use serde_json::Value;

/// The value of a whole attribute; `None` when there is none (null, an empty list, an empty object).
pub fn read_attribute(
    place: Place,
    attribute: &'static Attribute,
    value: Value,
    how: &Reading,
) -> Result<Option<Value>, Error> {
    if attribute.multi_valued {
        return read_list(place, attribute, value, how);
    }
    match value {
        // Entra ID sends `manager` as a list of one.
        Value::Array(mut list) if is_list_for_value(attribute, &list, how) => {
            list.pop().map_or(Ok(None), |only| read_value(place, attribute, only, how))
        }
        value => read_value(place, attribute, value, how),
    }
}

/// One value: that of a single-valued attribute, of a sub-attribute, or one of a list.
pub fn read_value(
    place: Place,
    attribute: &'static Attribute,
    value: Value,
    how: &Reading,
) -> Result<Option<Value>, Error> {
    match (attribute.kind, value) {
        (_, Value::Null) => Ok(None),
        (Kind::Complex, value) => read_complex(place, attribute, value, how),
        (Kind::Boolean, Value::Bool(value)) => Ok(Some(Value::Bool(value))),
        (Kind::Boolean, Value::String(text)) if is_boolean(&text) && how.tolerates(Quirk::BooleanAsString) => {
            Ok(Some(Value::Bool(text.eq_ignore_ascii_case("true"))))
        }
        (Kind::Boolean, other) => Err(mismatch(place, "a boolean", &other, "send true or false without quotes")),
        (Kind::Decimal, Value::Number(number)) => Ok(Some(Value::Number(number))),
        (Kind::Integer, Value::Number(number)) if number.is_i64() => Ok(Some(Value::Number(number))),
        (Kind::Integer, other) => {
            Err(mismatch(place, "a whole number of at most 64 bits", &other, "send it without quotes and fraction"))
        }
        (Kind::Decimal, other) => Err(mismatch(place, "a number", &other, "send it without quotes")),
        (kind, Value::String(text)) => {
            check_text(place, kind, &text, how)?;
            Ok(Some(Value::String(text)))
        }
        (_, other) => Err(mismatch(place, "a string", &other, "send one string in double quotes")),
    }
}

fn read_list(place: Place, attribute: &'static Attribute, value: Value, how: &Reading) -> Result<Option<Value>, Error> {
    let list = match value {
        Value::Null => return Ok(None),
        Value::Array(list) => list,
        only if how.tolerates(Quirk::ValueForList) => vec![only],
        other => return Err(mismatch(place, "a list", &other, "send the value in square brackets")),
    };
    if list.len() > VALUES_MAX {
        return Err(Error::invalid_value(format!(
            "`{place}` has {} values; at most {VALUES_MAX} are kept; send fewer",
            list.len()
        )));
    }
    let mut values = Vec::with_capacity(list.len());
    for (index, value) in list.into_iter().enumerate() {
        values.extend(read_value(place.at(index), attribute, value, how)?);
    }
    let values = settle(attribute, values, |_| true);
    Ok((!values.is_empty()).then_some(Value::Array(values)))
}

fn read_complex(
    place: Place,
    attribute: &'static Attribute,
    value: Value,
    how: &Reading,
) -> Result<Option<Value>, Error> {
    let parts = match value {
        Value::Object(parts) => parts,
        // `manager` and the like as the bare id.
        Value::String(text) if attribute.value_sub().is_some() && how.tolerates(Quirk::BareId) => {
            let only = Attributes::from_iter([("value".to_owned(), Value::String(text.clone()))]);
            return Ok((!text.is_empty()).then_some(Value::Object(only)));
        }
        other => return Err(mismatch(place, "an object", &other, &object_hint(attribute))),
    };
    let mut read = Attributes::new();
    for (name, value) in parts {
        let Some(sub) = attribute.sub(&name) else {
            if how.tolerates(Quirk::UnknownAttribute) {
                continue;
            }
            return Err(unknown_part(place, attribute));
        };
        if sub.is_read_only() {
            continue;
        }
        if let Some(value) = read_value(place.part(sub), sub, value, how)? {
            read.insert(sub.name.to_owned(), value);
        }
    }
    Ok((!read.is_empty()).then_some(Value::Object(read)))
}

fn is_list_for_value(attribute: &Attribute, list: &[Value], how: &Reading) -> bool {
    attribute.kind == Kind::Complex && list.len() <= 1 && how.tolerates(Quirk::ListForValue)
}

fn is_boolean(text: &str) -> bool {
    text.eq_ignore_ascii_case("true") || text.eq_ignore_ascii_case("false")
}

/// What a string must be like for its kind (RFC 7643 §2.3). An empty one is a value that clears.
fn check_text(place: Place, kind: Kind, text: &str, how: &Reading) -> Result<(), Error> {
    let refused = |expected: &str| {
        let detail = format!("`{place}`: expected {expected}, found another string; send that, or leave it out");
        Err(Error::invalid_value(detail))
    };
    match kind {
        _ if text.is_empty() => Ok(()),
        Kind::DateTime if time(text).is_none() => refused("a time such as \"2026-01-31T08:00:00Z\""),
        Kind::Binary if !is_base64(text) => refused("base64"),
        // Providers put anything into `profileUrl`.
        Kind::Reference
            if how.dialect() == Dialect::Strict && text.contains(|c: char| c.is_whitespace() || c.is_control()) =>
        {
            refused("a URI")
        }
        _ => Ok(()),
    }
}

/// Either alphabet of RFC 4648, with or without padding, in lines or not.
fn is_base64(text: &str) -> bool {
    let digits = text.bytes().filter(|byte| !byte.is_ascii_whitespace());
    let (mut count, mut padding) = (0_usize, 0_usize);
    for byte in digits {
        match byte {
            b'=' => padding += 1,
            _ if padding > 0 => return false,
            b'+' | b'/' | b'-' | b'_' => count += 1,
            _ if byte.is_ascii_alphanumeric() => count += 1,
            _ => return false,
        }
    }
    count % 4 != 1 && padding <= 2 && (padding == 0 || (count + padding).is_multiple_of(4))
}

fn object_hint(attribute: &Attribute) -> String {
    let first = attribute.value_sub().or(attribute.sub_attributes.first()).map_or("value", |sub| sub.name);
    format!("send {{\"{first}\": \"…\"}}")
}

fn unknown_part(place: Place, attribute: &Attribute) -> Error {
    let known = attribute.sub_attributes.iter().map(|sub| sub.name).collect::<Vec<_>>().join(", ");
    Error::invalid_syntax(format!("`{place}` has a part that its schema does not know; it knows {known}"))
}

/// 400 `invalidValue` that names the attribute, what it must be and what it is.
fn mismatch(place: Place, expected: &str, found: &Value, fix: &str) -> Error {
    Error::invalid_value(format!("`{place}`: expected {expected}, found {}; {fix}", kind_of(found)))
}

/// How an error names a value without repeating it.
pub fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}
