//! Reading and writing columns: ids as UUIDs, times as microseconds, bodies as JSON text.

use super::super::error::StoreError;
use super::super::row::{GroupId, GroupRow, ResourceId, ResourceRow, RunRow, UserId, UserRow};
pub(super) use super::super::row::{json, text};
use super::setback::Setback;
use jiff::Timestamp;
use tokio_postgres::Row;
use tokio_postgres::types::FromSqlOwned;

/// A column's value.
pub(super) fn get<T: FromSqlOwned>(row: &Row, column: usize) -> Result<T, Setback> {
    row.try_get(column).map_err(|error| Setback::Final(StoreError::Postgres(error.to_string())))
}

/// Microseconds since 1970 UTC.
pub(super) fn time(row: &Row, column: usize) -> Result<Timestamp, Setback> {
    let microseconds: i64 = get(row, column)?;
    Timestamp::from_microsecond(microseconds)
        .map_err(|_| Setback::Final(StoreError::Postgres(format!("{microseconds} is no time"))))
}

/// A count; negative ones are damage.
pub(super) fn count(row: &Row, column: usize) -> Result<u64, Setback> {
    let number: i64 = get(row, column)?;
    u64::try_from(number).map_err(|_| Setback::Final(StoreError::Postgres(format!("{number} is no count"))))
}

/// A count as the database keeps it; they do not come near the limit.
pub(super) fn number(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// `id, account_enabled, reenabled, created, modified, version, body`.
pub(super) fn user(row: &Row) -> Result<UserRow, Setback> {
    let body: String = get(row, 6)?;
    Ok(UserRow {
        id: UserId(get(row, 0)?),
        account_enabled: get(row, 1)?,
        reenabled: get(row, 2)?,
        created: time(row, 3)?,
        modified: time(row, 4)?,
        version: count(row, 5)?,
        user: json("user", &body)?,
    })
}

/// `id, created, modified, version, body`.
pub(super) fn group(row: &Row) -> Result<GroupRow, Setback> {
    let body: String = get(row, 4)?;
    Ok(GroupRow {
        id: GroupId(get(row, 0)?),
        created: time(row, 1)?,
        modified: time(row, 2)?,
        version: count(row, 3)?,
        group: json("group", &body)?,
    })
}

/// `id, type, created, modified, version, body`; its keys are read beside it.
pub(super) fn resource(row: &Row) -> Result<ResourceRow, Setback> {
    let body: String = get(row, 5)?;
    Ok(ResourceRow {
        id: ResourceId(get(row, 0)?),
        kind: get(row, 1)?,
        created: time(row, 2)?,
        modified: time(row, 3)?,
        version: count(row, 4)?,
        resource: json("resource", &body)?,
        keys: Vec::new(),
    })
}

/// `spec_hash, cursor, covers, status, weighed`.
pub(super) fn run(row: &Row) -> Result<RunRow, Setback> {
    let (covers, status): (String, String) = (get(row, 2)?, get(row, 3)?);
    Ok(RunRow {
        spec_hash: get(row, 0)?,
        cursor: get::<Option<uuid::Uuid>>(row, 1)?.map(UserId),
        covers: json("run", &covers)?,
        status: json("run", &status)?,
        weighed: get(row, 4)?,
    })
}

/// The ids in the first column.
pub(super) fn users(rows: &[Row]) -> Result<Vec<UserId>, Setback> {
    rows.iter().map(|row| get(row, 0).map(UserId)).collect()
}

/// Ids as an array.
pub(super) fn keys<'a>(ids: impl IntoIterator<Item = &'a UserId>) -> Vec<uuid::Uuid> {
    ids.into_iter().map(|id| id.0).collect()
}
