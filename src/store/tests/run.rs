//! Runs: the queue, whom a run takes, how far it is, and what is kept of those that ended.

use super::beside::changed;
use super::change::{grant, tell};
use super::home::Home;
use super::people::{at, called, cause, configuration, group_id, partial, run, user, user_id};
use crate::access::GroupSelector;
use crate::config::{Phase, RunScope, UserChange};
use crate::store::{RuleChange, RunRow, Store, UserId, Write};

/// Six users: one and two are in the group *Old*, two and three in *New*.
async fn some_people(home: &Home) -> Store {
    let store = home.open().await;
    let mut writes: Vec<Write> = (1..=6).rev().map(|number| Write::InsertUser(user(number))).collect();
    writes.extend([Write::InsertGroup(called(1, "Old")), Write::InsertGroup(called(2, "New"))]);
    writes.push(Write::AddMembers(group_id(1), vec![user_id(1), user_id(2)], cause(0)));
    writes.push(Write::AddMembers(group_id(2), vec![user_id(2), user_id(3)], cause(0)));
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
    run.weighed = Some("hash".to_owned());
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

pub(super) async fn a_run_that_has_begun_comes_before_an_older_one_that_waits(home: &Home) {
    let store = some_people(home).await;
    let waits = |uid: &str, second| run(uid, "\"phase\":\"Running\"", second, RunScope::All {});
    tell(&store, vec![Write::InsertRun(waits("b", 20)), Write::InsertRun(waits("c", 30))]).await;
    let begun = start(&store, waits("c", 30), Vec::new()).await;
    tell(&store, vec![Write::InsertRun(waits("a", 10))]).await;
    assert_eq!(store.next_run().await.unwrap().as_ref(), Some(&begun));
    tell(&store, vec![Write::UpdateRun(ended(&begun))]).await;
    assert_eq!(store.next_run().await.unwrap(), Some(waits("a", 10)));
}

pub(super) async fn b059_b061_a_partial_run_takes_members_and_holders_each_once(home: &Home) {
    let store = some_people(home).await;
    // Users two and five hold something from the rule, which named another group when it was last in sync.
    let holding = |user| Write::PutGrants { user: user_id(user), before: Vec::new(), after: vec![grant("hr", &["r"])] };
    let moved = RuleChange {
        name: "r".to_owned(),
        hash: Some("2".to_owned()),
        content: true,
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
    let change = vec![Write::AddMembers(group_id(2), vec![user_id(6)], cause(0)), Write::DeleteUser(user_id(3))];
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

pub(super) async fn c001_whom_a_run_changes_is_kept_once_and_read_in_pages(home: &Home) {
    let store = some_people(home).await;
    let page = async |store: &Store, uid: &str, after: Option<u128>, limit| {
        store.run_changes(uid, after.map(user_id), limit).await.unwrap()
    };
    let put = |uid: &str, changes: Vec<UserChange>| Write::PutRunChanges(uid.to_owned(), changes);
    tell(&store, vec![put("a", vec![changed(3, 1), changed(1, 1)]), put("b", vec![changed(2, 2)])]).await;
    // What a run says of somebody first, it says: it may come by again after a restart.
    tell(&store, vec![put("a", vec![changed(1, 9), changed(2, 9)])]).await;
    let all = [changed(1, 1), changed(2, 9), changed(3, 1)];
    let store = home.reopen(store).await;
    assert_eq!(page(&store, "a", None, 10).await, all);
    assert_eq!(page(&store, "a", None, 2).await, all[..2]);
    assert_eq!(page(&store, "a", Some(2), 10).await, all[2..]);
    assert_eq!(page(&store, "b", None, 10).await, [changed(2, 2)]);
    assert_eq!(page(&store, "c", None, 10).await, []);
}

pub(super) async fn c001_what_was_noted_of_a_run_is_forgotten_and_noted_anew(home: &Home) {
    let store = some_people(home).await;
    let put = |uid: &str, changes: Vec<UserChange>| Write::PutRunChanges(uid.to_owned(), changes);
    tell(&store, vec![put("a", vec![changed(1, 1), changed(3, 1)]), put("b", vec![changed(1, 1)])]).await;
    let anew = vec![Write::ForgetRunChanges("a".to_owned()), put("a", vec![changed(1, 2), changed(2, 2)])];
    tell(&store, anew).await;
    assert_eq!(store.run_changes("a", None, 10).await.unwrap(), [changed(1, 2), changed(2, 2)]);
    assert_eq!(store.run_changes("b", None, 10).await.unwrap(), [changed(1, 1)]);
}

pub(super) async fn whom_the_last_runs_changed_is_kept_and_no_more(home: &Home) {
    let store = some_people(home).await;
    let named = |number: i64| run(&format!("run-{number:03}"), "many", number, RunScope::All {});
    let put = |number: i64| Write::PutRunChanges(named(number).status.uid, vec![changed(1, number)]);
    let mut writes = vec![Write::InsertRun(named(0)), put(0)];
    writes.extend((1..=21).flat_map(|number| [Write::InsertRun(named(number)), put(number)]));
    writes.extend((1..=21).map(|number| Write::UpdateRun(ended(&named(number)))));
    tell(&store, writes).await;
    let kept = async |number| store.run_changes(&named(number).status.uid, None, 10).await.unwrap().len();
    // Of twenty-one that ended the oldest has lost it; one that goes on is none of them.
    assert_eq!((kept(0).await, kept(1).await, kept(2).await, kept(21).await), (1, 0, 1, 1));
    assert_eq!(store.runs(false).await.unwrap().len(), 22, "the runs themselves are kept longer");
}
