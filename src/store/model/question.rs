//! Every question of the contract, by looking at everything.

use super::super::error::StoreError;
use super::super::question::{Figures, GroupSelect, Keep, ListedGroup, ListedUser, UserSelect, Window};
use super::super::row::{GroupId, GroupRow, RunRow, StoredRuleState, UserId, UserRow, UserSummary};
use super::{ModelStore, State};
use crate::access::GroupSelector;
use crate::config::{ProvisioningCounts, TokenUse, UserCounts};
use crate::scim::Reference;
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

    /// See [`super::super::Store::users`].
    pub async fn users(
        &self,
        select: UserSelect,
        window: Window,
        groups: bool,
        keep: Option<Keep<ListedUser>>,
    ) -> Result<(Vec<ListedUser>, u64), StoreError> {
        let state = self.state();
        let of = |row: &UserRow| if groups { state.groups_of(row.id) } else { Vec::new() };
        let selected = state.selected_users(&select).map(|row| (row.clone(), of(row)));
        Ok(page(selected.filter(|user| keep.as_ref().is_none_or(|keep| keep(user))).collect(), window))
    }

    /// See [`super::super::Store::groups`].
    pub async fn groups(
        &self,
        select: GroupSelect,
        window: Window,
        members: bool,
        keep: Option<Keep<ListedGroup>>,
    ) -> Result<(Vec<ListedGroup>, u64), StoreError> {
        let state = self.state();
        let selected = state.groups.values().filter(|row| state.selects_group(&select, row));
        let listed = selected.map(|row| state.listed(row, members));
        Ok(page(listed.filter(|group| keep.as_ref().is_none_or(|keep| keep(group))).collect(), window))
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
            evaluated: state.evaluated.get(&row.id).copied(),
        };
        let all = state.selected_users(&select).map(summary);
        let kept = all.filter(|summary| keep.as_ref().is_none_or(|keep| keep(summary))).collect();
        Ok(page(kept, Window { offset: 0, limit }).0)
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
        Ok((stored.collect(), selectors.iter().map(|selector| state.resolve(selector)).collect()))
    }

    /// The run to work on, if any.
    pub async fn next_run(&self) -> Result<Option<RunRow>, StoreError> {
        Ok(self.runs(true).await?.pop())
    }

    /// Runs, newest first; `unfinished` leaves the final ones out.
    pub async fn runs(&self, unfinished: bool) -> Result<Vec<RunRow>, StoreError> {
        let mut runs = self.state().runs();
        runs.retain(|run| !(unfinished && run.status.phase.is_final()));
        Ok(runs)
    }

    /// The run of this uid and all of this name, newest first.
    pub async fn runs_of(&self, uid: &str, name: &str) -> Result<Vec<RunRow>, StoreError> {
        Ok(self.state().runs_of(uid, name))
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

/// What is in the window, and how many there are in all.
fn page<T>(all: Vec<T>, window: Window) -> (Vec<T>, u64) {
    let size = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
    let total = all.len() as u64;
    (all.into_iter().skip(size(window.offset)).take(size(window.limit)).collect(), total)
}

impl State {
    fn selected_users<'a>(&'a self, select: &'a UserSelect) -> impl Iterator<Item = &'a UserRow> {
        self.users.values().filter(move |row| match select {
            UserSelect::All => true,
            UserSelect::After(id) => row.id > *id,
            UserSelect::Id(id) => row.id == *id,
            UserSelect::Name(name) => row.name_key() == *name,
            UserSelect::ExternalId(id) => row.user.external_id() == Some(id),
            UserSelect::Nobody => false,
        })
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
        let reference = |user: UserId| {
            let row = self.users.get(&user)?;
            let shown = row.user.attributes.get("displayName").and_then(serde_json::Value::as_str);
            let display = Some(shown.unwrap_or(row.user.user_name()).to_owned());
            Some(Reference { value: user.to_string(), display })
        };
        (row.clone(), members.then(|| self.members_of(row.id).into_iter().filter_map(reference).collect()))
    }
}
