//! Applying the rules to the users a change touches. Every write path and every run goes through here (B043, B060).

use crate::access::{Diff, GroupFacts, TenantAccess, diff};
use crate::store::{InForce, UserFacts, UserId, Write};
use jiff::Timestamp;

/// A change that touches more users than this commits at once and queues the evaluation (B142).
pub const EVALUATED_AT_ONCE_MAX: usize = 1_000;

/// Users evaluated in one transaction of a run or of the queue.
pub(super) const BATCH_USERS: u32 = 200;

/// A user whose access moved.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Moved {
    /// Whose.
    pub user: UserId,
    /// For the record.
    pub user_name: String,
    /// Held before.
    pub before: Vec<TenantAccess>,
    /// Held now.
    pub after: Vec<TenantAccess>,
    /// What that gives and takes.
    pub diff: Diff,
}

/// Applies the rules in force to `user`, who is in exactly `groups`; answers what moved.
pub(super) fn evaluate(
    config: &InForce,
    user: &UserFacts,
    groups: &[GroupFacts],
    at: Timestamp,
    writes: &mut Vec<Write>,
) -> Option<Moved> {
    let after = config.rules.evaluate(groups);
    let id = user.row.id;
    writes.push(Write::Evaluated { user: id, at, was_pending: user.pending });
    if after == user.grants {
        return None;
    }
    let before = user.grants.clone();
    writes.push(Write::PutGrants { user: id, before: before.clone(), after: after.clone() });
    let ladder = config.document.as_ref().map(|document| document.roles.clone()).unwrap_or_default();
    let user_name = user.row.user.user_name().to_owned();
    Some(Moved { user: id, user_name, diff: diff(&before, &after, &ladder), before, after })
}
