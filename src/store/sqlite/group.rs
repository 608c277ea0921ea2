//! Groups and memberships: reading and writing. One member costs the same in a group of ten and of a million (C012).

use super::super::contract::{Delta, MemberIds};
use super::super::error::StoreError;
use super::super::row::{GroupId, GroupRow, UserId};
use super::cause::departed;
use super::row::{id, json, key, text, time};
use super::user;
use crate::scim::Reference;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};
use uuid::Uuid;

/// A row, its body not yet parsed.
pub(super) struct Raw {
    id: Uuid,
    created: Timestamp,
    modified: Timestamp,
    version: u64,
    body: String,
}

impl Raw {
    /// Reads `id, created, modified, version, body`.
    pub fn read(row: &Row<'_>) -> Result<Self, rusqlite::Error> {
        Ok(Self {
            id: id(row, 0)?,
            created: time(row, 1)?,
            modified: time(row, 2)?,
            version: row.get(3)?,
            body: row.get(4)?,
        })
    }

    /// Parses the body.
    pub fn parse(self) -> Result<GroupRow, StoreError> {
        let Self { id, created, modified, version, body } = self;
        Ok(GroupRow { id: GroupId(id), group: json("group", &body)?, created, modified, version })
    }
}

/// A group by id.
pub(super) fn find(connection: &Connection, group: GroupId) -> Result<Option<GroupRow>, StoreError> {
    let mut statement =
        connection.prepare_cached("SELECT id, created, modified, version, body FROM \"group\" WHERE id = ?1")?;
    statement.query_row([key(group.0)], Raw::read).optional()?.map(Raw::parse).transpose()
}

/// Which group bears a folded name.
pub(super) fn by_name(connection: &Connection, name: &str) -> Result<Option<GroupId>, StoreError> {
    let mut statement = connection.prepare_cached("SELECT id FROM \"group\" WHERE display_name = ?1")?;
    Ok(statement.query_row([name], |row| id(row, 0)).optional()?.map(GroupId))
}

