//! Users and what they hold: reading and writing.

use super::super::error::StoreError;
use super::super::row::{GroupId, UserFacts, UserId, UserRow, UserSummary, email_keys};
use super::access;
use super::row::{id, json, key, text, time};
use crate::access::{GroupFacts, Source, TenantAccess};
use jiff::Timestamp;
use rusqlite::{CachedStatement, Connection, OptionalExtension, Row, params};
use std::collections::BTreeSet;
use uuid::Uuid;

/// The columns [`read`] expects, in its order.
pub(super) const COLUMNS: &str = "id, account_enabled, reenabled, created, modified, version, body";

/// A row of [`COLUMNS`], its body not yet parsed.
pub(super) struct Raw {
    id: Uuid,
    account_enabled: bool,
    reenabled: Option<String>,
    created: Timestamp,
    modified: Timestamp,
    version: u64,
    body: String,
}

impl Raw {
    /// Reads [`COLUMNS`].
    pub fn read(row: &Row<'_>) -> Result<Self, rusqlite::Error> {
        Ok(Self {
            id: id(row, 0)?,
            account_enabled: row.get(1)?,
            reenabled: row.get(2)?,
            created: time(row, 3)?,
            modified: time(row, 4)?,
            version: row.get(5)?,
            body: row.get(6)?,
        })
    }

    /// Parses the body.
    pub fn parse(self) -> Result<UserRow, StoreError> {
        let Self { id, account_enabled, reenabled, created, modified, version, body } = self;
        let user = json("user", &body)?;
        Ok(UserRow { id: UserId(id), user, account_enabled, reenabled, created, modified, version })
    }
}

/// A user by id.
pub(super) fn find(connection: &Connection, user: UserId) -> Result<Option<UserRow>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT id, account_enabled, reenabled, created, modified, version, body FROM user WHERE id = ?1",
    )?;
    statement.query_row([key(user.0)], Raw::read).optional()?.map(Raw::parse).transpose()
}

/// Who bears a folded user name.
pub(super) fn by_name(connection: &Connection, name: &str) -> Result<Option<UserId>, StoreError> {
    let mut statement = connection.prepare_cached("SELECT id FROM user WHERE user_name = ?1")?;
    Ok(statement.query_row([name], |row| id(row, 0)).optional()?.map(UserId))
}

/// Whether there is a user of this id.
pub(super) fn exists(connection: &Connection, user: UserId) -> Result<bool, StoreError> {
    let mut statement = connection.prepare_cached("SELECT 1 FROM user WHERE id = ?1")?;
    Ok(statement.exists([key(user.0)])?)
}

/// A user with memberships and grants, for an evaluation.
pub(super) fn facts(connection: &Connection, user: UserId) -> Result<Option<UserFacts>, StoreError> {
    let Some(row) = find(connection, user)? else { return Ok(None) };
    Ok(Some(UserFacts {
        groups: groups(connection, user)?,
        grants: grants(connection, user)?,
        pending: pending(connection, user)?,
        row,
    }))
}

/// A user with what the access view shows.
pub(super) fn summary(connection: &Connection, row: UserRow) -> Result<UserSummary, StoreError> {
    let mut statement = connection.prepare_cached("SELECT evaluated FROM evaluation WHERE user_id = ?1")?;
    let own: Option<Timestamp> = statement.query_row([key(row.id.0)], |row| time(row, 0)).optional()?;
    let all = access::last_full(connection)?.filter(|all| row.created < *all);
    let (grants, pending) = (grants(connection, row.id)?, pending(connection, row.id)?);
    Ok(UserSummary { grants, evaluated: own.max(all), pending, row })
}

