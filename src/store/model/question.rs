//! Every question of the contract, by looking at everything.

use super::super::error::StoreError;
use super::super::question::{
    Each, Figures, Found, GroupSelect, Keep, Listed, ListedGroup, ListedUser, Page, ResourceSelect, Start, UserSelect,
};
use super::super::row::{
    GroupId, GroupRow, ResourceId, ResourceRow, RunRow, StoredRuleState, UserId, UserRow, UserSummary, email_key,
    email_keys,
};
use super::{ModelStore, State};
use crate::access::GroupSelector;
use crate::config::{Phase, ProvisioningCounts, TokenUse, UserCounts};
use crate::scim::Reference;
use jiff::Timestamp;
use std::collections::BTreeSet;

impl ModelStore {
    /// One user with the groups it is in.
    pub async fn user(&self, id: UserId) -> Result<Option<ListedUser>, StoreError> {
        let state = self.state();
        Ok(state.users.get(&id).map(|row| (row.clone(), state.groups_of(id))))
    }

    /// One group; its members only when asked for.
    pub async fn group(&self, id: GroupId, members: bool) -> Result<Option<ListedGroup>, StoreError> {
        let state = self.state();
        Ok(state.groups.get(&id).map(|row| state.listed(row, members)))
    }

    /// See [`super::super::Store::member_count`].
    pub async fn member_count(&self, group: GroupId) -> Result<u64, StoreError> {
        Ok(self.state().members_of(group).len() as u64)
    }

    /// See [`super::super::Store::members`].
    pub async fn members(
        &self,
        group: GroupId,
        after: Option<UserId>,
        limit: u32,
    ) -> Result<Vec<Reference>, StoreError> {
        let state = self.state();
        let members = state.members_of(group).into_iter().filter(|user| Some(*user) > after);
        Ok(members.filter_map(|user| state.reference(user)).take(limit as usize).collect())
    }

    /// See [`super::super::Store::users`].
    pub async fn users(
        &self,
        select: UserSelect,
        page: Page,
        groups: bool,
        keep: Option<Keep<ListedUser>>,
    ) -> Result<Found<ListedUser>, StoreError> {
        Ok(paged(self.state().listed_users(&select, groups), keep, page))
    }

    /// See [`super::super::Store::groups`].
    pub async fn groups(
        &self,
        select: GroupSelect,
        page: Page,
        members: bool,
        keep: Option<Keep<ListedGroup>>,
    ) -> Result<Found<ListedGroup>, StoreError> {
        Ok(paged(self.state().listed_groups(&select, members), keep, page))
    }

