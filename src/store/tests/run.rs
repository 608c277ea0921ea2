//! Runs: the queue, whom a run takes, how far it is, and what is kept of those that ended.

use super::change::{grant, tell};
use super::home::Home;
use super::people::{at, called, configuration, group_id, partial, run, user, user_id};
use crate::access::GroupSelector;
use crate::config::{Phase, RunScope};
use crate::store::{RuleChange, RunRow, Store, UserId, Write};

/// Six users: one and two are in the group *Old*, two and three in *New*.
async fn some_people(home: &Home) -> Store {
    let store = home.open().await;
    let mut writes: Vec<Write> = (1..=6).rev().map(|number| Write::InsertUser(user(number))).collect();
    writes.extend([Write::InsertGroup(called(1, "Old")), Write::InsertGroup(called(2, "New"))]);
    writes.push(Write::AddMembers(group_id(1), vec![user_id(1), user_id(2)]));
    writes.push(Write::AddMembers(group_id(2), vec![user_id(2), user_id(3)]));
    tell(&store, writes).await;
    store
}

fn by_name(group: &str) -> GroupSelector {
    GroupSelector::DisplayName(group.to_owned())
}

fn uids(runs: &[RunRow]) -> Vec<&str> {
    runs.iter().map(|run| run.status.uid.as_str()).collect()
}

fn ended(run: &RunRow) -> RunRow {
    let mut run = run.clone();
    run.status.phase = Phase::Succeeded;
    run.status.completed_at = Some(at(100));
    run
}

/// Starts the run; the row as it stands then.
async fn start(store: &Store, mut run: RunRow, selectors: Vec<GroupSelector>) -> RunRow {
    run.status.phase = Phase::Running;
    run.status.started_at = Some(at(50));
    tell(store, vec![Write::StartRun { run: run.clone(), selectors }]).await;
    let stored = store.runs_of(&run.status.uid, "").await.unwrap().remove(0);
    run.status.progress.total = stored.status.progress.total;
    assert_eq!(stored, run, "all but the total is as it was told");
    stored
}

pub(super) async fn runs_wait_in_the_order_in_which_they_came(home: &Home) {
    let store = some_people(home).await;
    assert_eq!(store.next_run().await.unwrap(), None);
    let all = [("c", 10), ("b", 20), ("a", 20), ("d", 30)].map(|(uid, second)| run(uid, uid, second, RunScope::All {}));
    tell(&store, all.iter().cloned().map(Write::InsertRun).collect()).await;
    assert_eq!(uids(&store.runs(false).await.unwrap()), ["d", "b", "a", "c"]);
    for uid in ["c", "a", "b", "d"] {
        let next = store.next_run().await.unwrap().unwrap();
        assert_eq!(next.status.uid, uid);
        // Begun, it is still the one to work on.
        let mut begun = next.clone();
        begun.status.phase = Phase::Running;
        tell(&store, vec![Write::UpdateRun(begun.clone())]).await;
        assert_eq!(store.next_run().await.unwrap(), Some(begun.clone()));
        tell(&store, vec![Write::UpdateRun(ended(&begun))]).await;
    }
    assert_eq!(store.next_run().await.unwrap(), None);
    assert_eq!(store.runs(true).await.unwrap(), []);
    assert_eq!(uids(&store.runs(false).await.unwrap()), ["d", "b", "a", "c"]);
}

