//! The audit trail over HTTP: a page at a time, or all of it as lines. C005.

use crate::support::endpoint::{Endpoint, rule};
use crate::support::reply::finish;
use serde_json::{Value, json};

/// An endpoint that was used: eight records.
async fn used() -> Endpoint {
    let endpoint = Endpoint::start(vec![rule("d", "Designers", "Designer", &["main"], &[])]).await;
    let people = endpoint.people("user", 4).await;
    let group = endpoint.group("Designers", &[]).await;
    endpoint.join(&group, &people[0]).await;
    assert_eq!(endpoint.public.delete(&format!("/scim/v2/Users/{}", people[1])).await.status, 204);
    endpoint
}

async fn page(endpoint: &Endpoint, query: &str) -> Value {
    let reply = endpoint.administrator().get(&format!("/access/v1/audit{query}")).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply.json()
}

fn records(page: &Value) -> Vec<Value> {
    page["records"].as_array().expect("records").clone()
}

#[tokio::test]
async fn c005_the_records_are_read_page_by_page_and_as_lines() {
    let endpoint = used().await;
    let (mut seen, mut query) = (Vec::new(), "?count=3".to_owned());
    loop {
        let page = page(&endpoint, &query).await;
        seen.extend(records(&page));
        match &page["next"] {
            Value::String(next) => query = format!("?count=3&since={next}"),
            _ => break,
        }
    }
    assert_eq!(seen.len(), 8, "a publication, four users, a group, a member, a deletion");
    let position = |record: &Value| record["position"].as_str().expect("a position").to_owned();
    assert!(seen.windows(2).all(|pair| position(&pair[0]) < position(&pair[1])));
    assert_eq!(records(&page(&endpoint, "").await), seen);
    let lines = async |query: &str| {
        let path = format!("/access/v1/audit{query}");
        let request = endpoint.administrator().request("GET", &path).header("accept", "application/x-ndjson");
        let reply = finish(request).await;
        assert_eq!((reply.status, reply.header("content-type")), (200, "application/x-ndjson"));
        assert!(reply.text.ends_with('\n'));
        reply.text.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON")).collect::<Vec<_>>()
    };
    assert_eq!(lines("").await, seen);
    assert_eq!(lines(&format!("?since={}", position(&seen[5]))).await, seen[6..]);
}

#[tokio::test]
async fn c005_the_records_of_a_person_or_an_operation_are_found() {
    let endpoint = used().await;
    let deleted = records(&page(&endpoint, "?operation=user.delete").await);
    let [deleted] = deleted.as_slice() else { panic!("{deleted:?}") };
    assert_eq!(deleted["operation"], "user.delete");
    assert_eq!(deleted["actor"]["tokenId"], "scimscimscimscim");
    let about = records(&page(&endpoint, "?user=user-0001@example.com").await);
    let operations: Vec<&str> = about.iter().map(|record| record["operation"].as_str().unwrap()).collect();
    assert_eq!(operations, ["user.create", "user.delete"]);
    let member = records(&page(&endpoint, "?operation=group.update").await);
    let access = &member[0]["people"][0]["said"]["access"]["after"][0];
    assert_eq!((&access["tenant"], &access["role"]), (&json!("main"), &json!("Designer")), "{member:?}");
}

#[tokio::test]
async fn c005_a_position_of_another_store_is_gone_also_for_lines() {
    let endpoint = used().await;
    let path = "/access/v1/audit?since=00000000-0000000000000001";
    for accept in ["application/json", "application/x-ndjson"] {
        let request = endpoint.administrator().request("GET", path).header("accept", accept);
        let reply = finish(request).await;
        assert_eq!((reply.status, reply.header("content-type")), (410, "application/problem+json"), "{accept}");
    }
}
