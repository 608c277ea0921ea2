//! The configuration in force: one row a revision, the head says which counts.

use super::super::contract::InForce;
use super::super::error::StoreError;
use super::ask::together;
use super::connection::Connection;
use super::row::{count, get, json, number, text};
use super::setback::Setback;
use super::statement as sql;
use crate::config::{Document, Enforced};
use jiff::Timestamp;

/// Revisions kept for looking back; older ones go.
const REVISIONS_KEPT: u64 = 50;

/// The newest configuration, or none yet.
pub(super) async fn in_force(connection: &Connection) -> Result<InForce, Setback> {
    let Some(row) = connection.row(sql::READ_CONFIG, &[]).await? else {
        let head = connection.row(sql::READ_HEAD, &[]).await?;
        return match head {
            Some(head) if count(&head, 0)? == 0 => Ok(InForce::empty()),
            _ => Err(Setback::Final(StoreError::Postgres("the configuration in force is missing".to_owned()))),
        };
    };
    let document: String = get(&row, 3)?;
    let document: Document = json("configuration", &document)?;
    let (revision, content_hash, epoch) = (count(&row, 0)?, get(&row, 1)?, count(&row, 2)?);
    let enforced: Option<String> = get(&row, 4)?;
    let Some(enforced) = enforced else { return Ok(InForce::new(revision, content_hash, epoch, document)) };
    let enforced: Enforced = json("configuration", &enforced)?;
    Ok(InForce::enforcing(revision, content_hash, epoch, document, enforced))
}

/// A new configuration; the head is held alone.
pub(super) async fn put(connection: &Connection, config: &InForce, at: Timestamp) -> Result<(), Setback> {
    let Some(document) = &config.document else { return Ok(()) };
    let (revision, epoch) = (number(config.revision), number(config.epoch));
    let document = text("configuration", document)?;
    let enforced = config.kept_enforced().map(|enforced| text("configuration", enforced)).transpose()?;
    let (hash, at) = (&config.content_hash, at.as_microsecond());
    together!(
        connection.run(sql::PUT_CONFIG, &[&revision, hash, &epoch, &at, &document, &enforced]),
        connection.run(sql::MOVE_HEAD, &[&revision, &epoch]),
        connection.run(sql::FORGET_CONFIGS, &[&number(config.revision.saturating_sub(REVISIONS_KEPT))]),
    )?;
    Ok(())
}
