//! Writes that are meant for one version of a resource. RFC 7644 §3.14, RFC 9110 §13.1.1. Asked for by nobody, honoured
//! for everybody.

use crate::support::endpoint::{Endpoint, assert_error, user_body};
use serde_json::{Value, json};

const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";
const OLD: &str = "W/\"999\"";

fn group_body(name: &str) -> Value {
    json!({ "schemas": [GROUP], "displayName": name })
}

fn patch_body(operations: &Value) -> Value {
    json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": operations })
}

/// A user and a group with a member, and for each a PUT and a PATCH that change something.
async fn two(endpoint: &Endpoint) -> [(String, Value, Value); 2] {
    let user = endpoint.user("ana@example.com").await;
    let group = endpoint.group("Designers", &[&user]).await;
    let mut replaced = user_body("ana@example.com");
    replaced["title"] = json!("Lead");
    let title = patch_body(&json!([{ "op": "replace", "path": "title", "value": "Head" }]));
    let leave = patch_body(&json!([{ "op": "remove", "path": format!("members[value eq \"{user}\"]") }]));
    [
        (format!("/scim/v2/Users/{user}"), replaced, title),
        (format!("/scim/v2/Groups/{group}"), group_body("Developers"), leave),
    ]
}

#[tokio::test]
async fn b024_a_write_for_another_version_is_412_and_nothing_is_written() {
    let endpoint = Endpoint::start(Vec::new()).await;
    let nothing = patch_body(&json!([{ "op": "replace", "path": "externalId", "value": "other" }]));
    for (path, put, patch) in two(&endpoint).await {
        let before = endpoint.public.get(&path).await.json();
        for tag in [OLD, "\"999\"", "\"abc\"", "W/\"\"", "W/\"998\", W/\"999\""] {
            for (method, body) in [("PUT", &put), ("PATCH", &patch), ("PATCH", &nothing), ("DELETE", &Value::Null)] {
                let reply = endpoint.with_header(method, &path, ("if-match", tag), body).await;
                assert_error(&reply, 412, "");
            }
        }
        assert_eq!(endpoint.public.get(&path).await.json(), before, "{path}");
    }
}

#[tokio::test]
async fn b024_a_write_for_this_version_or_for_any_is_done() {
    for choose in ["this", "strong", "one of these", "any"] {
        let endpoint = Endpoint::start(Vec::new()).await;
        // The group first: while the user is in it, its tag says so.
        for (path, put, patch) in two(&endpoint).await.into_iter().rev() {
            for (method, body) in [("PUT", &put), ("PATCH", &patch), ("DELETE", &Value::Null)] {
                let before = endpoint.public.get(&path).await.header("etag").to_owned();
                let tag = match choose {
                    "this" => before.clone(),
                    "strong" => before.trim_start_matches("W/").to_owned(),
                    "one of these" => format!("{OLD}, {before}"),
                    _ => "*".to_owned(),
                };
                let reply = endpoint.with_header(method, &path, ("if-match", &tag), body).await;
                assert!(reply.status < 300, "{choose}: {method} {path}: {} {}", reply.status, reply.text);
                let now = endpoint.public.get(&path).await;
                if method == "DELETE" {
                    assert_eq!(now.status, 404, "{choose}: {path}");
                } else if path.contains("Users") || method == "PUT" {
                    assert_ne!(now.header("etag"), before, "{choose}: {method} {path}");
                }
            }
        }
    }
}

#[tokio::test]
async fn b024_the_tag_of_a_user_who_is_in_a_group_is_its_version() {
    let endpoint = Endpoint::start(Vec::new()).await;
    let user = endpoint.user("ana@example.com").await;
    let path = format!("/scim/v2/Users/{user}");
    let group = endpoint.group("Designers", &[&user]).await;
    let inside = endpoint.public.get(&path).await.header("etag").to_owned();
    endpoint.leave(&group, &user).await;
    let title = patch_body(&json!([{ "op": "replace", "path": "title", "value": "Lead" }]));
    let reply = endpoint.with_header("PATCH", &path, ("if-match", &inside), &title).await;
    assert_eq!(reply.status, 200, "a member who leaves does not write the user: {}", reply.text);
    let reply = endpoint.with_header("PATCH", &path, ("if-match", &inside), &title).await;
    assert_error(&reply, 412, "");
}

