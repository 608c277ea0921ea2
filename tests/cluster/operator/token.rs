//! ScimAccessToken: issued once, limited, rotated, revoked.

use super::world::{SOON, World};
use crate::support::wait::{until, within};
use k8s_openapi::api::core::v1::Secret;
use scim_operator::api::ScimAccessToken;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// How long a revoked token may still be let in.
const REVOKED_WITHIN: Duration = Duration::from_secs(1);

/// What a second token of one holder says of itself.
const TAKEN: &str = "spec.issuedTo: \"entra\" holds the active token \"first\" of the directory \"acme\": delete that \
    one, or write another issuedTo in a new token";

#[tokio::test]
async fn b117_b126_b127_one_active_token_per_holder_and_revoking_makes_room() {
    let Some(world) = World::start("b117", "limit").await else { return };
    world.directory("acme", Value::Null).await;
    world.token("first", "Scim", "entra").await;
    world.reads::<ScimAccessToken>("first", "Ready", "True Active").await;
    world.token("second", "Scim", "entra").await;
    world.reads::<ScimAccessToken>("second", "Accepted", "False TokenLimit").await;
    assert_eq!(world.message::<ScimAccessToken>("second", "Accepted").await, TAKEN);
    assert!(world.get::<Secret>("second-scim-api-key").await.is_null());
    let public = world.caller("acme-scim").await;
    let first = public.with_token(&world.key("first").await);
    assert_eq!(first.get("/scim/v2/Users").await.0, 200);

    world.delete::<ScimAccessToken>("first").await;
    until("the revoked token is refused", SOON, async || (first.get("/scim/v2/Users").await.0 == 401).then_some(()))
        .await;
    world.reads::<ScimAccessToken>("second", "Ready", "True Active").await;
    assert_eq!(public.with_token(&world.key("second").await).get("/scim/v2/Users").await.0, 200);
    world.end().await;
}

#[tokio::test]
async fn b127_a_revoked_token_is_refused_within_a_second() {
    let Some(world) = World::start("b127", "revoked").await else { return };
    world.directory("acme", Value::Null).await;
    let mut made = 0;
    within("B127: a deleted token is refused", REVOKED_WITHIN, async || {
        made += 1;
        let name = format!("token-{made}");
        world.token(&name, "Scim", &name).await;
        world.reads::<ScimAccessToken>(&name, "Ready", "True Active").await;
        let caller = world.caller("acme-scim").await.with_token(&world.key(&name).await);
        assert_eq!(caller.get("/scim/v2/Users").await.0, 200);
        world.delete::<ScimAccessToken>(&name).await;
        let revoked = Instant::now();
        until("it is refused", SOON, async || (caller.get("/scim/v2/Users").await.0 == 401).then_some(())).await;
        revoked.elapsed()
    })
    .await;
    world.end().await;
}

#[tokio::test]
async fn b123_b128_deleting_only_the_secret_revokes_nothing_and_never_makes_the_value_again() {
    let Some(mut world) = World::start("b128", "secret").await else { return };
    world.directory("acme", Value::Null).await;
    let application = world.application().await;
    world.delete::<Secret>("reader-scim-api-key").await;
    world.reads::<ScimAccessToken>("reader", "Ready", "True NotRetrievable").await;
    world.restart_operator().await;
    assert!(world.get::<Secret>("reader-scim-api-key").await.is_null());
    assert_eq!(application.get("/access/v1/users").await.0, 200, "the service goes on");
    // Nor does it hurt to lose the hashes: what is in force still knows them.
    world.delete::<Secret>("acme-token-verifiers").await;
    until("the verifiers are back", SOON, async || {
        let file = world.get::<Secret>("acme-token-verifiers").await;
        (!file.is_null()).then_some(())
    })
    .await;
    assert_eq!(application.get("/access/v1/users").await.0, 200);
    assert_eq!(world.provider().await.get("/scim/v2/Users").await.0, 200);
    world.end().await;
}

#[tokio::test]
async fn b119_the_directorys_own_token_is_made_again_with_another_value() {
    let Some(world) = World::start("b119", "own").await else { return };
    world.directory("acme", Value::Null).await;
    let old = world.provider().await;
    let id = world.get::<ScimAccessToken>("acme").await["status"]["tokenId"].clone();
    world.delete::<ScimAccessToken>("acme").await;
    until("another token is active", SOON, async || {
        let status = world.get::<ScimAccessToken>("acme").await["status"].clone();
        (status["state"] == "Active" && status["tokenId"] != id).then_some(())
    })
    .await;
    assert_eq!(old.get("/scim/v2/Users").await.0, 401);
    assert_eq!(world.provider().await.get("/scim/v2/Users").await.0, 200);
    world.end().await;
}

#[tokio::test]
async fn b116_b122_a_token_is_for_one_directory_and_one_door() {
    let Some(world) = World::start("b116", "doors").await else { return };
    world.directory("acme", Value::Null).await;
    world.directory("other", Value::Null).await;
    let other = world.caller("other-scim").await;
    assert_eq!(other.with_token(&world.key("other").await).get("/scim/v2/Users").await.0, 200);
    assert_eq!(other.with_token(&world.key("acme").await).get("/scim/v2/Users").await.0, 401, "B116");
    let access = world.caller("acme-access").await;
    assert_eq!(access.with_token(&world.key("acme").await).get("/access/v1/users").await.0, 403, "B122");
    world.end().await;
}

#[tokio::test]
async fn b125_a_token_that_has_ended_is_refused_and_stands_in_nobodys_way() {
    let Some(world) = World::start("b125", "expiry").await else { return };
    world.directory("acme", Value::Null).await;
    let spec = json!({
        "directoryRef": {"name": "acme"}, "description": "short", "scope": "Scim", "issuedTo": "entra",
        "validity": "6s",
    });
    world.create::<ScimAccessToken>(json!({"metadata": {"name": "short"}, "spec": spec})).await;
    let short = world.caller("acme-scim").await.with_token(&world.key("short").await);
    until("it works", SOON, async || (short.get("/scim/v2/Users").await.0 == 200).then_some(())).await;
    until("it has ended", SOON, async || (short.get("/scim/v2/Users").await.0 == 401).then_some(())).await;
    world.reads::<ScimAccessToken>("short", "Ready", "False Expired").await;
    world.token("next", "Scim", "entra").await;
    world.reads::<ScimAccessToken>("next", "Ready", "True Active").await;
    world.end().await;
}
