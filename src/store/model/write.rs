//! Every write of the contract, on maps.

use super::super::contract::{FAILED_KEPT, RuleChange, Write};
use super::super::error::StoreError;
use super::super::row::{
    Account, AccountKey, FailedRow, GroupId, GroupRow, Identity, IdentityKey, ResourceRow, RunRow, UserId, UserRow,
    opaque_key,
};
use super::{RuleKept, State};
use crate::access::{GroupSelector, fold};
use crate::config::{LastSync, TokenUse, UserChange};
use jiff::Timestamp;
use std::collections::BTreeSet;
use std::sync::Arc;
use uuid::Uuid;

/// Final runs kept for looking back; the oldest go first.
const FINAL_KEPT: usize = 200;
/// Final runs of which it is kept whom they changed.
const CHANGES_KEPT: usize = 20;

impl State {
    /// Carries out one write. Fails where a key is taken.
    pub(super) fn write(&mut self, write: &Write) -> Result<(), StoreError> {
        match write {
            Write::InsertUser(row) if self.users.contains_key(&row.id) => return taken(),
            Write::InsertUser(row) | Write::UpdateUser(row) => return self.put_user(row),
            Write::DeleteUser(id) => self.delete_user(*id),
            Write::InsertGroup(row) if self.groups.contains_key(&row.id) => return taken(),
            Write::InsertGroup(row) | Write::UpdateGroup(row) => return self.put_group(row),
            Write::TouchGroup(id, at) => {
                if let Some(row) = self.groups.get_mut(id) {
                    row.version += 1;
                    row.modified = row.modified.max(*at);
                }
            }
            Write::DeleteGroup(id) => {
                self.groups.remove(id);
                self.members.retain(|(group, _)| group != id);
            }
            Write::InsertResource(row) if self.resources.contains_key(&row.id) => return taken(),
            Write::InsertResource(row) | Write::UpdateResource(row) => return self.put_resource(row),
            Write::DeleteResource(id) => drop(self.resources.remove(id)),
            Write::NameGone(name, by) => drop(self.gone.insert(name.clone(), *by)),
            Write::AddMembers(id, users, by) => self.add_members(*id, users, *by),
            Write::RemoveMembers(id, users, by) => self.remove_members(*id, users, *by),
            Write::PutStatus(user, by) => drop(self.status.insert(*user, *by)),
            Write::PutAccount(account) => return self.put_account(account),
            Write::DeleteAccount(id) => self.delete_account(*id),
            Write::PutIdentity(identity) => return self.put_identity(identity),
            Write::EndSessions(user) => self.end_sessions(*user),
            Write::PutGrants { user, before: _, after } => {
                let after = after.iter().map(|grant| (grant.tenant.clone(), grant.clone())).collect();
                self.grants.insert(*user, after);
            }
            Write::Evaluated { user, at, was_pending } => {
                self.evaluated.insert(*user, *at);
                if *was_pending {
                    self.pending.remove(user);
                }
            }
            Write::QueueMembers(id) => {
                let members = self.members_of(*id);
                self.pending.extend(members);
            }
            Write::QueueUsers(users) => {
                self.pending.extend(users.iter().filter(|user| self.users.contains_key(user)));
            }
            Write::Unqueue(user) => drop(self.pending.remove(user)),
            Write::PutConfig { config, changed, at: _ } => {
                self.config = Arc::clone(config);
                changed.iter().for_each(|change| self.rule_changed(change));
            }
            Write::InsertRun(run) => self.put_run(run.clone()),
            Write::UpdateRun(run) => {
                let covers = self.runs.get(&run.status.uid).map(|known| known.covers.clone()).unwrap_or_default();
                self.put_run(RunRow { covers, ..run.clone() });
            }
            Write::StartRun { run, selectors } => self.start_run(run, selectors),
            Write::MarkSynced { run, roles, selectors } => self.mark_synced(run, roles, selectors),
            Write::PutRunChanges(uid, changes) => self.put_run_changes(uid, changes),
            Write::ForgetRunChanges(uid) => self.run_changes.retain(|(of, _), _| of != uid),
            Write::AllEvaluated(at) => self.all_evaluated = self.all_evaluated.max(Some(*at)),
            Write::PutFailed(row) => self.put_failed(row),
            Write::DeleteFailed(ids) => self.failed.retain(|id, _| !ids.contains(id)),
            Write::Count(counter) => *self.counters.entry(counter.name()).or_default() += 1,
            Write::Uses { tokens, refused, last_request } => self.uses(tokens, *refused, *last_request),
        }
        Ok(())
    }

