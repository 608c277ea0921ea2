//! How far rules have come, which groups they name, and the configuration that is in force.

use super::change::{ask, grant, tell};
use super::home::Home;
use super::people::{at, called, cause, configuration, group_id, group_of, user, user_id};
use crate::access::GroupSelector;
use crate::config::{Enforced, HeldChanges, LastSync, Phase};
use crate::store::{
    Among, Hold, InForce, Needs, RuleChange, RunRow, Store, StoredRuleState, SyncedRule, UserId, Write,
};
use serde_json::json;
use std::sync::Arc;

/// Two users and the group *Full* that has the first of them, and *Empty*, that has nobody.
async fn some_people(home: &Home) -> Store {
    let store = home.open().await;
    let mut writes: Vec<Write> = (1..=2).map(|number| Write::InsertUser(user(number))).collect();
    writes.extend([Write::InsertGroup(called(1, "Full")), Write::InsertGroup(called(2, "Empty"))]);
    writes.push(Write::AddMembers(group_id(1), vec![user_id(1)], cause(0)));
    tell(&store, writes).await;
    store
}

fn by_name(group: &str) -> GroupSelector {
    GroupSelector::DisplayName(group.to_owned())
}

/// The rule named a group before, and has this content and group now.
fn change(name: &str, hash: Option<&str>, before: Option<&str>, after: Option<&str>) -> RuleChange {
    let hash = hash.map(str::to_owned);
    RuleChange {
        name: name.to_owned(),
        hash,
        content: true,
        roles: "roles".to_owned(),
        before: before.map(by_name),
        after: after.map(by_name),
    }
}

async fn publish(store: &Store, changed: Vec<RuleChange>) {
    let config = configuration(store.in_force().revision + 1, 0, &[]);
    tell(store, vec![Write::PutConfig { config, changed, at: at(1) }]).await;
}

async fn state(store: &Store, rule: &str) -> Option<StoredRuleState> {
    let (states, _) = store.rules(Vec::new()).await.unwrap();
    states.into_iter().find(|state| state.name == rule)
}

/// The hash of the content that everybody has.
async fn synced(store: &Store, rule: &str) -> Option<String> {
    state(store, rule).await.and_then(|state| state.synced_hash)
}

/// Whom a run of this rule takes when it names this group.
async fn affected(store: &Store, rule: &str, group: Option<&str>) -> Vec<UserId> {
    let run = super::people::partial(&uuid::Uuid::new_v4().to_string(), &[rule]);
    let selectors = group.map(by_name).into_iter().collect();
    tell(store, vec![Write::InsertRun(run.clone()), Write::StartRun { run: run.clone(), selectors }]).await;
    store.run_users(run, 1_000).await.unwrap()
}

/// A run that has come to its end and covered a rule with this content.
fn done(rule: &str, hash: Option<&str>) -> RunRow {
    let mut run = super::people::partial("run-1", &[rule]);
    run.covers = vec![SyncedRule { name: rule.to_owned(), hash: hash.map(str::to_owned) }];
    run.status.phase = Phase::Succeeded;
    run.status.completed_at = Some(at(77));
    run.status.result.users_changed = 3;
    run
}

/// A run of this uid, which covers nothing, begins.
fn begin(uid: &str) -> Write {
    Write::StartRun { run: super::people::partial(uid, &[]), selectors: Vec::new() }
}

fn mark(run: &RunRow, selectors: &[(&str, &str)]) -> Write {
    let selectors = selectors.iter().map(|(rule, group)| ((*rule).to_owned(), by_name(group))).collect();
    Write::MarkSynced { run: run.clone(), roles: "roles-2".to_owned(), selectors }
}

pub(super) async fn b066_a_changed_rule_that_affects_nobody_is_in_sync_at_once(home: &Home) {
    let store = some_people(home).await;
    publish(&store, vec![change("r", Some("1"), None, Some("Empty")), change("s", Some("1"), None, Some("Nowhere"))])
        .await;
    let expected = |name: &str, hash: &str| StoredRuleState {
        name: name.to_owned(),
        synced_hash: Some(hash.to_owned()),
        synced_roles: Some("roles".to_owned()),
        last_sync: None,
        held_by_someone: false,
    };
    assert_eq!(store.rules(Vec::new()).await.unwrap().0, [expected("r", "1"), expected("s", "1")]);
    publish(&store, vec![change("r", Some("2"), Some("Empty"), Some("Nowhere"))]).await;
    assert_eq!(state(&store, "r").await, Some(expected("r", "2")));
    publish(&store, vec![change("r", None, Some("Nowhere"), None)]).await;
    assert_eq!(store.rules(Vec::new()).await.unwrap().0, [expected("s", "1")]);
}

