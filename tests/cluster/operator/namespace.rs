//! C010: a namespace that is deleted with everything in it. It ends, nobody in it loses anything for as long as its
//! endpoint answers, nothing is made in it any more, and directories elsewhere notice nothing.

use super::behind::{Behind, counter};
use super::world::{SOON, STARTED, World, directory, group, join, role, user};
use crate::support::api_proxy::Write;
use crate::support::http::Caller;
use crate::support::program::Program;
use crate::support::wait::{throughout, until};
use k8s_openapi::api::core::v1::Namespace;
use kube::Api;
use scim_operator::api::{ScimDirectory, UserManagementRule};
use serde_json::{Value, json};
use std::time::Duration;

/// How often the operator may write, fail or complain because of one namespace that goes: something of each object that
/// it has seen go, and nothing for ever. There are twenty objects or so.
const ENOUGH: usize = 40;

/// A directory with a rule and a member of its group.
struct Scene {
    provider: Caller,
    application: Caller,
    hr: Value,
    ann: Value,
}

impl Scene {
    async fn set(world: &World) -> Self {
        world.create::<ScimDirectory>(directory("acme", Value::Null)).await;
        world.reads::<ScimDirectory>("acme", "Ready", "True Published").await;
        let (provider, application) = (world.provider().await, world.application().await);
        let hr = provider.post("/scim/v2/Groups", group("HR")).await;
        let ann = provider.post("/scim/v2/Users", user("ann")).await;
        world.rule("hr", "HR", "Designer").await;
        world.reads::<UserManagementRule>("hr", "Ready", "True Published").await;
        let scene = Self { provider, application, hr, ann };
        scene.comes_to_give("Designer").await;
        scene
    }

    async fn comes_to_give(&self, wanted: &str) {
        until(&format!("messages are evaluated with {wanted}"), SOON, async || {
            join(&self.provider, &self.hr, &self.ann).await;
            (role(&self.application, "ann").await.as_deref() == Some(wanted)).then_some(())
        })
        .await;
    }

    /// Whether the endpoint still answers; what it answers is what it always did.
    async fn still_answers(&self) -> bool {
        let (status, view) = self.application.get("/access/v1/users/ann@example.com").await;
        let given = (status, view["tenants"][0]["role"].as_str());
        // No connection, or on its way out.
        let gone = status == 0 || status == 503;
        assert!(gone || given == (200, Some("Designer")), "not {given:?}: it answers as before, or not at all");
        !gone
    }
}

#[tokio::test]
async fn c010_a_namespace_that_is_deleted_ends_and_the_operator_makes_and_takes_nothing() {
    let Some(kept) = World::without_operator("c010 kept", "kept").await else { return };
    let Some(going) = World::without_operator("c010 going", "going").await else { return };
    let behind = Behind::of(&[&kept, &going]).await;
    let operator = behind.start();
    let (here, there) = tokio::join!(Scene::set(&kept), Scene::set(&going));
    behind.quiet().await;

    let (written, complained) = (behind.proxy.writes().len(), complaints(&operator));
    kept.cluster.remove(&going.namespace).await;
    kept.patch::<UserManagementRule>("hr", json!({"spec": {"role": "Developer"}})).await;
    let namespaces: Api<Namespace> = Api::all(kept.cluster.client.clone());
    let mut answers = true;
    until("the namespace is gone", STARTED, async || {
        answers = answers && there.still_answers().await;
        assert_eq!(here.provider.get("/scim/v2/Users").await.0, 200, "the other directory serves");
        let namespace = namespaces.get_opt(&going.namespace).await.unwrap();
        namespace.is_none().then_some(())
    })
    .await;
    here.comes_to_give("Developer").await;
    kept.reads::<UserManagementRule>("hr", "Ready", "True Published").await;

    nothing_is_made(&behind.writes_since(written), &going.namespace);
    let now = || (behind.writes_since(written).len(), complaints(&operator));
    behind.quiet().await;
    let before = now();
    throughout("nothing is tried for ever", Duration::from_secs(3), async || now() == before).await;
    let failed = usize::try_from(counter(&operator, "scim_operator_reconcile_errors_total").await).unwrap();
    assert!(failed <= ENOUGH, "{failed} reconciles failed");
    assert!(before.1 - complained <= ENOUGH, "{} warnings: {:?}", before.1 - complained, operator.log());
    let ended = operator.stop().await;
    assert!(ended.success(), "{ended}");
    kept.cluster.remove(&kept.namespace).await;
}

/// Of these writes none makes anything in the namespace. What a namespace that goes refuses is what somebody tried to
/// make: Events perhaps, of an object that was there a moment ago, but none of a directory's children.
fn nothing_is_made(writes: &[Write], namespace: &str) {
    let there = format!("/namespaces/{namespace}/");
    let there: Vec<&Write> = writes.iter().filter(|write| write.line.contains(&there)).collect();
    let tried = |write: &&&Write| write.status == 201 || write.status == 403;
    let is_event = |write: &&Write| write.line.ends_with("/events");
    let made: Vec<_> = there.iter().filter(tried).filter(|write| !is_event(write)).collect();
    assert!(made.is_empty(), "{made:?}");
    assert!(there.len() <= ENOUGH, "{} writes: {there:?}", there.len());
}

/// How many warnings and errors the operator has logged.
fn complaints(operator: &Program) -> usize {
    operator.log().iter().filter(|line| line["level"] == "WARN" || line["level"] == "ERROR").count()
}
