//! Locking and loading what a change needs, in the order that everybody keeps: lease, gate, configuration, groups,
//! users by id, resources by id, accounts by id, identities by user, runs. Statements that do not depend on each
//! other's answers are sent in one go.

use super::super::contract::{Delta, Facts, Fence, Hold, MemberIds, Needs};
use super::super::row::{AccountKey, GroupId, IdentityKey, ResourceId, UserId};
use super::ask::together;
use super::connection::Connection;
use super::row::{count, get, keys, number};
use super::setback::Setback;
use super::{account, config, gate, group, identity, lease, resource, run, statement as sql, user};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Users locked by one statement.
const LOCKED_AT_ONCE: usize = 500;

/// By which queueing each user waited, of those who did when they were read. Every queueing has another number.
pub(super) type Stamps = BTreeMap<UserId, i64>;

/// What this transaction has locked, and what of what it read the facts do not say.
#[derive(Debug, Default)]
pub(super) struct Held {
    configuration: Hold,
    alone: Option<GroupId>,
    groups: BTreeSet<GroupId>,
    users: BTreeSet<UserId>,
    resources: BTreeSet<ResourceId>,
    accounts: BTreeSet<AccountKey>,
    identities: BTreeSet<IdentityKey>,
    /// See [`Stamps`].
    pub stamps: Stamps,
    /// Leaves the locks of users out, so that a test sees what they are for.
    #[cfg(test)]
    pub users_left_free: bool,
}

impl Held {
    /// What of `needs` is not locked yet; an error when it should have been locked before something that is.
    fn missing(&self, needs: &Needs) -> Result<Missing, Setback> {
        let configuration = if needs.configuration > self.configuration { needs.configuration } else { Hold::Free };
        let alone = needs.alone.filter(|group| self.alone != Some(*group));
        let named = needs.delta.iter().filter_map(|delta| delta.group).chain(needs.members.iter().map(|(id, _)| *id));
        let wanted = needs.groups.iter().copied().chain(named);
        let groups: BTreeSet<GroupId> =
            wanted.filter(|id| !self.groups.contains(id) && self.alone != Some(*id) && alone != Some(*id)).collect();
        let mut users: BTreeSet<UserId> = needs.users.clone();
        users.extend(needs.delta.iter().flat_map(|delta| delta.add.iter().chain(&delta.remove)));
        users.retain(|id| !self.users.contains(id));
        let resources: BTreeSet<ResourceId> = needs.resources.difference(&self.resources).copied().collect();
        let has_identities = !self.identities.is_empty();
        let new_identities = needs.identities.iter().any(|key| !self.identities.contains(key));
        let has_accounts = !self.accounts.is_empty() || has_identities;
        let new_accounts = needs.accounts.iter().any(|key| !self.accounts.contains(key));
        let has_resources = !self.resources.is_empty() || has_accounts;
        let has_users = !self.users.is_empty() || has_resources;
        let has_groups = !self.groups.is_empty() || self.alone.is_some();
        let late = (configuration > Hold::Free && (has_groups || has_users || self.configuration > Hold::Free))
            || (alone.is_some() && (has_groups || has_users))
            || (!groups.is_empty() && has_users)
            || (!users.is_empty() && has_resources)
            || (users.first() < self.users.last() && !users.is_empty())
            || (resources.first() < self.resources.last() && !resources.is_empty())
            // In which order accounts and identities stand is not known from their keys: all at once, or from the
            // beginning.
            || (has_accounts && (new_accounts || !resources.is_empty()))
            || (has_identities && new_identities);
        if late { Err(Setback::Reorder) } else { Ok(Missing { configuration, alone, groups, users, resources }) }
    }
}

/// What is to be locked now.
struct Missing {
    configuration: Hold,
    alone: Option<GroupId>,
    groups: BTreeSet<GroupId>,
    users: BTreeSet<UserId>,
    resources: BTreeSet<ResourceId>,
}

