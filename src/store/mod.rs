//! What is kept: resources, memberships, grants, configuration, runs and records, durably.
//!
//! A write is a [`Change`]: it says what it needs, the engine loads those [`Facts`], the change decides purely, and the
//! engine writes the [`Effects`] in the same transaction. So rules and records are written once, not once an engine.
//! This room knows no HTTP, no protocol and no rule; it never answers before a transaction is durable.

mod chain;
mod contract;
mod cut;
mod engine;
mod erase;
mod error;
mod gather;
#[cfg(test)]
mod model;
mod postgres;
mod question;
mod row;
#[cfg(test)]
mod sql_tests;
mod sqlite;
#[cfg(test)]
mod tests;
mod walk;

pub use chain::{Anchor, Contents, Hash, Position, contents};
pub use contract::{
    Change, Decision, Delta, Effects, FAILED_KEPT, Facts, Fence, Hold, InForce, MemberIds, Needs, RuleChange, Write,
};
pub use engine::{Location, Store};
pub use error::StoreError;
pub use postgres::{Address, begin_anew, erase as erase_from_database, verify as verify_database};
pub use question::{
    Among, Each, Figures, Found, GroupSelect, Keep, ListedGroup, ListedUser, Page, ResourceSelect, Start, UserSelect,
};
pub use row::{
    AccessFacts, Account, AccountKey, Causes, Counter, Extent, FailedMessage, FailedRow, GroupId, GroupRow, Identity,
    IdentityKey, KeptRecord, Record, ResourceId, ResourceKey, ResourceRow, RunRow, StoredRuleState, SyncedRule,
    UserFacts, UserId, UserRow, UserSummary, email_key,
};
pub use sqlite::audit;
pub use sqlite::{Inventory, Restored, backup, check, restore};
