//! Statuses that somebody wiped: the operator remembers nothing in them that it needs.

use super::world::{STARTED, World, group, join, role, user};
use crate::support::http::Caller;
use crate::support::wait::until;
use kube::Resource;
use kube::api::{Patch, PatchParams};
use kube::core::NamespaceResourceScope;
use scim_operator::api::{ScimAccessToken, ScimDirectory, UserManagementRule};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::fmt::Debug;

/// Wipes the status of an object.
async fn wipe<K>(world: &World, name: &str)
where
    K: Resource<DynamicType = (), Scope = NamespaceResourceScope> + DeserializeOwned + Clone + Debug,
{
    let nothing = Patch::Merge(json!({"status": null}));
    world.api::<K>().patch_status(name, &PatchParams::default(), &nothing).await.unwrap();
}

/// What must be in the statuses again: the store, and which value each token has.
async fn remembered(world: &World) -> [Value; 3] {
    let directory = world.get::<ScimDirectory>("acme").await["status"]["storeId"].clone();
    let [own, reader] = ["acme", "reader"]
        .map(|token| async move { world.get::<ScimAccessToken>(token).await["status"]["tokenId"].clone() });
    [directory, own.await, reader.await]
}

/// Fails when somebody is turned away, or has lost something.
async fn goes_on(provider: &Caller, application: &Caller) {
    assert_eq!(provider.get("/scim/v2/Users").await.0, 200, "the provider is let in");
    assert_eq!(role(application, "ann").await.as_deref(), Some("Designer"), "ann has what she had");
}

#[tokio::test]
async fn c009_c010_wiped_statuses_are_written_again_and_nobody_loses_anything() {
    let Some(mut world) = World::start("c010 wiped", "wiped").await else { return };
    world.directory("acme", Value::Null).await;
    let (provider, application) = (world.provider().await, world.application().await);
    world.rule("hr", "HR", "Designer").await;
    let (hr, ann) =
        (provider.post("/scim/v2/Groups", group("HR")).await, provider.post("/scim/v2/Users", user("ann")).await);
    join(&provider, &hr, &ann).await;
    until("the rule gives ann what it says", STARTED, async || {
        (role(&application, "ann").await.as_deref() == Some("Designer")).then_some(())
    })
    .await;
    world.reads::<UserManagementRule>("hr", "InSync", "True UpToDate").await;
    let (before, key, runs) = (remembered(&world).await, world.key("acme").await, world.runs().await);
    assert!(before.iter().all(Value::is_string), "{before:?}");

    // Once beside the operator, once while it is away.
    for away in [false, true] {
        if away {
            world.stop_operator().await;
        }
        wipe::<ScimDirectory>(&world, "acme").await;
        wipe::<ScimAccessToken>(&world, "acme").await;
        wipe::<ScimAccessToken>(&world, "reader").await;
        wipe::<UserManagementRule>(&world, "hr").await;
        if away {
            assert!(remembered(&world).await.iter().all(Value::is_null), "nothing is left in them");
            world.start_operator().await;
        }
        until("the statuses are written again", STARTED, async || {
            goes_on(&provider, &application).await;
            (remembered(&world).await == before).then_some(())
        })
        .await;
        world.reads::<ScimDirectory>("acme", "Ready", "True Published").await;
        world.reads::<ScimAccessToken>("reader", "Ready", "True Active").await;
        world.reads::<UserManagementRule>("hr", "InSync", "True UpToDate").await;
        goes_on(&provider, &application).await;
        assert_eq!((&world.key("acme").await, &world.runs().await), (&key, &runs), "no key and no run is made");
    }
    world.end().await;
}
