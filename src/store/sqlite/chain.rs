//! The chain of records in SQLite: its head, appending to it, and the incarnation its positions carry. C005.
//!
//! Only the writer appends. It knows the head by heart and writes it down once a batch.

use super::super::chain::{Hash, Position, Sealed, link, seal};
use super::super::error::StoreError;
use super::super::row::Record;
use super::inventory::read_only;
use super::row::key;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};
use std::path::Path;
use uuid::Uuid;

/// Where the chain ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Head {
    /// The last record's number; 0 = there is none.
    pub number: u64,
    /// The last link.
    pub hash: Hash,
}

/// The head as it is written down; `None` where it cannot be read.
pub(super) fn head(connection: &Connection) -> Result<Option<Head>, rusqlite::Error> {
    let mut statement = connection.prepare("SELECT position, hash FROM chain_head WHERE one = 1")?;
    let found = statement.query_row([], |row| Ok((row.get(0).ok(), row.get(1).ok()))).optional()?;
    Ok(found.and_then(|(number, hash)| Some(Head { number: number?, hash: Hash(hash?) })))
}

/// The head of a store that is opened for writing. Fails with [`StoreError::Broken`] when the last record is another
/// one: what is appended to such a chain would never fit.
pub(super) fn whole_head(connection: &Connection, data: &Path) -> Result<Head, StoreError> {
    let mut statement =
        connection.prepare("SELECT position, incarnation, hash FROM record ORDER BY position DESC LIMIT 1")?;
    let last = statement.query_row([], |row| Ok((row.get(0)?, row.get(1)?, Hash(row.get(2)?)))).optional()?;
    let (number, incarnation, hash) = last.unwrap_or((0, 0, Hash::START));
    match head(connection)? {
        Some(head) if head == (Head { number, hash }) => Ok(head),
        _ => Err(StoreError::Broken {
            data: data.display().to_string(),
            position: Position { incarnation, number }.to_string(),
            problem: "the head of the chain says that another record is the last one".to_owned(),
        }),
    }
}

/// Writes the head down.
pub(super) fn put_head(connection: &Connection, head: Head) -> Result<(), StoreError> {
    connection
        .prepare_cached("UPDATE chain_head SET position = ?1, hash = ?2 WHERE one = 1")?
        .execute(params![head.number, head.hash.0])?;
    Ok(())
}

/// Appends a record after `head`; the new head, which is not written down yet.
pub(super) fn append(
    connection: &Connection,
    record: &Record,
    incarnation: u32,
    head: Head,
) -> Result<Head, StoreError> {
    let Sealed { body, digest } = seal(record);
    let position = Position { incarnation, number: head.number + 1 };
    let hash = link(head.hash, position, record.id, digest);
    connection
        .prepare_cached(
            "INSERT INTO record (position, incarnation, id, body, digest, hash) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute(params![position.number, incarnation, key(record.id), body, digest.0, hash.0])?;
    Ok(Head { number: position.number, hash })
}

/// A new store's incarnation is one of so many seconds before: half a year.
const NEW_WITHIN: u32 = 1 << 24;

/// The store's incarnation; a store that has none gets one.
pub(super) fn incarnation(connection: &Connection, now: Timestamp) -> Result<u32, StoreError> {
    if let Some(known) = known_incarnation(connection)? {
        return Ok(known);
    }
    // Stores that are made in one second have incarnations of their own; a later one, which is the time, is above each.
    let new = seconds(now).saturating_sub(Uuid::new_v4().as_u128() as u32 % NEW_WITHIN);
    put_incarnation(connection, new)?;
    Ok(new)
}

/// Begins another incarnation in a backup that is to replace a store: what it appends has other positions than what
/// may have been appended after the backup was made. They are seconds since 1970 UTC, so that also a store that was
/// lost, and cannot be asked, had an earlier one.
pub(super) fn begin_anew(backup: &Path, replaced: &Path, now: Timestamp) -> Result<(), StoreError> {
    let ask = |connection: Connection| known_incarnation(&connection).ok().flatten();
    let replaced = read_only(replaced).ok().and_then(ask);
    let connection = Connection::open(backup)?;
    let known = known_incarnation(&connection)?.max(replaced);
    let later = known.map_or(0, |known| known.saturating_add(1));
    put_incarnation(&connection, seconds(now).max(later))
}

/// The incarnation, if there is one. It is in `meta`, so that a backup with older tables can have one.
pub(super) fn known_incarnation(connection: &Connection) -> Result<Option<u32>, rusqlite::Error> {
    let sql = "SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'incarnation'";
    connection.query_row(sql, [], |row| row.get(0)).optional()
}

fn put_incarnation(connection: &Connection, incarnation: u32) -> Result<(), StoreError> {
    connection.execute(
        "INSERT INTO meta (key, value) VALUES ('incarnation', ?1) \
         ON CONFLICT (key) DO UPDATE SET value = excluded.value",
        [incarnation.to_string()],
    )?;
    Ok(())
}

fn seconds(now: Timestamp) -> u32 {
    u32::try_from(now.as_second()).unwrap_or(0)
}
