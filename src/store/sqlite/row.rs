//! Reading and writing columns: ids as 16 bytes, times as microseconds, bodies as JSON text.

use super::super::error::StoreError;
use jiff::Timestamp;
use rusqlite::Row;
use serde::Serialize;
use serde::de::DeserializeOwned;
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

/// JSON text.
pub(super) fn json<T: DeserializeOwned>(what: &'static str, text: &str) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|source| StoreError::Unreadable { what, source })
}

/// A value as JSON text.
pub(super) fn text(what: &'static str, value: &impl Serialize) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|source| StoreError::Unreadable { what, source })
}
