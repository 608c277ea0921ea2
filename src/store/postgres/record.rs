//! Records as they are read again (C005, C006).

use super::super::chain::Position;
use super::super::error::StoreError;
use super::super::row::{Extent, KeptRecord};
use super::PostgresStore;
use super::ask::asked;
use super::row::{count, get, number};
use super::setback::Setback;
use super::statement as sql;
use std::collections::BTreeMap;
use tokio::sync::watch;
use tokio_postgres::Row;
use uuid::Uuid;

impl PostgresStore {
    /// The first `limit` numbered records behind a number, in their order.
    pub async fn records(&self, after: u64, limit: u32) -> Result<Vec<KeptRecord>, StoreError> {
        asked!(self, connection => {
            let rows = connection.rows(sql::RECORDS_AFTER, &[&number(after), &i64::from(limit)]).await?;
            let record = |row: &Row| -> Result<KeptRecord, Setback> {
                let position = Position { number: count(row, 0)?, incarnation: incarnation(row, 1)? };
                Ok(KeptRecord { position, id: get(row, 2)?, body: get(row, 3)? })
            };
            rows.iter().map(record).collect::<Result<Vec<_>, _>>()
        })
    }

    /// The bodies of these records, in the order asked; what is not kept any more is left out.
    pub async fn records_by_id(&self, ids: Vec<Uuid>) -> Result<Vec<(Uuid, String)>, StoreError> {
        asked!(self, connection => {
            let mut found: BTreeMap<Uuid, String> = BTreeMap::new();
            for row in connection.rows(sql::RECORDS_OF_IDS, &[&ids]).await? {
                found.insert(get(&row, 0)?, get(&row, 2)?);
            }
            Ok(ids.iter().filter_map(|id| Some((*id, found.get(id)?.clone()))).collect::<Vec<_>>())
        })
    }

    /// The number of the last record; moves on when the chain is seen to have grown.
    pub fn appended(&self) -> watch::Receiver<u64> {
        self.inner.sight.appended()
    }

    /// Where the kept records begin and end.
    pub async fn extent(&self) -> Result<Extent, StoreError> {
        asked!(self, connection => {
            let missing = || Setback::Final(StoreError::Postgres("the ends of the chain are missing".to_owned()));
            let row = connection.row(sql::EXTENT, &[]).await?.ok_or_else(missing)?;
            let last = Position { number: count(&row, 1)?, incarnation: incarnation(&row, 2)? };
            Ok(Extent { cut: count(&row, 0)?, last })
        })
    }
}

/// An incarnation, which the database keeps in a wider number.
pub(super) fn incarnation(row: &Row, column: usize) -> Result<u32, Setback> {
    let wide: i64 = get(row, column)?;
    u32::try_from(wide).map_err(|_| Setback::Final(StoreError::Postgres(format!("{wide} is no incarnation"))))
}
