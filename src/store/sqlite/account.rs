//! Accounts of people who are no users: whoever holds a grant that no rule gave before the provider knows them
//! (reading 24). A name has one account.

use super::super::error::StoreError;
use super::super::row::{Account, AccountKey, UserId};
use super::readers::Reach;
use super::row::{id, json, key, text, time};
use super::{SqliteStore, identity};
use crate::access::fold;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};
use uuid::Uuid;

/// A row, its grants not yet parsed.
struct Raw {
    id: Uuid,
    user_name: String,
    created: Timestamp,
    grants: String,
}

impl Raw {
    /// Reads `id, user_name, created, grants`.
    fn read(row: &Row<'_>) -> Result<Self, rusqlite::Error> {
        Ok(Self { id: id(row, 0)?, user_name: row.get(1)?, created: time(row, 2)?, grants: row.get(3)? })
    }

    fn parse(self) -> Result<Account, StoreError> {
        let Self { id, user_name, created, grants } = self;
        Ok(Account { id: UserId(id), user_name, grants: json("account", &grants)?, created })
    }
}

impl SqliteStore {
    /// One account.
    pub async fn account(&self, key: AccountKey) -> Result<Option<Account>, StoreError> {
        self.readers.read(Reach::Point, move |connection| find(connection, &key)).await
    }

    /// The first `limit` accounts behind `after`, by id.
    pub async fn accounts(&self, after: Option<UserId>, limit: u32) -> Result<Vec<Account>, StoreError> {
        self.readers
            .read(Reach::Wide, move |connection| {
                let mut statement = connection.prepare_cached(
                    "SELECT id, user_name, created, grants FROM account WHERE id > ?1 ORDER BY id LIMIT ?2",
                )?;
                let after = key(after.map_or(Uuid::nil(), |after| after.0));
                let rows = statement.query_map(params![after, limit], Raw::read)?;
                rows.map(|raw| raw?.parse()).collect()
            })
            .await
    }
}

/// An account by id or by folded name.
pub(super) fn find(connection: &Connection, asked: &AccountKey) -> Result<Option<Account>, StoreError> {
    let found = match asked {
        AccountKey::Id(id) => connection
            .prepare_cached("SELECT id, user_name, created, grants FROM account WHERE id = ?1")?
            .query_row([key(id.0)], Raw::read)
            .optional()?,
        AccountKey::Name(name) => connection
            .prepare_cached("SELECT id, user_name, created, grants FROM account WHERE name = ?1")?
            .query_row([name], Raw::read)
            .optional()?,
    };
    found.map(Raw::parse).transpose()
}

/// An account as it now stands. Fails when another one has its name.
pub(super) fn put(connection: &Connection, account: &Account) -> Result<(), StoreError> {
    let Account { id, user_name, grants, created } = account;
    connection
        .prepare_cached(
            "INSERT INTO account (id, name, user_name, created, grants) VALUES (?1, ?2, ?3, ?4, ?5) \
             ON CONFLICT (id) DO UPDATE SET name = excluded.name, user_name = excluded.user_name, \
             created = excluded.created, grants = excluded.grants",
        )?
        .execute(params![key(id.0), fold(user_name), user_name, created.as_microsecond(), text("account", grants)?])?;
    Ok(())
}

/// An account is gone, with what bound it to somebody who signs in.
pub(super) fn delete(connection: &Connection, account: UserId) -> Result<(), StoreError> {
    connection.prepare_cached("DELETE FROM account WHERE id = ?1")?.execute([key(account.0)])?;
    identity::delete(connection, account).map(drop)
}
