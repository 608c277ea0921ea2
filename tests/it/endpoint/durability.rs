//! What was acknowledged is there after a kill. C011.
//!
//! A kill takes nothing from the system that it was given, so what is shown here is that nothing is acknowledged before
//! the store has it, and that a log that was not written back is read again; not that a disk keeps it.

use crate::support::endpoint::{Endpoint, rule, user_body};
use crate::support::reply::{Caller, try_finish};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

const WRITERS: usize = 8;
/// Acknowledged writes before a kill.
const ENOUGH: usize = 60;
/// How often there is a kill, unless `KILL_ROUNDS` in the environment says otherwise, as `make soak` does.
const ROUNDS: usize = 3;

/// What a writer was told: who exists, who is in the group, who is inactive.
#[derive(Default)]
struct Ledger {
    created: Mutex<Vec<String>>,
    joined: Mutex<Vec<String>>,
    disabled: Mutex<Vec<String>>,
    acknowledged: AtomicUsize,
}

impl Ledger {
    fn note(&self, list: &Mutex<Vec<String>>, id: &str) {
        list.lock().unwrap().push(id.to_owned());
        self.acknowledged.fetch_add(1, Ordering::SeqCst);
    }

    /// Takes over what another one holds.
    fn add(&self, other: &Self) {
        for (own, more) in self.lists().into_iter().zip(other.lists()) {
            own.lock().unwrap().extend(more.lock().unwrap().iter().cloned());
        }
    }

    fn lists(&self) -> [&Mutex<Vec<String>>; 3] {
        [&self.created, &self.joined, &self.disabled]
    }
}

fn rounds() -> usize {
    std::env::var("KILL_ROUNDS").map_or(ROUNDS, |text| text.parse().expect("KILL_ROUNDS is a number"))
}

async fn send(caller: &Caller, method: &str, path: &str, body: &Value) -> Option<(u16, Value)> {
    let request = caller.request(method, path).header("content-type", "application/scim+json").body(body.to_string());
    try_finish(request).await.ok().map(|reply| (reply.status, reply.json()))
}

/// Creates, joins and disables people until the connection breaks.
async fn write(caller: Caller, group: String, writer: usize, ledger: Arc<Ledger>) {
    let schemas = ["urn:ietf:params:scim:api:messages:2.0:PatchOp"];
    let operations = |operation: Value| json!({ "schemas": schemas, "Operations": [operation] });
    let off = operations(json!({ "op": "Replace", "path": "active", "value": "False" }));
    for n in 0.. {
        let body = user_body(&format!("user-{writer}-{n}@example.com"));
        let Some((201, user)) = send(&caller, "POST", "/scim/v2/Users", &body).await else { return };
        let id = user["id"].as_str().unwrap();
        ledger.note(&ledger.created, id);
        let add = operations(json!({ "op": "Add", "path": "members", "value": [{ "value": id }] }));
        let Some((204, _)) = send(&caller, "PATCH", &format!("/scim/v2/Groups/{group}"), &add).await else { return };
        ledger.note(&ledger.joined, id);
        if n % 2 == 0 {
            let Some((200, _)) = send(&caller, "PATCH", &format!("/scim/v2/Users/{id}"), &off).await else { return };
            ledger.note(&ledger.disabled, id);
        }
    }
}

#[tokio::test]
async fn c011_what_was_acknowledged_survives_a_kill_in_a_burst_of_writes() {
    let mut endpoint = Endpoint::start(vec![rule("d", "Designers", "Designer", &["main"], &[])]).await;
    let group = endpoint.group("Designers", &[]).await;
    let everything = Ledger::default();
    for round in 0..rounds() {
        let ledger = Arc::new(Ledger::default());
        let writers = (0..WRITERS).map(|writer| {
            let number = round * WRITERS + writer;
            tokio::spawn(write(endpoint.public.clone(), group.clone(), number, Arc::clone(&ledger)))
        });
        let writers: Vec<_> = writers.collect();
        while ledger.acknowledged.load(Ordering::SeqCst) < ENOUGH {
            assert!(writers.iter().any(|writer| !writer.is_finished()), "no writer got through");
            tokio::task::yield_now().await;
        }
        endpoint = endpoint.kill_and_restart().await;
        for writer in writers {
            writer.await.unwrap();
        }
        endpoint.ready().await;
        assert_eq!(lost(&endpoint, &group, &ledger).await, Vec::<String>::new(), "round {round}");
        everything.add(&ledger);
    }
    assert_eq!(lost(&endpoint, &group, &everything).await, Vec::<String>::new(), "of all rounds");
}

/// What the ledger holds and the server does not have, a line for each write.
async fn lost(endpoint: &Endpoint, group: &str, ledger: &Ledger) -> Vec<String> {
    let group = endpoint.public.get(&format!("/scim/v2/Groups/{group}")).await.json();
    let members = group["members"].as_array().expect("the group is there, with its members");
    let disabled = ledger.disabled.lock().unwrap().clone();
    let created = ledger.created.lock().unwrap().clone();
    let joined = ledger.joined.lock().unwrap().clone();
    // Of somebody who is not there everything is null.
    let view = async |id: &str| endpoint.access.get(&format!("/access/v1/users/{id}")).await.json();
    let mut lost = Vec::new();
    for id in &created {
        if endpoint.public.get(&format!("/scim/v2/Users/{id}")).await.status != 200 {
            lost.push(format!("created, then lost: {id}"));
        }
    }
    for id in &joined {
        if !members.iter().any(|member| member["value"] == **id) {
            lost.push(format!("joined, then lost: {id}"));
        } else if view(id).await["storedGrants"][0]["role"] != "Designer" {
            lost.push(format!("a membership without its access: {id}"));
        }
    }
    for id in &disabled {
        if view(id).await["accountEnabled"] != false {
            lost.push(format!("disabled, then enabled again: {id}"));
        }
    }
    lost
}

#[tokio::test]
async fn an_acknowledged_write_that_the_server_does_not_have_is_found() {
    let endpoint = Endpoint::start(vec![rule("d", "Designers", "Designer", &["main"], &[])]).await;
    let there = endpoint.user("there@example.com").await;
    let (linked, other) = (endpoint.group("Designers", &[&there]).await, endpoint.group("Others", &[]).await);
    let off = json!([{ "op": "Replace", "path": "active", "value": "False" }]);
    assert_eq!(endpoint.public.patch(&format!("/scim/v2/Users/{there}"), &off).await.status, 200);
    let ledger = Ledger::default();
    for list in ledger.lists() {
        ledger.note(list, &there);
    }
    assert_eq!(lost(&endpoint, &linked, &ledger).await, Vec::<String>::new(), "what is there is not lost");
    let nobody = "01890000-0000-7000-8000-000000000000";
    let elsewhere = endpoint.user("elsewhere@example.com").await;
    ledger.note(&ledger.created, nobody);
    ledger.note(&ledger.joined, &elsewhere);
    ledger.note(&ledger.disabled, &elsewhere);
    ledger.note(&ledger.disabled, nobody);
    let expected = [
        format!("created, then lost: {nobody}"),
        format!("joined, then lost: {elsewhere}"),
        format!("disabled, then enabled again: {elsewhere}"),
        format!("disabled, then enabled again: {nobody}"),
    ];
    assert_eq!(lost(&endpoint, &linked, &ledger).await, expected);
    let ledger = Ledger::default();
    endpoint.join(&other, &elsewhere).await;
    ledger.note(&ledger.joined, &elsewhere);
    let expected = [format!("a membership without its access: {elsewhere}")];
    assert_eq!(lost(&endpoint, &other, &ledger).await, expected);
}
