//! C003: a change that would take too much is held, is told of with the run that confirms it, and comes when that run
//! is applied as it was printed.

use super::world::{SOON, World, group, join, role, text, user};
use crate::manifest::documents;
use crate::support::http::Caller;
use crate::support::wait::{throughout, until};
use k8s_openapi::api::events::v1::Event;
use kube::ResourceExt;
use kube::api::ListParams;
use scim_operator::api::{RuleSync, ScimDirectory, UserManagementRule};
use serde_json::json;
use std::time::Duration;

#[tokio::test]
async fn c003_what_takes_too_much_is_held_until_the_printed_run_is_applied() {
    let Some(world) = World::start("c003 held", "guard").await else { return };
    world.directory("acme", json!({"guard": {"maxRevokedUsers": 0}})).await;
    let (provider, application) = (world.provider().await, world.application().await);
    let (hr, ann) =
        (provider.post("/scim/v2/Groups", group("HR")).await, provider.post("/scim/v2/Users", user("ann")).await);
    join(&provider, &hr, &ann).await;
    world.rule("hr", "HR", "Designer").await;
    world.reads::<UserManagementRule>("hr", "InSync", "True UpToDate").await;
    let runs = world.runs().await;

    world.patch::<UserManagementRule>("hr", json!({"spec": {"role": "Participant"}})).await;
    world.reads::<UserManagementRule>("hr", "InSync", "False RevocationHeld").await;
    world.reads::<ScimDirectory>("acme", "RevocationHeld", "True RevocationHeld").await;
    assert_eq!(world.condition::<ScimDirectory>("acme", "Ready").await, "True Published");
    printed(&world, "acme", 1).await;
    printed(&world, "hr", 1).await;
    // Longer than an automatic run would wait for a batch to settle.
    let stays = async || holds(&application, ["ann"]).await == ["Designer"] && world.runs().await == runs;
    throughout("nobody loses anything and no run starts", Duration::from_secs(4), stays).await;
    let bob = provider.post("/scim/v2/Users", user("bob")).await;
    join(&provider, &hr, &bob).await;
    assert_eq!(holds(&application, ["bob"]).await, ["Designer"], "the content before is in force for messages");

    // Another revision, and another verdict: of the edited rule that is deleted now.
    world.delete::<UserManagementRule>("hr").await;
    let note = printed(&world, "acme", 2).await;
    assert!(note.contains("the rule hr: 2 people would lose access"), "{note}");
    assert_eq!(world.message::<ScimDirectory>("acme", "RevocationHeld").await, note, "an Event is gone in an hour");

    tried(&world, &application).await;
    confirmed_for_too_few(&world).await;
    assert_eq!(holds(&application, ["ann", "bob"]).await, ["Designer", "Designer"]);

    let (_, yaml) = note.split_once("apply this:\n").unwrap();
    let name = apply(&world, yaml).await;
    world.reads::<RuleSync>(&name, "Ready", "True Succeeded").await;
    assert_eq!(holds(&application, ["ann", "bob"]).await, ["", ""]);
    until("nothing is held any more", SOON, async || {
        (world.condition::<ScimDirectory>("acme", "RevocationHeld").await == "absent").then_some(())
    })
    .await;
    world.end().await;
}

/// A dry run tells whom the deletion would take something from, and takes nothing.
async fn tried(world: &World, application: &Caller) {
    apply(world, &sync(world, "tried", "dryRun: true")).await;
    world.reads::<RuleSync>("tried", "Ready", "True Succeeded").await;
    let status = world.get::<RuleSync>("tried").await["status"].clone();
    assert_eq!((&status["usersLosing"], &status["wouldBeHeld"]), (&json!(2), &json!(true)), "{status}");
    assert_eq!((&status["result"]["revoked"], &status["phase"]), (&json!(2), &json!("Succeeded")), "{status}");
    let (answered, report) = application.get(text(&status["reportRef"])).await;
    let named = report["changes"].as_array().map(Vec::len);
    assert_eq!((answered, named), (200, Some(2)), "{report}");
}

/// A run that confirms less than it would take is held itself, and says what it would need.
async fn confirmed_for_too_few(world: &World) {
    apply(world, &sync(world, "too-few", "allowRevocations: {upTo: 1}")).await;
    world.reads::<RuleSync>("too-few", "Stalled", "True RevocationHeld").await;
    let status = world.get::<RuleSync>("too-few").await["status"].clone();
    assert_eq!((&status["phase"], &status["usersLosing"]), (&json!("Held"), &json!(2)), "{status}");
    let note = printed(world, "too-few", 1).await;
    assert!(note.contains("name: \"too-few-allow-2\"") && note.contains("allowRevocations: {upTo: 2}"), "{note}");
}

/// The manifest of a run over the rule `hr`.
fn sync(world: &World, name: &str, more: &str) -> String {
    format!(
        "apiVersion: scim-operator.dev/v1alpha1\nkind: RuleSync\nmetadata: {{name: {name}, namespace: {}}}\n\
         spec: {{directoryRef: {{name: acme}}, scope: {{rules: [hr]}}, {more}}}\n",
        world.namespace
    )
}

/// Applies a manifest as it stands; its name.
async fn apply(world: &World, yaml: &str) -> String {
    let applied = world.cluster.kubectl(&["apply", "-f", "-"], yaml).await;
    assert!(applied.ok, "{yaml}\n{applied:?}");
    documents(yaml)[0].name_any()
}

/// The roles of these people in the home tenant; empty where they have none.
async fn holds<const N: usize>(application: &Caller, people: [&str; N]) -> Vec<String> {
    let mut roles = Vec::new();
    for person in people {
        roles.push(role(application, person).await.unwrap_or_default());
    }
    roles
}

/// Waits for that many Events about what is held on an object, all of them warnings; what the last one says.
async fn printed(world: &World, about: &str, count: usize) -> String {
    let is_told = |event: &Event| {
        let name = event.regarding.as_ref().and_then(|object| object.name.as_deref());
        name == Some(about) && event.reason.as_deref() == Some("RevocationHeld")
    };
    let events = until(&format!("{count} Events on {about}"), SOON, async || {
        let mut told: Vec<Event> = world.api::<Event>().list(&ListParams::default()).await.unwrap().items;
        told.retain(is_told);
        // Their names end in ids that rise with time.
        told.sort_by_key(ResourceExt::name_any);
        (told.len() >= count).then_some(told)
    })
    .await;
    let are_warnings = events.iter().all(|event| event.type_.as_deref() == Some("Warning"));
    assert!(events.len() == count && are_warnings, "{events:?}");
    events.last().and_then(|event| event.note.clone()).unwrap_or_default()
}
