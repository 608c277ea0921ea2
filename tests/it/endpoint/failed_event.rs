//! Messages that could not be applied: kept, made up for, tried again. C004, B091, B096.

use crate::support::endpoint::{Endpoint, token, user_body};
use crate::support::reply::Reply;
use scim_operator::config::{FailedEvent, Scope};
use serde_json::{Value, json};

const USERS: &str = "/scim/v2/Users";

/// A user without an attribute.
fn without(attribute: &str) -> Value {
    let mut body = user_body("ana@example.com");
    match attribute.split_once('.') {
        Some((holder, part)) => body[holder].as_object_mut().expect("an object").remove(part),
        None => body.as_object_mut().expect("an object").remove(attribute),
    };
    body
}

async fn only(endpoint: &Endpoint) -> FailedEvent {
    let events = endpoint.failed_events().await;
    assert_eq!(events.len(), 1, "{events:?}");
    events.into_iter().next().expect("an event")
}

async fn none(endpoint: &Endpoint, why: &str) {
    assert_eq!(endpoint.failed_events().await, Vec::<FailedEvent>::new(), "{why}");
}

async fn retried(endpoint: &Endpoint, event: &FailedEvent) -> Reply {
    endpoint.administrator().post(&format!("/access/v1/failed-events/{}/retry", event.id), &Value::Null).await
}

#[tokio::test]
async fn b091_c004_a_message_that_lacks_an_attribute_is_kept_until_it_is_sent_whole() {
    let endpoint = Endpoint::start(Vec::new()).await;
    for attribute in ["name.givenName", "name.familyName", "emails"] {
        let refused = endpoint.public.post(USERS, &without(attribute)).await;
        assert_eq!(refused.status, 400);
    }
    let event = only(&endpoint).await;
    assert_eq!(event.attempts, 3, "it is the same that fails");
    assert_eq!((event.operation.as_str(), event.resource.as_str(), event.status), ("POST", "/Users", 400));
    assert_eq!(event.user_name.as_deref(), Some("ana@example.com"));
    assert_eq!(event.scim_type.as_deref(), Some("invalidValue"));
    assert!(event.detail.contains("`emails` is missing") && event.retryable, "{event:?}");
    assert_eq!(endpoint.state().await.failed_events, 1);
    let metrics = endpoint.metrics.get("/metrics").await.text;
    assert!(metrics.lines().any(|line| line == "scim_failed_events 1"), "{metrics}");
    endpoint.user("ANA@example.com").await;
    none(&endpoint, "she is there now").await;
}

#[tokio::test]
async fn b096_the_provider_is_told_what_the_failed_event_says_and_what_to_do() {
    let endpoint = Endpoint::start(Vec::new()).await;
    let ana = endpoint.user("ana@example.com").await;
    endpoint.user("bea@example.com").await;
    let group = endpoint.group("Designers", &[]).await;
    let nobody = "01890000-0000-7000-8000-000000000000";
    let member = json!([{ "op": "Add", "path": "members", "value": [{ "value": nobody }] }]);
    let taken = json!([{ "op": "Replace", "path": "userName", "value": "bea@example.com" }]);
    let replies = [
        endpoint.public.post(USERS, &without("emails")).await,
        endpoint.public.patch(&format!("/scim/v2/Groups/{group}"), &member).await,
        endpoint.public.patch(&format!("{USERS}/{ana}"), &taken).await,
        endpoint.public.send("POST", USERS, "application/scim+json", "{\"userName\":").await,
    ];
    let mut events = endpoint.failed_events().await;
    events.reverse();
    assert_eq!(events.len(), replies.len());
    for (reply, event) in replies.iter().zip(&events) {
        let body = reply.json();
        assert_eq!(event.status, reply.status);
        assert_eq!((json!(event.detail), json!(event.scim_type)), (body["detail"].clone(), body["scimType"].clone()));
        assert!(!event.detail.is_empty() && event.scim_type.is_some(), "{event:?}");
        assert_eq!(event.request_id, reply.header("x-request-id"), "both can be found in the log");
    }
    assert!(events[1].detail.contains(nobody), "the member is named: {}", events[1].detail);
    let retryable: Vec<bool> = events.iter().map(|event| event.retryable).collect();
    assert_eq!(retryable, [true, true, true, false], "what is no JSON is not kept");
}

