//! Bodies that are not read: too large, too slow, of another media type, or no JSON. RFC 7644 §3.8, §3.12.

use super::{Answers, with};
use crate::endpoint::narrow::Narrow;
use crate::endpoint::wire::Request;
use crate::support::endpoint::Endpoint;
use scim_operator::config::BodyBytes;
use scim_operator::endpoint::Limits;
use std::time::Duration;

const USERS: &str = "/scim/v2/Users";

fn post() -> Request {
    Request::scim("POST", USERS)
}

#[tokio::test]
async fn every_error_of_a_body_that_is_not_read() {
    let endpoint = Endpoint::start(Vec::new()).await;
    let mut answers = Answers::of(&endpoint);
    let deep = format!("{{\"x\":{}1{}}}", "[".repeat(32), "]".repeat(32));
    for (what, body) in [
        ("nothing", Vec::new()),
        ("what is no JSON", b"{\"userName\":\n}".to_vec()),
        ("what is not UTF-8", b"{\"userName\":\"\xff\"}".to_vec()),
        ("half a character", br#"{"userName":"\ud800"}"#.to_vec()),
        ("a byte order mark", b"\xef\xbb\xbf{}".to_vec()),
        ("a key twice", br#"{"userName":"a","userName":"b"}"#.to_vec()),
        ("a number out of range", br#"{"userName":"a","x":1e999}"#.to_vec()),
        ("more behind the end", b"{} {}".to_vec()),
        ("too many levels", deep.into_bytes()),
    ] {
        answers.sent(what, "POST", USERS, &post().body(body)).await;
    }
    let text = post().header("Content-Type", "text/xml").sized("<user/>");
    answers.sent("another media type", "POST", USERS, &text).await;
    answers.sent("no media type", "POST", USERS, &post().sized("{}")).await;
    let chunked = post().header("Content-Type", "application/scim+json").header("Transfer-Encoding", "chunked");
    answers.sent("pieces that are none", "POST", USERS, &chunked.bare("zz\r\n{}\r\n")).await;
    answers.golden("body");
}

#[tokio::test]
async fn every_error_of_a_body_that_is_too_large() {
    let endpoint = with(|document| {
        document.profile.max_body_bytes = Some(BodyBytes { users: 1_000, groups: 2_000 });
    })
    .await;
    let mut answers = Answers::of(&endpoint);
    for (path, bytes) in [(USERS, 1_001), ("/scim/v2/Groups", 2_001), ("/scim/v2/Bulk", 4_001)] {
        let request = Request::scim("POST", path).body(" ".repeat(bytes));
        answers.sent("a byte too many", "POST", path, &request).await;
    }
    answers.golden("body-too-large");
}

#[tokio::test]
async fn every_error_of_a_body_that_is_too_slow() {
    let soon = Duration::from_millis(100);
    let narrow = Narrow::start(Limits { body_idle_timeout: soon, ..Limits::default() }).await;
    let mut answers = Answers { caller: narrow.public.clone(), text: String::new() };
    let unsent = post().header("Content-Type", "application/scim+json").header("Content-Length", "10");
    answers.sent("a body that does not come", "POST", USERS, &unsent).await;
    narrow.stop().await;
    let narrow = Narrow::start(Limits { request_timeout: soon, ..Limits::default() }).await;
    answers.caller = narrow.public.clone();
    answers.sent("a request that takes too long", "POST", USERS, &unsent).await;
    narrow.stop().await;
    answers.golden("body-too-slow");
}
