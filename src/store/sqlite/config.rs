//! The configuration in force: one row a revision, the newest counts.

use super::super::contract::InForce;
use super::super::error::StoreError;
use super::row::{json, text};
use crate::config::{Document, Enforced};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

/// Revisions kept for looking back; older ones go.
const REVISIONS_KEPT: u64 = 50;

/// The newest configuration, or none yet.
pub(super) fn in_force(connection: &Connection) -> Result<InForce, StoreError> {
    let row: Option<(u64, String, u64, String, Option<String>)> = connection
        .query_row(
            "SELECT revision, content_hash, epoch, document, enforced FROM config ORDER BY revision DESC LIMIT 1",
            [],
            |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?)),
        )
        .optional()?;
    let Some((revision, content_hash, epoch, document, enforced)) = row else { return Ok(InForce::empty()) };
    let document: Document = json("configuration", &document)?;
    let enforced = match enforced {
        None => Enforced::all_of(&document),
        Some(enforced) => json("configuration", &enforced)?,
    };
    Ok(InForce::enforcing(revision, content_hash, epoch, document, enforced))
}

/// A new configuration; of one whose revision is there only the epoch moves.
pub(super) fn put(connection: &Connection, config: &InForce, at: Timestamp) -> Result<(), StoreError> {
    let Some(document) = &config.document else { return Ok(()) };
    connection.execute(
        "INSERT INTO config (revision, content_hash, epoch, published, document, enforced) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (revision) DO UPDATE SET epoch = excluded.epoch",
        params![
            config.revision,
            config.content_hash,
            config.epoch,
            at.as_microsecond(),
            text("configuration", document)?,
            config.kept_enforced().map(|enforced| text("configuration", enforced)).transpose()?,
        ],
    )?;
    connection.execute("DELETE FROM config WHERE revision < ?1", [config.revision.saturating_sub(REVISIONS_KEPT)])?;
    Ok(())
}
