//! How far each rule's content has come: who is affected by it, and whether a run has reached them all (B065, B066).

use super::super::contract::RuleChange;
use super::super::error::StoreError;
use super::super::row::{GroupId, RunRow, StoredRuleState};
use super::row::{id, json, text};
use crate::access::{GroupSelector, fold};
use crate::config::LastSync;
use rusqlite::{Connection, OptionalExtension, params};
use std::collections::BTreeSet;

/// Notes changed rules. One that affects nobody is in sync at once; others are out of sync until a run covers them,
/// also where a rule becomes what it was: somebody may have been evaluated in between (B065, B066).
pub(super) fn changed(connection: &Connection, changes: &[RuleChange]) -> Result<(), StoreError> {
    for change in changes {
        let RuleChange { name, hash, content, roles, before, after } = change;
        let mut selectors = selectors(connection, name)?;
        selectors.extend(before.iter().chain(after).cloned());
        selectors.dedup();
        let affected = has_holders(connection, name)? || any_members(connection, &selectors)?;
        match (affected, hash) {
            (false, None) => remove(connection, name)?,
            (false, Some(hash)) => put(connection, name, Some(hash), Some(roles), after.as_slice())?,
            (true, _) => {
                let kept = if *content { None } else { synced_hash(connection, name)? };
                put(connection, name, kept.as_ref(), None, &selectors)?;
            }
        }
    }
    Ok(())
}

/// A run has begun: what changes from now on, it may not bring to everybody.
pub(super) fn begin_run(connection: &Connection) -> Result<(), StoreError> {
    connection.prepare_cached("UPDATE rule_state SET touched = 0 WHERE touched = 1")?.execute([])?;
    Ok(())
}

/// A run has brought the covered rules to everybody, but for those that have changed since it began.
pub(super) fn mark_synced(
    connection: &Connection,
    run: &RunRow,
    roles: &str,
    selectors: &[(String, GroupSelector)],
) -> Result<(), StoreError> {
    let last_sync = run.status.completed_at.map(|time| LastSync {
        name: run.status.name.clone(),
        time,
        users_changed: run.status.result.users_changed,
    });
    for covered in &run.covers {
        match &covered.hash {
            Some(hash) => {
                let now: Vec<GroupSelector> =
                    selectors.iter().filter(|(name, _)| *name == covered.name).map(|(_, s)| s.clone()).collect();
                connection
                    .prepare_cached(
                        "INSERT INTO rule_state (rule, synced_hash, synced_roles, selectors, last_sync) \
                         VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (rule) DO UPDATE SET last_sync = excluded.last_sync, \
                         synced_hash = iif(touched = 1, synced_hash, excluded.synced_hash), \
                         synced_roles = iif(touched = 1, synced_roles, excluded.synced_roles), \
                         selectors = iif(touched = 1, selectors, excluded.selectors)",
                    )?
                    .execute(params![
                        covered.name,
                        hash,
                        roles,
                        text("selectors", &now)?,
                        text("last sync", &last_sync)?
                    ])?;
            }
            None if !has_holders(connection, &covered.name)? => remove(connection, &covered.name)?,
            None => {}
        }
    }
    Ok(())
}

/// Every rule that has a state, deleted ones too.
pub(super) fn states(connection: &Connection) -> Result<Vec<StoredRuleState>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT rule, synced_hash, synced_roles, last_sync, \
         EXISTS (SELECT 1 FROM holding h WHERE h.rule = rule_state.rule) FROM rule_state ORDER BY rule",
    )?;
    let mut rows = statement.query([])?;
    let mut states = Vec::new();
    while let Some(row) = rows.next()? {
        let last_sync: Option<String> = row.get(3)?;
        states.push(StoredRuleState {
            name: row.get(0)?,
            synced_hash: row.get(1)?,
            synced_roles: row.get(2)?,
            last_sync: last_sync.map(|text| json("last sync", &text)).transpose()?.flatten(),
            held_by_someone: row.get(4)?,
        });
    }
    Ok(states)
}

/// The groups a selector names now, by id: several may have one externalId.
pub(super) fn named(connection: &Connection, selector: &GroupSelector) -> Result<Vec<GroupId>, StoreError> {
    let (sql, key) = match selector {
        GroupSelector::DisplayName(name) => ("SELECT id FROM \"group\" WHERE display_name = ?1", fold(name)),
        GroupSelector::ExternalId(external) => {
            ("SELECT id FROM \"group\" WHERE external_id = ?1 ORDER BY id", external.clone())
        }
        GroupSelector::Id(text) => {
            let Some(group) = GroupId::parse(text) else { return Ok(Vec::new()) };
            return Ok(super::group::find(connection, group)?.map(|row| row.id).into_iter().collect());
        }
    };
    let mut statement = connection.prepare_cached(sql)?;
    let ids = statement.query_map([key], |row| id(row, 0).map(GroupId))?;
    Ok(ids.collect::<Result<_, _>>()?)
}

/// The groups that any of these name now, each once.
pub(super) fn all_named(connection: &Connection, selectors: &[GroupSelector]) -> Result<BTreeSet<GroupId>, StoreError> {
    let mut groups = BTreeSet::new();
    for selector in selectors.iter().collect::<BTreeSet<_>>() {
        groups.extend(named(connection, selector)?);
    }
    Ok(groups)
}

/// The groups a rule named since it was last in sync.
pub(super) fn selectors(connection: &Connection, rule: &str) -> Result<Vec<GroupSelector>, StoreError> {
    let text: Option<String> = connection
        .prepare_cached("SELECT selectors FROM rule_state WHERE rule = ?1")?
        .query_row([rule], |row| row.get(0))
        .optional()?;
    text.map_or(Ok(Vec::new()), |text| json("selectors", &text))
}

/// The hash of the content that everybody has, where a run or nobody's being affected settled that.
fn synced_hash(connection: &Connection, rule: &str) -> Result<Option<String>, StoreError> {
    Ok(connection
        .prepare_cached("SELECT synced_hash FROM rule_state WHERE rule = ?1")?
        .query_row([rule], |row| row.get(0))
        .optional()?
        .flatten())
}

fn put(
    connection: &Connection,
    rule: &str,
    hash: Option<&String>,
    roles: Option<&String>,
    selectors: &[GroupSelector],
) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO rule_state (rule, synced_hash, synced_roles, selectors, touched) VALUES (?1, ?2, ?3, ?4, 1) \
             ON CONFLICT (rule) DO UPDATE SET synced_hash = excluded.synced_hash, \
             synced_roles = excluded.synced_roles, selectors = excluded.selectors, touched = 1",
        )?
        .execute(params![rule, hash, roles, text("selectors", &selectors)?])?;
    Ok(())
}

fn remove(connection: &Connection, rule: &str) -> Result<(), StoreError> {
    connection.prepare_cached("DELETE FROM rule_state WHERE rule = ?1")?.execute([rule])?;
    Ok(())
}

fn has_holders(connection: &Connection, rule: &str) -> Result<bool, StoreError> {
    Ok(connection.prepare_cached("SELECT 1 FROM holding WHERE rule = ?1 LIMIT 1")?.exists([rule])?)
}

fn any_members(connection: &Connection, selectors: &[GroupSelector]) -> Result<bool, StoreError> {
    for group in all_named(connection, selectors)? {
        if !super::group::members(connection, group, 1)?.0.is_empty() {
            return Ok(true);
        }
    }
    Ok(false)
}
