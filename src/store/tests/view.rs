//! All that a store can be asked, as one value: two engines with the same history have equal ones.

use super::beside::identity_keys;
use super::people::{group_id, user_id};
use crate::access::{GroupSelector, fold};
use crate::config::{Enforced, UserChange};
use crate::store::row::email_keys;
use crate::store::{
    AccessFacts, Account, AccountKey, Among, Causes, Facts, FailedRow, Figures, Found, GroupId, GroupSelect, Hold,
    Identity, IdentityKey, Keep, ListedGroup, ListedUser, Page, ResourceId, ResourceKey, ResourceRow, ResourceSelect,
    RunRow, Start, Store, StoredRuleState, UserFacts, UserId, UserSelect, UserSummary, email_key,
};
use std::collections::BTreeMap;

/// Everything there is.
pub(super) const ALL: Page = Page { start: Start::Offset(0), limit: u64::MAX, count_all: true };

/// The type of the resources of this suite.
pub(super) const KIND: &str = "Device";

/// These and no others.
pub(super) fn whole<T>(rows: Vec<T>) -> Found<T> {
    let total = Some(rows.len() as u64);
    Found { rows, total, more: false }
}

/// What a store answers to everything.
#[derive(Debug, PartialEq)]
pub(super) struct View {
    pub in_force: (u64, String, u64),
    pub enforced: Enforced,
    pub users: Vec<ListedUser>,
    pub groups: Vec<ListedGroup>,
    pub resources: Vec<ResourceRow>,
    pub summaries: Vec<UserSummary>,
    pub figures: Figures,
    pub rules: (Vec<StoredRuleState>, Vec<Option<GroupId>>),
    pub runs: Vec<RunRow>,
    pub unfinished: Vec<RunRow>,
    pub next_run: Option<RunRow>,
    pub run_users: BTreeMap<String, Vec<UserId>>,
    pub run_changes: BTreeMap<String, Vec<UserChange>>,
    pub access: Vec<AccessFacts>,
    pub causes: Vec<Causes>,
    pub accounts: Vec<Account>,
    pub identities: BTreeMap<IdentityKey, Option<Identity>>,
    pub failed: Vec<FailedRow>,
    pub pending: Vec<UserId>,
}

impl View {
    /// Asks everything; the selectors are those of the groups there are, by each of their names.
    pub async fn of(store: &Store) -> Self {
        let in_force = store.in_force();
        let Found { rows: users, total, more } = store.users(UserSelect::All, ALL, true, None).await.unwrap();
        assert_eq!((Some(users.len() as u64), false), (total, more));
        let Found { rows: groups, total, more } = store.groups(GroupSelect::All, ALL, true, None).await.unwrap();
        assert_eq!((Some(groups.len() as u64), false), (total, more));
        let Found { rows: resources, total, more } =
            store.resources(KIND, ResourceSelect::All, ALL, None).await.unwrap();
        assert_eq!((Some(resources.len() as u64), false), (total, more));
        let runs = store.runs(false).await.unwrap();
        let (mut run_users, mut run_changes) = (BTreeMap::new(), BTreeMap::new());
        for run in &runs {
            let uid = &run.status.uid;
            run_users.insert(uid.clone(), store.run_users(run.clone(), 1_000).await.unwrap());
            run_changes.insert(uid.clone(), store.run_changes(uid, None, 1_000).await.unwrap());
        }
        let everybody = store.people(Among::All).await.unwrap();
        Self {
            in_force: (in_force.revision, in_force.content_hash.clone(), in_force.epoch),
            enforced: in_force.enforced.clone(),
            rules: store.rules(selectors(&groups)).await.unwrap(),
            summaries: store.summaries(UserSelect::All, u64::MAX, None).await.unwrap(),
            figures: store.figures().await.unwrap(),
            unfinished: store.runs(true).await.unwrap(),
            next_run: store.next_run().await.unwrap(),
            pending: store.pending_users(1_000).await.unwrap(),
            access: store.access_facts(everybody).await.unwrap(),
            causes: causes(store, &users).await,
            accounts: store.accounts(None, 1_000).await.unwrap(),
            identities: identities(store).await,
            failed: store.failed(None, 2_000).await.unwrap(),
            users,
            groups,
            resources,
            runs,
            run_users,
            run_changes,
        }
    }

