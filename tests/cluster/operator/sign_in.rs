//! A directory whose people sign in, in a cluster that has no identity provider: SCIM goes on, and who is to know is
//! told what is missing.

use super::world::{SOON, STARTED, World, user};
use crate::support::wait::until;
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::Secret;
use k8s_openapi::api::networking::v1::NetworkPolicy;
use scim_operator::api::ScimDirectory;
use serde_json::{Value, json};

/// Nobody answers there, and that is known at once.
const ISSUER: &str = "https://127.0.0.1:1";
/// What is in no object but its Secret.
const CLIENT_SECRET: &str = "dGhlIGNsaWVudCBzZWNyZXQ";

/// People sign in at a provider that does not answer, with these further fields of `oidc`.
fn sign_in(more: Value) -> Value {
    let mut oidc =
        json!({"issuer": ISSUER, "clientId": "acme", "subject": {"claim": "sub", "attribute": "externalId"}});
    for (key, value) in more.as_object().cloned().unwrap_or_default() {
        oidc[key] = value;
    }
    json!({"sso": {"oidc": oidc}})
}

#[tokio::test]
async fn b002_b004_a_directory_whose_provider_does_not_answer_is_ready_and_says_that_nobody_can_sign_in() {
    let Some(world) = World::start("b002 sign-in", "sign-in").await else { return };
    world.directory("acme", sign_in(Value::Null)).await;
    world.reads::<ScimDirectory>("acme", "SSOReady", "False SSOConnectionMissing").await;
    let message = world.message::<ScimDirectory>("acme", "SSOReady").await;
    assert!(message.contains(&format!("{ISSUER} does not answer")), "the issuer is named: {message}");
    assert_eq!(world.condition::<ScimDirectory>("acme", "Ready").await, "True Published");
    until("it is told in an Event", SOON, async || {
        world.events("acme", "SSOConnectionMissing").await.contains(&"Warning".to_owned()).then_some(())
    })
    .await;
    let provider = world.provider().await;
    let ann = provider.post("/scim/v2/Users", user("ann")).await;
    assert_eq!(ann["active"], true, "people are provisioned all the same");
    let policy = world.get::<NetworkPolicy>("acme-endpoint").await;
    assert!(policy["spec"]["egress"].is_array(), "the provider may be called: {policy}");
    world.patch::<ScimDirectory>("acme", json!({"spec": {"sso": {"oidc": null, "none": {}}}})).await;
    world.reads::<ScimDirectory>("acme", "SSOReady", "absent").await;
    world.end().await;
}

#[tokio::test]
async fn b004_a_client_secret_that_is_missing_or_not_labelled_stops_sign_in_alone_and_is_mounted_once_it_is_labelled() {
    let Some(world) = World::start("b004 client secret", "client-secret").await else { return };
    let named = sign_in(json!({"clientSecretRef": {"name": "login"}}));
    world.directory("acme", named).await;
    told(&world, "the Secret \"login\" is not in this namespace").await;
    world.create::<Secret>(json!({"metadata": {"name": "login"}, "stringData": {"clientSecret": CLIENT_SECRET}})).await;
    told(&world, "does not say that it is for this directory").await;
    assert_eq!(world.condition::<ScimDirectory>("acme", "Ready").await, "True Published");
    assert!(!mounts(&world).await, "a Secret without the label is not mounted");
    let label = json!({"metadata": {"labels": {"scim-operator.dev/directory": "acme"}}});
    world.patch::<Secret>("login", label).await;
    until("it is mounted", SOON, async || mounts(&world).await.then_some(())).await;
    told(&world, &format!("{ISSUER} does not answer")).await;
    world.reads::<ScimDirectory>("acme", "Ready", "True Published").await;
    for text in [world.get::<Deployment>("acme-endpoint").await, world.get::<ScimDirectory>("acme").await] {
        assert!(!text.to_string().contains(CLIENT_SECRET), "what is in the Secret is in no other object");
    }
    world.end().await;
}

/// Waits until `SSOReady` says this; a pod may have to start for it.
async fn told(world: &World, words: &str) {
    until(&format!("SSOReady says {words:?}"), STARTED, async || {
        world.message::<ScimDirectory>("acme", "SSOReady").await.contains(words).then_some(())
    })
    .await;
    assert_eq!(world.condition::<ScimDirectory>("acme", "SSOReady").await, "False SSOConnectionMissing");
}

/// Whether the endpoint's pods have the client secret.
async fn mounts(world: &World) -> bool {
    let deployment = world.get::<Deployment>("acme-endpoint").await;
    let volumes = deployment["spec"]["template"]["spec"]["volumes"].as_array().cloned().unwrap_or_default();
    volumes.iter().any(|volume| volume["secret"]["secretName"] == "login")
}
