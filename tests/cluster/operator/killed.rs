//! C010: the operator killed at any of its writes, right before the API server gets it or right after it has carried it
//! out; the next one finishes what was begun, makes nothing twice, and takes nothing from the people who were there.
//!
//! Several lanes at a time, each with a namespace, a proxy and operators of its own. In each a directory is made for
//! the first time, then deleted and made again over its retained store, once for each kill.

use super::behind::{self, Behind};
use super::world::{STARTED, World, directory, group, join, role, text, user};
use crate::support::api_proxy::Trap;
use crate::support::http::Caller;
use crate::support::program::Program;
use crate::support::wait::until;
use futures::future::join_all;
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::{PersistentVolumeClaim, Pod, Secret, Service, ServiceAccount};
use k8s_openapi::api::networking::v1::NetworkPolicy;
use kube::ResourceExt as _;
use kube::api::ListParams;
use kube::core::NamespaceResourceScope;
use scim_operator::api::{RuleSync, ScimAccessToken, ScimDirectory, UserManagementRule};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::fmt::Debug;

/// Where the operator is killed that makes a lane's directory for the first time, one for each lane: at what is made
/// only once, and at the workload.
const FIRST: [Trap; 3] = [
    Trap { of: "/secrets", nth: 1, carried_out: true },
    Trap { of: "/persistentvolumeclaims/", nth: 1, carried_out: true },
    Trap { of: "/deployments/", nth: 1, carried_out: false },
];

/// Every rule there is in the end.
const RULES: [&str; 6] =
    ["acme-administrators", "acme-automation-admins", "acme-designers", "acme-developers", "acme-participants", "hr"];

/// One lane, with what its people have.
struct Lane {
    world: World,
    behind: Behind,
    /// The value of the token `reader`, which outlives the directory.
    reader: String,
    store: Value,
}

#[tokio::test]
async fn c010_killed_at_any_write_it_makes_everything_once_at_the_next_start_and_revokes_nothing() {
    let lanes = join_all((0..FIRST.len()).map(lane)).await;
    for (at, kills) in lanes.into_iter().enumerate() {
        assert!(kills.is_none_or(|kills| kills >= 3), "lane {at} was to be killed at its writes, not {kills:?} times");
    }
}

/// Runs one lane; how often its operator was killed.
async fn lane(at: usize) -> Option<usize> {
    let world = World::without_operator("c010 killed", "killed").await?;
    let behind = Behind::of(&[&world]).await;
    let mut lane = Lane { world, behind, reader: String::new(), store: Value::Null };
    lane.apply(0).await;
    let mut kills = usize::from(lane.bring_up(FIRST[at]).await);
    let writes = lane.behind.writes_since(0).len();
    lane.reader = lane.world.key("reader").await;
    lane.store = lane.world.get::<ScimDirectory>("acme").await["status"]["storeId"].clone();
    assert!(lane.store.is_string(), "{}", lane.store);
    lane.provision().await;
    let mut gone = lane.everything_is_there_once(None).await;
    for (round, trap) in traps(at, writes).into_iter().enumerate() {
        lane.take_down().await;
        lane.apply(round + 1).await;
        let killed = lane.bring_up(trap).await;
        gone = lane.everything_is_there_once(Some(&gone)).await;
        kills += usize::from(killed);
        if !killed {
            // There are fewer writes than that: the end of a long run.
            break;
        }
    }
    lane.world.cluster.remove(&lane.world.namespace).await;
    Some(kills)
}

/// At which writes the operator of a lane is killed: the first ones and some of about `all`. With `KILL_ROUNDS`, at
/// each of so many, before and after.
fn traps(lane: usize, all: usize) -> Vec<Trap> {
    let lanes = FIRST.len();
    if let Ok(rounds) = std::env::var("KILL_ROUNDS") {
        let rounds: usize = rounds.parse().expect("KILL_ROUNDS is a number");
        let mine = (1..=rounds).filter(|nth| nth % lanes == lane);
        return mine.flat_map(|nth| [false, true].map(|carried_out| Trap { of: "", nth, carried_out })).collect();
    }
    let some = [lane + 1, lanes + lane + 1, all * (lane + 1) / (lanes + 2)];
    let numbered = some.into_iter().enumerate();
    numbered.map(|(round, nth)| Trap { of: "", nth, carried_out: (round + lane).is_multiple_of(2) }).collect()
}

impl Lane {
    /// What an administrator applies in this round; the token only in the first, since it stays.
    async fn apply(&self, round: usize) {
        self.world.create::<ScimDirectory>(directory("acme", Value::Null)).await;
        self.world.rule("hr", "HR", "Designer").await;
        if round == 0 {
            self.world.token("reader", "Access", "application").await;
        }
        // The store remembers the runs of every directory that had it.
        let nonce = format!("round-{round}");
        let spec = json!({"directoryRef": {"name": "acme"}, "scope": {"all": {}}, "nonce": nonce});
        self.world.create::<RuleSync>(json!({"metadata": {"name": "everyone"}, "spec": spec})).await;
    }

    /// Two people: one has what the rule gives, the other what a default rule does.
    async fn provision(&self) {
        let provider = self.world.provider().await;
        for (name, place) in [("ann", "HR"), ("bob", "Nintex Participants")] {
            let place = provider.post("/scim/v2/Groups", group(place)).await;
            let person = provider.post("/scim/v2/Users", user(name)).await;
            join(&provider, &place, &person).await;
        }
    }