    /// The user of this number.
    pub fn user(&self, number: u128) -> Option<&ListedUser> {
        self.users.iter().find(|(row, _)| row.id == user_id(number))
    }

    /// The group of this number.
    pub fn group(&self, number: u128) -> Option<&ListedGroup> {
        self.groups.iter().find(|(row, _)| row.id == group_id(number))
    }

    /// The members of the group of this number, by their ids.
    pub fn members(&self, number: u128) -> Vec<String> {
        let members = self.group(number).and_then(|(_, members)| members.clone()).unwrap_or_default();
        members.into_iter().map(|member| member.value).collect()
    }

    /// What the user of this number is shown to hold.
    pub fn summary(&self, number: u128) -> Option<&UserSummary> {
        self.summaries.iter().find(|summary| summary.row.id == user_id(number))
    }
}

/// What is known of the first users and groups, also of those that are gone.
async fn causes(store: &Store, users: &[ListedUser]) -> Vec<Causes> {
    let mut all = Vec::new();
    for (row, _) in users.iter().take(6) {
        let names = ["ada", "zoë", "ж-2", "guest", "group-1"].map(fold);
        all.push(store.causes(row.id, (0..6).map(group_id).collect(), names.into()).await.unwrap());
    }
    all
}

/// Everything by which a rule can name one of these groups.
fn selectors(groups: &[ListedGroup]) -> Vec<GroupSelector> {
    let of = |(row, _): &ListedGroup| {
        let external = row.group.external_id().map(|id| GroupSelector::ExternalId(id.to_owned()));
        let name = GroupSelector::DisplayName(row.group.display_name().to_uppercase());
        [Some(name), external, Some(GroupSelector::Id(row.id.to_string()))].into_iter().flatten()
    };
    groups.iter().flat_map(of).chain([GroupSelector::DisplayName("nowhere".to_owned())]).collect()
}

/// Who has signed in, by each of their keys.
async fn identities(store: &Store) -> BTreeMap<IdentityKey, Option<Identity>> {
    let mut found = BTreeMap::new();
    for key in identity_keys() {
        found.insert(key.clone(), store.identity(key).await.unwrap());
    }
    found
}

/// Whether each narrower question answers what the view says.
pub(super) async fn agrees(store: &Store, view: &View) {
    agrees_beside(store, view).await;
    for (row, groups) in &view.users {
        let one = whole(vec![(row.clone(), groups.clone())]);
        assert_eq!(store.user(row.id).await.unwrap().as_ref(), one.rows.first());
        for select in [UserSelect::Id(row.id), UserSelect::Name(row.name_key())] {
            assert_eq!(store.users(select, ALL, true, None).await.unwrap(), one);
        }
        let after: Vec<ListedUser> = view.users.iter().filter(|(other, _)| other.id > row.id).cloned().collect();
        assert_eq!(store.users(UserSelect::After(row.id), ALL, true, None).await.unwrap(), whole(after));
        let mine = view.groups.iter().filter(|(group, _)| groups.iter().any(|g| g.id == group.id.to_string()));
        let mine: Vec<ListedGroup> = mine.cloned().collect();
        assert_eq!(store.groups(GroupSelect::Member(row.id), ALL, true, None).await.unwrap(), whole(mine));
        if let Some(external) = row.user.external_id() {
            let same: Vec<ListedUser> =
                view.users.iter().filter(|(other, _)| other.user.external_id() == Some(external)).cloned().collect();
            let select = UserSelect::ExternalId(external.to_owned());
            assert_eq!(store.users(select, ALL, true, None).await.unwrap(), whole(same));
        }
        if let Some(email) = row.user.email() {
            let key = email_key(email);
            let same = view.users.iter().filter(|(other, _)| email_keys(&other.user).contains(&key));
            let same: Vec<ListedUser> = same.cloned().collect();
            assert_eq!(store.users(UserSelect::Email(key), ALL, true, None).await.unwrap(), whole(same));
        }
    }
    for (row, members) in &view.groups {
        let bare = (row.clone(), None);
        assert_eq!(store.group(row.id, false).await.unwrap().as_ref(), Some(&bare));
        assert_eq!(store.group(row.id, true).await.unwrap(), Some((row.clone(), members.clone())));
        assert_eq!(Some(store.members(row.id, None, u32::MAX).await.unwrap()), *members);
        for select in [GroupSelect::Id(row.id), GroupSelect::Name(row.name_key())] {
            assert_eq!(store.groups(select, ALL, false, None).await.unwrap(), whole(vec![bare.clone()]));
        }
    }
    for row in &view.resources {
        assert_eq!(store.resource(KIND, row.id).await.unwrap().as_ref(), Some(row));
        assert_eq!(store.resource("another", row.id).await.unwrap(), None);
        for (attribute, value) in &row.keys {
            let select = ResourceSelect::Key(attribute.clone(), value.clone());
            assert_eq!(store.resources(KIND, select, ALL, None).await.unwrap(), whole(vec![row.clone()]));
        }
    }
    for run in &view.runs {
        let found = store.runs_of(&run.status.uid, "").await.unwrap();
        assert_eq!(found, vec![run.clone()]);
    }
}

