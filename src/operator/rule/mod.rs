//! UserManagementRule: how one rule stands (B039, B065, B080). Its content is published by the directory's reconcile.

mod status;

use crate::api::UserManagementRule;
use crate::operator::context::Context;
use crate::operator::runtime::Key;
use crate::operator::{Error, status as writer};
use jiff::Timestamp;
use kube::runtime::controller::Action;
use kube::{Resource, ResourceExt};
use std::sync::Arc;

/// Brings one rule's status to what it should be.
pub async fn reconcile(ctx: &Context, rule: Arc<UserManagementRule>) -> Result<Action, Error> {
    if rule.metadata.deletion_timestamp.is_some() {
        return Ok(Action::await_change());
    }
    let key = Key::of(rule.as_ref());
    if ctx.stores.undecodable_rules.reason(&key).is_some() {
        // This is what it was; how it stands now is told by `undecodable`.
        return Ok(Action::await_change());
    }
    let directory = key.sibling(&rule.spec.directory_ref.name);
    if ctx.unreadable_directory(&directory).is_some() {
        // Nothing is known of the directory. What is written stands.
        return Ok(Action::await_change());
    }
    let owner = ctx.directory(&directory);
    if owner.as_ref().is_some_and(|owner| owner.spec.suspended() || owner.metadata.deletion_timestamp.is_some()) {
        return Ok(Action::await_change());
    }
    let uid = owner.as_ref().and_then(|owner| owner.uid());
    let link = ctx.links.get(&directory).filter(|link| Some(&link.uid) == uid.as_ref() && link.compiled.is_some());
    if owner.is_some() && link.is_none() {
        // Right after a start: the directory's reconcile comes first, and wakes its rules. What is written stands.
        return Ok(Action::await_change());
    }
    let wanted = status::report(&status::Facts {
        rule: &rule,
        directory_exists: owner.is_some(),
        link: link.as_ref(),
        now: Timestamp::now(),
    });
    let current = rule.status.as_ref();
    if writer::write(&ctx.client, &ctx.metrics, "UserManagementRule", rule.as_ref(), current, &wanted).await? {
        let before = current.map(|status| status.conditions.as_slice()).unwrap_or_default();
        ctx.events.conditions(&rule.object_ref(&()), before, &wanted.conditions).await;
    }
    Ok(Action::await_change())
}
