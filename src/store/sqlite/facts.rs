//! Loading what a change needs, each thing once.

use super::super::contract::{Facts, Needs};
use super::super::error::StoreError;
use super::{account, group, identity, resource, run, user};
use rusqlite::Connection;
use std::collections::{BTreeMap, BTreeSet};

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
        covers,
        accounts,
        identities,
        by_hand,
    } = needs;
    // There is one writer: everything stands still while it decides.
    facts.configuration = facts.configuration.max(*configuration);
    facts.alone = alone.or(facts.alone);
    fill(&mut facts.users, users, |id| user::facts(connection, *id))?;
    fill(&mut facts.user_names, user_names, |name| user::by_name(connection, name))?;
    fill(&mut facts.groups, groups, |id| group::find(connection, *id))?;
    fill(&mut facts.group_names, group_names, |name| group::by_name(connection, name))?;
    fill(&mut facts.resources, resources, |id| resource::find(connection, *id))?;
    fill(&mut facts.resource_keys, resource_keys, |key| resource::by_key(connection, key))?;
    fill(&mut facts.accounts, accounts, |key| account::find(connection, key))?;
    fill(&mut facts.identities, identities, |key| identity::find(connection, key))?;
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
        facts.runs = Some(run::by_uid_or_name(connection, uid, name, *covers)?);
    }
    Ok(())
}

/// Finds what is asked for and not there yet.
fn fill<K: Ord + Clone, V>(
    found: &mut BTreeMap<K, V>,
    asked: &BTreeSet<K>,
    find: impl Fn(&K) -> Result<V, StoreError>,
) -> Result<(), StoreError> {
    for key in asked {
        if !found.contains_key(key) {
            found.insert(key.clone(), find(key)?);
        }
    }
    Ok(())
}
