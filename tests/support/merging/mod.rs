//! Sixteen clients PATCH the same groups at once while endpoints are killed, and what is there in the end is what each
//! client's sequence comes to by itself, one request after the other. C011.
//!
//! [`Plan`] says why that is well defined. A PATCH whose answer is lost is repeated until it is acknowledged, and only
//! then comes the client's next one. What a loss takes may be written again later, so each client looks after every
//! kill whether its people are where they were. `SEED=…` plays a plan again, as far as chance is ours;
//! `PATCHES_PER_CLIENT=…` makes it longer or shorter.

pub mod found;
pub mod plan;
pub mod wire;

use super::endpoint::{Endpoint, LIMIT};
use super::reply::{Caller, try_finish};
use super::wait;
use found::{Found, differences, members};
use futures::future::{join, join_all};
use plan::{CLIENTS, GROUPS, Kill, PEOPLE, Pair, Plan, Request};
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard};
use tokio::sync::watch;
use uuid::Uuid;
use wire::{Ids, body, group_name, user_name};

/// A number from the environment.
fn number<T: std::str::FromStr>(variable: &str) -> Option<T> {
    let text = std::env::var(variable).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{variable} is a number")))
}

/// The plan that the environment asks for, or one that was never played before, of so many PATCHes of each client.
pub fn plan(patches: usize, replicas: usize) -> Plan {
    let seed = number("SEED").unwrap_or_else(|| Uuid::new_v4().as_u64_pair().1);
    Plan::new(seed, number("PATCHES_PER_CLIENT").unwrap_or(patches), replicas)
}

/// Makes a plan happen, and fails unless every endpoint shows what it comes to.
pub async fn hold(plan: &Plan, endpoints: Vec<Endpoint>) {
    let Plan { seed, patches, .. } = plan;
    // Seen only when something fails, by whatever panics first.
    eprintln!("again: SEED={seed} PATCHES_PER_CLIENT={patches}; kills: {:?}", plan.kills);
    let Played { endpoints, ids, mut complaints, in_doubt, unavailable } = play(plan, endpoints).await;
    eprintln!("{} PATCHes acknowledged, {in_doubt} answers lost, {unavailable} times 503", CLIENTS * patches);
    let due = plan.outcome();
    for (replica, endpoint) in endpoints.iter().enumerate() {
        endpoint.ready().await;
        let found = Found::at(endpoint, &ids).await.complaints(&due).into_iter();
        complaints.extend(found.map(|line| format!("in the end, replica {replica}, {line}")));
    }
    assert!(
        complaints.is_empty(),
        "SEED={seed} PATCHES_PER_CLIENT={patches}, {} complaints:\n{}",
        complaints.len(),
        complaints.join("\n"),
    );
    assert!(in_doubt > 0, "SEED={seed}: no kill met a request under way");
}

/// What is left when all clients have finished.
pub struct Played {
    /// All of them run.
    pub endpoints: Vec<Endpoint>,
    /// The groups and people that were made.
    pub ids: Ids,
    /// What clients missed, or had too much of, after a kill; a line each.
    pub complaints: Vec<String>,
    /// Requests that may have arrived and were never answered.
    pub in_doubt: usize,
    /// Requests that were told to come back.
    pub unavailable: usize,
}

/// Makes the groups, the people and then the plan happen at these endpoints, which were just started.
pub async fn play(plan: &Plan, endpoints: Vec<Endpoint>) -> Played {
    let doors = Mutex::new(endpoints.iter().map(|endpoint| Some(endpoint.public.clone())).collect());
    let world = World {
        plan,
        ids: made(&endpoints[0]).await,
        doors,
        acknowledged: watch::Sender::new(0),
        kills: AtomicUsize::new(0),
        in_doubt: AtomicUsize::new(0),
        unavailable: AtomicUsize::new(0),
    };
    let clients = join_all((0..CLIENTS).map(|client| world.ask(client)));
    let (complaints, endpoints) = join(clients, world.kill(endpoints)).await;
    let World { ids, in_doubt, unavailable, .. } = world;
    let (in_doubt, unavailable) = (in_doubt.into_inner(), unavailable.into_inner());
    Played { endpoints, ids, complaints: complaints.concat(), in_doubt, unavailable }
}

