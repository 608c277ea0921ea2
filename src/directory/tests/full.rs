//! Runs over everybody: what they write, that they go on where they were, and that nobody starts one unasked.

use super::{Actor, World, all, document, partial, rule};
use crate::access::Guard;
use crate::config::{Document, ManualGrantRequest, Phase, Progress, RunResult, RunStatus, UserChange};
use crate::store::{Change, Decision, Effects, Facts, GroupId, Needs, RunRow, SyncedRule, UserId, Write};
use jiff::Timestamp;

/// Writes what a test wants to find there.
pub(super) struct Put(pub Vec<Write>);

impl Change for Put {
    type Outcome = ();

    fn needs(&self) -> Needs {
        Needs::default()
    }

    fn decide(&self, _facts: &Facts) -> Decision<()> {
        Decision::Done(Effects { writes: self.0.clone(), record: None }, ())
    }
}

/// A directory of so many designers, all of whom a run has to change: their rule was published after they came.
async fn designers(count: usize) -> (World, Vec<String>) {
    let world = World::with(&[]).await;
    let mut users = world.users(count).await;
    world.group("Designers", &users.iter().map(String::as_str).collect::<Vec<_>>()).await;
    world.publish(&[rule("d", "Designers", "Designer")]).await;
    users.sort_unstable();
    (world, users)
}

async fn changed(world: &World, user: &str) -> bool {
    !world.access(user).await.stored_grants.is_empty()
}

#[tokio::test]
async fn a_full_run_with_nothing_to_do_writes_only_when_it_was() {
    let (world, users) = designers(30).await;
    world.run(all("first")).await;
    let store = &world.directory.inner.store;
    let (extent, versions) = (store.extent().await.unwrap(), versions(&world, &users).await);
    let run = world.run(all("second")).await;
    assert_eq!((run.progress.processed, run.progress.total), (30, 30));
    assert_eq!((run.result.users_evaluated, run.result.users_changed), (30, 0));
    let now = store.extent().await.unwrap();
    assert_eq!((now.cut, now.last.number), (extent.cut, extent.last.number + 1), "no record but who asked for it");
    // One time for all of them, that of the run's beginning: nobody has a row of its own for it.
    let began = run.started_at.unwrap().as_microsecond();
    for user in &users {
        assert_eq!(world.access(user).await.last_evaluated.unwrap().as_microsecond(), began);
    }
    assert_eq!(self::versions(&world, &users).await, versions, "no resource was written (B056)");
}

async fn versions(world: &World, users: &[String]) -> Vec<u64> {
    let ids = users.iter().filter_map(|id| UserId::parse(id)).collect();
    let rows = world.directory.inner.store.users_by_ids(ids, false).await.unwrap();
    rows.into_iter().map(|(row, _)| row.version).collect()
}

#[tokio::test]
async fn b062_a_full_run_reaches_stale_people_of_every_rule_and_notes_whom_it_changed() {
    let (world, users) = designers(30).await;
    world.group("Painters", &[&users[0], &users[1]]).await;
    let rules = [rule("d", "Designers", "Designer"), rule("p", "Painters", "Developer")];
    world.publish(&rules).await;
    let run = world.run(all("r")).await;
    // The first two were evaluated when they came into the group.
    assert_eq!((run.result.users_changed, run.result.granted, run.result.promoted), (30, 28, 2));
    assert_eq!(world.directory.run_changes("r", None, 100).await.unwrap().unwrap().changes.len(), 30);
    assert!(world.state().await.rules.iter().all(|rule| rule.in_sync));
}

/// All that is kept of these people, their groups and accounts, but when somebody was evaluated.
async fn everything(world: &World, users: &[String], groups: &[String]) -> Vec<String> {
    let store = &world.directory.inner.store;
    let ids: Vec<UserId> = users.iter().filter_map(|id| UserId::parse(id)).collect();
    let group_ids = groups.iter().filter_map(|id| GroupId::parse(id)).collect();
    let mut rows = Vec::new();
    rows.extend(store.users_by_ids(ids.clone(), true).await.unwrap().iter().map(|row| format!("{row:?}")));
    rows.extend(store.access_facts(ids).await.unwrap().iter().map(|row| format!("{row:?}")));
    rows.extend(store.groups_by_ids(group_ids, true).await.unwrap().iter().map(|row| format!("{row:?}")));
    rows.extend(store.accounts(None, 100).await.unwrap().iter().map(|row| format!("{row:?}")));
    rows.extend(store.pending_users(100).await.unwrap().iter().map(|id| format!("{id:?} waits")));
    rows
}

