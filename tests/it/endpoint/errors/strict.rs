//! What only the strict reading refuses: each of these is taken as it was meant in other dialects.

use super::{Answers, ENTERPRISE, GROUP, USER, at, speaking, user_with};
use crate::support::endpoint::Endpoint;
use scim_operator::scim::Dialect;
use serde_json::{Value, json};

#[tokio::test]
async fn every_error_of_a_body_in_strict_reading() {
    let endpoint = speaking(Dialect::Strict).await;
    let mut answers = Answers::of(&endpoint);
    let both = json!([USER, ENTERPRISE]);
    for (what, body) in [
        ("no schemas", user_with(json!({ "schemas": [] }))),
        ("the URN of an extension is missing", user_with(json!({ ENTERPRISE: { "department": "Art" } }))),
        ("a URN of nobody", user_with(json!({ "schemas": [USER, "urn:example:2.0:Shoe"] }))),
        ("an attribute that there is not", user_with(json!({ "shoeSize": 43 }))),
        ("one of an extension", user_with(json!({ "schemas": both, ENTERPRISE: { "shoeSize": 43 } }))),
        ("a part that there is not", user_with(json!({ "name": { "shoeSize": 43 } }))),
        ("a boolean in quotes", user_with(json!({ "active": "True" }))),
        ("a value for a list", user_with(json!({ "emails": { "value": "ana@example.com" } }))),
        ("a list for a value", user_with(json!({ "name": [{ "givenName": "Ana" }] }))),
        ("an address that is none", user_with(json!({ "profileUrl": "my page" }))),
    ] {
        answers.ask(what, "POST", "/scim/v2/Users", &body).await;
    }
    let group = |members: Value| json!({ "schemas": [GROUP], "displayName": "Designers", "members": members });
    answers.ask("a member for a list", "POST", "/scim/v2/Groups", &group(json!({ "value": "1" }))).await;
    answers.ask("a bare id", "POST", "/scim/v2/Groups", &group(json!(["1"]))).await;
    answers.query("brackets among the attributes", "/scim/v2/Users", "attributes", "emails[type eq \"work\"]").await;
    answers.query("a boolean in quotes in a filter", "/scim/v2/Users", "filter", "active eq \"True\"").await;
    answers.golden("strict");
}

/// What is wrong, and the operation.
fn operations() -> [(&'static str, Value); 10] {
    [
        ("a capital", json!({ "op": "Replace", "path": "title", "value": "Lead" })),
        ("a path to nothing", json!({ "op": "remove", "path": "shoeSize" })),
        ("a part that there is not", json!({ "op": "remove", "path": "emails[type eq \"work\"].shoeSize" })),
        ("a key that is a path", json!({ "op": "replace", "value": { "name.givenName": "Ana" } })),
        ("a key that is nothing", json!({ "op": "replace", "value": { "shoeSize": 43 } })),
        ("a key that is no name", json!({ "op": "replace", "value": { "shoe size": 43 } })),
        ("nothing of an extension", json!({ "op": "add", "path": ENTERPRISE, "value": { "shoeSize": 43 } })),
        ("a removal of nothing", json!({ "op": "remove", "path": "emails[type eq \"none\"]" })),
        ("a part of nothing", json!({ "op": "remove", "path": "emails[type eq \"none\"].display" })),
        ("a removal by value", json!({ "op": "remove", "path": "emails", "value": [{ "value": "a@example.com" }] })),
    ]
}

async fn made(endpoint: &Endpoint) -> String {
    let body = user_with(json!({ "userName": "ana@example.com" }));
    at("Users", &endpoint.public.created("/scim/v2/Users", &body).await)
}

#[tokio::test]
async fn every_error_of_a_patch_in_strict_reading() {
    let endpoint = speaking(Dialect::Strict).await;
    let user = made(&endpoint).await;
    let mut answers = Answers::of(&endpoint);
    for (what, operation) in operations() {
        answers.patch(what, &user, json!([operation])).await;
    }
    let bare = json!({ "Operations": [{ "op": "remove", "path": "title" }] });
    answers.ask("no URN", "PATCH", &user, &bare).await;
    let group = at("Groups", &endpoint.group("Designers", &[]).await);
    let members = json!([{ "op": "remove", "path": "members", "value": [{ "value": "1" }] }]);
    answers.patch("members removed by value", &group, members).await;
    answers.golden("strict-patch");
}