    /// See [`super::super::Store::users_all`].
    pub async fn users_all<A: Default + Send + 'static>(
        &self,
        select: UserSelect,
        groups: bool,
        each: Each<ListedUser, A>,
    ) -> Result<A, StoreError> {
        Ok(passed(self.state().listed_users(&select, groups), each))
    }

    /// See [`super::super::Store::groups_all`].
    pub async fn groups_all<A: Default + Send + 'static>(
        &self,
        select: GroupSelect,
        members: bool,
        each: Each<ListedGroup, A>,
    ) -> Result<A, StoreError> {
        Ok(passed(self.state().listed_groups(&select, members), each))
    }

    /// See [`super::super::Store::users_by_ids`].
    pub async fn users_by_ids(&self, ids: Vec<UserId>, groups: bool) -> Result<Vec<ListedUser>, StoreError> {
        let state = self.state();
        Ok(ids.into_iter().flat_map(|id| state.listed_users(&UserSelect::Id(id), groups)).collect())
    }

    /// See [`super::super::Store::groups_by_ids`].
    pub async fn groups_by_ids(&self, ids: Vec<GroupId>, members: bool) -> Result<Vec<ListedGroup>, StoreError> {
        let state = self.state();
        Ok(ids.into_iter().flat_map(|id| state.listed_groups(&GroupSelect::Id(id), members)).collect())
    }

    /// See [`super::super::Store::resource`].
    pub async fn resource(&self, kind: &str, id: ResourceId) -> Result<Option<ResourceRow>, StoreError> {
        Ok(self.resources_by_ids(kind, vec![id]).await?.pop())
    }

    /// See [`super::super::Store::resources`].
    pub async fn resources(
        &self,
        kind: &str,
        select: ResourceSelect,
        page: Page,
        keep: Option<Keep<ResourceRow>>,
    ) -> Result<Found<ResourceRow>, StoreError> {
        Ok(paged(self.state().selected_resources(kind, &select), keep, page))
    }

    /// See [`super::super::Store::resources_all`].
    pub async fn resources_all<A: Default + Send + 'static>(
        &self,
        kind: &str,
        select: ResourceSelect,
        each: Each<ResourceRow, A>,
    ) -> Result<A, StoreError> {
        Ok(passed(self.state().selected_resources(kind, &select), each))
    }

    /// See [`super::super::Store::resources_by_ids`].
    pub async fn resources_by_ids(&self, kind: &str, ids: Vec<ResourceId>) -> Result<Vec<ResourceRow>, StoreError> {
        let state = self.state();
        let found = ids.into_iter().flat_map(|id| state.selected_resources(kind, &ResourceSelect::Id(id)));
        Ok(found.collect())
    }

    /// See [`super::super::Store::summaries`].
    pub async fn summaries(
        &self,
        select: UserSelect,
        limit: u64,
        keep: Option<Keep<UserSummary>>,
    ) -> Result<Vec<UserSummary>, StoreError> {
        let state = self.state();
        let summary = |row: &UserRow| UserSummary {
            row: row.clone(),
            grants: state.grants_of(row.id),
            evaluated: state.last_evaluated(row),
            pending: state.pending.contains(&row.id),
        };
        let all = state.selected_users(&select).map(summary);
        let kept = all.filter(|summary| keep.as_ref().is_none_or(|keep| keep(summary)));
        Ok(kept.take(size(limit)).collect())
    }

    /// Counts of what the store holds.
    pub async fn figures(&self) -> Result<Figures, StoreError> {
        let state = self.state();
        let held = state.grants.iter().filter(|(_, held)| held.values().any(|grant| !grant.rules.is_empty()));
        let managed: BTreeSet<&UserId> = held.map(|(user, _)| user).collect();
        let count = |name: &str| state.counters.get(name).copied().unwrap_or_default();
        let used = state.tokens.iter();
        Ok(Figures {
            users: UserCounts {
                total: state.users.len() as u64,
                active: state.users.values().filter(|row| row.user.active()).count() as u64,
                managed: managed.len() as u64,
            },
            groups: state.groups.len() as u64,
            pending: state.pending.len() as u64,
            failed: state.failed.len() as u64,
            provisioning: ProvisioningCounts {
                created: count("created"),
                updated: count("updated"),
                disabled: count("disabled"),
                deleted: count("deleted"),
                failed: count("failed"),
                last_request_time: state.last_request,
            },
            tokens: used.map(|(id, at)| TokenUse { token_id: id.clone(), last_used_at: *at }).collect(),
        })
    }

    /// See [`super::super::Store::rules`].
    pub async fn rules(
        &self,
        selectors: Vec<GroupSelector>,
    ) -> Result<(Vec<StoredRuleState>, Vec<Option<GroupId>>), StoreError> {
        let state = self.state();
        let stored = state.rules.iter().map(|(name, kept)| StoredRuleState {
            name: name.clone(),
            synced_hash: kept.hash.clone(),
            synced_roles: kept.roles.clone(),
            last_sync: kept.last_sync.clone(),
            held_by_someone: !state.holders(name).is_empty(),
        });
        Ok((stored.collect(), selectors.iter().map(|selector| state.named(selector).first().copied()).collect()))
    }

    /// The run to work on, if any; not what it covers.
    pub async fn next_run(&self) -> Result<Option<RunRow>, StoreError> {
        let mut runs = self.runs(true).await?;
        runs.sort_by_key(|run| run.status.phase == Phase::Running);
        Ok(runs.pop().map(|run| RunRow { covers: Vec::new(), ..run }))
    }

    /// Runs, newest first; `unfinished` leaves the final ones out.
    pub async fn runs(&self, unfinished: bool) -> Result<Vec<RunRow>, StoreError> {
        let mut runs = self.state().runs();
        runs.retain(|run| !(unfinished && run.status.phase.is_final()));
        runs.iter_mut().for_each(|run| run.covers.clear());
        Ok(runs)
    }

    /// The run of this uid and all of this name, newest first.
    pub async fn runs_of(&self, uid: &str, name: &str) -> Result<Vec<RunRow>, StoreError> {
        let mut runs = self.state().runs_of(uid, name);
        runs.iter_mut().for_each(|run| run.covers.clear());
        Ok(runs)
    }

    /// The next users of a run after its cursor.
    pub async fn run_users(&self, run: RunRow, limit: u32) -> Result<Vec<UserId>, StoreError> {
        let state = self.state();
        let uid = &run.status.uid;
        let all: Vec<UserId> = match run.rules() {
            Some(_) => state.run_users.iter().filter(|(of, _)| of == uid).map(|(_, user)| *user).collect(),
            None => state.users.keys().copied().collect(),
        };
        Ok(all.into_iter().filter(|user| Some(*user) > run.cursor).take(limit as usize).collect())
    }

    /// The first users whose evaluation is queued.
    pub async fn pending_users(&self, limit: u32) -> Result<Vec<UserId>, StoreError> {
        Ok(self.state().pending.iter().take(limit as usize).copied().collect())
    }
}

