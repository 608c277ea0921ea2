//! Rule syncs and what waits for them. B041, B056, B059–B066, B087.

use crate::support::endpoint::{Endpoint, LIMIT, rule, tenants};
use crate::support::wait;
use jiff::Timestamp;
use scim_operator::config::{Phase, RunResult, RunScope, RunStatus};
use serde_json::{Value, json};

async fn two_people() -> (Endpoint, String, String) {
    let endpoint = Endpoint::start(Vec::new()).await;
    let ana = endpoint.user("ana@example.com").await;
    let bram = endpoint.user("bram@example.com").await;
    endpoint.group("Designers", &[&ana]).await;
    endpoint.group("Developers", &[&bram]).await;
    (endpoint, ana, bram)
}

fn designers() -> scim_operator::config::RuleEntry {
    rule("designers", "Designers", "Designer", &["main"], &[])
}

fn developers() -> scim_operator::config::RuleEntry {
    rule("developers", "Developers", "Developer", &["main"], &[])
}

async fn evaluated(endpoint: &Endpoint, user: &str) -> Value {
    endpoint.view(user).await["lastEvaluated"].clone()
}

#[tokio::test]
async fn b041_under_manual_a_rule_reaches_people_already_there_by_a_sync() {
    let (mut endpoint, ana, _) = two_people().await;
    endpoint.document.rules = vec![designers()];
    endpoint.publish().await;
    assert_eq!(endpoint.access_of(&ana).await, "", "provisioned before the rule: nothing until the sync");
    let state = endpoint.state().await;
    assert_eq!((state.rules[0].in_sync, state.rules[0].reason.as_deref()), (false, Some("RuleChanged")));
    let run = endpoint.sync("first", RunScope::All {}).await;
    assert_eq!((run.phase, run.result.users_evaluated, run.result.users_changed), (Phase::Succeeded, 2, 1));
    assert_eq!(endpoint.access_of(&ana).await, "main: Designer [] from designers");
    assert!(endpoint.state().await.rules[0].in_sync);
}

#[tokio::test]
async fn b056_a_sync_changes_no_resource() {
    let (mut endpoint, ana, _) = two_people().await;
    let before = endpoint.public.get(&format!("/scim/v2/Users/{ana}")).await.json();
    endpoint.document.rules = vec![designers()];
    endpoint.publish().await;
    endpoint.sync("all", RunScope::All {}).await;
    assert!(!endpoint.access_of(&ana).await.is_empty());
    assert_eq!(endpoint.public.get(&format!("/scim/v2/Users/{ana}")).await.json(), before);
}

/// All that is told of people and groups, but for when the rules were applied.
async fn everything(endpoint: &Endpoint) -> Value {
    let mut access = endpoint.access.get("/access/v1/users").await.json();
    for view in access["users"].as_array_mut().expect("people") {
        view.as_object_mut().expect("a person").remove("lastEvaluated").expect("a time, or null");
    }
    // That a run was asked for is on record.
    access.as_object_mut().expect("a page").remove("position").expect("where the feed stands");
    let users = endpoint.public.get("/scim/v2/Users").await.json();
    let groups = endpoint.public.get("/scim/v2/Groups").await.json();
    assert!(users["Resources"].is_array() && groups["Resources"].is_array(), "{users} {groups}");
    json!({ "access": access, "users": users, "groups": groups })
}

