//! The members in a group's body or in a PATCH of one. RFC 7643 §4.2.
//!
//! Only the id counts: `$ref`, `display` and `type` of a member are the server's to say. Entra ID and others send a
//! single object or the bare id; both are taken unless reading is strict.

use super::Reading;
use super::value::kind_of;
use crate::scim::Error;
use indexmap::IndexSet;
use serde_json::Value;

/// The ids in order of first occurrence, each once; none for null.
pub fn member_ids(value: &Value, how: &Reading) -> Result<IndexSet<String>, Error> {
    match value {
        Value::Null => Ok(IndexSet::new()),
        Value::Array(members) => {
            let read = members.iter().enumerate().filter(|(_, member)| !member.is_null());
            read.map(|(index, member)| member_id(member, &format!("members[{index}]"), how).map(str::to_owned))
                .collect()
        }
        only if !how.strict => Ok(IndexSet::from([member_id(only, "members", how)?.to_owned()])),
        other => Err(Error::invalid_value(format!(
            "`members`: expected a list, found {}; send the value in square brackets",
            kind_of(other)
        ))),
    }
}

fn member_id<'a>(member: &'a Value, place: &str, how: &Reading) -> Result<&'a str, Error> {
    let id = match member {
        Value::String(id) if !how.strict => Some(id.as_str()),
        Value::Object(parts) => {
            let value = parts.iter().find(|(name, _)| name.eq_ignore_ascii_case("value")).map(|(_, value)| value);
            match value {
                Some(Value::String(id)) => Some(id.as_str()),
                None | Some(Value::Null) => None,
                Some(other) => return Err(mismatch(&format!("{place}.value"), "the id of a user as a string", other)),
            }
        }
        other => return Err(mismatch(place, "an object", other)),
    };
    id.filter(|id| !id.is_empty()).ok_or_else(|| {
        Error::invalid_value(format!("`{place}.value` is missing; send {{\"value\": \"<id of a user>\"}}"))
    })
}

fn mismatch(place: &str, expected: &str, found: &Value) -> Error {
    let fix = "send {\"value\": \"<id of a user>\"}";
    Error::invalid_value(format!("`{place}`: expected {expected}, found {}; {fix}", kind_of(found)))
}
