//! Plans: what they say is what happens, and they write nothing.

use super::{World, document, partial};
use crate::access::{GroupSelector, Guard, Rule, TenantAccess};
use crate::config::{Document, Phase, Plan, PlanRequest, PlannedRule, PlannedSpec, RunRequest, SyncPolicy, UserChange};
use crate::directory::Error;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::json;
use std::collections::BTreeSet;

const GROUPS: [&str; 3] = ["One", "Two", "Three"];
const ROLES: [&str; 3] = ["Participant", "Designer", "Global Admin"];
const PEOPLE: usize = 6;

/// What is published in one round, and whether a run brings it to everybody affected.
#[derive(Debug, Clone)]
struct Round {
    rules: Vec<Rule>,
    runs: bool,
    /// Whose part in which group is turned round before.
    moves: (usize, usize),
}

#[derive(Debug, Clone)]
struct Case {
    automatic: bool,
    rounds: Vec<Round>,
}

fn rules() -> impl Strategy<Value = Vec<Rule>> {
    let content = (0..3_usize, 0..3_usize, 1..4_u8, 0..4_u8, prop::bool::weighted(0.85));
    let rule = prop::option::weighted(0.7, content);
    prop::collection::vec(rule, 4).prop_map(|rules| {
        let named = rules.into_iter().enumerate().filter_map(|(n, content)| Some((n, content?)));
        named
            .map(|(n, (group, role, tenants, joins, enabled))| Rule {
                name: format!("r{n}"),
                group: GroupSelector::DisplayName(GROUPS[group].to_owned()),
                role: ROLES[role].to_owned(),
                tenants: some(&["hr", "main"], tenants),
                application_groups: some(&["x", "y"], joins),
                enabled,
            })
            .collect()
    })
}

fn some(names: &[&str], bits: u8) -> Vec<String> {
    names.iter().enumerate().filter(|(n, _)| bits & (1 << n) > 0).map(|(_, name)| (*name).to_owned()).collect()
}

fn cases() -> impl Strategy<Value = Case> {
    let moves = (0..PEOPLE, 0..GROUPS.len());
    let round = (rules(), prop::bool::weighted(0.6), moves);
    let round = round.prop_map(|(rules, runs, moves)| Round { rules, runs, moves });
    (any::<bool>(), prop::collection::vec(round, 2..6)).prop_map(|(automatic, rounds)| Case { automatic, rounds })
}

/// The whole of these rules as a plan over those that are live.
fn request(live: &Document, rules: &[Rule]) -> PlanRequest {
    let spec = |rule: &Rule| PlannedSpec {
        directory_ref: None,
        idp_group: rule.group.clone(),
        role: rule.role.clone(),
        tenants: Some(rule.tenants.clone()),
        application_groups: rule.application_groups.clone(),
        enabled: Some(rule.enabled),
    };
    let gone = live.rules.iter().filter(|entry| rules.iter().all(|rule| rule.name != entry.rule.name));
    PlanRequest {
        rules: rules.iter().map(|rule| PlannedRule { name: rule.name.clone(), spec: spec(rule) }).collect(),
        remove: gone.map(|entry| entry.rule.name.clone()).collect(),
    }
}

/// What everybody holds, by id, as a change from it to itself.
async fn everybody(world: &World) -> Vec<UserChange> {
    let mut people = Vec::new();
    for n in 0..PEOPLE {
        let view = world.access(&format!("user{n}")).await;
        let (before, after) = (view.stored_grants.clone(), view.stored_grants);
        people.push(UserChange { id: view.id, user_name: view.user_name, before, after });
    }
    people.sort_by(|a, b| a.id.cmp(&b.id));
    people
}

/// Tenant, role and application groups: what access is, whichever rule gives it.
fn access(grants: &[TenantAccess]) -> Vec<(&str, &str, &[String])> {
    grants.iter().map(|g| (g.tenant.as_str(), g.role.as_str(), g.application_groups.as_slice())).collect()
}

