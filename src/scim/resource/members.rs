//! The members in a group's body or in a PATCH of one. RFC 7643 §4.2.
//!
//! Only the id counts: `$ref`, `display` and `type` of a member are the server's to say. Entra ID and others send a
//! single object or the bare id; both are taken unless reading is strict.

use crate::scim::Error;
use crate::scim::dialect::{Quirk, Reading};
use crate::scim::sent::{Condensed, Fault, Given, MemberId, Sent};
use std::borrow::Cow;

/// The ids in the order they have, doubles included; none for null.
pub fn member_ids<'a>(value: Given<'a>, how: &Reading) -> Result<Cow<'a, [MemberId]>, Error> {
    if let Given::List(list) = value {
        check(list, place_in_list, how)?;
        return Ok(Cow::Borrowed(list.ids()));
    }
    if value.is_null() {
        return Ok(Cow::Owned(Vec::new()));
    }
    let list = match value.items() {
        Some(members) => {
            let list = Condensed::of(members);
            check(&list, place_in_list, how)?;
            list
        }
        None if how.tolerates(Quirk::ValueForList) => {
            let only = Condensed::of(std::iter::once(value));
            check(&only, |_| "members".to_owned(), how)?;
            only
        }
        None => {
            return Err(Error::invalid_value(format!(
                "`members`: expected a list, found {}; send the value in square brackets",
                value.kind()
            )));
        }
    };
    Ok(Cow::Owned(list.into_ids()))
}

/// The same of a value that is given away.
pub fn into_member_ids(value: Sent, how: &Reading) -> Result<Vec<MemberId>, Error> {
    match value {
        Sent::List(list) => {
            check(&list, place_in_list, how)?;
            Ok(list.into_ids())
        }
        value => Ok(member_ids(value.given(), how)?.into_owned()),
    }
}

/// The first complaint about a list. Places are named only for an error: a group may have a million members.
fn check(list: &Condensed, place: impl Fn(usize) -> String, how: &Reading) -> Result<(), Error> {
    if let Some(index) = list.bare()
        && !how.tolerates(Quirk::BareId)
    {
        return Err(mismatch(&place(index), "an object", "a string"));
    }
    let Some((index, fault)) = list.wrong() else { return Ok(()) };
    let place = place(index);
    Err(match fault {
        Fault::Missing => {
            Error::invalid_value(format!("`{place}.value` is missing; send {{\"value\": \"<id of a user>\"}}"))
        }
        Fault::Value(kind) => mismatch(&format!("{place}.value"), "the id of a user as a string", kind),
        Fault::Member(kind) => mismatch(&place, "an object", kind),
    })
}

fn place_in_list(index: usize) -> String {
    format!("members[{index}]")
}

fn mismatch(place: &str, expected: &str, found: &str) -> Error {
    let fix = "send {\"value\": \"<id of a user>\"}";
    Error::invalid_value(format!("`{place}`: expected {expected}, found {found}; {fix}"))
}
