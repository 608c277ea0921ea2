//! ScimDirectory: what creating, restarting over, deleting and creating it again comes to.

use super::world::{SOON, World, directory, group, join, role, text, user};
use crate::support::wait::{throughout, until};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::{ConfigMap, PersistentVolumeClaim, Pod, Secret, Service};
use k8s_openapi::api::events::v1::Event;
use kube::api::{ListParams, LogParams};
use kube::core::NamespaceResourceScope;
use kube::{Resource, ResourceExt};
use scim_operator::api::{RuleSync, ScimAccessToken, ScimDirectory, UserManagementRule};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::cell::Cell;
use std::fmt::Debug;
use std::time::{Duration, Instant};

#[tokio::test]
async fn b027_b028_b029_b030_b113_creating_a_directory_gives_a_base_url_and_a_key_before_it_is_ready() {
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

/// B030: nothing that people and programs read has the key. That the search finds it is shown by a planted one.
async fn the_key_is_nowhere_but_in_its_secret(world: &World) {
    let spec = json!({"directoryRef": {"name": "acme"}, "scope": {"all": {}}});
    world.create::<RuleSync>(json!({"metadata": {"name": "everyone"}, "spec": spec})).await;
    world.reads::<RuleSync>("everyone", "Ready", "True Succeeded").await;
    let key = world.key("acme").await;
    assert_eq!(places_of(&key, &everything_said(world).await), Vec::<&str>::new());

    world.create::<ConfigMap>(json!({"metadata": {"name": "canary"}, "data": {"note": key}})).await;
    let said = everything_said(world).await;
    assert_eq!(places_of(&key, &said), ["ConfigMap canary"]);
    let kinds = ["Pod", "Deployment", "ScimDirectory", "ScimAccessToken", "UserManagementRule", "RuleSync", "Event"];
    for place in kinds.into_iter().chain(["the log of Pod", "the log of the operator", "Secret"]) {
        let looked_at = said.iter().any(|(said, text)| said.starts_with(place) && !text.is_empty());
        assert!(looked_at, "{place} is searched");
    }
    let (id, _) = id_and_secret(&key);
    let kept = said.iter().any(|(place, text)| place == "Secret acme-token-verifiers" && text.contains(id));
    assert!(kept, "what is in a Secret is searched as it is, not as base64");
}

/// Something that people and programs read: where it is, and its text.
type Said = (String, String);

/// The places where a key can be read, as it is or as a Secret writes it.
fn places_of<'a>(key: &str, said: &'a [Said]) -> Vec<&'a str> {
    let (_, secret) = id_and_secret(key);
    let encoded = BASE64.encode(key);
    let found = said.iter().filter(|(_, text)| text.contains(secret) || text.contains(&encoded));
    found.map(|(place, _)| place.as_str()).collect()
}

/// The two parts of `scim_<id>_<secret>`; the secret may have underscores.
fn id_and_secret(key: &str) -> (&str, &str) {
    key.strip_prefix("scim_").and_then(|rest| rest.split_once('_')).unwrap()
}

/// Everything but the Secret that is there for the key.
async fn everything_said(world: &World) -> Vec<Said> {
    let mut said = vec![("the log of the operator".to_owned(), world.log())];
    said.extend(objects::<Pod>(world).await);
    said.extend(objects::<Deployment>(world).await);
    said.extend(objects::<ConfigMap>(world).await);
    said.extend(objects::<Event>(world).await);
    said.extend(objects::<ScimDirectory>(world).await);
    said.extend(objects::<ScimAccessToken>(world).await);
    said.extend(objects::<UserManagementRule>(world).await);
    said.extend(objects::<RuleSync>(world).await);
    for pod in world.names::<Pod>().await {
        let log = world.api::<Pod>().logs(&pod, &LogParams::default()).await.unwrap();
        said.push((format!("the log of Pod {pod}"), log));
    }
    let secrets = world.api::<Secret>().list(&ListParams::default()).await.unwrap();
    for secret in secrets.into_iter().filter(|secret| secret.name_any() != "acme-scim-api-key") {
        let place = format!("Secret {}", secret.name_any());
        said.push((place.clone(), serde_json::to_string(&secret.metadata).unwrap()));
        let values = secret.data.unwrap_or_default().into_values();
        said.extend(values.map(|value| (place.clone(), String::from_utf8_lossy(&value.0).into_owned())));
    }
    said
}

async fn objects<K>(world: &World) -> Vec<Said>
where
    K: Resource<DynamicType = (), Scope = NamespaceResourceScope> + DeserializeOwned + Serialize + Clone + Debug,
{
    let said = |object: K| (format!("{} {}", K::kind(&()), object.name_any()), serde_json::to_string(&object).unwrap());
    world.api::<K>().list(&ListParams::default()).await.unwrap().into_iter().map(said).collect()
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
    // The deletion is weighed by the endpoint, and the status says at which revision it came into force.
    let last = Cell::new((0, Instant::now()));
    until("nothing is left to be written", SOON, async || {
        let (written, (seen, since)) = (world.writes().await.0, last.get());
        if written != seen {
            last.set((written, Instant::now()));
        }
        (written == seen && since.elapsed() > Duration::from_secs(3)).then_some(())
    })
    .await;
    assert!(world.writes().await.0 > 0, "what is written is counted");
    world.restart_operator().await;
    let quiet = async || world.writes().await.0 == 0;
    throughout("nothing is written", Duration::from_secs(4), quiet).await;
    assert_eq!(world.runs().await, Vec::<String>::new(), "B064: a restart starts no run");
    assert_eq!(world.names::<Pod>().await, pod, "a restart restarts no endpoint");
    assert_eq!(world.names::<UserManagementRule>().await.len(), 4, "B079");
    world.end().await;
}

#[tokio::test]
async fn b034_b070_b079_b097_c010_a_directory_made_again_has_its_people_and_a_new_key() {
    let Some(world) = World::start("b097", "again").await else { return };
    world.directory("acme", Value::Null).await;
    let (provider, old_key) = (world.provider().await, world.key("acme").await);
    let ann = provider.post("/scim/v2/Users", user("ann")).await;
    world.reads::<UserManagementRule>("acme-developers", "IdpGroupResolved", "False GroupNotProvisioned").await;
    let staff = provider.post("/scim/v2/Groups", group("Nintex Developers")).await;
    world.reads::<UserManagementRule>("acme-developers", "IdpGroupResolved", "True GroupResolved").await;
    let other = world.condition::<UserManagementRule>("acme-designers", "IdpGroupResolved").await;
    assert_eq!(other, "False GroupNotProvisioned", "B034");
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
    // B070: the figures of a directory that never told any are told at once.
    let users = json!({"total": 1, "active": 1, "managed": 1});
    until("the directory tells how many people rules manage", SOON, async || {
        (world.get::<ScimDirectory>("acme").await["status"]["users"] == users).then_some(())
    })
    .await;
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
