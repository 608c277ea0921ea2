//! Which rules are in sync: those whose content, and the ladder under it, a run has brought to everybody since they
//! changed last (B065, B066). Beside it whom a run reaches by a rule that is gone, or that names several groups.

use super::explain::without_runner;
use super::full::{Put, a_run};
use super::{World, all, document, group, partial, rule};
use crate::access::{GroupSelector, Guard, Ladder, Rule};
use crate::config::{Document, Phase, RunRequest, RunScope, RunStatus};
use crate::directory::Actor;
use crate::store::{RunRow, SyncedRule, Write};
use serde_json::json;

/// The rules that are not in sync, as `rule=reason`.
async fn out_of_sync(world: &World) -> Vec<String> {
    let rules = world.state().await.rules.into_iter().filter(|rule| !rule.in_sync);
    rules.map(|rule| format!("{}={}", rule.name, rule.reason.unwrap_or_default())).collect()
}

/// A message about somebody, which evaluates them.
async fn message(world: &World, user: &str, title: &str) {
    world.patch_user_as("title", user, json!([{ "op": "replace", "path": "title", "value": title }])).await;
}

fn designers() -> Rule {
    rule("d", "Designers", "Designer")
}

/// The rule on *Designers* with other content.
fn edited() -> Rule {
    Rule { role: "Participant".to_owned(), ..designers() }
}

fn painters() -> Rule {
    rule("p", "Painters", "Developer")
}

#[tokio::test]
async fn b065_b066_a_rule_that_becomes_again_what_it_was_is_out_of_sync_until_a_run_covers_it() {
    let world = World::with(&[designers()]).await;
    let ada = world.user("ada").await;
    world.group("Designers", &[&ada]).await;
    assert!(out_of_sync(&world).await.is_empty());
    world.publish(&[edited()]).await;
    message(&world, &ada, "Countess").await;
    assert_eq!(world.roles("ada").await, ["main=Participant"]);
    world.publish(&[designers()]).await;
    assert_eq!(out_of_sync(&world).await, ["d=RuleChanged"]);
    assert_eq!(world.roles("ada").await, ["main=Participant"], "nothing has evaluated her since");
    let run = world.run(partial("r", &["d"], None)).await;
    assert_eq!((run.phase, run.result.promoted), (Phase::Succeeded, 1));
    assert_eq!(world.roles("ada").await, ["main=Designer"]);
    assert!(out_of_sync(&world).await.is_empty());
}

#[tokio::test]
async fn b065_b066_roles_turned_round_and_back_leave_all_rules_out_of_sync_until_a_full_run() {
    let rules = [designers(), rule("p", "Designers", "Participant")];
    let world = World::with(&rules).await;
    let ada = world.user("ada").await;
    world.group("Designers", &[&ada]).await;
    assert_eq!(world.roles("ada").await, ["main=Designer"]);
    let turned = Ladder::new(Ladder::default().roles().iter().rev().cloned().collect());
    world.publish_document(Document { roles: turned, ..document(&rules) }).await;
    assert_eq!(out_of_sync(&world).await, ["d=RolesChanged", "p=RolesChanged"]);
    message(&world, &ada, "Countess").await;
    assert_eq!(world.roles("ada").await, ["main=Participant"]);
    world.publish(&rules).await;
    assert_eq!(out_of_sync(&world).await, ["d=RolesChanged", "p=RolesChanged"]);
    assert_eq!(world.run(all("everybody")).await.result.promoted, 1);
    assert_eq!(world.roles("ada").await, ["main=Designer"]);
    assert!(out_of_sync(&world).await.is_empty());
}

#[tokio::test]
async fn b065_b066_a_rule_deleted_and_made_again_while_somebody_holds_something_waits_for_a_run() {
    let world = World::with(&[designers()]).await;
    let ada = world.user("ada").await;
    world.group("Designers", &[&ada]).await;
    world.publish(&[]).await;
    let deleted = world.state().await.rules.remove(0);
    assert_eq!((deleted.hash, deleted.in_sync), (None, false));
    world.publish(&[designers()]).await;
    let again = world.state().await.rules.remove(0);
    assert!(again.hash.is_some() && !again.in_sync, "{again:?}");
    assert_eq!(again.reason.as_deref(), Some("RuleChanged"));
    let run = world.run(partial("r", &["d"], None)).await;
    assert_eq!((run.result.users_evaluated, run.result.users_changed), (1, 0), "she has lost nothing meanwhile");
    assert_eq!(world.roles("ada").await, ["main=Designer"]);
    assert!(out_of_sync(&world).await.is_empty());
}

