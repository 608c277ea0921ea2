//! The configuration in force: one row a revision, the head says which counts.

use super::super::contract::InForce;
use super::super::error::StoreError;
use super::ask::together;
use super::connection::Connection;
use super::row::{count, get, json, number, text};
use super::setback::Setback;
use super::statement as sql;
use crate::config::Document;
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
    Ok(InForce::new(count(&row, 0)?, get(&row, 1)?, count(&row, 2)?, document))
}

/// A new configuration; the head is held alone.
pub(super) async fn put(connection: &Connection, config: &InForce, at: Timestamp) -> Result<(), Setback> {
    let Some(document) = &config.document else { return Ok(()) };
    let (revision, epoch) = (number(config.revision), number(config.epoch));
    let document = text("configuration", document)?;
    together!(
        connection.run(sql::PUT_CONFIG, &[&revision, &config.content_hash, &epoch, &at.as_microsecond(), &document]),
        connection.run(sql::MOVE_HEAD, &[&revision, &epoch]),
        connection.run(sql::FORGET_CONFIGS, &[&number(config.revision.saturating_sub(REVISIONS_KEPT))]),
    )?;
    Ok(())
}
