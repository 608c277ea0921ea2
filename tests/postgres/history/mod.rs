//! Nothing is lost: random histories of many clients, with replicas killed and cut off in between. C011.
//!
//! Every client notes what it asked, what it was told, and when. Afterwards that must be tellable as one sequence, for
//! each member of each group and for each person ([`linear`], [`model`]); what people may do is what the rules make of
//! the groups they are in ([`check`]); and every acknowledged write has its record ([`record`]). What was in doubt may
//! have happened or not, but at most once and never before it was asked.
//!
//! A plan comes from a seed ([`plan`]), which a failure names: `HISTORY_SEED=…` plays that one again, as far as chance
//! is ours. `HISTORY_ROUNDS=…` or `HISTORY_MINUTES=…` make more of them, as a soak.

mod check;
mod client;
mod event;
mod linear;
mod model;
mod plan;
mod record;
mod run;
mod site;
mod wire;

use crate::support::database::Database;
use crate::support::dice;
use plan::Trouble::{Cut, Hang, Kill, LoseAnswer, LoseQuestion, Publish, Terminate};
use plan::{Plan, Shape};
use run::{Told, play};
use site::Site;
use std::time::{Duration, Instant};
use uuid::Uuid;

/// The history that is played every time, beside one that was never played before.
const SEED: u64 = 11;

/// Three replicas, and all that can be done to them.
const REPLICAS: Shape = Shape {
    replicas: 3,
    clients: 6,
    groups: 3,
    people: 8,
    least: 40,
    most: 400,
    troubles: &[Kill, Cut, Hang, LoseAnswer, LoseQuestion, Publish, Terminate, Kill, LoseAnswer],
};

/// One endpoint that is killed again and again.
const FOLDER: Shape = Shape { replicas: 1, troubles: &[Kill, Publish, Kill, Kill], ..REPLICAS };

/// One endpoint that is left alone.
const CALM: Shape = Shape { replicas: 1, clients: 3, least: 25, most: 25, troubles: &[], ..REPLICAS };

/// A number from the environment.
fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok().map(|text| text.parse().unwrap_or_else(|_| panic!("{variable} is a number")))
}

/// The seeds to play: the one that is asked for, or the fixed one and then new ones, as long or as often as is asked.
fn seeds() -> Box<dyn Iterator<Item = u64>> {
    if let Some(seed) = number("HISTORY_SEED") {
        return Box::new(std::iter::once(seed));
    }
    let new = std::iter::repeat_with(|| Uuid::new_v4().as_u64_pair().1);
    let all = std::iter::once(SEED).chain(new);
    match (number("HISTORY_MINUTES"), number("HISTORY_ROUNDS")) {
        (Some(minutes), _) => {
            let (begun, period) = (Instant::now(), Duration::from_secs(minutes * 60));
            Box::new(all.take_while(move |_| begun.elapsed() < period))
        }
        (None, rounds) => Box::new(all.take(usize::try_from(rounds.unwrap_or(2)).expect("a number of rounds"))),
    }
}

/// Fails with all that is wrong, and how to see it again.
fn hold(plan: &Plan, test: &str, told: &Told) {
    let Told { complaints, answered, in_doubt } = told;
    let seed = plan.seed;
    eprintln!("seed {seed}: {answered} calls answered, {in_doubt} in doubt, {} faults", plan.faults.len());
    assert!(
        complaints.is_empty(),
        "seed {seed}, {} complaints; again: HISTORY_SEED={seed} cargo test --test postgres -- {test}\n{}\nfaults: {:?}",
        complaints.len(),
        complaints.join("\n"),
        plan.faults,
    );
    assert!(*answered > plan.shape.clients * plan.shape.least / 2, "seed {seed}: hardly anything was answered");
}

#[tokio::test]
async fn c011_a_history_over_three_replicas_with_kills_and_cuts_loses_nothing_and_does_nothing_twice() {
    const TEST: &str = "c011_a_history_over_three_replicas";
    for seed in seeds() {
        let Some(database) = Database::connect(TEST) else { return };
        let plan = Plan::new(seed, REPLICAS);
        let site = Site::replicas(database, REPLICAS.replicas, REPLICAS.groups).await;
        hold(&plan, TEST, &play(&plan, site, None).await);
    }
}

#[tokio::test]
async fn c011_a_history_over_one_store_that_is_killed_again_and_again_loses_nothing_and_does_nothing_twice() {
    for seed in seeds() {
        let plan = Plan::new(seed, FOLDER);
        let told = play(&plan, Site::folder(FOLDER.groups).await, None).await;
        hold(&plan, "c011_a_history_over_one_store", &told);
    }
}

#[tokio::test]
async fn c011_canary_a_member_or_a_grant_that_goes_behind_the_endpoints_back_is_found() {
    // Of somebody whose account may be used: what others hold is not seen before it may be used again.
    let one_of = |table: &str| {
        let row = format!(
            "(SELECT t.ctid FROM {table} t JOIN \"user\" u ON u.id = t.user_id WHERE u.account_enabled LIMIT 1)"
        );
        format!("DELETE FROM {table} WHERE ctid IN {row} RETURNING user_id")
    };
    // A message about that person that comes before anybody has looked puts a grant back: then another history.
    'table: for table in ["membership", "access"] {
        let mut said = Vec::new();
        for seed in SEED..SEED + 4 {
            let Some(database) = Database::connect("c011_canary_a_member_or_a_grant") else { return };
            let site = Site::replicas(database, CALM.replicas, CALM.groups).await;
            let Told { complaints, .. } = play(&Plan::new(seed, CALM), site, Some(&one_of(table))).await;
            if complaints.iter().any(|line| line.contains("cannot be told as a sequence")) {
                continue 'table;
            }
            said.push(complaints);
        }
        panic!("{table}: {said:?}");
    }
}