    fn put_user(&mut self, row: &UserRow) -> Result<(), StoreError> {
        if self.user_named(&row.name_key()).is_some_and(|bearer| bearer != row.id) {
            return taken();
        }
        self.users.insert(row.id, row.clone());
        Ok(())
    }

    fn put_group(&mut self, row: &GroupRow) -> Result<(), StoreError> {
        if self.group_named(&row.name_key()).is_some_and(|bearer| bearer != row.id) {
            return taken();
        }
        self.groups.insert(row.id, row.clone());
        Ok(())
    }

    fn put_run_changes(&mut self, uid: &str, changes: &[UserChange]) {
        for change in changes {
            let Some(user) = UserId::parse(&change.id) else { continue };
            self.run_changes.entry((uid.to_owned(), user)).or_insert_with(|| change.clone());
        }
    }

    fn put_resource(&mut self, row: &ResourceRow) -> Result<(), StoreError> {
        let key = |(attribute, value): &(String, String)| (row.kind.clone(), attribute.clone(), value.clone());
        if row.keys.iter().filter_map(|of| self.bearer(&key(of))).any(|bearer| bearer != row.id) {
            return taken();
        }
        let keys: BTreeSet<(String, String)> = row.keys.iter().cloned().collect();
        self.resources.insert(row.id, ResourceRow { keys: keys.into_iter().collect(), ..row.clone() });
        Ok(())
    }

    fn add_members(&mut self, group: GroupId, users: &[UserId], cause: Uuid) {
        for user in users {
            if self.members.insert((group, *user)) {
                self.joined.insert((group, *user), cause);
            }
        }
    }

    fn remove_members(&mut self, group: GroupId, users: &[UserId], cause: Uuid) {
        for user in users {
            if self.members.remove(&(group, *user)) {
                self.left.insert((*user, group), cause);
            }
        }
    }

    fn put_account(&mut self, account: &Account) -> Result<(), StoreError> {
        let bearer = self.account(&AccountKey::Name(fold(&account.user_name)));
        if bearer.is_some_and(|bearer| bearer.id != account.id) {
            return taken();
        }
        self.accounts.insert(account.id, account.clone());
        Ok(())
    }

    fn delete_account(&mut self, account: UserId) {
        self.accounts.remove(&account);
        self.identities.remove(&account);
    }

    fn put_identity(&mut self, identity: &Identity) -> Result<(), StoreError> {
        let bearer = self.identity(&IdentityKey::Subject(identity.issuer.clone(), identity.subject.clone()));
        if bearer.is_some_and(|bearer| bearer.user != identity.user) {
            return taken();
        }
        self.identities.insert(identity.user, identity.clone());
        Ok(())
    }

    fn end_sessions(&mut self, user: UserId) {
        if let Some(identity) = self.identities.get_mut(&user) {
            identity.session = None;
        }
    }

    fn put_failed(&mut self, row: &FailedRow) {
        let subject = opaque_key(&row.subject);
        self.failed.insert(row.id, FailedRow { subject, ..row.clone() });
        while self.failed.len() > FAILED_KEPT as usize {
            self.failed.pop_first();
        }
    }

    fn delete_user(&mut self, user: UserId) {
        self.users.remove(&user);
        self.left.retain(|(of, _), _| *of != user);
        self.status.remove(&user);
        self.identities.remove(&user);
        self.members.retain(|(_, member)| *member != user);
        self.grants.remove(&user);
        self.evaluated.remove(&user);
        self.pending.remove(&user);
    }

