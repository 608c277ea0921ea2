//! The gate: every change that has no lease goes through it before it reads the configuration, and is in it until it is
//! committed. So whoever has seen each of its rows empty once, after a configuration came into force, knows that
//! nothing decided by an earlier one is still to come.
//!
//! The rows are many so that changes which are in it together seldom write the same one; and so that each of them is
//! empty from time to time, for a change that shares a row does not wait behind whoever wants it alone.

use super::super::error::StoreError;
use super::PostgresStore;
use super::ask::asked;
use super::connection::Connection;
use super::setback::Setback;
use super::statement as sql;
use futures::future::try_join_all;
use uuid::Uuid;

/// Rows of the gate; those of the migration.
const STRIPES: i64 = 64;

/// Goes in, to stay until the transaction ends.
pub(super) async fn enter(connection: &Connection) -> Result<(), Setback> {
    let stripe = (Uuid::new_v4().as_u128() % STRIPES as u128) as i64;
    locked(connection.row(sql::ENTER_GATE, &[&stripe]).await?.is_some())
}

/// A row that is not there keeps nobody waiting: then nothing may be changed.
fn locked(is_there: bool) -> Result<(), Setback> {
    let missing = || Setback::Final(StoreError::Postgres("a row of the table `gate` is missing".to_owned()));
    is_there.then_some(()).ok_or_else(missing)
}

impl PostgresStore {
    /// Completes when every change that was begun before has ended, wherever it was begun.
    pub async fn quiesce(&self) -> Result<(), StoreError> {
        // Each row in a transaction of its own: nobody waits for more than one of them.
        asked!(self, connection => {
            let clear = async |stripe: i64| locked(connection.row(sql::CLEAR_GATE, &[&stripe]).await?.is_some());
            try_join_all((0..STRIPES).map(clear)).await.map(drop)
        })
    }
}
