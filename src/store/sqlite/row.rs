//! Reading and writing columns: ids as 16 bytes, times as microseconds, bodies as JSON text.

pub(super) use super::super::row::{json, text};
use jiff::Timestamp;
use rusqlite::Row;
use uuid::Uuid;

/// A 16-byte id.
pub(super) fn id(row: &Row<'_>, column: usize) -> Result<Uuid, rusqlite::Error> {
    let bytes: [u8; 16] = row.get(column)?;
    Ok(Uuid::from_bytes(bytes))
}

/// An id as SQLite keeps it.
pub(super) fn key(id: Uuid) -> [u8; 16] {
    *id.as_bytes()
}

/// Microseconds since 1970 UTC.
pub(super) fn time(row: &Row<'_>, column: usize) -> Result<Timestamp, rusqlite::Error> {
    let microseconds: i64 = row.get(column)?;
    Timestamp::from_microsecond(microseconds)
        .map_err(|_| rusqlite::Error::IntegralValueOutOfRange(column, microseconds))
}