/// The groups a user is in, by id.
pub(super) fn groups(connection: &Connection, user: UserId) -> Result<Vec<GroupFacts>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT g.id, g.body ->> 'displayName', g.external_id FROM membership m \
         JOIN \"group\" g ON g.id = m.group_id WHERE m.user_id = ?1 ORDER BY g.id",
    )?;
    let rows = statement.query_map([key(user.0)], |row| {
        Ok(GroupFacts { id: GroupId(id(row, 0)?).to_string(), display_name: row.get(1)?, external_id: row.get(2)? })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// What a user holds, by tenant.
pub(super) fn grants(connection: &Connection, user: UserId) -> Result<Vec<TenantAccess>, StoreError> {
    read_grants(&mut select_grants(connection)?, user)
}

/// What [`read_grants`] reads from.
pub(super) fn select_grants(connection: &Connection) -> Result<CachedStatement<'_>, StoreError> {
    Ok(connection.prepare_cached(
        "SELECT tenant, role, application_groups, rules, source FROM access WHERE user_id = ?1 ORDER BY tenant",
    )?)
}

/// What a user holds, by tenant, where many are asked for.
pub(super) fn read_grants(statement: &mut CachedStatement<'_>, user: UserId) -> Result<Vec<TenantAccess>, StoreError> {
    let mut rows = statement.query([key(user.0)])?;
    let mut grants = Vec::new();
    while let Some(row) = rows.next()? {
        let (groups, rules): (String, String) = (row.get(2)?, row.get(3)?);
        let source: String = row.get(4)?;
        grants.push(TenantAccess {
            tenant: row.get(0)?,
            role: row.get(1)?,
            application_groups: json("grant", &groups)?,
            rules: json("grant", &rules)?,
            source: json::<Source>("grant", &source)?,
        });
    }
    Ok(grants)
}

/// Whether anybody holds something that no rule gave.
pub(super) fn any_by_hand(connection: &Connection) -> Result<bool, StoreError> {
    // As the index has it, which has nothing else.
    let mut statement = connection.prepare_cached("SELECT 1 FROM access WHERE source <> '\"Rules\"' LIMIT 1")?;
    Ok(statement.exists([])?)
}

/// Whether an evaluation is queued.
fn pending(connection: &Connection, user: UserId) -> Result<bool, StoreError> {
    let mut statement = connection.prepare_cached("SELECT 1 FROM pending WHERE user_id = ?1")?;
    Ok(statement.exists([key(user.0)])?)
}

/// A new user.
pub(super) fn insert(connection: &Connection, row: &UserRow) -> Result<(), StoreError> {
    let mut statement = connection.prepare_cached(
        "INSERT INTO user (id, user_name, external_id, active, account_enabled, created, modified, version, body, \
         reenabled) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
    )?;
    write(&mut statement, row)?;
    put_emails(connection, row.id, &email_keys(&row.user))
}

/// A user's new attributes.
pub(super) fn update(connection: &Connection, row: &UserRow) -> Result<(), StoreError> {
    let mut statement = connection.prepare_cached(
        "UPDATE user SET user_name = ?2, external_id = ?3, active = ?4, account_enabled = ?5, created = ?6, \
         modified = ?7, version = ?8, body = ?9, reenabled = ?10 WHERE id = ?1",
    )?;
    write(&mut statement, row)?;
    put_emails(connection, row.id, &email_keys(&row.user))
}

/// By which e-mail addresses a user is found; only what differs is written.
pub(super) fn put_emails(connection: &Connection, user: UserId, after: &BTreeSet<String>) -> Result<(), StoreError> {
    let mut statement = connection.prepare_cached("SELECT email FROM user_email WHERE user_id = ?1")?;
    let before: BTreeSet<String> =
        statement.query_map([key(user.0)], |row| row.get(0))?.collect::<Result<_, rusqlite::Error>>()?;
    for email in before.difference(after) {
        connection
            .prepare_cached("DELETE FROM user_email WHERE email = ?1 AND user_id = ?2")?
            .execute(params![email, key(user.0)])?;
    }
    for email in after.difference(&before) {
        connection
            .prepare_cached("INSERT INTO user_email (email, user_id) VALUES (?1, ?2)")?
            .execute(params![email, key(user.0)])?;
    }
    Ok(())
}

fn write(statement: &mut CachedStatement<'_>, row: &UserRow) -> Result<(), StoreError> {
    statement.execute(params![
        key(row.id.0),
        row.name_key(),
        row.user.external_id(),
        row.user.active(),
        row.account_enabled,
        row.created.as_microsecond(),
        row.modified.as_microsecond(),
        row.version,
        text("user", &row.user)?,
        row.reenabled,
    ])?;
    Ok(())
}

/// A user with everything that hangs on it.
pub(super) fn delete(connection: &Connection, user: UserId) -> Result<(), StoreError> {
    put_grants(connection, user, &grants(connection, user)?, &[])?;
    for table in [
        "DELETE FROM membership WHERE user_id = ?1",
        "DELETE FROM departure WHERE user_id = ?1",
        "DELETE FROM user_status WHERE user_id = ?1",
        "DELETE FROM user_email WHERE user_id = ?1",
        "DELETE FROM identity WHERE user_id = ?1",
        "DELETE FROM evaluation WHERE user_id = ?1",
        "DELETE FROM pending WHERE user_id = ?1",
        "DELETE FROM user WHERE id = ?1",
    ] {
        connection.prepare_cached(table)?.execute([key(user.0)])?;
    }
    Ok(())
}

/// Replaces `before` by `after`, touching only what differs.
pub(super) fn put_grants(
    connection: &Connection,
    user: UserId,
    before: &[TenantAccess],
    after: &[TenantAccess],
) -> Result<(), StoreError> {
    for gone in before.iter().filter(|b| !after.iter().any(|a| a.tenant == b.tenant)) {
        connection
            .prepare_cached("DELETE FROM access WHERE user_id = ?1 AND tenant = ?2")?
            .execute(params![key(user.0), gone.tenant])?;
    }
    for grant in after.iter().filter(|a| !before.contains(a)) {
        connection
            .prepare_cached(
                "INSERT INTO access (user_id, tenant, role, application_groups, rules, source) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (user_id, tenant) DO UPDATE SET role = excluded.role, \
                 application_groups = excluded.application_groups, rules = excluded.rules, source = excluded.source",
            )?
            .execute(params![
                key(user.0),
                grant.tenant,
                grant.role,
                text("grant", &grant.application_groups)?,
                text("grant", &grant.rules)?,
                text("grant", &grant.source)?,
            ])?;
    }
    put_holdings(connection, user, before, after)
}

fn put_holdings(
    connection: &Connection,
    user: UserId,
    before: &[TenantAccess],
    after: &[TenantAccess],
) -> Result<(), StoreError> {
    let rules =
        |grants: &[TenantAccess]| -> BTreeSet<String> { grants.iter().flat_map(|g| g.rules.iter().cloned()).collect() };
    let (before, after) = (rules(before), rules(after));
    for rule in before.difference(&after) {
        connection
            .prepare_cached("DELETE FROM holding WHERE rule = ?1 AND user_id = ?2")?
            .execute(params![rule, key(user.0)])?;
    }
    for rule in after.difference(&before) {
        connection
            .prepare_cached("INSERT OR IGNORE INTO holding (rule, user_id) VALUES (?1, ?2)")?
            .execute(params![rule, key(user.0)])?;
    }
    Ok(())
}

/// The rules were applied to a user.
pub(super) fn evaluated(
    connection: &Connection,
    user: UserId,
    at: Timestamp,
    was_pending: bool,
) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO evaluation (user_id, evaluated) VALUES (?1, ?2) \
             ON CONFLICT (user_id) DO UPDATE SET evaluated = excluded.evaluated",
        )?
        .execute(params![key(user.0), at.as_microsecond()])?;
    if was_pending {
        connection.prepare_cached("DELETE FROM pending WHERE user_id = ?1")?.execute([key(user.0)])?;
    }
    Ok(())
}
