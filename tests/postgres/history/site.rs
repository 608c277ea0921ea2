//! The endpoints of a history and what is done to them: replicas over one schema, each behind a proxy of its own, or
//! one endpoint over SQLite.

use super::check::Settled;
use super::client::World;
use super::event::{group_name, rule_name, user_name};
use super::plan::Fault;
use crate::fleet::Fleet;
use crate::support::database::Database;
use crate::support::endpoint::{Endpoint, LIMIT, Stopped, document, rule};
use crate::support::program::{Outcome, run};
use crate::support::proxy::{Proxy, Then, Trap};
use crate::support::wait;
use scim_operator::access::{AccessView, GroupFacts, Rule};
use scim_operator::config::{Phase, RuleEntry, RunScope};
use std::collections::BTreeSet;

/// Ends the sessions that are within a transaction on the test's schema, and no other test's.
const TERMINATE: &str = "SELECT pg_terminate_backend(pid) FROM (SELECT DISTINCT l.pid FROM pg_locks l \
    JOIN pg_class c ON c.oid = l.relation JOIN pg_namespace n ON n.oid = c.relnamespace \
    WHERE n.nspname = current_schema() AND l.pid <> pg_backend_pid() \
    AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())) AS at_work";

/// The message of a commit, as the protocol says it.
const COMMIT: &[u8] = b"Q\x00\x00\x00\x0bCOMMIT\x00";

/// Endpoints, and the way to each of them.
pub struct Site {
    running: Vec<Option<Endpoint>>,
    stopped: Vec<Option<Stopped>>,
    proxies: Vec<Proxy>,
    /// Replicas whose way to the database is cut or silent.
    parted: BTreeSet<usize>,
    database: Option<Database>,
    groups: usize,
    rules: Vec<RuleEntry>,
}

/// The rules of a number: one for the first name of every group, which gives something else by every number.
fn rules(number: usize, groups: usize) -> Vec<RuleEntry> {
    const ROLES: [&str; 3] = ["Participant", "Designer", "Developer"];
    const TENANTS: [&[&str]; 3] = [&["main"], &["main", "hr"], &["hr"]];
    let for_group = |group: usize| {
        let (name, shown) = (rule_name(group), group_name(group, false));
        let at = group + number;
        rule(&name, &shown, ROLES[at % 3], TENANTS[at % 3], &[&format!("app-{group}-{number}")])
    };
    let mut all: Vec<RuleEntry> = (0..groups).map(for_group).collect();
    if number % 2 == 1 {
        all.push(rule("x", &group_name(0, false), "Developer", &["lab"], &[]));
    }
    all
}

impl Site {
    /// Replicas over a database.
    pub async fn replicas(database: Database, count: usize, groups: usize) -> Self {
        let proxies: Vec<Proxy> = (0..count).map(|_| Proxy::start(database.address())).collect();
        let ways: Vec<Database> = proxies.iter().map(|proxy| database.through(proxy)).collect();
        let rules = rules(0, groups);
        let Fleet { replicas, database } = Fleet::over(database, &ways, rules.clone()).await;
        Self::of(replicas, proxies, Some(database), groups, rules)
    }

    /// One endpoint over SQLite.
    pub async fn folder(groups: usize) -> Self {
        let rules = rules(0, groups);
        Self::of(vec![Endpoint::start(rules.clone()).await], Vec::new(), None, groups, rules)
    }

    fn of(
        replicas: Vec<Endpoint>,
        proxies: Vec<Proxy>,
        database: Option<Database>,
        groups: usize,
        rules: Vec<RuleEntry>,
    ) -> Self {
        let stopped = replicas.iter().map(|_| None).collect();
        let running = replicas.into_iter().map(Some).collect();
        Self { running, stopped, proxies, parted: BTreeSet::new(), database, groups, rules }
    }

    /// A world with the groups, of which each has its first name, and with the doors of all replicas.
    pub async fn world(&self, people: usize, clients: usize) -> World {
        let mut ids = Vec::new();
        for group in 0..self.groups {
            ids.push(self.endpoint(0).group(&group_name(group, false), &[]).await);
        }
        let world = World::new(ids, people, self.running.len(), clients);
        for (replica, endpoint) in self.running.iter().enumerate() {
            endpoint.iter().for_each(|endpoint| world.open(replica, endpoint));
        }
        world
    }

    fn endpoint(&self, replica: usize) -> &Endpoint {
        self.running[replica].as_ref().expect("the replica runs")
    }

    /// Does all of it, each fault after so many more calls have ended; in the end nothing is broken.
    pub async fn trouble(&mut self, faults: &[(usize, Fault)], world: &World) {
        for (gap, fault) in faults {
            self.pause(*gap, world).await;
            self.strike(*fault, world).await;
        }
        self.pause(0, world).await;
        world.calm.store(true, std::sync::atomic::Ordering::SeqCst);
    }

