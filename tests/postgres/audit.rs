//! The chain of records that several processes write. C005.

use crate::fleet::Fleet;
use crate::support::endpoint::{LIMIT, rule};
use crate::support::program::{Outcome, run};
use crate::support::wait;
use futures::future::join_all;

async fn audit(fleet: &Fleet, step: &str, more: &[&str]) -> Outcome {
    let database = fleet.database.arguments();
    let mut arguments = vec!["audit", step];
    arguments.extend(database.iter().map(String::as_str).chain(more.iter().copied()));
    run(&arguments).await
}

/// Waits until every record has its position.
async fn numbered(fleet: &Fleet) {
    wait::until("every record has a position", LIMIT, async || {
        (fleet.database.ask("SELECT count(*) FROM record WHERE position IS NULL").await == ["0"]).then_some(())
    })
    .await;
}

#[tokio::test]
async fn c005_the_records_of_three_replicas_are_one_chain_and_a_changed_letter_is_found() {
    let rules = vec![rule("d", "Designers", "Designer", &["main"], &[])];
    let Some(mut fleet) = Fleet::start("c005_the_records", 3, rules).await else { return };
    let group = fleet.replicas[0].group("Designers", &[]).await;
    let names: Vec<String> = (0..60).map(|n| format!("user-{n}@example.com")).collect();
    let made = names.iter().enumerate().map(|(n, name)| {
        let (replica, group) = (&fleet.replicas[n % 3], &group);
        async move {
            let user = replica.user(name).await;
            replica.join(group, &user).await;
            user
        }
    });
    let users = join_all(made).await;
    // Whoever numbers may end at any time.
    fleet.replicas.remove(0).killed().await;
    let last = fleet.replicas[0].user("last@example.com").await;
    numbered(&fleet).await;
    let verified = audit(&fleet, "verify", &[]).await;
    assert_eq!(verified.code, Some(0), "{}", verified.err);
    // A publication, a group, sixty people made and added, one more.
    assert!(verified.out.starts_with("verified 123 records"), "{}", verified.out);
    // Of two records about one person the later one stands later.
    for user in &users {
        let said = format!("SELECT position FROM record WHERE body LIKE '%{user}%' ORDER BY arrived");
        let positions: Vec<u64> = fleet.database.ask(&said).await.iter().map(|text| text.parse().unwrap()).collect();
        assert_eq!(positions.len(), 2, "created, and added");
        assert!(positions.is_sorted(), "{positions:?}");
    }
    // Erasing somebody keeps it whole and takes the name out.
    let deleted = fleet.replicas[0].public.delete(&format!("/scim/v2/Users/{last}")).await;
    assert_eq!(deleted.status, 204);
    let erased = audit(&fleet, "erase", &["--user", "last@example.com"]).await;
    assert_eq!(erased.out.trim(), format!("erased {last} from 2 records"), "{}", erased.err);
    numbered(&fleet).await;
    assert_eq!(fleet.database.ask("SELECT count(*) FROM record WHERE body LIKE '%last@%'").await, ["0"]);
    assert_eq!(audit(&fleet, "verify", &[]).await.code, Some(0));
    // A database that was put back goes on in another incarnation.
    let database = fleet.database.arguments();
    let mut arguments = vec!["store", "restored"];
    arguments.extend(database.iter().map(String::as_str));
    let restored = run(&arguments).await;
    assert!(restored.out.contains("begins after record"), "{}", restored.err);
    fleet.replicas[0].user("later@example.com").await;
    numbered(&fleet).await;
    assert_eq!(fleet.database.ask("SELECT count(DISTINCT incarnation) FROM record").await, ["2"]);
    assert_eq!(audit(&fleet, "verify", &[]).await.code, Some(0));
    // One letter.
    let first = "(SELECT min(position) FROM record WHERE body LIKE '%user.create%')";
    let change =
        format!("UPDATE record SET body = replace(body, 'user.create', 'user.update') WHERE position = {first}");
    fleet.database.ask(&change).await;
    let broken = audit(&fleet, "verify", &[]).await;
    assert_eq!(broken.code, Some(1), "{}", broken.out);
    assert!(broken.err.contains("its text is not what was recorded"), "{}", broken.err);
}
