//! What changed rules would do, and that they then do just that. C001.

use crate::support::endpoint::{Endpoint, rule};
use scim_operator::config::{Phase, Plan, RunRequest, RunResult, RunScope, UserChange, UserChanges};
use serde_json::{Value, json};

/// Ana and bram design, cai develops; one rule, about designers.
async fn three_people() -> (Endpoint, [String; 3]) {
    let endpoint = Endpoint::start(vec![rule("designers", "Designers", "Designer", &["main"], &["Reviewers"])]).await;
    let ana = endpoint.user("ana@example.com").await;
    let bram = endpoint.user("bram@example.com").await;
    let cai = endpoint.user("cai@example.com").await;
    endpoint.group("Designers", &[&ana, &bram]).await;
    endpoint.group("Developers", &[&cai, &bram]).await;
    (endpoint, [ana, bram, cai])
}

fn planned(name: &str, group: &str, role: &str, tenants: &[&str]) -> Value {
    json!({ "name": name, "spec": { "idpGroup": { "displayName": group }, "role": role, "tenants": tenants } })
}

async fn plan(endpoint: &Endpoint, query: &str, body: &Value) -> Plan {
    // A token that only reads is enough.
    let reply = endpoint.access.post(&format!("/access/v1/plan{query}"), body).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    serde_json::from_value(reply.json()).expect("a plan")
}

async fn changes(endpoint: &Endpoint, run: &str) -> Vec<UserChange> {
    let reply = endpoint.access.get(&format!("/access/v1/syncs/{run}/changes")).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    serde_json::from_value::<UserChanges>(reply.json()).expect("changes").changes
}

/// What a run does to people, however many it looks at.
fn moved(result: RunResult) -> RunResult {
    RunResult { users_evaluated: 0, ..result }
}

#[tokio::test]
async fn c001_a_plan_and_a_dry_run_say_what_the_run_then_does() {
    let (mut endpoint, people) = three_people().await;
    let before = endpoint.view(&people[1]).await;
    let revision = endpoint.state().await.revision;
    let asked = json!({
        "rules": [
            planned("designers", "Designers", "Participant", &["main"]),
            planned("developers", "Developers", "Developer", &["hr"]),
        ],
    });
    let plan = plan(&endpoint, "", &asked).await;
    assert_eq!((plan.users.len(), plan.users_losing, plan.would_be_held), (3, 2, false));
    assert_eq!((plan.result.granted, plan.result.demoted, plan.result.revoked), (2, 2, 2));
    assert_eq!((plan.tenants["main"].demoted, plan.tenants["hr"].granted), (2, 2));
    assert_eq!(endpoint.view(&people[1]).await, before, "a plan writes nothing");
    assert_eq!(endpoint.state().await.revision, revision);

    endpoint.document.rules = vec![
        rule("designers", "Designers", "Participant", &["main"], &[]),
        rule("developers", "Developers", "Developer", &["hr"], &[]),
    ];
    endpoint.publish().await;
    let ask = |name: &str, dry_run: bool| RunRequest {
        name: name.to_owned(),
        scope: RunScope::All {},
        nonce: String::new(),
        dry_run,
        allow_revocations: None,
        created_at: None,
    };
    let dry = endpoint.ask_for_run(ask("dry", true)).await;
    assert_eq!((dry.phase, moved(dry.result), dry.users_losing), (Phase::Succeeded, moved(plan.result), Some(2)));
    assert_eq!(changes(&endpoint, "dry").await, plan.users);
    assert_eq!(endpoint.view(&people[1]).await, before, "a dry run writes nothing of anybody");

    let run = endpoint.ask_for_run(ask("real", false)).await;
    assert_eq!((run.phase, moved(run.result)), (Phase::Succeeded, moved(plan.result)));
    assert_eq!(changes(&endpoint, "real").await, plan.users);
    for change in &plan.users {
        let stored = serde_json::from_value::<Vec<scim_operator::access::TenantAccess>>(
            endpoint.view(&change.id).await["storedGrants"].clone(),
        );
        assert_eq!(stored.expect("grants"), change.after, "{}", change.user_name);
    }
}

#[tokio::test]
async fn c001_a_plan_counts_everybody_and_names_as_many_as_are_asked_for() {
    let (endpoint, people) = three_people().await;
    let gone = json!({ "remove": ["designers"] });
    let whole = plan(&endpoint, "", &gone).await;
    assert_eq!(whole.users.iter().map(|user| user.id.as_str()).collect::<Vec<_>>(), [&people[0], &people[1]]);
    assert!(whole.users.iter().all(|user| user.after.is_empty()));
    for (count, more) in [(0, 2), (1, 1), (2, 0)] {
        let plan = plan(&endpoint, &format!("?count={count}"), &gone).await;
        assert_eq!((plan.users.len(), plan.more, plan.users_losing), (2 - more, more as u64, 2));
    }
    let nothing = plan(&endpoint, "", &json!({})).await;
    assert_eq!((nothing.result.users_changed, nothing.users), (0, Vec::new()), "live rules change nothing");
}
