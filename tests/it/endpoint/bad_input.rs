//! Input that nobody should send: refused with words that help, or kept as it is; and the next good request works.
//!
//! What is said in full about each kind of error is in `errors`; here is what is done with the input.

mod framing;
mod headers;
mod json;
mod nulls;
mod sizes;
mod text;

use super::wire::{Answer, Request};
use crate::support::endpoint::{Endpoint, user_body};
use crate::support::reply::Caller;
use serde_json::Value;

const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";
const USERS: &str = "/scim/v2/Users";
const GROUPS: &str = "/scim/v2/Groups";

/// A `POST` of bytes as `application/scim+json`.
async fn posted(caller: &Caller, path: &str, body: impl Into<Vec<u8>>) -> Answer {
    Request::scim("POST", path).body(body).send(caller).await
}

/// Fails unless the answer is a SCIM error of this status and keyword whose detail has these words.
#[track_caller]
fn assert_bad(answer: &Answer, status: u16, scim_type: Option<&str>, words: &[&str]) {
    let body = answer.json();
    assert_eq!((answer.status(), body["status"].as_str()), (status, Some(&*status.to_string())), "{}", answer.text);
    assert_eq!(body["scimType"].as_str(), scim_type, "{}", answer.text);
    assert_eq!(answer.header("content-type"), Some("application/scim+json"), "{}", answer.text);
    let detail = answer.detail();
    for word in words {
        assert!(detail.contains(word), "{word:?} is not in: {detail}");
    }
}

/// Fails unless nothing was made so far and a good request makes something.
async fn assert_well(endpoint: &Endpoint) {
    for path in [USERS, GROUPS] {
        assert_eq!(total(&endpoint.public, path).await, 0, "{path}");
    }
    let id = endpoint.user("good@example.com").await;
    assert_eq!(endpoint.public.delete(&format!("{USERS}/{id}")).await.status, 204);
}

/// How many resources there are.
async fn total(caller: &Caller, path: &str) -> u64 {
    let answer = Request::scim("GET", &format!("{path}?count=0")).send(caller).await;
    assert_eq!(answer.status(), 200, "{}", answer.text);
    answer.json()["totalResults"].as_u64().expect("a number")
}

/// A whole user of this name, as text.
fn user(name: &str) -> String {
    user_body(name).to_string()
}

/// The same with this attribute in front; its value is written out as it is.
fn user_beginning(attribute: &str) -> String {
    user("ana@example.com").replacen('{', &format!("{{{attribute},"), 1)
}

/// The resource that an answer has made.
fn made(answer: &Answer) -> Value {
    assert_eq!(answer.status(), 201, "{}", answer.text);
    answer.json()
}
