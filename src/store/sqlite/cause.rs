//! Which records made a person's part in groups what it is: kept where it changes, read for who asks why (C002).
//!
//! A cause is the id of a record, which may have been cut off since.

use super::super::error::StoreError;
use super::super::row::{Causes, GroupId, UserId, opaque_key};
use super::SqliteStore;
use super::readers::Reach;
use super::row::key;
use rusqlite::{Connection, OptionalExtension, Params, params};
use uuid::Uuid;

impl SqliteStore {
    /// See [`super::super::Store::causes`].
    pub async fn causes(&self, user: UserId, groups: Vec<GroupId>, names: Vec<String>) -> Result<Causes, StoreError> {
        self.readers.read(Reach::Wide, move |connection| causes(connection, user, groups, names)).await
    }
}

fn causes(
    connection: &Connection,
    user: UserId,
    groups: Vec<GroupId>,
    names: Vec<String>,
) -> Result<Causes, StoreError> {
    const JOINED: &str = "SELECT cause FROM membership WHERE group_id = ?1 AND user_id = ?2";
    const LEFT: &str = "SELECT cause FROM departure WHERE group_id = ?1 AND user_id = ?2";
    const GONE: &str = "SELECT cause FROM name_gone WHERE name = ?1";
    const STATUS: &str = "SELECT cause FROM user_status WHERE user_id = ?1";
    let mut causes = Causes { status: cause(connection, STATUS, [key(user.0)])?, ..Causes::default() };
    for group in groups {
        let of = [key(group.0), key(user.0)];
        causes.joined.extend(cause(connection, JOINED, of)?.map(|cause| (group, cause)));
        causes.left.extend(cause(connection, LEFT, of)?.map(|cause| (group, cause)));
    }
    for name in names {
        causes.gone.extend(cause(connection, GONE, [opaque_key(&name)])?.map(|cause| (name, cause)));
    }
    Ok(causes)
}

/// `None` where there is no row, and where its cause is not known.
fn cause(connection: &Connection, sql: &str, values: impl Params) -> Result<Option<Uuid>, StoreError> {
    let mut statement = connection.prepare_cached(sql)?;
    let found: Option<Option<[u8; 16]>> = statement.query_row(values, |row| row.get(0)).optional()?;
    Ok(found.flatten().map(Uuid::from_bytes))
}

/// What made a user leave a group.
pub(super) fn departed(connection: &Connection, group: GroupId, user: UserId, cause: Uuid) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO departure (user_id, group_id, cause) VALUES (?1, ?2, ?3) \
             ON CONFLICT (user_id, group_id) DO UPDATE SET cause = excluded.cause",
        )?
        .execute(params![key(user.0), key(group.0), key(cause)])?;
    Ok(())
}

/// What made the last group of a folded name go, or of what else it was known by.
pub(super) fn name_gone(connection: &Connection, name: &str, cause: Uuid) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO name_gone (name, cause) VALUES (?1, ?2) \
             ON CONFLICT (name) DO UPDATE SET cause = excluded.cause",
        )?
        .execute(params![opaque_key(name), key(cause)])?;
    Ok(())
}

/// What made a user active or inactive.
pub(super) fn put_status(connection: &Connection, user: UserId, cause: Uuid) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO user_status (user_id, cause) VALUES (?1, ?2) \
             ON CONFLICT (user_id) DO UPDATE SET cause = excluded.cause",
        )?
        .execute(params![key(user.0), key(cause)])?;
    Ok(())
}
