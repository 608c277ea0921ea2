//! What was acknowledged is there after a power cut. C011.

use crate::support::endpoint::{Endpoint, rule, user_body};
use crate::support::reply::{Caller, try_finish};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

const WRITERS: usize = 8;
/// Acknowledged writes before the cut.
const ENOUGH: usize = 60;

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
    let ledger = Arc::new(Ledger::default());
    for round in 0..3 {
        let goal = ledger.acknowledged.load(Ordering::SeqCst) + ENOUGH;
        let writers = (0..WRITERS).map(|writer| {
            let number = round * WRITERS + writer;
            tokio::spawn(write(endpoint.public.clone(), group.clone(), number, Arc::clone(&ledger)))
        });
        let writers: Vec<_> = writers.collect();
        while ledger.acknowledged.load(Ordering::SeqCst) < goal {
            assert!(writers.iter().any(|writer| !writer.is_finished()), "no writer got through");
            tokio::task::yield_now().await;
        }
        endpoint = endpoint.kill_and_restart().await;
        for writer in writers {
            writer.await.unwrap();
        }
        endpoint.ready().await;
        check(&endpoint, &group, &ledger).await;
    }
}

async fn check(endpoint: &Endpoint, group: &str, ledger: &Ledger) {
    let members = endpoint.public.get(&format!("/scim/v2/Groups/{group}")).await.json()["members"].clone();
    let members: Vec<&str> = members.as_array().unwrap().iter().map(|m| m["value"].as_str().unwrap()).collect();
    let disabled = ledger.disabled.lock().unwrap().clone();
    let created = ledger.created.lock().unwrap().clone();
    let joined = ledger.joined.lock().unwrap().clone();
    for id in &created {
        assert_eq!(endpoint.public.get(&format!("/scim/v2/Users/{id}")).await.status, 200, "created, then lost: {id}");
    }
    for id in &joined {
        assert!(members.contains(&id.as_str()), "joined, then lost: {id}");
        let view = endpoint.view(id).await;
        assert_eq!(view["storedGrants"][0]["role"], "Designer", "a membership without its access: {id}");
    }
    for id in &disabled {
        assert_eq!(endpoint.view(id).await["accountEnabled"], false, "disabled, then enabled again: {id}");
    }
}
