//! What an endpoint says of itself, and what it does with requests for more. RFC 7644 §4.

use super::{assert_error, speaking, with};
use scim_operator::scim::Dialect;
use serde_json::{Value, json};

const LISTS: [&str; 2] = ["/scim/v2/Schemas", "/scim/v2/ResourceTypes"];
const CONFIG: &str = "/scim/v2/ServiceProviderConfig";

#[tokio::test]
async fn i6_03_a_filter_is_forbidden_on_the_lists_and_passed_over_on_the_configuration() {
    let endpoint = speaking(Dialect::Auto).await;
    for list in LISTS {
        assert_error(&endpoint.public.get(&format!("{list}?filter=id%20eq%20%22x%22")).await, 403, None);
        let plain = endpoint.public.get(list).await;
        let queried = endpoint.public.get(&format!("{list}?sortBy=id&startIndex=999&count=0")).await;
        assert_eq!((queried.status, queried.json()), (200, plain.json()), "{list}: paging and sorting are passed over");
    }
    let queried = endpoint.public.get(&format!("{CONFIG}?filter=invalid&sortBy=id&startIndex=999")).await;
    assert_eq!((queried.status, queried.json()), (200, endpoint.public.get(CONFIG).await.json()));
}

#[tokio::test]
async fn i6_16_discovery_is_read_only() {
    let endpoint = speaking(Dialect::Auto).await;
    for path in [LISTS[0], LISTS[1], CONFIG, "/scim/v2/Schemas/urn:ietf:params:scim:schemas:core:2.0:User"] {
        for method in ["POST", "PUT", "PATCH", "DELETE"] {
            let reply = endpoint.public.json(method, path, &json!({})).await;
            assert_error(&reply, 405, None);
            let allowed: Vec<&str> = reply.header("allow").split(',').map(str::trim).collect();
            assert!(allowed.contains(&"GET") && !allowed.contains(&method), "{method} {path}: {allowed:?}");
        }
    }
}

#[tokio::test]
async fn the_configuration_tells_of_versions() {
    let endpoint = speaking(Dialect::Auto).await;
    assert_eq!(endpoint.public.get(CONFIG).await.json()["etag"]["supported"], true);
}

#[tokio::test]
async fn me_is_not_served_and_says_so() {
    let endpoint = speaking(Dialect::Auto).await;
    for method in ["GET", "PUT", "PATCH", "DELETE"] {
        assert_error(&endpoint.public.json(method, "/scim/v2/Me", &json!({})).await, 501, None);
    }
}

#[tokio::test]
async fn b110_without_groups_there_are_users_only() {
    let endpoint = with(json!({ "serveGroups": false })).await;
    let user = endpoint.user("ana@example.com").await;
    for (method, path) in [
        ("GET", "/scim/v2/Groups".to_owned()),
        ("POST", "/scim/v2/Groups".to_owned()),
        ("GET", super::at("Groups", &user)),
        ("PUT", super::at("Groups", &user)),
        ("PATCH", super::at("Groups", &user)),
        ("DELETE", super::at("Groups", &user)),
    ] {
        assert_error(&endpoint.public.json(method, &path, &json!({})).await, 501, None);
    }
    let types = endpoint.public.get(LISTS[1]).await.json();
    let names: Vec<Value> = types["Resources"].as_array().unwrap().iter().map(|kind| kind["name"].clone()).collect();
    assert_eq!(names, [json!("User")]);
    let schemas = endpoint.public.get(LISTS[0]).await.json();
    let ids: Vec<&str> = schemas["Resources"].as_array().unwrap().iter().map(|s| s["id"].as_str().unwrap()).collect();
    assert!(ids.contains(&super::USER) && !ids.contains(&super::GROUP), "{ids:?}");
    assert_eq!(endpoint.public.get("/scim/v2/Users").await.json()["totalResults"], 1, "users are served on");
}