#[tokio::test]
async fn c004_a_message_is_tried_again_once_its_reason_is_gone() {
    let mut endpoint = Endpoint::start(Vec::new()).await;
    assert_eq!(endpoint.public.post(USERS, &without("emails")).await.status, 400);
    let event = only(&endpoint).await;
    let again = retried(&endpoint, &event).await;
    assert_eq!((again.status, &again.json()["status"]), (200, &json!(400)), "{}", again.text);
    let failed = only(&endpoint).await;
    assert_eq!((failed.id.as_str(), failed.attempts), (event.id.as_str(), 2));
    assert!(failed.time > event.time);
    assert_eq!(failed.request_id, again.header("x-request-id"));

    endpoint.change_profile(&json!({ "requiredAttributes": [] })).await;
    let again = retried(&endpoint, &event).await.json();
    assert_eq!((&again["status"], &again["body"]["userName"]), (&json!(201), &json!("ana@example.com")), "{again}");
    none(&endpoint, "it was applied").await;
    assert_eq!(retried(&endpoint, &event).await.status, 404);
    endpoint.view("ana@example.com").await;
    let records = endpoint.administrator().get("/access/v1/audit?operation=user.create").await.json();
    let actor = &records["records"][0]["actor"]["tokenId"];
    assert!(token(Scope::Admin).contains(actor.as_str().expect("a token")), "who tried again did it: {records}");
}

#[tokio::test]
async fn c004_a_patch_is_made_up_for_by_one_that_asks_for_the_same_and_by_a_put() {
    let endpoint = Endpoint::start(Vec::new()).await;
    let ana = format!("{USERS}/{}", endpoint.user("ana@example.com").await);
    endpoint.user("bea@example.com").await;
    let name = |name: &str| json!([{ "op": "Replace", "path": "userName", "value": name }]);
    let title = json!([{ "op": "Replace", "path": "title", "value": "Dr" }]);
    assert_eq!(endpoint.public.patch(&ana, &name("bea@example.com")).await.status, 409);
    assert_eq!(endpoint.public.patch(&ana, &title).await.status, 200);
    assert_eq!(only(&endpoint).await.user_name.as_deref(), Some("bea@example.com"), "a title is another thing");
    assert_eq!(endpoint.public.patch(&ana, &name("ann@example.com")).await.status, 200);
    none(&endpoint, "she has a name now").await;
    assert_eq!(endpoint.public.patch(&ana, &name("bea@example.com")).await.status, 409);
    assert_eq!(endpoint.public.json("PUT", &ana, &user_body("ana@example.com")).await.status, 200);
    none(&endpoint, "she is written whole").await;

    let group = format!("/scim/v2/Groups/{}", endpoint.group("Designers", &[]).await);
    let id = ana.rsplit('/').next().expect("an id");
    let nobody = "01890000-0000-7000-8000-000000000000";
    let add = |ids: &[&str]| {
        let values: Vec<Value> = ids.iter().map(|id| json!({ "value": id })).collect();
        json!([{ "op": "Add", "path": "members", "value": values }])
    };
    assert_eq!(endpoint.public.patch(&group, &add(&[id, nobody])).await.status, 400);
    assert_eq!(endpoint.public.patch(&group, &add(&[id])).await.status, 204);
    assert_eq!(only(&endpoint).await.resource, group.trim_start_matches("/scim/v2"), "one of the two is still missing");
    assert_eq!(endpoint.public.delete(&group).await.status, 204);
    none(&endpoint, "there is nothing left to be missing from").await;
}