/// Locks and loads `needs`; begins the transaction when this is its `first` round.
pub(super) async fn load(
    connection: &Connection,
    needs: &Needs,
    fence: Option<&Fence>,
    first: bool,
    held: &mut Held,
    facts: &mut Facts,
) -> Result<(), Setback> {
    let missing = held.missing(needs)?;
    let Missing { configuration, alone, groups, mut users, resources } = missing;
    let begin = async {
        if first {
            connection.run(sql::BEGIN, &[]).await?;
        }
        Ok::<(), Setback>(())
    };
    let group_keys: Vec<_> = groups.iter().map(|id| id.0).collect();
    let alone_key: Vec<_> = alone.iter().map(|id| id.0).collect();
    let resource_keys: Vec<_> = resources.iter().map(|id| id.0).collect();
    let replaced = needs.delta.as_ref().filter(|delta| delta.clear).and_then(|delta| delta.group);
    if fence.is_none() && replaced.is_none() && users.len() <= LOCKED_AT_ONCE {
        // The usual round: no statement depends on another's answer, so all of them are sent in one go.
        let user_keys = keys(users.iter());
        #[cfg(test)]
        let user_keys = if held.users_left_free { Vec::new() } else { user_keys };
        together!(
            begin,
            enter(connection, first),
            hold_head(connection, configuration),
            lock(connection, sql::HOLD_GROUPS, &alone_key),
            lock(connection, sql::SHARE_GROUPS, &group_keys),
            lock(connection, sql::HOLD_USERS, &user_keys),
            lock(connection, sql::HOLD_RESOURCES, &resource_keys),
            read(connection, needs, facts, &mut held.stamps),
        )?;
    } else {
        begin.await?;
        match fence {
            Some(fence) => lease::check(connection, fence).await?,
            None => enter(connection, first).await?,
        }
        together!(
            hold_head(connection, configuration),
            lock(connection, sql::HOLD_GROUPS, &alone_key),
            lock(connection, sql::SHARE_GROUPS, &group_keys),
        )?;
        lock_users(connection, replaced, &mut users).await?;
        lock(connection, sql::HOLD_RESOURCES, &resource_keys).await?;
        read(connection, needs, facts, &mut held.stamps).await?;
    }
    held.configuration = held.configuration.max(configuration);
    held.alone = alone.or(held.alone);
    held.groups.extend(groups);
    held.users.extend(users);
    held.resources.extend(resources);
    held.accounts.extend(needs.accounts.iter().cloned());
    held.identities.extend(needs.identities.iter().cloned());
    facts.configuration = facts.configuration.max(held.configuration);
    facts.alone = held.alone.or(facts.alone);
    Ok(())
}

/// Goes through the gate with the first locks: see [`gate`](super::gate). Who has a lease does not: one process has it,
/// and knows what it has begun.
async fn enter(connection: &Connection, first: bool) -> Result<(), Setback> {
    if first { gate::enter(connection).await } else { Ok(()) }
}

async fn hold_head(connection: &Connection, hold: Hold) -> Result<(), Setback> {
    match hold {
        Hold::Free => {}
        Hold::Shared => drop(connection.rows(sql::SHARE_HEAD, &[]).await?),
        Hold::Alone => drop(connection.rows(sql::HOLD_HEAD, &[]).await?),
    }
    Ok(())
}

async fn lock(connection: &Connection, statement: &'static str, ids: &Vec<uuid::Uuid>) -> Result<(), Setback> {
    if !ids.is_empty() {
        connection.rows(statement, &[ids]).await?;
    }
    Ok(())
}

/// Locks users in the order of ids; of a group whose members are replaced, those who leave as well.
async fn lock_users(
    connection: &Connection,
    replaced: Option<GroupId>,
    users: &mut BTreeSet<UserId>,
) -> Result<(), Setback> {
    if let Some(group) = replaced {
        users.extend(group::first_members(connection, group, i64::MAX).await?);
    }
    let ids: Vec<_> = keys(users.iter());
    for ids in ids.chunks(LOCKED_AT_ONCE) {
        lock(connection, sql::HOLD_USERS, &ids.to_vec()).await?;
    }
    Ok(())
}

