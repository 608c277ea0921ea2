//! Loading what a change needs, each thing once.

use super::super::contract::{Facts, Needs};
use super::super::error::StoreError;
use super::{account, group, resource, run, user};
use rusqlite::Connection;

/// Loads `needs` into `facts`; what is there already stays as it is.
pub(super) fn load(connection: &Connection, needs: &Needs, facts: &mut Facts) -> Result<(), StoreError> {
    let Needs {
        configuration,
        alone,
        users,
        user_names,
        groups,
        group_names,
        resources,
        resource_keys,
        delta,
        members,
        run,
        accounts,
        by_hand,
    } = needs;
    // There is one writer: everything stands still while it decides.
    facts.configuration = facts.configuration.max(*configuration);
    facts.alone = alone.or(facts.alone);
    for id in users {
        if !facts.users.contains_key(id) {
            facts.users.insert(*id, user::facts(connection, *id)?);
        }
    }
    for name in user_names {
        if !facts.user_names.contains_key(name) {
            facts.user_names.insert(name.clone(), user::by_name(connection, name)?);
        }
    }
    for id in groups {
        if !facts.groups.contains_key(id) {
            facts.groups.insert(*id, group::find(connection, *id)?);
        }
    }
    for name in group_names {
        if !facts.group_names.contains_key(name) {
            facts.group_names.insert(name.clone(), group::by_name(connection, name)?);
        }
    }
    for id in resources {
        if !facts.resources.contains_key(id) {
            facts.resources.insert(*id, resource::find(connection, *id)?);
        }
    }
    for key in resource_keys {
        if !facts.resource_keys.contains_key(key) {
            facts.resource_keys.insert(key.clone(), resource::by_key(connection, key)?);
        }
    }
    for key in accounts {
        if !facts.accounts.contains_key(key) {
            facts.accounts.insert(key.clone(), account::find(connection, key)?);
        }
    }
    if *by_hand && facts.by_hand.is_none() {
        facts.by_hand = Some(user::any_by_hand(connection)?);
    }
    if let Some(asked) = delta {
        facts.delta = Some(group::delta(connection, asked)?);
    }
    if let Some((id, limit)) = members {
        facts.members = Some(group::members(connection, *id, *limit)?);
    }
    if let Some((uid, name)) = run {
        facts.runs = Some(run::by_uid_or_name(connection, uid, name)?);
    }
    Ok(())
}
