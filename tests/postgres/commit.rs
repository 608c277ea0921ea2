//! A connection that ends while a transaction commits: whatever became of it, the answer is right and nothing is done
//! twice. C011.

use crate::fleet::Fleet;
use crate::support::database::Database;
use crate::support::endpoint::{Endpoint, rule, user_body};
use crate::support::proxy::{Proxy, Then, Trap};
use serde_json::json;

/// One endpoint behind a proxy that sees its statements.
async fn one(test: &str) -> Option<(Fleet, Proxy)> {
    let database = Database::connect(test)?;
    let proxy = Proxy::start(database.address());
    let way = [database.through(&proxy)];
    let rules = vec![rule("d", "Designers", "Designer", &["main"], &[])];
    Some((Fleet::over(database, &way, rules).await, proxy))
}

/// A trap for the next commit of a write, as the protocol says it: a simple query.
fn at_commit(reaches_server: bool) -> Trap {
    Trap { pattern: b"Q\x00\x00\x00\x0bCOMMIT\x00", reaches_server, then: Then::CutOne }
}

async fn created_once(endpoint: &Endpoint, database: &Database, name: &str) {
    let reply = endpoint.public.json("POST", "/scim/v2/Users", &user_body(name)).await;
    assert_eq!(reply.status, 201, "{}", reply.text);
    let id = reply.json()["id"].as_str().unwrap().to_owned();
    assert_eq!(endpoint.public.get(&format!("/scim/v2/Users/{id}")).await.status, 200);
    let records = database.ask(&format!("SELECT count(*) FROM record WHERE body LIKE '%{id}%'")).await;
    assert_eq!(records, ["1"], "one record tells of it");
}

#[tokio::test]
async fn c011_a_user_created_while_the_connection_is_cut_exists_once() {
    let Some((fleet, proxy)) = one("c011_a_user_created").await else { return };
    for (n, reaches_server) in [true, false, true, false].into_iter().enumerate() {
        proxy.set(at_commit(reaches_server));
        created_once(&fleet.replicas[0], &fleet.database, &format!("ada-{n}@example.com")).await;
        proxy.sprung(n as u64 + 1).await;
    }
    let counted = fleet.database.ask("SELECT sum(value) FROM counter WHERE name = 'created'").await;
    assert_eq!(counted, ["4"], "nothing was counted twice");
}

#[tokio::test]
async fn c011_a_user_deleted_while_the_commit_is_cut_is_answered_as_deleted() {
    let Some((fleet, proxy)) = one("c011_a_user_deleted").await else { return };
    let endpoint = &fleet.replicas[0];
    for n in 0..3 {
        let user = endpoint.user(&format!("ada-{n}@example.com")).await;
        // The endpoint cannot know what became of it; the database does.
        proxy.set(at_commit(true));
        let reply = endpoint.public.delete(&format!("/scim/v2/Users/{user}")).await;
        assert_eq!(reply.status, 204, "{}", reply.text);
        assert_eq!(endpoint.public.get(&format!("/scim/v2/Users/{user}")).await.status, 404);
    }
}

#[tokio::test]
async fn c011_members_patched_while_connections_are_cut_again_and_again_are_all_there() {
    let Some((fleet, proxy)) = one("c011_members_patched").await else { return };
    let endpoint = &fleet.replicas[0];
    let group = endpoint.group("Designers", &[]).await;
    let mut acknowledged = Vec::new();
    for n in 0..30 {
        let user = endpoint.user(&format!("ada-{n}@example.com")).await;
        if n % 3 == 0 {
            proxy.cut();
            proxy.heal();
        }
        let add = json!([{ "op": "Add", "path": "members", "value": [{ "value": user }] }]);
        let reply = endpoint.public.patch(&format!("/scim/v2/Groups/{group}"), &add).await;
        assert_eq!(reply.status, 204, "{n}: {}", reply.text);
        acknowledged.push(user);
    }
    for user in &acknowledged {
        assert_eq!(endpoint.access_of(user).await, "main: Designer [] from d");
    }
}
