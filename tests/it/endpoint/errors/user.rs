//! Bodies about users, and users that are not there. RFC 7643 §4.1, RFC 7644 §3.3, §3.5.1.

use super::{Answers, ENTERPRISE, NOBODY, USER, at, emails, user_with};
use crate::endpoint::wire::Request;
use crate::support::endpoint::{Endpoint, user_body};
use serde_json::json;

#[tokio::test]
async fn every_error_of_a_body_about_a_user() {
    let endpoint = Endpoint::start(Vec::new()).await;
    endpoint.user("bram@example.com").await;
    let mut answers = Answers::of(&endpoint);
    for (what, body) in [
        ("no object", json!([])),
        ("no name", json!({ "schemas": [USER], "active": false })),
        ("a name that is empty", user_with(json!({ "userName": "" }))),
        ("a name that is no string", user_with(json!({ "userName": 5 }))),
        ("a name that is too long", user_with(json!({ "userName": "x".repeat(1025) }))),
        ("a name that cannot be kept", user_with(json!({ "userName": "a\0b" }))),
        ("a name that is taken", user_with(json!({ "userName": "BRAM@example.com" }))),
        ("a boolean that is none", user_with(json!({ "active": "maybe" }))),
        ("an object that is none", user_with(json!({ "name": "Ana" }))),
        ("a part that is no string", user_with(json!({ "name": { "givenName": 5, "familyName": "Family" } }))),
        ("a value of a list", user_with(json!({ "emails": [{ "value": "a@example.com" }, 5] }))),
        ("a part of a value", user_with(json!({ "emails": [{ "value": "a@example.com", "primary": "yes" }] }))),
        ("too many values", user_with(json!({ "emails": emails(1001) }))),
        ("a certificate that is none", user_with(json!({ "x509Certificates": [{ "value": "not base64!" }] }))),
        ("an extension that is no object", user_with(json!({ ENTERPRISE: "Painting" }))),
        ("a part of an extension", user_with(json!({ ENTERPRISE: { "department": 5 } }))),
        ("one thing missing", user_with(json!({ "emails": [] }))),
        ("several things missing", json!({ "schemas": [USER], "userName": "ana@example.com" })),
    ] {
        answers.ask(what, "POST", "/scim/v2/Users", &body).await;
    }
    answers.golden("user");
}

#[tokio::test]
async fn every_error_about_a_user_who_is_not_there_or_not_as_meant() {
    let endpoint = Endpoint::start(Vec::new()).await;
    let user = at("Users", &endpoint.user("ana@example.com").await);
    let mut answers = Answers::of(&endpoint);
    let body = user_body("ana@example.com");
    for path in [at("Users", NOBODY), at("Users", "not-an-id")] {
        answers.get("nobody is read", &path).await;
        answers.ask("nobody is replaced", "PUT", &path, &body).await;
        answers.sent("nobody is deleted", "DELETE", &path, &Request::scim("DELETE", &path)).await;
    }
    answers.get("an id that is not UTF-8", &at("Users", "%ff")).await;
    let asked = json!({ "userName": "bea@example.com", "tenant": "main", "role": "Designer" });
    assert_eq!(endpoint.administrator().post("/access/v1/manual-grants", &asked).await.status, 201);
    answers.ask("a name of somebody else's account", "PUT", &user, &user_body("bea@example.com")).await;
    let late = |method: &str| Request::scim(method, &user).header("If-Match", "W/\"9\"");
    answers.sent("another version is replaced", "PUT", &user, &late("PUT").body(body.to_string())).await;
    answers.sent("another version is deleted", "DELETE", &user, &late("DELETE")).await;
    answers.golden("user-not-there");
}
