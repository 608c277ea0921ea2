//! The contract in the plainest way: everything in maps, one lock, a copy to go back to. For tests only: what the
//! engines answer is compared with what this answers.
//!
//! It never touches a disk, and it is not fast. Of two ways to write something it has the one that is seen to be right.

mod access;
mod question;
mod record;
mod write;

use super::chain::Hash;
use super::contract::{Change, Decision, Delta, Facts, InForce, MemberIds, Needs};
use super::error::StoreError;
use super::row::{
    Account, FailedRow, GroupId, GroupRow, Identity, KeptRecord, ResourceId, ResourceKey, ResourceRow, RunRow,
    UserFacts, UserId, UserRow,
};
use crate::access::{GroupFacts, GroupSelector, Source, TenantAccess, fold};
use crate::config::{LastSync, UserChange};
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// Rounds of loading more facts before a change is called broken.
const ROUNDS_MAX: usize = 16;

/// An open store in memory. All clones are the same store; it is empty again once the last is gone.
#[derive(Clone)]
pub struct ModelStore {
    store_id: Arc<str>,
    state: Arc<Mutex<State>>,
    appended: Arc<watch::Sender<u64>>,
    closed: CancellationToken,
}

/// All that is kept.
#[derive(Clone)]
struct State {
    config: Arc<InForce>,
    users: BTreeMap<UserId, UserRow>,
    groups: BTreeMap<GroupId, GroupRow>,
    members: BTreeSet<(GroupId, UserId)>,
    /// By which record somebody joined; of whoever is no member it says nothing.
    joined: BTreeMap<(GroupId, UserId), Uuid>,
    left: BTreeMap<(UserId, GroupId), Uuid>,
    /// By which record the last group of a folded name went.
    gone: BTreeMap<String, Uuid>,
    status: BTreeMap<UserId, Uuid>,
    accounts: BTreeMap<UserId, Account>,
    identities: BTreeMap<UserId, Identity>,
    resources: BTreeMap<ResourceId, ResourceRow>,
    /// By tenant.
    grants: BTreeMap<UserId, BTreeMap<String, TenantAccess>>,
    evaluated: BTreeMap<UserId, Timestamp>,
    /// When everybody was, who was there.
    all_evaluated: Option<Timestamp>,
    pending: BTreeSet<UserId>,
    rules: BTreeMap<String, RuleKept>,
    runs: BTreeMap<String, RunRow>,
    /// Whom a run evaluates, by its uid.
    run_users: BTreeSet<(String, UserId)>,
    /// Whom it changed.
    run_changes: BTreeMap<(String, UserId), UserChange>,
    failed: BTreeMap<Uuid, FailedRow>,
    counters: BTreeMap<&'static str, u64>,
    last_request: Option<Timestamp>,
    tokens: BTreeMap<String, Timestamp>,
    /// Each with its link.
    chain: Vec<(KeptRecord, Hash)>,
    /// The number of the last record that was cut off.
    cut: u64,
}

/// How far a rule has come.
#[derive(Clone, Default)]
struct RuleKept {
    hash: Option<String>,
    roles: Option<String>,
    /// The groups it named since it was last in sync.
    selectors: Vec<GroupSelector>,
    last_sync: Option<LastSync>,
    /// Whether it has changed since the last run began.
    touched: bool,
}

impl ModelStore {
    /// An empty store.
    pub fn new() -> Self {
        let state = State {
            config: Arc::new(InForce::empty()),
            users: BTreeMap::new(),
            groups: BTreeMap::new(),
            members: BTreeSet::new(),
            joined: BTreeMap::new(),
            left: BTreeMap::new(),
            gone: BTreeMap::new(),
            status: BTreeMap::new(),
            accounts: BTreeMap::new(),
            identities: BTreeMap::new(),
            resources: BTreeMap::new(),
            grants: BTreeMap::new(),
            evaluated: BTreeMap::new(),
            all_evaluated: None,
            pending: BTreeSet::new(),
            rules: BTreeMap::new(),
            runs: BTreeMap::new(),
            run_users: BTreeSet::new(),
            run_changes: BTreeMap::new(),
            failed: BTreeMap::new(),
            counters: BTreeMap::new(),
            last_request: None,
            tokens: BTreeMap::new(),
            chain: Vec::new(),
            cut: 0,
        };
        let store_id = Uuid::now_v7().to_string().into();
        let (state, appended) = (Arc::new(Mutex::new(state)), Arc::new(watch::Sender::new(0)));
        Self { store_id, state, appended, closed: CancellationToken::new() }
    }

