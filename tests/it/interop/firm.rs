//! What is firm in every dialect, whatever suites and clients would like.

use super::{USER, assert_error, at, change, searched, speaking};
use crate::support::endpoint::{Endpoint, user_body};
use scim_operator::scim::Dialect;
use serde_json::{Value, json};

/// An endpoint, a user of it, and the user's address.
async fn one_user() -> (Endpoint, String) {
    let endpoint = Endpoint::start(Vec::new()).await;
    let path = at("Users", &endpoint.user("ana@example.com").await);
    (endpoint, path)
}

async fn speak(endpoint: &mut Endpoint, dialect: Dialect) {
    change(endpoint, &json!({ "dialect": dialect })).await;
}

#[tokio::test]
async fn i6_11_adding_what_is_there_leaves_the_time_alone() {
    let (mut endpoint, path) = one_user().await;
    let add = json!([
        { "op": "add", "path": "emails", "value": [{ "type": "work", "primary": true, "value": "ana@example.com" }] },
        { "op": "add", "path": "name.givenName", "value": "Given" },
    ]);
    let before = endpoint.public.get(&path).await.json();
    for dialect in Dialect::ALL {
        speak(&mut endpoint, dialect).await;
        assert_eq!(endpoint.public.patch(&path, &add).await.status, 200, "{dialect:?}");
        assert_eq!(endpoint.public.get(&path).await.json(), before, "{dialect:?}: meta is as it was");
    }
}

#[tokio::test]
async fn i6_12_a_boolean_has_no_order() {
    let (mut endpoint, _) = one_user().await;
    for dialect in Dialect::ALL {
        speak(&mut endpoint, dialect).await;
        for operator in ["gt", "ge", "lt", "le"] {
            let reply = searched(&endpoint, "Users", &format!("active {operator} true")).await;
            assert_error(&reply, 400, Some("invalidFilter"));
        }
    }
}

#[tokio::test]
async fn i6_13_who_is_not_let_in_is_told_how() {
    let (mut endpoint, path) = one_user().await;
    for dialect in Dialect::ALL {
        speak(&mut endpoint, dialect).await;
        for caller in [endpoint.public.without_token(), endpoint.public.with_token("scim_wrong_wrong")] {
            let reply = caller.get(&path).await;
            assert_error(&reply, 401, None);
            assert!(reply.header("www-authenticate").starts_with("Bearer"), "{:?}", reply.headers);
        }
    }
}

#[tokio::test]
async fn i6_14_a_new_primary_takes_the_place_of_the_old() {
    for dialect in [Dialect::Strict, Dialect::Interop, Dialect::Auto] {
        let endpoint = speaking(dialect).await;
        let path = at("Users", &endpoint.user("ana@example.com").await);
        let home = json!({ "type": "home", "primary": true, "value": "home@example.com" });
        let add = json!([{ "op": "add", "path": "emails", "value": [home] }]);
        let emails = endpoint.public.patch(&path, &add).await.json()["emails"].clone();
        let primary = |n: usize| emails[n]["primary"].as_bool().unwrap_or(false);
        assert_eq!((emails.as_array().unwrap().len(), primary(0), primary(1)), (2, false, true), "{emails}");
    }
}

#[tokio::test]
async fn i6_15_a_value_is_answered_once() {
    for dialect in [Dialect::Strict, Dialect::Interop, Dialect::Auto] {
        let endpoint = speaking(dialect).await;
        let mut ana = user_body("ana@example.com");
        let work = ana["emails"][0].clone();
        ana["emails"] = json!([work, work]);
        let made = endpoint.public.post("/scim/v2/Users", &ana).await.json();
        assert_eq!(made["emails"], json!([work]), "{dialect:?}");
        let path = at("Users", made["id"].as_str().unwrap());
        let add = json!([{ "op": "add", "path": "emails", "value": [{ "type": "work", "value": "ana@example.com" }] }]);
        assert_eq!(endpoint.public.patch(&path, &add).await.status, 200);
        let kept = endpoint.public.get(&path).await.json()["emails"].clone();
        assert_eq!(kept.as_array().unwrap().len(), 1, "{dialect:?}: {kept}");
    }
}

