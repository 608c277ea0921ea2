//! Taking a person out of the records, whichever engine keeps them: who is meant, by what else in the store they are
//! known, and what is put on record. C005.

use super::chain::Contents;
use super::error::StoreError;
use super::row::{AccountKey, Record, UserId, opaque_key};
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

/// A user of these names is there still.
pub(super) fn a_user(who: &str) -> StoreError {
    let is = "is a user of this store: have the provider delete the user first";
    StoreError::StillThere { who: who.to_owned(), is }
}

/// Somebody of this id or one of these names has an account.
pub(super) fn an_account(who: &str) -> StoreError {
    StoreError::StillThere { who: who.to_owned(), is: "has an account: end what no rule gave first" }
}

/// What a person was called at any time, as far as the records still say it.
#[derive(Debug)]
pub(super) struct Known {
    user: UserId,
    /// Folded.
    names: BTreeSet<String>,
    external_ids: BTreeSet<String>,
    /// Whether a record has a part of theirs, erased or not.
    pub in_records: bool,
}

impl Known {
    /// Nothing but who was asked for: an id, or a name.
    pub fn new(user: UserId, who: &str) -> Self {
        let names = if UserId::parse(who).is_some() { BTreeSet::new() } else { BTreeSet::from([fold(who)]) };
        Self { user, names, external_ids: BTreeSet::new(), in_records: false }
    }

    /// What a record says of them.
    pub fn note(&mut self, contents: &Contents) {
        let user = self.user;
        for (_, said) in contents.people.iter().filter(|(other, _)| *other == user) {
            self.in_records = true;
            said.iter().for_each(|said| self.read(said));
        }
    }

    fn read(&mut self, said: &Value) {
        match said {
            Value::Object(fields) => {
                for (field, value) in fields {
                    match (field.as_str(), value) {
                        ("userName", Value::String(name)) => drop(self.names.insert(fold(name))),
                        ("externalId", Value::String(id)) => drop(self.external_ids.insert(id.clone())),
                        (_, other) => self.read(other),
                    }
                }
            }
            Value::Array(values) => values.iter().for_each(|value| self.read(value)),
            _ => {}
        }
    }

    /// Every account that would be theirs.
    pub fn accounts(&self) -> Vec<AccountKey> {
        let names = self.names.iter().filter(|name| !name.contains('\0')).cloned().map(AccountKey::Name);
        names.chain([AccountKey::Id(self.user)]).collect()
    }

    /// What failed messages about them are kept under: whoever keeps one calls it by the id as it was written in the
    /// path, by the userName, or by the externalId.
    pub fn subjects(&self) -> Vec<String> {
        let id = self.user.0;
        let ids = [id.hyphenated().to_string(), id.simple().to_string(), id.urn().to_string()];
        let ids = ids.iter().map(|id| format!("user-id:{id}"));
        let names = self.names.iter().map(|name| format!("user:{name}"));
        let external = self.external_ids.iter().map(|id| format!("user-external:{id}"));
        ids.chain(names).chain(external).map(|subject| opaque_key(&subject)).collect()
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn c005_a_person_is_known_by_every_name_that_their_own_parts_say() {
        let (user, other) = (UserId(Uuid::from_u128(7)), UserId(Uuid::from_u128(8)));
        let part = json!({ "userName": "New", "attributes": {
            "before": { "userName": "OLD", "externalId": "X1" }, "after": { "userName": "New", "externalId": null },
        } });
        let people = vec![(other, Some(json!({ "userName": "Other" }))), (user, Some(part)), (user, None)];
        let mut known = Known::new(user, "Asked");
        known.note(&Contents { head: json!({}), people });
        let name = |name: &str| AccountKey::Name(name.to_owned());
        assert_eq!(known.accounts(), [name("asked"), name("new"), name("old"), AccountKey::Id(user)]);
        let id = "00000000-0000-0000-0000-000000000007";
        let expected = [
            format!("user-id:{id}"),
            format!("user-id:{}", id.replace('-', "")),
            format!("user-id:urn:uuid:{id}"),
            "user:asked".to_owned(),
            "user:new".to_owned(),
            "user:old".to_owned(),
            "user-external:X1".to_owned(),
        ];
        assert_eq!(known.subjects(), expected);
        assert!(known.in_records && !Known::new(user, &user.to_string()).in_records);
        assert_eq!(Known::new(user, &user.to_string()).accounts(), [AccountKey::Id(user)]);
    }
}