#[tokio::test]
async fn b062_a_full_run_when_nothing_changes_writes_no_row_of_any_person_group_or_grant() {
    let (world, mut users) = designers(5).await;
    let bob = world.user("bob").await;
    let groups = [world.group("Painters", &[&users[0], &bob]).await, world.group("Nobody", &[]).await];
    users.push(bob);
    for (user_name, tenant) in [("bob", "hr"), ("guest", "main")] {
        let (user_name, tenant, role) = (user_name.to_owned(), tenant.to_owned(), "Designer".to_owned());
        let asked = ManualGrantRequest { user_name, tenant, role, application_groups: Vec::new() };
        world.directory.grant(asked, &Actor::default()).await.unwrap();
    }
    assert_eq!(world.run(all("first")).await.result.users_changed, 4, "one was evaluated by a message");
    let store = &world.directory.inner.store;
    let (before, extent) = (everything(&world, &users, &groups).await, store.extent().await.unwrap());
    let guest = world.access("guest").await;
    assert_eq!(before.len(), 6 + 6 + 2 + 1, "{before:#?}");
    let run = world.run(all("second")).await;
    assert_eq!((run.phase, run.result.users_evaluated, run.result.users_changed), (Phase::Succeeded, 6, 0));
    assert_eq!(everything(&world, &users, &groups).await, before);
    assert_eq!(world.access("guest").await, guest, "no run is about an account");
    assert_eq!(store.extent().await.unwrap().last.number, extent.last.number + 1, "who asked for it");
    assert!(world.directory.run_changes("second", None, 10).await.unwrap().unwrap().changes.is_empty());
    let began = run.started_at.unwrap().as_microsecond();
    for user in &users {
        assert_eq!(world.access(user).await.last_evaluated.unwrap().as_microsecond(), began);
    }
}

/// A run as it is found after the process that carried it out was killed behind the first `done` people.
fn under_way(run: RunStatus, users: &[String], done: usize) -> RunRow {
    let cursor = users.get(done - 1).and_then(|id| UserId::parse(id));
    let (processed, total) = (done as u64, users.len() as u64);
    let result = RunResult { users_evaluated: processed, users_changed: processed, granted: processed, ..run.result };
    let status = RunStatus {
        phase: Phase::Running,
        started_at: Some(Timestamp::UNIX_EPOCH),
        progress: Progress { processed, total },
        result,
        ..run
    };
    let covers = vec![SyncedRule { name: "d".to_owned(), hash: None }];
    RunRow { status, spec_hash: String::new(), covers, cursor, weighed: None }
}

#[tokio::test]
async fn b063_a_run_says_how_far_it_is_and_after_a_kill_it_goes_on_behind_whom_it_had_reached() {
    for request in [all("r"), partial("r", &["d"], None)] {
        let (world, users) = designers(40).await;
        // As it would be asked for, but that nobody tells the runner.
        let waiting = RunStatus { name: "r".to_owned(), scope: request.scope.clone(), ..a_run() };
        let mut run = under_way(waiting, &users, 25);
        run.covers[0].hash = world.state().await.rules[0].hash.clone();
        let start = Write::StartRun { run: run.clone(), selectors: vec![rule("d", "Designers", "").group] };
        world.directory.inner.store.transact(Put(vec![Write::InsertRun(run.clone()), start])).await.unwrap();
        let shown = world.directory.run("uid-1").await.unwrap().unwrap();
        assert_eq!((shown.phase, shown.progress), (Phase::Running, Progress { processed: 25, total: 40 }));
        let world = world.restarted().await;
        let run = world.ended("uid-1").await;
        assert_eq!((run.phase, run.progress), (Phase::Succeeded, Progress { processed: 40, total: 40 }));
        assert_eq!((run.result.users_evaluated, run.result.users_changed, run.result.granted), (40, 40, 40));
        assert!(!changed(&world, &users[24]).await && changed(&world, &users[25]).await, "nobody twice or left out");
        assert!(world.state().await.rules[0].in_sync);
    }
}