#[tokio::test]
async fn b024_what_is_not_there_has_no_version_to_match() {
    let endpoint = Endpoint::start(Vec::new()).await;
    for kind in ["Users", "Groups"] {
        let path = format!("/scim/v2/{kind}/01890000-0000-7000-8000-000000000000");
        let body = if kind == "Users" { user_body("ana@example.com") } else { group_body("Designers") };
        assert_error(&endpoint.with_header("PUT", &path, ("if-match", "W/\"1\""), &body).await, 404, "");
        assert_error(&endpoint.with_header("DELETE", &path, ("if-match", "W/\"1\""), &Value::Null).await, 404, "");
    }
}

/// Eight bodies at once for the same version of a resource: how many were done, how many refused, and the tags of those
/// that were.
async fn raced(endpoint: &Endpoint, method: &'static str, path: &str, bodies: Vec<Value>) -> (usize, usize, String) {
    let tag = endpoint.public.get(path).await.header("etag").to_owned();
    let mut writers = Vec::new();
    for body in bodies {
        let request = endpoint.public.request(method, path).header("if-match", &tag);
        let request = request.header("content-type", "application/scim+json").body(body.to_string());
        writers.push(tokio::spawn(crate::support::reply::finish(request)));
    }
    let (mut done, mut refused, mut winner) = (0, 0, String::new());
    for writer in writers {
        let reply = writer.await.unwrap();
        match reply.status {
            200 | 204 => {
                done += 1;
                reply.header("etag").clone_into(&mut winner);
            }
            412 => refused += 1,
            status => panic!("{status}: {}", reply.text),
        }
    }
    (done, refused, winner)
}

#[tokio::test]
async fn b024_of_several_who_write_for_the_same_version_at_once_exactly_one_wins() {
    let endpoint = Endpoint::start(Vec::new()).await;
    let user = format!("/scim/v2/Users/{}", endpoint.user("ana@example.com").await);
    let group = format!("/scim/v2/Groups/{}", endpoint.group("Designers", &[]).await);
    let people = endpoint.people("member", 8).await;
    let users = |round: usize| {
        (0..8).map(move |n| {
            let mut body = user_body("ana@example.com");
            body["title"] = json!(format!("{round}-{n}"));
            body
        })
    };
    let groups = |round: usize| (0..8).map(move |n| group_body(&format!("Group {round}-{n}")));
    for round in 0..5 {
        let joins = people.iter().map(|id| {
            let op = if round % 2 == 0 { "add" } else { "replace" };
            patch_body(&json!([{ "op": op, "path": "members", "value": [{ "value": id }] }]))
        });
        for (method, path, bodies) in [
            ("PUT", &user, users(round).collect::<Vec<_>>()),
            ("PUT", &group, groups(round).collect()),
            ("PATCH", &group, joins.collect()),
        ] {
            let (done, refused, winner) = raced(&endpoint, method, path, bodies).await;
            assert_eq!((done, refused), (1, 7), "round {round}: {method} {path}");
            let now = endpoint.public.get(path).await;
            assert_eq!(now.header("etag"), winner, "round {round}: {method} {path}: nobody wrote over it");
        }
    }
    let versions = [&user, &group].map(|path| endpoint.public.get(path));
    let [user, group] = futures::future::join_all(versions).await.try_into().unwrap();
    assert_eq!(user.header("etag"), "W/\"6\"", "made, and changed five times");
    assert_eq!(group.header("etag"), "W/\"11\"", "made, and changed ten times");
}

#[tokio::test]
async fn b024_without_a_version_the_last_who_writes_wins_as_ever() {
    let endpoint = Endpoint::start(Vec::new()).await;
    let path = format!("/scim/v2/Users/{}", endpoint.user("ana@example.com").await);
    for title in ["First", "Second"] {
        let mut body = user_body("ana@example.com");
        body["title"] = json!(title);
        let reply = endpoint.public.json("PUT", &path, &body).await;
        assert_eq!((reply.status, &reply.json()["title"]), (200, &json!(title)));
    }
}
