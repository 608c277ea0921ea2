//! Messages that could not be applied, kept until they are superseded, tried again, or pushed out by newer ones (C004).

use super::super::contract::FAILED_KEPT;
use super::super::error::StoreError;
use super::super::row::{FailedRow, UserId, opaque_key};
use super::SqliteStore;
use super::readers::Reach;
use super::row::{id, json, key, text};
use rusqlite::{Connection, OptionalExtension, Row, params};
use std::collections::BTreeMap;
use uuid::Uuid;

/// Larger than every id.
const LAST: &[u8] = &[0xff; 17];

/// A row, nothing of it parsed yet.
struct Raw {
    id: Uuid,
    subject: String,
    event: String,
    message: String,
}

impl Raw {
    /// Reads `id, subject, event, message`.
    fn read(row: &Row<'_>) -> Result<Self, rusqlite::Error> {
        Ok(Self { id: id(row, 0)?, subject: row.get(1)?, event: row.get(2)?, message: row.get(3)? })
    }

    fn parse(self) -> Result<FailedRow, StoreError> {
        let Self { id, subject, event, message } = self;
        let (event, message) = (json("failed event", &event)?, json("failed event", &message)?);
        Ok(FailedRow { id, subject, event, message })
    }
}

impl SqliteStore {
    /// The first `limit` failed events before `before`, the newest first.
    pub async fn failed(&self, before: Option<Uuid>, limit: u32) -> Result<Vec<FailedRow>, StoreError> {
        self.readers
            .read(Reach::Wide, move |connection| {
                let before = before.map_or_else(|| LAST.to_vec(), |before| key(before).to_vec());
                let mut statement = connection.prepare_cached(
                    "SELECT id, subject, event, message FROM failed_event WHERE id < ?1 ORDER BY id DESC LIMIT ?2",
                )?;
                let rows = statement.query_map(params![before, limit], Raw::read)?;
                rows.map(|raw| raw?.parse()).collect()
            })
            .await
    }

    /// One failed event.
    pub async fn failed_by_id(&self, id: Uuid) -> Result<Option<FailedRow>, StoreError> {
        self.readers
            .read(Reach::Point, move |connection| {
                let mut statement =
                    connection.prepare_cached("SELECT id, subject, event, message FROM failed_event WHERE id = ?1")?;
                statement.query_row([key(id)], Raw::read).optional()?.map(Raw::parse).transpose()
            })
            .await
    }

    /// The failed events about these subjects, oldest first.
    pub async fn failed_about(&self, subjects: Vec<String>) -> Result<Vec<FailedRow>, StoreError> {
        self.readers
            .read(Reach::Wide, move |connection| {
                let mut statement = connection
                    .prepare_cached("SELECT id, subject, event, message FROM failed_event WHERE subject = ?1")?;
                let mut found = BTreeMap::new();
                for subject in &subjects {
                    for raw in statement.query_map([opaque_key(subject)], Raw::read)? {
                        let row = raw?.parse()?;
                        found.insert(row.id, row);
                    }
                }
                Ok(found.into_values().collect())
            })
            .await
    }
}

/// A failed event as it now stands; the oldest go when there are too many.
pub(super) fn put(connection: &Connection, row: &FailedRow) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO failed_event (id, subject, event, message) VALUES (?1, ?2, ?3, ?4) \
             ON CONFLICT (id) DO UPDATE SET subject = excluded.subject, event = excluded.event, \
             message = excluded.message",
        )?
        .execute(params![
            key(row.id),
            opaque_key(&row.subject),
            text("failed event", &row.event)?,
            text("failed event", &row.message)?,
        ])?;
    connection
        .prepare_cached(
            "DELETE FROM failed_event WHERE id IN \
             (SELECT id FROM failed_event ORDER BY id DESC LIMIT -1 OFFSET ?1)",
        )?
        .execute([FAILED_KEPT])?;
    Ok(())
}

/// Failed events that are over.
pub(super) fn delete(connection: &Connection, ids: &[Uuid]) -> Result<(), StoreError> {
    let mut statement = connection.prepare_cached("DELETE FROM failed_event WHERE id = ?1")?;
    for id in ids {
        statement.execute([key(*id)])?;
    }
    Ok(())
}

/// What failed about these subjects, each by its key, is forgotten, and every message that says this id; how many there
/// were.
pub(super) fn forget_about(connection: &Connection, subjects: &[String], user: UserId) -> Result<u64, StoreError> {
    let says = "DELETE FROM failed_event WHERE instr(lower(message), ?1) > 0";
    let mut gone = connection.prepare_cached(says)?.execute([user.to_string()])? as u64;
    let mut statement = connection.prepare_cached("DELETE FROM failed_event WHERE subject = ?1")?;
    for subject in subjects {
        gone += statement.execute([subject])? as u64;
    }
    Ok(gone)
}
