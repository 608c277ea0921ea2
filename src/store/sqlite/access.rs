//! What a pass of the rules reads: whom it is about, and of each person no more than an evaluation needs.
//!
//! A full run looks at everybody, so nothing of a user's body is parsed, statements are prepared once a call, and a
//! group's names are read once a call.

use super::super::error::StoreError;
use super::super::question::Among;
use super::super::row::{AccessFacts, GroupId, UserId};
use super::readers::Reach;
use super::row::{id, key, time};
use super::{SqliteStore, rule, user};
use crate::access::{GroupFacts, GroupSelector};
use jiff::Timestamp;
use rusqlite::{CachedStatement, Connection, OptionalExtension};
use std::collections::{BTreeSet, HashMap};
use uuid::Uuid;

impl SqliteStore {
    /// The ids of the people a pass is about, in order.
    pub async fn people(&self, among: Among) -> Result<Vec<UserId>, StoreError> {
        self.readers.read(Reach::Wide, move |connection| people(connection, &among)).await
    }

    /// What a pass needs of these people, in the order asked; whoever is gone is left out.
    pub async fn access_facts(&self, ids: Vec<UserId>) -> Result<Vec<AccessFacts>, StoreError> {
        self.readers
            .read(Reach::Wide, move |connection| {
                let mut reading = Reading::begin(connection)?;
                let mut found = Vec::with_capacity(ids.len());
                for id in ids {
                    found.extend(reading.of(id)?);
                }
                Ok(found)
            })
            .await
    }

    /// How many people whose account may be used hold exactly this role in this tenant.
    pub async fn active_holders(&self, tenant: &str, role: &str) -> Result<u64, StoreError> {
        let (tenant, role) = (tenant.to_owned(), role.to_owned());
        self.readers
            .read(Reach::Wide, move |connection| {
                let mut statement = connection.prepare_cached(
                    "SELECT count(*) FROM access a CROSS JOIN user u ON u.id = a.user_id \
                     WHERE a.tenant = ?1 AND a.role = ?2 AND u.account_enabled = 1",
                )?;
                Ok(statement.query_row([tenant, role], |row| row.get(0))?)
            })
            .await
    }
}

/// Sorted, each once.
fn people(connection: &Connection, among: &Among) -> Result<Vec<UserId>, StoreError> {
    match among {
        // In no order: an index that has the ids alone is a fraction of the table.
        Among::All => {
            let mut found = Vec::new();
            add(connection.prepare_cached("SELECT id FROM user")?, [], &mut found)?;
            found.sort_unstable();
            Ok(found)
        }
        Among::Affected { rules, selectors } => {
            let mut found = BTreeSet::new();
            affected(connection, rules, selectors, &mut found)?;
            Ok(found.into_iter().collect())
        }
    }
}

/// Holders of the rules, and members of the groups that they and the selectors name (reading 5).
fn affected(
    connection: &Connection,
    rules: &[String],
    selectors: &[GroupSelector],
    found: &mut BTreeSet<UserId>,
) -> Result<(), StoreError> {
    let mut selectors = selectors.to_vec();
    for rule in rules {
        selectors.extend(rule::selectors(connection, rule)?);
        add(connection.prepare_cached("SELECT user_id FROM holding WHERE rule = ?1")?, [rule], found)?;
    }
    for group in rule::all_named(connection, &selectors)? {
        let members = connection.prepare_cached("SELECT user_id FROM membership WHERE group_id = ?1")?;
        add(members, [key(group.0)], found)?;
    }
    Ok(())
}

fn add(
    mut statement: CachedStatement<'_>,
    values: impl rusqlite::Params,
    found: &mut impl Extend<UserId>,
) -> Result<(), StoreError> {
    for id in statement.query_map(values, |row| id(row, 0))? {
        found.extend([UserId(id?)]);
    }
    Ok(())
}

/// The statements of a pass, and the groups that it has met.
struct Reading<'a> {
    user: CachedStatement<'a>,
    groups: CachedStatement<'a>,
    group: CachedStatement<'a>,
    grants: CachedStatement<'a>,
    met: HashMap<Uuid, Option<GroupFacts>>,
}

impl<'a> Reading<'a> {
    fn begin(connection: &'a Connection) -> Result<Self, StoreError> {
        Ok(Self {
            user: connection.prepare_cached("SELECT account_enabled FROM user WHERE id = ?1")?,
            groups: connection
                .prepare_cached("SELECT group_id FROM membership WHERE user_id = ?1 ORDER BY group_id")?,
            group: connection
                .prepare_cached("SELECT body ->> 'displayName', external_id FROM \"group\" WHERE id = ?1")?,
            grants: user::select_grants(connection)?,
            met: HashMap::new(),
        })
    }

    /// `None` when nobody has this id.
    fn of(&mut self, user: UserId) -> Result<Option<AccessFacts>, StoreError> {
        let account_enabled: Option<bool> = self.user.query_row([key(user.0)], |row| row.get(0)).optional()?;
        let Some(account_enabled) = account_enabled else { return Ok(None) };
        let groups = self.groups(user)?;
        Ok(Some(AccessFacts { id: user, account_enabled, groups, grants: user::read_grants(&mut self.grants, user)? }))
    }

    fn groups(&mut self, user: UserId) -> Result<Vec<GroupFacts>, StoreError> {
        let mut groups = Vec::new();
        let mut rows = self.groups.query([key(user.0)])?;
        while let Some(row) = rows.next()? {
            let group = id(row, 0)?;
            let facts = match self.met.get(&group) {
                Some(facts) => facts.clone(),
                None => {
                    let facts = facts(&mut self.group, GroupId(group))?;
                    self.met.insert(group, facts.clone());
                    facts
                }
            };
            groups.extend(facts);
        }
        Ok(groups)
    }
}

fn facts(statement: &mut CachedStatement<'_>, group: GroupId) -> Result<Option<GroupFacts>, StoreError> {
    let read = |row: &rusqlite::Row<'_>| {
        Ok(GroupFacts { id: group.to_string(), display_name: row.get(0)?, external_id: row.get(1)? })
    };
    Ok(statement.query_row([key(group.0)], read).optional()?)
}

/// Everybody who was there at this time has been evaluated then or later.
pub(super) fn all_evaluated(connection: &Connection, at: Timestamp) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO meta (key, value) VALUES ('all_evaluated', ?1) ON CONFLICT (key) \
             DO UPDATE SET value = max(CAST(value AS INTEGER), CAST(excluded.value AS INTEGER))",
        )?
        .execute([at.as_microsecond()])?;
    Ok(())
}

/// The latest time at which everybody had been evaluated who was there.
pub(super) fn last_full(connection: &Connection) -> Result<Option<Timestamp>, StoreError> {
    let mut statement =
        connection.prepare_cached("SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'all_evaluated'")?;
    Ok(statement.query_row([], |row| time(row, 0)).optional()?)
}