/// Plans a round, carries it out, and holds the one against the other.
async fn carry_out(world: &World, case: &Case, number: usize) {
    let round = &case.rounds[number];
    turn_round(world, round.moves).await;
    let in_force = world.directory.in_force();
    let live = in_force.document.clone().unwrap();
    let store = &world.directory.inner.store;
    let before = (store.extent().await.unwrap(), store.figures().await.unwrap(), everybody(world).await);
    let plan = world.directory.plan(request(&live, &round.rules), 1_000).await.unwrap();
    let after = (store.extent().await.unwrap(), store.figures().await.unwrap(), everybody(world).await);
    assert_eq!(before, after, "a plan writes nothing");
    assert_eq!(world.directory.in_force().revision, in_force.revision);

    let policy = if case.automatic { SyncPolicy::Automatic } else { SyncPolicy::Manual };
    let guard = Guard { max_revoked_users: 1, max_revoked_percent: 100 };
    world.publish_document(Document { sync_policy: policy, guard, ..document(&round.rules) }).await;
    world.judged().await;
    if !round.runs {
        return;
    }
    // The plan names the live rules and those of the round; the end of a rule that waits from before is none of it.
    let named = live.rules.iter().map(|entry| &entry.rule).chain(&round.rules).map(|rule| rule.name.as_str());
    let (named, before_it): (BTreeSet<&str>, _) = (named.collect(), &in_force.enforced.rules);
    let of = |rules: &[Rule], name: &str| rules.iter().find(|rule| rule.name == name).cloned();
    let changed: Vec<&str> =
        named.iter().copied().filter(|name| of(before_it, name) != of(&round.rules, name)).collect();
    let others: Vec<&str> =
        before_it.iter().map(|rule| rule.name.as_str()).filter(|name| !named.contains(name)).collect();
    // Weighed anew it may take little, and is let in: then more has changed than was planned.
    let more_let_in = || {
        let now = world.directory.in_force();
        others.iter().any(|name| of(&now.enforced.rules, name).is_none())
    };
    if more_let_in() {
        return;
    }
    if changed.is_empty() {
        assert_eq!((plan.result.users_evaluated, plan.users.len()), (0, 0));
        return;
    }
    let confirmed = partial(&format!("run{number}"), &changed, Some(1_000));
    let dry = RunRequest { name: format!("dry{number}"), dry_run: true, ..confirmed.clone() };
    for request in [dry, confirmed] {
        let name = request.name.clone();
        let run = world.run(request).await;
        assert_eq!(run.phase, Phase::Succeeded, "{run:?}");
        if more_let_in() {
            return;
        }
        assert_eq!((run.result, run.users_losing), (plan.result, Some(plan.users_losing)), "{name}");
        let told = world.directory.run_changes(&name, None, 1_000).await.unwrap().unwrap();
        assert_eq!(told.changes, plan.users, "{name}");
    }
    compare(&before.2, &everybody(world).await, &plan);
}

/// Whoever is in the plan held and holds what it says; everybody else holds what they held.
fn compare(before: &[UserChange], after: &[UserChange], plan: &Plan) {
    for (had, has) in before.iter().zip(after) {
        match plan.users.iter().find(|user| user.id == had.id) {
            Some(planned) => assert_eq!((&planned.before, &planned.after), (&had.before, &has.after)),
            None => assert_eq!(access(&had.before), access(&has.after), "{}", had.user_name),
        }
    }
    let moved = before.iter().zip(after).filter(|(had, has)| access(&had.before) != access(&has.after)).count();
    assert_eq!((plan.users.len(), plan.result.users_changed, plan.more), (moved, moved as u64, 0));
}

/// Makes somebody a member of a group, or no member any more.
async fn turn_round(world: &World, (person, group): (usize, usize)) {
    let user = world.access(&format!("user{person}")).await.id;
    let select = crate::store::GroupSelect::Name(crate::access::fold(GROUPS[group]));
    let found = world.directory.inner.store.groups_all(
        select,
        true,
        Box::new(|found: &mut Vec<_>, group| {
            found.push(group);
            std::ops::ControlFlow::Continue(())
        }),
    );
    let (row, members) = found.await.unwrap().remove(0);
    let is_member = members.unwrap().iter().any(|member| member.value == user);
    let operation = if is_member {
        json!([{ "op": "remove", "path": format!("members[value eq \"{user}\"]") }])
    } else {
        json!([{ "op": "add", "path": "members", "value": [{ "value": user }] }])
    };
    world.patch_group(&row.id.to_string(), operation).await;
}

#[test]
fn c001_a_plan_is_what_publishing_it_and_a_confirmed_run_then_do() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let mut runner = TestRunner::new(Config { cases: 24, failure_persistence: None, ..Config::default() });
    let tried = runner.run(&cases(), |case| {
        runtime.block_on(async {
            let world = World::with(&[]).await;
            world.users(PEOPLE).await;
            for group in GROUPS {
                world.group(group, &[]).await;
            }
            for n in 0..PEOPLE {
                turn_round(&world, (n, n % GROUPS.len())).await;
            }
            for number in 0..case.rounds.len() {
                carry_out(&world, &case, number).await;
            }
            world.directory.close().await;
        });
        Ok(())
    });
    tried.unwrap();
}

