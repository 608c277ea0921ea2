//! Writing what a change decided. What concerns many people is gathered, so that it is one statement for all of them.

use super::super::chain::{Sealed, seal};
use super::super::contract::{Effects, Facts, Write};
use super::super::row::{Counter, UserId, opaque_key};
use super::ask::together;
use super::connection::{Connection, Values};
use super::facts::Stamps;
use super::row::{keys, number, text};
use super::setback::Setback;
use super::{account, config, failed, group, identity, resource, rule, run, state, statement as sql, user};
use crate::access::TenantAccess;
use futures::future::try_join_all;
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// Carries out everything in the order of the writes, sent in one go as far as that keeps it. What is gathered comes
/// after what it is sent with; a write that could see it waits for it.
///
/// A queued evaluation is done only as far as `stamps` say that it was known: of whoever was queued again since then,
/// what was decided may be over already.
pub(super) async fn write(
    connection: &Connection,
    facts: &Facts,
    stamps: &Stamps,
    effects: &Effects,
) -> Result<(), Setback> {
    let Effects { writes, record } = effects;
    let (mut gathered, mut first, mut has_steps) = (Gathered::default(), 0, false);
    for (place, write) in writes.iter().enumerate() {
        if gathered.is_before(write) || (has_steps && !is_gathered(write)) {
            let (before, with) = (writes.get(first..place).unwrap_or_default(), std::mem::take(&mut gathered));
            together!(all(connection, facts, before), with.write(connection))?;
            (first, has_steps) = (place, false);
        }
        gathered.take(write, stamps)?;
        has_steps |= is_of_steps(write);
    }
    let rest = writes.get(first..).unwrap_or_default();
    let record = async {
        let Some(record) = record else { return Ok(()) };
        let Sealed { body, digest } = seal(record);
        connection.run(sql::INSERT_RECORD, &[&record.id, &body, &digest.0.as_slice()]).await.map(drop)
    };
    together!(all(connection, facts, rest), gathered.write(connection), record)?;
    Ok(())
}

async fn all(connection: &Connection, facts: &Facts, writes: &[Write]) -> Result<(), Setback> {
    try_join_all(writes.iter().map(|write| one(connection, facts, write))).await.map(drop)
}

/// Whether a write asks something before it writes: what follows has to wait for it.
fn is_of_steps(write: &Write) -> bool {
    matches!(write, Write::DeleteUser(_) | Write::PutConfig { .. } | Write::StartRun { .. } | Write::MarkSynced { .. })
}

fn is_gathered(write: &Write) -> bool {
    matches!(write, Write::PutGrants { .. } | Write::Evaluated { .. } | Write::Unqueue(_) | Write::Count(_))
}

