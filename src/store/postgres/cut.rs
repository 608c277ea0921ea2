//! Cutting the oldest records off. C005.
//!
//! The record that says so gets its number after its transaction, like any other: it is appended first, and what it
//! names goes once it stands in the chain. Both are done with the head of the chain held, so that nothing is numbered
//! or erased meanwhile, and two processes that cut do it one after the other. A process that ends in between leaves the
//! second step to the next call, whoever makes it.

use super::super::chain::{Anchor, Hash, Position, Sealed, contents, seal};
use super::super::cut::{by_number, furthest, is_of_a_cut, is_over, record};
use super::super::error::StoreError;
use super::PostgresStore;
use super::ask::together;
use super::connection::Connection;
use super::record::incarnation;
use super::row::{count, get, number};
use super::sequencer::{hash, head};
use super::setback::Setback;
use super::statement as sql;
use crate::config::AuditRetention;
use jiff::Timestamp;
use std::time::Duration;
use tokio::time::{Instant, timeout, timeout_at};
use uuid::Uuid;

/// How long to wait until the record of a cut has its number; what waits longer is done by a later call.
const NUMBERED_WITHIN: Duration = Duration::from_secs(3);
/// How long one step may take.
const STEP_WITHIN: Duration = Duration::from_secs(10);

/// Up to where the chain was cut off.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cut {
    /// The last record that is gone; 0 = none is.
    pub number: u64,
    /// Its link.
    pub hash: Hash,
    /// The record of the next cut, which has no number yet or had none when it was last looked at.
    announced: Option<Uuid>,
}

/// What one step came to.
enum Step {
    /// There is nothing to cut.
    Nothing,
    /// A cut is on record, and waits for its number.
    Announced,
    /// So many records went.
    Gone(u64),
}

impl PostgresStore {
    /// See [`super::super::Store::cut`]. Waits a few seconds for the record of the cut to get its number; 0 when that
    /// was not enough.
    pub async fn cut(&self, keep: AuditRetention, now: Timestamp) -> Result<u64, StoreError> {
        let until = Instant::now() + NUMBERED_WITHIN;
        let mut appended = self.appended();
        loop {
            appended.mark_unchanged();
            // Not asked again where no answer came: whether it was done is seen by the next call.
            let step = timeout(STEP_WITHIN, self.step(keep, now)).await;
            match step.unwrap_or_else(|_| Err(Setback::Again("no answer in time".to_owned())))? {
                Step::Nothing => return Ok(0),
                Step::Gone(records) => return Ok(records),
                Step::Announced => {
                    if !matches!(timeout_at(until, appended.changed()).await, Ok(Ok(()))) {
                        return Ok(0);
                    }
                }
            }
        }
    }

    async fn step(&self, keep: AuditRetention, now: Timestamp) -> Result<Step, Setback> {
        let mut session = self.inner.connections.take().await?;
        session.begin();
        let connection = session.connection()?;
        connection.run(sql::BEGIN, &[]).await?;
        let step = within(connection, keep, now).await?;
        connection.say(sql::COMMIT).await?;
        session.end();
        Ok(step)
    }
}

async fn within(connection: &Connection, keep: AuditRetention, now: Timestamp) -> Result<Step, Setback> {
    let last = head(connection.row(sql::HOLD_CHAIN_HEAD, &[]).await?.as_ref())?.number;
    let cut = cut_off(connection).await?;
    if let Some(id) = cut.announced
        && let Some(row) = connection.row(sql::RECORDS_OF_IDS, &[&vec![id]]).await?
    {
        return match get::<Option<i64>>(&row, 1)? {
            None => Ok(Step::Announced),
            Some(_) => carry_out(connection, cut, &get::<String>(&row, 2)?).await.map(Step::Gone),
        };
    }
    let Some(up_to) = wanted(connection, keep, now, cut.number, last).await? else { return Ok(Step::Nothing) };
    let record = record(up_to, up_to.position.number - cut.number, now);
    let Sealed { body, digest } = seal(&record);
    together!(
        connection.run(sql::INSERT_RECORD, &[&record.id, &body, &digest.0.as_slice()]),
        connection.run(sql::ANNOUNCE_CUT, &[&record.id]),
    )?;
    Ok(Step::Announced)
}

/// The last record that is to go, if any is.
async fn wanted(
    connection: &Connection,
    keep: AuditRetention,
    now: Timestamp,
    cut: u64,
    last: u64,
) -> Result<Option<Anchor>, Setback> {
    let furthest = furthest(cut, last);
    let mut up_to = by_number(keep, cut, last).min(furthest);
    if keep.max_age_s.is_some() {
        for row in connection.rows(sql::IDS_OF_RECORDS, &[&number(up_to), &number(furthest)]).await? {
            if !is_over(keep, get(&row, 1)?, now) {
                break;
            }
            up_to = count(&row, 0)?;
        }
    }
    if up_to <= cut {
        return Ok(None);
    }
    let missing = || Setback::Final(StoreError::Postgres(format!("there is no record of the number {up_to}")));
    let row = connection.row(sql::RECORD_AT, &[&number(up_to)]).await?.ok_or_else(missing)?;
    if up_to - cut == 1 && is_of_a_cut(&get::<String>(&row, 2)?) {
        return Ok(None);
    }
    let position = Position { incarnation: incarnation(&row, 0)?, number: up_to };
    Ok(Some(Anchor { position, hash: hash(&row, 1)? }))
}

/// The records that a record of the chain says are cut off go; how many went.
async fn carry_out(connection: &Connection, cut: Cut, body: &str) -> Result<u64, Setback> {
    let up_to = contents(body).and_then(|said| said.head["what"]["upTo"].as_str()?.parse::<Anchor>().ok());
    let unreadable = || Setback::Final(StoreError::Postgres("the record of a cut does not say how far".to_owned()));
    let Anchor { position, hash } = up_to.filter(|up_to| up_to.position.number > cut.number).ok_or_else(unreadable)?;
    let (gone, _) = together!(
        connection.run(sql::CUT_RECORDS, &[&number(position.number)]),
        connection.run(sql::MOVE_CUT, &[&number(position.number), &hash.0.as_slice()]),
    )?;
    Ok(gone)
}

/// Up to where the chain was cut off.
pub(super) async fn cut_off(connection: &Connection) -> Result<Cut, Setback> {
    let missing = || Setback::Final(StoreError::Postgres("where the chain was cut off is missing".to_owned()));
    let row = connection.row(sql::READ_CUT, &[]).await?.ok_or_else(missing)?;
    Ok(Cut { number: count(&row, 0)?, hash: hash(&row, 1)?, announced: get(&row, 2)? })
}

#[cfg(test)]
#[path = "cut_tests.rs"]
mod tests;