#[tokio::test]
async fn b056_a_second_run_of_all_rules_finds_nothing_to_do_and_changes_nothing() {
    let (mut endpoint, ana, bram) = two_people().await;
    let both = endpoint.user("both@example.com").await;
    endpoint.group("Reviewers", &[&ana, &both]).await;
    endpoint.group("Nobody", &[]).await;
    let off = json!([{ "op": "Replace", "path": "active", "value": false }]);
    assert_eq!(endpoint.public.patch(&format!("/scim/v2/Users/{bram}"), &off).await.status, 200);
    let by_hand = json!({ "userName": "olga@example.com", "tenant": "main", "role": "Designer" });
    let made = endpoint.administrator().post("/access/v1/manual-grants", &by_hand).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let before = everything(&endpoint).await;
    let reviewers = rule("reviewers", "Reviewers", "Developer", &["hr", "main"], &["Design"]);
    endpoint.document.rules = vec![designers(), developers(), reviewers];
    endpoint.publish().await;
    let first = endpoint.sync("first", RunScope::All {}).await;
    assert_eq!((first.result.users_evaluated, first.result.users_changed), (3, 3), "the inactive one too (reading 6)");
    let after = everything(&endpoint).await;
    assert_ne!(after["access"], before["access"]);
    assert_eq!((&after["users"], &after["groups"]), (&before["users"], &before["groups"]), "no resource was touched");
    let second = endpoint.sync("second", RunScope::All {}).await;
    let nothing = RunResult { users_evaluated: 3, ..RunResult::default() };
    assert_eq!((second.phase, second.reason, second.result), (Phase::Succeeded, None, nothing));
    assert_eq!(everything(&endpoint).await, after);
}

#[tokio::test]
async fn b059_b060_a_partial_sync_applies_all_rules_to_the_affected_and_leaves_the_others() {
    let (mut endpoint, ana, bram) = two_people().await;
    let both = rule("designers-too", "Designers", "Developer", &["hr"], &[]);
    endpoint.document.rules = vec![designers(), both, developers()];
    endpoint.publish().await;
    let bram_before = evaluated(&endpoint, &bram).await;
    let run = endpoint.sync("partial", RunScope::Rules(vec!["designers".to_owned()])).await;
    let expected = RunResult { users_evaluated: 1, users_changed: 1, granted: 1, ..RunResult::default() };
    assert_eq!((run.phase, run.result), (Phase::Succeeded, expected));
    let access = endpoint.access_of(&ana).await;
    assert_eq!(access, "hr: Developer [] from designers-too\nmain: Designer [] from designers");
    assert_eq!(endpoint.access_of(&bram).await, "", "another stale rule of somebody unaffected stays stale");
    assert_eq!(evaluated(&endpoint, &bram).await, bram_before);
}

#[tokio::test]
async fn b061_a_sync_that_names_a_deleted_rule_takes_what_it_gave() {
    let (mut endpoint, ana, bram) = two_people().await;
    endpoint.document.rules = vec![designers(), developers()];
    endpoint.publish().await;
    endpoint.sync("all", RunScope::All {}).await;
    endpoint.document.rules = vec![developers()];
    endpoint.publish().await;
    assert!(!endpoint.access_of(&ana).await.is_empty(), "deleting a rule waits for a sync (B065)");
    let run = endpoint.sync("after-delete", RunScope::Rules(vec!["designers".to_owned()])).await;
    assert_eq!((run.result.users_evaluated, run.result.revoked), (1, 1));
    assert_eq!(endpoint.access_of(&ana).await, "");
    assert!(!endpoint.access_of(&bram).await.is_empty());
}

#[tokio::test]
async fn b062_b066_a_full_sync_applies_every_change_to_everyone() {
    let (mut endpoint, ana, bram) = two_people().await;
    endpoint.document.rules = vec![designers(), developers()];
    endpoint.publish().await;
    let run = endpoint.sync("all", RunScope::All {}).await;
    assert_eq!((run.progress.processed, run.progress.total, run.result.granted), (2, 2, 2));
    endpoint.document.rules[1].rule.enabled = false;
    endpoint.document.rules[0].rule.role = "Participant".to_owned();
    endpoint.publish().await;
    let run = endpoint.sync("again", RunScope::All {}).await;
    assert_eq!((run.result.users_changed, run.result.demoted, run.result.revoked), (2, 1, 1));
    assert_eq!(endpoint.access_of(&ana).await, "main: Participant [] from designers");
    assert_eq!(endpoint.access_of(&bram).await, "");
    assert!(endpoint.state().await.rules.iter().all(|rule| rule.in_sync));
}

