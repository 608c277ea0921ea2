//! Whom a pass is about, what it needs of them, and what is kept beside users: accounts, identities, failed
//! events, causes.

use super::super::error::StoreError;
use super::super::question::Among;
use super::super::row::{
    AccessFacts, Account, AccountKey, Causes, FailedRow, GroupId, Identity, IdentityKey, UserId, opaque_key,
};
use super::{ModelStore, State};
use crate::access::{GroupSelector, fold};
use crate::config::UserChange;
use std::collections::BTreeSet;
use uuid::Uuid;

impl ModelStore {
    /// See [`super::super::Store::people`].
    pub async fn people(&self, among: Among) -> Result<Vec<UserId>, StoreError> {
        let state = self.state();
        Ok(match among {
            Among::All => state.users.keys().copied().collect(),
            Among::Affected { rules, selectors } => state.affected(&rules, &selectors).into_iter().collect(),
        })
    }

    /// See [`super::super::Store::access_facts`].
    pub async fn access_facts(&self, ids: Vec<UserId>) -> Result<Vec<AccessFacts>, StoreError> {
        let state = self.state();
        let facts = |id: UserId| {
            let account_enabled = state.users.get(&id)?.account_enabled;
            Some(AccessFacts { id, account_enabled, groups: state.groups_of(id), grants: state.grants_of(id) })
        };
        Ok(ids.into_iter().filter_map(facts).collect())
    }

    /// See [`super::super::Store::active_holders`].
    pub async fn active_holders(&self, tenant: &str, role: &str) -> Result<u64, StoreError> {
        let state = self.state();
        let enabled = state.users.values().filter(|row| row.account_enabled);
        let holds = |row: &&super::UserRow| {
            state.grants_of(row.id).iter().any(|grant| grant.tenant == tenant && grant.role == role)
        };
        Ok(enabled.filter(holds).count() as u64)
    }

    /// See [`super::super::Store::run_changes`].
    pub async fn run_changes(
        &self,
        uid: &str,
        after: Option<UserId>,
        limit: u32,
    ) -> Result<Vec<UserChange>, StoreError> {
        let state = self.state();
        let behind = state.run_changes.iter().filter(|((of, user), _)| of == uid && Some(*user) > after);
        Ok(behind.take(limit as usize).map(|(_, change)| change.clone()).collect())
    }

    /// See [`super::super::Store::account`].
    pub async fn account(&self, key: AccountKey) -> Result<Option<Account>, StoreError> {
        Ok(self.state().account(&key))
    }

    /// See [`super::super::Store::accounts`].
    pub async fn accounts(&self, after: Option<UserId>, limit: u32) -> Result<Vec<Account>, StoreError> {
        let state = self.state();
        let behind = state.accounts.values().filter(|account| Some(account.id) > after);
        Ok(behind.take(limit as usize).cloned().collect())
    }

    /// See [`super::super::Store::identity`].
    pub async fn identity(&self, key: IdentityKey) -> Result<Option<Identity>, StoreError> {
        Ok(self.state().identity(&key))
    }

    /// See [`super::super::Store::failed`].
    pub async fn failed(&self, before: Option<Uuid>, limit: u32) -> Result<Vec<FailedRow>, StoreError> {
        let state = self.state();
        let newest = state.failed.values().rev().filter(|row| before.is_none_or(|before| row.id < before));
        Ok(newest.take(limit as usize).cloned().collect())
    }

    /// See [`super::super::Store::failed_by_id`].
    pub async fn failed_by_id(&self, id: Uuid) -> Result<Option<FailedRow>, StoreError> {
        Ok(self.state().failed.get(&id).cloned())
    }

    /// See [`super::super::Store::failed_about`].
    pub async fn failed_about(&self, subjects: Vec<String>) -> Result<Vec<FailedRow>, StoreError> {
        let state = self.state();
        let keys: Vec<String> = subjects.iter().map(|subject| opaque_key(subject)).collect();
        Ok(state.failed.values().filter(|row| keys.contains(&row.subject)).cloned().collect())
    }

    /// See [`super::super::Store::causes`].
    pub async fn causes(&self, user: UserId, groups: Vec<GroupId>, names: Vec<String>) -> Result<Causes, StoreError> {
        let state = self.state();
        let joined = |group: GroupId| {
            let pair = (group, user);
            state.members.contains(&pair).then(|| state.joined.get(&pair)).flatten().map(|cause| (group, *cause))
        };
        let left = |group: GroupId| state.left.get(&(user, group)).map(|cause| (group, *cause));
        let gone = |name: String| state.gone.get(&name).map(|cause| (name.clone(), *cause));
        Ok(Causes {
            joined: groups.iter().copied().filter_map(joined).collect(),
            left: groups.iter().copied().filter_map(left).collect(),
            gone: names.into_iter().filter_map(gone).collect(),
            status: state.status.get(&user).copied(),
        })
    }
}

impl State {
    /// An account by id or by folded name.
    pub(super) fn account(&self, key: &AccountKey) -> Option<Account> {
        let is = |account: &&Account| match key {
            AccountKey::Id(id) => account.id == *id,
            AccountKey::Name(name) => fold(&account.user_name) == *name,
        };
        self.accounts.values().find(is).cloned()
    }

    /// An identity by whom it stands for, or by issuer and subject.
    pub(super) fn identity(&self, key: &IdentityKey) -> Option<Identity> {
        let is = |identity: &&Identity| match key {
            IdentityKey::User(user) => identity.user == *user,
            IdentityKey::Subject(issuer, subject) => (&identity.issuer, &identity.subject) == (issuer, subject),
        };
        self.identities.values().find(is).cloned()
    }

    /// Holders of the rules, and members of the groups that they and the selectors name.
    pub(super) fn affected(&self, rules: &[String], selectors: &[GroupSelector]) -> BTreeSet<UserId> {
        let (mut selectors, mut people) = (selectors.to_vec(), BTreeSet::new());
        for rule in rules {
            let kept = self.rules.get(rule);
            selectors.extend(kept.iter().flat_map(|kept| kept.selectors.iter().cloned()));
            people.extend(self.holders(rule));
        }
        for group in selectors.iter().flat_map(|selector| self.named(selector)) {
            people.extend(self.members_of(group));
        }
        people
    }
}
