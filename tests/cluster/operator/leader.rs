//! Two replicas of the operator: one leads, the other is ready to; and what becomes of a leader that is told to end,
//! that is killed, that freezes, and whose Lease is stolen.

use super::world::{SOON, World, group, join, role, text, user};
use crate::support::api_proxy::{ApiProxy, Trap};
use crate::support::http::Caller;
use crate::support::program::Program;
use crate::support::wait::{throughout, until};
use k8s_openapi::api::coordination::v1::Lease;
use scim_operator::api::UserManagementRule;
use serde_json::{Value, json};
use std::ffi::OsStr;
use std::time::{Duration, Instant};

/// A lease that is short, but not too short for a busy machine.
const LEASE: Duration = Duration::from_secs(6);
const TIMING: [&str; 3] = ["--lease-duration=6s", "--renew-deadline=4s", "--retry-period=500ms"];
/// How long the other replica may take when the leader has given its Lease back: a look every half second, on a busy
/// machine, and much less than the lease.
const TAKEN_WITHIN: Duration = Duration::from_secs(2);

/// A world whose operator has ended in order; replicas of the test's own take its place.
struct Replicas {
    world: World,
    folder: tempfile::TempDir,
}

/// One replica.
struct Replica {
    program: Program,
    probes: Caller,
}

impl Replicas {
    async fn start(test: &str, prefix: &str) -> Option<Self> {
        let mut world = World::start(test, prefix).await?;
        world.stop_operator().await;
        Some(Self { world, folder: tempfile::tempdir().unwrap() })
    }

    /// Starts a replica and waits until it is ready.
    async fn replica(&self) -> Replica {
        self.replica_with(&[]).await
    }

    /// The same with these variables in its environment.
    async fn replica_with(&self, variables: &[(&str, &OsStr)]) -> Replica {
        let image = std::env::var("SCIM_OPERATOR_IMAGE").unwrap_or_else(|_| "localhost/scim-operator:dev".to_owned());
        let namespace = &self.world.namespace;
        let own = [
            format!("--namespace={namespace}"),
            format!("--watch-namespace={namespace}"),
            format!("--image={image}"),
            "--metrics-listen=127.0.0.1:0".to_owned(),
        ];
        let arguments: Vec<&str> =
            ["operator"].into_iter().chain(TIMING).chain(own.iter().map(String::as_str)).collect();
        let program = Program::start_with(self.folder.path(), &arguments, variables);
        let address = program.logged("listening").await["metrics"].as_str().unwrap().to_owned();
        let probes = Caller::new(format!("http://{address}"));
        until("the replica is ready", SOON, async || (probes.get("/readyz").await.0 == 200).then_some(())).await;
        Replica { program, probes }
    }

    /// A replica that leads and one that stands by.
    async fn pair(&self) -> (Replica, Replica) {
        let first = self.replica().await;
        first.comes_to_lead().await;
        let second = self.replica().await;
        second.program.logged("standing by").await;
        assert!(!second.leads().await);
        (first, second)
    }

    /// The spec of the Lease.
    async fn lease(&self) -> Value {
        self.world.get::<Lease>("scim-operator").await["spec"].clone()
    }

    async fn end(self, replicas: impl IntoIterator<Item = Replica>) {
        for replica in replicas {
            let ended = replica.program.stop().await;
            assert!(ended.success(), "the replica ends well: {ended}");
        }
        self.world.cluster.remove(&self.world.namespace).await;
    }
}

impl Replica {
    /// Whether it says that it leads.
    async fn leads(&self) -> bool {
        let text = reqwest::get(format!("{}/metrics", self.probes.base())).await.unwrap().text().await.unwrap();
        let gauge = text.lines().find_map(|line| line.strip_prefix("scim_operator_leader "));
        gauge.expect("the gauge is always there") == "1"
    }

    /// Waits until it leads.
    async fn comes_to_lead(&self) {
        until("the replica leads", LEASE + SOON, async || self.leads().await.then_some(())).await;
    }

    /// What it is in the Lease.
    fn identity(&self) -> String {
        let taken = |line: &Value| line["message"] == "the Lease is taken";
        let line = self.program.log().into_iter().find(taken).expect("it has taken the Lease");
        text(&line["identity"]).to_owned()
    }
}

/// A directory with a rule and a member of its group.
struct Scene {
    provider: Caller,
    application: Caller,
    hr: Value,
    ann: Value,
}

impl Scene {
    async fn set(world: &World) -> Self {
        world.directory("acme", json!({"syncPolicy": "Manual"})).await;
        let (provider, application) = (world.provider().await, world.application().await);
        let hr = provider.post("/scim/v2/Groups", group("HR")).await;
        let ann = provider.post("/scim/v2/Users", user("ann")).await;
        world.rule("hr", "HR", "Designer").await;
        world.reads::<UserManagementRule>("hr", "Ready", "True Published").await;
        let scene = Self { provider, application, hr, ann };
        scene.comes_to_give("Designer").await;
        scene
    }

    /// The role that the rule in force gives: asked by a message, as only the endpoint evaluates it.
    async fn gives(&self) -> Option<String> {
        join(&self.provider, &self.hr, &self.ann).await;
        role(&self.application, "ann").await
    }

    async fn comes_to_give(&self, wanted: &str) {
        let gives = async || (self.gives().await.as_deref() == Some(wanted)).then_some(());
        until(&format!("messages are evaluated with {wanted}"), SOON, gives).await;
    }
}

async fn edit(world: &World, role: &str) {
    world.patch::<UserManagementRule>("hr", json!({"spec": {"role": role}})).await;
}

