//! What the guard holds, every replica holds: the content before it counts for whatever message comes to whichever of
//! them. C003.

use crate::fleet::Fleet;
use crate::support::endpoint::{LIMIT, rule, token};
use crate::support::wait;
use scim_operator::access::Guard;
use scim_operator::config::{Phase, RunStatus, Scope, SyncPolicy};
use serde_json::json;

const HELD: &str = "main: Designer [] from d";

#[tokio::test]
async fn c003_a_change_that_is_held_is_held_by_every_replica_until_a_run_by_way_of_another_confirms_it() {
    let rules = vec![rule("d", "Designers", "Designer", &["main"], &[])];
    let Some(mut fleet) = Fleet::start("c003_a_change", 3, rules.clone()).await else { return };
    let first = &mut fleet.replicas[0];
    first.document.rules = rules;
    first.document.sync_policy = SyncPolicy::Automatic;
    first.document.guard = Guard { max_revoked_users: 3, max_revoked_percent: 100 };
    first.publish().await;
    let mut people = first.people("ada", 5).await;
    let members: Vec<&str> = people.iter().map(String::as_str).collect();
    let group = first.group("Designers", &members).await;
    first.document.rules.clear();
    first.publish().await;
    for replica in &fleet.replicas {
        let held = wait::until("the change is held", LIMIT, async || replica.state().await.held).await;
        assert_eq!((held.rules, held.users_losing), (vec!["d".to_owned()], 5));
        assert!(held.reason.contains("maxRevokedUsers is 3"), "{}", held.reason);
    }
    // Also for whoever comes now, and for whom a message is about.
    for (n, replica) in fleet.replicas.iter().enumerate() {
        let user = replica.user(&format!("new-{n}@example.com")).await;
        replica.join(&group, &user).await;
        assert_eq!(replica.access_of(&user).await, HELD);
        people.push(user);
    }
    let admin = fleet.replicas[1].access.with_token(&token(Scope::Admin));
    let asked = json!({ "name": "confirm", "scope": { "all": {} }, "allowRevocations": { "upTo": people.len() } });
    let taken = admin.json("POST", "/access/v1/syncs", &asked).await;
    assert_eq!(taken.status, 202, "{}", taken.text);
    let run: RunStatus = wait::until("the run ends", LIMIT, async || {
        let run = fleet.replicas[2].access.get("/access/v1/syncs/confirm").await.json();
        let run: RunStatus = serde_json::from_value(run).expect("a run");
        run.phase.is_final().then_some(run)
    })
    .await;
    assert_eq!((run.phase, run.result.revoked), (Phase::Succeeded, people.len() as u64), "{:?}", run.message);
    for replica in &fleet.replicas {
        wait::until("nothing is held", LIMIT, async || replica.state().await.held.is_none().then_some(())).await;
        for user in &people {
            assert_eq!(replica.access_of(user).await, "");
        }
    }
}