    /// Waits until so many calls have ended, or none does any more: then all clients wait for what is broken.
    async fn pause(&self, gap: usize, world: &World) {
        let goal = world.ended() + gap;
        let mut before = None;
        wait::until("clients go on", LIMIT, async || {
            let ended = world.ended();
            if ended >= goal || world.is_over() {
                return Some(());
            }
            if before.replace(ended) == Some(ended) {
                if self.running.iter().all(Option::is_none) {
                    return Some(());
                }
                for replica in &self.parted {
                    if self.endpoint(*replica).metrics.get("/readyz").await.status == 503 {
                        return Some(());
                    }
                }
            }
            None
        })
        .await;
    }

    async fn strike(&mut self, fault: Fault, world: &World) {
        match fault {
            Fault::Kill(at) => {
                world.close(at);
                let endpoint = self.running[at].take().expect("the replica runs");
                self.stopped[at] = Some(endpoint.killed().await);
            }
            Fault::Start(at) => {
                let endpoint = self.stopped[at].take().expect("the replica was killed").start().await;
                world.open(at, &endpoint);
                self.running[at] = Some(endpoint);
            }
            Fault::Cut(at) => {
                self.parted.insert(at);
                self.proxies[at].cut();
            }
            Fault::Hang(at) => {
                self.parted.insert(at);
                self.proxies[at].hang();
            }
            Fault::Heal(at) => {
                self.parted.remove(&at);
                self.proxies[at].heal();
            }
            Fault::Lose { replica, reaches_server } => {
                self.proxies[replica].set(Trap { pattern: COMMIT, reaches_server, then: Then::CutOne });
            }
            Fault::Publish { through, rules: number } => self.publish(through, rules(number, self.groups)).await,
            Fault::Terminate => self.terminate(world).await,
        }
    }

    async fn publish(&mut self, through: usize, rules: Vec<RuleEntry>) {
        let endpoint = self.running[through].as_mut().expect("the replica runs");
        endpoint.document = document(rules.clone());
        wait::until("the rules are published", LIMIT, async || {
            let shown = endpoint.admin.get("/admin/v1/config").await.json();
            endpoint.revision = shown["revision"].as_u64()?;
            (endpoint.try_publish().await.status == 200).then_some(())
        })
        .await;
        self.rules = rules;
    }

    async fn terminate(&self, world: &World) {
        let database = self.database.as_ref().expect("a database");
        wait::until("a session at work is ended", LIMIT, async || {
            let ended = database.ask(TERMINATE).await;
            (!ended.is_empty() || world.is_over()).then_some(())
        })
        .await;
    }

    /// Waits until every replica is ready.
    pub async fn ready(&self) {
        for endpoint in self.running.iter().flatten() {
            endpoint.ready().await;
        }
    }

    /// Does something to the database that no endpoint would; it must touch something.
    pub async fn lie(&self, sql: &str) {
        let touched = self.database.as_ref().expect("a database").ask(sql).await;
        assert!(!touched.is_empty(), "{sql}");
    }

    /// Has everybody evaluated under the rules in force, and reads what there is.
    pub async fn settled(&self, world: &World, people: usize) -> Settled {
        let first = self.endpoint(0);
        let run = first.sync("history", RunScope::All {}).await;
        assert_eq!(run.phase, Phase::Succeeded, "{run:?}");
        let mut groups = Vec::new();
        for id in &world.groups {
            let shown = first.public.get(&format!("/scim/v2/Groups/{id}")).await.json();
            let members = shown["members"].as_array().expect("members").iter();
            let members = members.filter_map(|member| member["value"].as_str().map(str::to_owned)).collect();
            let display_name = shown["displayName"].as_str().expect("a name").to_owned();
            groups.push((GroupFacts { id: id.clone(), display_name, external_id: None }, members));
        }
        let mut views: Vec<(usize, AccessView)> = Vec::new();
        for (replica, endpoint) in self.running.iter().flatten().enumerate() {
            for person in 0..people {
                let reply = endpoint.access.get(&format!("/access/v1/users/{}", user_name(person))).await;
                assert!([200, 404].contains(&reply.status), "{}", reply.text);
                if reply.status == 200 {
                    views.push((replica, serde_json::from_str(&reply.text).expect("a view")));
                }
            }
        }
        let rules: Vec<Rule> = self.rules.iter().map(|entry| entry.rule.clone()).collect();
        Settled { rules, groups, views }
    }

    /// Ends everything; the stored records, and what was said when their chain was verified.
    pub async fn close(mut self) -> (Vec<String>, Outcome) {
        if let Some(database) = &self.database {
            let mut arguments = vec!["audit".to_owned(), "verify".to_owned()];
            arguments.extend(database.arguments());
            let verified = run(&arguments.iter().map(String::as_str).collect::<Vec<_>>()).await;
            return (database.ask("SELECT body FROM record").await, verified);
        }
        let stopped = self.running[0].take().expect("the endpoint runs").stopped().await;
        let data = stopped.data();
        let verified = run(&["audit", "verify", "--data", &data.display().to_string()]).await;
        (bodies(&data.join("scim.db")).expect("the records"), verified)
    }
}

fn bodies(store: &std::path::Path) -> rusqlite::Result<Vec<String>> {
    let connection = rusqlite::Connection::open(store)?;
    connection.prepare("SELECT body FROM record")?.query_map([], |row| row.get(0))?.collect()
}