pub(super) async fn b065_a_changed_rule_that_affects_somebody_waits_for_its_run(home: &Home) {
    let store = some_people(home).await;
    publish(&store, vec![change("r", Some("1"), None, Some("Full"))]).await;
    assert_eq!((state(&store, "r").await.is_some(), synced(&store, "r").await), (true, None));
    // The group that it named first counts until a run has been there, however often it changes meanwhile.
    publish(&store, vec![change("r", Some("2"), Some("Full"), Some("Empty"))]).await;
    publish(&store, vec![change("r", Some("3"), Some("Empty"), Some("Empty"))]).await;
    assert_eq!(synced(&store, "r").await, None);
    assert_eq!(affected(&store, "r", Some("Empty")).await, [user_id(1)]);
    let run = done("r", Some("3"));
    tell(&store, vec![Write::InsertRun(run.clone()), begin("other"), mark(&run, &[("r", "Empty"), ("other", "Full")])])
        .await;
    let expected = StoredRuleState {
        name: "r".to_owned(),
        synced_hash: Some("3".to_owned()),
        synced_roles: Some("roles-2".to_owned()),
        last_sync: Some(LastSync { name: "run-1".to_owned(), time: at(77), users_changed: 3 }),
        held_by_someone: false,
    };
    assert_eq!(state(&store, "r").await.as_ref(), Some(&expected));
    assert_eq!(affected(&store, "r", Some("Empty")).await, []);
    let store = home.reopen(store).await;
    assert_eq!(state(&store, "r").await, Some(expected));
    // Content that nobody is affected by leaves the last run as it is.
    publish(&store, vec![change("r", Some("4"), Some("Empty"), Some("Nowhere"))]).await;
    let after = state(&store, "r").await.unwrap();
    assert_eq!((after.synced_hash.as_deref(), after.last_sync.is_some()), (Some("4"), true));
}

pub(super) async fn b065_b066_a_rule_that_becomes_what_it_was_waits_for_a_run_all_the_same(home: &Home) {
    let store = some_people(home).await;
    publish(&store, vec![change("r", Some("1"), None, Some("Full"))]).await;
    let run = done("r", Some("1"));
    tell(&store, vec![Write::InsertRun(run.clone()), mark(&run, &[("r", "Full")])]).await;
    assert_eq!(synced(&store, "r").await, None, "it has changed, and no run has begun since");
    tell(&store, vec![begin("a"), mark(&run, &[("r", "Full")])]).await;
    assert_eq!(synced(&store, "r").await.as_deref(), Some("1"));
    // Another ladder under the same content.
    let ladder = RuleChange { content: false, ..change("r", Some("1"), Some("Full"), Some("Full")) };
    publish(&store, vec![ladder]).await;
    let known = state(&store, "r").await.unwrap();
    assert_eq!((known.synced_hash.as_deref(), known.synced_roles), (Some("1"), None));
    tell(&store, vec![begin("b"), mark(&run, &[("r", "Full")])]).await;
    assert_eq!(state(&store, "r").await.unwrap().synced_roles.as_deref(), Some("roles-2"));
    for (hash, before, after) in [("2", "Full", "Empty"), ("1", "Empty", "Full")] {
        publish(&store, vec![change("r", Some(hash), Some(before), Some(after))]).await;
        assert_eq!(
            synced(&store, "r").await,
            None,
            "somebody may have been evaluated by {hash}, or by what was before"
        );
    }
}

