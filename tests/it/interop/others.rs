//! OneLogin, Okta's pushes through gateways, JumpCloud, PingOne and SailPoint, each in its dialect or in `Auto`.

use super::{ENTERPRISE, USER, at, exchanged, found, members, speaking};
use crate::support::endpoint::{Endpoint, user_body};
use crate::support::reply::finish;
use scim_operator::scim::Dialect;
use serde_json::{Value, json};

/// In the provider's own dialect, and in the one that takes everybody's shapes.
async fn in_both(name: &str, own: Dialect) {
    exchanged(name, own).await;
    exchanged(name, Dialect::Auto).await;
}

#[tokio::test]
async fn i4_01_onelogin_has_older_urns_no_agent_and_loose_ends() {
    for name in ["create-user", "lookup", "group-by-patch"] {
        in_both(&format!("onelogin/{name}.json"), Dialect::OneLogin).await;
    }
    let endpoint = speaking(Dialect::OneLogin).await;
    let id = endpoint.user("ana@example.com").await;
    let path = at("Users", &id);
    for url in [format!("{path}?"), format!("{path}?&"), "/scim/v2/Users?count=1&".to_owned()] {
        let reply = finish(endpoint.public.request("GET", &url).header("user-agent", "")).await;
        assert_eq!(reply.status, 200, "{url}: {}", reply.text);
    }
}

#[tokio::test]
async fn i4_02_an_extension_may_be_named_and_have_no_part() {
    in_both("okta/extension-urn-without-part.json", Dialect::Okta).await;
    let endpoint = speaking(Dialect::Auto).await;
    let mut ana = user_body("ana@example.com");
    ana["schemas"] = json!([USER, ENTERPRISE]);
    let made = endpoint.public.post("/scim/v2/Users", &ana).await;
    assert_eq!((made.status, &made.json()["schemas"]), (201, &json!([USER])), "what it has no part of is not named");
}

#[tokio::test]
async fn i4_03_jumpcloud_makes_and_deletes_its_test_user_and_puts_the_whole() {
    for name in ["connection-test", "put-whole"] {
        in_both(&format!("jumpcloud/{name}.json"), Dialect::JumpCloud).await;
    }
}

#[tokio::test]
async fn i4_04_pingone_looks_up_by_address_and_sends_members() {
    for name in ["lookup-by-address", "post-with-members", "put-with-members"] {
        in_both(&format!("pingone/{name}.json"), Dialect::PingOne).await;
    }
    let endpoint = speaking(Dialect::PingOne).await;
    let user = endpoint.user("ana@example.com").await;
    let put = json!({ "schemas": [super::GROUP], "displayName": "Makers", "members": [{ "value": user }] });
    let group = endpoint.group("Makers", &[]).await;
    assert_eq!(endpoint.public.json("PUT", &at("Groups", &group), &put).await.status, 200);
    assert_eq!(members(&endpoint, &group).await, [user]);
}

async fn patched(endpoint: &Endpoint, id: &str, message: &Value) -> Value {
    let reply = endpoint.public.json("PATCH", &at("Users", id), message).await;
    assert_eq!(reply.status, 200, "{message}: {}", reply.text);
    reply.json()
}

#[tokio::test]
async fn i4_06_sailpoint_leaves_out_and_adds() {
    let endpoint = speaking(Dialect::Auto).await;
    let id = endpoint.user("ana@example.com").await;
    let bare = json!({ "Operations": [{ "op": "replace", "path": "title", "value": "Lead" }] });
    assert_eq!(patched(&endpoint, &id, &bare).await["title"], "Lead", "no `schemas`");
    let extra = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
        "Operations": [{ "op": "add", "path": "nickName", "value": "Ann", "operation": "Add" }],
        "requestId": 7,
    });
    assert_eq!(patched(&endpoint, &id, &extra).await["nickName"], "Ann", "members that nobody knows");
    assert_eq!(found(&endpoint, "Users", r#"nickName eq "Ann""#).await.len(), 1);
}