/// A new group.
pub(super) fn insert(connection: &Connection, row: &GroupRow) -> Result<(), StoreError> {
    let mut statement = connection.prepare_cached(
        "INSERT INTO \"group\" (id, display_name, external_id, created, modified, version, body) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?;
    write(&mut statement, row)
}

/// A group's new attributes or version.
pub(super) fn update(connection: &Connection, row: &GroupRow) -> Result<(), StoreError> {
    let mut statement = connection.prepare_cached(
        "UPDATE \"group\" SET display_name = ?2, external_id = ?3, created = ?4, modified = ?5, version = ?6, \
         body = ?7 WHERE id = ?1",
    )?;
    write(&mut statement, row)
}

/// A group's members changed.
pub(super) fn touch(connection: &Connection, group: GroupId, at: Timestamp) -> Result<(), StoreError> {
    connection
        .prepare_cached("UPDATE \"group\" SET version = version + 1, modified = max(modified, ?2) WHERE id = ?1")?
        .execute(params![key(group.0), at.as_microsecond()])?;
    Ok(())
}

fn write(statement: &mut rusqlite::CachedStatement<'_>, row: &GroupRow) -> Result<(), StoreError> {
    statement.execute(params![
        key(row.id.0),
        row.name_key(),
        row.group.external_id(),
        row.created.as_microsecond(),
        row.modified.as_microsecond(),
        row.version,
        text("group", &row.group)?,
    ])?;
    Ok(())
}

/// A group and its memberships.
pub(super) fn delete(connection: &Connection, group: GroupId) -> Result<(), StoreError> {
    connection.prepare_cached("DELETE FROM membership WHERE group_id = ?1")?.execute([key(group.0)])?;
    connection.prepare_cached("DELETE FROM \"group\" WHERE id = ?1")?.execute([key(group.0)])?;
    Ok(())
}

/// New members; whoever is one already stays as they are, with what made them one.
pub(super) fn add_members(
    connection: &Connection,
    group: GroupId,
    users: &[UserId],
    cause: Uuid,
) -> Result<(), StoreError> {
    let mut statement =
        connection.prepare_cached("INSERT OR IGNORE INTO membership (group_id, user_id, cause) VALUES (?1, ?2, ?3)")?;
    for user in users {
        statement.execute([key(group.0), key(user.0), key(cause)])?;
    }
    Ok(())
}

/// Members who leave; of whoever is none nothing is kept.
pub(super) fn remove_members(
    connection: &Connection,
    group: GroupId,
    users: &[UserId],
    cause: Uuid,
) -> Result<(), StoreError> {
    let mut statement = connection.prepare_cached("DELETE FROM membership WHERE group_id = ?1 AND user_id = ?2")?;
    for user in users {
        if statement.execute(params![key(group.0), key(user.0)])? > 0 {
            departed(connection, group, *user, cause)?;
        }
    }
    Ok(())
}

/// The first members in the order of ids, and whether there are more than `limit`.
pub(super) fn members(
    connection: &Connection,
    group: GroupId,
    limit: usize,
) -> Result<(Vec<UserId>, bool), StoreError> {
    let mut statement =
        connection.prepare_cached("SELECT user_id FROM membership WHERE group_id = ?1 ORDER BY user_id LIMIT ?2")?;
    let rows = statement
        .query_map(params![key(group.0), i64::try_from(limit).unwrap_or(i64::MAX).saturating_add(1)], |row| {
            id(row, 0)
        })?;
    let mut ids: Vec<UserId> = rows.map(|id| id.map(UserId)).collect::<Result<_, _>>()?;
    let more = ids.len() > limit;
    ids.truncate(limit);
    Ok((ids, more))
}

/// All members as a SCIM group lists them.
pub(super) fn references(connection: &Connection, group: GroupId) -> Result<Vec<Reference>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT u.id, coalesce(u.body ->> 'displayName', u.body ->> 'userName') FROM membership m \
         JOIN user u ON u.id = m.user_id WHERE m.group_id = ?1 ORDER BY m.user_id",
    )?;
    let rows = statement
        .query_map([key(group.0)], |row| Ok(Reference { value: id(row, 0)?.to_string(), display: row.get(1)? }))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The next members behind `after`, as a SCIM group lists them.
pub(super) fn next_references(
    connection: &Connection,
    group: GroupId,
    after: Option<UserId>,
    limit: u32,
) -> Result<Vec<Reference>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT u.id, coalesce(u.body ->> 'displayName', u.body ->> 'userName') FROM membership m \
         JOIN user u ON u.id = m.user_id WHERE m.group_id = ?1 AND m.user_id > ?2 ORDER BY m.user_id LIMIT ?3",
    )?;
    let after = key(after.map_or(Uuid::nil(), |after| after.0));
    let rows = statement.query_map(params![key(group.0), after, limit], |row| {
        Ok(Reference { value: id(row, 0)?.to_string(), display: row.get(1)? })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Who really joins and who really leaves.
pub(super) fn delta(connection: &Connection, asked: &MemberIds) -> Result<Delta, StoreError> {
    let mut delta = Delta::default();
    for user in &asked.add {
        if let Some(group) = asked.group
            && is_member(connection, group, *user)?
        {
            continue;
        }
        if user::exists(connection, *user)? { delta.joined.push(*user) } else { delta.unknown.push(*user) }
    }
    let Some(group) = asked.group else { return Ok(delta) };
    if asked.clear {
        let (current, _) = members(connection, group, usize::MAX)?;
        delta.left = current.into_iter().filter(|user| !asked.add.contains(user)).collect();
    } else {
        for user in &asked.remove {
            if is_member(connection, group, *user)? {
                delta.left.push(*user);
            }
        }
    }
    Ok(delta)
}

/// Whether a user is in a group.
pub(super) fn is_member(connection: &Connection, group: GroupId, user: UserId) -> Result<bool, StoreError> {
    let mut statement = connection.prepare_cached("SELECT 1 FROM membership WHERE group_id = ?1 AND user_id = ?2")?;
    Ok(statement.exists(params![key(group.0), key(user.0)])?)
}
