//! ScimDirectory: what creating, restarting over, deleting and creating it again comes to.

use super::world::{SOON, World, directory, group, join, role, text, user};
use crate::support::wait::{throughout, until};
use k8s_openapi::api::core::v1::{PersistentVolumeClaim, Pod, Secret, Service};
use k8s_openapi::api::events::v1::Event;
use kube::api::{ListParams, LogParams};
use scim_operator::api::{ScimAccessToken, ScimDirectory, UserManagementRule};
use serde_json::{Value, json};
use std::time::Duration;

#[tokio::test]
async fn b027_b028_b029_b113_creating_a_directory_gives_a_base_url_and_a_key_before_it_is_ready() {
    let Some(world) = World::start("b028", "base-url").await else { return };
    world.create::<ScimDirectory>(directory("acme", Value::Null)).await;
    until("the directory is ready", Duration::from_secs(90), async || {
        let ready = world.condition::<ScimDirectory>("acme", "Ready").await.starts_with("True");
        // Looked at in this order: the Secret is there whenever the directory has been ready.
        let key = !world.get::<Secret>("acme-scim-api-key").await.is_null();
        assert!(!ready || key, "ready without a key");
        ready.then_some(())
    })
    .await;
    let status = world.get::<ScimDirectory>("acme").await["status"].clone();
    let base = format!("http://acme-scim.{}.svc.cluster.local:8080/scim/v2", world.namespace);
    assert_eq!(text(&status["baseUrl"]), base);
    assert_eq!(text(&status["apiKeySecretRef"]["name"]), "acme-scim-api-key");
    let public = world.caller("acme-scim").await;
    assert_eq!(public.get("/scim/v2/Users").await.0, 401, "B031");
    assert_eq!(world.provider().await.get("/scim/v2/Users").await.0, 200, "B031");
    the_key_is_nowhere_but_in_its_secret(&world).await;
    world.end().await;
}

/// B030: a scan of everything that people and programs read.
async fn the_key_is_nowhere_but_in_its_secret(world: &World) {
    let key = world.key("acme").await;
    let secret = key.rsplit('_').next().unwrap();
    let pods = world.api::<Pod>().list(&ListParams::default()).await.unwrap();
    let mut everything = vec![("the operator's log", world.log())];
    for pod in &pods.items {
        everything.push(("a pod", serde_json::to_string(pod).unwrap()));
        let name = pod.metadata.name.as_deref().unwrap();
        everything.push(("a pod's log", world.api::<Pod>().logs(name, &LogParams::default()).await.unwrap()));
    }
    for event in world.api::<Event>().list(&ListParams::default()).await.unwrap() {
        everything.push(("an event", serde_json::to_string(&event).unwrap()));
    }
    everything.push(("a token", world.get::<ScimAccessToken>("acme").await.to_string()));
    everything.push(("a directory", world.get::<ScimDirectory>("acme").await.to_string()));
    let hashes = world.get::<Secret>("acme-token-verifiers").await;
    everything.push(("the verifiers", hashes.to_string()));
    assert!(pods.items.len() == 1 && everything.len() > 6);
    for (place, text) in everything {
        assert!(!text.contains(secret), "the key is in {place}");
    }
}

#[tokio::test]
async fn b064_b072_b078_b079_defaults_are_made_once_and_a_restart_writes_nothing() {
    let Some(mut world) = World::start("b072", "defaults").await else { return };
    world.directory("acme", Value::Null).await;
    let rules = ["administrators", "automation-admins", "designers", "developers", "participants"];
    let expected = [
        ("Nintex Administrators", "Global Admin"),
        ("Nintex Automation Admins", "Automation Admin"),
        ("Nintex Designers", "Designer"),
        ("Nintex Developers", "Developer"),
        ("Nintex Participants", "Participant"),
    ];
    for (rule, (group, role)) in rules.iter().zip(expected) {
        let rule = world.get::<UserManagementRule>(&format!("acme-{rule}")).await;
        assert_eq!(text(&rule["spec"]["idpGroup"]["displayName"]), group, "B073–B077");
        assert_eq!((text(&rule["spec"]["role"]), &rule["spec"]["tenants"]), (role, &json!(["main"])), "B078");
        assert_eq!(text(&rule["metadata"]["labels"]["scim-operator.dev/default-rule"]), "true");
    }
    world.delete::<UserManagementRule>("acme-designers").await;
    until("the deletion is remembered", SOON, async || {
        let claim = world.get::<PersistentVolumeClaim>("acme-endpoint-data").await;
        let remembered = &claim["metadata"]["annotations"]["scim-operator.dev/deleted-default-rules"];
        (remembered == "acme-designers").then_some(())
    })
    .await;
    let pod = world.names::<Pod>().await;
    world.stop_operator().await;
    world.start_operator().await;
    until("the restarted operator has looked at everything", SOON, async || {
        (world.writes().await.1 >= 7).then_some(())
    })
    .await;
    let quiet = async || world.writes().await.0 == 0;
    throughout("nothing is written", Duration::from_secs(4), quiet).await;
    assert_eq!(world.runs().await, Vec::<String>::new(), "B064: a restart starts no run");
    assert_eq!(world.names::<Pod>().await, pod, "a restart restarts no endpoint");
    assert_eq!(world.names::<UserManagementRule>().await.len(), 4, "B079");
    world.end().await;
}

