//! PATCH: messages that are none, paths that name nothing, and what a resource may not become. RFC 7644 §3.5.2.

use super::{Answers, ENTERPRISE, NOBODY, PATCH, USER, at, emails, speaking, user_with};
use crate::endpoint::wire::Request;
use crate::support::endpoint::{Endpoint, user_body};
use scim_operator::scim::Dialect;
use serde_json::{Value, json};

fn replace(path: &str, value: Value) -> Value {
    json!([{ "op": "replace", "path": path, "value": value }])
}

fn remove(path: &str) -> Value {
    json!([{ "op": "remove", "path": path }])
}

#[tokio::test]
async fn every_error_of_a_patch_message() {
    let endpoint = Endpoint::start(Vec::new()).await;
    let user = at("Users", &endpoint.user("ana@example.com").await);
    let mut answers = Answers::of(&endpoint);
    for (what, body) in [
        ("no object", json!([])),
        ("another URN", json!({ "schemas": [USER], "Operations": [{ "op": "remove", "path": "title" }] })),
        ("no operations", json!({ "schemas": [PATCH], "active": false })),
        ("an empty list of operations", json!({ "schemas": [PATCH], "Operations": [] })),
    ] {
        answers.ask(what, "PATCH", &user, &body).await;
    }
    let one = json!({ "op": "remove", "path": "title" });
    answers.patch("too many operations", &user, Value::from(vec![one; 10_001])).await;
    for (what, operation) in [
        ("an operation that is no object", json!(5)),
        ("an operation of no known kind", json!({ "op": "move", "path": "title", "value": "x" })),
        ("a path that is no string", json!({ "op": "remove", "path": 5 })),
        ("a removal without path", json!({ "op": "remove" })),
        ("no value", json!({ "op": "add", "path": "title" })),
        ("neither path nor attributes", json!({ "op": "replace", "value": "x" })),
        ("a path without end", json!({ "op": "remove", "path": "x".repeat(8193) })),
        ("a path that begins with a bracket", json!({ "op": "remove", "path": "(title)" })),
        ("a path that goes on", json!({ "op": "remove", "path": "title x" })),
        ("a path that ends in a dot", json!({ "op": "remove", "path": "name." })),
        ("brackets behind what has no parts", json!({ "op": "remove", "path": "userName[value pr]" })),
        ("a filter in the path that breaks off", json!({ "op": "remove", "path": "emails[type eq" })),
    ] {
        answers.patch(what, &user, json!([operation])).await;
    }
    answers.golden("patch-message");
}

#[tokio::test]
async fn every_error_of_a_patch_that_would_be_carried_out() {
    let endpoint = Endpoint::start(Vec::new()).await;
    endpoint.user("bram@example.com").await;
    let user = at("Users", &endpoint.user("ana@example.com").await);
    let mut answers = Answers::of(&endpoint);
    for (what, operations) in [
        ("what is required, removed", remove("userName")),
        ("what a directory requires, removed", remove("name.givenName")),
        ("what the server writes", replace("meta.created", json!("2026-01-31T08:00:00Z"))),
        ("the resource's own schema, removed", remove(USER)),
        ("an extension that is no object", replace(ENTERPRISE, json!("Painting"))),
        ("one value, named with brackets", replace("name[givenName eq \"Ana\"]", json!({ "givenName": "A" }))),
        ("a filter that selects nothing", replace("emails[type eq \"none\"].value", json!("x"))),
        ("a boolean that is none", replace("active", json!("maybe"))),
        ("a string that is none", replace("title", json!(5))),
        ("another user's name", replace("userName", json!("BRAM@example.com"))),
        ("a name without letters", replace("userName", json!(" "))),
    ] {
        answers.patch(what, &user, operations).await;
    }
    answers.patch("nobody", &at("Users", NOBODY), replace("title", json!("Lead"))).await;
    let body = json!({ "schemas": [PATCH], "Operations": replace("title", json!("Lead")) });
    let late = Request::scim("PATCH", &user).header("If-Match", "W/\"9\"").body(body.to_string());
    answers.sent("another version", "PATCH", &user, &late).await;
    let many = user_with(json!({ "userName": "many@example.com", "emails": emails(1000) }));
    let many = at("Users", &endpoint.public.created("/scim/v2/Users", &many).await);
    let more = |value: &str| json!({ "op": "add", "path": "emails", "value": [{ "value": value }] });
    answers.patch("a value too many", &many, json!([more("one-more@example.com")])).await;
    answers.patch("too much work", &many, Value::from(vec![more("0@example.com"); 201])).await;
    answers.golden("patch");
}

#[tokio::test]
async fn every_error_of_a_patch_without_path_where_the_profile_wants_one() {
    let endpoint = speaking(Dialect::Interop).await;
    let user = at("Users", &endpoint.public.created("/scim/v2/Users", &user_body("ana@example.com")).await);
    let mut answers = Answers::of(&endpoint);
    answers.patch("no path", &user, json!([{ "op": "replace", "value": { "title": "Lead" } }])).await;
    answers.golden("patch-interop");
}