#[tokio::test]
async fn i6_17_what_only_the_server_writes_is_passed_over() {
    let (mut endpoint, path) = one_user().await;
    let before = endpoint.public.get(&path).await.json();
    for dialect in Dialect::ALL {
        speak(&mut endpoint, dialect).await;
        let mut body = user_body("ana@example.com");
        body["id"] = json!("another");
        body["meta"] = json!({ "resourceType": "Group", "created": "2001-01-01T00:00:00Z", "version": "W/\"99\"" });
        body["groups"] = json!([{ "value": "made up" }]);
        let put = endpoint.public.json("PUT", &path, &body).await;
        assert_eq!(put.status, 200, "{dialect:?}: {}", put.text);
        assert_eq!((&put.json()["id"], &put.json()["meta"]), (&before["id"], &before["meta"]), "{dialect:?}");
        assert_eq!(put.json().get("groups"), None, "{dialect:?}");
    }
    let id = json!([{ "op": "replace", "path": "id", "value": "another" }]);
    assert_error(&endpoint.public.patch(&path, &id).await, 400, Some("mutability"));
}

#[tokio::test]
async fn i6_18_what_is_required_cannot_be_removed() {
    let (mut endpoint, user) = one_user().await;
    let group = at("Groups", &endpoint.group("Designers", &[]).await);
    for dialect in Dialect::ALL {
        speak(&mut endpoint, dialect).await;
        for (path, name) in [(&user, "userName"), (&group, "displayName")] {
            let remove = json!([{ "op": "remove", "path": name }]);
            assert_error(&endpoint.public.patch(path, &remove).await, 400, Some("mutability"));
            assert!(endpoint.public.get(path).await.json()[name].is_string(), "{dialect:?}: {name} is still there");
        }
    }
}

#[tokio::test]
async fn i6_19_bulk_over_its_limit_is_413_where_there_is_bulk() {
    let endpoint = speaking(Dialect::Auto).await;
    let config = endpoint.public.get("/scim/v2/ServiceProviderConfig").await.json();
    let limit = config["bulk"]["maxOperations"].as_u64().expect("a number");
    let one = |n: u64| json!({ "method": "POST", "path": "/Users", "bulkId": n.to_string(), "data": {} });
    let schemas = ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"];
    let request = json!({ "schemas": schemas, "Operations": (0..=limit).map(one).collect::<Vec<Value>>() });
    let reply = endpoint.public.post("/scim/v2/Bulk", &request).await;
    let expected = if config["bulk"]["supported"] == true { 413 } else { 501 };
    assert_eq!((limit > 0, reply.status), (expected == 413, expected), "{}", reply.text);
}

#[tokio::test]
async fn i6_20_what_is_made_says_where_it_is() {
    let endpoint = speaking(Dialect::Auto).await;
    let group = json!({ "schemas": [super::GROUP], "displayName": "Designers" });
    for (kind, body) in [("Users", user_body("ana@example.com")), ("Groups", group)] {
        let made = endpoint.public.post(&format!("/scim/v2/{kind}"), &body).await;
        let location = made.header("location");
        assert_eq!((made.status, made.json()["meta"]["location"].as_str()), (201, Some(location)));
        let id = made.json()["id"].as_str().unwrap().to_owned();
        assert_eq!(location, format!("{}/{kind}/{id}", crate::support::endpoint::BASE_URL));
        assert_eq!(endpoint.public.get(&at(kind, &id)).await.json()["id"], id);
    }
}

#[tokio::test]
async fn i6_21_schemas_and_id_are_in_every_answer() {
    let (mut endpoint, path) = one_user().await;
    for dialect in Dialect::ALL {
        speak(&mut endpoint, dialect).await;
        for query in ["attributes=userName", "excludedAttributes=id,schemas", "attributes=id"] {
            let one = endpoint.public.get(&format!("{path}?{query}")).await.json();
            let list = endpoint.public.get(&format!("/scim/v2/Users?{query}")).await.json();
            for user in [&one, &list["Resources"][0]] {
                assert!(user["id"].is_string(), "{dialect:?} {query}: {user}");
                assert_eq!(user["schemas"], json!([USER]), "{dialect:?} {query}");
            }
        }
    }
}