/// A run under way that has reached nobody yet, over the rules as they are in force. The runner does not know of it.
async fn plant(world: &World, scope: RunScope, weighed: Option<&str>) {
    let (phase, started_at) = (Phase::Running, Some(world.directory.now()));
    let status = RunStatus { name: "under way".to_owned(), scope, phase, started_at, ..a_run() };
    let states = world.state().await.rules;
    let covers = states.into_iter().map(|rule| SyncedRule { name: rule.name, hash: rule.hash }).collect();
    let weighed = weighed.map(str::to_owned);
    let run = RunRow { status, spec_hash: String::new(), covers, cursor: None, weighed };
    let config = world.directory.in_force();
    let selectors = config.enforced.rules.iter().map(|rule| rule.group.clone()).collect();
    let start = Write::StartRun { run: run.clone(), selectors };
    world.directory.inner.store.transact(Put(vec![Write::InsertRun(run), start])).await.unwrap();
}

#[tokio::test]
async fn b065_b066_a_rule_that_changed_while_a_run_was_under_way_is_out_of_sync_after_it_and_no_other_is() {
    let before = || vec![designers(), painters()];
    let histories = [
        vec![vec![edited(), painters()]],
        vec![vec![edited(), painters()], before()],
        vec![vec![painters()], before()],
        vec![vec![edited(), painters()], vec![painters()], before()],
    ];
    for history in histories {
        for scope in [all("r").scope, partial("r", &["d", "p"], None).scope] {
            let world = World::with(&[]).await;
            let (ada, bob) = (world.user("ada").await, world.user("bob").await);
            world.group("Designers", &[&ada]).await;
            world.group("Painters", &[&bob]).await;
            world.publish(&before()).await;
            assert_eq!(out_of_sync(&world).await, ["d=RuleChanged", "p=RuleChanged"]);
            without_runner(&world).await;
            plant(&world, scope.clone(), None).await;
            for rules in &history {
                world.publish(rules).await;
            }
            let world = world.restarted().await;
            let run = world.ended("uid-1").await;
            assert_eq!((run.phase, run.result.granted), (Phase::Succeeded, 2), "{run:?}");
            assert_eq!(out_of_sync(&world).await, ["d=RuleChanged"], "{scope:?}: {history:?}");
            world.run(partial("afterwards", &["d"], None)).await;
            assert!(out_of_sync(&world).await.is_empty());
        }
    }
}

#[tokio::test]
async fn b066_c003_a_run_that_is_dry_held_cancelled_or_fails_leaves_what_is_in_sync_as_it_was() {
    let world = World::with(&[designers(), painters()]).await;
    let (ada, bob) = (world.user("ada").await, world.user("bob").await);
    world.group("Designers", &[&ada]).await;
    world.group("Painters", &[&bob]).await;
    let guard = Guard { max_revoked_users: 0, max_revoked_percent: 100 };
    world.publish_document(Document { guard, ..document(&[edited(), painters()]) }).await;
    let before = world.state().await.rules;
    assert_eq!(out_of_sync(&world).await, ["d=RuleChanged"]);
    let dry = world.run(RunRequest { dry_run: true, ..all("dry") }).await;
    assert_eq!((dry.phase, dry.would_be_held), (Phase::Succeeded, true));
    assert_eq!(world.state().await.rules, before, "dry");
    assert_eq!(world.run(all("held")).await.phase, Phase::Held);
    assert_eq!(world.state().await.rules, before, "held");
    without_runner(&world).await;
    world.directory.request_run(Some("taken back"), all("taken back"), &Actor::default()).await.unwrap();
    world.directory.cancel_run("taken back").await.unwrap();
    assert_eq!(world.directory.run("taken back").await.unwrap().unwrap().phase, Phase::Failed);
    assert_eq!(world.state().await.rules, before, "cancelled");
    plant(&world, all("").scope, Some("the rules before")).await;
    let world = world.restarted().await;
    let failed = world.ended("uid-1").await;
    assert_eq!((failed.phase, failed.reason.as_deref()), (Phase::Failed, Some("RevocationHeld")));
    assert_eq!(world.state().await.rules, before, "failed");
    assert_eq!(world.roles("ada").await, ["main=Designer"]);
}

