//! Okta: its rules, its bodies and its published test of twelve requests, in the dialect `Okta`.

use super::{USER, assert_error, at, exchanged, fixture, found, members, searched, speaking};
use crate::support::endpoint::{Endpoint, user_body};
use crate::support::reply::{Reply, finish};
use scim_operator::scim::Dialect;
use serde_json::{Value, json};

const AGENT: &str = "Okta SCIM Client 1.0.0";
const NOBODY: &str = "01890000-0000-7000-8000-000000000000";

async fn okta() -> Endpoint {
    speaking(Dialect::Okta).await
}

async fn body(name: &str) {
    exchanged(&format!("okta/{name}.json"), Dialect::Okta).await;
}

/// The body that Okta makes a user with.
fn new_user() -> Value {
    fixture("okta/create-user.json")["request"].clone()
}

async fn page(endpoint: &Endpoint, kind: &str, start: usize, count: usize) -> Value {
    let request = endpoint.public.request("GET", &format!("/scim/v2/{kind}"));
    let query = [("startIndex", start.to_string()), ("count", count.to_string())];
    let reply = finish(request.header("user-agent", AGENT).query(&query)).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply.json()
}

fn ids(list: &Value) -> Vec<String> {
    list["Resources"].as_array().unwrap().iter().map(|user| user["id"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn i3_01_the_lookup_finds_one_and_an_import_sees_everyone_once() {
    let endpoint = okta().await;
    let mut made = Vec::new();
    for n in 0..7 {
        made.push(endpoint.user(&format!("user-{n}@okta.local")).await);
    }
    let filter = [("filter", r#"userName eq "user-3@okta.local""#), ("startIndex", "1"), ("count", "100")];
    let request = endpoint.public.request("GET", "/scim/v2/Users").header("user-agent", AGENT).query(&filter);
    assert_eq!(ids(&finish(request).await.json()), [made[3].clone()]);
    let mut seen = Vec::new();
    for start in [1, 4, 7] {
        let list = page(&endpoint, "Users", start, 3).await;
        assert_eq!((&list["totalResults"], &list["startIndex"]), (&json!(7), &json!(start)));
        seen.extend(ids(&list));
        // Somebody changes while the import walks on; nobody moves by it.
        let patch = json!([{ "op": "replace", "value": { "title": "Lead" } }]);
        assert_eq!(endpoint.public.patch(&at("Users", &made[0]), &patch).await.status, 200);
    }
    let again = page(&endpoint, "Users", 1, 100).await;
    assert_eq!(seen, ids(&again), "the order is stable");
    seen.sort();
    made.sort();
    assert_eq!(seen, made);
    assert_eq!(page(&endpoint, "Groups", 1, 100).await["totalResults"], 0);
}

#[tokio::test]
async fn i3_02_a_new_user_has_groups_password_and_locale_and_numbers_are_numbers() {
    let endpoint = okta().await;
    let reply = endpoint.public.post("/scim/v2/Users", &new_user()).await;
    let user = reply.json();
    assert_eq!(reply.status, 201, "{}", reply.text);
    for name in ["userName", "name", "emails", "displayName", "locale", "externalId", "active"] {
        assert_eq!(user[name], new_user()[name], "{name}");
    }
    assert!(user["id"].is_string() && user.get("password").is_none());
    let list = page(&endpoint, "Users", 1, 1).await;
    for name in ["totalResults", "startIndex", "itemsPerPage"] {
        assert_eq!(list[name], json!(1), "{name} is a number");
    }
}

#[tokio::test]
async fn i3_03_updates_come_by_put_or_by_patch() {
    let endpoint = okta().await;
    let id = endpoint.public.created("/scim/v2/Users", &new_user()).await;
    let group = endpoint.group("Okta", &[&id]).await;
    let path = at("Users", &id);
    // The application's own answer comes back with one thing changed: id, groups and meta are in it.
    let mut whole = endpoint.public.get(&path).await.json();
    assert_eq!(whole["groups"][0]["value"], group);
    whole["active"] = json!(false);
    let put = endpoint.public.json("PUT", &path, &whole).await;
    assert_eq!((put.status, &put.json()["id"], &put.json()["active"]), (200, &json!(id), &json!(false)));
    assert_eq!(put.json()["groups"][0]["value"], group, "what only the server writes is passed over");
    let patch = json!([{ "op": "replace", "value": { "active": true } }]);
    assert_eq!(endpoint.public.patch(&path, &patch).await.json()["active"], true);
    let patch = json!([{ "op": "replace", "value": { "password": "another-1" } }]);
    let reply = endpoint.public.patch(&path, &patch).await;
    assert!(reply.status == 200 && !reply.text.contains("another-1"), "{}", reply.text);
}

#[tokio::test]
async fn i3_04_who_is_assigned_again_is_the_same_user() {
    let endpoint = okta().await;
    let id = endpoint.public.created("/scim/v2/Users", &new_user()).await;
    let group = endpoint.group("Okta", &[&id]).await;
    let path = at("Users", &id);
    let active = endpoint.public.post("/scim/v2/Users", &new_user()).await;
    assert_error(&active, 409, Some("uniqueness"));
    let disable = json!([{ "op": "replace", "value": { "active": false } }]);
    assert_eq!(endpoint.public.patch(&path, &disable).await.json()["active"], false);
    let again = endpoint.public.post("/scim/v2/Users", &new_user()).await;
    assert_eq!((again.status, &again.json()["id"], &again.json()["active"]), (201, &json!(id), &json!(true)));
    assert!(again.header("location").ends_with(&format!("/Users/{id}")), "{}", again.header("location"));
    assert_eq!(found(&endpoint, "Users", r#"active eq true"#).await.len(), 1, "nobody came twice");
    assert_eq!(members(&endpoint, &group).await, [id]);
}

#[tokio::test]
async fn i3_05_errors_have_a_detail_and_their_status_as_text() {
    let endpoint = okta().await;
    endpoint.public.created("/scim/v2/Users", &new_user()).await;
    assert_error(&endpoint.public.post("/scim/v2/Users", &new_user()).await, 409, Some("uniqueness"));
    assert_error(&endpoint.public.get(&at("Users", NOBODY)).await, 404, None);
    assert_error(&endpoint.public.without_token().get("/scim/v2/Users").await, 401, None);
}

#[tokio::test]
async fn i3_07_a_static_bearer_token_lets_it_in() {
    let endpoint = okta().await;
    let request = endpoint.public.request("GET", "/scim/v2/Users?startIndex=1&count=1");
    let reply = finish(request.header("user-agent", AGENT)).await;
    assert_eq!((reply.status, &reply.json()["totalResults"]), (200, &json!(0)));
}

#[tokio::test]
async fn i3_08_a_patch_of_a_user_is_200_and_of_a_group_204() {
    let endpoint = okta().await;
    let user = endpoint.user("ana@okta.local").await;
    let group = endpoint.group("Okta", &[&user]).await;
    let patch = json!([{ "op": "replace", "value": { "displayName": "Renamed" } }]);
    let reply = endpoint.public.patch(&at("Users", &user), &patch).await;
    assert_eq!((reply.status, &reply.json()["displayName"]), (200, &json!("Renamed")));
    let reply = endpoint.public.patch(&at("Groups", &group), &patch).await;
    assert_eq!((reply.status, reply.text.as_str()), (204, ""));
    assert_eq!(endpoint.public.get(&at("Groups", &group)).await.json()["displayName"], "Renamed");
}

#[tokio::test]
async fn i3_09_deactivate_without_path() {
    body("deactivate-without-path").await;
}

#[tokio::test]
async fn i3_10_the_name_at_every_push_with_the_id_inside() {
    body("group-push-name").await;
}

#[tokio::test]
async fn i3_11_one_leaves_and_one_joins_in_one_patch() {
    body("group-push-members").await;
}

#[tokio::test]
async fn i3_12_the_members_in_full() {
    body("group-push-all").await;
}

fn assert_numbers(list: &Value) {
    for name in ["itemsPerPage", "startIndex", "totalResults"] {
        assert!(list[name].is_u64(), "{name}: {list}");
    }
    assert_eq!(list["schemas"], json!(["urn:ietf:params:scim:api:messages:2.0:ListResponse"]));
}

fn assert_user(user: &Value) {
    for pointer in ["/id", "/userName", "/name/familyName", "/name/givenName", "/emails/0/value"] {
        assert!(user.pointer(pointer).is_some_and(Value::is_string), "{pointer}: {user}");
    }
    assert!(user["active"].is_boolean() && user["schemas"].as_array().is_some_and(|urns| urns.contains(&json!(USER))));
}

async fn by_name(endpoint: &Endpoint, name: &str) -> Reply {
    searched(endpoint, "Users", &format!("userName eq \"{name}\"")).await
}

/// The requests in the order of Okta's collection, with what it asserts of each.
#[tokio::test]
async fn i3_13_the_twelve_requests_of_the_spec_test() {
    let endpoint = okta().await;
    endpoint.public.created("/scim/v2/Users", &user_body("there.before@okta.local")).await;
    let first = page(&endpoint, "Users", 1, 1).await;
    assert_numbers(&first);
    assert_user(&first["Resources"][0]);
    let path = at("Users", first["Resources"][0]["id"].as_str().unwrap());
    let same = endpoint.public.get(&path).await;
    assert_eq!((same.status, &same.json()["id"]), (200, &first["Resources"][0]["id"]));
    assert_user(&same.json());
    let unknown = by_name(&endpoint, "abcdefgh@atko.com").await;
    assert_eq!((unknown.status, &unknown.json()["totalResults"]), (200, &json!(0)));
    assert_numbers(&unknown.json());
    assert_error(&endpoint.public.get(&at("Users", "010101001010101011001010101011")).await, 404, None);
    let random = by_name(&endpoint, "runscope300@okta.local").await;
    assert_eq!((random.status, &random.json()["totalResults"]), (200, &json!(0)));
    let mut sent = new_user();
    sent["userName"] = json!("runscope300@okta.local");
    let made = endpoint.public.post("/scim/v2/Users", &sent).await;
    assert_eq!((made.status, &made.json()["active"], &made.json()["name"]), (201, &json!(true), &sent["name"]));
    assert_user(&made.json());
    let there = endpoint.public.get(&at("Users", made.json()["id"].as_str().unwrap())).await;
    assert_eq!((there.status, &there.json()["userName"]), (200, &sent["userName"]));
    assert_error(&endpoint.public.post("/scim/v2/Users", &sent).await, 409, Some("uniqueness"));
    let capitals = by_name(&endpoint, "RUNSCOPE300@OKTA.LOCAL").await;
    assert_eq!((capitals.status, &capitals.json()["totalResults"]), (200, &json!(1)));
    let groups = endpoint.public.get("/scim/v2/Groups").await;
    assert_eq!(groups.status, 200);
    assert_numbers(&groups.json());
    assert_error(&endpoint.public.without_token().get("/scim/v2/Groups").await, 401, None);
    assert_error(&endpoint.public.get(&at("Users", "00919288221112222")).await, 404, None);
}
