//! Runs: whom they evaluate, what they bring into sync, and that they survive a restart.

use super::{World, all, partial, rule};
use crate::access::Rule;
use crate::config::{Phase, RunRequest};
use crate::directory::{Actor, Error};

async fn out_of_sync(world: &World) -> Vec<String> {
    world.state().await.rules.into_iter().filter(|rule| !rule.in_sync).map(|rule| rule.name).collect()
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
    let run = world.directory.request_run(None, partial("r", &["d"], None), &Actor::default()).await.unwrap();
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
    let run = world.directory.request_run(None, partial("r", &["d"], None), &Actor::default()).await.unwrap();
    assert_eq!(world.ended(&run.uid).await.result.revoked, 1);
    assert!(world.roles("ada").await.is_empty());
    assert!(world.state().await.rules.is_empty());
}

#[tokio::test]
async fn a_rule_moved_to_another_group_reaches_the_members_of_both() {
    let world = World::with(&[rule("d", "Designers", "Designer")]).await;
    let (ada, bob) = (world.user("ada").await, world.user("bob").await);
    world.group("Designers", &[&ada]).await;
    world.group("Painters", &[&bob]).await;
    world.publish(&[rule("d", "Painters", "Designer")]).await;
    let run = world.directory.request_run(None, partial("r", &["d"], None), &Actor::default()).await.unwrap();
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
    let users = world.users(620).await;
    let members: Vec<&str> = users.iter().map(String::as_str).collect();
    world.group("Designers", &members).await;
    world.publish(&[rule("d", "Designers", "Designer")]).await;
    let run = world.directory.request_run(Some("uid-1"), all("everybody"), &Actor::default()).await.unwrap();
    let run = world.ended(&run.uid).await;
    assert_eq!((run.progress.processed, run.progress.total), (620, 620));
    assert_eq!((run.result.users_evaluated, run.result.granted), (620, 620));
    assert!(out_of_sync(&world).await.is_empty());
}

#[tokio::test]
async fn a_run_that_was_waiting_when_the_process_ended_is_carried_out_after_the_restart() {
    let world = World::with(&[]).await;
    let ada = world.user("ada").await;
    world.group("Designers", &[&ada]).await;
    world.publish(&[rule("d", "Designers", "Designer")]).await;
    // Closed before the runner can come to it, or after: either way it ends, once.
    world.directory.request_run(Some("uid-1"), partial("r", &["d"], None), &Actor::default()).await.unwrap();
    let world = world.restarted().await;
    assert_eq!(world.ended("uid-1").await.result.granted, 1);
    assert_eq!(world.roles("ada").await, ["main=Designer"]);
}

#[tokio::test]
async fn an_equal_run_of_the_same_name_is_not_run_again_but_another_nonce_is() {
    let world = World::with(&[]).await;
    let first = world.directory.request_run(Some("uid-1"), all("r"), &Actor::default()).await.unwrap();
    world.ended(&first.uid).await;
    let again = world.directory.request_run(Some("uid-2"), all("r"), &Actor::default()).await.unwrap();
    assert_eq!((again.phase, again.reason.as_deref()), (Phase::Succeeded, Some("AlreadyRun")));
    let fresh = RunRequest { nonce: "2".to_owned(), ..all("r") };
    let fresh = world.directory.request_run(Some("uid-3"), fresh, &Actor::default()).await.unwrap();
    assert_eq!(world.ended(&fresh.uid).await.reason, None);
}

#[tokio::test]
async fn roles_reordered_mark_all_rules_of_people_as_changed() {
    let world = World::with(&[rule("d", "Designers", "Designer")]).await;
    let ada = world.user("ada").await;
    world.group("Designers", &[&ada]).await;
    let mut document = super::document(&[rule("d", "Designers", "Designer")]);
    document.roles = crate::access::Ladder::new(vec!["Designer".to_owned(), "Participant".to_owned()]);
    world.publish_document(document).await;
    assert_eq!(world.state().await.rules[0].reason.as_deref(), Some("RolesChanged"));
}

#[tokio::test]
async fn a_dry_run_and_a_confirmed_run_are_other_specs_than_the_run() {
    let world = World::with(&[]).await;
    let confirmed = |up_to| partial("r", &["d"], Some(up_to));
    let dry = RunRequest { dry_run: true, ..partial("r", &["d"], None) };
    for request in [dry.clone(), partial("r", &["d"], None), confirmed(1), confirmed(2)] {
        let run = world.run(request.clone()).await;
        assert_eq!((run.phase, run.reason.as_deref()), (Phase::Succeeded, None), "{request:?}");
        let again = world.run(request).await;
        assert_eq!((again.phase, again.reason.as_deref()), (Phase::Succeeded, Some("AlreadyRun")));
        assert_eq!((again.dry_run, again.allow_revocations), (run.dry_run, run.allow_revocations));
    }
}