pub(super) async fn b065_what_changes_while_a_run_is_under_way_is_out_of_sync_behind_it(home: &Home) {
    let store = some_people(home).await;
    let full = |name, hash| change(name, Some(hash), Some("Full"), Some("Full"));
    publish(&store, vec![full("r", "1"), full("s", "1"), change("t", Some("1"), None, Some("Empty"))]).await;
    tell(&store, vec![begin("run-1")]).await;
    // Changed and changed back; and one that affects nobody.
    publish(&store, vec![full("r", "2")]).await;
    publish(&store, vec![full("r", "1"), change("t", Some("2"), Some("Empty"), Some("Empty"))]).await;
    let mut run = done("r", Some("1"));
    let covered = |name: &str| SyncedRule { name: name.to_owned(), hash: Some("1".to_owned()) };
    run.covers = ["r", "s", "t"].map(covered).to_vec();
    tell(&store, vec![mark(&run, &[("r", "Full"), ("s", "Full"), ("t", "Empty")])]).await;
    let of = async |name| state(&store, name).await.map(|state| (state.synced_hash, state.last_sync.is_some()));
    let expected = |hash: Option<&str>| Some((hash.map(str::to_owned), true));
    assert_eq!(of("r").await, expected(None), "whoever was evaluated in between may have been passed by already");
    assert_eq!(of("s").await, expected(Some("1")));
    assert_eq!(of("t").await, expected(Some("2")), "what affects nobody was in sync at once");
    assert_eq!(affected(&store, "r", None).await, [user_id(1)], "the groups it named are known still");
}

pub(super) async fn b061_a_deleted_rule_is_remembered_while_somebody_holds_something(home: &Home) {
    let store = some_people(home).await;
    let held = [grant("hr", &["r"])];
    let put = |before: &[_], after: &[_]| Write::PutGrants {
        user: user_id(2),
        before: before.to_vec(),
        after: after.to_vec(),
    };
    publish(&store, vec![change("r", Some("1"), None, Some("Empty"))]).await;
    tell(&store, vec![put(&[], &held)]).await;
    publish(&store, vec![change("r", None, Some("Empty"), None)]).await;
    let known = state(&store, "r").await.unwrap();
    assert_eq!((known.synced_hash, known.held_by_someone), (None, true));
    assert_eq!(affected(&store, "r", None).await, [user_id(2)]);
    // A run that covered its end, too early: somebody holds something still.
    let run = done("r", None);
    tell(&store, vec![Write::InsertRun(run.clone()), mark(&run, &[])]).await;
    assert!(state(&store, "r").await.is_some());
    // The last one gives it back in the change that ends the run.
    tell(&store, vec![put(&held, &[]), mark(&run, &[])]).await;
    assert_eq!(state(&store, "r").await, None);
}

pub(super) async fn b039_selectors_name_the_group_that_is_there_now(home: &Home) {
    let store = some_people(home).await;
    let external = |number| {
        let name = format!("External {number}");
        let schemas = ["urn:ietf:params:scim:schemas:core:2.0:Group"];
        group_of(number, json!({ "schemas": schemas, "displayName": name, "externalId": "x" }))
    };
    let selectors = vec![
        by_name("fULL"),
        by_name("Later"),
        GroupSelector::ExternalId("x".to_owned()),
        GroupSelector::Id(group_id(2).to_string()),
        GroupSelector::Id(group_id(9).to_string()),
        GroupSelector::Id("no id".to_owned()),
        by_name("full"),
    ];
    let ask = async |store: &Store| store.rules(selectors.clone()).await.unwrap().1;
    let (full, empty) = (Some(group_id(1)), Some(group_id(2)));
    assert_eq!(ask(&store).await, [full, None, None, empty, None, None, full]);
    let come = [called(5, "later"), external(7), external(6), called(9, "By id")];
    tell(&store, come.into_iter().map(Write::InsertGroup).collect()).await;
    let (later, first, by_id) = (Some(group_id(5)), Some(group_id(6)), Some(group_id(9)));
    assert_eq!(ask(&store).await, [full, later, first, empty, by_id, None, full]);
    // Several groups may have one external id: the first is shown, a rule matches the members of each.
    tell(&store, vec![Write::AddMembers(group_id(7), vec![user_id(2)], cause(0))]).await;
    let among = Among::Affected { rules: Vec::new(), selectors: vec![GroupSelector::ExternalId("x".to_owned())] };
    assert_eq!(store.people(among).await.unwrap(), [user_id(2)]);
    let named = change("e", Some("1"), None, None);
    publish(&store, vec![RuleChange { after: Some(GroupSelector::ExternalId("x".to_owned())), ..named }]).await;
    assert_eq!(synced(&store, "e").await, None, "it affects somebody");
    assert_eq!(affected(&store, "e", None).await, [user_id(2)]);
    tell(&store, vec![Write::UpdateGroup(called(1, "Renamed")), Write::DeleteGroup(group_id(2))]).await;
    assert_eq!(ask(&store).await, [None, later, first, None, by_id, None, None]);
}

