//! What a directory may choose beside its dialect: what DELETE does, how large a body may be; and groups in full.

use super::{assert_error, at, found, members, speaking, with};
use crate::support::endpoint::user_body;
use scim_operator::scim::Dialect;
use serde_json::json;

#[tokio::test]
async fn b106_with_disable_a_deleted_user_stays_and_is_inactive() {
    let endpoint = with(json!({ "onUserDelete": "Disable" })).await;
    let user = endpoint.user("ana@example.com").await;
    let group = endpoint.group("Designers", &[&user]).await;
    for time in ["once", "twice"] {
        assert_eq!(endpoint.public.delete(&at("Users", &user)).await.status, 204, "{time}");
        let kept = endpoint.public.get(&at("Users", &user)).await;
        assert_eq!((kept.status, &kept.json()["active"]), (200, &json!(false)), "{time}");
    }
    assert_eq!(found(&endpoint, "Users", r#"userName eq "ana@example.com""#).await.len(), 1);
    assert_error(&endpoint.public.post("/scim/v2/Users", &user_body("ana@example.com")).await, 409, Some("uniqueness"));
    assert_eq!(endpoint.public.delete(&at("Groups", &group)).await.status, 204);
    assert_error(&endpoint.public.get(&at("Groups", &group)).await, 404, None);
}

#[tokio::test]
async fn without_a_choice_a_deleted_user_is_gone() {
    let endpoint = speaking(Dialect::Auto).await;
    let user = at("Users", &endpoint.user("ana@example.com").await);
    assert_eq!(endpoint.public.delete(&user).await.status, 204);
    assert_error(&endpoint.public.get(&user).await, 404, None);
}

#[tokio::test]
async fn a_body_above_the_chosen_size_is_413() {
    let endpoint = with(json!({ "maxBodyBytes": { "users": 16_384, "groups": 32_768 } })).await;
    let user = |bytes: usize| {
        let mut body = user_body("ana@example.com");
        body["title"] = json!("x".repeat(bytes));
        body
    };
    let group =
        |bytes: usize| json!({ "schemas": [super::GROUP], "displayName": "Designers", "unknown": "x".repeat(bytes) });
    assert_error(&endpoint.public.post("/scim/v2/Users", &user(16_384)).await, 413, None);
    assert_eq!(endpoint.public.post("/scim/v2/Users", &user(12_000)).await.status, 201);
    assert_error(&endpoint.public.post("/scim/v2/Groups", &group(32_768)).await, 413, None);
    assert_eq!(endpoint.public.post("/scim/v2/Groups", &group(20_000)).await.status, 201, "more than a user may have");
}

#[tokio::test]
async fn a_group_that_is_made_or_replaced_is_answered_with_its_members() {
    for dialect in Dialect::ALL {
        let endpoint = speaking(dialect).await;
        let user = endpoint.user("ana@example.com").await;
        let body = json!({ "schemas": [super::GROUP], "displayName": "Designers", "members": [{ "value": user }] });
        let made = endpoint.public.post("/scim/v2/Groups", &body).await;
        assert_eq!((made.status, &made.json()["members"][0]["value"]), (201, &json!(user)), "{dialect:?}");
        let group = made.json()["id"].as_str().unwrap().to_owned();
        let put = endpoint.public.json("PUT", &at("Groups", &group), &body).await;
        assert_eq!((put.status, &put.json()["members"][0]["value"]), (200, &json!(user)), "{dialect:?}");
        let path = format!("{}?excludedAttributes=members", at("Groups", &group));
        let without = endpoint.public.json("PUT", &path, &body).await;
        assert_eq!((without.status, without.json().get("members")), (200, None), "{dialect:?}");
        assert_eq!(members(&endpoint, &group).await, [user], "{dialect:?}");
    }
}