async fn made(endpoint: &Endpoint) -> Ids {
    let mut people = Vec::new();
    for some in (0..PEOPLE).collect::<Vec<_>>().chunks(CLIENTS) {
        people.extend(join_all(some.iter().map(async |person| endpoint.user(&user_name(*person)).await)).await);
    }
    let groups = join_all((0..GROUPS).map(async |group| endpoint.group(&group_name(group), &[]).await)).await;
    Ids { groups, people }
}

/// What clients share.
struct World<'a> {
    plan: &'a Plan,
    ids: Ids,
    /// How each replica is asked while it runs.
    doors: Mutex<Vec<Option<Caller>>>,
    acknowledged: watch::Sender<usize>,
    kills: AtomicUsize,
    in_doubt: AtomicUsize,
    unavailable: AtomicUsize,
}

impl World<'_> {
    /// Plays a client; what it has to complain about.
    async fn ask(&self, client: usize) -> Vec<String> {
        let (mut due, mut kills, mut complaints) = (BTreeSet::new(), 0, Vec::new());
        for (number, request) in self.plan.requests(client).iter().enumerate() {
            let (what, body) = (format!("PATCH {number} of client {client} is acknowledged"), body(request, &self.ids));
            wait::until(&what, LIMIT, async || self.is_acknowledged(request, &body).await.then_some(())).await;
            request.apply(&mut due);
            self.acknowledged.send_modify(|count| *count += 1);
            let now = self.kills.load(Ordering::SeqCst);
            if now > kills {
                kills = now;
                complaints.extend(differences(&format!("after kill {kills}"), &due, &self.own(client).await));
            }
        }
        complaints
    }

    /// Where a client's people are, by the groups.
    async fn own(&self, client: usize) -> Vec<Pair> {
        let mut own = Vec::new();
        for (group, id) in self.ids.groups.iter().enumerate() {
            let shown = wait::until("a group is shown", LIMIT, async || {
                let asked = self.door(client)?.request("GET", &format!("/scim/v2/Groups/{id}"));
                try_finish(asked).await.ok().filter(|reply| reply.status == 200)
            });
            let members = members(group, &shown.await.json(), &self.ids);
            own.extend(members.into_iter().filter(|(_, person)| person % CLIENTS == client));
        }
        own
    }

    async fn is_acknowledged(&self, request: &Request, body: &str) -> bool {
        let Some(door) = self.door(request.replica) else { return false };
        let asked = door.request("PATCH", &format!("/scim/v2/Groups/{}", self.ids.groups[request.group]));
        let asked = asked.header("content-type", "application/scim+json").body(body.to_owned());
        match try_finish(asked).await {
            Ok(reply) if [200, 204].contains(&reply.status) => return true,
            Ok(reply) => {
                assert_eq!(reply.status, 503, "{body}: {}", reply.text);
                self.unavailable.fetch_add(1, Ordering::SeqCst);
            }
            Err(error) if error.is_connect() => {}
            Err(_) => drop(self.in_doubt.fetch_add(1, Ordering::SeqCst)),
        }
        false
    }

    /// Kills endpoints and starts them again, as planned.
    async fn kill(&self, mut endpoints: Vec<Endpoint>) -> Vec<Endpoint> {
        for Kill { replica, at, down } in self.plan.kills.iter().copied() {
            self.reached(at).await;
            self.doors()[replica] = None;
            self.kills.fetch_add(1, Ordering::SeqCst);
            let stopped = endpoints.remove(replica).killed().await;
            self.reached(at + down).await;
            let started = stopped.start().await;
            self.doors()[replica] = Some(started.public.clone());
            endpoints.insert(replica, started);
        }
        endpoints
    }

    /// Waits until so many PATCHes are acknowledged.
    async fn reached(&self, count: usize) {
        self.acknowledged.subscribe().wait_for(|now| *now >= count).await.expect("somebody counts");
    }

    /// The door of this replica, or of the next that runs.
    fn door(&self, replica: usize) -> Option<Caller> {
        let doors = self.doors();
        (0..doors.len()).find_map(|next| doors[(replica + next) % doors.len()].clone())
    }

    fn doors(&self) -> MutexGuard<'_, Vec<Option<Caller>>> {
        self.doors.lock().expect("nobody panics with the doors")
    }
}
