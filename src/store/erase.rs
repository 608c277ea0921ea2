//! Taking a person out of the records, whichever engine keeps them: who is meant, and what is put on record. C005.

use super::chain::Contents;
use super::error::StoreError;
use super::row::{Record, UserId};
use crate::access::fold;
use jiff::Timestamp;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use uuid::Uuid;

/// What an erasure came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Erased {
    /// Who, as the records name this person from now on.
    pub user: UserId,
    /// How many records said something of them; 0 = all was erased before.
    pub records: u64,
}

/// The people whom this record calls by a folded name.
pub(super) fn bearers(contents: Contents, name: &str) -> impl Iterator<Item = UserId> {
    let named = contents.people.into_iter();
    named.filter(move |(_, said)| said.as_ref().is_some_and(|said| says(said, name))).map(|(user, _)| user)
}

/// The one who is meant. Fails with [`StoreError::Nobody`] or [`StoreError::Several`].
pub(super) fn one_of(who: &str, bearers: BTreeSet<UserId>) -> Result<UserId, StoreError> {
    let bearers: Vec<UserId> = bearers.into_iter().collect();
    match bearers.as_slice() {
        [] => Err(StoreError::Nobody { who: who.to_owned() }),
        [one] => Ok(*one),
        several => {
            let ids: Vec<String> = several.iter().map(ToString::to_string).collect();
            Err(StoreError::Several { who: who.to_owned(), ids: ids.join(", ") })
        }
    }
}

/// Whether a part has this as somebody's name, whenever that was.
fn says(said: &Value, name: &str) -> bool {
    match said {
        Value::Object(fields) => fields.iter().any(|(field, value)| match value {
            Value::String(value) => field == "userName" && fold(value) == name,
            other => says(other, name),
        }),
        Value::Array(values) => values.iter().any(|value| says(value, name)),
        _ => false,
    }
}

/// That somebody was erased is itself on record, by id only.
pub(super) fn record(user: UserId, records: u64, now: Timestamp) -> Record {
    let head = json!({
        "time": now,
        "actor": { "tokenId": "", "requestId": "", "source": "command line" },
        "operation": "audit.erase",
        "what": { "user": user.to_string(), "records": records },
    });
    Record { id: Uuid::now_v7(), seed: Uuid::new_v4(), head, people: Vec::new() }
}