#[tokio::test]
async fn b059_b065_of_two_rules_that_changed_a_run_over_one_leaves_exactly_the_other_out_of_sync() {
    let rules = [rule("a", "A", "Designer"), rule("b", "B", "Designer"), rule("c", "C", "Designer")];
    let world = World::with(&rules).await;
    for name in ["A", "B", "C"] {
        let user = world.user(&format!("in{name}")).await;
        world.group(name, &[&user]).await;
    }
    let [a, b, c] = rules;
    let higher = |rule: Rule| Rule { role: "Developer".to_owned(), ..rule };
    world.publish(&[higher(a), higher(b), c]).await;
    assert_eq!(out_of_sync(&world).await, ["a=RuleChanged", "b=RuleChanged"]);
    assert_eq!(world.run(partial("r", &["a"], None)).await.result.promoted, 1);
    assert_eq!(out_of_sync(&world).await, ["b=RuleChanged"]);
    assert_eq!(world.roles("inA").await, ["main=Developer"]);
    assert_eq!(world.roles("inB").await, ["main=Designer"]);
}

#[tokio::test]
async fn b060_b061_a_run_over_a_deleted_rule_evaluates_members_of_its_group_who_hold_nothing() {
    let world = World::with(&[]).await;
    let (ada, bob) = (world.user("ada").await, world.user("bob").await);
    world.user("eve").await;
    world.group("Designers", &[&ada, &bob]).await;
    world.group("Painters", &[&bob]).await;
    world.publish(&[designers(), painters()]).await;
    world.publish(&[painters()]).await;
    let (before, untouched) = (world.access("ada").await, world.access("eve").await);
    assert!(before.stored_grants.is_empty() && world.roles("bob").await.is_empty());
    let run = world.run(partial("r", &["d"], None)).await;
    assert_eq!((run.phase, run.progress.total), (Phase::Succeeded, 2));
    assert_eq!((run.result.users_evaluated, run.result.granted), (2, 1));
    assert!(world.access("ada").await.last_evaluated > before.last_evaluated);
    assert_eq!(world.roles("bob").await, ["main=Developer"], "by all rules");
    assert_eq!(world.access("eve").await, untouched);
}

#[tokio::test]
async fn b039_b059_a_rule_reaches_the_people_of_all_groups_with_the_external_id_that_it_names() {
    for (first, second) in [(true, true), (false, true), (true, false)] {
        let world = World::with(&[]).await;
        let (ada, bob) = (world.user("ada").await, world.user("bob").await);
        let eve = world.user("eve").await;
        for (name, member) in [("First", first.then_some(&ada)), ("Second", second.then_some(&bob))] {
            let members: Vec<&str> = member.into_iter().map(String::as_str).collect();
            let mut body = group(name, &members);
            body["externalId"] = json!("x");
            world.directory.create_group(&Actor::default(), body).await.unwrap();
        }
        world.group("Third", &[&eve]).await;
        let by_external_id = GroupSelector::ExternalId("x".to_owned());
        world.publish(&[Rule { group: by_external_id, ..designers() }]).await;
        assert_eq!(out_of_sync(&world).await, ["d=RuleChanged"], "{first} {second}: it affects somebody");
        let run = world.run(partial("r", &["d"], None)).await;
        let people = u64::from(first) + u64::from(second);
        assert_eq!((run.result.users_evaluated, run.result.granted), (people, people));
        assert_eq!(world.roles("ada").await.len(), usize::from(first));
        assert_eq!(world.roles("bob").await.len(), usize::from(second));
        assert!(world.roles("eve").await.is_empty());
        assert!(out_of_sync(&world).await.is_empty());
    }
}
