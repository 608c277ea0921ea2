//! Clients that write until they are told to stop, and remember what they were told.

use crate::fleet::Fleet;
use crate::support::endpoint::user_body;
use crate::support::reply::Caller;
use serde_json::json;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use tokio::task::JoinHandle;

/// Clients of a fleet, by turns of its replicas.
pub struct Writers {
    tasks: Vec<JoinHandle<()>>,
    group: String,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    over: AtomicBool,
    done: AtomicUsize,
    members: Mutex<Vec<String>>,
}

impl Writers {
    /// So many clients: each creates people and adds them to a group that a rule names.
    pub async fn start(fleet: &Fleet, count: usize) -> Self {
        let group = fleet.replicas[0].group("Designers", &[]).await;
        let shared = Arc::<Shared>::default();
        let tasks = (0..count).map(|writer| {
            let caller = fleet.replicas[writer % fleet.replicas.len()].public.clone();
            tokio::spawn(write(caller, group.clone(), writer, shared.clone()))
        });
        Self { tasks: tasks.collect(), group, shared }
    }

    /// Waits until so many more people were created and added.
    pub async fn more(&self, count: usize) {
        let done = || self.shared.done.load(Ordering::SeqCst);
        let goal = done() + count;
        while done() < goal {
            assert!(self.tasks.iter().all(|writer| !writer.is_finished()), "a writer failed");
            tokio::task::yield_now().await;
        }
    }

    /// Tells them to stop; fails unless everything that was acknowledged is there, with the access it gives.
    pub async fn all_kept(self, fleet: &Fleet) {
        let Self { tasks, group, shared } = self;
        shared.over.store(true, Ordering::SeqCst);
        for task in tasks {
            task.await.unwrap();
        }
        let members = shared.members.lock().unwrap().clone();
        assert!(!members.is_empty());
        for replica in &fleet.replicas {
            let shown = replica.public.get(&format!("/scim/v2/Groups/{group}")).await.json();
            let shown = shown["members"].as_array().expect("the group is there").clone();
            for member in &members {
                assert!(shown.iter().any(|m| m["value"] == **member), "{member} was acknowledged and is lost");
                assert_eq!(replica.access_of(member).await, "main: Designer [] from d");
            }
        }
    }
}

async fn write(caller: Caller, group: String, writer: usize, shared: Arc<Shared>) {
    for n in 0.. {
        if shared.over.load(Ordering::SeqCst) {
            return;
        }
        let body = user_body(&format!("user-{writer}-{n}@example.com"));
        let reply = caller.json("POST", "/scim/v2/Users", &body).await;
        if reply.status != 201 {
            // In doubt or refused: nothing is claimed of this one.
            assert_eq!(reply.status, 503, "{}", reply.text);
            continue;
        }
        let id = reply.json()["id"].as_str().unwrap().to_owned();
        let add = json!([{ "op": "Add", "path": "members", "value": [{ "value": id }] }]);
        if caller.patch(&format!("/scim/v2/Groups/{group}"), &add).await.status == 204 {
            shared.members.lock().unwrap().push(id);
        }
        shared.done.fetch_add(1, Ordering::SeqCst);
    }
}
