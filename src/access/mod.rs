//! Who may do what: roles, rules and their evaluation. Pure; knows no other room.
//!
//! Given the rules in force, the ladder of roles and the groups a user is in, [`evaluate`] answers the user's
//! grants: per tenant the highest role, the union of application groups and the rules that gave them (B014–B017).
//! Invariant: a user is managed exactly when at least one rule matches (B071).

mod evaluate;
mod role;
mod rule;
mod view;

pub use evaluate::{GroupFacts, evaluate};
pub use role::Ladder;
pub use rule::{GroupSelector, Rule};
pub use view::{AccessView, Source, TenantAccess};
