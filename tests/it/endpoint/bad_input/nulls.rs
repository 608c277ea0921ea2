//! Null wherever something may be: it says that there is nothing, and where there must be something it is refused.
//! RFC 7643 §2.5.

use super::{GROUP, GROUPS, USER, USERS, assert_bad, made, posted};
use crate::endpoint::errors::with;
use crate::endpoint::wire::Request;
use crate::support::endpoint::Endpoint;
use serde_json::{Value, json};

/// An endpoint whose directory requires no attribute of its own.
async fn undemanding() -> Endpoint {
    with(|document| document.profile.required_attributes.clear()).await
}

/// The names of a schema's attributes, as the endpoint shows them.
async fn attributes(endpoint: &Endpoint, urn: &str) -> Vec<String> {
    let schema = endpoint.public.get(&format!("/scim/v2/Schemas/{urn}")).await.json();
    let names = schema["attributes"].as_array().expect("attributes").iter();
    names.map(|attribute| attribute["name"].as_str().expect("a name").to_owned()).collect()
}

#[tokio::test]
async fn every_attribute_of_a_user_may_be_null_but_the_name() {
    let endpoint = undemanding().await;
    let mut names = attributes(&endpoint, USER).await;
    names.retain(|name| name != "userName");
    assert!(names.len() > 15, "{names:?}");
    names.extend(["id", "externalId", "meta", "shoeSize"].map(str::to_owned));
    names.push("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User".to_owned());
    let mut body = json!({ "schemas": [USER], "userName": "ana@example.com" });
    for name in &names {
        body[name] = Value::Null;
    }
    let user = made(&posted(&endpoint.public, USERS, body.to_string()).await);
    let known: Vec<&str> = user.as_object().expect("an object").keys().map(String::as_str).collect();
    assert_eq!(known, ["schemas", "id", "userName", "active", "meta"], "{user}");
    assert_eq!(user["active"], true);
    let path = format!("{USERS}/{}", user["id"].as_str().expect("an id"));
    for name in names.iter().filter(|name| !["active", "id", "meta", "groups"].contains(&name.as_str())) {
        let reply = endpoint.public.patch(&path, &json!([{ "op": "replace", "path": name, "value": null }])).await;
        assert_eq!((reply.status, &reply.json()["meta"]["version"]), (200, &user["meta"]["version"]), "{name}");
    }
    body["userName"] = Value::Null;
    let answer = posted(&endpoint.public, USERS, body.to_string()).await;
    assert_bad(&answer, 400, Some("invalidValue"), &["`userName` is missing", "map it in the identity provider"]);
    let nameless = json!([{ "op": "replace", "path": "userName", "value": null }]);
    let reply = endpoint.public.patch(&path, &nameless).await;
    assert_eq!((reply.status, &reply.json()["scimType"]), (400, &json!("mutability")), "{}", reply.text);
    assert_eq!(endpoint.public.get(&path).await.json(), user);
}

#[tokio::test]
async fn null_within_an_attribute_is_nothing_too() {
    let endpoint = undemanding().await;
    for (name, value) in [
        ("name", json!({ "givenName": null, "familyName": null })),
        ("emails", json!([null])),
        ("emails", json!([{ "value": null, "primary": null }])),
        ("emails", json!([{}])),
        ("addresses", json!([{ "locality": null }, null])),
        ("schemas", json!(null)),
        ("schemas", json!([null])),
    ] {
        let mut body = json!({ "schemas": [USER], "userName": "ana@example.com" });
        body[name] = value.clone();
        let user = made(&posted(&endpoint.public, USERS, body.to_string()).await);
        assert_eq!(user.get(name), (name == "schemas").then_some(&json!([USER])), "{value}");
        let path = format!("{USERS}/{}", user["id"].as_str().expect("an id"));
        assert_eq!(endpoint.public.delete(&path).await.status, 204);
    }
}

#[tokio::test]
async fn null_members_are_nobody() {
    let endpoint = Endpoint::start(Vec::new()).await;
    let ana = endpoint.user("ana@example.com").await;
    for (number, members) in [json!(null), json!([null]), json!([]), json!([null, null])].into_iter().enumerate() {
        let body = json!({ "schemas": [GROUP], "displayName": format!("{number}"), "members": members });
        let group = made(&posted(&endpoint.public, GROUPS, body.to_string()).await);
        assert_eq!(group["members"].as_array().map_or(0, Vec::len), 0, "{group}");
        let path = format!("{GROUPS}/{}", group["id"].as_str().expect("an id"));
        let value = json!([null, { "value": ana }, null]);
        let add = json!([{ "op": "add", "path": "members", "value": value }]);
        assert_eq!(endpoint.public.patch(&path, &add).await.status, 204);
        let nothing = json!([{ "op": "add", "path": "members", "value": null }]);
        assert_eq!(endpoint.public.patch(&path, &nothing).await.status, 204);
        assert_eq!(endpoint.public.get(&path).await.json()["members"].as_array().map_or(0, Vec::len), 1);
    }
    let of_null = json!({ "schemas": [GROUP], "displayName": "x", "members": [{ "value": null }] });
    let answer = posted(&endpoint.public, GROUPS, of_null.to_string()).await;
    let words = ["`members[0].value` is missing", "send {\"value\": \"<id of a user>\"}"];
    assert_bad(&answer, 400, Some("invalidValue"), &words);
    let nameless = json!({ "schemas": [GROUP], "displayName": null });
    let answer = posted(&endpoint.public, GROUPS, nameless.to_string()).await;
    assert_bad(&answer, 400, Some("invalidValue"), &["`displayName` is missing"]);
    endpoint.group("Designers", &[&ana]).await;
}

#[tokio::test]
async fn a_message_of_null_is_refused_at_its_place() {
    let endpoint = Endpoint::start(Vec::new()).await;
    let path = format!("{USERS}/{}", endpoint.user("ana@example.com").await);
    let before = endpoint.public.get(&path).await.json();
    for (operations, scim_type, words) in [
        (json!(null), "invalidSyntax", "`Operations` is missing"),
        (json!([null]), "invalidSyntax", "Operations[0]: an operation is a JSON object"),
        (json!([{ "op": null, "path": "title", "value": "x" }]), "invalidSyntax", "Operations[0]: `op` must be"),
        (json!([{ "op": "remove", "path": null }]), "noTarget", "Operations[0]: a removal needs a `path`"),
        (json!([{ "op": "add", "path": null, "value": null }]), "invalidValue", "Operations[0]: without a `path`"),
    ] {
        let message = json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": operations });
        let answer = Request::scim("PATCH", &path).body(message.to_string()).send(&endpoint.public).await;
        assert_bad(&answer, 400, Some(scim_type), &[words]);
    }
    for (at, kind) in [(USERS, "User"), (GROUPS, "Group")] {
        let answer = posted(&endpoint.public, at, "null").await;
        assert_bad(&answer, 400, Some("invalidSyntax"), &[&format!("the body must be a JSON object: a {kind}")]);
    }
    assert_eq!(endpoint.public.get(&path).await.json(), before);
}
