//! Whether the chain of records is what was written, also beside a running endpoint.
//!
//! One read transaction, one record in memory at a time. It changes nothing.

use super::super::chain::head;
use super::super::inventory::{identify, read_only};
use super::super::migrate::{CHAINED_SINCE, CUT_SINCE};
use super::super::open::{FILE, is_damage};
use super::super::record::cut_off;
use crate::store::StoreError;
use crate::store::chain::{Anchor, Hash};
use crate::store::walk::{Found, Misfit, Verified, Walk};
use rusqlite::Connection;
use std::path::Path;
use uuid::Uuid;

/// Verifies the records of the store in `data`, and that the link `expect` is among them.
///
/// Fails with [`StoreError::Broken`] at the first position that does not fit.
pub fn verify(data: &Path, expect: Option<Anchor>) -> Result<Verified, StoreError> {
    let walked = walk(data, expect).map_err(|error| match error {
        StoreError::Sqlite(error) if is_damage(&error) => {
            StoreError::Corrupt { data: data.display().to_string(), problem: error.to_string() }
        }
        other => other,
    });
    walked?.map_err(|Misfit(position, problem)| StoreError::Broken {
        data: data.display().to_string(),
        position: position.to_string(),
        problem,
    })
}

fn walk(data: &Path, expect: Option<Anchor>) -> Result<Result<Verified, Misfit>, StoreError> {
    let file = data.join(FILE);
    let connection = read_only(&file)?;
    let found = identify(&connection, &file)?;
    if found < CHAINED_SINCE {
        return Err(StoreError::Unchained { data: data.display().to_string(), found, needed: CHAINED_SINCE });
    }
    // The records and the head of one moment: the writer may go on.
    let moment = connection.unchecked_transaction()?;
    let cut = if found < CUT_SINCE { None } else { cut_off(&moment)? };
    let mut walk = Walk::begin(expect).behind(cut);
    if let Err(misfit) = records(&moment, &mut walk)? {
        return Ok(Err(misfit));
    }
    Ok(walk.end(head(&moment)?.map(|head| (head.number, head.hash))))
}

fn records(connection: &Connection, walk: &mut Walk) -> Result<Result<(), Misfit>, rusqlite::Error> {
    let mut statement =
        connection.prepare("SELECT position, incarnation, id, body, digest, hash FROM record ORDER BY position")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let found = Found {
            number: row.get(0).ok(),
            incarnation: row.get(1).ok(),
            id: row.get(2).ok().map(Uuid::from_bytes),
            body: row.get_ref(3).ok().and_then(|body| body.as_str().ok()),
            digest: row.get(4).ok().map(Hash),
            hash: row.get(5).ok().map(Hash),
        };
        if let Err(misfit) = walk.step(found) {
            return Ok(Err(misfit));
        }
    }
    Ok(Ok(()))
}
