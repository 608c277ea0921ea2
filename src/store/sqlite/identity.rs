//! Who has signed in: whom a subject of the identity provider stands for, and what their sessions carry (B006, B133).
//! A subject stands for one person, and a person has one.

use super::super::error::StoreError;
use super::super::row::{Identity, IdentityKey, UserId};
use super::SqliteStore;
use super::migrate::IDENTITIES_SINCE;
use super::readers::Reach;
use super::row::{id, key, time};
use rusqlite::{Connection, OptionalExtension, Row, params};
use std::path::Path;
use uuid::Uuid;

impl SqliteStore {
    /// Whom a subject stands for, or by what somebody signs in.
    pub async fn identity(&self, key: IdentityKey) -> Result<Option<Identity>, StoreError> {
        self.readers.read(Reach::Point, move |connection| find(connection, &key)).await
    }
}

/// Reads `user_id, issuer, subject, session, bound`.
fn read(row: &Row<'_>) -> Result<Identity, rusqlite::Error> {
    let session: Option<[u8; 16]> = row.get(3)?;
    Ok(Identity {
        user: UserId(id(row, 0)?),
        issuer: row.get(1)?,
        subject: row.get(2)?,
        session: session.map(Uuid::from_bytes),
        bound: time(row, 4)?,
    })
}

/// An identity by whom it stands for, or by issuer and subject.
pub(super) fn find(connection: &Connection, asked: &IdentityKey) -> Result<Option<Identity>, StoreError> {
    let found = match asked {
        IdentityKey::User(user) => connection
            .prepare_cached("SELECT user_id, issuer, subject, session, bound FROM identity WHERE user_id = ?1")?
            .query_row([key(user.0)], read)
            .optional()?,
        IdentityKey::Subject(issuer, subject) => connection
            .prepare_cached(
                "SELECT user_id, issuer, subject, session, bound FROM identity WHERE issuer = ?1 AND subject = ?2",
            )?
            .query_row([issuer, subject], read)
            .optional()?,
    };
    Ok(found)
}

/// An identity as it now stands. Fails when its subject stands for somebody else.
pub(super) fn put(connection: &Connection, identity: &Identity) -> Result<(), StoreError> {
    let Identity { user, issuer, subject, session, bound } = identity;
    connection
        .prepare_cached(
            "INSERT INTO identity (user_id, issuer, subject, session, bound) VALUES (?1, ?2, ?3, ?4, ?5) \
             ON CONFLICT (user_id) DO UPDATE SET issuer = excluded.issuer, subject = excluded.subject, \
             session = excluded.session, bound = excluded.bound",
        )?
        .execute(params![key(user.0), issuer, subject, session.map(key), bound.as_microsecond()])?;
    Ok(())
}

/// Every session of somebody ends.
pub(super) fn end_sessions(connection: &Connection, user: UserId) -> Result<(), StoreError> {
    connection.prepare_cached("UPDATE identity SET session = NULL WHERE user_id = ?1")?.execute([key(user.0)])?;
    Ok(())
}

/// What bound somebody to a subject is gone; how often that was.
pub(super) fn delete(connection: &Connection, user: UserId) -> Result<u64, StoreError> {
    Ok(connection.prepare_cached("DELETE FROM identity WHERE user_id = ?1")?.execute([key(user.0)])? as u64)
}

/// Every session of everybody ends in a backup that is to replace a store: it does not know who has signed out since it
/// was made. One with older tables knows of no sessions.
pub(super) fn end_all_sessions(backup: &Path) -> Result<(), StoreError> {
    let connection = Connection::open(backup)?;
    let version: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if version >= IDENTITIES_SINCE {
        connection.execute("UPDATE identity SET session = NULL", [])?;
    }
    Ok(())
}
