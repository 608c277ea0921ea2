//! A directory on a database: several pods, one store.
//!
//! The database is that of `SCIM_TEST_POSTGRES` (`hack/postgres/postgres.sh run`), which listens on loopback. Pods
//! reach it through a door on the node's own address, which in the cluster from source is an address of this machine.

use super::world::{SOON, STARTED, World, directory, text, user};
use crate::support::http::Caller;
use crate::support::wait::{until, within};
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::{Node, PersistentVolumeClaim, Pod, Secret, Service};
use k8s_openapi::api::discovery::v1::EndpointSlice;
use k8s_openapi::api::policy::v1::PodDisruptionBudget;
use kube::Api;
use kube::api::ListParams;
use scim_operator::api::{ScimAccessToken, ScimDirectory};
use serde_json::{Value, json};
use std::io::Write as _;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// How long a revoked token may still be let in.
const REVOKED_WITHIN: Duration = Duration::from_secs(1);
/// Three pods are replaced one after the other, each after its drain.
const ROLLED: Duration = Duration::from_secs(180);
const REPLICAS: usize = 3;

/// A database that pods can reach, as long as this lives.
struct Database {
    /// Its URL for pods. The name in it is the one in the server's certificate.
    url: String,
    /// The certificate of its authority.
    ca: String,
    door: JoinHandle<()>,
}

impl Drop for Database {
    fn drop(&mut self) {
        self.door.abort();
    }
}

impl Database {
    /// The database of the tests; nothing when there is none and that is allowed.
    async fn reachable(world: &World, test: &str) -> Option<Self> {
        let folder = std::env::var_os("SCIM_TEST_POSTGRES").filter(|folder| !folder.is_empty());
        let Some(folder) = folder.map(PathBuf::from) else {
            let missing = format!("{test} needs a database: run it with `hack/postgres/postgres.sh run`");
            assert!(std::env::var_os("CI").is_none_or(|ci| ci != "true"), "{missing}");
            let _ = writeln!(std::io::stderr(), "SKIPPED {missing}");
            return None;
        };
        let read = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
        let (url, ca) = (read("url"), read("ca.crt"));
        let (before, rest) = url.trim().split_once('@').expect("the URL names a role");
        let (host, after) = rest.split_once('/').expect("the URL names a database");
        let upstream: SocketAddr = host.parse().expect("the database listens on loopback, at an address and a port");
        let database = after.split('?').next().unwrap_or_default();
        let node = node_address(world).await;
        let listener = TcpListener::bind((node, 0)).await;
        let listener = listener.unwrap_or_else(|error| panic!("the node's {node} is not of this machine: {error}"));
        let port = listener.local_addr().unwrap().port();
        let url = format!("{before}@localhost:{port}/{database}?hostaddr={node}");
        Some(Self { url, ca, door: tokio::spawn(pass(listener, upstream)) })
    }
}

/// The address under which pods see the machine they run on.
async fn node_address(world: &World) -> IpAddr {
    let nodes: Api<Node> = Api::all(world.cluster.client.clone());
    let nodes = nodes.list(&ListParams::default()).await.unwrap();
    let addresses = nodes.items.iter().filter_map(|node| node.status.as_ref()?.addresses.as_ref()).flatten();
    let internal = addresses.filter(|address| address.type_ == "InternalIP").find_map(|a| a.address.parse().ok());
    internal.expect("a node has an address")
}

/// Passes every connection on. They end with their pods, and with the test's process.
async fn pass(listener: TcpListener, upstream: SocketAddr) {
    let mut open = tokio::task::JoinSet::new();
    while let Ok((mut client, _)) = listener.accept().await {
        open.spawn(async move {
            if let Ok(mut server) = TcpStream::connect(upstream).await {
                let _ended = tokio::io::copy_bidirectional(&mut client, &mut server).await;
            }
        });
        while open.try_join_next().is_some() {}
    }
}

/// A Secret with the database's address, for pods of the directory of this label.
fn secret(database: &Database, labels: Value) -> Value {
    json!({
        "metadata": {"name": "people", "labels": labels}, "stringData": {"url": database.url, "ca.crt": database.ca},
    })
}

