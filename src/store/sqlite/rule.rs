//! How far each rule's content has come: who is affected by it, and whether a run has reached them all (B065, B066).

use super::super::contract::RuleChange;
use super::super::error::StoreError;
use super::super::row::{GroupId, RunRow, StoredRuleState};
use super::row::{id, json, text};
use crate::access::{GroupSelector, fold};
use crate::config::LastSync;
use rusqlite::{Connection, OptionalExtension, params};

/// Notes changed rules. One that affects nobody is in sync at once; others stay out of sync until a run covers them.
pub(super) fn changed(connection: &Connection, changes: &[RuleChange]) -> Result<(), StoreError> {
    for change in changes {
        let RuleChange { name, hash, roles, before, after } = change;
        let mut selectors = selectors(connection, name)?;
        selectors.extend(before.iter().chain(after).cloned());
        selectors.dedup();
        let affected = has_holders(connection, name)? || any_members(connection, &selectors)?;
        match (affected, hash) {
            (false, None) => remove(connection, name)?,
            (false, Some(hash)) => put(connection, name, Some(hash), Some(roles), after.as_slice())?,
            (true, _) => {
                let (synced_hash, synced_roles) = synced(connection, name)?.unwrap_or_default();
                put(connection, name, synced_hash.as_ref(), synced_roles.as_ref(), &selectors)?;
            }
        }
    }
    Ok(())
}

/// A run has brought the covered rules to everybody.
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
                put(connection, &covered.name, Some(hash), Some(&roles.to_owned()), &now)?;
                connection
                    .prepare_cached("UPDATE rule_state SET last_sync = ?2 WHERE rule = ?1")?
                    .execute(params![covered.name, text("last sync", &last_sync)?])?;
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

/// The group a selector names now.
pub(super) fn resolve(connection: &Connection, selector: &GroupSelector) -> Result<Option<GroupId>, StoreError> {
    let found = match selector {
        GroupSelector::DisplayName(name) => connection
            .prepare_cached("SELECT id FROM \"group\" WHERE display_name = ?1")?
            .query_row([fold(name)], |row| id(row, 0))
            .optional()?,
        GroupSelector::ExternalId(external) => connection
            .prepare_cached("SELECT id FROM \"group\" WHERE external_id = ?1 ORDER BY id LIMIT 1")?
            .query_row([external], |row| id(row, 0))
            .optional()?,
        GroupSelector::Id(text) => match GroupId::parse(text) {
            Some(group) => super::group::find(connection, group)?.map(|row| row.id.0),
            None => None,
        },
    };
    Ok(found.map(GroupId))
}

/// The groups a rule named since it was last in sync.
pub(super) fn selectors(connection: &Connection, rule: &str) -> Result<Vec<GroupSelector>, StoreError> {
    let text: Option<String> = connection
        .prepare_cached("SELECT selectors FROM rule_state WHERE rule = ?1")?
        .query_row([rule], |row| row.get(0))
        .optional()?;
    text.map_or(Ok(Vec::new()), |text| json("selectors", &text))
}

/// The hashes of content and ladder that everybody has, where a run or nobody's being affected settled them.
type Synced = (Option<String>, Option<String>);

fn synced(connection: &Connection, rule: &str) -> Result<Option<Synced>, StoreError> {
    Ok(connection
        .prepare_cached("SELECT synced_hash, synced_roles FROM rule_state WHERE rule = ?1")?
        .query_row([rule], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?)
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
            "INSERT INTO rule_state (rule, synced_hash, synced_roles, selectors) VALUES (?1, ?2, ?3, ?4) \
             ON CONFLICT (rule) DO UPDATE SET synced_hash = excluded.synced_hash, \
             synced_roles = excluded.synced_roles, selectors = excluded.selectors",
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
    for selector in selectors {
        if let Some(group) = resolve(connection, selector)?
            && !super::group::members(connection, group, 1)?.0.is_empty()
        {
            return Ok(true);
        }
    }
    Ok(false)
}
