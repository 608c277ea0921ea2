//! A run belongs to one replica at a time; when that one is killed another goes on with it. B061–B063.

use crate::fleet::Fleet;
use crate::support::endpoint::{LIMIT, rule, token};
use crate::support::wait;
use futures::future::join_all;
use scim_operator::config::{Phase, RunRequest, RunScope, RunStatus, Scope};

const USERS: usize = 1_500;

#[tokio::test]
async fn b063_a_run_whose_replica_is_killed_is_finished_by_another_and_evaluates_everybody_once() {
    let first_rules = vec![rule("d", "Designers", "Participant", &["main"], &[])];
    let Some(mut fleet) = Fleet::start("b063_a_run", 3, first_rules).await else { return };
    let mut users = Vec::with_capacity(USERS);
    for chunk in (0..USERS).collect::<Vec<_>>().chunks(100) {
        let made = chunk.iter().map(|n| {
            let (replica, name) = (&fleet.replicas[n % 3], format!("user-{n}@example.com"));
            async move { replica.user(&name).await }
        });
        users.extend(join_all(made).await);
    }
    let members: Vec<&str> = users.iter().map(String::as_str).collect();
    fleet.replicas[0].group("Designers", &members).await;
    wait::until("everybody was evaluated", LIMIT, async || {
        fleet.database.ask("SELECT 'waits' FROM pending LIMIT 1").await.is_empty().then_some(())
    })
    .await;
    fleet.publish(vec![rule("d", "Designers", "Designer", &["main"], &[])]).await;
    let request = RunRequest {
        name: "run".to_owned(),
        scope: RunScope::All {},
        nonce: String::new(),
        dry_run: false,
        allow_revocations: None,
        created_at: None,
    };
    let admin = fleet.replicas[0].access.with_token(&token(Scope::Admin));
    let asked = admin.json("POST", "/access/v1/syncs", &serde_json::to_value(request).unwrap()).await;
    assert_eq!(asked.status, 202, "{}", asked.text);
    let holder = wait::until("the run is under way", LIMIT, async || {
        let held = fleet.database.ask("SELECT r.status FROM run r WHERE r.cursor IS NOT NULL").await;
        let owner = fleet.database.ask("SELECT holder FROM lease WHERE name = 'runs' AND until > now()").await;
        if held.is_empty() { None } else { owner.into_iter().next() }
    })
    .await;
    let at = fleet
        .replicas
        .iter()
        .position(|replica| {
            let said = |line: &serde_json::Value| line["holder"] == holder.as_str();
            replica.program().log().iter().any(said)
        })
        .expect("one of them says that it is the holder");
    let killed = fleet.replicas.remove(at).killed().await;
    let run: RunStatus = wait::until("the run ends", LIMIT, async || {
        let reply = fleet.replicas[0].access.get("/access/v1/syncs/run").await;
        let run: RunStatus = serde_json::from_value(reply.json()).expect("a run");
        run.phase.is_final().then_some(run)
    })
    .await;
    assert_eq!(run.phase, Phase::Succeeded);
    assert_eq!((run.progress.processed, run.progress.total), (USERS as u64, USERS as u64));
    assert_eq!((run.result.users_evaluated, run.result.promoted), (USERS as u64, USERS as u64));
    drop(killed);
    for user in &users {
        assert_eq!(fleet.replicas[1].access_of(user).await, "main: Designer [] from d");
    }
}
