//! Writing what a change decided.

use super::super::contract::Write;
use super::super::error::StoreError;
use super::super::row::Counter;
use super::row::key;
use super::{config, group, resource, rule, run, state, user};
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
        Write::InsertResource(row) => resource::insert(connection, row),
        Write::UpdateResource(row) => resource::update(connection, row),
        Write::DeleteResource(id) => resource::delete(connection, *id),
        Write::AddMembers(id, users) => group::add_members(connection, *id, users),
        Write::RemoveMembers(id, users) => group::remove_members(connection, *id, users),
        Write::PutGrants { user, before, after } => user::put_grants(connection, *user, before, after),
        Write::Evaluated { user, at, was_pending } => user::evaluated(connection, *user, *at, *was_pending),
        Write::QueueMembers(id) => {
            connection
                .prepare_cached(
                    "INSERT OR IGNORE INTO pending (user_id) SELECT user_id FROM membership WHERE group_id = ?1",
                )?
                .execute([key(id.0)])?;
            Ok(())
        }
        Write::QueueUsers(users) => {
            let mut statement = connection
                .prepare_cached("INSERT OR IGNORE INTO pending (user_id) SELECT id FROM user WHERE id = ?1")?;
            for user in users {
                statement.execute([key(user.0)])?;
            }
            Ok(())
        }
        Write::Unqueue(user) => {
            connection.prepare_cached("DELETE FROM pending WHERE user_id = ?1")?.execute([key(user.0)])?;
            Ok(())
        }
        Write::PutConfig { config, changed, at } => {
            config::put(connection, config, *at)?;
            rule::changed(connection, changed)
        }
        Write::InsertRun(row) | Write::UpdateRun(row) => run::put(connection, row),
        Write::StartRun { run, selectors } => run::start(connection, run, selectors),
        Write::MarkSynced { run, roles, selectors } => rule::mark_synced(connection, run, roles, selectors),
        Write::Uses { tokens, refused, last_request } => state::put_uses(connection, tokens, *refused, *last_request),
        Write::Count(counter) => count(connection, *counter),
    }
}

fn count(connection: &Connection, counter: Counter) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO counter (name, value) VALUES (?1, 1) ON CONFLICT (name) DO UPDATE SET value = value + 1",
        )?
        .execute([counter.name()])?;
    Ok(())
}
