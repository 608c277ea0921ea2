//! Records as they are read again, and the oldest of them cut off. C005, C006.
//!
//! Only the writer cuts: it knows where the chain ends.

use super::super::chain::{Anchor, Hash, Position};
use super::super::cut::{by_number, furthest, is_of_a_cut, is_over, record};
use super::super::error::StoreError;
use super::super::row::{Extent, KeptRecord};
use super::SqliteStore;
use super::chain::{Head, append};
use super::readers::Reach;
use super::row::{id, key};
use crate::config::AuditRetention;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};
use tokio::sync::watch;
use uuid::Uuid;

impl SqliteStore {
    /// The first `limit` records behind a number, in their order.
    pub async fn records(&self, after: u64, limit: u32) -> Result<Vec<KeptRecord>, StoreError> {
        // A number that no record has may be larger than SQLite takes.
        let after = i64::try_from(after).unwrap_or(i64::MAX);
        self.readers
            .read(Reach::Wide, move |connection| {
                let mut statement = connection.prepare_cached(
                    "SELECT position, incarnation, id, body FROM record WHERE position > ?1 ORDER BY position LIMIT ?2",
                )?;
                let rows = statement.query_map(params![after, limit], |row| {
                    let position = Position { number: row.get(0)?, incarnation: row.get(1)? };
                    Ok(KeptRecord { position, id: id(row, 2)?, body: row.get(3)? })
                })?;
                Ok(rows.collect::<Result<_, _>>()?)
            })
            .await
    }

    /// The bodies of these records, in the order asked; what is not kept any more is left out.
    pub async fn records_by_id(&self, ids: Vec<Uuid>) -> Result<Vec<(Uuid, String)>, StoreError> {
        self.readers
            .read(Reach::Wide, move |connection| {
                let mut statement = connection.prepare_cached("SELECT body FROM record WHERE id = ?1")?;
                let mut found = Vec::with_capacity(ids.len());
                for id in ids {
                    let body: Option<String> = statement.query_row([key(id)], |row| row.get(0)).optional()?;
                    found.extend(body.map(|body| (id, body)));
                }
                Ok(found)
            })
            .await
    }

    /// The number of the last record; moves on after each commit with one.
    pub fn appended(&self) -> watch::Receiver<u64> {
        self.writer.appended()
    }

    /// Where the kept records begin and end.
    pub async fn extent(&self) -> Result<Extent, StoreError> {
        self.readers
            .read(Reach::Point, |connection| {
                let mut statement = connection
                    .prepare_cached("SELECT position, incarnation FROM record ORDER BY position DESC LIMIT 1")?;
                let last = statement
                    .query_row([], |row| Ok(Position { number: row.get(0)?, incarnation: row.get(1)? }))
                    .optional()?;
                let last = last.unwrap_or(Position { incarnation: 0, number: 0 });
                Ok(Extent { cut: cut_off(connection)?.map_or(0, |(number, _)| number), last })
            })
            .await
    }

    /// See [`super::super::Store::cut`].
    pub async fn cut(&self, keep: AuditRetention, now: Timestamp) -> Result<u64, StoreError> {
        self.writer.cut(keep, now).await
    }
}

/// The number and the link up to which records were cut off, as far as they can be read.
pub(super) fn cut_off(connection: &Connection) -> Result<Option<(u64, Hash)>, rusqlite::Error> {
    let mut statement = connection.prepare_cached("SELECT position, hash FROM chain_cut WHERE one = 1")?;
    let found = statement.query_row([], |row| Ok((row.get(0).ok(), row.get(1).ok()))).optional()?;
    Ok(found.and_then(|(number, hash)| Some((number?, Hash(hash?)))))
}

/// Cuts off what need not be kept and appends the record of it: the head of the chain then, which is not written down
/// yet, and how many records went.
pub(super) fn cut(
    connection: &Connection,
    keep: AuditRetention,
    now: Timestamp,
    incarnation: u32,
    head: Head,
) -> Result<(Head, u64), StoreError> {
    let before = cut_off(connection)?.map_or(0, |(number, _)| number);
    let furthest = furthest(before, head.number);
    let mut up_to = by_number(keep, before, head.number).min(furthest);
    if keep.max_age_s.is_some() {
        up_to = by_age(connection, keep, now, (up_to, furthest))?;
    }
    let gone = up_to - before;
    if gone == 0 || (gone == 1 && is_of_a_cut(&body(connection, up_to)?)) {
        return Ok((head, 0));
    }
    let mut statement = connection.prepare_cached("SELECT incarnation, hash FROM record WHERE position = ?1")?;
    let read = |row: &rusqlite::Row<'_>| {
        let position = Position { number: up_to, incarnation: row.get(0)? };
        Ok(Anchor { position, hash: Hash(row.get(1)?) })
    };
    let anchor = statement.query_row([up_to], read)?;
    connection.prepare_cached("DELETE FROM record WHERE position <= ?1")?.execute([up_to])?;
    connection
        .prepare_cached(
            "INSERT INTO chain_cut (one, position, hash) VALUES (1, ?1, ?2) \
             ON CONFLICT (one) DO UPDATE SET position = excluded.position, hash = excluded.hash",
        )?
        .execute(params![up_to, anchor.hash.0])?;
    Ok((append(connection, &record(anchor, gone, now), incarnation, head)?, gone))
}

/// How far the records behind one number, up to another, are older than they have to be kept.
fn by_age(
    connection: &Connection,
    keep: AuditRetention,
    now: Timestamp,
    (after, furthest): (u64, u64),
) -> Result<u64, StoreError> {
    let mut statement = connection
        .prepare_cached("SELECT position, id FROM record WHERE position > ?1 AND position <= ?2 ORDER BY position")?;
    let mut rows = statement.query([after, furthest])?;
    let mut up_to = after;
    while let Some(row) = rows.next()? {
        if !is_over(keep, id(row, 1)?, now) {
            break;
        }
        up_to = row.get(0)?;
    }
    Ok(up_to)
}

fn body(connection: &Connection, number: u64) -> Result<String, StoreError> {
    let mut statement = connection.prepare_cached("SELECT body FROM record WHERE position = ?1")?;
    Ok(statement.query_row([number], |row| row.get(0))?)
}
