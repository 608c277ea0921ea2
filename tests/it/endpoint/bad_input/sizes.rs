//! Bodies that are too large or too slow, and messages that hold too much. C013.

use super::{GROUP, GROUPS, USERS, assert_bad, assert_well, made, posted, total, user, user_beginning};
use crate::endpoint::errors::with;
use crate::endpoint::narrow::Narrow;
use crate::endpoint::wire::Request;
use crate::support::endpoint::Endpoint;
use scim_operator::config::BodyBytes;
use scim_operator::endpoint::Limits;
use serde_json::{Value, json};
use std::time::Duration;

/// Members of the large group; `BAD_INPUT_MEMBERS=1000000` for more.
const MEMBERS: usize = 50_000;

/// A group of so many members who are nobody.
fn group_of_nobody(members: usize) -> String {
    let ids = (0..members).map(|number| json!({ "value": format!("01890000-0000-7000-8000-{number:012}") }));
    json!({ "schemas": [GROUP], "displayName": "Everybody", "members": ids.collect::<Vec<Value>>() }).to_string()
}

#[tokio::test]
async fn of_many_members_who_are_nobody_ten_are_named() {
    let endpoint = Endpoint::start(Vec::new()).await;
    let wanted = std::env::var("BAD_INPUT_MEMBERS").ok().and_then(|text| text.parse().ok());
    let members = wanted.unwrap_or(MEMBERS);
    let reply = endpoint.public.send("POST", GROUPS, "application/scim+json", group_of_nobody(members)).await;
    let body = reply.json();
    let detail = body["detail"].as_str().unwrap();
    assert_eq!((reply.status, &body["scimType"]), (400, &json!("invalidValue")), "{detail}");
    assert_eq!(detail.matches("01890000-").count(), 10, "{detail}");
    assert!(detail.starts_with("members: no user has the id \"01890000-0000-7000-8000-000000000000\", "), "{detail}");
    assert!(detail.contains(&format!(" and {} more. ", members - 10)), "{detail}");
    assert!(detail.ends_with("Provision the users first, then the group"), "{detail}");
    assert_well(&endpoint).await;
}

#[tokio::test]
async fn a_directory_that_takes_little_takes_no_million_members() {
    let small = BodyBytes { users: 4_096, groups: 100_000 };
    let endpoint = with(|document| document.profile.max_body_bytes = Some(small)).await;
    let refused = "the body is larger than 100000 bytes; send less at once";
    let body = group_of_nobody(20_000);
    assert!(body.len() > 900_000);
    let reply = endpoint.public.send("POST", GROUPS, "application/scim+json", body).await;
    assert_eq!((reply.status, &reply.json()["detail"]), (413, &json!(refused)), "read to its end, and not kept");
    // A client that asks first sends nothing of a million.
    let asks = Request::scim("POST", GROUPS)
        .header("Content-Type", "application/scim+json")
        .header("Content-Length", "50000000")
        .header("Expect", "100-continue");
    assert_bad(&asks.send(&endpoint.public).await, 413, None, &[refused]);
    let title = |bytes: usize| user_beginning(&format!("\"title\":\"{}\"", "x".repeat(bytes)));
    let large = title(4_096);
    assert_bad(&posted(&endpoint.public, USERS, large).await, 413, None, &["4096 bytes"]);
    assert_well(&endpoint).await;
    made(&posted(&endpoint.public, USERS, title(3_000)).await);
}

#[tokio::test]
async fn of_an_operation_too_many_nothing_is_done() {
    let endpoint = Endpoint::start(Vec::new()).await;
    let path = format!("{USERS}/{}", endpoint.user("ana@example.com").await);
    let mut operations = vec![json!({ "op": "replace", "path": "title", "value": "x" }); 10_001];
    let reply = endpoint.public.patch(&path, &json!(operations)).await;
    let detail = "`Operations` holds 10001, at most 10000 are taken; send several requests";
    assert_eq!((reply.status, &reply.json()["detail"]), (413, &json!(detail)));
    assert_eq!(endpoint.public.get(&path).await.json().get("title"), None);
    operations.truncate(10_000);
    let reply = endpoint.public.patch(&path, &json!(operations)).await;
    assert_eq!((reply.status, &reply.json()["title"]), (200, &json!("x")), "{}", reply.text);
}

#[tokio::test]
async fn a_body_that_stops_arriving_is_given_up_and_the_next_is_taken() {
    let soon = Duration::from_millis(100);
    for limits in
        [Limits { body_idle_timeout: soon, ..Limits::default() }, Limits { body_timeout: soon, ..Limits::default() }]
    {
        let narrow = Narrow::start(limits).await;
        let post = || Request::scim("POST", USERS).header("Content-Type", "application/scim+json");
        for stuck in [
            post().header("Content-Length", "1000"),
            post().header("Content-Length", "1000").bare(user("ana@example.com")),
            post().header("Transfer-Encoding", "chunked").bare("2\r\n{\"\r\n"),
        ] {
            assert_bad(&stuck.send(&narrow.public).await, 408, None, &["the body did not arrive in time"]);
        }
        assert_eq!(total(&narrow.public, USERS).await, 0);
        made(&posted(&narrow.public, USERS, user("ana@example.com")).await);
        narrow.stop().await;
    }
}
