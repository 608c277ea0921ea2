//! What a pass of the rules over many people reads, outside of any transaction that writes: each question is one
//! statement, however many are asked for (C001, C003).

use super::super::error::StoreError;
use super::super::question::Among;
use super::super::row::{AccessFacts, UserId};
use super::PostgresStore;
use super::ask::{asked, asked_of_one_moment, together};
use super::connection::Connection;
use super::row::{count, get, json, keys, number, users};
use super::setback::Setback;
use super::{group, statement as sql, user};
use crate::access::{GroupFacts, GroupSelector};
use crate::config::UserChange;
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// Ids of everybody that are read in one go.
const BLOCK: usize = 50_000;

impl PostgresStore {
    /// The ids of the people a pass is about, in order.
    pub async fn people(&self, among: Among) -> Result<Vec<UserId>, StoreError> {
        match among {
            Among::All => self.everybody().await,
            Among::Affected { rules, selectors } => {
                asked_of_one_moment!(self, connection => affected(connection, &rules, &selectors).await)
            }
        }
    }

    /// Each block is a read of its own: who comes or goes meanwhile may be among them or not.
    async fn everybody(&self) -> Result<Vec<UserId>, StoreError> {
        let mut all: Vec<UserId> = Vec::new();
        loop {
            let after = all.last().map_or(Uuid::nil(), |last| last.0);
            let block = asked!(self, connection => {
                users(&connection.rows(sql::NEXT_USERS, &[&after, &number(BLOCK as u64)]).await?)
            })?;
            let ended = block.len() < BLOCK;
            all.extend(block);
            if ended {
                return Ok(all);
            }
        }
    }

    /// What a pass needs of these people, in the order asked; whoever is gone is left out.
    pub async fn access_facts(&self, ids: Vec<UserId>) -> Result<Vec<AccessFacts>, StoreError> {
        let keys = keys(&ids);
        asked_of_one_moment!(self, connection => access_facts(connection, &ids, &keys).await)
    }

    /// How many people whose account may be used hold exactly this role in this tenant.
    pub async fn active_holders(&self, tenant: &str, role: &str) -> Result<u64, StoreError> {
        asked!(self, connection => {
            let row = connection.row(sql::ACTIVE_HOLDERS, &[&tenant, &role]).await?;
            row.map_or(Ok(0), |row| count(&row, 0))
        })
    }

    /// Whom a run changed, or would change: the first `limit` behind `after`, by id.
    pub async fn run_changes(
        &self,
        uid: &str,
        after: Option<UserId>,
        limit: u32,
    ) -> Result<Vec<UserChange>, StoreError> {
        let after = after.map_or(Uuid::nil(), |after| after.0);
        asked!(self, connection => {
            let rows = connection.rows(sql::RUN_CHANGES_AFTER, &[&uid, &after, &i64::from(limit)]).await?;
            let change = |row: &tokio_postgres::Row| -> Result<UserChange, Setback> {
                let body: String = get(row, 0)?;
                Ok(json("change of a run", &body)?)
            };
            rows.iter().map(change).collect::<Result<Vec<_>, _>>()
        })
    }
}

/// Whoever holds something from the rules, and the members of the groups that they name or named (reading 5).
async fn affected(
    connection: &Connection,
    rules: &Vec<String>,
    selectors: &[GroupSelector],
) -> Result<Vec<UserId>, Setback> {
    let (stored, holders) = together!(
        connection.rows(sql::SELECTORS_OF_RULES, &[rules]),
        connection.rows(sql::HOLDERS_OF_RULES, &[rules]),
    )?;
    let mut selectors = selectors.to_vec();
    for row in &stored {
        let named: String = get(row, 0)?;
        selectors.extend(json::<Vec<GroupSelector>>("selectors", &named)?);
    }
    let groups: Vec<Uuid> = group::named(connection, &selectors).await?.iter().map(|group| group.0).collect();
    let members = connection.rows(sql::MEMBERS_OF_GROUPS, &[&groups]).await?;
    let mut people: BTreeSet<UserId> = users(&holders)?.into_iter().collect();
    people.extend(users(&members)?);
    Ok(people.into_iter().collect())
}

async fn access_facts(connection: &Connection, ids: &[UserId], keys: &Vec<Uuid>) -> Result<Vec<AccessFacts>, Setback> {
    let (enabled, memberships, mut grants) = together!(
        connection.rows(sql::ENABLED_OF_USERS, &[keys]),
        connection.rows(sql::MEMBERSHIPS_OF_USERS, &[keys]),
        user::grants(connection, keys),
    )?;
    let (mut of, mut all): (BTreeMap<UserId, BTreeSet<Uuid>>, BTreeSet<Uuid>) = (BTreeMap::new(), BTreeSet::new());
    for row in &memberships {
        let group: Uuid = get(row, 1)?;
        of.entry(UserId(get(row, 0)?)).or_default().insert(group);
        all.insert(group);
    }
    // Each group once, however many are in it.
    let all: Vec<Uuid> = all.into_iter().collect();
    let mut groups: BTreeMap<Uuid, GroupFacts> = BTreeMap::new();
    for row in connection.rows(sql::NAMES_OF_GROUPS, &[&all]).await? {
        let id: Uuid = get(&row, 0)?;
        let facts = GroupFacts { id: id.to_string(), display_name: get(&row, 1)?, external_id: get(&row, 2)? };
        groups.insert(id, facts);
    }
    let mut people: BTreeMap<UserId, bool> = BTreeMap::new();
    for row in &enabled {
        people.insert(UserId(get(row, 0)?), get(row, 1)?);
    }
    let facts = |id: &UserId| {
        let account_enabled = *people.get(id)?;
        let of = of.remove(id).unwrap_or_default();
        Some(AccessFacts {
            id: *id,
            account_enabled,
            groups: of.iter().filter_map(|group| groups.get(group).cloned()).collect(),
            grants: grants.remove(id).unwrap_or_default(),
        })
    };
    Ok(ids.iter().filter_map(facts).collect())
}
