//! C010: what deleting a directory, and taking the operator away, leave of its store. `Retain`: everything, byte for
//! byte.
//!
//! An endpoint of the same kind is started over what is left, without a directory and without an operator, and asked
//! what the one before it was asked. Where the node is this machine, as with a cluster from source, the tables of the
//! store are compared too.

use super::world::{STARTED, World, group, join, role, user};
use crate::support::http::Caller;
use crate::support::wait::until;
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::coordination::v1::Lease;
use k8s_openapi::api::core::v1::{PersistentVolume, PersistentVolumeClaim, Pod, Secret};
use kube::Api;
use rusqlite::Connection;
use rusqlite::types::Value as Cell;
use scim_operator::api::ScimDirectory;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// What people have, and when an evaluation last looked at them.
const TABLES: [&str; 6] = ["user", "group", "membership", "access", "holding", "evaluation"];
/// What an endpoint is asked: at the public port, at that of applications.
const QUESTIONS: [&[&str]; 2] = [&["/scim/v2/Users", "/scim/v2/Groups"], &["/access/v1/users"]];
const PORTS: [u16; 2] = [8080, 8081];
/// The Secrets that an endpoint mounts: what follows the directory's name.
const MOUNTED: [&str; 2] = ["endpoint-admin-tls", "token-verifiers"];

/// What a directory's endpoint says, and what is in its store.
#[derive(Debug, PartialEq)]
struct Picture {
    answers: Vec<(u16, String)>,
    /// Identity, revision in force and numbers, as `store check` prints them.
    check: String,
    /// The rows of each table; nothing where the volume is on another machine.
    tables: Option<Vec<Vec<String>>>,
}

/// A directory, with what is needed to start its endpoint without it.
struct Subject {
    name: &'static str,
    /// The keys of the provider and of an application.
    keys: [String; 2],
    /// The pod of its endpoint, with Secrets that outlive the directory.
    pod: Value,
    before: Picture,
}

#[tokio::test]
async fn c010_deleting_the_directory_and_the_operator_leaves_the_store_byte_for_byte() {
    let Some(mut world) = World::start("c010 retained", "retained").await else { return };
    let (acme, beta) = tokio::join!(Subject::set(&world, "acme"), Subject::set(&world, "beta"));

    // While the operator runs: it could still publish something.
    acme.delete(&world).await;
    world.stop_operator().await;
    world.delete::<Lease>("scim-operator").await;
    world.delete::<Secret>("scim-operator-ca").await;
    acme.is_left_behind(&world).await;
    let check = beta.check(&world, "deploy/beta-endpoint").await;
    assert_eq!(check, beta.before.check, "without an operator nothing changes");
    assert_eq!(beta.answers(&beta.callers(&world).await).await, beta.before.answers, "and everybody goes on");
    beta.delete(&world).await;
    beta.is_left_behind(&world).await;
    world.cluster.remove(&world.namespace).await;
}

impl Subject {
    /// A directory whose rule gives one of two people something.
    async fn set(world: &World, name: &'static str) -> Self {
        world.directory(name, json!({"syncPolicy": "Manual"})).await;
        let provider = world.provider_of(name).await;
        let reader = format!("{name}-reader");
        let application = world.application_of(name, &reader).await;
        world.rule_of(name, &format!("{name}-hr"), "HR", "Designer").await;
        let hr = provider.post("/scim/v2/Groups", group("HR")).await;
        let ann = provider.post("/scim/v2/Users", user("ann")).await;
        provider.post("/scim/v2/Users", user("bob")).await;
        until("the rule gives ann what it says", STARTED, async || {
            join(&provider, &hr, &ann).await;
            (role(&application, "ann").await.as_deref() == Some("Designer")).then_some(())
        })
        .await;
        let keys = [world.key(name).await, world.key(&reader).await];
        let before = Picture { answers: Vec::new(), check: String::new(), tables: None };
        let mut subject = Self { name, keys, pod: Value::Null, before };
        subject.pod = subject.pod_of_its_own(world).await;
        let deployment = format!("deploy/{name}-endpoint");
        let backup = ["/scim-operator", "store", "backup", "--data=/data", "--to=/data/before.db"];
        exec(world, &deployment, &backup).await;
        subject.before = Picture {
            answers: subject.answers(&subject.callers(world).await).await,
            check: subject.check(world, &deployment).await,
            tables: subject.volume(world).await.map(|folder| rows(&folder, "before.db")),
        };
        assert!(subject.before.answers.iter().all(|(status, _)| *status == 200), "{:?}", subject.before.answers);
        subject
    }

    async fn delete(&self, world: &World) {
        world.delete::<ScimDirectory>(self.name).await;
        let prefix = format!("{}-endpoint-", self.name);
        until("the endpoint is gone", STARTED, async || {
            let pods = world.names::<Pod>().await;
            (!pods.iter().any(|pod| pod.starts_with(&prefix))).then_some(())
        })
        .await;
    }

