//! The members in a group's body or in a PATCH of one. RFC 7643 §4.2.
//!
//! Only the id counts: `$ref`, `display` and `type` of a member are the server's to say. Entra ID and others send a
//! single object or the bare id; both are taken unless reading is strict.

use super::Reading;
use super::value::kind_of;
use crate::scim::Error;
use serde_json::Value;

/// The ids in the order they have, doubles included; none for null.
pub fn member_ids<'a>(value: &'a Value, how: &Reading) -> Result<Vec<&'a str>, Error> {
    match value {
        Value::Null => Ok(Vec::new()),
        Value::Array(members) => {
            let there = members.iter().enumerate().filter(|(_, member)| !member.is_null());
            there.map(|(index, member)| member_id(member, Some(index), how)).collect()
        }
        only if !how.strict => Ok(vec![member_id(only, None, how)?]),
        other => Err(Error::invalid_value(format!(
            "`members`: expected a list, found {}; send the value in square brackets",
            kind_of(other)
        ))),
    }
}

fn member_id<'a>(member: &'a Value, index: Option<usize>, how: &Reading) -> Result<&'a str, Error> {
    // Named only for an error: a group may have a million members.
    let place = || index.map_or_else(|| "members".to_owned(), |index| format!("members[{index}]"));
    let id = match member {
        Value::String(id) if !how.strict => Some(id.as_str()),
        Value::Object(parts) => {
            let value = parts.iter().find(|(name, _)| name.eq_ignore_ascii_case("value")).map(|(_, value)| value);
            match value {
                Some(Value::String(id)) => Some(id.as_str()),
                None | Some(Value::Null) => None,
                Some(other) => {
                    return Err(mismatch(&format!("{}.value", place()), "the id of a user as a string", other));
                }
            }
        }
        other => return Err(mismatch(&place(), "an object", other)),
    };
    id.filter(|id| !id.is_empty()).ok_or_else(|| {
        Error::invalid_value(format!("`{}.value` is missing; send {{\"value\": \"<id of a user>\"}}", place()))
    })
}

fn mismatch(place: &str, expected: &str, found: &Value) -> Error {
    let fix = "send {\"value\": \"<id of a user>\"}";
    Error::invalid_value(format!("`{place}`: expected {expected}, found {}; {fix}", kind_of(found)))
}