/// Loads, each thing once, and the configuration in force now that the locks are there.
async fn read(connection: &Connection, needs: &Needs, facts: &mut Facts, stamps: &mut Stamps) -> Result<(), Setback> {
    let new = |id: &&UserId| !facts.users.contains_key(id);
    let users = keys(needs.users.iter().filter(new));
    let groups: Vec<_> = needs.groups.iter().filter(|id| !facts.groups.contains_key(id)).map(|id| id.0).collect();
    let user_names: Vec<&String> =
        needs.user_names.iter().filter(|name| !facts.user_names.contains_key(*name)).collect();
    let group_names: Vec<&String> =
        needs.group_names.iter().filter(|name| !facts.group_names.contains_key(*name)).collect();
    let resources: Vec<_> =
        needs.resources.iter().filter(|id| !facts.resources.contains_key(id)).map(|id| id.0).collect();
    let resource_keys: Vec<_> =
        needs.resource_keys.iter().filter(|key| !facts.resource_keys.contains_key(*key)).collect();
    let accounts: Vec<_> = needs.accounts.iter().filter(|key| !facts.accounts.contains_key(*key)).collect();
    let identities: Vec<_> = needs.identities.iter().filter(|key| !facts.identities.contains_key(*key)).collect();
    let is_asked = needs.by_hand && facts.by_hand.is_none();
    let (head, (users, waiting), groups, user_names, group_names, resources, resource_keys, beside) = together!(
        connection.row(sql::READ_HEAD, &[]),
        user::facts(connection, &users),
        group::find(connection, &groups),
        user::by_names(connection, &user_names),
        group::by_names(connection, &group_names),
        resource::find(connection, &resources),
        resource::by_keys(connection, &resource_keys),
        async {
            together!(
                delta(connection, needs.delta.as_ref()),
                members(connection, needs.members),
                account::hold(connection, &accounts),
                identity::hold(connection, &identities),
                runs(connection, needs.run.as_ref(), needs.covers),
                by_hand(connection, is_asked),
            )
        },
    )?;
    let (delta, members, accounts, identities, runs, by_hand) = beside;
    stamps.extend(waiting);
    facts.users.extend(users);
    facts.groups.extend(groups);
    facts.user_names.extend(user_names);
    facts.group_names.extend(group_names);
    facts.resources.extend(resources);
    facts.resource_keys.extend(resource_keys);
    facts.accounts.extend(accounts);
    facts.identities.extend(identities);
    facts.delta = delta.or(facts.delta.take());
    facts.members = members.or(facts.members.take());
    facts.runs = runs.or(facts.runs.take());
    facts.by_hand = by_hand.or(facts.by_hand);
    if let Some(head) = head
        && (count(&head, 0)?, count(&head, 1)?) != (facts.config.revision, facts.config.epoch)
    {
        facts.config = Arc::new(config::in_force(connection).await?);
    }
    Ok(())
}

/// Who really joins and who really leaves; the users and the group are locked.
async fn delta(connection: &Connection, asked: Option<&MemberIds>) -> Result<Option<Delta>, Setback> {
    let Some(MemberIds { group, clear, add, remove }) = asked else { return Ok(None) };
    let everybody = keys(add.iter().chain(remove));
    let (existing, among) =
        together!(user::existing(connection, &everybody), group::members_among(connection, *group, &everybody))?;
    let mut delta = Delta::default();
    for user in add.iter().filter(|user| !among.contains(*user)) {
        if existing.contains(user) { delta.joined.push(*user) } else { delta.unknown.push(*user) }
    }
    delta.left = match group {
        Some(group) if *clear => {
            let current = group::first_members(connection, *group, i64::MAX).await?;
            current.into_iter().filter(|user| !add.contains(user)).collect()
        }
        _ => remove.iter().filter(|user| among.contains(*user)).copied().collect(),
    };
    Ok(Some(delta))
}

async fn members(
    connection: &Connection,
    asked: Option<(GroupId, usize)>,
) -> Result<Option<(Vec<UserId>, bool)>, Setback> {
    let Some((group, limit)) = asked else { return Ok(None) };
    let one_more = number(limit as u64).saturating_add(1);
    let mut ids = group::first_members(connection, group, one_more).await?;
    let more = ids.len() > limit;
    ids.truncate(limit);
    Ok(Some((ids, more)))
}

/// Whether anybody holds something that no rule gave, where that is asked.
async fn by_hand(connection: &Connection, is_asked: bool) -> Result<Option<bool>, Setback> {
    Ok(if is_asked { Some(connection.row(sql::BY_HAND, &[]).await?.is_some()) } else { None })
}

async fn runs(
    connection: &Connection,
    asked: Option<&(String, String)>,
    covers: bool,
) -> Result<Option<Vec<super::super::row::RunRow>>, Setback> {
    let Some((uid, name)) = asked else { return Ok(None) };
    run::parse(connection.rows(sql::HOLD_RUNS_OF, &[uid, name, &covers]).await?).map(Some)
}

/// The first column of each row, as users.
pub(super) fn found(rows: &[tokio_postgres::Row]) -> Result<BTreeSet<UserId>, Setback> {
    rows.iter().map(|row| get(row, 0).map(UserId)).collect()
}
