//! Resources of a type that the directory defines: what only their schema refuses. RFC 7643 §6, §7.

use super::{Answers, NOBODY, PATCH, at, with};
use crate::endpoint::wire::Request;
use crate::support::endpoint::Endpoint;
use serde_json::{Value, json};

const BADGE: &str = "urn:example:2.0:Badge";
const PLACE: &str = "urn:example:2.0:Place";

/// An endpoint that serves badges beside users and groups.
pub(in crate::endpoint) async fn badges() -> Endpoint {
    let schemas = json!([
        { "id": BADGE, "attributes": [
            { "name": "number", "type": "integer", "required": true, "uniqueness": "server" },
            { "name": "weight", "type": "decimal" },
            { "name": "since", "type": "dateTime" },
            { "name": "maker", "mutability": "immutable" },
            { "name": "case", "type": "complex", "subAttributes": [
                { "name": "colour" }, { "name": "mould", "mutability": "immutable" }] },
        ] },
        { "id": PLACE, "attributes": [{ "name": "room", "required": true }] },
    ]);
    let types = json!([{
        "name": "Badge", "endpoint": "/Badges", "schema": BADGE,
        "schemaExtensions": [{ "schema": PLACE, "required": true }],
    }]);
    with(|document| {
        document.profile.schemas = serde_json::from_value(schemas).expect("schemas");
        document.profile.resource_types = serde_json::from_value(types).expect("resource types");
    })
    .await
}

/// A badge with these attributes besides or instead.
pub(in crate::endpoint) fn badge(number: u64, attributes: Value) -> Value {
    let mut body = json!({ "schemas": [BADGE, PLACE], "number": number, PLACE: { "room": "12" } });
    for (name, value) in attributes.as_object().expect("an object") {
        body[name] = value.clone();
    }
    body
}

#[tokio::test]
async fn every_error_of_a_body_about_a_resource_of_a_defined_type() {
    let endpoint = badges().await;
    endpoint.public.created("/scim/v2/Badges", &badge(1, json!({}))).await;
    let mut answers = Answers::of(&endpoint);
    for (what, body) in [
        ("no object", json!(null)),
        ("nothing that is required", json!({ "schemas": [BADGE, PLACE], PLACE: { "room": "12" } })),
        ("no extension that is required", json!({ "schemas": [BADGE], "number": 2 })),
        ("an extension without what it requires", badge(2, json!({ PLACE: { "room": " " } }))),
        ("a whole number in quotes", badge(2, json!({ "number": "2" }))),
        ("a whole number with a fraction", badge(2, json!({ "number": 1.5 }))),
        ("a number in quotes", badge(2, json!({ "weight": "2.5" }))),
        ("a time that is none", badge(2, json!({ "since": "yesterday" }))),
        ("a number that is there already", badge(1, json!({}))),
    ] {
        answers.ask(what, "POST", "/scim/v2/Badges", &body).await;
    }
    answers.golden("custom");
}

#[tokio::test]
async fn every_error_about_a_resource_of_a_defined_type_that_is_there_or_not() {
    let endpoint = badges().await;
    let given = json!({ "maker": "Ada", "case": { "colour": "red", "mould": "7" } });
    let one = at("Badges", &endpoint.public.created("/scim/v2/Badges", &badge(1, given)).await);
    let mut answers = Answers::of(&endpoint);
    answers.ask("a value that stays", "PUT", &one, &badge(1, json!({ "maker": "Bob" }))).await;
    answers.ask("a part that stays", "PUT", &one, &badge(1, json!({ "case": { "mould": "8" } }))).await;
    answers.patch("a value that stays, removed", &one, json!([{ "op": "remove", "path": "maker" }])).await;
    answers.patch("a part that stays, removed", &one, json!([{ "op": "remove", "path": "case" }])).await;
    let late = Request::scim("DELETE", &one).header("If-Match", "W/\"9\"");
    answers.sent("another version is deleted", "DELETE", &one, &late).await;
    for path in [at("Badges", NOBODY), at("Badges", "not-an-id")] {
        answers.get("what is not there is read", &path).await;
        answers.ask("it is replaced", "PUT", &path, &badge(2, json!({}))).await;
        answers.patch("it is changed", &path, json!([{ "op": "remove", "path": "weight" }])).await;
        answers.sent("it is deleted", "DELETE", &path, &Request::scim("DELETE", &path)).await;
    }
    answers.ask("a method for one, sent to all", "PUT", "/scim/v2/Badges", &badge(2, json!({}))).await;
    answers.ask("a method for all, sent to one", "POST", &one, &json!({ "schemas": [PATCH] })).await;
    answers.get("an id that is not UTF-8", &at("Badges", "%ff")).await;
    answers.get("a type that is not defined", "/scim/v2/Keys").await;
    answers.golden("custom-not-there");
}
