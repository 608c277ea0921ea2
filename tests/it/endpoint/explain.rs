//! Why somebody has access, or has not, asked over HTTP. B090, B092, B093, C002.

use crate::support::endpoint::{Endpoint, rule};
use serde_json::{Value, json};

/// The answer about somebody; `query` with its question mark.
async fn explained(endpoint: &Endpoint, who: &str, query: &str) -> Value {
    let reply = endpoint.access.get(&format!("/access/v1/users/{who}/explain{query}")).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply.json()
}

/// Whether it is granted, and the reason that decides.
fn decided(answer: &Value) -> (bool, &str) {
    let granted = answer["granted"].as_bool().expect("granted");
    (granted, answer["reasons"][0]["code"].as_str().expect("a reason"))
}

/// A PATCH whose request has this id.
async fn patched(endpoint: &Endpoint, path: &str, request_id: &str, operations: Value) {
    let body = json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": operations });
    let reply = endpoint.with_header("PATCH", path, ("x-request-id", request_id), &body).await;
    assert!(matches!(reply.status, 200 | 204), "{}", reply.text);
}

#[track_caller]
fn made_by(answer: &Value, request_id: &str) {
    let reason = &answer["reasons"][0];
    assert_eq!(reason["request"], request_id, "{reason}");
    assert!(reason["time"].as_str().expect("a time").parse::<jiff::Timestamp>().is_ok(), "{reason}");
}

#[tokio::test]
async fn b090_somebody_who_is_inactive_is_told_so_with_the_message_that_made_it_so() {
    let endpoint = Endpoint::start(vec![rule("d", "Designers", "Designer", &["main"], &[])]).await;
    let ana = endpoint.user("ana@example.com").await;
    endpoint.group("Designers", &[&ana]).await;
    assert_eq!(decided(&explained(&endpoint, &ana, "").await), (true, "Granted"));
    let user = format!("/scim/v2/Users/{ana}");
    let active = |value: bool| json!([{ "op": "Replace", "path": "active", "value": value }]);
    patched(&endpoint, &user, "switched-off", active(false)).await;
    let answer = explained(&endpoint, &ana, "").await;
    assert_eq!(decided(&answer), (false, "UserInactive"));
    made_by(&answer, "switched-off");
    patched(&endpoint, &user, "switched-on", active(true)).await;
    assert_eq!(decided(&explained(&endpoint, &ana, "").await), (true, "Granted"));
}

#[tokio::test]
async fn b092_a_group_that_is_not_assigned_to_the_application_is_said_not_to_have_been_seen() {
    let endpoint = Endpoint::start(vec![rule("d", "Designers", "Designer", &["main"], &[])]).await;
    let ana = endpoint.user("ana@example.com").await;
    let answer = explained(&endpoint, &ana, "?role=Designer").await;
    assert_eq!(decided(&answer), (false, "GroupNotProvisioned"));
    let reason = &answer["reasons"][0];
    assert_eq!((&reason["rule"], &reason["group"]), (&json!("d"), &json!("Designers")));
    let message = reason["message"].as_str().expect("a message");
    assert!(message.contains("has not been seen in this directory") && message.contains("assign it"), "{message}");
}

#[tokio::test]
async fn b093_what_is_missing_is_told_apart() {
    let mut testers = rule("testers", "Testers", "Developer", &["hr"], &[]);
    testers.rule.enabled = false;
    let designers = rule("designers", "Designers", "Designer", &["main"], &[]);
    let ghosts = rule("ghosts", "Ghosts", "Developer", &["lab"], &[]);
    let mut endpoint = Endpoint::start(vec![designers.clone(), ghosts.clone(), testers.clone()]).await;
    let ana = endpoint.user("ana@example.com").await;
    endpoint.group("Designers", &[]).await;
    endpoint.group("Testers", &[&ana]).await;
    endpoint.group("Late", &[&ana]).await;
    let late = rule("late", "Late", "Participant", &["late"], &[]);
    endpoint.document.rules = vec![designers, ghosts, late, testers];
    endpoint.publish().await;
    for (who, query, code, about) in [
        ("nobody@example.com", "", "UserNotFound", Value::Null),
        ("ana@example.com", "", "NotAMember", json!("designers")),
        (ana.as_str(), "?tenant=main&role=Designer", "NotAMember", json!("designers")),
        (ana.as_str(), "?tenant=lab", "GroupNotProvisioned", json!("ghosts")),
        (ana.as_str(), "?tenant=hr", "RuleDisabled", json!("testers")),
        (ana.as_str(), "?tenant=late", "RuleNotSynced", json!("late")),
        (ana.as_str(), "?tenant=elsewhere", "NoRule", Value::Null),
        (ana.as_str(), "?role=Developer", "NoRule", Value::Null),
    ] {
        let answer = explained(&endpoint, who, query).await;
        assert_eq!(decided(&answer), (false, code), "{who}{query}: {answer}");
        assert_eq!(answer["reasons"][0]["rule"], about, "{who}{query}: {answer}");
    }
}

#[tokio::test]
async fn c002_grants_and_refusals_name_rule_group_request_and_time() {
    let rules = vec![
        rule("designers", "Designers", "Designer", &["main"], &[]),
        rule("everybody", "Everybody", "Participant", &["main"], &[]),
    ];
    let endpoint = Endpoint::start(rules).await;
    let ana = endpoint.user("Ana@example.com").await;
    endpoint.group("Everybody", &[&ana]).await;
    let group = format!("/scim/v2/Groups/{}", endpoint.group("Designers", &[]).await);
    let members = |op: &str| json!([{ "op": op, "path": "members", "value": [{ "value": ana }] }]);
    patched(&endpoint, &group, "joined-1", members("Add")).await;
    let answer = explained(&endpoint, "ana%40EXAMPLE.com", "?role=Designer").await;
    assert_eq!(decided(&answer), (true, "Granted"));
    let reason = &answer["reasons"][0];
    assert_eq!((&reason["rule"], &reason["group"]), (&json!("designers"), &json!("Designers")));
    made_by(&answer, "joined-1");
    let lower = explained(&endpoint, &ana, "?role=Participant").await;
    assert_eq!((decided(&lower), &lower["reasons"][0]["rule"]), ((false, "OutrankedBy"), &json!("designers")));
    patched(&endpoint, &group, "left-1", members("Remove")).await;
    let answer = explained(&endpoint, &ana, "?role=Designer").await;
    assert_eq!(decided(&answer), (false, "NotAMember"));
    made_by(&answer, "left-1");
    assert_eq!(decided(&explained(&endpoint, &ana, "?role=Participant").await), (true, "Granted"));
}