    /// The directory is gone, and its store is what it was.
    async fn is_left_behind(&self, world: &World) {
        // First of all, while nobody has opened it.
        let tables = self.volume(world).await.map(|folder| rows(&folder, "scim.db"));
        world.create::<Pod>(self.pod.clone()).await;
        let pod = format!("{}-left", self.name);
        let address = until("an endpoint serves what is left", STARTED, async || {
            let status = world.get::<Pod>(&pod).await["status"].clone();
            let is_ready = |c: &Value| c["type"] == "Ready" && c["status"] == "True";
            let ready = status["conditions"].as_array()?.iter().any(is_ready);
            status["podIP"].as_str().filter(|_| ready).map(str::to_owned)
        })
        .await;
        let callers = PORTS.map(|port| Caller::new(format!("http://{address}:{port}")));
        let answers = self.answers(&callers).await;
        let check = self.check(world, &format!("pod/{pod}")).await;
        world.delete::<Pod>(&pod).await;
        assert_eq!(Picture { answers, check, tables }, self.before);
    }

    async fn callers(&self, world: &World) -> [Caller; 2] {
        [world.caller(&format!("{}-scim", self.name)).await, world.caller(&format!("{}-access", self.name)).await]
    }

    /// What it answers, without its address.
    async fn answers(&self, callers: &[Caller; 2]) -> Vec<(u16, String)> {
        let mut answers = Vec::new();
        for ((caller, key), questions) in callers.iter().zip(&self.keys).zip(QUESTIONS) {
            for question in questions {
                let (status, body) = caller.with_token(key).get(question).await;
                answers.push((status, body.to_string().replace(caller.base(), "")));
            }
        }
        answers
    }

    async fn check(&self, world: &World, place: &str) -> String {
        exec(world, place, &["/scim-operator", "store", "check", "--data=/data"]).await
    }

    /// The pod of the Deployment, by another name and with copies of its Secrets; makes these.
    async fn pod_of_its_own(&self, world: &World) -> Value {
        let mut spec =
            world.get::<Deployment>(&format!("{}-endpoint", self.name)).await["spec"]["template"]["spec"].clone();
        for suffix in MOUNTED {
            let name = format!("{}-{suffix}", self.name);
            let copy = format!("{name}-copy");
            let data = world.get::<Secret>(&name).await["data"].clone();
            world.create::<Secret>(json!({"metadata": {"name": copy}, "data": data})).await;
            let volumes = spec["volumes"].as_array_mut().unwrap();
            let volume = volumes.iter_mut().find(|volume| volume["secret"]["secretName"] == name).unwrap();
            volume["secret"]["secretName"] = json!(copy);
        }
        // Its account goes with the directory; it had no rights.
        for field in ["serviceAccountName", "serviceAccount"] {
            spec[field] = json!("default");
        }
        json!({"metadata": {"name": format!("{}-left", self.name)}, "spec": spec})
    }

    /// The folder of the directory's volume, if it is on this machine.
    async fn volume(&self, world: &World) -> Option<PathBuf> {
        let claim = world.get::<PersistentVolumeClaim>(&format!("{}-endpoint-data", self.name)).await;
        let volumes: Api<PersistentVolume> = Api::all(world.cluster.client.clone());
        let volume = volumes.get(claim["spec"]["volumeName"].as_str().unwrap()).await.unwrap().spec.unwrap();
        let path = volume.local.map(|local| local.path).or(volume.host_path.map(|host| host.path))?;
        Some(PathBuf::from(path)).filter(|folder| folder.join("before.db").exists())
    }
}

/// The rows of every table of a database, read in a copy: nothing is written beside what is compared.
fn rows(folder: &Path, file: &str) -> Vec<Vec<String>> {
    let copy = tempfile::tempdir().unwrap();
    for suffix in ["", "-wal"] {
        let name = format!("{file}{suffix}");
        if folder.join(&name).exists() {
            std::fs::copy(folder.join(&name), copy.path().join(&name)).unwrap();
        }
    }
    let database = Connection::open(copy.path().join(file)).unwrap();
    let tables = TABLES.map(|table| {
        let mut statement = database.prepare(&format!("SELECT * FROM \"{table}\"")).unwrap();
        let columns = statement.column_count();
        let row =
            |row: &rusqlite::Row<'_>| (0..columns).map(|at| row.get::<_, Cell>(at)).collect::<Result<Vec<_>, _>>();
        let mut rows: Vec<_> = statement.query_map([], row).unwrap().map(|row| format!("{:?}", row.unwrap())).collect();
        rows.sort();
        assert!(!rows.is_empty(), "{table} has something to lose");
        rows
    });
    tables.into()
}

async fn exec(world: &World, place: &str, command: &[&str]) -> String {
    let arguments = [&["--namespace", &world.namespace, "exec", place, "--"], command].concat();
    let answer = world.cluster.kubectl(&arguments, "").await;
    assert!(answer.ok, "{command:?}: {answer:?}");
    answer.out
}
