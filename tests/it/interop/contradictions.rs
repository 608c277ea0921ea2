//! Where suites and clients contradict each other, and no switch of the table decides alone: what is answered.

use super::{assert_error, at, change, members, speaking};
use crate::support::endpoint::{Endpoint, user_body};
use crate::support::reply::{Reply, finish};
use scim_operator::scim::{Dialect, Quirk};
use serde_json::{Value, json};

async fn with_header(endpoint: &Endpoint, method: &str, path: &str, header: (&str, &str), body: &Value) -> Reply {
    let request = endpoint.public.request(method, path).header("content-type", "application/scim+json");
    let request = request.header(header.0, header.1);
    finish(if body.is_null() { request } else { request.body(body.to_string()) }).await
}

#[tokio::test]
async fn i6_01_a_patch_is_answered_with_the_user_and_of_a_group_as_the_dialect_says() {
    let mut endpoint = Endpoint::start(Vec::new()).await;
    let user = endpoint.user("ana@example.com").await;
    let group = endpoint.group("Designers", &[&user]).await;
    let (path, rename) = (at("Groups", &group), json!([{ "op": "replace", "path": "displayName", "value": "Makers" }]));
    for dialect in Dialect::ALL {
        change(&mut endpoint, &json!({ "dialect": dialect })).await;
        let title = json!([{ "op": "replace", "path": "title", "value": format!("{dialect:?}") }]);
        let reply = endpoint.public.patch(&at("Users", &user), &title).await;
        assert_eq!((reply.status, &reply.json()["title"]), (200, &json!(format!("{dialect:?}"))));
        let silent = endpoint.public.patch(&path, &rename).await;
        if dialect.has(Quirk::GroupPatchNoContent) {
            assert_eq!((silent.status, silent.text.as_str()), (204, ""), "{dialect:?}");
        } else {
            assert_eq!((silent.status, &silent.json()["displayName"]), (200, &json!("Makers")), "{dialect:?}");
            assert_eq!(silent.json()["members"][0]["value"], user, "{dialect:?}");
        }
        let asked = endpoint.public.patch(&format!("{path}?attributes=members"), &rename).await;
        assert_eq!((asked.status, &asked.json()["members"][0]["value"]), (200, &json!(user)), "{dialect:?}");
        assert_eq!(asked.json().get("displayName"), None, "{dialect:?}");
        let without = endpoint.public.patch(&format!("{path}?excludedAttributes=members"), &rename).await;
        assert_eq!((without.status, without.json().get("members")), (200, None), "{dialect:?}");
    }
    assert_eq!(members(&endpoint, &group).await, [user]);
}

#[tokio::test]
async fn i6_02_the_media_type_is_answered_without_a_charset() {
    let endpoint = speaking(Dialect::Auto).await;
    let made = endpoint.public.post("/scim/v2/Users", &user_body("ana@example.com")).await;
    let path = at("Users", made.json()["id"].as_str().unwrap());
    let mut replies = vec![made];
    for path in [path.as_str(), "/scim/v2/Users", "/scim/v2/Schemas", "/scim/v2/ServiceProviderConfig", "/scim/v2/None"]
    {
        replies.push(endpoint.public.get(path).await);
    }
    replies.push(endpoint.public.without_token().get(&path).await);
    for reply in replies {
        assert_eq!(reply.header("content-type"), "application/scim+json", "{}", reply.text);
    }
    let body = user_body("ben@example.com").to_string();
    for (n, sent) in ["application/scim+json; charset=utf-8", "application/json;charset=UTF-8"].iter().enumerate() {
        let body = body.replace("ben@", &format!("ben{n}@"));
        assert_eq!(endpoint.public.send("POST", "/scim/v2/Users", sent, body).await.status, 201, "{sent}");
    }
}

#[tokio::test]
async fn i6_08_if_match_is_honoured_and_never_required() {
    let endpoint = speaking(Dialect::Auto).await;
    for (kind, name) in [("Users", "title"), ("Groups", "displayName")] {
        let id = match kind {
            "Users" => endpoint.user("ana@example.com").await,
            _ => endpoint.group("Designers", &[]).await,
        };
        let path = at(kind, &id);
        let old = endpoint.public.get(&path).await;
        let tag = old.header("etag");
        assert_eq!((tag.is_empty(), old.json()["meta"]["version"].as_str()), (false, Some(tag)), "{kind}");
        let unchanged = with_header(&endpoint, "GET", &path, ("if-none-match", tag), &Value::Null).await;
        assert_eq!((unchanged.status, unchanged.text.as_str()), (304, ""), "{kind}");
        let schemas = ["urn:ietf:params:scim:api:messages:2.0:PatchOp"];
        let patch = |value: &str| {
            let operation = json!({ "op": "replace", "path": name, "value": value });
            json!({ "schemas": schemas, "Operations": [operation] })
        };
        let matched = with_header(&endpoint, "PATCH", &path, ("if-match", tag), &patch("First")).await;
        assert!(matches!((kind, matched.status), ("Users", 200) | ("Groups", 204)), "{kind}: {}", matched.text);
        for (method, body) in [("PATCH", patch("Second")), ("PUT", old.json()), ("DELETE", Value::Null)] {
            let stale = with_header(&endpoint, method, &path, ("if-match", tag), &body).await;
            assert_error(&stale, 412, None);
        }
        let now = with_header(&endpoint, "GET", &path, ("if-none-match", tag), &Value::Null).await;
        assert_eq!((now.status, &now.json()[name]), (200, &json!("First")), "{kind}: nothing of it was done");
        assert_ne!(now.header("etag"), tag, "{kind}");
        let any = with_header(&endpoint, "PATCH", &path, ("if-match", "*"), &patch("Third")).await;
        assert_eq!(any.status, matched.status, "{kind}: {}", any.text);
        let without = endpoint.public.json("PATCH", &path, &patch("Fourth")).await;
        assert_eq!(without.status, matched.status, "{kind}: {}", without.text);
        assert_eq!(endpoint.public.get(&path).await.json()[name], "Fourth", "{kind}");
        assert_eq!(endpoint.public.delete(&path).await.status, 204, "{kind}");
    }
}

#[tokio::test]
async fn every_answer_of_one_resource_has_its_version_as_etag() {
    let endpoint = speaking(Dialect::Auto).await;
    let bodies = [
        ("Users", user_body("ana@example.com")),
        ("Groups", json!({ "schemas": [super::GROUP], "displayName": "Designers" })),
    ];
    for (kind, body) in bodies {
        let made = endpoint.public.post(&format!("/scim/v2/{kind}"), &body).await;
        let path = at(kind, made.json()["id"].as_str().unwrap());
        let patch = json!([{ "op": "replace", "path": "externalId", "value": "x" }]);
        let replies = [made, endpoint.public.get(&path).await, endpoint.public.json("PUT", &path, &body).await];
        for reply in replies {
            assert!(reply.status < 300, "{kind}: {}", reply.text);
            assert_eq!(Some(reply.header("etag")), reply.json()["meta"]["version"].as_str(), "{kind}");
        }
        let patched = endpoint.public.patch(&path, &patch).await;
        let now = endpoint.public.get(&path).await.json();
        assert_eq!(
            (patched.status < 300, Some(patched.header("etag"))),
            (true, now["meta"]["version"].as_str()),
            "{kind}"
        );
    }
}
