//! An operation whose lists are short, but of which a message may have thousands: where it says that it lists members,
//! they are condensed as soon as it is read.

use super::{Condensed, Given, Sent};
use crate::scim::Attributes;
use crate::scim::schema::GROUP;
use serde_json::Value;

/// The operation, its members condensed. One that says twice what it is about is left as it is: which of the two counts
/// is not for here.
pub(super) fn condense_operation(operation: Attributes) -> Sent {
    let Some(key) = key_of_members(&operation).cloned() else { return Value::Object(operation).into() };
    let parts = operation.into_iter().map(|(name, value)| {
        let part = if name == key { condense_value(value) } else { value.into() };
        (name, part)
    });
    Sent::Object(parts.collect())
}

/// The key of the value, when members are listed there and nothing but members is read of those lists.
fn key_of_members(operation: &Attributes) -> Option<&String> {
    let keys = |name: &'static str| operation.keys().filter(move |key| key.eq_ignore_ascii_case(name));
    let (mut values, mut paths) = (keys("value"), keys("path"));
    let (Some(key), None) = (values.next(), values.next()) else { return None };
    let (path, None) = (paths.next(), paths.next()) else { return None };
    let lists_members = match (path.and_then(|path| operation.get(path)), operation.get(key)?) {
        (Some(Value::String(path)), Value::Array(_)) => names_members(path),
        (None | Some(Value::Null), Value::Object(parts)) => parts.keys().any(|name| names_members(name)),
        _ => false,
    };
    lists_members.then_some(key)
}

fn condense_value(value: Value) -> Sent {
    match value {
        Value::Array(values) => condense_list(&values),
        Value::Object(parts) => {
            let parts = parts.into_iter().map(|(name, value)| match value {
                Value::Array(values) if names_members(&name) => (name, condense_list(&values)),
                value => (name, value.into()),
            });
            Sent::Object(parts.collect())
        }
        value => value.into(),
    }
}

fn condense_list(values: &[Value]) -> Sent {
    Sent::List(Box::new(Condensed::of(values.iter().map(Given::Value))))
}

/// Whether a path or a key is that of a group's members, whole.
fn names_members(path: &str) -> bool {
    let is = |name: &str| name.eq_ignore_ascii_case("members");
    let qualified = || path.rsplit_once(':').is_some_and(|(urn, name)| urn.eq_ignore_ascii_case(GROUP.urn) && is(name));
    is(path) || qualified()
}
