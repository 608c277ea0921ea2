//! C008 for what the API server holds and this version cannot read: a definition that is looser than the types, as
//! after a downgrade. Changes the definitions of the whole cluster, and puts them back.

use crate::operator::world::{SOON, World, group, join, role, user};
use crate::support::wait::until;
use k8s_openapi::api::events::v1::Event;
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::api::{Api, DynamicObject, ListParams, Patch, PatchParams};
use kube::discovery::ApiResource;
use scim_operator::api::UserManagementRule;
use serde_json::{Value, json};

const RULES: &str = "usermanagementrules.scim-operator.dev";

#[tokio::test]
async fn c008_an_object_that_cannot_be_read_is_stalled_and_takes_nothing_away() {
    let Some(world) = World::start("c008 undecodable", "undecodable").await else { return };
    world.directory("acme", Value::Null).await;
    let (provider, application) = (world.provider().await, world.application().await);
    let (hr, ann) =
        (provider.post("/scim/v2/Groups", group("HR")).await, provider.post("/scim/v2/Users", user("ann")).await);
    world.rule("hr", "HR", "Designer").await;
    world.reads::<UserManagementRule>("hr", "Ready", "True Published").await;
    join(&provider, &hr, &ann).await;

    let whole = loosen(&world).await;
    let kind = ApiResource::erase::<UserManagementRule>(&());
    let raw: Api<DynamicObject> = Api::namespaced_with(world.cluster.client.clone(), &world.namespace, &kind);
    // The looser definition takes a moment to be served.
    until("a number is taken for a role", SOON, async || {
        let number = Patch::Merge(json!({"spec": {"role": 7}}));
        raw.patch("hr", &PatchParams::default(), &number).await.is_ok().then_some(())
    })
    .await;
    let stalled =
        async || (world.condition::<UserManagementRule>("hr", "Stalled").await == "True Undecodable").then_some(());
    until("the rule is stalled", SOON, stalled).await;
    let status = world.get::<UserManagementRule>("hr").await["status"].clone();
    assert!(status["ruleHash"].is_string() && status["idpGroupId"].is_string(), "what else was said stays: {status}");
    let message = status["conditions"][0]["message"].as_str().unwrap();
    assert!(message.contains("invalid type: integer `7`") && message.ends_with("stays in force"), "{message}");
    until("an Event says so", SOON, async || (told(&world).await == 1).then_some(())).await;
    join(&provider, &hr, &ann).await;
    assert_eq!(role(&application, "ann").await.as_deref(), Some("Designer"), "the last accepted content is in force");

    raw.patch("hr", &PatchParams::default(), &Patch::Merge(json!({"spec": {"role": "Developer"}}))).await.unwrap();
    world.reads::<UserManagementRule>("hr", "Ready", "True Published").await;
    assert_eq!(world.condition::<UserManagementRule>("hr", "Stalled").await, "absent");
    until("the corrected rule reaches who is there", SOON, async || {
        (role(&application, "ann").await.as_deref() == Some("Developer")).then_some(())
    })
    .await;
    assert_eq!(told(&world).await, 1, "said once");
    define(&world, &whole).await;
    world.end().await;
}

/// How many Events say that an object cannot be read.
async fn told(world: &World) -> usize {
    let events = world.api::<Event>().list(&ListParams::default()).await.unwrap();
    events.iter().filter(|event| event.reason.as_deref() == Some("Undecodable")).count()
}

/// Lets a rule's role be anything; answers the definition as it was.
async fn loosen(world: &World) -> CustomResourceDefinition {
    let whole = scim_operator::api::crds().into_iter().find(|crd| crd.metadata.name.as_deref() == Some(RULES)).unwrap();
    let mut loose = serde_json::to_value(&whole).unwrap();
    let spec = &mut loose["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"];
    spec["role"] = json!({"x-kubernetes-preserve-unknown-fields": true});
    define(world, &serde_json::from_value(loose).unwrap()).await;
    whole
}

async fn define(world: &World, crd: &CustomResourceDefinition) {
    let api: Api<CustomResourceDefinition> = Api::all(world.cluster.client.clone());
    let params = PatchParams::apply("scim-operator-tests").force();
    api.patch(RULES, &params, &Patch::Apply(crd)).await.unwrap();
}