pub(super) async fn b059_b061_a_partial_run_takes_members_and_holders_each_once(home: &Home) {
    let store = some_people(home).await;
    // Users two and five hold something from the rule, which named another group when it was last in sync.
    let holding = |user| Write::PutGrants { user: user_id(user), before: Vec::new(), after: vec![grant("hr", &["r"])] };
    let moved = RuleChange {
        name: "r".to_owned(),
        hash: Some("2".to_owned()),
        roles: "roles".to_owned(),
        before: Some(by_name("Old")),
        after: Some(by_name("New")),
    };
    let config = Write::PutConfig { config: configuration(1, 0, &[]), changed: vec![moved], at: at(1) };
    let waiting = partial("run", &["r", "gone"]);
    tell(&store, vec![holding(2), holding(5), config, Write::InsertRun(waiting.clone())]).await;
    assert_eq!(store.run_users(waiting.clone(), 10).await.unwrap(), [], "not before it is started");
    let started = start(&store, waiting, vec![by_name("New"), by_name("Nowhere")]).await;
    assert_eq!(started.status.progress.total, 4);
    let users = store.run_users(started.clone(), 10).await.unwrap();
    assert_eq!(users, [1, 2, 3, 5].map(user_id));
    // Fixed at its start: who comes or goes later changes nothing of it.
    let change = vec![Write::AddMembers(group_id(2), vec![user_id(6)]), Write::DeleteUser(user_id(3))];
    tell(&store, change).await;
    assert_eq!(store.run_users(started.clone(), 10).await.unwrap(), users);
    tell(&store, vec![Write::UpdateRun(ended(&started))]).await;
    assert_eq!(store.run_users(started, 10).await.unwrap(), [], "its list goes when it ends");
}

pub(super) async fn b062_a_full_run_takes_everybody(home: &Home) {
    let store = some_people(home).await;
    let waiting = run("all", "all", 1, RunScope::All {});
    tell(&store, vec![Write::InsertRun(waiting.clone())]).await;
    let started = start(&store, waiting, vec![by_name("New")]).await;
    assert_eq!(started.status.progress.total, 6);
    let everybody: Vec<UserId> = (1..=6).map(user_id).collect();
    assert_eq!(store.run_users(started, 10).await.unwrap(), everybody);
}

pub(super) async fn b063_a_run_goes_on_behind_its_cursor_and_after_a_restart(home: &Home) {
    let mut store = some_people(home).await;
    for waiting in [partial("part", &["r"]), run("all", "all", 2, RunScope::All {})] {
        tell(&store, vec![Write::InsertRun(waiting.clone())]).await;
        let mut run = start(&store, waiting, vec![by_name("New"), by_name("Old")]).await;
        let mut seen = Vec::new();
        loop {
            let users = store.run_users(run.clone(), 2).await.unwrap();
            let Some(last) = users.last().copied() else { break };
            seen.extend(users);
            run.cursor = Some(last);
            run.status.progress.processed = seen.len() as u64;
            run.status.result.users_evaluated = seen.len() as u64;
            tell(&store, vec![Write::UpdateRun(run.clone())]).await;
            store = home.reopen(store).await;
            assert_eq!(store.runs_of(&run.status.uid, "").await.unwrap(), std::slice::from_ref(&run));
        }
        assert_eq!(seen, (1..=run.status.progress.total as u128).map(user_id).collect::<Vec<_>>());
        tell(&store, vec![Write::UpdateRun(ended(&run))]).await;
    }
}

pub(super) async fn runs_that_ended_push_out_the_oldest(home: &Home) {
    let store = some_people(home).await;
    let waiting = run("waits", "waits", 0, RunScope::All {});
    let mut writes = vec![Write::InsertRun(waiting.clone())];
    let named = |number: i64| run(&format!("run-{number:03}"), "many", number, RunScope::All {});
    writes.extend((1..=200).map(|number| Write::InsertRun(ended(&named(number)))));
    tell(&store, writes).await;
    assert_eq!(store.runs(false).await.unwrap().len(), 201);
    // One of the same second as the oldest: of these, the one with the smaller uid goes first.
    tell(&store, vec![Write::InsertRun(ended(&run("run-001-b", "many", 1, RunScope::All {})))]).await;
    assert_eq!(store.runs_of("run-001", "").await.unwrap(), []);
    assert_eq!(store.runs_of("run-001-b", "").await.unwrap().len(), 1);
    tell(&store, vec![Write::InsertRun(named(300)), Write::UpdateRun(ended(&named(300)))]).await;
    let kept = store.runs(false).await.unwrap();
    assert_eq!((kept.len(), uids(&kept)[0], uids(&kept)[199], uids(&kept)[200]), (201, "run-300", "run-002", "waits"));
    assert_eq!(store.runs(true).await.unwrap(), [waiting], "one that waits is never pushed out");
}
