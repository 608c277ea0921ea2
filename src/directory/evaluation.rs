//! Applying the rules to the users a change touches. Every write path, every run and every plan goes through here
//! (B043, B060, C001).

use super::held::reenabled;
use crate::access::{Diff, GroupFacts, RuleSet, TenantAccess, diff, settle};
use crate::store::{InForce, UserFacts, UserId, Write};
use jiff::Timestamp;

/// A change that touches more users than this commits at once and queues the evaluation (B142).
pub const EVALUATED_AT_ONCE_MAX: usize = 1_000;

/// A user whose access moved.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Moved {
    /// Whose.
    pub user: UserId,
    /// For the record.
    pub user_name: String,
    /// Whether the account may be used, as it was before this change.
    pub enabled: bool,
    /// What may be done instead where it may not be used; no evaluation moves that.
    pub instead: Option<TenantAccess>,
    /// Held before.
    pub before: Vec<TenantAccess>,
    /// Held now.
    pub after: Vec<TenantAccess>,
    /// What that gives and takes.
    pub diff: Diff,
}

/// What somebody who holds `grants` and is in exactly `groups` holds once the rules were applied; `None` = the same.
pub(super) fn settled(rules: &RuleSet, grants: &[TenantAccess], groups: &[GroupFacts]) -> Option<Vec<TenantAccess>> {
    let after = settle(grants, rules.evaluate(groups));
    (after != grants).then_some(after)
}

/// Applies the rules in force to `user`, who is in exactly `groups`; answers what moved.
pub(super) fn evaluate(
    config: &InForce,
    user: &UserFacts,
    groups: &[GroupFacts],
    at: Timestamp,
    writes: &mut Vec<Write>,
) -> Option<Moved> {
    let id = user.row.id;
    writes.push(Write::Evaluated { user: id, at, was_pending: user.pending });
    let after = settled(&config.rules, &user.grants, groups)?;
    let before = user.grants.clone();
    writes.push(Write::PutGrants { user: id, before: before.clone(), after: after.clone() });
    let diff = diff(&before, &after, &config.enforced.roles);
    let user_name = user.row.user.user_name().to_owned();
    let instead = reenabled(config, &user.row);
    Some(Moved { user: id, user_name, enabled: user.row.account_enabled, instead, before, after, diff })
}

/// How many of these people lost effective access.
pub(super) fn people_taken_from(moved: &[Moved]) -> u64 {
    moved.iter().filter(|moved| moved.enabled && moved.diff.takes_access()).count() as u64
}
