//! A restart with nothing to do, counted at the API server's door and not by what the operator says of itself.

use super::behind::{self, Behind};
use super::world::{SOON, STARTED, World, directory, group, join, role, user};
use crate::support::api_proxy::Write;
use crate::support::wait::{throughout, until};
use k8s_openapi::api::core::v1::Service;
use scim_operator::api::{ScimAccessToken, ScimDirectory, UserManagementRule};
use serde_json::{Value, json};
use std::time::Duration;

/// A label of every child, by which nobody looks for one.
const LABEL: &str = "app.kubernetes.io/part-of";

#[tokio::test]
async fn b064_a_start_after_a_kill_with_nothing_to_do_is_no_write_but_the_lease() {
    let Some(world) = World::without_operator("b064 requests", "requests").await else { return };
    let behind = Behind::of(&[&world]).await;
    let first = behind.start();
    converge(&world).await;
    assert!(!behind.writes_since(0).is_empty(), "what is written is counted");
    behind.quiet().await;

    behind::kill(first, &world).await;
    let before = behind.proxy.writes().len();
    let second = behind.start();
    behind::looked_at_everything(&second, &world).await;
    let nothing = async || {
        let written = behind.writes_since(before);
        assert_eq!(shown(&written), Vec::<String>::new());
        true
    };
    throughout("nothing is written", Duration::from_secs(4), nothing).await;
    assert!(behind.proxy.writes().len() > before, "but the Lease: it is the one that leads");

    // One thing to do is one write.
    behind::kill(second, &world).await;
    world.patch::<Service>("acme-scim", json!({"metadata": {"labels": {LABEL: "somebody"}}})).await;
    let before = behind.proxy.writes().len();
    let third = behind.start();
    behind::looked_at_everything(&third, &world).await;
    until("the label is put right", SOON, async || {
        let service = world.get::<Service>("acme-scim").await;
        (service["metadata"]["labels"][LABEL] == "scim-operator").then_some(())
    })
    .await;
    let put_right = format!("PATCH /api/v1/namespaces/{}/services/acme-scim 200", world.namespace);
    assert_eq!(shown(&behind.writes_since(before)), [put_right]);
    behind::kill(third, &world).await;
    world.cluster.remove(&world.namespace).await;
}

/// A directory with a rule and somebody whom it gives a role, all of which is told: that a token is used now, too,
/// which the next operator would tell otherwise.
async fn converge(world: &World) {
    world.create::<ScimDirectory>(directory("acme", Value::Null)).await;
    world.reads::<ScimDirectory>("acme", "Ready", "True Published").await;
    let (provider, application) = (world.provider().await, world.application().await);
    assert_eq!(application.get("/access/v1/users").await.0, 200);
    let hr = provider.post("/scim/v2/Groups", group("HR")).await;
    let ann = provider.post("/scim/v2/Users", user("ann")).await;
    world.rule("hr", "HR", "Designer").await;
    world.reads::<UserManagementRule>("hr", "Ready", "True Published").await;
    join(&provider, &hr, &ann).await;
    assert_eq!(role(&application, "ann").await.as_deref(), Some("Designer"));
    for token in ["acme", "reader"] {
        until(&format!("the use of {token} is told"), STARTED, async || {
            world.get::<ScimAccessToken>(token).await["status"]["lastUsedAt"].is_string().then_some(())
        })
        .await;
    }
}

fn shown(writes: &[Write]) -> Vec<String> {
    writes.iter().map(ToString::to_string).collect()
}
