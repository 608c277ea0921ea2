//! Rule syncs and what waits for them. B041, B056, B059–B066, B087.

use crate::support::endpoint::{Endpoint, LIMIT, rule};
use crate::support::wait;
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

#[tokio::test]
async fn b063_a_long_run_tells_how_far_it_is_while_scim_answers_and_goes_on_after_a_crash() {
    const PEOPLE: usize = 3_000;
    let mut endpoint = Endpoint::start(Vec::new()).await;
    let people = endpoint.people("designer", PEOPLE).await;
    let members: Vec<&str> = people.iter().map(String::as_str).collect();
    endpoint.group("Designers", &members).await;
    wait::until("all are evaluated by no rules", LIMIT, async || {
        (endpoint.state().await.pending.total == 0).then_some(())
    })
    .await;
    endpoint.document.rules = vec![designers()];
    endpoint.publish().await;
    let asked = json!({ "name": "long", "scope": { "all": {} } });
    assert_eq!(endpoint.administrator().post("/access/v1/syncs", &asked).await.status, 202);
    let status = async |endpoint: &Endpoint| {
        let run = endpoint.access.get("/access/v1/syncs/long").await.json();
        serde_json::from_value::<RunStatus>(run).expect("a run")
    };
    let rename = json!([{ "op": "Replace", "path": "displayName", "value": "Ana" }]);
    let (mut seen, mut crashed) = (Vec::new(), false);
    loop {
        let run = status(&endpoint).await;
        if run.phase.is_final() {
            break;
        }
        if run.phase == Phase::Running {
            seen.push(run.progress);
        }
        let answer = endpoint.public.patch(&format!("/scim/v2/Users/{}", people[0]), &rename).await;
        assert_eq!(answer.status, 200, "SCIM is answered meanwhile");
        if seen.len() == 2 && !crashed {
            endpoint = endpoint.kill_and_restart().await;
            endpoint.ready().await;
            crashed = true;
        }
    }
    let total = u64::try_from(PEOPLE).unwrap();
    assert!(seen.iter().any(|progress| progress.total == total && progress.processed < total), "{seen:?}");
    assert!(seen.windows(2).all(|pair| pair[0].processed <= pair[1].processed), "{seen:?}");
    let run = status(&endpoint).await;
    assert_eq!((run.phase, run.progress.processed), (Phase::Succeeded, total), "{run:?}");
    assert_eq!(endpoint.state().await.users.managed, total, "nobody was left out");
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
