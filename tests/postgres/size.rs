//! What a change costs does not depend on the size of the group. C012.

use crate::fleet::Fleet;
use crate::support::endpoint::{Endpoint, LIMIT, rule};
use crate::support::wait;
use futures::future::join_all;
use std::time::{Duration, Instant};

const LARGE: usize = 3_000;
/// Changes timed in each group for one comparison, by turns, so that what else the machine does meets both.
const TIMED: usize = 60;
/// Comparisons: the best one counts.
const ROUNDS: usize = 5;
/// How much dearer the large group may be, in percent.
const WITHIN: u128 = 110;

/// Puts somebody into a group and out of it again; how long that took.
async fn once(endpoint: &Endpoint, group: &str, user: &str) -> Duration {
    let began = Instant::now();
    endpoint.join(group, user).await;
    endpoint.leave(group, user).await;
    began.elapsed()
}

#[tokio::test]
async fn c012_a_member_of_a_large_group_costs_a_database_what_one_of_a_small_group_costs() {
    let rules = vec![rule("d", "Designers", "Designer", &["main"], &[])];
    let Some(fleet) = Fleet::start("c012_a_member", 1, rules).await else { return };
    let endpoint = &fleet.replicas[0];
    let mut users = Vec::with_capacity(LARGE);
    for chunk in (0..LARGE).collect::<Vec<_>>().chunks(50) {
        let names: Vec<String> = chunk.iter().map(|n| format!("user-{n}@example.com")).collect();
        users.extend(join_all(names.iter().map(|name| endpoint.user(name))).await);
    }
    let ids: Vec<&str> = users.iter().map(String::as_str).collect();
    let (small, large) = (endpoint.group("Small", &ids[1..11]).await, endpoint.group("Large", &ids[1..]).await);
    wait::until("nobody waits for an evaluation", LIMIT, async || {
        (fleet.database.ask("SELECT count(*) FROM pending").await == ["0"]).then_some(())
    })
    .await;
    let mut best = u128::MAX;
    for _ in 0..ROUNDS {
        let (mut of_small, mut of_large) = (Vec::new(), Vec::new());
        for _ in 0..TIMED {
            of_small.push(once(endpoint, &small, ids[0]).await);
            of_large.push(once(endpoint, &large, ids[0]).await);
        }
        of_small.sort();
        of_large.sort();
        best = best.min(of_large[TIMED / 2].as_nanos() * 100 / of_small[TIMED / 2].as_nanos());
    }
    assert!(best <= WITHIN, "one in {LARGE} costs {best} % of one in ten");
}