    /// The same store, open again after it was closed.
    pub fn opened(&self) -> Self {
        Self { closed: CancellationToken::new(), ..self.clone() }
    }

    /// Identifies this store.
    pub fn store_id(&self) -> &str {
        &self.store_id
    }

    /// See [`super::Store::secret`].
    pub fn secret(&self) -> &[u8; 32] {
        &[7; 32]
    }

    /// The configuration in force.
    pub fn in_force(&self) -> Arc<InForce> {
        self.state().config.clone()
    }

    /// How many records are kept.
    pub fn count_records(&self) -> u64 {
        self.state().chain.len() as u64
    }

    /// Carries out a change and answers its outcome; where it fails, everything stays as it was.
    pub async fn transact<C: Change>(&self, change: C) -> Result<C::Outcome, StoreError> {
        if self.closed.is_cancelled() {
            return Err(StoreError::Closed);
        }
        let mut state = self.state();
        let mut facts = Facts::new(state.config.clone());
        let mut needs = change.needs();
        for _ in 0..ROUNDS_MAX {
            state.load(&needs, &mut facts);
            match change.decide(&facts) {
                Decision::More(more) => needs = *more,
                Decision::Done(effects, outcome) => {
                    let mut next = state.clone();
                    for write in &effects.writes {
                        next.write(write)?;
                    }
                    if let Some(record) = effects.record {
                        next.append(&record);
                    }
                    *state = next;
                    self.appended.send_if_modified(|number| std::mem::replace(number, state.last()) != state.last());
                    return Ok(outcome);
                }
            }
        }
        Err(StoreError::Undecided { rounds: ROUNDS_MAX })
    }

    /// Later writes answer [`StoreError::Closed`].
    pub async fn close(&self) {
        self.closed.cancel();
    }

