//! From the tables of an earlier version to those of this one: forward only, one transaction a step.

use super::super::chain::Hash;
use super::super::error::StoreError;
use super::super::row::{Record, UserId, email_keys};
use super::chain::{self, Head};
use super::row::{id, json as parse};
use super::user;
use crate::scim::User;
use jiff::Timestamp;
use rusqlite::{Connection, params};
use serde_json::{Map, Value, json};
use uuid::Uuid;

/// What SQL cannot do.
type Rest = fn(&Connection) -> Result<(), StoreError>;

/// One version to the next: SQL, and then the rest.
struct Step {
    sql: &'static str,
    then: Option<Rest>,
}

/// The steps in order; the place plus one is the schema version.
const STEPS: [Step; 6] = [
    Step { sql: include_str!("../migrations/0001.sql"), then: None },
    Step { sql: include_str!("../migrations/0002.sql"), then: Some(chain_up) },
    Step { sql: include_str!("../migrations/0003.sql"), then: Some(index_emails) },
    Step { sql: include_str!("../migrations/0004.sql"), then: None },
    Step { sql: include_str!("../migrations/0005.sql"), then: None },
    Step { sql: include_str!("../migrations/0006.sql"), then: None },
];
/// The newest schema version this program knows.
pub(super) const SCHEMA_VERSION: i64 = STEPS.len() as i64;
/// The first whose records are a chain.
pub(super) const CHAINED_SINCE: i64 = 2;
/// The first whose chain may have been cut.
pub(super) const CUT_SINCE: i64 = 4;
/// The first that knows who has signed in.
pub(super) const IDENTITIES_SINCE: i64 = 5;

/// Old records or users carried over at a time.
const CARRIED_AT_ONCE: u32 = 200;

/// Brings the tables to [`SCHEMA_VERSION`].
pub(super) fn migrate(connection: &mut Connection) -> Result<(), StoreError> {
    let found: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if found > SCHEMA_VERSION {
        return Err(StoreError::Newer { found, known: SCHEMA_VERSION });
    }
    for (version, step) in (1_i64..).zip(&STEPS).filter(|(version, _)| *version > found) {
        let transaction = connection.transaction()?;
        transaction.execute_batch(step.sql)?;
        if let Some(then) = step.then {
            then(&transaction)?;
        }
        transaction.pragma_update(None, "user_version", version)?;
        transaction.commit()?;
    }
    Ok(())
}

/// Version 2: the records of version 1 become the beginning of the chain.
fn chain_up(connection: &Connection) -> Result<(), StoreError> {
    let incarnation = chain::incarnation(connection, Timestamp::now())?;
    let mut head = Head { number: 0, hash: Hash::START };
    let mut last = Vec::new();
    loop {
        let records = old_records(connection, &last)?;
        let Some((newest, _)) = records.last() else { break };
        last = newest.as_bytes().to_vec();
        for (id, body) in records {
            head = chain::append(connection, &carried(id, &body), incarnation, head)?;
        }
    }
    chain::put_head(connection, head)?;
    connection.execute_batch("DROP TABLE record_1")?;
    Ok(())
}

/// Version 3: users are found by the e-mail addresses they have. Not in SQL, which folds ASCII alone.
fn index_emails(connection: &Connection) -> Result<(), StoreError> {
    let mut last = Vec::new();
    loop {
        let users = next_users(connection, &last)?;
        let Some((newest, _)) = users.last() else { break };
        last = newest.as_bytes().to_vec();
        for (id, body) in users {
            let user: User = parse("user", &body)?;
            user::put_emails(connection, UserId(id), &email_keys(&user))?;
        }
    }
    Ok(())
}

/// The next users after this id: no more than the tables of that version have.
fn next_users(connection: &Connection, after: &[u8]) -> Result<Vec<(Uuid, String)>, StoreError> {
    let mut statement = connection.prepare_cached("SELECT id, body FROM user WHERE id > ?1 ORDER BY id LIMIT ?2")?;
    let rows = statement.query_map(params![after, CARRIED_AT_ONCE], |row| Ok((id(row, 0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The next records of version 1 after this id.
fn old_records(connection: &Connection, after: &[u8]) -> Result<Vec<(Uuid, String)>, StoreError> {
    let mut statement =
        connection.prepare_cached("SELECT id, body FROM record_1 WHERE id > ?1 ORDER BY id LIMIT ?2")?;
    let rows = statement.query_map(params![after, CARRIED_AT_ONCE], |row| Ok((id(row, 0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// A record of version 1, with what it says of people in parts of their own. One of another form is all head.
fn carried(id: Uuid, body: &str) -> Record {
    let mut head: Value = serde_json::from_str(body).unwrap_or_else(|_| Value::String(body.to_owned()));
    let mut people = Vec::new();
    if let Some(head) = head.as_object_mut() {
        carry_access(head, &mut people);
        carry_attributes(head, &mut people);
    }
    Record { id, seed: Uuid::new_v4(), head, people }
}

/// `access`: a list of user, userName, before and after.
fn carry_access(head: &mut Map<String, Value>, people: &mut Vec<(UserId, Value)>) {
    let Some(moved) = head.shift_remove("access") else { return };
    for moved in moved.as_array().into_iter().flatten() {
        let Some(user) = moved["user"].as_str().and_then(UserId::parse) else { continue };
        let access = json!({ "before": moved["before"], "after": moved["after"] });
        people.push((user, json!({ "userName": moved["userName"], "access": access })));
    }
}

/// `what.before` and `what.after`, in the records of a user.
fn carry_attributes(head: &mut Map<String, Value>, people: &mut Vec<(UserId, Value)>) {
    let Some(what) = head.get_mut("what").and_then(Value::as_object_mut) else { return };
    let Some(user) = what.get("user").and_then(Value::as_str).and_then(UserId::parse) else { return };
    let mut side = |name| what.shift_remove(name).unwrap_or(Value::Null);
    let (before, after) = (side("before"), side("after"));
    let bearer = if after.is_null() { &before } else { &after };
    let mut said = json!({ "userName": bearer["userName"], "attributes": { "before": before, "after": after } });
    match people.iter_mut().find(|(other, _)| *other == user) {
        Some((_, moved)) => {
            said["access"] = moved["access"].take();
            *moved = said;
        }
        None => people.push((user, said)),
    }
}
