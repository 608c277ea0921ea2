//! Who may do what: roles, rules and their evaluation. Pure; knows no other room.
//!
//! Given the rules in force, the ladder of roles and the groups a user is in, [`evaluate`] answers the user's
//! grants: per tenant the highest role, the union of application groups and the rules that gave them (B014–B017).
//! [`RuleSet`] is the same answer for many people, fast; [`diff`] says what one answer gives and takes against another.
//! Invariant: a user is managed exactly when at least one rule matches (B071).

mod defaults;
mod diff;
mod evaluate;
mod explain;
mod guard;
mod role;
mod rule;
mod rule_set;
mod settle;
mod sign_in;
#[cfg(test)]
mod tests;
mod view;

pub use defaults::{DEFAULT_RULES, DefaultRule};
pub use diff::{Diff, diff};
pub use evaluate::{GroupFacts, evaluate};
pub use explain::{Code, Explanation, Knowledge, Made, Question, Reason, RuleKnowledge, explain};
pub use guard::{Excess, Guard, Losses};
pub use role::{DEFAULT_ROLES, Ladder};
pub use rule::{GroupSelector, Rule, fold};
pub use rule_set::RuleSet;
pub use settle::settle;
pub use sign_in::{Admission, Candidate, Onboarding, Refusal, onboarded};
pub use view::{AccessView, Source, TenantAccess, managed};