#[tokio::test]
async fn c004_each_operation_of_a_bulk_message_is_kept_by_itself() {
    let endpoint = Endpoint::start(Vec::new()).await;
    let operation =
        |name: &str, body: Value| json!({ "method": "POST", "path": "/Users", "bulkId": name, "data": body });
    let message = |operations: Value| {
        let schemas = ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"];
        json!({ "schemas": schemas, "Operations": operations })
    };
    let both = json!([operation("a", without("emails")), operation("b", user_body("bea@example.com"))]);
    assert_eq!(endpoint.public.post("/scim/v2/Bulk", &message(both)).await.status, 200);
    let event = only(&endpoint).await;
    assert_eq!((event.operation.as_str(), event.resource.as_str()), ("POST", "/Users"));
    assert_eq!((event.user_name.as_deref(), event.retryable), (Some("ana@example.com"), true));
    let again = json!([operation("a", user_body("ana@example.com"))]);
    assert_eq!(endpoint.public.post("/scim/v2/Bulk", &message(again)).await.status, 200);
    none(&endpoint, "the operation succeeded").await;
}

#[tokio::test]
async fn c004_no_password_is_kept_and_no_large_body() {
    let endpoint = Endpoint::start(Vec::new()).await;
    let mut body = without("emails");
    body["password"] = json!("s3cret-of-ana");
    assert_eq!(endpoint.public.post(USERS, &body).await.status, 400);
    let event = only(&endpoint).await;
    let files = std::fs::read_dir(endpoint.data()).unwrap().map(|entry| entry.unwrap().path());
    let kept: Vec<Vec<u8>> = files.map(|path| std::fs::read(path).unwrap()).collect();
    let holds = |bytes: &[u8], text: &str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
    assert!(kept.iter().any(|bytes| holds(bytes, &event.detail)), "the search finds what is there");
    assert!(!kept.iter().any(|bytes| holds(bytes, "s3cret-of-ana")));

    let mut large = without("emails");
    large["displayName"] = json!("x".repeat(70_000));
    assert_eq!(endpoint.public.post(USERS, &large).await.status, 400);
    let events = endpoint.failed_events().await;
    assert_eq!(events.iter().filter(|event| !event.retryable).count(), 1, "{events:?}");
    let large = events.iter().find(|event| !event.retryable).expect("the large one");
    let refused = retried(&endpoint, large).await;
    assert_eq!((refused.status, refused.header("content-type")), (409, "application/problem+json"));
}

#[tokio::test]
async fn c004_what_nobody_can_mend_is_not_kept() {
    let endpoint = Endpoint::start(Vec::new()).await;
    let ana = format!("{USERS}/{}", endpoint.user("ana@example.com").await);
    let stranger = endpoint.public.without_token();
    assert_eq!(stranger.post(USERS, &without("emails")).await.status, 401);
    assert_eq!(endpoint.public.get(&format!("{USERS}/nobody")).await.status, 404);
    assert_eq!(endpoint.public.send("POST", USERS, "text/plain", "x").await.status, 415);
    let patch = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
        "Operations": [{ "op": "replace", "path": "title", "value": "Dr" }],
    });
    assert_eq!(endpoint.with_header("PATCH", &ana, ("if-match", "W/\"99\""), &patch).await.status, 412);
    assert_eq!(endpoint.public.post("/scim/v2/Users/.search", &json!({})).await.status, 400);
    none(&endpoint, "none of these is a change that can be mended").await;
}

#[tokio::test]
async fn c004_what_failed_is_kept_over_a_crash() {
    let endpoint = Endpoint::start(Vec::new()).await;
    assert_eq!(endpoint.public.post(USERS, &without("emails")).await.status, 400);
    let before = endpoint.failed_events().await;
    let endpoint = endpoint.kill_and_restart().await;
    endpoint.ready().await;
    assert_eq!(endpoint.failed_events().await, before);
    endpoint.user("ana@example.com").await;
    none(&endpoint, "it is made up for after the restart too").await;
}
