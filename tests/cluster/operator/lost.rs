//! A volume that is lost: its directory does not take the empty store in its place for an empty organisation (C009).

use super::world::{STARTED, World, text, user};
use crate::support::http::Caller;
use crate::support::wait::{throughout, until};
use k8s_openapi::api::core::v1::{PersistentVolumeClaim, Pod};
use kube::api::ListParams;
use scim_operator::api::ScimDirectory;
use serde_json::{Value, json};
use std::time::Duration;

const ACCEPT: &str = "scim-operator.dev/accept-store";

#[tokio::test]
async fn c009_a_lost_volume_is_503_and_store_changed_until_a_person_accepts_the_new_store() {
    let Some(world) = World::start("c009 lost", "lost").await else { return };
    world.directory("acme", Value::Null).await;
    world.provider().await.post("/scim/v2/Users", user("ann")).await;
    let (key, known) = (world.key("acme").await, store(&world).await);
    let reader = world.application().await;
    assert_eq!(reader.get("/access/v1/users/ann@example.com").await.0, 200);
    let reader = world.key("reader").await;
    lose_the_volume(&world).await;

    until("the directory says that its store is another one", STARTED, async || {
        let stalled = world.condition::<ScimDirectory>("acme", "Stalled").await;
        (stalled == "True StoreChanged").then_some(())
    })
    .await;
    let message = world.message::<ScimDirectory>("acme", "Stalled").await;
    let found = message.rsplit(' ').next().unwrap().to_owned();
    assert!(message.contains(&known) && message.ends_with(&format!("{ACCEPT}: {found}")), "{message}");
    assert_ne!(found, known);
    let pod = the_pod(&world).await;
    let provider = Caller::new(format!("http://{pod}:8080")).with_token(&key);
    let application = Caller::new(format!("http://{pod}:8081")).with_token(&reader);
    let closed = async || {
        let users = provider.get("/scim/v2/Users").await.0;
        let access = application.get("/access/v1/users").await.0;
        (users, access) == (503, 503)
    };
    throughout("no empty organisation is shown", Duration::from_secs(3), closed).await;
    assert_eq!(store(&world).await, known, "it is not forgotten");

    world.patch::<ScimDirectory>("acme", json!({"metadata": {"annotations": {ACCEPT: "another"}}})).await;
    let still = async || world.condition::<ScimDirectory>("acme", "Stalled").await == "True StoreChanged";
    throughout("another id accepts nothing", Duration::from_secs(2), still).await;
    world.patch::<ScimDirectory>("acme", json!({"metadata": {"annotations": {ACCEPT: found}}})).await;
    world.reads::<ScimDirectory>("acme", "Ready", "True Published").await;
    assert_eq!(store(&world).await, found);
    let provider = world.provider().await.with_token(&key);
    assert_eq!(provider.get("/scim/v2/Users").await.1["totalResults"], json!(0), "the same key, and nobody in it");
    provider.post("/scim/v2/Users", user("ann")).await;
    world.end().await;
}

/// `status.storeId`.
async fn store(world: &World) -> String {
    text(&world.get::<ScimDirectory>("acme").await["status"]["storeId"]).to_owned()
}

/// Takes the volume away while the endpoint does not run, and has everything made again.
async fn lose_the_volume(world: &World) {
    world.patch::<ScimDirectory>("acme", json!({"spec": {"suspend": true}})).await;
    world.reads::<ScimDirectory>("acme", "Ready", "True Suspended").await;
    let namespace = format!("--namespace={}", world.namespace);
    let scale = [namespace.as_str(), "scale", "deployment", "acme-endpoint", "--replicas=0"];
    assert!(world.cluster.kubectl(&scale, "").await.ok);
    until("the endpoint is gone", STARTED, async || world.names::<Pod>().await.is_empty().then_some(())).await;
    world.delete::<PersistentVolumeClaim>("acme-endpoint-data").await;
    until("the volume is gone", STARTED, async || {
        world.names::<PersistentVolumeClaim>().await.is_empty().then_some(())
    })
    .await;
    world.patch::<ScimDirectory>("acme", json!({"spec": {"suspend": false}})).await;
}

/// The address of the only pod; it is not ready.
async fn the_pod(world: &World) -> String {
    until("the pod has an address", STARTED, async || {
        let pods = world.api::<Pod>().list(&ListParams::default()).await.unwrap();
        pods.items.first()?.status.as_ref()?.pod_ip.clone()
    })
    .await
}
