//! The authority of the admin API: replaced when a person asks for it. What waits ten minutes is tested beside the
//! code, with the time as a value; here its first step reaches a real endpoint, and the operator is let in.

use super::world::{SOON, STARTED, World};
use crate::support::wait::until;
use k8s_openapi::api::core::v1::Secret;
use scim_operator::api::{ScimDirectory, UserManagementRule};
use serde_json::{Value, json};

#[tokio::test]
async fn the_authority_of_the_admin_api_is_replaced_when_asked_and_nothing_stands_still_meanwhile() {
    let Some(world) = World::start("authority", "authority").await else { return };
    world.directory("acme", Value::Null).await;
    let trusted = async || certificates(&world, "acme-endpoint-admin-tls", "ca.crt").await;
    assert_eq!(trusted().await, 1);
    world
        .patch::<Secret>("scim-operator-ca", json!({"metadata": {"annotations": {"scim-operator.dev/rotate-ca": "1"}}}))
        .await;
    until("the endpoint's Secret has the old and the new authority", STARTED, async || {
        (trusted().await == 2).then_some(())
    })
    .await;
    assert_eq!(certificates(&world, "scim-operator-ca", "next.crt").await, 1, "the next one is kept before it is used");
    until("it is known since when", STARTED, async || {
        let kept = world.get::<Secret>("scim-operator-ca").await;
        kept["metadata"]["annotations"]["scim-operator.dev/in-place-since"].as_str().map(|_| ())
    })
    .await;
    // What is published now goes by the operator's new identity.
    world.rule("hr", "HR", "Designer").await;
    until("an edit is in force", SOON, async || {
        let rule = world.get::<UserManagementRule>("hr").await;
        (!rule["status"]["ruleHash"].is_null()).then_some(())
    })
    .await;
    world.reads::<ScimDirectory>("acme", "Ready", "True Published").await;
    world.end().await;
}

/// How many certificates are in a Secret.
async fn certificates(world: &World, secret: &str, key: &str) -> usize {
    let secret = world.api::<Secret>().get(secret).await.unwrap();
    let bytes = secret.data.unwrap_or_default().remove(key).unwrap_or_default().0;
    String::from_utf8(bytes).unwrap().matches("BEGIN CERTIFICATE").count()
}