/// A run that waits.
pub(super) fn a_run() -> RunStatus {
    RunStatus {
        uid: "uid-1".to_owned(),
        name: String::new(),
        scope: all("").scope,
        dry_run: false,
        allow_revocations: None,
        phase: Phase::Pending,
        reason: None,
        message: None,
        created_at: Timestamp::UNIX_EPOCH,
        started_at: None,
        completed_at: None,
        progress: Progress::default(),
        result: RunResult::default(),
        users_losing: None,
        would_be_held: false,
    }
}

#[tokio::test]
async fn b063_whoever_is_changed_while_a_run_is_under_way_keeps_what_is_newer() {
    let (world, users) = designers(1_200).await;
    let run = world.directory.request_run(None, all("r"), &Actor::default()).await.unwrap();
    // Messages go on meanwhile, wherever the run is.
    for user in [&users[0], &users[600], &users[1_199]] {
        let body = serde_json::json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
            "Operations": [{ "op": "replace", "path": "active", "value": false }] });
        world.directory.patch_user(&Actor::default(), user, body).await.unwrap();
    }
    let run = world.ended(&run.uid).await;
    assert_eq!((run.phase, run.progress.processed), (Phase::Succeeded, 1_200));
    for user in [&users[0], &users[600], &users[1_199]] {
        let view = world.access(user).await;
        assert_eq!((view.active, view.stored_grants.len(), view.tenants.len()), (false, 1, 0));
    }
}

#[tokio::test]
async fn b064_neither_a_restart_nor_a_publication_starts_a_run() {
    let (world, users) = designers(3).await;
    let before = world.access(&users[0]).await.last_evaluated;
    let world = world.restarted().await;
    world.publish(&[rule("d", "Designers", "Designer"), rule("p", "Painters", "Participant")]).await;
    // Whatever the runner would do by itself it has done before what is asked of it next.
    world.run(partial("r", &["p"], None)).await;
    let names: Vec<String> = world.directory.runs().await.unwrap().into_iter().map(|run| run.name).collect();
    assert_eq!((names, world.access(&users[0]).await.last_evaluated), (vec!["r".to_owned()], before));
    assert!(!changed(&world, &users[0]).await);
}

/// Four designers with what their rule gives, and then, under `Manual`, the rule taken out of force: no run has brought
/// that to anybody.
async fn four_who_would_lose(max_revoked_users: u64) -> (World, Vec<String>) {
    let (world, users) = designers(4).await;
    world.run(all("before")).await;
    let guard = Guard { max_revoked_users, max_revoked_percent: 100 };
    world.publish_document(Document { guard, ..document(&[]) }).await;
    (world, users)
}

async fn how_many_hold(world: &World, users: &[String]) -> usize {
    let mut holding = 0;
    for user in users {
        holding += usize::from(changed(world, user).await);
    }
    holding
}

#[tokio::test]
async fn c003_a_run_under_way_does_not_take_too_much_by_rules_that_it_was_not_weighed_by() {
    let limits = [(2, None, "guard.maxRevokedUsers is 2"), (9, Some(2), "allowRevocations.upTo is 2"), (3, None, "")];
    for (limit, up_to, why) in limits {
        for scope in [partial("r", &["d"], None).scope, all("r").scope] {
            let (world, users) = four_who_would_lose(limit).await;
            let (name, allow_revocations) = ("r".to_owned(), partial("r", &[], up_to).allow_revocations);
            let mut run = under_way(RunStatus { name, scope, allow_revocations, ..a_run() }, &users, 1);
            run.weighed = Some("the rules before".to_owned());
            let asked = Write::InsertRun(run.clone());
            let start = Write::StartRun { run, selectors: Vec::new() };
            world.directory.inner.store.transact(Put(vec![asked, start])).await.unwrap();
            let world = world.restarted().await;
            let run = world.ended("uid-1").await;
            let holding = how_many_hold(&world, &users).await;
            if why.is_empty() {
                assert_eq!((run.phase, run.result.revoked, run.users_losing), (Phase::Succeeded, 3, Some(3)));
                assert_eq!(holding, 1, "whom it had reached before");
                continue;
            }
            assert_eq!((run.phase, run.reason.as_deref()), (Phase::Failed, Some("RevocationHeld")));
            let message = run.message.unwrap();
            assert!(message.contains("3 people would lose access") && message.contains(why), "{message}");
            assert!(message.contains("1 of 4 people") && holding == 4, "{message}: {holding}");
        }
    }
}

