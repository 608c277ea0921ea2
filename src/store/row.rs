//! What the rows hold, whichever engine keeps them.

use super::error::StoreError;
use crate::access::{GroupFacts, TenantAccess, fold};
use crate::config::{LastSync, RunScope, RunStatus};
use crate::scim::{Group, Resource, User, folded};
use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::fmt;
use uuid::Uuid;

/// A user's id: a time-ordered UUIDv7.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct UserId(pub Uuid);

/// A group's id: a time-ordered UUIDv7.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct GroupId(pub Uuid);

/// The id of a resource of a defined type: a time-ordered UUIDv7.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ResourceId(pub Uuid);

/// A user as kept.
#[derive(Debug, Clone, PartialEq)]
pub struct UserRow {
    /// Its id.
    pub id: UserId,
    /// What the provider wrote.
    pub user: User,
    /// Whether the account may be used here (reading 8).
    pub account_enabled: bool,
    /// When it was made.
    pub created: Timestamp,
    /// When its attributes last changed.
    pub modified: Timestamp,
    /// Counts changes from 1.
    pub version: u64,
}

/// A group as kept, without its members.
#[derive(Debug, Clone, PartialEq)]
pub struct GroupRow {
    /// Its id.
    pub id: GroupId,
    /// What the provider wrote.
    pub group: Group,
    /// When it was made.
    pub created: Timestamp,
    /// When its attributes or members last changed.
    pub modified: Timestamp,
    /// Counts changes from 1.
    pub version: u64,
}

/// A resource of a defined type as kept.
#[derive(Debug, Clone, PartialEq)]
pub struct ResourceRow {
    /// Its id; unique among all types.
    pub id: ResourceId,
    /// The name of its type, which never changes.
    pub kind: String,
    /// What the provider wrote.
    pub resource: Resource,
    /// When it was made.
    pub created: Timestamp,
    /// When its attributes last changed.
    pub modified: Timestamp,
    /// Counts changes from 1.
    pub version: u64,
    /// What no other resource of its type may have: the path of an attribute that is unique, and its value (folded
    /// unless case counts). Kept and answered in order, each once.
    pub keys: Vec<(String, String)>,
}

/// A value of a unique attribute: type, path of the attribute, value as in [`ResourceRow::keys`].
pub type ResourceKey = (String, String, String);

/// A user with all that an evaluation needs.
#[derive(Debug, Clone, PartialEq)]
pub struct UserFacts {
    /// The user.
    pub row: UserRow,
    /// The groups the user is in.
    pub groups: Vec<GroupFacts>,
    /// What the user holds.
    pub grants: Vec<TenantAccess>,
    /// Whether an evaluation is queued.
    pub pending: bool,
}

/// A user with what the access view shows.
#[derive(Debug, Clone, PartialEq)]
pub struct UserSummary {
    /// The user.
    pub row: UserRow,
    /// What the user holds.
    pub grants: Vec<TenantAccess>,
    /// When the rules were last applied.
    pub evaluated: Option<Timestamp>,
}

/// A run of rules as kept.
#[derive(Debug, Clone, PartialEq)]
pub struct RunRow {
    /// What people see of it.
    pub status: RunStatus,
    /// Names the spec: equal specs of one name run once.
    pub spec_hash: String,
    /// The rules it covers and the content they had at its start; `None` = deleted.
    pub covers: Vec<SyncedRule>,
    /// The last user evaluated.
    pub cursor: Option<UserId>,
}

/// A rule's content that a run brings to everybody.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct SyncedRule {
    /// The rule's name.
    pub name: String,
    /// The hash of its content; `None` = the rule is gone.
    pub hash: Option<String>,
}

impl RunRow {
    /// The rules named by the scope; `None` for everyone.
    pub fn rules(&self) -> Option<&[String]> {
        match &self.status.scope {
            RunScope::Rules(rules) => Some(rules),
            RunScope::All {} => None,
        }
    }
}

/// How far a rule's content has come.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredRuleState {
    /// The rule's name.
    pub name: String,
    /// The hash of the content that everybody has; `None` = never brought to anybody.
    pub synced_hash: Option<String>,
    /// The hash of the ladder of roles at that time.
    pub synced_roles: Option<String>,
    /// The last run that covered it.
    pub last_sync: Option<LastSync>,
    /// Whether somebody holds something from it.
    pub held_by_someone: bool,
}

/// What the provider did, for [`crate::config::ProvisioningCounts`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Counter {
    /// A user was created.
    Created,
    /// A user was changed.
    Updated,
    /// A user became inactive.
    Disabled,
    /// A user was deleted.
    Deleted,
}

