//! What the rows hold, whichever engine keeps them.

use super::error::StoreError;
use crate::access::{GroupFacts, TenantAccess, fold};
use crate::config::{LastSync, RunScope, RunStatus};
use crate::scim::{Group, User};
use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::fmt;
use uuid::Uuid;

/// A user's id: a time-ordered UUIDv7.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct UserId(pub Uuid);

/// A group's id: a time-ordered UUIDv7.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct GroupId(pub Uuid);

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

impl UserRow {
    /// The key under which the name is unique (reading 17).
    pub fn name_key(&self) -> String {
        fold(self.user.user_name())
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

/// JSON text.
pub(super) fn json<T: DeserializeOwned>(what: &'static str, text: &str) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|source| StoreError::Unreadable { what, source })
}

/// A value as JSON text.
pub(super) fn text(what: &'static str, value: &impl Serialize) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|source| StoreError::Unreadable { what, source })
}