fn size(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

/// The page of what is kept of these, which are in the order of ids.
fn paged<T: Listed>(all: Vec<T>, keep: Option<Keep<T>>, page: Page) -> Found<T> {
    let kept: Vec<T> = all.into_iter().filter(|row| keep.as_ref().is_none_or(|keep| keep(row))).collect();
    let total = page.count_all.then_some(kept.len() as u64);
    let mut rows: Vec<T> = match page.start {
        Start::Offset(offset) => kept.into_iter().skip(size(offset)).collect(),
        Start::After(id) => kept.into_iter().filter(|row| row.id() > id).collect(),
        Start::Before(id) => kept.into_iter().filter(|row| row.id() < id).collect(),
    };
    let limit = size(page.limit);
    let more = rows.len() > limit;
    match page.start {
        Start::Before(_) => drop(rows.drain(..rows.len().saturating_sub(limit))),
        Start::Offset(_) | Start::After(_) => rows.truncate(limit),
    }
    Found { rows, total, more }
}

/// What `each` makes of these, until it is enough.
fn passed<T, A: Default>(all: Vec<T>, each: Each<T, A>) -> A {
    let mut made = A::default();
    let _enough = all.into_iter().any(|row| each(&mut made, row).is_break());
    made
}

impl State {
    /// When the rules were last applied, to this person or to everybody who was there.
    fn last_evaluated(&self, row: &UserRow) -> Option<Timestamp> {
        let own = self.evaluated.get(&row.id).copied();
        own.max(self.all_evaluated.filter(|all| row.created < *all))
    }

    fn selected_users<'a>(&'a self, select: &'a UserSelect) -> impl Iterator<Item = &'a UserRow> {
        self.users.values().filter(move |row| match select {
            UserSelect::All => true,
            UserSelect::After(id) => row.id > *id,
            UserSelect::Id(id) => row.id == *id,
            UserSelect::Name(name) => row.name_key() == *name,
            UserSelect::ExternalId(id) => row.user.external_id() == Some(id),
            UserSelect::Email(key) => email_keys(&row.user).contains(&email_key(key)),
            UserSelect::Nobody => false,
        })
    }

    fn listed_users(&self, select: &UserSelect, groups: bool) -> Vec<ListedUser> {
        let of = |row: &UserRow| if groups { self.groups_of(row.id) } else { Vec::new() };
        self.selected_users(select).map(|row| (row.clone(), of(row))).collect()
    }

    fn listed_groups(&self, select: &GroupSelect, members: bool) -> Vec<ListedGroup> {
        let selected = self.groups.values().filter(|row| self.selects_group(select, row));
        selected.map(|row| self.listed(row, members)).collect()
    }

    fn selected_resources(&self, kind: &str, select: &ResourceSelect) -> Vec<ResourceRow> {
        let selects = |row: &&ResourceRow| match select {
            ResourceSelect::All => true,
            ResourceSelect::Id(id) => row.id == *id,
            ResourceSelect::ExternalId(id) => row.resource.external_id() == Some(id),
            ResourceSelect::Key(attribute, value) => row.keys.contains(&(attribute.clone(), value.clone())),
            ResourceSelect::Nothing => false,
        };
        self.resources.values().filter(|row| row.kind == kind).filter(selects).cloned().collect()
    }

    fn selects_group(&self, select: &GroupSelect, row: &GroupRow) -> bool {
        match select {
            GroupSelect::All => true,
            GroupSelect::Id(id) => row.id == *id,
            GroupSelect::Name(name) => row.name_key() == *name,
            GroupSelect::ExternalId(id) => row.group.external_id() == Some(id),
            GroupSelect::Member(user) => self.members.contains(&(row.id, *user)),
            GroupSelect::IdWithMember(id, user) => row.id == *id && self.members.contains(&(*id, *user)),
            GroupSelect::Nothing => false,
        }
    }

    fn listed(&self, row: &GroupRow, members: bool) -> ListedGroup {
        let all = || self.members_of(row.id).into_iter().filter_map(|user| self.reference(user)).collect();
        (row.clone(), members.then(all))
    }

    fn reference(&self, user: UserId) -> Option<Reference> {
        let row = self.users.get(&user)?;
        let shown = row.user.attributes.get("displayName").and_then(serde_json::Value::as_str);
        let display = Some(shown.unwrap_or(row.user.user_name()).to_owned());
        Some(Reference { value: user.to_string(), display })
    }
}