#[tokio::test]
async fn two_replicas_are_ready_and_one_leads_and_the_other_follows_at_once_when_it_is_told_to_end() {
    let Some(replicas) = Replicas::start("two replicas", "leader").await else { return };
    assert_eq!(replicas.lease().await["holderIdentity"], Value::Null, "released by the operator that was here before");
    let (first, second) = replicas.pair().await;
    assert_eq!((first.probes.get("/readyz").await.0, second.probes.get("/readyz").await.0), (200, 200));
    let one_leads = async || first.leads().await && !second.leads().await;
    throughout("one leads and the other does not", LEASE + Duration::from_secs(1), one_leads).await;
    let before = replicas.lease().await;
    assert_eq!(text(&before["holderIdentity"]), first.identity());
    assert!(first.identity().starts_with("scim-operator_"));

    let ended = first.program.stop().await;
    assert!(ended.success(), "{ended}");
    let released = Instant::now();
    second.comes_to_lead().await;
    assert!(released.elapsed() <= TAKEN_WITHIN, "a released Lease is not waited for: {:?}", released.elapsed());
    let after = replicas.lease().await;
    assert_eq!(text(&after["holderIdentity"]), second.identity());
    assert_eq!(after["leaseTransitions"], json!(before["leaseTransitions"].as_i64().unwrap() + 1));
    replicas.end([second]).await;
}

#[tokio::test]
async fn c010_a_killed_leader_is_followed_an_edit_gets_in_force_and_nobody_loses_anything() {
    let Some(replicas) = Replicas::start("c010 killed leader", "killed").await else { return };
    let (first, second) = replicas.pair().await;
    let scene = Scene::set(&replicas.world).await;
    first.program.kill().await;
    edit(&replicas.world, "Developer").await;
    until("the other leads, and until then everybody has what they had", LEASE + SOON, async || {
        assert!(scene.gives().await.is_some(), "without a leader, too");
        second.leads().await.then_some(())
    })
    .await;
    scene.comes_to_give("Developer").await;
    replicas.world.reads::<UserManagementRule>("hr", "Ready", "True Published").await;
    replicas.end([second]).await;
}

#[tokio::test]
async fn a_leader_that_was_frozen_ends_by_itself_and_what_it_wanted_to_write_counts_for_nothing() {
    let Some(replicas) = Replicas::start("frozen leader", "frozen").await else { return };
    let (first, second) = replicas.pair().await;
    let scene = Scene::set(&replicas.world).await;
    // The old leader is caught with an edit that it has perhaps seen, and has perhaps not published.
    edit(&replicas.world, "Participant").await;
    first.program.signal("STOP").await;
    second.comes_to_lead().await;
    edit(&replicas.world, "Developer").await;
    scene.comes_to_give("Developer").await;
    let lease = replicas.lease().await;
    assert_eq!(text(&lease["holderIdentity"]), second.identity());

    let log = first.program.handle();
    first.program.signal("CONT").await;
    let ended = first.program.ended().await;
    assert!(!ended.success(), "it ends with an error: {ended}");
    let said = |line: Value| line["message"] == "the Lease is lost" || line["message"] == "there is a newer leader";
    assert!(log.lines().into_iter().any(said), "and says why");
    let stays = async || scene.gives().await.as_deref() == Some("Developer") && second.leads().await;
    throughout("what the new leader published stays", Duration::from_secs(3), stays).await;
    let now = replicas.lease().await;
    for field in ["holderIdentity", "leaseTransitions", "acquireTime"] {
        assert_eq!(now[field], lease[field], "the Lease was not taken back: {field}");
    }
    replicas.world.reads::<UserManagementRule>("hr", "Ready", "True Published").await;
    replicas.end([second]).await;
}

#[tokio::test]
async fn a_stolen_lease_ends_the_process_that_held_it_and_is_waited_for_like_any_other() {
    let Some(replicas) = Replicas::start("stolen lease", "stolen").await else { return };
    let (first, second) = replicas.pair().await;
    let (log, stolen) = (first.program.handle(), Instant::now());
    replicas.world.patch::<Lease>("scim-operator", json!({"spec": {"holderIdentity": "thief"}})).await;
    let ended = first.program.ended().await;
    assert!(!ended.success(), "{ended}");
    assert!(text(&log.logged("the Lease is lost").await["error"]).contains("its holder is thief now"));
    assert_eq!(text(&replicas.lease().await["holderIdentity"]), "thief", "nobody takes it back");
    second.comes_to_lead().await;
    assert!(stolen.elapsed() >= LEASE, "the thief had its time: {:?}", stolen.elapsed());
    replicas.end([second]).await;
}

#[tokio::test]
async fn a_leader_whose_api_server_answers_too_late_ends_by_itself_and_the_other_goes_on() {
    let Some(replicas) = Replicas::start("slow API server", "slow").await else { return };
    let proxy = ApiProxy::start(&replicas.world.cluster).await;
    let first = replicas.replica_with(&[("KUBECONFIG", proxy.kubeconfig().as_os_str())]).await;
    first.comes_to_lead().await;
    let second = replicas.replica().await;
    second.program.logged("standing by").await;
    let scene = Scene::set(&replicas.world).await;
    // From its next write on it gets no answer any more, to the renewals of its Lease neither.
    proxy.set(Trap { of: "", nth: 1, carried_out: false });
    edit(&replicas.world, "Developer").await;
    proxy.sprung().await;
    let log = first.program.handle();
    let ended = first.program.ended().await;
    assert!(!ended.success(), "it ends with an error: {ended}");
    log.logged("the Lease is lost").await;
    second.comes_to_lead().await;
    scene.comes_to_give("Developer").await;
    replicas.world.reads::<UserManagementRule>("hr", "Ready", "True Published").await;
    replicas.end([second]).await;
}
