//! Runs: whom they evaluate, what they bring into sync, and that they survive a restart.

use super::{World, rule};
use crate::access::Rule;
use crate::config::{Phase, RunRequest, RunScope, State};
use std::time::Duration;

fn partial(name: &str, rules: &[&str]) -> RunRequest {
    RunRequest {
        name: name.to_owned(),
        scope: RunScope::Rules(rules.iter().map(|&rule| rule.to_owned()).collect()),
        nonce: String::new(),
    }
}

fn all(name: &str) -> RunRequest {
    RunRequest { scope: RunScope::All {}, ..partial(name, &[]) }
}

async fn state(world: &World) -> State {
    world.directory.state(None, Duration::ZERO).await.unwrap()
}

async fn out_of_sync(world: &World) -> Vec<String> {
    state(world).await.rules.into_iter().filter(|rule| !rule.in_sync).map(|rule| rule.name).collect()
}

#[tokio::test]
async fn b059_b060_a_partial_run_evaluates_the_affected_and_nobody_else() {
    let world = World::with(&[]).await;
    let (ada, bob) = (world.user("ada").await, world.user("bob").await);
    world.group("Designers", &[&ada]).await;
    world.group("Participants", &[&ada, &bob]).await;
    let rules = [rule("d", "Designers", "Designer"), rule("p", "Participants", "Participant")];
    world.publish(&rules).await;
    assert_eq!(out_of_sync(&world).await, ["d", "p"]);
    let before = world.access("bob").await.last_evaluated;
    let run = world.directory.request_run(None, partial("r", &["d"])).await.unwrap();
    let run = world.ended(&run.uid).await;
    assert_eq!((run.result.users_evaluated, run.result.users_changed), (1, 1));
    assert_eq!(world.access("ada").await.stored_grants[0].rules, ["d", "p"]);
    assert_eq!(world.access("bob").await.last_evaluated, before);
    assert!(world.roles("bob").await.is_empty());
    assert_eq!(out_of_sync(&world).await, ["p"]);
}

#[tokio::test]
async fn b061_a_run_may_name_a_deleted_rule() {
    let world = World::with(&[rule("d", "Designers", "Designer")]).await;
    let ada = world.user("ada").await;
    world.group("Designers", &[&ada]).await;
    world.publish(&[]).await;
    assert_eq!(world.roles("ada").await, ["main=Designer"]);
    assert_eq!(out_of_sync(&world).await, ["d"]);
    let run = world.directory.request_run(None, partial("r", &["d"])).await.unwrap();
    assert_eq!(world.ended(&run.uid).await.result.revoked, 1);
    assert!(world.roles("ada").await.is_empty());
    assert!(state(&world).await.rules.is_empty());
}

#[tokio::test]
async fn a_rule_moved_to_another_group_reaches_the_members_of_both() {
    let world = World::with(&[rule("d", "Designers", "Designer")]).await;
    let (ada, bob) = (world.user("ada").await, world.user("bob").await);
    world.group("Designers", &[&ada]).await;
    world.group("Painters", &[&bob]).await;
    world.publish(&[rule("d", "Painters", "Designer")]).await;
    let run = world.directory.request_run(None, partial("r", &["d"])).await.unwrap();
    let run = world.ended(&run.uid).await;
    assert_eq!((run.result.users_evaluated, run.result.granted, run.result.revoked), (2, 1, 1));
    assert!(world.roles("ada").await.is_empty());
    assert_eq!(world.roles("bob").await, ["main=Designer"]);
}

#[tokio::test]
async fn a_changed_rule_that_affects_nobody_is_in_sync_at_once() {
    let world = World::with(&[rule("d", "Designers", "Designer")]).await;
    assert!(out_of_sync(&world).await.is_empty());
    world.publish(&[Rule { enabled: false, ..rule("d", "Designers", "Designer") }]).await;
    assert!(out_of_sync(&world).await.is_empty());
}

#[tokio::test]
async fn b062_a_full_run_evaluates_everybody_and_brings_all_rules_into_sync() {
    let world = World::with(&[]).await;
    let mut users = Vec::new();
    for n in 0..450 {
        users.push(world.user(&format!("user{n}")).await);
    }
    let members: Vec<&str> = users.iter().map(String::as_str).collect();
    world.group("Designers", &members).await;
    world.publish(&[rule("d", "Designers", "Designer")]).await;
    let run = world.directory.request_run(Some("uid-1"), all("everybody")).await.unwrap();
    let run = world.ended(&run.uid).await;
    assert_eq!((run.progress.processed, run.progress.total), (450, 450));
    assert_eq!((run.result.users_evaluated, run.result.granted), (450, 450));
    assert!(out_of_sync(&world).await.is_empty());
}

#[tokio::test]
async fn a_run_that_was_waiting_when_the_process_ended_is_carried_out_after_the_restart() {
    let world = World::with(&[]).await;
    let ada = world.user("ada").await;
    world.group("Designers", &[&ada]).await;
    world.publish(&[rule("d", "Designers", "Designer")]).await;
    // Closed before the runner can come to it, or after: either way it ends, once.
    world.directory.request_run(Some("uid-1"), partial("r", &["d"])).await.unwrap();
    let world = world.restarted().await;
    assert_eq!(world.ended("uid-1").await.result.granted, 1);
    assert_eq!(world.roles("ada").await, ["main=Designer"]);
}

#[tokio::test]
async fn an_equal_run_of_the_same_name_is_not_run_again_but_another_nonce_is() {
    let world = World::with(&[]).await;
    let first = world.directory.request_run(Some("uid-1"), all("r")).await.unwrap();
    world.ended(&first.uid).await;
    let again = world.directory.request_run(Some("uid-2"), all("r")).await.unwrap();
    assert_eq!((again.phase, again.reason.as_deref()), (Phase::Succeeded, Some("AlreadyRun")));
    let fresh = RunRequest { nonce: "2".to_owned(), ..all("r") };
    let fresh = world.directory.request_run(Some("uid-3"), fresh).await.unwrap();
    assert_eq!(world.ended(&fresh.uid).await.reason, None);
}

#[tokio::test]
async fn roles_reordered_mark_all_rules_of_people_as_changed() {
    let world = World::with(&[rule("d", "Designers", "Designer")]).await;
    let ada = world.user("ada").await;
    world.group("Designers", &[&ada]).await;
    let mut document = super::document(&[rule("d", "Designers", "Designer")]);
    document.roles = crate::access::Ladder::new(vec!["Designer".to_owned(), "Participant".to_owned()]);
    let publication = crate::config::Publication {
        revocation_floor: 0,
        take: None,
        directory_uid: document.directory.uid.clone(),
        epoch: 0,
        if_revision: 1,
        content_hash: document.content_hash(),
        document,
    };
    world.directory.publish(publication).await.unwrap();
    assert_eq!(state(&world).await.rules[0].reason.as_deref(), Some("RolesChanged"));
}