    /// Completes when it was closed.
    pub async fn ended(&self) {
        self.closed.cancelled().await;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Loads `needs`; what is there already stays as it is.
    fn load(&self, needs: &Needs, facts: &mut Facts) {
        facts.configuration = facts.configuration.max(needs.configuration);
        facts.alone = needs.alone.or(facts.alone);
        for id in &needs.users {
            facts.users.entry(*id).or_insert_with(|| self.user_facts(*id));
        }
        for name in &needs.user_names {
            facts.user_names.entry(name.clone()).or_insert_with(|| self.user_named(name));
        }
        for id in &needs.groups {
            facts.groups.entry(*id).or_insert_with(|| self.groups.get(id).cloned());
        }
        for name in &needs.group_names {
            facts.group_names.entry(name.clone()).or_insert_with(|| self.group_named(name));
        }
        for id in &needs.resources {
            facts.resources.entry(*id).or_insert_with(|| self.resources.get(id).cloned());
        }
        for key in &needs.resource_keys {
            facts.resource_keys.entry(key.clone()).or_insert_with(|| self.bearer(key));
        }
        for key in &needs.accounts {
            facts.accounts.entry(key.clone()).or_insert_with(|| self.account(key));
        }
        for key in &needs.identities {
            facts.identities.entry(key.clone()).or_insert_with(|| self.identity(key));
        }
        if needs.by_hand {
            let mut grants = self.grants.values().flat_map(BTreeMap::values);
            facts.by_hand = facts.by_hand.or_else(|| Some(grants.any(|grant| grant.source != Source::Rules)));
        }
        if let Some(asked) = &needs.delta {
            facts.delta = Some(self.delta(asked));
        }
        if let Some((group, limit)) = needs.members {
            let all = self.members_of(group);
            facts.members = Some((all.iter().take(limit).copied().collect(), all.len() > limit));
        }
        if let Some((uid, name)) = &needs.run {
            let runs = self.runs_of(uid, name).into_iter();
            let covers = |run: RunRow| if needs.covers { run } else { RunRow { covers: Vec::new(), ..run } };
            facts.runs = Some(runs.map(covers).collect());
        }
    }

    fn user_facts(&self, user: UserId) -> Option<UserFacts> {
        let row = self.users.get(&user)?.clone();
        let pending = self.pending.contains(&user);
        Some(UserFacts { row, groups: self.groups_of(user), grants: self.grants_of(user), pending })
    }

    fn delta(&self, asked: &MemberIds) -> Delta {
        let MemberIds { group, clear, add, remove } = asked;
        let before = group.map(|group| self.members_of(group)).unwrap_or_default();
        let (known, unknown): (Vec<UserId>, Vec<UserId>) =
            add.iter().filter(|user| !before.contains(*user)).partition(|user| self.users.contains_key(user));
        let left = if *clear {
            before.iter().filter(|user| !add.contains(*user)).copied().collect()
        } else {
            remove.iter().filter(|user| before.contains(*user)).copied().collect()
        };
        Delta { joined: known, left, unknown }
    }

    fn user_named(&self, name: &str) -> Option<UserId> {
        self.users.values().find(|row| row.name_key() == name).map(|row| row.id)
    }

    fn group_named(&self, name: &str) -> Option<GroupId> {
        self.groups.values().find(|row| row.name_key() == name).map(|row| row.id)
    }

    fn bearer(&self, (kind, attribute, value): &ResourceKey) -> Option<ResourceId> {
        let has = |row: &&ResourceRow| {
            row.kind == *kind && row.keys.iter().any(|(of, found)| of == attribute && found == value)
        };
        self.resources.values().find(has).map(|row| row.id)
    }

    fn members_of(&self, group: GroupId) -> Vec<UserId> {
        self.members.iter().filter(|(of, _)| *of == group).map(|(_, user)| *user).collect()
    }

    fn groups_of(&self, user: UserId) -> Vec<GroupFacts> {
        self.groups.values().filter(|row| self.members.contains(&(row.id, user))).map(GroupRow::facts).collect()
    }

    fn grants_of(&self, user: UserId) -> Vec<TenantAccess> {
        self.grants.get(&user).map(|held| held.values().cloned().collect()).unwrap_or_default()
    }

    fn holders(&self, rule: &str) -> BTreeSet<UserId> {
        let holds = |held: &BTreeMap<String, TenantAccess>| held.values().any(|g| g.rules.iter().any(|r| r == rule));
        self.grants.iter().filter(|(_, held)| holds(held)).map(|(user, _)| *user).collect()
    }

    /// The group a selector names now.
    fn named(&self, selector: &GroupSelector) -> Vec<GroupId> {
        match selector {
            GroupSelector::DisplayName(name) => self.group_named(&fold(name)).into_iter().collect(),
            GroupSelector::ExternalId(external) => {
                let bearers = self.groups.values().filter(|row| row.group.external_id() == Some(external));
                bearers.map(|row| row.id).collect()
            }
            GroupSelector::Id(text) => {
                GroupId::parse(text).filter(|id| self.groups.contains_key(id)).into_iter().collect()
            }
        }
    }

    /// Newest first.
    fn runs(&self) -> Vec<RunRow> {
        let mut runs: Vec<RunRow> = self.runs.values().cloned().collect();
        runs.sort_by_key(|run| std::cmp::Reverse((run.status.created_at, run.status.uid.clone())));
        runs
    }

    fn runs_of(&self, uid: &str, name: &str) -> Vec<RunRow> {
        let mut runs = self.runs();
        runs.retain(|run| run.status.uid == uid || run.status.name == name);
        runs
    }
}