/// One write; nothing for one that is gathered.
async fn one(connection: &Connection, facts: &Facts, write: &Write) -> Result<(), Setback> {
    match write {
        Write::InsertUser(row) => user::insert(connection, facts, row).await,
        Write::UpdateUser(row) => user::update(connection, facts, row).await,
        Write::DeleteUser(id) => user::delete(connection, *id).await,
        Write::InsertGroup(row) => group::insert(connection, row).await,
        Write::UpdateGroup(row) => group::update(connection, row).await,
        Write::TouchGroup(id, at) => group::touch(connection, *id, *at).await,
        Write::DeleteGroup(id) => group::delete(connection, *id).await,
        Write::InsertResource(row) => resource::insert(connection, row).await,
        Write::UpdateResource(row) => resource::update(connection, row).await,
        Write::DeleteResource(id) => resource::delete(connection, *id).await,
        Write::AddMembers(id, users, cause) => {
            connection.run(sql::ADD_MEMBERS, &[&id.0, &keys(users), cause]).await.map(drop)
        }
        Write::RemoveMembers(id, users, cause) => {
            connection.run(sql::REMOVE_MEMBERS, &[&id.0, &keys(users), cause]).await.map(drop)
        }
        Write::NameGone(name, cause) => connection.run(sql::PUT_NAME_GONE, &[&opaque_key(name), cause]).await.map(drop),
        Write::PutStatus(id, cause) => connection.run(sql::PUT_STATUS, &[&id.0, cause]).await.map(drop),
        Write::PutAccount(account) => account::put(connection, facts, account).await,
        Write::DeleteAccount(id) => account::delete(connection, *id).await,
        Write::PutIdentity(identity) => identity::put(connection, identity).await,
        Write::EndSessions(user) => connection.run(sql::END_SESSIONS, &[&user.0]).await.map(drop),
        Write::QueueMembers(id) => connection.run(sql::QUEUE_MEMBERS, &[&id.0, &stamp()]).await.map(drop),
        Write::QueueUsers(users) => connection.run(sql::QUEUE_USERS, &[&keys(users), &stamp()]).await.map(drop),
        Write::PutConfig { config, changed, at } => {
            config::put(connection, config, *at).await?;
            rule::changed(connection, changed).await
        }
        Write::InsertRun(row) => run::insert(connection, row).await,
        Write::UpdateRun(row) => run::update(connection, row).await,
        Write::StartRun { run, selectors } => run::start(connection, run, selectors).await,
        Write::MarkSynced { run, roles, selectors } => rule::mark_synced(connection, run, roles, selectors).await,
        Write::PutRunChanges(uid, changes) => run::put_changes(connection, uid, changes).await,
        Write::ForgetRunChanges(uid) => run::forget_changes(connection, uid).await,
        Write::AllEvaluated(at) => connection.run(sql::ALL_EVALUATED, &[&at.as_microsecond()]).await.map(drop),
        Write::PutFailed(row) => failed::put(connection, row).await,
        Write::DeleteFailed(ids) => connection.run(sql::DELETE_FAILED, &[ids]).await.map(drop),
        Write::Uses { tokens, refused, last_request } => {
            state::put_uses(connection, tokens, *refused, *last_request).await
        }
        Write::PutGrants { .. } | Write::Evaluated { .. } | Write::Unqueue(_) | Write::Count(_) => Ok(()),
    }
}

/// What tells one queueing from every other.
fn stamp() -> i64 {
    Uuid::new_v4().as_u128() as i64
}

/// What is written for many people at once.
#[derive(Default)]
struct Gathered {
    /// Something happened that waiting processes want to know of.
    moved: bool,
    counts: Vec<Counter>,
    evaluated: Vec<Uuid>,
    at: Option<i64>,
    /// Who waits no more, however often they were queued.
    gone: Vec<Uuid>,
    /// Who waits no more by this queueing. In the order of ids, in which they are queued too.
    done: BTreeMap<Uuid, i64>,
    taken: (Vec<Uuid>, Vec<String>),
    given: Given,
    let_go: (Vec<String>, Vec<Uuid>),
    held: (Vec<String>, Vec<Uuid>),
}

/// Grants, a column each.
#[derive(Default)]
struct Given {
    users: Vec<Uuid>,
    tenants: Vec<String>,
    roles: Vec<String>,
    groups: Vec<String>,
    rules: Vec<String>,
    sources: Vec<String>,
}

impl Gathered {
    /// Whether this write could see what is gathered, or cannot be gathered with it.
    fn is_before(&self, write: &Write) -> bool {
        let of = [&self.evaluated, &self.gone, &self.taken.0, &self.given.users, &self.let_go.1, &self.held.1];
        let people = !self.done.is_empty() || of.into_iter().any(|people| !people.is_empty());
        match write {
            Write::Evaluated { at, .. } => self.at.is_some_and(|other| other != at.as_microsecond()),
            Write::QueueMembers(_) | Write::QueueUsers(_) => people,
            _ => people && is_of_steps(write),
        }
    }