    /// One that affects nobody is in sync at once; others are out of sync until a run covers them.
    fn rule_changed(&mut self, change: &RuleChange) {
        let RuleChange { name, hash, content, roles, before, after } = change;
        let mut kept = self.rules.get(name).cloned().unwrap_or_default();
        kept.selectors.extend(before.iter().chain(after).cloned());
        kept.selectors.dedup();
        kept.touched = true;
        let groups: Vec<_> = kept.selectors.iter().flat_map(|selector| self.named(selector)).collect();
        let has_members = groups.into_iter().any(|group| !self.members_of(group).is_empty());
        let affected = has_members || !self.holders(name).is_empty();
        match (affected, hash) {
            (true, _) => {
                let hash = kept.hash.filter(|_| !content);
                self.rules.insert(name.clone(), RuleKept { hash, roles: None, ..kept });
            }
            (false, None) => drop(self.rules.remove(name)),
            (false, Some(hash)) => {
                let (hash, roles) = (Some(hash.clone()), Some(roles.clone()));
                let selectors = after.iter().cloned().collect();
                self.rules.insert(name.clone(), RuleKept { hash, roles, selectors, ..kept });
            }
        }
    }

    fn mark_synced(&mut self, run: &RunRow, roles: &str, selectors: &[(String, GroupSelector)]) {
        let status = &run.status;
        let (name, users_changed) = (status.name.clone(), status.result.users_changed);
        let last_sync = status.completed_at.map(|time| LastSync { name, time, users_changed });
        for covered in &run.covers {
            if let Some(hash) = &covered.hash {
                let now = selectors.iter().filter(|(name, _)| *name == covered.name);
                let kept = self.rules.entry(covered.name.clone()).or_default();
                kept.last_sync.clone_from(&last_sync);
                if !kept.touched {
                    kept.hash = Some(hash.clone());
                    kept.roles = Some(roles.to_owned());
                    kept.selectors = now.map(|(_, selector)| selector.clone()).collect();
                }
            } else if self.holders(&covered.name).is_empty() {
                self.rules.remove(&covered.name);
            }
        }
    }

    fn start_run(&mut self, run: &RunRow, named: &[GroupSelector]) {
        let mut run = run.clone();
        let uid = run.status.uid.clone();
        self.rules.values_mut().for_each(|kept| kept.touched = false);
        if run.rules().is_none() {
            run.cover_gone(self.rules.keys().cloned());
        }
        run.status.progress.total = match run.rules() {
            None => self.users.len() as u64,
            Some(rules) => {
                let affected = self.affected(rules, named);
                self.run_users.extend(affected.into_iter().map(|user| (uid.clone(), user)));
                self.run_users.iter().filter(|(of, _)| *of == uid).count() as u64
            }
        };
        self.put_run(run);
    }

    /// A run that has ended needs its list of users no more, and pushes out the oldest one kept.
    fn put_run(&mut self, run: RunRow) {
        let (uid, ended) = (run.status.uid.clone(), run.status.phase.is_final());
        self.runs.insert(uid.clone(), run);
        if ended {
            self.run_users.retain(|(of, _)| *of != uid);
            let ended = self.runs().into_iter().filter(|run| run.status.phase.is_final());
            let ended: Vec<String> = ended.map(|run| run.status.uid).collect();
            self.run_changes.retain(|(of, _), _| !ended.iter().skip(CHANGES_KEPT).any(|old| old == of));
            for old in ended.iter().skip(FINAL_KEPT) {
                self.runs.remove(old);
            }
        }
    }

    fn uses(&mut self, tokens: &[TokenUse], refused: u64, last_request: Option<Timestamp>) {
        for TokenUse { token_id, last_used_at } in tokens {
            let last = self.tokens.entry(token_id.clone()).or_insert(*last_used_at);
            *last = (*last).max(*last_used_at);
        }
        *self.counters.entry("failed").or_default() += refused;
        self.last_request = self.last_request.max(last_request);
    }
}

fn taken() -> Result<(), StoreError> {
    Err(StoreError::NotCommitted("a key is taken".to_owned()))
}