#[tokio::test]
async fn b065_a_changed_rule_reaches_only_whom_the_next_message_names() {
    let (mut endpoint, ana, bram) = two_people().await;
    endpoint.document.rules = vec![designers(), developers()];
    endpoint.publish().await;
    endpoint.sync("all", RunScope::All {}).await;
    endpoint.document.rules[0].rule.enabled = false;
    endpoint.document.rules[1].rule.enabled = false;
    endpoint.publish().await;
    assert!(!endpoint.access_of(&ana).await.is_empty() && !endpoint.access_of(&bram).await.is_empty());
    let rename = json!([{ "op": "Replace", "path": "displayName", "value": "Ana" }]);
    endpoint.public.patch(&format!("/scim/v2/Users/{ana}"), &rename).await;
    assert_eq!(endpoint.access_of(&ana).await, "");
    assert!(!endpoint.access_of(&bram).await.is_empty());
}

/// People whom a long run changes.
const PEOPLE: usize = 3_000;
/// How often it is tried to kill the endpoint before a run has ended.
const ATTEMPTS: usize = 5;

async fn run_named(endpoint: &Endpoint, name: &str) -> RunStatus {
    let run = endpoint.access.get(&format!("/access/v1/syncs/{name}")).await.json();
    serde_json::from_value(run).expect("a run")
}

/// Asks for a run of everything and waits until it has come some way, or has ended; the provider is answered
/// meanwhile. Its messages, about somebody whom the run does not change, make the batches small.
async fn on_its_way(endpoint: &Endpoint, name: &str, outsider: &str) -> RunStatus {
    let rename = json!([{ "op": "Replace", "path": "displayName", "value": "Olga" }]);
    let told = async || {
        let answer = endpoint.public.patch(&format!("/scim/v2/Users/{outsider}"), &rename).await;
        assert_eq!(answer.status, 200, "SCIM is answered meanwhile");
    };
    told().await;
    let asked = json!({ "name": name, "scope": { "all": {} } });
    assert_eq!(endpoint.administrator().post("/access/v1/syncs", &asked).await.status, 202);
    wait::until("the run has come some way", LIMIT, async || {
        told().await;
        let run = run_named(endpoint, name).await;
        let under_way = run.phase == Phase::Running && run.progress.processed > 0;
        (under_way || run.phase.is_final()).then_some(run)
    })
    .await
}

/// All entries of a list of the access API.
async fn whole(endpoint: &Endpoint, path: &str, list: &str) -> Vec<Value> {
    let (mut found, mut query) = (Vec::new(), "count=1000".to_owned());
    loop {
        let mut page = endpoint.access.get(&format!("{path}?{query}")).await.json();
        found.append(page[list].as_array_mut().expect("a list"));
        match &page["next"] {
            Value::String(next) => query = format!("count=1000&cursor={next}"),
            _ => return found,
        }
    }
}