/// `spec.endpoint` of a directory on it, in a schema of this test's own.
fn endpoint(world: &World, replicas: usize) -> Value {
    let schema = world.namespace.replace('-', "_");
    let named = json!({"name": "people"});
    json!({
        "replicas": replicas,
        "storage": {"postgres": {"urlSecretRef": named, "caSecretRef": named, "schema": schema}},
    })
}

/// Who calls each ready pod behind a Service, past the Service.
async fn callers(world: &World, service: &str, token: &str) -> Vec<Caller> {
    let labels = ListParams::default().labels(&format!("kubernetes.io/service-name={service}"));
    let slices = world.api::<EndpointSlice>().list(&labels).await.unwrap();
    let mut callers = Vec::new();
    for slice in &slices.items {
        let port = slice.ports.iter().flatten().find_map(|port| port.port).unwrap();
        for pod in slice.endpoints.iter().filter(|e| e.conditions.as_ref().is_some_and(|c| c.ready == Some(true))) {
            callers.extend(pod.addresses.iter().map(|ip| Caller::new(format!("http://{ip}:{port}")).with_token(token)));
        }
    }
    callers
}

/// Waits until the Deployment has replaced its pods and every one is ready.
async fn rolled_out(world: &World, generation_above: i64) {
    until("every pod is replaced and ready", ROLLED, async || {
        let deployment = world.get::<Deployment>("acme-endpoint").await;
        let (status, generation) = (&deployment["status"], deployment["metadata"]["generation"].as_i64()?);
        let all = |field: &str| status[field].as_u64() == Some(REPLICAS as u64);
        let seen = status["observedGeneration"].as_i64() == Some(generation) && generation > generation_above;
        (seen && all("replicas") && all("updatedReplicas") && all("readyReplicas")).then_some(())
    })
    .await;
}

#[tokio::test]
async fn b127_c011_three_pods_share_a_database_and_are_updated_and_told_without_a_failed_request() {
    let test = "b127_c011 several pods";
    let Some(world) = World::start(test, "postgres").await else { return };
    let Some(database) = Database::reachable(&world, test).await else { return world.end().await };
    world.create::<Secret>(secret(&database, json!({"scim-operator.dev/directory": "acme"}))).await;
    world.directory("acme", json!({"endpoint": endpoint(&world, REPLICAS)})).await;
    rolled_out(&world, 0).await;
    until("the directory says that three pods serve", SOON, async || {
        let told = world.get::<ScimDirectory>("acme").await["status"]["endpoint"].clone();
        (told == json!({"replicas": REPLICAS, "readyReplicas": REPLICAS})).then_some(())
    })
    .await;
    world.reads::<ScimDirectory>("acme", "ConfigPublished", "True Published").await;
    let budget = world.get::<PodDisruptionBudget>("acme-endpoint").await;
    assert_eq!(budget["spec"]["maxUnavailable"], 1);
    assert_eq!(world.names::<PersistentVolumeClaim>().await, Vec::<String>::new());

    no_request_fails_during_an_update(&world).await;
    every_pod_refuses_a_revoked_token(&world).await;
    world.end().await;
}