    /// Lets an operator work until the trap is sprung, kills it, and lets another one finish, which is killed in the
    /// end, too; whether the trap was sprung.
    async fn bring_up(&self, trap: Trap) -> bool {
        self.behind.proxy.set(trap);
        let mut operator = self.behind.start();
        let killed = tokio::select! {
            () = self.behind.proxy.sprung() => true,
            () = self.converges() => false,
        };
        if killed {
            behind::kill(operator, &self.world).await;
            self.behind.proxy.open();
            operator = self.behind.start();
            behind::looked_at_everything(&operator, &self.world).await;
            self.converges().await;
        }
        self.end(operator).await;
        killed
    }

    async fn end(&self, operator: Program) {
        behind::kill(operator, &self.world).await;
        // Whatever it was in the middle of; a trap that nobody sprung is not for the next one.
        self.behind.proxy.open();
    }

    async fn converges(&self) {
        let world = &self.world;
        world.reads::<ScimDirectory>("acme", "Ready", "True Published").await;
        for token in ["acme", "reader"] {
            world.reads::<ScimAccessToken>(token, "Ready", "True Active").await;
        }
        for rule in RULES {
            world.reads::<UserManagementRule>(rule, "Ready", "True Published").await;
        }
        world.reads::<RuleSync>("everyone", "Ready", "True Succeeded").await;
    }

    /// One of each, and everybody has what they had; `gone` is the key of the directory before this one. Answers the
    /// key of this one.
    async fn everything_is_there_once(&self, gone: Option<&str>) -> String {
        let world = &self.world;
        assert_eq!(there::<Deployment>(world).await, ["acme-endpoint"]);
        assert_eq!(there::<ServiceAccount>(world).await, ["acme-endpoint", "default"]);
        assert_eq!(there::<NetworkPolicy>(world).await, ["acme-endpoint"]);
        assert_eq!(there::<PersistentVolumeClaim>(world).await, ["acme-endpoint-data"]);
        assert_eq!(there::<Service>(world).await, ["acme-access", "acme-endpoint-admin", "acme-scim"]);
        let secrets = ["acme-endpoint-admin-tls", "acme-scim-api-key", "acme-token-verifiers"];
        let secrets: Vec<_> = secrets.into_iter().chain(["reader-scim-api-key", "scim-operator-ca"]).collect();
        assert_eq!(there::<Secret>(world).await, secrets);
        assert_eq!(there::<ScimAccessToken>(world).await, ["acme", "reader"]);
        assert_eq!(there::<UserManagementRule>(world).await, RULES);
        assert_eq!(there::<ScimDirectory>(world).await, ["acme"]);
        assert_eq!(self.hashes().await, ["acme", "reader"], "one hash for each token");
        assert_eq!(world.key("reader").await, self.reader, "a value is made once");
        assert_eq!(world.get::<ScimDirectory>("acme").await["status"]["storeId"], self.store);

        let key = world.key("acme").await;
        let provider = world.caller("acme-scim").await.with_token(&key);
        let (status, users) = provider.get("/scim/v2/Users").await;
        assert_eq!((status, &users["totalResults"]), (200, &json!(2)));
        if let Some(gone) = gone {
            assert_eq!(provider.with_token(gone).get("/scim/v2/Users").await.0, 401, "one key, the new one");
        }
        self.everybody_has_what_they_had(&world.caller("acme-access").await.with_token(&self.reader)).await;
        key
    }

    async fn everybody_has_what_they_had(&self, application: &Caller) {
        assert_eq!(role(application, "ann").await.as_deref(), Some("Designer"));
        assert_eq!(role(application, "bob").await.as_deref(), Some("Participant"));
    }

    /// Whose hashes the endpoint mounts, sorted.
    async fn hashes(&self) -> Vec<String> {
        let secret = self.world.api::<Secret>().get("acme-token-verifiers").await.unwrap();
        let file: Value = serde_json::from_slice(&secret.data.unwrap()["verifiers.json"].0).unwrap();
        let mut names: Vec<_> =
            file["verifiers"].as_array().unwrap().iter().map(|v| text(&v["name"]).to_owned()).collect();
        names.sort();
        names
    }

    /// Deletes the directory and what names it, without an operator, and waits until only the store is left, the token
    /// with its value, and the operator's authority.
    async fn take_down(&self) {
        let world = &self.world;
        world.delete::<RuleSync>("everyone").await;
        world.delete::<UserManagementRule>("hr").await;
        world.delete::<ScimDirectory>("acme").await;
        until("what the directory had is gone", STARTED, async || {
            let pods = world.names::<Pod>().await.len() + world.names::<Deployment>().await.len();
            let children = world.names::<Service>().await.len() + world.names::<NetworkPolicy>().await.len();
            let ours = world.names::<UserManagementRule>().await.len() + world.names::<RuleSync>().await.len();
            let gone = pods + children + ours == 0
                && world.names::<ServiceAccount>().await == ["default"]
                && world.names::<ScimAccessToken>().await == ["reader"]
                && world.names::<Secret>().await == ["reader-scim-api-key", "scim-operator-ca"];
            gone.then_some(())
        })
        .await;
        assert_eq!(there::<PersistentVolumeClaim>(world).await, ["acme-endpoint-data"], "the store stays");
    }
}

/// The names of a kind, sorted, none of which is on its way out.
async fn there<K>(world: &World) -> Vec<String>
where
    K: kube::Resource<DynamicType = (), Scope = NamespaceResourceScope> + DeserializeOwned + Clone + Debug,
{
    let all = world.api::<K>().list(&ListParams::default()).await.unwrap();
    let going = all.iter().filter(|object| object.meta().deletion_timestamp.is_some()).map(|object| object.name_any());
    assert_eq!(going.collect::<Vec<_>>(), Vec::<String>::new(), "{} on their way out", K::kind(&()));
    world.names::<K>().await
}