/// What of a configuration tells it from others.
fn told(config: &InForce) -> (u64, u64, usize) {
    let rules = config.document.as_ref().map_or(0, |document| document.rules.len());
    (config.revision, config.epoch, rules)
}

async fn put(store: &Store, config: Arc<InForce>) {
    tell(store, vec![Write::PutConfig { config, changed: Vec::new(), at: at(1) }]).await;
}

pub(super) async fn c009_what_is_in_force_is_what_was_published_last(home: &Home) {
    let store = home.open().await;
    assert_eq!(told(&store.in_force()), (0, 0, 0));
    for revision in [1, 2, 60, 61] {
        let rules = [("r", "Full"), ("s", "Empty")];
        let config = configuration(revision, 4, &rules[..(revision % 2) as usize]);
        put(&store, config.clone()).await;
        let expected = (revision, 4, (revision % 2) as usize);
        assert_eq!(told(&store.in_force()), expected);
        let facts = ask(&store, Needs { configuration: Hold::Shared, ..Needs::default() }).await;
        assert_eq!((told(&facts.config), &facts.config.content_hash), (expected, &config.content_hash));
    }
    let store = home.reopen(store).await;
    assert_eq!(told(&store.in_force()), (61, 4, 1));
    assert!(store.is_current());
}

pub(super) async fn b127_another_epoch_needs_no_other_content(home: &Home) {
    let store = home.open().await;
    put(&store, configuration(1, 3, &[("r", "Full")])).await;
    put(&store, configuration(1, 8, &[("r", "Full")])).await;
    assert_eq!(told(&store.in_force()), (1, 8, 1));
    let facts = ask(&store, Needs { configuration: Hold::Alone, ..Needs::default() }).await;
    assert_eq!(told(&facts.config), (1, 8, 1));
    let store = home.reopen(store).await;
    assert_eq!(told(&store.in_force()), (1, 8, 1));
    put(&store, configuration(2, 8, &[])).await;
    assert_eq!(told(&store.in_force()), (2, 8, 0));
}

pub(super) async fn c003_what_is_not_let_through_stays_out_of_force_also_after_a_restart(home: &Home) {
    let store = home.open().await;
    let before = configuration(1, 3, &[("r", "Full"), ("s", "Full")]);
    put(&store, before.clone()).await;
    assert!(store.in_force().waiting().is_empty());
    // The next one ends a rule and changes another: both wait.
    let published = configuration(2, 3, &[("r", "Empty")]);
    let document = published.document.clone().unwrap();
    let enforcing = |revision, epoch, enforced: &Enforced| {
        let hash = published.content_hash.clone();
        Arc::new(InForce::enforcing(revision, hash, epoch, document.clone(), enforced.clone()))
    };
    let waiting = |store: &Store| store.in_force().waiting().rules;
    put(&store, enforcing(2, 3, &before.enforced)).await;
    assert_eq!(waiting(&store), ["r", "s"]);
    let held = HeldChanges {
        rules: vec!["r".to_owned(), "s".to_owned()],
        roles: false,
        users_losing: 9,
        reason: "too many".to_owned(),
        revision: 2,
    };
    let enforced = Enforced { held: Some(held), ..before.enforced.clone() };
    put(&store, enforcing(3, 3, &enforced)).await;
    put(&store, enforcing(3, 8, &enforced)).await;
    let facts = ask(&store, Needs { configuration: Hold::Shared, ..Needs::default() }).await;
    assert_eq!((told(&facts.config), &facts.config.enforced), ((3, 8, 1), &enforced));
    let store = home.reopen(store).await;
    let config = store.in_force();
    assert_eq!((told(&config), &config.enforced, waiting(&store).len()), ((3, 8, 1), &enforced, 2));
    let groups = [called(1, "Full").facts()];
    assert_eq!(config.rules.evaluate(&groups).iter().flat_map(|grant| &grant.rules).count(), 2, "both go on");
    put(&store, enforcing(4, 8, &Enforced::all_of(&document))).await;
    let store = home.reopen(store).await;
    assert!(store.in_force().waiting().is_empty() && store.in_force().rules.evaluate(&groups).is_empty());
}
