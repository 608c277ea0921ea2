//! Following access without asking for all of it again and again. C006.

use crate::support::endpoint::{Endpoint, LIMIT, rule};
use scim_operator::config::{AccessChange, Changes};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Instant;

async fn designers() -> (Endpoint, String) {
    let endpoint = Endpoint::start(vec![rule("d", "Designers", "Designer", &["main"], &[])]).await;
    let group = endpoint.group("Designers", &[]).await;
    (endpoint, group)
}

async fn page(endpoint: &Endpoint, query: &str) -> Changes {
    let reply = endpoint.access.get(&format!("/access/v1/changes{query}")).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    serde_json::from_value(reply.json()).expect("changes")
}

/// Every change behind a position, two at a time, and where they end.
async fn rest(endpoint: &Endpoint, since: Option<String>) -> (Vec<AccessChange>, String) {
    let (mut seen, mut since) = (Vec::new(), since);
    loop {
        let behind = since.as_ref().map(|since| format!("&since={since}")).unwrap_or_default();
        let Changes { changes, next } = page(endpoint, &format!("?count=2{behind}")).await;
        let ended = changes.is_empty();
        seen.extend(changes);
        if ended {
            return (seen, next);
        }
        since = Some(next);
    }
}

/// Fails unless each change begins where the one before of the same person ended, and positions only grow.
#[track_caller]
fn joined_up(changes: &[AccessChange]) {
    let mut held = BTreeMap::new();
    for change in changes {
        let before = held.insert(change.user.id.clone(), change.after.clone()).unwrap_or_default();
        assert_eq!(change.before, before, "{change:?}");
    }
    assert!(changes.windows(2).all(|pair| pair[0].position < pair[1].position), "{changes:?}");
}

#[tokio::test]
async fn c006_each_change_is_told_once_in_its_order_over_a_crash_and_a_restart() {
    let (endpoint, group) = designers().await;
    let (ana, bea) = (endpoint.user("ana@example.com").await, endpoint.user("bea@example.com").await);
    endpoint.join(&group, &ana).await;
    endpoint.join(&group, &bea).await;
    let (mut seen, at) = rest(&endpoint, None).await;
    assert_eq!(seen.iter().map(|change| change.user.id.as_str()).collect::<Vec<_>>(), [&ana, &bea]);
    let off = json!([{ "op": "Replace", "path": "active", "value": false }]);
    assert_eq!(endpoint.public.patch(&format!("/scim/v2/Users/{ana}"), &off).await.status, 200);
    let endpoint = endpoint.kill_and_restart().await;
    endpoint.ready().await;
    let (more, at) = rest(&endpoint, Some(at)).await;
    assert_eq!((more.len(), more[0].after.len(), more[0].user.id.as_str()), (1, 0, ana.as_str()), "{more:?}");
    seen.extend(more);
    endpoint.leave(&group, &bea).await;
    assert_eq!(endpoint.public.delete(&format!("/scim/v2/Users/{ana}")).await.status, 204);
    let endpoint = endpoint.restart().await;
    endpoint.ready().await;
    let (more, at) = rest(&endpoint, Some(at)).await;
    let ids: Vec<&str> = more.iter().map(|change| change.user.id.as_str()).collect();
    assert_eq!(ids, [&bea], "ana had nothing any more");
    seen.extend(more);
    joined_up(&seen);
    assert_eq!(rest(&endpoint, None).await.0, seen, "whoever begins later reads the same");
    assert_eq!(rest(&endpoint, Some(at.clone())).await, (Vec::new(), at), "and nothing twice");
}

#[tokio::test]
async fn c006_who_waits_is_told_at_once_and_by_which_request() {
    let (endpoint, group) = designers().await;
    let ana = endpoint.user("ana@example.com").await;
    let (_, at) = rest(&endpoint, None).await;
    let reader = endpoint.access.clone();
    let path = format!("/access/v1/changes?since={at}&wait=30s");
    let waiting = tokio::spawn(async move { reader.get(&path).await });
    let body = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
        "Operations": [{ "op": "Add", "path": "members", "value": [{ "value": ana }] }],
    });
    let group = format!("/scim/v2/Groups/{group}");
    endpoint.with_header("PATCH", &group, ("x-request-id", "joined-1"), &body).await;
    let told: Changes = serde_json::from_value(waiting.await.unwrap().json()).expect("changes");
    let [change] = told.changes.as_slice() else { panic!("{told:?}") };
    assert_eq!((change.user.user_name.as_deref(), change.after.len()), (Some("ana@example.com"), 1));
    assert_eq!((change.cause.operation.as_str(), change.cause.request_id.as_str()), ("group.update", "joined-1"));
    let none = page(&endpoint, &format!("?since={}", told.next)).await;
    assert_eq!((none.changes.len(), none.next), (0, told.next), "and never waits without being asked to");
}

#[tokio::test]
async fn c006_who_waits_is_let_go_when_the_endpoint_stops() {
    let (endpoint, _) = designers().await;
    let (_, at) = rest(&endpoint, None).await;
    let reader = endpoint.access.clone();
    let path = format!("/access/v1/changes?since={at}&wait=30s");
    let waiting = tokio::spawn(async move { reader.get(&path).await });
    // Answered later than the poll came.
    endpoint.people("somebody", 8).await;
    let began = Instant::now();
    assert!(endpoint.stop().await.success());
    let reply = waiting.await.unwrap();
    assert!(began.elapsed() < LIMIT, "{:?}", began.elapsed());
    assert_eq!((reply.status, &reply.json()["changes"]), (200, &json!([])), "{}", reply.text);
}

#[tokio::test]
async fn c006_a_snapshot_says_where_to_go_on_and_an_unknown_position_says_where_the_snapshot_is() {
    let (endpoint, group) = designers().await;
    let ana = endpoint.user("ana@example.com").await;
    endpoint.join(&group, &ana).await;
    let snapshot = endpoint.access.get("/access/v1/users").await.json();
    assert_eq!(snapshot["users"][0]["tenants"][0]["role"], "Designer");
    let position = snapshot["position"].as_str().expect("a position");
    assert!(position.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)), "{position}");
    endpoint.leave(&group, &ana).await;
    let (changes, _) = rest(&endpoint, Some(position.to_owned())).await;
    assert_eq!(changes.len(), 1);
    assert_eq!((changes[0].before.len(), changes[0].after.len()), (1, 0));
    let gone = endpoint.access.get("/access/v1/changes?since=00000000-0000000000000001.0000").await;
    assert_eq!((gone.status, gone.header("content-type")), (410, "application/problem+json"));
    let gone: Value = gone.json();
    assert_eq!(gone["type"], "https://scim-operator.dev/problems/gone");
    assert_eq!(gone["snapshot"], "/access/v1/users");
}