#[tokio::test]
async fn c003_what_a_run_under_way_has_taken_already_counts_when_it_is_weighed_again() {
    let (world, users) = four_who_would_lose(4).await;
    let mut run = under_way(RunStatus { name: "r".to_owned(), ..a_run() }, &users, 2);
    (run.status.result.revoked, run.status.result.users_changed) = (3, 3);
    let asked = Write::InsertRun(run.clone());
    let start = Write::StartRun { run, selectors: Vec::new() };
    world.directory.inner.store.transact(Put(vec![asked, start])).await.unwrap();
    let world = world.restarted().await;
    let run = world.ended("uid-1").await;
    assert_eq!((run.phase, how_many_hold(&world, &users).await), (Phase::Failed, 4), "{run:?}");
}

#[tokio::test]
async fn c003_a_run_that_has_put_in_force_what_it_confirms_is_not_held_for_that_after_a_kill() {
    let (world, users) = four_who_would_lose(2).await;
    let status = RunStatus { name: "r".to_owned(), users_losing: Some(4), ..a_run() };
    let weighed = Some(world.directory.in_force().enforced.content_hash());
    let run = RunRow { status, spec_hash: String::new(), covers: Vec::new(), cursor: None, weighed };
    world.directory.inner.store.transact(Put(vec![Write::InsertRun(run)])).await.unwrap();
    let world = world.restarted().await;
    let run = world.ended("uid-1").await;
    assert_eq!((run.phase, run.result.revoked, run.users_losing), (Phase::Succeeded, 4, Some(4)));
    assert_eq!(how_many_hold(&world, &users).await, 0);
}

#[tokio::test]
async fn c003_a_run_begins_and_is_let_through_by_the_rules_that_are_then_in_force() {
    let (world, _) = four_who_would_lose(4).await;
    let run = world.run(all("r")).await;
    assert_eq!((run.phase, run.users_losing), (Phase::Succeeded, Some(4)));
    let kept = world.directory.inner.store.runs_of(&run.uid, "").await.unwrap().remove(0);
    assert_eq!(kept.weighed, Some(world.directory.in_force().enforced.content_hash()));
}

#[tokio::test]
async fn c001_what_a_weighing_noted_that_was_cut_short_is_in_no_report() {
    for (dry_run, synced) in [(true, true), (true, false), (false, true), (false, false)] {
        let (world, users) = designers(2).await;
        if synced {
            world.run(all("before")).await;
        }
        let status = RunStatus { name: "r".to_owned(), dry_run, ..a_run() };
        let run = RunRow { status, spec_hash: String::new(), covers: Vec::new(), cursor: None, weighed: None };
        let (id, user_name) = (users[0].clone(), "stale".to_owned());
        let stale = UserChange { id, user_name, before: Vec::new(), after: Vec::new() };
        let writes = vec![Write::InsertRun(run), Write::PutRunChanges("uid-1".to_owned(), vec![stale])];
        world.directory.inner.store.transact(Put(writes)).await.unwrap();
        let world = world.restarted().await;
        assert_eq!(world.ended("uid-1").await.phase, Phase::Succeeded);
        let told = world.directory.run_changes("r", None, 10).await.unwrap().unwrap().changes;
        let names: Vec<&str> = told.iter().map(|change| change.user_name.as_str()).collect();
        assert!(!names.contains(&"stale"), "dry: {dry_run}, in sync: {synced}: {names:?}");
        assert_eq!(names.len(), if synced { 0 } else { 2 });
    }
}
