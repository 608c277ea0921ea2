//! Bodies about groups, changes of their members, and directories without groups. RFC 7643 §4.2, RFC 7644 §3.5.2.

use super::{Answers, GROUP, NOBODY, at, with};
use crate::endpoint::wire::Request;
use crate::support::endpoint::Endpoint;
use serde_json::{Value, json};

fn group_of(members: Value) -> Value {
    json!({ "schemas": [GROUP], "displayName": "Painters", "members": members })
}

/// Ids of nobody.
fn nobodies(count: usize) -> Value {
    (0..count).map(|number| json!({ "value": format!("01890000-0000-7000-8000-{number:012}") })).collect()
}

#[tokio::test]
async fn every_error_of_a_body_about_a_group() {
    let endpoint = Endpoint::start(Vec::new()).await;
    let group = at("Groups", &endpoint.group("Designers", &[]).await);
    let mut answers = Answers::of(&endpoint);
    for (what, body) in [
        ("no object", json!("Painters")),
        ("no name", json!({ "schemas": [GROUP] })),
        ("a name that is too long", json!({ "schemas": [GROUP], "displayName": "x".repeat(1025) })),
        ("a name that is taken", json!({ "schemas": [GROUP], "displayName": "DESIGNERS" })),
        ("a member that is no object", group_of(json!([5]))),
        ("a member without id", group_of(json!([{ "display": "Ana" }]))),
        ("a member whose id is no string", group_of(json!([{ "value": 5 }]))),
        ("a member who is nobody", group_of(nobodies(1))),
        ("members of whom eleven are nobody", group_of(nobodies(11))),
    ] {
        answers.ask(what, "POST", "/scim/v2/Groups", &body).await;
    }
    for path in [at("Groups", NOBODY), at("Groups", "not-an-id")] {
        answers.get("a group that is not there is read", &path).await;
        answers.get("its name is read", &format!("{path}?excludedAttributes=members")).await;
        answers.get("its members are read", &format!("{path}/members")).await;
        answers.ask("it is replaced", "PUT", &path, &group_of(json!([]))).await;
        answers.patch("it is changed", &path, json!([{ "op": "remove", "path": "members" }])).await;
        answers.sent("it is deleted", "DELETE", &path, &Request::scim("DELETE", &path)).await;
    }
    let late = Request::scim("PUT", &group).header("If-Match", "W/\"9\"").body(group_of(json!([])).to_string());
    answers.sent("another version is replaced", "PUT", &group, &late).await;
    answers.golden("group");
}

#[tokio::test]
async fn every_error_of_a_patch_of_members() {
    let endpoint = Endpoint::start(Vec::new()).await;
    let group = at("Groups", &endpoint.group("Designers", &[]).await);
    let mut answers = Answers::of(&endpoint);
    for (what, operation) in [
        ("a part of members", json!({ "op": "replace", "path": "members.value", "value": NOBODY })),
        ("a member in place", json!({ "op": "replace", "path": "members[value eq \"1\"]", "value": { "value": "2" } })),
        ("members by another part", json!({ "op": "remove", "path": "members[type eq \"User\"]" })),
        ("a member who is nobody", json!({ "op": "add", "path": "members", "value": nobodies(1) })),
        ("a member that is no object", json!({ "op": "add", "path": "members", "value": [true] })),
        ("the name, removed", json!({ "op": "remove", "path": "displayName" })),
    ] {
        answers.patch(what, &group, json!([operation])).await;
    }
    answers.golden("group-patch");
}

#[tokio::test]
async fn every_error_of_a_directory_without_groups() {
    let endpoint = with(|document| document.profile.serve_groups = false).await;
    let mut answers = Answers::of(&endpoint);
    answers.get("groups are listed", "/scim/v2/Groups").await;
    answers.ask("a group is made", "POST", "/scim/v2/Groups", &group_of(json!([]))).await;
    answers.get("a group is read", &at("Groups", NOBODY)).await;
    answers.golden("group-not-served");
}
