//! Taking out of the records in a database what they say of a person; the chain stays whole, endpoints go on. What is
//! kept of them beside the records goes as well: whom runs changed, failed messages, by what they signed in.
//!
//! The person must be no user any more, and have no account. The database keeps what it replaced until it is vacuumed,
//! and its log and its backups longer: that is for who looks after it.

use super::super::chain::{self, Contents, Sealed, seal};
use super::super::erase::{Erased, Known, a_user, an_account, bearers, one_of, record};
use super::super::error::StoreError;
use super::super::row::{AccountKey, UserId};
use super::address::Address;
use super::ask::together;
use super::connection::Connections;
use super::row::get;
use super::setback::Setback;
use super::{Connection, account, statement as sql, user};
use crate::access::fold;
use jiff::Timestamp;
use std::collections::BTreeSet;
use uuid::Uuid;

/// Records looked at together; each may be long.
const READ_AT_ONCE: i64 = 32;

/// Erases from the records in the database at `address` what they say of `who`, an id or a userName they once had.
///
/// Fails with [`StoreError::StillThere`] while this is a user or somebody with an account, with [`StoreError::Nobody`]
/// when nothing is kept of them.
pub async fn erase(address: &Address, who: &str, now: Timestamp) -> Result<Erased, StoreError> {
    let mut session = Connections::new(address.clone())?.take().await?;
    session.begin();
    let erased = within(session.connection()?, who, now).await?;
    session.end();
    Ok(erased)
}

async fn within(connection: &Connection, who: &str, now: Timestamp) -> Result<Erased, Setback> {
    connection.run(sql::BEGIN, &[]).await?;
    // Nothing is numbered meanwhile: a record that is being read is not written by two.
    connection.row(sql::HOLD_CHAIN_HEAD, &[]).await?;
    let user = find(connection, who).await?;
    if user::existing(connection, &vec![user.0]).await?.contains(&user) {
        return Err(Setback::Final(a_user(who)));
    }
    let (mut known, mut records) = (Known::new(user, who), 0);
    let mut last = Uuid::nil();
    while let Some(block) = block(connection, &mut last, &user.to_string()).await? {
        for (id, body, contents) in block {
            known.note(&contents);
            if let Some(body) = chain::erase(&body, user) {
                records += connection.run(sql::REPLACE_BODY, &[&id, &body]).await?;
            }
        }
    }
    has_no_account(connection, who, &known.accounts()).await?;
    let (subjects, id) = (known.subjects(), user.to_string());
    let (changes, failed, said, bound) = together!(
        connection.run(sql::FORGET_CHANGES_OF, &[&user.0]),
        connection.run(sql::DELETE_FAILED_ABOUT, &[&subjects]),
        connection.run(sql::DELETE_FAILED_THAT_SAY, &[&id]),
        connection.run(sql::DELETE_IDENTITY, &[&user.0]),
    )?;
    // The records that named them may have been cut off.
    let beside = changes + failed + said + bound;
    if !known.in_records && beside == 0 {
        return Err(Setback::Final(StoreError::Nobody { who: who.to_owned() }));
    }
    if records + beside > 0 {
        let record = record(user, records, now);
        let Sealed { body, digest } = seal(&record);
        connection.run(sql::INSERT_RECORD, &[&record.id, &body, &digest.0.as_slice()]).await?;
    }
    connection.say(sql::COMMIT).await?;
    Ok(Erased { user, records })
}

/// Who is meant.
async fn find(connection: &Connection, who: &str) -> Result<UserId, Setback> {
    if let Some(id) = UserId::parse(who) {
        return Ok(id);
    }
    let name = fold(who);
    if user::by_names(connection, &vec![&name]).await?.into_values().any(|bearer| bearer.is_some()) {
        return Err(Setback::Final(a_user(who)));
    }
    // Who has an account of this name is on record with it, and perhaps was somebody else before.
    has_no_account(connection, who, &[AccountKey::Name(name.clone())]).await?;
    let (mut found, mut last) = (BTreeSet::new(), Uuid::nil());
    while let Some(block) = block(connection, &mut last, "").await? {
        for (_, _, contents) in block {
            found.extend(bearers(contents, &name));
        }
    }
    Ok(one_of(who, found)?)
}

/// Fails while there is an account of one of these keys.
async fn has_no_account(connection: &Connection, who: &str, keys: &[AccountKey]) -> Result<(), Setback> {
    let keys: Vec<&AccountKey> = keys.iter().collect();
    let there = account::hold(connection, &keys).await?.into_values().any(|account| account.is_some());
    if there { Err(Setback::Final(an_account(who))) } else { Ok(()) }
}

/// The next records whose text has this in it: id, text, and what it says.
async fn block(
    connection: &Connection,
    last: &mut Uuid,
    text: &str,
) -> Result<Option<Vec<(Uuid, String, Contents)>>, Setback> {
    let rows = connection.rows(sql::RECORDS_THAT_SAY, &[last, &text, &READ_AT_ONCE]).await?;
    let mut block = Vec::with_capacity(rows.len());
    for row in &rows {
        let (id, body): (Uuid, String) = (get(row, 0)?, get(row, 1)?);
        let broken = || StoreError::Postgres(format!("the text of the record {id} is not what was recorded"));
        let contents = chain::contents(&body).ok_or_else(broken)?;
        *last = id;
        block.push((id, body, contents));
    }
    Ok(if block.is_empty() { None } else { Some(block) })
}
