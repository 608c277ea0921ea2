//! C010: the API server killed, once for longer than a Lease lasts and once for as long as its start takes. The
//! endpoint serves all the time and nobody loses anything; an edit made in the first moment after each outage gets in
//! force.

use crate::manifest::folder;
use crate::operator::world::{STARTED, World, group, join, role, user};
use crate::support::http::Caller;
use crate::support::program::Program;
use crate::support::wait::until;
use kube::api::{Patch, PatchParams};
use scim_operator::api::UserManagementRule;
use serde_json::{Value, json};
use std::cell::Cell;
use std::io::Write as _;
use std::process::Stdio;
use std::time::Duration;
use tempfile::TempDir;
use tokio::process::Command;

/// A Lease that is lost in any outage, and one that outlasts a short one.
const SHORT: [&str; 3] = ["--lease-duration=4s", "--renew-deadline=3s", "--retry-period=500ms"];
const LONG: [&str; 3] = ["--lease-duration=90s", "--renew-deadline=60s", "--retry-period=500ms"];
/// How long the whole story may take.
const LIMIT: Duration = Duration::from_secs(240);

/// Everybody who is there: a provider, an application, a group with one member.
struct Scene {
    world: World,
    logs: TempDir,
    provider: Caller,
    application: Caller,
    hr: Value,
    ann: Value,
}

#[tokio::test]
async fn c010_b064_the_api_server_may_be_killed_and_everybody_is_served_and_every_edit_gets_in_force() {
    let Some(world) = World::without_operator("c010 API server", "outage").await else { return };
    if !may_be_ended().await {
        world.cluster.remove(&world.namespace).await;
        return;
    }
    let logs = tempfile::tempdir().unwrap();
    let first = operator(&world, &logs, SHORT);
    let scene = Scene::set(world, logs).await;
    let told = Cell::new(false);
    let story = async {
        scene.outlives_a_long_outage(first).await;
        told.set(true);
    };
    tokio::join!(scene.is_served_until(&told), story);
    scene.world.cluster.remove(&scene.world.namespace).await;
}

impl Scene {
    async fn set(world: World, logs: TempDir) -> Self {
        world.directory("acme", Value::Null).await;
        let (provider, application) = (world.provider().await, world.application().await);
        let hr = provider.post("/scim/v2/Groups", group("HR")).await;
        let ann = provider.post("/scim/v2/Users", user("ann")).await;
        world.rule("hr", "HR", "Designer").await;
        world.reads::<UserManagementRule>("hr", "Ready", "True Published").await;
        let scene = Self { world, logs, provider, application, hr, ann };
        scene.comes_to_give("Designer").await;
        scene
    }

    /// The provider and the application get their answers, and the member has a role, at any time.
    async fn is_served_until(&self, told: &Cell<bool>) {
        let mut asked = 0;
        until("the story ends", LIMIT, async || {
            assert_eq!(self.provider.get("/scim/v2/Users").await.0, 200, "after {asked} answers");
            assert!(role(&self.application, "ann").await.is_some(), "after {asked} answers");
            asked += 1;
            told.get().then_some(())
        })
        .await;
        assert!(asked > 100, "asked all the time: {asked}");
    }

    /// An outage that costs the operator its Lease and its life; the one that is started in its place, as a Deployment
    /// would while the API server is still away, waits. Then an outage that this one sits out.
    async fn outlives_a_long_outage(&self, first: Program) {
        let runs = self.world.runs().await.len();
        cluster(&["apiserver", "stop"]).await;
        let log = first.handle();
        let ended = first.ended().await;
        assert!(!ended.success(), "who has lost the Lease ends: {ended}");
        log.logged("the Lease is lost").await;
        let mut second = operator(&self.world, &self.logs, LONG);
        second.logged("the API server does not answer").await;
        self.edit_as_it_comes_back("Developer").await;
        self.comes_to_give("Developer").await;
        assert!(!second.has_ended(), "it has waited");

        cluster(&["apiserver", "stop"]).await;
        self.edit_as_it_comes_back("Participant").await;
        self.comes_to_give("Participant").await;
        self.world.reads::<UserManagementRule>("hr", "Ready", "True Published").await;
        assert!(!second.has_ended(), "it has gone on");
        let more = self.world.runs().await.len() - runs;
        assert!(more <= 2, "B064: a run for each edit at most, not {more}");
        let ended = second.stop().await;
        assert!(ended.success(), "{ended}");
    }

    /// Starts the API server, and edits the rule as soon as it takes that.
    async fn edit_as_it_comes_back(&self, role: &str) {
        let rules = self.world.api::<UserManagementRule>();
        let edit = Patch::Merge(json!({"spec": {"role": role}}));
        let edited = until("the edit is taken", STARTED, async || {
            rules.patch("hr", &PatchParams::default(), &edit).await.is_ok().then_some(())
        });
        tokio::join!(cluster(&["apiserver", "start"]), edited);
    }

    async fn comes_to_give(&self, wanted: &str) {
        // The watches try again at longer and longer intervals while the API server is away.
        until(&format!("messages are evaluated with {wanted}"), STARTED, async || {
            join(&self.provider, &self.hr, &self.ann).await;
            (role(&self.application, "ann").await.as_deref() == Some(wanted)).then_some(())
        })
        .await;
    }
}

/// An operator of the test's own.
fn operator(world: &World, logs: &TempDir, timing: [&str; 3]) -> Program {
    let image = std::env::var("SCIM_OPERATOR_IMAGE").unwrap_or_else(|_| "localhost/scim-operator:dev".to_owned());
    let namespace = &world.namespace;
    let own = [
        "operator".to_owned(),
        format!("--namespace={namespace}"),
        format!("--watch-namespace={namespace}"),
        format!("--image={image}"),
        "--metrics-listen=127.0.0.1:0".to_owned(),
    ];
    let arguments: Vec<_> = own.into_iter().chain(timing.map(str::to_owned)).collect();
    Program::start(logs.path(), &arguments)
}

/// Whether the cluster's API server is one that may be ended.
async fn may_be_ended() -> bool {
    if script(&["apiserver", "status"]).await.is_ok() {
        return true;
    }
    let missing = "c010 API server needs a cluster that `make cluster` has started: CLUSTER=source or CLUSTER=kind";
    assert!(std::env::var_os("CI").is_none_or(|ci| ci != "true"), "{missing}");
    // Not `eprintln!`: the test harness would keep that for itself.
    let _ = writeln!(std::io::stderr(), "SKIPPED {missing}");
    false
}

async fn cluster(arguments: &[&str]) {
    let done = script(arguments).await;
    assert!(done.is_ok(), "cluster.sh {arguments:?}: {done:?}");
}

/// Runs the script that started the cluster; what it printed is the error when it fails.
async fn script(arguments: &[&str]) -> Result<(), String> {
    let mut command = Command::new(folder("hack/cluster/cluster.sh"));
    let done = command.args(arguments).stdin(Stdio::null()).kill_on_drop(true).output();
    let done = tokio::time::timeout(LIMIT, done).await.expect("the script ends in time").unwrap();
    let printed = String::from_utf8_lossy(&done.stdout) + String::from_utf8_lossy(&done.stderr);
    if done.status.success() { Ok(()) } else { Err(printed.into_owned()) }
}
