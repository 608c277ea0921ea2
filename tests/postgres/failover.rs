//! The primary of a pair is killed under load, and the standby takes over: nothing acknowledged is lost. C011.

use crate::fleet::Fleet;
use crate::support::database::Database;
use crate::support::endpoint::rule;
use crate::writers::Writers;
use std::time::Instant;

/// Tells the pair something; its answer.
async fn tell(database: &Database, words: &[&str]) -> String {
    let told = tokio::process::Command::new(database.server().join("ctl")).args(words).output().await;
    let told = told.expect("the program runs");
    assert!(told.status.success(), "ctl {words:?}: {}", String::from_utf8_lossy(&told.stderr));
    String::from_utf8(told.stdout).expect("text")
}

/// Which of the two is the primary.
async fn primary(database: &Database) -> &'static str {
    for node in ["1", "2"] {
        let port = std::fs::read_to_string(database.server().join(node).join("rest")).expect("the node's REST port");
        let asked = reqwest::get(format!("http://127.0.0.1:{}/primary", port.trim())).await;
        if asked.is_ok_and(|answer| answer.status() == 200) {
            return node;
        }
    }
    panic!("neither node is the primary");
}

#[tokio::test]
async fn c011_what_was_acknowledged_is_there_after_the_primary_was_killed_under_load() {
    let wanted = "a Patroni pair (`hack/postgres/patroni.sh run`)";
    let Some(database) = Database::at("SCIM_TEST_PATRONI", wanted, "c011_the_primary_was_killed") else { return };
    let rules = vec![rule("d", "Designers", "Designer", &["main"], &[])];
    let fleet = Fleet::over(database.clone(), &[database.clone(), database.clone()], rules).await;
    let writers = Writers::start(&fleet, 6).await;
    writers.more(60).await;
    let killed = primary(&database).await;
    tell(&database, &["kill", killed]).await;
    let began = Instant::now();
    // Whoever writes now is told to come back, or waits; both until the standby has taken over.
    writers.more(60).await;
    assert_ne!(primary(&database).await, killed);
    println!("the fleet wrote again {:.1} s after the kill", began.elapsed().as_secs_f64());
    tell(&database, &["start", killed]).await;
    tell(&database, &["settled"]).await;
    writers.more(60).await;
    for replica in &fleet.replicas {
        replica.ready().await;
    }
    writers.all_kept(&fleet).await;
}
