//! Messages that could not be applied, the newest of them (C004).

use super::super::contract::FAILED_KEPT;
use super::super::error::StoreError;
use super::super::row::{FailedRow, opaque_key};
use super::PostgresStore;
use super::ask::{asked, together};
use super::connection::Connection;
use super::row::{get, json, text};
use super::setback::Setback;
use super::statement as sql;
use tokio_postgres::Row;
use uuid::Uuid;

/// A failed event as it now stands; the oldest go when there are too many.
pub(super) async fn put(connection: &Connection, row: &FailedRow) -> Result<(), Setback> {
    let FailedRow { id, subject, event, message } = row;
    let (event, message) = (text("failed event", event)?, text("failed event", message)?);
    together!(
        connection.run(sql::PUT_FAILED, &[id, &opaque_key(subject), &event, &message]),
        connection.run(sql::FORGET_FAILED, &[&i64::from(FAILED_KEPT.saturating_sub(1))]),
    )?;
    Ok(())
}

/// `id, subject, event, message`.
fn parse(row: &Row) -> Result<FailedRow, Setback> {
    let (event, message): (String, String) = (get(row, 2)?, get(row, 3)?);
    Ok(FailedRow {
        id: get(row, 0)?,
        subject: get(row, 1)?,
        event: json("failed event", &event)?,
        message: json("failed event", &message)?,
    })
}

impl PostgresStore {
    /// The first `limit` failed events before `before` (all without it), the newest first.
    pub async fn failed(&self, before: Option<Uuid>, limit: u32) -> Result<Vec<FailedRow>, StoreError> {
        let before = before.unwrap_or(Uuid::max());
        asked!(self, connection => {
            let rows = connection.rows(sql::FAILED_BEFORE, &[&before, &i64::from(limit)]).await?;
            rows.iter().map(parse).collect::<Result<Vec<_>, _>>()
        })
    }

    /// One failed event.
    pub async fn failed_by_id(&self, id: Uuid) -> Result<Option<FailedRow>, StoreError> {
        asked!(self, connection => {
            connection.row(sql::FAILED_BY_ID, &[&id]).await?.as_ref().map(parse).transpose()
        })
    }

    /// The failed events about these subjects, oldest first.
    pub async fn failed_about(&self, subjects: Vec<String>) -> Result<Vec<FailedRow>, StoreError> {
        let subjects: Vec<String> = subjects.iter().map(|subject| opaque_key(subject)).collect();
        asked!(self, connection => {
            let rows = connection.rows(sql::FAILED_ABOUT, &[&subjects]).await?;
            let mut found = rows.iter().map(parse).collect::<Result<Vec<_>, _>>()?;
            found.sort_by_key(|row| row.id);
            Ok(found)
        })
    }
}
