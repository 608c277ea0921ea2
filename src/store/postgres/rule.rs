//! How far each rule's content has come: who is affected by it, and whether a run has reached them all (B065, B066).

use super::super::contract::RuleChange;
use super::super::row::{RunRow, StoredRuleState};
use super::connection::Connection;
use super::row::{get, json, text};
use super::setback::Setback;
use super::{group, run, statement as sql};
use crate::access::GroupSelector;
use crate::config::LastSync;

/// What is kept of a rule.
#[derive(Debug, Default)]
pub(super) struct Stored {
    hash: Option<String>,
    roles: Option<String>,
    /// The groups it named since it was last in sync.
    pub selectors: Vec<GroupSelector>,
}

/// What is kept of a rule; nothing when it never affected anybody.
pub(super) async fn stored(connection: &Connection, rule: &str) -> Result<Stored, Setback> {
    let Some(row) = connection.row(sql::RULE_STATE, &[&rule]).await? else { return Ok(Stored::default()) };
    let selectors: String = get(&row, 2)?;
    Ok(Stored { hash: get(&row, 0)?, roles: get(&row, 1)?, selectors: json("selectors", &selectors)? })
}

/// Notes changed rules. One that affects nobody is in sync at once; others stay out of sync until a run covers them.
///
/// All groups are locked before anybody is counted: a member who is being added under the old rules is waited for.
pub(super) async fn changed(connection: &Connection, changes: &[RuleChange]) -> Result<(), Setback> {
    let mut known = Vec::with_capacity(changes.len());
    for change in changes {
        let mut stored = stored(connection, &change.name).await?;
        stored.selectors.extend(change.before.iter().chain(&change.after).cloned());
        stored.selectors.dedup();
        known.push(stored);
    }
    let all: Vec<GroupSelector> = known.iter().flat_map(|stored| stored.selectors.iter().cloned()).collect();
    run::hold(connection, &all).await?;
    for (change, stored) in changes.iter().zip(known) {
        let RuleChange { name, hash, roles, after, .. } = change;
        let affected = has_holders(connection, name).await? || any_members(connection, &stored.selectors).await?;
        match (affected, hash) {
            (false, None) => drop(connection.run(sql::DELETE_RULE, &[name]).await?),
            (false, Some(hash)) => put(connection, name, Some(hash), Some(roles), after.as_slice()).await?,
            (true, _) => {
                put(connection, name, stored.hash.as_ref(), stored.roles.as_ref(), &stored.selectors).await?;
            }
        }
    }
    Ok(())
}

/// A run has brought the covered rules to everybody.
pub(super) async fn mark_synced(
    connection: &Connection,
    run: &RunRow,
    roles: &String,
    selectors: &[(String, GroupSelector)],
) -> Result<(), Setback> {
    let last_sync = run.status.completed_at.map(|time| LastSync {
        name: run.status.name.clone(),
        time,
        users_changed: run.status.result.users_changed,
    });
    let last_sync = text("last sync", &last_sync)?;
    for covered in &run.covers {
        match &covered.hash {
            Some(hash) => {
                let now: Vec<GroupSelector> =
                    selectors.iter().filter(|(name, _)| *name == covered.name).map(|(_, s)| s.clone()).collect();
                put(connection, &covered.name, Some(hash), Some(roles), &now).await?;
                connection.run(sql::PUT_LAST_SYNC, &[&covered.name, &last_sync]).await?;
            }
            None if !has_holders(connection, &covered.name).await? => {
                connection.run(sql::DELETE_RULE, &[&covered.name]).await?;
            }
            None => {}
        }
    }
    Ok(())
}

/// Every rule that has a state, deleted ones too, by name.
pub(super) async fn states(connection: &Connection) -> Result<Vec<StoredRuleState>, Setback> {
    let mut states = Vec::new();
    for row in connection.rows(sql::RULE_STATES, &[]).await? {
        let last_sync: Option<String> = get(&row, 3)?;
        states.push(StoredRuleState {
            name: get(&row, 0)?,
            synced_hash: get(&row, 1)?,
            synced_roles: get(&row, 2)?,
            last_sync: last_sync.map(|text| json("last sync", &text)).transpose()?.flatten(),
            held_by_someone: get(&row, 4)?,
        });
    }
    states.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(states)
}

async fn put(
    connection: &Connection,
    rule: &String,
    hash: Option<&String>,
    roles: Option<&String>,
    selectors: &[GroupSelector],
) -> Result<(), Setback> {
    let selectors = text("selectors", &selectors)?;
    connection.run(sql::PUT_RULE, &[rule, &hash, &roles, &selectors]).await?;
    Ok(())
}

async fn has_holders(connection: &Connection, rule: &String) -> Result<bool, Setback> {
    Ok(connection.row(sql::ANY_HOLDER, &[rule]).await?.is_some())
}

async fn any_members(connection: &Connection, selectors: &[GroupSelector]) -> Result<bool, Setback> {
    for selector in selectors {
        if let Some(group) = group::resolve(connection, selector).await?
            && !group::first_members(connection, group, 1).await?.is_empty()
        {
            return Ok(true);
        }
    }
    Ok(false)
}
