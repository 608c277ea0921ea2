//! Who has signed in: whom a subject of the identity provider stands for, and what their sessions carry (B006, B133).
//!
//! A subject never stands for two: a unique index sees to that, and the second of two changes is decided again.

use super::super::error::StoreError;
use super::super::row::{Identity, IdentityKey, UserId};
use super::PostgresStore;
use super::ask::asked;
use super::connection::Connection;
use super::row::{get, time};
use super::setback::Setback;
use super::statement as sql;
use std::collections::BTreeMap;
use tokio_postgres::Row;
use uuid::Uuid;

/// Identities by their keys, which stand still until the transaction ends.
pub(super) async fn hold(
    connection: &Connection,
    keys: &[&IdentityKey],
) -> Result<BTreeMap<IdentityKey, Option<Identity>>, Setback> {
    let mut identities: BTreeMap<IdentityKey, Option<Identity>> =
        keys.iter().map(|key| ((*key).clone(), None)).collect();
    let mut users: Vec<Uuid> = Vec::new();
    let (mut issuers, mut subjects): (Vec<&String>, Vec<&String>) = (Vec::new(), Vec::new());
    for key in keys {
        match key {
            IdentityKey::User(user) => users.push(user.0),
            IdentityKey::Subject(issuer, subject) if is_text(issuer, subject) => {
                issuers.push(issuer);
                subjects.push(subject);
            }
            IdentityKey::Subject(..) => {}
        }
    }
    if users.is_empty() && subjects.is_empty() {
        return Ok(identities);
    }
    for row in connection.rows(sql::HOLD_IDENTITIES, &[&users, &issuers, &subjects]).await? {
        let identity = parse(&row)?;
        let by_subject = IdentityKey::Subject(identity.issuer.clone(), identity.subject.clone());
        for key in [IdentityKey::User(identity.user), by_subject] {
            if let Some(found) = identities.get_mut(&key) {
                *found = Some(identity.clone());
            }
        }
    }
    Ok(identities)
}

/// An identity as it now stands. When its subject stands for somebody else, the change is decided again.
pub(super) async fn put(connection: &Connection, identity: &Identity) -> Result<(), Setback> {
    let Identity { user, issuer, subject, session, bound } = identity;
    let bound = bound.as_microsecond();
    connection.run(sql::PUT_IDENTITY, &[&user.0, issuer, subject, session, &bound]).await.map(drop)
}

/// Whether the database takes both; with another text nobody is kept.
fn is_text(issuer: &str, subject: &str) -> bool {
    !issuer.contains('\0') && !subject.contains('\0')
}

/// `user_id, issuer, subject, session, bound`.
fn parse(row: &Row) -> Result<Identity, Setback> {
    Ok(Identity {
        user: UserId(get(row, 0)?),
        issuer: get(row, 1)?,
        subject: get(row, 2)?,
        session: get(row, 3)?,
        bound: time(row, 4)?,
    })
}

impl PostgresStore {
    /// Whom a subject stands for, or by what somebody signs in.
    pub async fn identity(&self, key: IdentityKey) -> Result<Option<Identity>, StoreError> {
        asked!(self, connection => {
            let row = match &key {
                IdentityKey::User(user) => connection.row(sql::IDENTITY_OF_USER, &[&user.0]).await?,
                IdentityKey::Subject(issuer, subject) if !is_text(issuer, subject) => None,
                IdentityKey::Subject(issuer, subject) => {
                    connection.row(sql::IDENTITY_OF_SUBJECT, &[issuer, subject]).await?
                }
            };
            row.as_ref().map(parse).transpose()
        })
    }
}
