//! A volume brought back from a backup, as docs/operations/storage.md says: what was revoked since stays revoked.

use super::world::{STARTED, World, user};
use crate::support::wait::until;
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::Pod;
use kube::api::ListParams;
use scim_operator::api::{ScimAccessToken, ScimDirectory};
use serde_json::{Value, json};

#[tokio::test]
async fn b127_a_restored_volume_serves_again_and_lets_no_revoked_token_in() {
    let Some(world) = World::start("b127 restored", "restored").await else { return };
    world.directory("acme", Value::Null).await;
    world.token("leaked", "Scim", "somebody").await;
    world.reads::<ScimAccessToken>("leaked", "Ready", "True Active").await;
    let leaked = world.key("leaked").await;
    let provider = world.provider().await;
    provider.post("/scim/v2/Users", user("ann")).await;
    let arguments = ["/scim-operator", "store", "backup", "--data=/data", "--to=/data/backup.db"];
    kubectl(&world, &[&["exec", "deploy/acme-endpoint", "--"], arguments.as_slice()].concat()).await;
    provider.post("/scim/v2/Users", user("bob")).await;
    world.delete::<ScimAccessToken>("leaked").await;
    let refused = provider.with_token(&leaked);
    until("the token is refused", STARTED, async || (refused.get("/scim/v2/Users").await.0 == 401).then_some(())).await;

    world.patch::<ScimDirectory>("acme", json!({"spec": {"suspend": true}})).await;
    world.reads::<ScimDirectory>("acme", "Ready", "True Suspended").await;
    kubectl(&world, &["scale", "deployment", "acme-endpoint", "--replicas=0"]).await;
    until("the endpoint is gone", STARTED, async || world.names::<Pod>().await.is_empty().then_some(())).await;
    restore(&world).await;
    world.patch::<ScimDirectory>("acme", json!({"spec": {"suspend": false}})).await;
    until("the endpoint is back", STARTED, async || {
        let ready = world.get::<Deployment>("acme-endpoint").await["status"]["readyReplicas"] == 1;
        ready.then_some(())
    })
    .await;
    world.reads::<ScimDirectory>("acme", "Ready", "True Published").await;

    let provider = world.provider().await;
    assert_eq!(provider.with_token(&leaked).get("/scim/v2/Users").await.0, 401, "revoked after the backup");
    let (_, users) = provider.get("/scim/v2/Users").await;
    assert_eq!((&users["totalResults"], &users["Resources"][0]["userName"]), (&json!(1), &json!("ann@example.com")));
    world.end().await;
}

/// Puts the backup on the volume back, with a pod of the endpoint's image.
async fn restore(world: &World) {
    let deployment = world.get::<Deployment>("acme-endpoint").await;
    let image = &deployment["spec"]["template"]["spec"]["containers"][0]["image"];
    let claim = json!({"claimName": "acme-endpoint-data"});
    let spec = json!({
        "restartPolicy": "Never", "automountServiceAccountToken": false,
        "securityContext": {
            "runAsNonRoot": true, "runAsUser": 65532, "runAsGroup": 65532, "fsGroup": 65532,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": [{
            "name": "restore", "image": image, "imagePullPolicy": "IfNotPresent",
            "args": ["store", "restore", "--data=/data", "--from=/data/backup.db"],
            "securityContext": {
                "allowPrivilegeEscalation": false, "readOnlyRootFilesystem": true, "capabilities": {"drop": ["ALL"]},
            },
            "volumeMounts": [{"name": "data", "mountPath": "/data"}],
        }],
        "volumes": [{"name": "data", "persistentVolumeClaim": claim}],
    });
    world.create::<Pod>(json!({"metadata": {"name": "restore"}, "spec": spec})).await;
    until("the backup is put back", STARTED, async || {
        let pods = world.api::<Pod>().list(&ListParams::default()).await.unwrap();
        let phase = pods.items.first()?.status.as_ref()?.phase.clone()?;
        assert_ne!(phase, "Failed", "look at the pod's log");
        (phase == "Succeeded").then_some(())
    })
    .await;
    world.delete::<Pod>("restore").await;
}

async fn kubectl(world: &World, arguments: &[&str]) {
    let answer = world.cluster.kubectl(&[&["--namespace", &world.namespace], arguments].concat(), "").await;
    assert!(answer.ok, "kubectl {arguments:?}: {answer:?}");
}