#[tokio::test]
async fn b079_b097_c010_a_directory_made_again_has_its_people_and_a_new_key() {
    let Some(world) = World::start("b097", "again").await else { return };
    world.directory("acme", Value::Null).await;
    let (provider, old_key) = (world.provider().await, world.key("acme").await);
    let (ann, staff) = (
        provider.post("/scim/v2/Users", user("ann")).await,
        provider.post("/scim/v2/Groups", group("Nintex Developers")).await,
    );
    join(&provider, &staff, &ann).await;
    world.delete::<UserManagementRule>("acme-participants").await;
    until("the deletion is remembered", SOON, async || {
        let claim = world.get::<PersistentVolumeClaim>("acme-endpoint-data").await;
        (!claim["metadata"]["annotations"]["scim-operator.dev/deleted-default-rules"].is_null()).then_some(())
    })
    .await;
    world.delete::<ScimDirectory>("acme").await;
    until("the directory is gone", SOON, async || world.get::<ScimDirectory>("acme").await.is_null().then_some(()))
        .await;
    world.directory("acme", Value::Null).await;
    let again = world.provider().await;
    assert_eq!(again.get(&format!("/scim/v2/Users/{}", text(&ann["id"]))).await.0, 200, "the same ids");
    assert_eq!(world.caller("acme-scim").await.with_token(&old_key).get("/scim/v2/Users").await.0, 401, "the old key");
    let application = world.application().await;
    assert_eq!(role(&application, "ann").await.as_deref(), Some("Developer"), "nobody lost access");
    let rules = world.names::<UserManagementRule>().await;
    assert!(rules.len() == 4 && !rules.contains(&"acme-participants".to_owned()), "B079: {rules:?}");
    world.end().await;
}

#[tokio::test]
async fn a_foreign_object_of_a_childs_name_is_left_alone_until_it_goes() {
    let Some(world) = World::start("name taken", "taken").await else { return };
    let service = json!({"metadata": {"name": "acme-scim"}, "spec": {"ports": [{"port": 80}]}});
    let foreign = world.create::<Service>(service).await;
    world.create::<ScimDirectory>(directory("acme", Value::Null)).await;
    world.reads::<ScimDirectory>("acme", "Stalled", "True NameTaken").await;
    let now = world.get::<Service>("acme-scim").await;
    assert_eq!(now["metadata"]["resourceVersion"].as_str(), foreign.metadata.resource_version.as_deref());
    assert_eq!(world.names::<Pod>().await, Vec::<String>::new());
    world.delete::<Service>("acme-scim").await;
    world.reads::<ScimDirectory>("acme", "Ready", "True Published").await;
    assert_eq!(world.condition::<ScimDirectory>("acme", "Stalled").await, "absent");
    world.end().await;
}

#[tokio::test]
async fn a_suspended_directory_is_left_alone_and_a_changed_child_is_put_right_afterwards() {
    let Some(world) = World::start("suspend", "suspend").await else { return };
    world.directory("acme", Value::Null).await;
    world.patch::<ScimDirectory>("acme", json!({"spec": {"suspend": true}})).await;
    world.reads::<ScimDirectory>("acme", "Ready", "True Suspended").await;
    world.patch::<Service>("acme-scim", json!({"spec": {"ports": [{"port": 9999}]}})).await;
    let changed = async || world.get::<Service>("acme-scim").await["spec"]["ports"][0]["port"] == 9999;
    throughout("the Service stays as somebody changed it", Duration::from_secs(3), changed).await;
    world.patch::<ScimDirectory>("acme", json!({"spec": {"suspend": false}})).await;
    until("the Service is put right", SOON, async || {
        let ports = world.get::<Service>("acme-scim").await["spec"]["ports"].clone();
        ports.as_array().is_some_and(|ports| ports.iter().any(|p| p["port"] == 8080)).then_some(())
    })
    .await;
    world.end().await;
}