/// The same of what is kept beside users, groups and resources.
async fn agrees_beside(store: &Store, view: &View) {
    for ((access, (row, groups)), summary) in view.access.iter().zip(&view.users).zip(&view.summaries) {
        assert_eq!((access.id, access.account_enabled), (row.id, row.account_enabled));
        assert_eq!((&access.groups, &access.grants), (groups, &summary.grants));
        assert_eq!(summary.pending, view.pending.contains(&row.id));
    }
    assert_eq!((view.access.len(), view.summaries.len()), (view.users.len(), view.users.len()));
    for account in &view.accounts {
        for key in [AccountKey::Id(account.id), AccountKey::Name(fold(&account.user_name))] {
            assert_eq!(store.account(key).await.unwrap().as_ref(), Some(account));
        }
    }
    for row in &view.failed {
        assert_eq!(store.failed_by_id(row.id).await.unwrap().as_ref(), Some(row));
        let mut same: Vec<FailedRow> = view.failed.iter().filter(|o| o.subject == row.subject).cloned().collect();
        same.reverse();
        assert_eq!(store.failed_about(vec![row.subject.clone()]).await.unwrap(), same);
    }
    assert_eq!(view.figures.failed, view.failed.len() as u64);
}

/// Every other user, for a filter that needs nothing else.
pub(super) fn even() -> Option<Keep<ListedUser>> {
    Some(Box::new(|(row, _)| row.id.0.as_u128().is_multiple_of(2)))
}

/// What was loaded, as far as two values of it can be compared.
pub(super) type Loaded = (
    (u64, String, u64, Hold, Option<GroupId>),
    BTreeMap<UserId, Option<UserFacts>>,
    BTreeMap<String, Option<UserId>>,
    BTreeMap<GroupId, Option<crate::store::GroupRow>>,
    BTreeMap<String, Option<GroupId>>,
    (BTreeMap<ResourceId, Option<ResourceRow>>, BTreeMap<ResourceKey, Option<ResourceId>>),
    (Option<crate::store::Delta>, Option<(Vec<UserId>, bool)>, Option<Vec<RunRow>>),
    (BTreeMap<AccountKey, Option<Account>>, BTreeMap<IdentityKey, Option<Identity>>, Option<bool>),
);

/// Everything of these facts.
pub(super) fn loaded(facts: Facts) -> Loaded {
    let Facts {
        config,
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
        runs,
        accounts,
        identities,
        by_hand,
    } = facts;
    let head = (config.revision, config.content_hash.clone(), config.epoch, configuration, alone);
    let (named, beside) = ((resources, resource_keys), (accounts, identities, by_hand));
    (head, users, user_names, groups, group_names, named, (delta, members, runs), beside)
}