/// Somebody provisions through the Service while every pod is replaced.
async fn no_request_fails_during_an_update(world: &World) {
    let service = world.get::<Service>("acme-scim").await;
    let provider = Caller::new(format!("http://{}:8080", text(&service["spec"]["clusterIP"])));
    let provider = provider.with_token(&world.key("acme").await);
    until("the Service answers", STARTED, async || (provider.get("/scim/v2/Users").await.0 == 200).then_some(())).await;
    let (before, pods) = (generation(world).await, world.names::<Pod>().await);
    let over = AtomicBool::new(false);
    let provisioning = async {
        let (mut made, mut failed) = (0_usize, Vec::new());
        while !over.load(Ordering::SeqCst) {
            let (status, _) = provider.send("POST", "/scim/v2/Users", Some(user(&format!("person-{made}")))).await;
            made += 1;
            if status != 201 {
                failed.push(format!("request {made}: {status}"));
            }
        }
        (made, failed)
    };
    let update = async {
        let resources = json!({"requests": {"cpu": "50m", "memory": "65Mi"}});
        world.patch::<ScimDirectory>("acme", json!({"spec": {"endpoint": {"resources": resources}}})).await;
        rolled_out(world, before).await;
        until("the replaced pods are gone", ROLLED, async || {
            let now = world.names::<Pod>().await;
            (!now.iter().any(|pod| pods.contains(pod))).then_some(())
        })
        .await;
        over.store(true, Ordering::SeqCst);
    };
    let ((made, failed), ()) = tokio::join!(provisioning, update);
    assert_eq!(failed, Vec::<String>::new(), "of {made} requests");
    assert_eq!(provider.get("/scim/v2/Users?count=0").await.1["totalResults"], json!(made), "nobody is lost");
}

async fn generation(world: &World) -> i64 {
    world.get::<Deployment>("acme-endpoint").await["metadata"]["generation"].as_i64().unwrap()
}

async fn every_pod_refuses_a_revoked_token(world: &World) {
    let mut made = 0;
    within("B127: every pod refuses a deleted token", REVOKED_WITHIN, async || {
        made += 1;
        let name = format!("token-{made}");
        world.token(&name, "Scim", &name).await;
        world.reads::<ScimAccessToken>(&name, "Ready", "True Active").await;
        let callers = callers(world, "acme-scim", &world.key(&name).await).await;
        assert_eq!(callers.len(), REPLICAS);
        for caller in &callers {
            until("it is let in", SOON, async || (caller.get("/scim/v2/Users").await.0 == 200).then_some(())).await;
        }
        world.delete::<ScimAccessToken>(&name).await;
        let revoked = Instant::now();
        for caller in &callers {
            until("it is refused", SOON, async || (caller.get("/scim/v2/Users").await.0 == 401).then_some(())).await;
        }
        revoked.elapsed()
    })
    .await;
}

#[tokio::test]
async fn a_secret_is_mounted_only_when_it_says_that_it_is_for_the_directory() {
    let Some(world) = World::start("secret label", "labelled").await else { return };
    // Nobody answers there: what is judged here comes before anybody is called.
    let nowhere = json!({"url": "postgres://scim:nothing@127.0.0.1:1/scim"});
    let named = json!({"postgres": {"urlSecretRef": {"name": "people"}}});
    world.create::<ScimDirectory>(directory("acme", json!({"endpoint": {"storage": named}}))).await;
    world.reads::<ScimDirectory>("acme", "Accepted", "False SecretNotFound").await;
    assert_eq!(world.condition::<ScimDirectory>("acme", "Reconciling").await, "True SecretNotFound");
    world.create::<Secret>(json!({"metadata": {"name": "people"}, "stringData": nowhere})).await;
    world.reads::<ScimDirectory>("acme", "Accepted", "False SecretNotLabelled").await;
    assert_eq!(world.condition::<ScimDirectory>("acme", "Stalled").await, "True SecretNotLabelled");
    assert_eq!(world.names::<Deployment>().await, Vec::<String>::new());
    let label = |whose: &str| json!({"metadata": {"labels": {"scim-operator.dev/directory": whose}}});
    world.patch::<Secret>("people", label("other")).await;
    until("the directory says whose the Secret is", SOON, async || {
        world.message::<ScimDirectory>("acme", "Accepted").await.contains("\"other\"").then_some(())
    })
    .await;
    world.patch::<Secret>("people", label("acme")).await;
    world.reads::<ScimDirectory>("acme", "Accepted", "True Accepted").await;
    until("the workload is made", SOON, async || {
        let deployment = world.get::<Deployment>("acme-endpoint").await;
        let text = deployment.to_string();
        assert!(!text.contains("nothing"), "what is in the Secret is in no child");
        (!deployment.is_null()).then_some(())
    })
    .await;
    world.end().await;
}
