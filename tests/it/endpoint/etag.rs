//! Entity tags: which answers have one, what it says, and when it is another one. RFC 7644 §3.14.
//! What a write does with one is in `conditional`.

use crate::support::endpoint::{Endpoint, user_body};
use crate::support::reply::Reply;
use serde_json::{Value, json};

const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";

/// The tag of an answer, which must be the version that its body shows.
#[track_caller]
fn tag(reply: &Reply) -> String {
    let tag = reply.header("etag");
    assert!(tag.starts_with("W/\"") && tag.ends_with('"'), "{} {tag:?} {}", reply.status, reply.text);
    assert_eq!(reply.json()["meta"]["version"], tag);
    tag.to_owned()
}

async fn tag_of(endpoint: &Endpoint, path: &str) -> String {
    tag(&endpoint.public.get(path).await)
}

#[tokio::test]
async fn b024_every_answer_with_one_resource_has_the_tag_of_what_is_there_then() {
    let endpoint = Endpoint::start(Vec::new()).await;
    let group_body = json!({ "schemas": [GROUP], "displayName": "Designers", "externalId": "x" });
    for (kind, body, name) in [("Users", user_body("ana@example.com"), "title"), ("Groups", group_body, "displayName")]
    {
        let made = endpoint.public.post(&format!("/scim/v2/{kind}"), &body).await;
        let path = format!("/scim/v2/{kind}/{}", made.json()["id"].as_str().unwrap());
        let mut seen = vec![tag(&made)];
        assert_eq!(tag_of(&endpoint, &path).await, seen[0], "{kind}: reading changes nothing");
        for value in ["First", "Second"] {
            let patch = json!([{ "op": "replace", "path": name, "value": value }]);
            let patched = endpoint.public.patch(&format!("{path}?attributes=meta"), &patch).await;
            assert_eq!(patched.status, 200, "{kind}: {}", patched.text);
            seen.push(tag(&patched));
        }
        let mut changed = body.clone();
        changed["externalId"] = json!("y");
        let put = endpoint.public.json("PUT", &path, &changed).await;
        seen.push(tag(&put));
        assert_eq!(tag_of(&endpoint, &path).await, seen[3], "{kind}");
        let mut distinct = seen.clone();
        distinct.sort();
        distinct.dedup();
        assert_eq!(distinct.len(), seen.len(), "{kind}: each change has its own: {seen:?}");

        let same = endpoint.public.json("PUT", &path, &changed).await;
        assert_eq!((same.status, tag(&same)), (200, seen[3].clone()), "{kind}: what changes nothing is no change");
        let without = endpoint.public.get(&format!("{path}?excludedAttributes=meta")).await;
        assert_eq!((without.header("etag"), without.json().get("meta")), (seen[3].as_str(), None), "{kind}");
        assert_eq!(endpoint.public.delete(&path).await.header("etag"), "", "{kind}: nothing is there");
    }
}

#[tokio::test]
async fn b024_a_patch_without_a_body_in_its_answer_has_the_tag_all_the_same() {
    let endpoint = Endpoint::start(Vec::new()).await;
    let user = endpoint.user("ana@example.com").await;
    let path = format!("/scim/v2/Groups/{}", endpoint.group("Designers", &[]).await);
    let add = json!([{ "op": "add", "path": "members", "value": [{ "value": user }] }]);
    let before = tag_of(&endpoint, &path).await;
    let joined = endpoint.public.patch(&path, &add).await;
    assert_eq!((joined.status, joined.text.as_str()), (204, ""));
    assert_ne!(joined.header("etag"), before, "a member is part of the group");
    assert_eq!(joined.header("etag"), tag_of(&endpoint, &path).await);
    let again = endpoint.public.patch(&path, &add).await;
    assert_eq!((again.status, again.header("etag")), (204, joined.header("etag")), "nobody joined");
}

#[tokio::test]
async fn b024_joining_a_group_is_seen_in_the_tag_of_the_user_wherever_it_is_shown() {
    let endpoint = Endpoint::start(Vec::new()).await;
    let user = endpoint.user("ana@example.com").await;
    let path = format!("/scim/v2/Users/{user}");
    let (one, two) = (endpoint.group("Designers", &[]).await, endpoint.group("Developers", &[]).await);
    let alone = tag_of(&endpoint, &path).await;
    endpoint.join(&one, &user).await;
    let in_one = tag_of(&endpoint, &path).await;
    endpoint.join(&two, &user).await;
    let in_both = tag_of(&endpoint, &path).await;
    let patch = json!([{ "op": "replace", "path": "title", "value": "Lead" }]);
    let patched = endpoint.public.patch(&path, &patch).await;
    assert_eq!(tag(&patched), tag_of(&endpoint, &path).await, "the answer to a write counts the groups too");
    endpoint.leave(&one, &user).await;
    let in_other = tag_of(&endpoint, &path).await;
    assert!(alone != in_one && in_one != in_both && in_both != in_other && in_one != in_other);
    for query in [
        vec![],
        vec![("attributes", "meta.version")],
        vec![("attributes", "userName,meta")],
        vec![("excludedAttributes", "groups")],
        vec![("filter", "userName eq \"ana@example.com\""), ("excludedAttributes", "groups")],
        vec![("sortBy", "userName"), ("excludedAttributes", "groups")],
    ] {
        let list = endpoint.ask("/scim/v2/Users", &query).await.json();
        assert_eq!(list["Resources"][0]["meta"]["version"], in_other, "{query:?}");
        let seen = endpoint.with_header("GET", &path, ("if-none-match", &in_other), &Value::Null).await;
        assert_eq!(seen.status, 304, "{query:?}");
    }
    endpoint.leave(&two, &user).await;
    assert_ne!(tag_of(&endpoint, &path).await, alone, "it was changed meanwhile");
}

#[tokio::test]
async fn b024_who_has_this_version_is_told_so_and_sent_nothing() {
    let endpoint = Endpoint::start(Vec::new()).await;
    let user = endpoint.user("ana@example.com").await;
    let group = endpoint.group("Designers", &[&user]).await;
    for path in [format!("/scim/v2/Users/{user}"), format!("/scim/v2/Groups/{group}")] {
        let now = tag_of(&endpoint, &path).await;
        let strong = now.trim_start_matches("W/").to_owned();
        for sent in [now.as_str(), strong.as_str(), "*", &format!("W/\"999\", {now}")] {
            for method in ["GET", "HEAD"] {
                let reply = endpoint.with_header(method, &path, ("if-none-match", sent), &Value::Null).await;
                assert_eq!((reply.status, reply.text.as_str()), (304, ""), "{method} {path}: {sent}");
                assert_eq!((reply.header("etag"), reply.header("content-type")), (now.as_str(), ""), "{path}: {sent}");
            }
        }
        for sent in ["W/\"999\"", "\"abc\"", "W/\"\""] {
            let reply = endpoint.with_header("GET", &path, ("if-none-match", sent), &Value::Null).await;
            assert_eq!((reply.status, tag(&reply)), (200, now.clone()), "{path}: {sent}");
        }
        let part = format!("{path}?attributes=id");
        let reply = endpoint.with_header("GET", &part, ("if-none-match", now.as_str()), &Value::Null).await;
        assert_eq!(reply.status, 304, "{path}: a part of it is of this version too");
    }
}
