//! Sixteen clients, twenty groups, one endpoint that is killed: the serial result. C011.

use crate::support::dice::Dice;
use crate::support::endpoint::Endpoint;
use crate::support::merging::found::{Found, rules};
use crate::support::merging::plan::{CLIENTS, PEOPLE, Plan};
use crate::support::merging::{Played, hold, plan, play};
use std::collections::BTreeSet;

/// PATCHes of each client, unless `PATCHES_PER_CLIENT` in the environment says otherwise.
const PATCHES: usize = 1_000;

#[tokio::test]
async fn c011_sixteen_clients_of_an_endpoint_that_is_killed_come_to_what_each_comes_to_alone() {
    hold(&plan(PATCHES, 1), vec![Endpoint::start(rules()).await]).await;
}

#[tokio::test]
async fn c011_sixteen_clients_canary_a_membership_that_goes_or_comes_behind_their_backs_is_found() {
    let plan = Plan::new(11, 20, 1).in_peace();
    let Played { endpoints, ids, .. } = play(&plan, vec![Endpoint::start(rules()).await]).await;
    let (endpoint, due) = (&endpoints[0], plan.outcome());
    let complaints = async || Found::at(endpoint, &ids).await.complaints(&due);
    assert_eq!(complaints().await, Vec::<String>::new());
    let (group, member) = *due.first().expect("somebody is somewhere");
    assert_eq!(group, 0, "a group that a rule names");
    let stranger = (0..PEOPLE).find(|person| !due.contains(&(1, *person))).expect("not everybody is everywhere");
    endpoint.leave(&ids.groups[0], &ids.people[member]).await;
    endpoint.join(&ids.groups[1], &ids.people[stranger]).await;
    let expected = ["members", "groups", "access"].map(|view| {
        [
            format!("{view}: person {stranger} is in group 1 once too often"),
            format!("{view}: person {member} is missing in group 0"),
        ]
    });
    assert_eq!(complaints().await, expected.concat());
}

#[test]
fn a_seed_always_makes_the_same_plan_and_whoever_is_faster_it_comes_to_the_same() {
    for seed in 0..20 {
        let plan = Plan::new(seed, 50, 3);
        let mut left: Vec<_> = (0..CLIENTS).map(|client| plan.requests(client).into_iter()).collect();
        let (mut dice, mut members, mut changed) = (Dice::new(!seed), BTreeSet::new(), 0);
        while !left.is_empty() {
            let client = dice.below(left.len());
            let Some(request) = left[client].next() else {
                left.remove(client);
                continue;
            };
            let before = members.clone();
            request.apply(&mut members);
            changed += usize::from(members != before);
            let after = members.clone();
            request.apply(&mut members);
            assert_eq!(members, after, "seed {seed}: {request:?} may be repeated");
        }
        assert_eq!(members, Plan::new(seed, 50, 3).outcome(), "seed {seed}");
        assert!(changed > CLIENTS * 50 / 3, "seed {seed}: only {changed} requests change something");
        assert_ne!(members, Plan::new(seed + 1, 50, 3).outcome(), "seed {seed}");
    }
}

#[test]
fn one_endpoint_at_a_time_is_killed_and_all_run_before_the_clients_have_finished() {
    for (seed, replicas) in (0..200).flat_map(|seed| [(seed, 1), (seed, 3)]) {
        let (plan, mut free) = (Plan::new(seed, 250, replicas), 0);
        for kill in &plan.kills {
            assert!(kill.at > free && kill.replica < replicas, "seed {seed}: {:?}", plan.kills);
            free = kill.at + kill.down;
            assert_eq!(kill.down == 0, replicas == 1, "seed {seed}: {:?}", plan.kills);
        }
        assert!(!plan.kills.is_empty() && free < CLIENTS * plan.patches, "seed {seed}: {:?}", plan.kills);
    }
}
