//! How far each rule's content has come: who is affected by it, and whether a run has reached them all (B065, B066).

use super::super::contract::RuleChange;
use super::super::row::{RunRow, StoredRuleState};
use super::ask::together;
use super::connection::Connection;
use super::row::{get, json, text};
use super::setback::Setback;
use super::{group, run, statement as sql};
use crate::access::GroupSelector;
use crate::config::LastSync;
use futures::future::try_join_all;
use std::collections::BTreeMap;
use uuid::Uuid;

/// What is kept of a rule.
#[derive(Debug, Default)]
pub(super) struct Stored {
    hash: Option<String>,
    /// The groups it named since it was last in sync.
    pub selectors: Vec<GroupSelector>,
}

/// What is kept of a rule; nothing when it never affected anybody.
pub(super) async fn stored(connection: &Connection, rule: &str) -> Result<Stored, Setback> {
    let Some(row) = connection.row(sql::RULE_STATE, &[&rule]).await? else { return Ok(Stored::default()) };
    let selectors: String = get(&row, 1)?;
    Ok(Stored { hash: get(&row, 0)?, selectors: json("selectors", &selectors)? })
}

/// Notes changed rules. One that affects nobody is in sync at once; others are out of sync until a run covers them,
/// also where a rule becomes what it was: somebody may have been evaluated in between (B065, B066).
///
/// All groups are locked before anybody is counted: a member who is being added under the old rules is waited for.
/// There may be a thousand rules, so none waits for the answers about another.
pub(super) async fn changed(connection: &Connection, changes: &[RuleChange]) -> Result<(), Setback> {
    let known = changes.iter().map(async |change| {
        let mut stored = stored(connection, &change.name).await?;
        stored.selectors.extend(change.before.iter().chain(&change.after).cloned());
        stored.selectors.dedup();
        Ok::<_, Setback>(stored)
    });
    let known = try_join_all(known).await?;
    let all: Vec<GroupSelector> = known.iter().flat_map(|stored| stored.selectors.iter().cloned()).collect();
    run::hold(connection, &all).await?;
    let noted = changes.iter().zip(&known).map(|(change, stored)| note(connection, change, stored));
    try_join_all(noted).await.map(drop)
}

async fn note(connection: &Connection, change: &RuleChange, stored: &Stored) -> Result<(), Setback> {
    let RuleChange { name, hash, content, roles, after, .. } = change;
    let (has_holders, has_members) =
        together!(has_holders(connection, name), any_members(connection, &stored.selectors))?;
    match (has_holders || has_members, hash) {
        (false, None) => connection.run(sql::DELETE_RULE, &[name]).await.map(drop),
        (false, Some(hash)) => put(connection, name, Some(hash), Some(roles), after.as_slice()).await,
        (true, _) => {
            let kept = stored.hash.as_ref().filter(|_| !content);
            put(connection, name, kept, None, &stored.selectors).await
        }
    }
}

/// A run has begun: what changes from now on, it may not bring to everybody.
pub(super) async fn begin_run(connection: &Connection) -> Result<(), Setback> {
    connection.run(sql::UNTOUCH_RULES, &[]).await.map(drop)
}

/// A run has brought the covered rules to everybody, but for those that have changed since it began.
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
    let mut named: BTreeMap<&str, Vec<&GroupSelector>> = BTreeMap::new();
    for (rule, selector) in selectors {
        named.entry(rule).or_default().push(selector);
    }
    let marked = run.covers.iter().map(async |covered| {
        let name = &covered.name;
        match &covered.hash {
            Some(hash) => {
                let now = text("selectors", &named.get(name.as_str()).map_or(&[][..], Vec::as_slice))?;
                connection.run(sql::MARK_RULE, &[name, hash, roles, &now, &last_sync]).await?;
            }
            None if !has_holders(connection, name).await? => {
                connection.run(sql::DELETE_RULE, &[name]).await?;
            }
            None => {}
        }
        Ok::<_, Setback>(())
    });
    try_join_all(marked).await.map(drop)
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
    let groups: Vec<Uuid> = group::named(connection, selectors).await?.iter().map(|group| group.0).collect();
    Ok(connection.row(sql::ANY_MEMBER, &[&groups]).await?.is_some())
}
