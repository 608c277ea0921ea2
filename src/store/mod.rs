//! What is kept: resources, memberships, grants, configuration, runs and records, durably.
//!
//! A write is a [`Change`]: it says what it needs, the engine loads those [`Facts`], the change decides purely, and the
//! engine writes the [`Effects`] in the same transaction. So rules and records are written once, not once an engine.
//! This room knows no HTTP, no protocol and no rule; it never answers before a transaction is durable.

mod contract;
mod error;
mod row;
mod sqlite;

pub use contract::{Change, Decision, Delta, Effects, Facts, InForce, MemberIds, Needs, RuleChange, Write};
pub use error::StoreError;
pub use row::{
    Counter, GroupId, GroupRow, Record, RunRow, StoredRuleState, SyncedRule, UserFacts, UserId, UserRow, UserSummary,
};
pub use sqlite::{
    Figures, GroupSelect, Inventory, ListedGroup, ListedUser, Restored, SqliteStore as Store, UserSelect, Window,
    backup, check, restore,
};
