//! Leases: what only one process at a time may do. Time is the database's; an epoch that has passed is refused in the
//! very transaction that would write under it.

use super::super::contract::Fence;
use super::super::error::StoreError;
use super::PostgresStore;
use super::ask::asked;
use super::connection::Connection;
use super::row::{count, number};
use super::setback::Setback;
use super::statement as sql;
use std::time::Duration;

impl PostgresStore {
    /// Takes or prolongs a lease for `time`; `None` while another process has it.
    pub async fn lease(&self, lease: &'static str, time: Duration) -> Result<Option<Fence>, StoreError> {
        let holder = &self.inner.holder;
        let milliseconds = time.as_secs_f64() * 1_000.0;
        // Asked again where no answer came: whoever has it by then prolongs it.
        asked!(self, connection => {
            let row = connection.row(sql::TAKE_LEASE, &[&lease, holder, &milliseconds]).await?;
            let epoch = row.map(|row| count(&row, 0)).transpose()?;
            Ok(epoch.map(|epoch| Fence { lease, holder: holder.clone(), epoch }))
        })
    }

    /// Gives up every lease of this process.
    pub async fn release(&self) -> Result<(), StoreError> {
        asked!(self, connection => connection.run(sql::RELEASE_LEASES, &[&self.inner.holder]).await.map(drop))
    }
}

/// Makes sure that the lease is still this process's, until the transaction ends.
pub(super) async fn check(connection: &Connection, fence: &Fence) -> Result<(), Setback> {
    let Fence { lease, holder, epoch } = fence;
    match connection.row(sql::CHECK_LEASE, &[lease, holder, &number(*epoch)]).await? {
        Some(_) => Ok(()),
        None => Err(Setback::Final(StoreError::LeaseLost { lease })),
    }
}