    /// Takes what is written together, and notes what others wait for.
    fn take(&mut self, write: &Write, stamps: &Stamps) -> Result<(), Setback> {
        match write {
            Write::PutGrants { user, before, after } => self.grants(*user, before, after)?,
            Write::Evaluated { user, at, was_pending } => {
                self.evaluated.push(user.0);
                self.at = Some(at.as_microsecond());
                let known = stamps.get(user).filter(|_| *was_pending);
                self.done.extend(known.map(|stamp| (user.0, *stamp)));
            }
            Write::Unqueue(user) => self.gone.push(user.0),
            Write::Count(counter) => self.counts.push(*counter),
            Write::InsertGroup(_)
            | Write::UpdateGroup(_)
            | Write::DeleteGroup(_)
            | Write::QueueMembers(_)
            | Write::QueueUsers(_)
            | Write::InsertRun(_)
            | Write::UpdateRun(_)
            | Write::StartRun { .. } => self.moved = true,
            Write::InsertUser(_)
            | Write::UpdateUser(_)
            | Write::DeleteUser(_)
            | Write::TouchGroup(..)
            | Write::InsertResource(_)
            | Write::UpdateResource(_)
            | Write::DeleteResource(_)
            | Write::AddMembers(..)
            | Write::RemoveMembers(..)
            | Write::NameGone(..)
            | Write::PutStatus(..)
            | Write::PutAccount(_)
            | Write::DeleteAccount(_)
            | Write::PutIdentity(_)
            | Write::EndSessions(_)
            | Write::PutConfig { .. }
            | Write::MarkSynced { .. }
            | Write::PutRunChanges(..)
            | Write::ForgetRunChanges(_)
            | Write::AllEvaluated(_)
            | Write::PutFailed(_)
            | Write::DeleteFailed(_)
            | Write::Uses { .. } => {}
        }
        Ok(())
    }

    /// Replaces `before` by `after`, touching only what differs.
    fn grants(&mut self, user: UserId, before: &[TenantAccess], after: &[TenantAccess]) -> Result<(), Setback> {
        for gone in before.iter().filter(|b| !after.iter().any(|a| a.tenant == b.tenant)) {
            self.taken.0.push(user.0);
            self.taken.1.push(gone.tenant.clone());
        }
        for grant in after.iter().filter(|a| !before.contains(a)) {
            self.given.users.push(user.0);
            self.given.tenants.push(grant.tenant.clone());
            self.given.roles.push(grant.role.clone());
            self.given.groups.push(text("grant", &grant.application_groups)?);
            self.given.rules.push(text("grant", &grant.rules)?);
            self.given.sources.push(text("grant", &grant.source)?);
        }
        let rules = |grants: &[TenantAccess]| -> BTreeSet<String> {
            grants.iter().flat_map(|grant| grant.rules.iter().cloned()).collect()
        };
        let (before, after) = (rules(before), rules(after));
        for rule in before.difference(&after) {
            self.let_go.0.push(rule.clone());
            self.let_go.1.push(user.0);
        }
        for rule in after.difference(&before) {
            self.held.0.push(rule.clone());
            self.held.1.push(user.0);
        }
        Ok(())
    }

    async fn write(&self, connection: &Connection) -> Result<(), Setback> {
        let Self { moved, counts, evaluated, at, gone, done, taken, given, let_go, held } = self;
        let (waited, known): (Vec<Uuid>, Vec<i64>) = done.iter().map(|(user, stamp)| (*user, *stamp)).unzip();
        let stripe = group::stripe();
        let count = async |name: &str, times: u64| {
            if times > 0 {
                connection.run(sql::COUNT, &[&name, &stripe, &number(times)]).await?;
            }
            Ok::<(), Setback>(())
        };
        let of = |counter: Counter| counts.iter().filter(|c| **c == counter).count() as u64;
        let counted = async {
            // In one order everywhere: two transactions that count the same things do not wait for each other in turn.
            for counter in [Counter::Created, Counter::Updated, Counter::Disabled, Counter::Deleted] {
                count(counter.name(), of(counter)).await?;
            }
            count("moved", u64::from(*moved)).await
        };
        let Given { users, tenants, roles, groups, rules, sources } = given;
        together!(
            of_many(connection, evaluated, sql::EVALUATED, &[evaluated, at]),
            of_many(connection, gone, sql::DELETE_PENDING, &[gone]),
            of_many(connection, &waited, sql::TAKE_PENDING, &[&waited, &known]),
            of_many(connection, &taken.0, sql::TAKE_GRANTS, &[&taken.0, &taken.1]),
            of_many(connection, users, sql::PUT_GRANTS, &[users, tenants, roles, groups, rules, sources]),
            of_many(connection, &let_go.1, sql::LET_GO, &[&let_go.0, &let_go.1]),
            of_many(connection, &held.1, sql::HOLD, &[&held.0, &held.1]),
            counted,
        )?;
        Ok(())
    }
}

/// One statement for all of these people, or none.
async fn of_many(
    connection: &Connection,
    people: &[Uuid],
    statement: &'static str,
    values: Values<'_>,
) -> Result<(), Setback> {
    if !people.is_empty() {
        connection.run(statement, values).await?;
    }
    Ok(())
}