/// Fails unless the run has ended with every one of `people` holding `role`, each counted and noted once.
async fn assert_exact(endpoint: &Endpoint, run: &RunStatus, people: &[String], role: &str) {
    let (changed, total) = (people.len() as u64, people.len() as u64 + 1);
    let RunStatus { name, phase, progress, result, .. } = run;
    assert_eq!((*phase, progress.processed, progress.total), (Phase::Succeeded, total, total), "{run:?}");
    assert_eq!((result.users_evaluated, result.users_changed), (total, changed), "{run:?}");
    assert_eq!(result.granted + result.promoted + result.demoted, changed, "{run:?}");
    let ids = |list: &[Value]| list.iter().map(|entry| entry["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>();
    let mut expected = people.to_vec();
    expected.sort();
    let changes = whole(endpoint, &format!("/access/v1/syncs/{name}/changes"), "changes").await;
    assert_eq!(ids(&changes), expected, "each is noted once");
    let mut views = whole(endpoint, "/access/v1/users", "users").await;
    views.retain(|view| view["tenants"] != json!([]));
    assert_eq!(ids(&views), expected, "everybody has access, and the outsider has none");
    let right = format!("main: {role} [] from designers");
    for view in &views {
        assert_eq!(tenants(&view["tenants"]), right, "{view}");
    }
}

#[tokio::test]
async fn b063_a_long_run_tells_how_far_it_is_while_scim_answers_and_goes_on_after_a_crash() {
    let mut endpoint = Endpoint::start(Vec::new()).await;
    let people = endpoint.people("designer", PEOPLE).await;
    let outsider = endpoint.user("olga@example.com").await;
    let members: Vec<&str> = people.iter().map(String::as_str).collect();
    endpoint.group("Designers", &members).await;
    wait::until("all are evaluated by no rules", LIMIT, async || {
        (endpoint.state().await.pending.total == 0).then_some(())
    })
    .await;
    for attempt in 0..ATTEMPTS {
        // Another role each time, so that there is something to do for everybody.
        let (name, role) = (format!("long-{attempt}"), ["Designer", "Developer"][attempt % 2]);
        endpoint.document.rules = vec![rule("designers", "Designers", role, &["main"], &[])];
        endpoint.publish().await;
        let seen = on_its_way(&endpoint, &name, &outsider).await;
        let stopped = endpoint.killed().await;
        let killed = Timestamp::now();
        endpoint = stopped.start().await;
        endpoint.ready().await;
        let run = wait::until("the run ends", LIMIT, async || {
            let run = run_named(&endpoint, &name).await;
            assert!(run.progress.processed >= seen.progress.processed, "it goes on: {seen:?} {run:?}");
            run.phase.is_final().then_some(run)
        })
        .await;
        assert_exact(&endpoint, &run, &people, role).await;
        if run.completed_at.expect("a run that ended says when") < killed {
            continue;
        }
        // It had not ended when the process was killed, and so was under way.
        let (some, all) = (seen.progress.processed, seen.progress.total);
        assert_eq!((seen.phase, all), (Phase::Running, run.progress.total));
        assert!(some < all, "{seen:?}");
        assert_eq!(run.started_at, seen.started_at, "it went on, and did not begin anew");
        assert_eq!(endpoint.state().await.users.managed, people.len() as u64, "nobody was left out");
        return;
    }
    panic!("in {ATTEMPTS} attempts every run had ended before the process was killed");
}

#[tokio::test]
async fn b064_a_restart_starts_no_run() {
    let (mut endpoint, ana, _) = two_people().await;
    endpoint.document.rules = vec![designers()];
    endpoint.publish().await;
    let before = evaluated(&endpoint, &ana).await;
    let mut endpoint = endpoint.restart().await;
    endpoint.ready().await;
    endpoint.publish().await;
    assert_eq!(endpoint.access.get("/access/v1/syncs").await.json(), json!({ "syncs": [] }));
    assert_eq!(evaluated(&endpoint, &ana).await, before);
    assert_eq!(endpoint.access_of(&ana).await, "");
}

#[tokio::test]
async fn b087_a_run_is_asked_for_once_per_uid_and_an_equal_one_is_not_run_again() {
    let (endpoint, _, _) = two_people().await;
    let ask = json!({ "name": "nightly", "scope": { "all": {} } });
    let first = endpoint.admin.json("PUT", "/admin/v1/syncs/uid-1", &ask).await;
    assert_eq!((first.status, &first.json()["uid"]), (200, &json!("uid-1")));
    let ended = async |uid: &str| {
        let run = endpoint.admin.get(&format!("/admin/v1/syncs/{uid}")).await.json();
        (run["phase"] == "Succeeded").then_some(run)
    };
    let run = wait::until("the run ends", LIMIT, async || ended("uid-1").await).await;
    let same = endpoint.admin.json("PUT", "/admin/v1/syncs/uid-1", &ask).await.json();
    assert_eq!(same, run);
    let equal = endpoint.admin.json("PUT", "/admin/v1/syncs/uid-2", &ask).await.json();
    assert_eq!((&equal["phase"], &equal["reason"]), (&json!("Succeeded"), &json!("AlreadyRun")));
    let nonce = json!({ "name": "nightly", "scope": { "all": {} }, "nonce": "2" });
    endpoint.admin.json("PUT", "/admin/v1/syncs/uid-3", &nonce).await;
    let run = wait::until("the run ends", LIMIT, async || ended("uid-3").await).await;
    assert_eq!(run["reason"], Value::Null);
    assert_eq!(endpoint.admin.delete("/admin/v1/syncs/uid-3").await.status, 204);
    assert_eq!(endpoint.admin.delete("/admin/v1/syncs/never-was").await.status, 204);
    assert_eq!(endpoint.admin.get("/admin/v1/syncs/never-was").await.status, 404);
}
