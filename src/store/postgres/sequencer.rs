//! The sequencer: gives records their positions and links, in batches, by whichever process holds the lease. C005.
//!
//! A record gets its position after its transaction, since a number that every transaction takes would make each wait
//! for the one before. Of two records about one person the later one is numbered later: it was written once the other's
//! transaction had let go of that person, so its `arrived` is later, and whoever sees it sees the other.

use super::super::chain::{Hash, Position, link};
use super::super::contract::Fence;
use super::super::error::StoreError;
use super::PostgresStore;
use super::ask::together;
use super::connection::Connection;
use super::row::{count, get, number};
use super::setback::Setback;
use super::{lease, statement as sql};
use std::time::Duration;
use tokio_postgres::Row;
use uuid::Uuid;

/// One process at a time numbers records.
const LEASE: &str = "sequencer";
/// How long the lease lasts when it is not prolonged.
const LEASE_FOR: Duration = Duration::from_secs(5);
/// How often there is a batch: a record is at most a second behind.
const EVERY: Duration = Duration::from_millis(250);
/// Records of one batch.
const BATCH: i64 = 1_000;
/// How long one batch may take.
const WITHIN: Duration = Duration::from_secs(10);

/// Where the chain ends.
#[derive(Debug, Clone, Copy)]
pub(super) struct Head {
    /// Of what is appended.
    pub incarnation: u32,
    /// The last record's number; 0 = there is none.
    pub number: u64,
    /// The last link.
    pub hash: Hash,
}

/// Numbers records until the store closes.
pub(super) async fn run(store: PostgresStore) {
    let mut reported = false;
    loop {
        let full = match tokio::time::timeout(WITHIN, batch(&store)).await {
            Ok(Ok(numbered)) => {
                reported = false;
                numbered == BATCH as usize
            }
            Ok(Err(Setback::Final(StoreError::LeaseLost { .. }))) => false,
            failed => {
                let cause = match failed {
                    Ok(Err(setback)) => StoreError::from(setback).to_string(),
                    _ => "no answer in time".to_owned(),
                };
                if !std::mem::replace(&mut reported, true) {
                    tracing::warn!(cause, "records are not numbered for now");
                }
                false
            }
        };
        let pause = if full { Duration::ZERO } else { EVERY };
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = store.inner.closing.cancelled() => return,
        }
    }
}

/// Numbers what has arrived; how many records that were.
async fn batch(store: &PostgresStore) -> Result<usize, Setback> {
    let mut session = store.inner.connections.take().await?;
    if session.connection()?.row(sql::UNNUMBERED, &[&1_i64]).await?.is_none() {
        return Ok(0);
    }
    let Some(fence) = store.lease(LEASE, LEASE_FOR).await? else { return Ok(0) };
    session.begin();
    let (numbered, last) = within(session.connection()?, &fence).await?;
    session.end();
    store.inner.sight.numbered(last);
    Ok(numbered)
}

/// How many records got a number, and the last one's.
async fn within(connection: &Connection, fence: &Fence) -> Result<(usize, u64), Setback> {
    connection.run(sql::BEGIN, &[]).await?;
    lease::check(connection, fence).await?;
    let head = head(connection.row(sql::HOLD_CHAIN_HEAD, &[]).await?.as_ref())?;
    // After the head is held: a batch that came before is seen as a whole.
    let rows = connection.rows(sql::UNNUMBERED, &[&BATCH]).await?;
    let (mut ids, mut positions, mut hashes) = (Vec::<Uuid>::new(), Vec::<i64>::new(), Vec::<Vec<u8>>::new());
    let (mut last, mut hash) = (head.number, head.hash);
    for row in &rows {
        let (id, digest) = (get(row, 0)?, self::hash(row, 1)?);
        last += 1;
        hash = link(hash, Position { incarnation: head.incarnation, number: last }, id, digest);
        ids.push(id);
        positions.push(number(last));
        hashes.push(hash.0.to_vec());
    }
    let incarnation = i64::from(head.incarnation);
    together!(
        connection.run(sql::NUMBER_RECORDS, &[&ids, &positions, &hashes, &incarnation]),
        connection.run(sql::MOVE_CHAIN_HEAD, &[&number(last), &hash.0.as_slice()]),
    )?;
    connection.say(sql::COMMIT).await?;
    Ok((rows.len(), last))
}

/// `incarnation, position, hash`.
pub(super) fn head(row: Option<&Row>) -> Result<Head, Setback> {
    let missing = || Setback::Final(StoreError::Postgres("the head of the chain of records is missing".to_owned()));
    let row = row.ok_or_else(missing)?;
    let incarnation: i64 = get(row, 0)?;
    Ok(Head {
        incarnation: u32::try_from(incarnation).map_err(|_| missing())?,
        number: count(row, 1)?,
        hash: hash(row, 2)?,
    })
}

/// A SHA-256.
pub(super) fn hash(row: &Row, column: usize) -> Result<Hash, Setback> {
    let bytes: Vec<u8> = get(row, column)?;
    let bytes = <[u8; 32]>::try_from(bytes.as_slice());
    bytes.map(Hash).map_err(|_| Setback::Final(StoreError::Postgres("a stored hash has not 32 bytes".to_owned())))
}