#[tokio::test]
async fn who_was_changed_is_told_page_by_page_also_by_the_name_of_a_run_that_had_run_already() {
    let world = World::with(&[]).await;
    let users = world.users(3).await;
    world.group("Designers", &users.iter().map(String::as_str).collect::<Vec<_>>()).await;
    world.publish(&[rule("d", "Designers", "Designer")]).await;
    assert_eq!(world.directory.run_changes("r", None, 2).await.unwrap(), None);
    world.run(partial("r", &["d"], None)).await;
    assert_eq!(world.run(partial("r", &["d"], None)).await.reason.as_deref(), Some("AlreadyRun"));
    let first = world.directory.run_changes("r", None, 2).await.unwrap().unwrap();
    let second = world.directory.run_changes("r", first.next.as_deref(), 2).await.unwrap().unwrap();
    assert_eq!((first.changes.len(), second.changes.len(), second.next), (2, 1, None));
    let mut told: Vec<&str> = first.changes.iter().chain(&second.changes).map(|change| change.id.as_str()).collect();
    told.sort_unstable();
    let mut wanted: Vec<&str> = users.iter().map(String::as_str).collect();
    wanted.sort_unstable();
    assert_eq!(told, wanted);
    let change = &second.changes[0];
    assert_eq!((change.before.len(), change.after[0].role.as_str()), (0, "Designer"));
    let error = world.directory.run_changes("r", Some("somewhere"), 2).await.unwrap_err();
    assert!(matches!(error, Error::BadQuery(_)), "{error}");
}

#[tokio::test]
async fn runs_queue_in_the_order_in_which_their_resources_were_made() {
    let world = World::with(&[]).await;
    let made = |name: &str, second| RunRequest {
        created_at: Some(jiff::Timestamp::from_second(second).unwrap()),
        ..all(name)
    };
    for request in [made("later", 20), made("earlier", 10)] {
        world.directory.request_run(Some(&request.name), request.clone(), &Actor::default()).await.unwrap();
    }
    let now = world.directory.now();
    let ahead = RunRequest { created_at: Some(now + jiff::SignedDuration::from_hours(9)), ..all("ahead") };
    let ahead = world.directory.request_run(None, ahead, &Actor::default()).await.unwrap();
    assert!(ahead.created_at < now + jiff::SignedDuration::from_hours(1), "a clock that is ahead keeps nobody back");
    world.ended(&ahead.uid).await;
    let runs: Vec<String> = world.directory.runs().await.unwrap().into_iter().map(|run| run.name).collect();
    assert_eq!(runs, ["ahead", "later", "earlier"], "newest first");
}

#[tokio::test]
async fn a_run_says_which_of_its_rules_the_directory_does_not_have() {
    let world = World::with(&[rule("d", "Designers", "Designer")]).await;
    let run = world.run(partial("r", &["d", "dd"], None)).await;
    assert_eq!(run.phase, Phase::Succeeded);
    assert_eq!(run.message.as_deref(), Some("no rule of the directory by now: dd"));
    assert_eq!(world.run(partial("s", &["d"], None)).await.message, None);
}

#[tokio::test]
async fn a_run_without_a_name_or_of_no_rule_is_refused() {
    let world = World::with(&[]).await;
    let many: Vec<String> = (0..257).map(|n| format!("r{n}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let bad = [
        partial("", &["d"], None),
        partial(&"n".repeat(254), &["d"], None),
        partial("a\nb", &["d"], None),
        partial("r", &[], None),
        partial("r", &["d", ""], None),
        partial("r", &many, None),
    ];
    for request in bad {
        let error = world.directory.request_run(None, request.clone(), &Actor::default()).await.unwrap_err();
        assert!(matches!(error, Error::BadRun(_)), "{request:?}: {error}");
    }
    assert!(world.directory.runs().await.unwrap().is_empty());
}

#[tokio::test]
async fn b061_b062_a_full_run_leaves_nothing_to_do_for_a_rule_that_is_gone() {
    let world = World::with(&[rule("d", "Designers", "Designer")]).await;
    let user = world.user("ada").await;
    world.group("Designers", &[&user]).await;
    world.publish(&[]).await;
    let known = async || {
        let (states, _) = world.directory.inner.store.rules(Vec::new()).await.unwrap();
        states.into_iter().map(|state| state.name).collect::<Vec<_>>()
    };
    assert_eq!(known().await, ["d"], "somebody holds something from it still");
    assert_eq!(world.run(all("everybody")).await.result.revoked, 1);
    assert_eq!(known().await, Vec::<String>::new());
}
