//! A directory that is made again over what the one before it left, and its old key, from the first moment on.

use super::world::{STARTED, World};
use crate::support::http::Caller;
use crate::support::wait::until;
use k8s_openapi::api::core::v1::Pod;
use kube::ResourceExt;
use kube::api::ListParams;
use scim_operator::api::ScimDirectory;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};

const PUBLIC_PORT: u16 = 8080;

/// Who calls the pods of the namespace by their addresses, ready or not; by the pods' names.
async fn callers(world: &World, token: &str) -> BTreeMap<String, Caller> {
    let pods = world.api::<Pod>().list(&ListParams::default()).await.unwrap();
    let caller = |pod: Pod| {
        let address = pod.status.as_ref()?.pod_ip.clone()?;
        Some((pod.name_any(), Caller::new(format!("http://{address}:{PUBLIC_PORT}")).with_token(token)))
    };
    pods.into_iter().filter_map(caller).collect()
}

#[tokio::test]
async fn b097_b116_b127_the_old_key_never_opens_a_directory_that_is_made_again() {
    let Some(world) = World::start("b097 old key", "again-key").await else { return };
    world.directory("acme", Value::Null).await;
    let old = world.key("acme").await;
    let before = callers(&world, &old).await;
    assert_eq!(before.len(), 1);
    for caller in before.values() {
        assert_eq!(caller.get("/scim/v2/Users").await.0, 200);
    }

    let over = AtomicBool::new(false);
    // Whoever has the old key calls all the time, whichever pod there is.
    let calls = async {
        let (mut known, mut answers) = (BTreeMap::<String, Caller>::new(), Vec::new());
        until("the new endpoint has been called throughout", STARTED + STARTED, async || {
            for (pod, caller) in callers(&world, &old).await {
                if !before.contains_key(&pod) {
                    known.entry(pod).or_insert(caller);
                }
            }
            for caller in known.values() {
                answers.push(caller.get("/scim/v2/Users").await.0);
            }
            over.load(Ordering::SeqCst).then_some(())
        })
        .await;
        answers
    };
    let again = async {
        world.delete::<ScimDirectory>("acme").await;
        until("the directory is gone", STARTED, async || {
            world.get::<ScimDirectory>("acme").await.is_null().then_some(())
        })
        .await;
        world.directory("acme", Value::Null).await;
        let provider = world.provider().await;
        assert_eq!(provider.get("/scim/v2/Users").await.0, 200, "the new key opens it");
        assert_eq!(provider.with_token(&old).get("/scim/v2/Users").await.0, 401);
        over.store(true, Ordering::SeqCst);
    };
    let (answers, ()) = tokio::join!(calls, again);
    assert!(!answers.contains(&200), "the old key was let in: {answers:?}");
    assert!(answers.iter().any(|status| [401, 503].contains(status)), "it was tried: {answers:?}");
    assert_ne!(world.key("acme").await, old);
    world.end().await;
}
