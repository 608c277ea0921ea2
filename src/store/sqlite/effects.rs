//! Writing what a change decided.

use super::super::contract::Write;
use super::super::error::StoreError;
use super::super::row::{Counter, GroupId, UserId};
use super::row::key;
use super::{access, account, cause, config, failed, group, identity, resource, rule, run, state, user};
use rusqlite::Connection;

/// Carries out one write.
pub(super) fn write(connection: &Connection, write: &Write) -> Result<(), StoreError> {
    match write {
        Write::InsertUser(row) => user::insert(connection, row),
        Write::UpdateUser(row) => user::update(connection, row),
        Write::DeleteUser(id) => user::delete(connection, *id),
        Write::InsertGroup(row) => group::insert(connection, row),
        Write::UpdateGroup(row) => group::update(connection, row),
        Write::TouchGroup(id, at) => group::touch(connection, *id, *at),
        Write::DeleteGroup(id) => group::delete(connection, *id),
        Write::NameGone(name, by) => cause::name_gone(connection, name, *by),
        Write::InsertResource(row) => resource::insert(connection, row),
        Write::UpdateResource(row) => resource::update(connection, row),
        Write::DeleteResource(id) => resource::delete(connection, *id),
        Write::AddMembers(id, users, by) => group::add_members(connection, *id, users, *by),
        Write::RemoveMembers(id, users, by) => group::remove_members(connection, *id, users, *by),
        Write::PutStatus(user, by) => cause::put_status(connection, *user, *by),
        Write::PutAccount(account) => account::put(connection, account),
        Write::DeleteAccount(id) => account::delete(connection, *id),
        Write::PutIdentity(identity) => identity::put(connection, identity),
        Write::EndSessions(user) => identity::end_sessions(connection, *user),
        Write::PutGrants { user, before, after } => user::put_grants(connection, *user, before, after),
        Write::Evaluated { user, at, was_pending } => user::evaluated(connection, *user, *at, *was_pending),
        Write::QueueMembers(id) => queue_members(connection, *id),
        Write::QueueUsers(users) => queue_users(connection, users),
        Write::Unqueue(user) => {
            connection.prepare_cached("DELETE FROM pending WHERE user_id = ?1")?.execute([key(user.0)])?;
            Ok(())
        }
        Write::PutConfig { config, changed, at } => {
            config::put(connection, config, *at)?;
            rule::changed(connection, changed)
        }
        Write::InsertRun(row) => run::insert(connection, row),
        Write::UpdateRun(row) => run::update(connection, row),
        Write::StartRun { run, selectors } => run::start(connection, run, selectors),
        Write::MarkSynced { run, roles, selectors } => rule::mark_synced(connection, run, roles, selectors),
        Write::PutRunChanges(uid, changes) => run::put_changes(connection, uid, changes),
        Write::ForgetRunChanges(uid) => run::forget_changes(connection, uid),
        Write::AllEvaluated(at) => access::all_evaluated(connection, *at),
        Write::PutFailed(row) => failed::put(connection, row),
        Write::DeleteFailed(ids) => failed::delete(connection, ids),
        Write::Uses { tokens, refused, last_request } => state::put_uses(connection, tokens, *refused, *last_request),
        Write::Count(counter) => count(connection, *counter),
    }
}

fn queue_members(connection: &Connection, group: GroupId) -> Result<(), StoreError> {
    connection
        .prepare_cached("INSERT OR IGNORE INTO pending (user_id) SELECT user_id FROM membership WHERE group_id = ?1")?
        .execute([key(group.0)])?;
    Ok(())
}

fn queue_users(connection: &Connection, users: &[UserId]) -> Result<(), StoreError> {
    let mut statement =
        connection.prepare_cached("INSERT OR IGNORE INTO pending (user_id) SELECT id FROM user WHERE id = ?1")?;
    for user in users {
        statement.execute([key(user.0)])?;
    }
    Ok(())
}

fn count(connection: &Connection, counter: Counter) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO counter (name, value) VALUES (?1, 1) ON CONFLICT (name) DO UPDATE SET value = value + 1",
        )?
        .execute([counter.name()])?;
    Ok(())
}
