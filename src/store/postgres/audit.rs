//! Whether the chain of records in a database is what was written, also while endpoints work with it.

use super::super::chain::Anchor;
use super::super::error::StoreError;
use super::super::walk::{Found, Misfit, Verified, Walk};
use super::address::Address;
use super::connection::Connections;
use super::cut::cut_off;
use super::row::number;
use super::sequencer::{hash, head};
use super::setback::Setback;
use super::{Connection, statement as sql};

/// Records in memory at a time.
const BLOCK: i64 = 500;

/// Verifies the numbered records in the database at `address`, and that the link `expect` is among them.
///
/// Fails with [`StoreError::Broken`] at the first position that does not fit. Records of the last second may have no
/// number yet.
pub async fn verify(address: &Address, expect: Option<Anchor>) -> Result<Verified, StoreError> {
    let mut session = Connections::new(address.clone())?.take().await?;
    session.begin();
    let walked = walk(session.connection()?, expect).await?;
    walked.map_err(|Misfit(position, problem)| StoreError::Broken {
        data: format!("the schema {}", address.schema),
        position: position.to_string(),
        problem,
    })
}

/// Begins another incarnation, after the database was put back to an earlier moment: what is appended from now on has
/// other positions than what may have been appended after that moment. The incarnation, and the last record's number.
/// Every session ends: who has signed out since that moment is not known any more.
pub async fn begin_anew(address: &Address) -> Result<(u32, u64), StoreError> {
    let session = Connections::new(address.clone())?.take().await?;
    let connection = session.connection()?;
    connection.run(sql::END_ALL_SESSIONS, &[]).await?;
    let head = head(connection.row(sql::NEXT_INCARNATION, &[]).await?.as_ref())?;
    Ok((head.incarnation, head.number))
}

async fn walk(connection: &Connection, expect: Option<Anchor>) -> Result<Result<Verified, Misfit>, Setback> {
    // The records and the head of one moment.
    connection.run(sql::BEGIN_READING, &[]).await?;
    let cut = cut_off(connection).await?;
    let mut walk = Walk::begin(expect).behind((cut.number > 0).then_some((cut.number, cut.hash)));
    let mut last = cut.number;
    loop {
        let rows = connection.rows(sql::RECORDS_AFTER, &[&number(last), &BLOCK]).await?;
        for row in &rows {
            let body: Option<String> = row.try_get(3).ok();
            let incarnation: Option<i64> = row.try_get(1).ok();
            let position: Option<i64> = row.try_get(0).ok();
            let found = Found {
                number: position.and_then(|number| u64::try_from(number).ok()),
                incarnation: incarnation.and_then(|incarnation| u32::try_from(incarnation).ok()),
                id: row.try_get(2).ok(),
                body: body.as_deref(),
                digest: hash(row, 4).ok(),
                hash: hash(row, 5).ok(),
            };
            last = found.number.unwrap_or(last + 1);
            if let Err(misfit) = walk.step(found) {
                return Ok(Err(misfit));
            }
        }
        if rows.is_empty() {
            let head = connection.row(sql::READ_CHAIN_HEAD, &[]).await?;
            let head = head.map(|row| head_of(&row)).transpose()?;
            return Ok(walk.end(head));
        }
    }
}

fn head_of(row: &tokio_postgres::Row) -> Result<(u64, super::super::chain::Hash), Setback> {
    let head = head(Some(row))?;
    Ok((head.number, head.hash))
}