impl Counter {
    /// The name it is kept under.
    pub fn name(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Updated => "updated",
            Self::Disabled => "disabled",
            Self::Deleted => "deleted",
        }
    }
}

/// One record per transaction: audit and change feed read it. [`super::chain::seal`] makes of it what is kept.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// A time-ordered UUIDv7.
    pub id: Uuid,
    /// Random; the salts of the record's parts come from it. It is kept nowhere.
    pub seed: Uuid,
    /// When, actor, operation and what about, as JSON. For good: it names people by id only.
    pub head: Value,
    /// What it says of each person, as JSON. It can be erased.
    pub people: Vec<(UserId, Value)>,
}

/// What a new store keeps as its secret.
pub(super) fn fresh_secret() -> String {
    format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple())
}

/// The key that is made of it.
pub(super) fn secret_key(secret: &str) -> [u8; 32] {
    Sha256::digest(secret).into()
}

/// How many characters of an e-mail address are its key: real ones are shorter, and no index takes texts of any length.
const EMAIL_KEY_CHARS: usize = 256;

/// The key under which an e-mail address is found: equal for addresses that are equal but for case.
pub fn email_key(address: &str) -> String {
    // PostgreSQL keeps no NUL in a text.
    folded(address).chars().filter(|sign| *sign != '\0').take(EMAIL_KEY_CHARS).collect()
}

/// The keys of a user's e-mail addresses, each once.
pub(super) fn email_keys(user: &User) -> BTreeSet<String> {
    let emails = user.attributes.get("emails").and_then(Value::as_array);
    let addresses = emails.into_iter().flatten().filter_map(|email| email.get("value").and_then(Value::as_str));
    addresses.map(email_key).collect()
}

impl UserRow {
    /// The key under which the name is unique (reading 17).
    pub fn name_key(&self) -> String {
        fold(self.user.user_name())
    }
}

impl ResourceRow {
    /// The keys in order, each once.
    pub(super) fn sorted_keys(&self) -> BTreeSet<&(String, String)> {
        self.keys.iter().collect()
    }
}

impl GroupRow {
    /// The key under which the name is unique (reading 17).
    pub fn name_key(&self) -> String {
        fold(self.group.display_name())
    }

    /// What the evaluation knows of it.
    pub fn facts(&self) -> GroupFacts {
        GroupFacts {
            id: self.id.to_string(),
            display_name: self.group.display_name().to_owned(),
            external_id: self.group.external_id().map(str::to_owned),
        }
    }
}

impl fmt::Display for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for GroupId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for ResourceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl UserId {
    /// Reads an id as it stands in a URL or a member value; `None` for anything that is no UUID.
    pub fn parse(text: &str) -> Option<Self> {
        Uuid::try_parse(text).ok().map(Self)
    }
}

impl GroupId {
    /// Reads an id as it stands in a URL; `None` for anything that is no UUID.
    pub fn parse(text: &str) -> Option<Self> {
        Uuid::try_parse(text).ok().map(Self)
    }
}

impl ResourceId {
    /// Reads an id as it stands in a URL; `None` for anything that is no UUID.
    pub fn parse(text: &str) -> Option<Self> {
        Uuid::try_parse(text).ok().map(Self)
    }
}

/// JSON text.
pub(super) fn json<T: DeserializeOwned>(what: &'static str, text: &str) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|source| StoreError::Unreadable { what, source })
}

/// A value as JSON text.
pub(super) fn text(what: &'static str, value: &impl Serialize) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|source| StoreError::Unreadable { what, source })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn addresses_that_differ_in_case_have_one_key_and_long_ones_are_cut_between_characters() {
        assert_eq!(email_key("JÜRGEN@Example.Org"), email_key("jürgen@example.ORG"));
        let long = "ж".repeat(2_000);
        assert_eq!(email_key(&long).chars().count(), EMAIL_KEY_CHARS);
        assert_eq!(email_key("a\0b@x"), "ab@x");
    }

    #[test]
    fn a_user_has_a_key_for_each_address_and_none_for_what_is_none() {
        let attributes = json!({ "emails": [
            { "value": "B@x.com", "type": "work" }, { "value": "b@X.com", "type": "home" }, { "type": "other" },
            { "value": "a@x.com" },
        ] });
        let user: User = serde_json::from_value(attributes).unwrap();
        assert_eq!(email_keys(&user).into_iter().collect::<Vec<_>>(), ["a@x.com", "b@x.com"]);
    }
}
