//! The audit trail over HTTP: a page at a time, or all of it as lines. C005.

use crate::support::endpoint::{Endpoint, rule, user_body};
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

/// The only record of an operation so far.
async fn only(endpoint: &Endpoint, operation: &str) -> Value {
    let found = records(&page(endpoint, &format!("?operation={operation}")).await);
    let [record] = found.as_slice() else { panic!("{operation}: {found:?}") };
    record.clone()
}

#[tokio::test]
async fn c005_a_record_tells_the_token_the_address_and_the_request_id_of_the_request_that_made_it() {
    let endpoint = Endpoint::start(vec![rule("d", "Designers", "Designer", &["main"], &[])]).await;
    let by =
        |request_id: &str| json!({ "tokenId": "scimscimscimscim", "requestId": request_id, "source": "127.0.0.1" });
    let send = async |method: &str, path: &str, request_id: &str, body: &Value| {
        let reply = endpoint.with_header(method, path, ("x-request-id", request_id), body).await;
        assert!((200..300).contains(&reply.status), "{}", reply.text);
        assert_eq!(reply.header("x-request-id"), request_id, "the answer names it too");
        reply
    };
    let made = send("POST", "/scim/v2/Users", "made.1", &user_body("ana@example.com")).await.json();
    let user = made["id"].as_str().expect("an id");
    assert_eq!(only(&endpoint, "user.create").await["actor"], by("made.1"));
    let schemas = ["urn:ietf:params:scim:schemas:core:2.0:Group"];
    let group = json!({ "schemas": schemas, "displayName": "Designers", "members": [{ "value": user }] });
    send("POST", "/scim/v2/Groups", "group_2", &group).await;
    assert_eq!(only(&endpoint, "group.create").await["actor"], by("group_2"));
    let mut body = user_body("ana@example.com");
    body["active"] = json!(false);
    let path = format!("/scim/v2/Users/{user}");
    send("PUT", &path, "changed-3", &body).await;
    assert_eq!(only(&endpoint, "user.update").await["actor"], by("changed-3"));
    // Anybody may claim to come from elsewhere: who is connected counts.
    let request = endpoint.public.request("DELETE", &path).header("x-forwarded-for", "203.0.113.7");
    let deleted = finish(request).await;
    assert_eq!(deleted.status, 204);
    let request_id = deleted.header("x-request-id");
    assert!(!request_id.is_empty(), "a request without an id is given one");
    assert_eq!(only(&endpoint, "user.delete").await["actor"], by(request_id));
}