#[tokio::test]
async fn c001_a_plan_tells_limits_tenants_and_how_many_more_there_are() {
    let world = World::with(&[]).await;
    let users = world.users(12).await;
    world.group("One", &users.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let rule = |tenants: &[&str]| Rule {
        tenants: tenants.iter().map(|&tenant| tenant.to_owned()).collect(),
        ..super::rule("r", "One", "Designer")
    };
    let plan = async |rules: &[Rule], count| {
        let live = world.directory.in_force().document.clone().unwrap();
        world.directory.plan(request(&live, rules), count).await.unwrap()
    };
    let granted = plan(&[rule(&["hr", "main"])], 5).await;
    assert_eq!((granted.result.granted, granted.users.len(), granted.more), (12, 5, 7));
    assert_eq!((granted.tenants["hr"].granted, granted.tenants["main"].granted), (12, 12));
    assert_eq!((granted.would_be_held, granted.reason, granted.users_losing), (false, None, 0));
    world.publish(&[rule(&["hr", "main"])]).await;
    world.run(partial("r", &["r"], None)).await;
    let taken = plan(&[rule(&["main"])], 0).await;
    assert_eq!((taken.users_losing, taken.users.len(), taken.more), (12, 0, 12));
    assert_eq!((taken.tenants.len(), taken.tenants["hr"].revoked), (1, 12), "main stays as it is");
    assert!(taken.would_be_held && taken.reason.unwrap().contains("guard.maxRevokedPercent is 20"));
}

#[tokio::test]
async fn c001_a_plan_of_a_small_change_does_not_count_an_older_one_that_is_held() {
    let guard = Guard { max_revoked_users: 1, max_revoked_percent: 100 };
    let automatic = |rules: &[Rule]| Document { sync_policy: SyncPolicy::Automatic, guard, ..document(rules) };
    let (one, two) = (super::rule("one", "One", "Designer"), super::rule("two", "Two", "Designer"));
    let world = World::with(&[]).await;
    world.publish_document(automatic(&[one.clone(), two.clone()])).await;
    let users = world.users(3).await;
    world.group("One", &users.iter().map(String::as_str).collect::<Vec<_>>()).await;
    world.group("Two", &[&users[0]]).await;
    world.publish_document(automatic(std::slice::from_ref(&two))).await;
    world.judged().await;
    assert_eq!(world.state().await.held.unwrap().rules, ["one"]);
    let plan = async |rules: &[Rule], remove: &[&str]| {
        let request = request(&automatic(&[]), rules);
        let remove = remove.iter().map(|&name| name.to_owned()).collect();
        world.directory.plan(PlanRequest { remove, ..request }, 10).await.unwrap()
    };
    let small = plan(&[Rule { role: "Developer".to_owned(), ..two }], &[]).await;
    assert_eq!((small.result.users_evaluated, small.result.promoted, small.users_losing), (1, 1, 0));
    assert!(!small.would_be_held);
    let large = plan(&[], &["one"]).await;
    assert_eq!((large.users_losing, large.would_be_held), (2, true), "named, it counts");
    let again = plan(&[one], &[]).await;
    assert_eq!((again.result.users_evaluated, again.users_losing), (0, 0), "put back, nothing is to be done");
}

#[tokio::test]
async fn a_rule_that_would_not_be_accepted_is_refused_with_its_name_and_field() {
    let world = World::with(&[]).await;
    let spec = |change: fn(&mut PlannedSpec)| {
        let mut spec = PlannedSpec {
            directory_ref: None,
            idp_group: GroupSelector::DisplayName("One".to_owned()),
            role: "Designer".to_owned(),
            tenants: None,
            application_groups: Vec::new(),
            enabled: None,
        };
        change(&mut spec);
        spec
    };
    let refused = async |name: &str, spec: PlannedSpec| {
        let rules = vec![PlannedRule { name: name.to_owned(), spec }];
        let error = world.directory.plan(PlanRequest { rules, remove: Vec::new() }, 10).await.unwrap_err();
        assert!(matches!(error, Error::BadPlan(_)), "{error}");
        error.to_string()
    };
    let good: fn(&mut PlannedSpec) = |_| {};
    for name in ["", "Upper", "-a", "a-", &"n".repeat(64)] {
        assert!(refused(name, spec(good)).await.contains(": name: "), "{name:?}");
    }
    let why = refused("r", spec(|spec| spec.role = "King".to_owned())).await;
    assert!(why.contains("rule \"r\": spec.role: \"King\"") && why.contains("\"Participant\", \"Designer\""), "{why}");
    type Spoil = fn(&mut PlannedSpec);
    let bad: [(&str, Spoil); 6] = [
        ("spec.idpGroup.displayName", |spec| spec.idp_group = GroupSelector::DisplayName(String::new())),
        ("spec.idpGroup.id", |spec| spec.idp_group = GroupSelector::Id("i".repeat(65))),
        ("spec.tenants[1]", |spec| spec.tenants = Some(vec!["hr".to_owned(), "a b".to_owned()])),
        ("spec.tenants", |spec| spec.tenants = Some(vec!["hr".to_owned(); 65])),
        ("spec.applicationGroups[0]", |spec| spec.application_groups = vec![" x".to_owned()]),
        ("spec.applicationGroups", |spec| spec.application_groups = vec!["x".to_owned(); 65]),
    ];
    for (field, change) in bad {
        let why = refused("r", spec(change)).await;
        assert!(why.contains(&format!("rule \"r\": {field}: ")), "{why}");
    }
    let twice = || PlannedRule { name: "r".to_owned(), spec: spec(good) };
    let both = [
        PlanRequest { rules: vec![twice(), twice()], remove: Vec::new() },
        PlanRequest { rules: vec![twice()], remove: vec!["r".to_owned()] },
    ];
    for request in both {
        assert!(matches!(world.directory.plan(request, 10).await.unwrap_err(), Error::BadPlan(_)));
    }
    let gone = PlanRequest { rules: Vec::new(), remove: vec!["nobody-knows".to_owned()] };
    let error = world.directory.plan(gone, 10).await.unwrap_err().to_string();
    assert!(error.contains("\"nobody-knows\", and the directory has no such rule"), "{error}");
}
