//! What the rows hold, whichever engine keeps them.

use super::chain::Position;
use super::error::StoreError;
use crate::access::{GroupFacts, TenantAccess, fold};
use crate::config::{FailedEvent, LastSync, RunScope, RunStatus};
use crate::scim::{Group, Resource, User, folded};
use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
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
    /// The role in the home tenant that a sign-in gave to somebody whom the provider has disabled: all that may be done
    /// by it, whatever is stored (reading 7). The provider's next word on `active` ends it.
    pub reenabled: Option<String>,
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

/// What a pass over many people needs of one, without the SCIM attributes.
#[derive(Debug, Clone, PartialEq)]
pub struct AccessFacts {
    /// Whose.
    pub id: UserId,
    /// Whether the account may be used.
    pub account_enabled: bool,
    /// The groups the user is in, by id.
    pub groups: Vec<GroupFacts>,
    /// What the user holds, by tenant.
    pub grants: Vec<TenantAccess>,
}

/// Somebody who holds grants that no rule gave and is no SCIM user (reading 24).
#[derive(Debug, Clone, PartialEq)]
pub struct Account {
    /// The id; it stays when the account becomes a user.
    pub id: UserId,
    /// The userName, as it was given.
    pub user_name: String,
    /// What is held, by tenant.
    pub grants: Vec<TenantAccess>,
    /// When it was made.
    pub created: Timestamp,
}

/// Somebody who has signed in: whom the identity provider's subject stands for from then on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The user or the account.
    pub user: UserId,
    /// The provider's `iss`.
    pub issuer: String,
    /// The provider's `sub`.
    pub subject: String,
    /// What every session of the person carries; `None` = all of them have been ended.
    pub session: Option<Uuid>,
    /// When the person first signed in so.
    pub bound: Timestamp,
}

/// How an identity is looked up.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum IdentityKey {
    /// By whom it stands for.
    User(UserId),
    /// By `iss` and `sub`.
    Subject(String, String),
}

/// How an account is looked up.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum AccountKey {
    /// By id.
    Id(UserId),
    /// By folded userName.
    Name(String),
}

/// A SCIM message that could not be applied, as kept.
#[derive(Debug, Clone, PartialEq)]
pub struct FailedRow {
    /// A time-ordered UUIDv7.
    pub id: Uuid,
    /// What it was about: messages about the same thing have the same subject.
    pub subject: String,
    /// What people see of it.
    pub event: FailedEvent,
    /// What is needed to try it again, and to know what supersedes it.
    pub message: FailedMessage,
}

/// A message as it came, without what must not be kept (`password`).
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct FailedMessage {
    /// The `User-Agent`, by which a dialect may be known.
    #[serde(default)]
    pub user_agent: String,
    /// The JSON text; `None` when it was too large to be kept.
    #[serde(default)]
    pub body: Option<String>,
    /// What it asked for, so that a later message can be seen to ask for the same: opaque texts.
    #[serde(default)]
    pub asked: BTreeSet<String>,
}

/// The records that made a person's part in some groups what it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Causes {
    /// By which the user joined; only groups the user is in, and only where it is known.
    pub joined: BTreeMap<GroupId, Uuid>,
    /// By which the user left last.
    pub left: BTreeMap<GroupId, Uuid>,
    /// By which the last group of a folded name went or was renamed.
    pub gone: BTreeMap<String, Uuid>,
    /// By which the user became active or inactive.
    pub status: Option<Uuid>,
}

/// A record as kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptRecord {
    /// Where it stands.
    pub position: Position,
    /// Its id.
    pub id: Uuid,
    /// The sealed text: [`contents`](super::contents) reads it.
    pub body: String,
}

/// Where the kept records begin and end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extent {
    /// The number of the last record that was cut off; 0 = none was.
    pub cut: u64,
    /// The last record; its number is 0 when there is none.
    pub last: Position,
}

/// A user with what the access view shows.
#[derive(Debug, Clone, PartialEq)]
pub struct UserSummary {
    /// The user.
    pub row: UserRow,
    /// What the user holds.
    pub grants: Vec<TenantAccess>,
    /// When the rules were last applied: to this person, or to everybody who was there.
    pub evaluated: Option<Timestamp>,
    /// Whether an evaluation is queued.
    pub pending: bool,
}

/// A run of rules as kept.
#[derive(Debug, Clone, PartialEq)]
pub struct RunRow {
    /// What people see of it.
    pub status: RunStatus,
    /// Names the spec: equal specs of one name run once.
    pub spec_hash: String,
    /// The rules it covers and the content they had at its start; `None` = deleted. Empty where it was not asked for.
    pub covers: Vec<SyncedRule>,
    /// The last user evaluated.
    pub cursor: Option<UserId>,
    /// Names the rules and roles by which it was weighed and let through; `None` = it was not weighed yet.
    pub weighed: Option<String>,
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
    /// Covers these rules as gone, but for those that it covers as they are: a full run brings to everybody that they
    /// are gone.
    pub(super) fn cover_gone(&mut self, rules: impl Iterator<Item = String>) {
        for name in rules {
            if !self.covers.iter().any(|covered| covered.name == name) {
                self.covers.push(SyncedRule { name, hash: None });
            }
        }
    }

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

/// The longest text that is a key as it is, in bytes: no entry of an index of PostgreSQL may have 2,700.
const KEY_BYTES_MAX: usize = 512;

/// The key under which a text of any length is found that is only compared: itself, or its hash where it is long, or
/// has a NUL, which PostgreSQL keeps in no text. The key of a key is that key.
pub(super) fn opaque_key(text: &str) -> String {
    if text.len() <= KEY_BYTES_MAX && !text.contains('\0') {
        return text.to_owned();
    }
    let digits: String = Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect();
    // No name that people give begins so.
    format!("\u{1}sha256:{digits}")
}

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
    fn a_short_text_is_its_own_key_and_a_long_one_has_one_that_only_it_has() {
        let longest = "x".repeat(KEY_BYTES_MAX);
        for short in ["", "user:àna@x", longest.as_str()] {
            assert_eq!(opaque_key(short), short);
        }
        let keys = [format!("{longest}x"), format!("{longest}y"), "a\0b".to_owned()].map(|long| opaque_key(&long));
        assert!(keys.iter().all(|key| key.len() == 72 && !key.contains('\0')), "{keys:?}");
        assert!(keys[0] != keys[1] && keys[1] != keys[2] && keys[2] != opaque_key("ab"));
        assert_eq!(opaque_key(&keys[0]), keys[0]);
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
