//! The automatic run, minute by minute, with time as a value.

use super::*;
use serde_json::{Value, json};

fn state(revision: u64, rules: &[(&str, bool)], runs: Value) -> State {
    let rules: Vec<Value> = rules
        .iter()
        .map(|(name, in_sync)| json!({"name": name, "inSync": in_sync, "reason": (!in_sync).then_some("RuleChanged")}))
        .collect();
    serde_json::from_value(json!({
        "position": "p", "storeId": "s", "revision": revision, "rules": rules, "runs": runs, "groups": 0,
        "users": {"total": 0, "active": 0, "managed": 0}, "tokens": [],
        "provisioning": {"created": 0, "updated": 0, "disabled": 0, "deleted": 0, "failed": 0},
    }))
    .unwrap()
}

fn run(scope: Value) -> Value {
    json!([{
        "uid": "u", "name": "n", "scope": scope, "phase": "Running", "createdAt": "2026-01-01T00:00:00Z",
        "progress": {"processed": 0, "total": 1},
        "result": {"usersEvaluated": 0, "usersChanged": 0, "granted": 0, "revoked": 0, "promoted": 0, "demoted": 0},
    }])
}

fn at(ms: i64) -> Timestamp {
    Timestamp::from_millisecond(1_700_000_000_000 + ms).unwrap()
}

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|n| (*n).to_owned()).collect()
}

#[test]
fn b065_one_run_after_two_quiet_seconds() {
    let mut settle = Settle::default();
    let changed = state(3, &[("a", false), ("b", true)], json!([]));
    assert_eq!(settle.decide(&changed, &[], at(0)), Decision::Wait(QUIET));
    assert_eq!(settle.decide(&changed, &[], at(1500)), Decision::Wait(SignedDuration::from_millis(500)));
    assert_eq!(settle.decide(&changed, &[], at(2000)), Decision::Run(names(&["a"])));
}

#[test]
fn b065_several_edits_make_one_run() {
    let mut settle = Settle::default();
    settle.decide(&state(3, &[("a", false)], json!([])), &[], at(0));
    let more = state(4, &[("a", false), ("b", false)], json!([]));
    assert_eq!(settle.decide(&more, &[], at(1900)), Decision::Wait(QUIET));
    assert_eq!(settle.decide(&more, &[], at(3900)), Decision::Run(names(&["a", "b"])));
}

#[test]
fn edits_that_never_stop_wait_at_most_ten_seconds() {
    let mut settle = Settle::default();
    let mut decisions = Vec::new();
    for second in 0..=10_u64 {
        let changed = state(second, &[("a", false)], json!([]));
        decisions.push(settle.decide(&changed, &[], at(i64::try_from(second).unwrap() * 1000)));
    }
    assert!(decisions[..10].iter().all(|d| matches!(d, Decision::Wait(_))));
    assert_eq!(decisions[10], Decision::Run(names(&["a"])));
}

#[test]
fn b064_a_restart_with_everything_in_sync_starts_nothing() {
    let mut settle = Settle::default();
    let calm = state(9, &[("a", true), ("b", true)], json!([]));
    assert_eq!(settle.decide(&calm, &[], at(0)), Decision::Nothing);
    assert_eq!(settle.decide(&calm, &[], at(60_000)), Decision::Nothing);
}

#[test]
fn a_crash_between_publishing_and_the_run_converges() {
    let mut after_restart = Settle::default();
    let owed = state(9, &[("a", false)], json!([]));
    assert_eq!(after_restart.decide(&owed, &[], at(0)), Decision::Wait(QUIET));
    assert_eq!(after_restart.decide(&owed, &[], at(2000)), Decision::Run(names(&["a"])));
}

#[test]
fn a_run_that_covers_the_rules_is_not_doubled() {
    let mut settle = Settle::default();
    for scope in [json!({"all": {}}), json!({"rules": ["a", "z"]})] {
        let covered = state(3, &[("a", false)], run(scope));
        assert_eq!(settle.decide(&covered, &[], at(60_000)), Decision::Nothing);
    }
    let elsewhere = state(3, &[("a", false)], run(json!({"rules": ["z"]})));
    assert!(matches!(settle.decide(&elsewhere, &[], at(60_000)), Decision::Wait(_)));
    let mut dry = state(3, &[("a", false)], run(json!({"all": {}})));
    dry.runs[0].dry_run = true;
    assert!(matches!(settle.decide(&dry, &[], at(60_000)), Decision::Wait(_)), "a dry run covers nothing");
}

#[test]
fn a_run_that_was_asked_for_is_not_asked_for_again() {
    let mut settle = Settle::default();
    let failed = state(3, &[("a", false)], json!([]));
    let asked = [Asked { rules: Some(BTreeSet::from(["a".to_owned()])) }];
    assert_eq!(settle.decide(&failed, &asked, at(60_000)), Decision::Nothing);
    assert_eq!(settle.decide(&failed, &[Asked { rules: None }], at(60_000)), Decision::Nothing);
}

#[test]
fn a_new_order_of_roles_starts_nothing_by_itself() {
    let mut reordered = state(3, &[("a", false)], json!([]));
    reordered.rules[0].reason = Some("RolesChanged".to_owned());
    assert_eq!(Settle::default().decide(&reordered, &[], at(60_000)), Decision::Nothing);
}

#[test]
fn c003_what_is_held_starts_nothing_by_itself_and_holds_up_no_other_rule() {
    let mut held = state(6, &[("a", false), ("b", false)], json!([]));
    held.rules[0].reason = Some("RevocationHeld".to_owned());
    let mut settle = Settle::default();
    settle.decide(&held, &[], at(0));
    assert_eq!(settle.decide(&held, &[], at(2000)), Decision::Run(names(&["b"])));
    held.rules[1].in_sync = true;
    assert_eq!(settle.decide(&held, &[], at(60_000)), Decision::Nothing);
}

#[test]
fn c003_a_revision_that_only_admits_what_waited_makes_no_second_run() {
    let mut settle = Settle::default();
    settle.decide(&state(5, &[("a", false)], json!([])), &[], at(0));
    let admitted = state(6, &[("a", false)], json!([]));
    assert_eq!(settle.decide(&admitted, &[], at(300)), Decision::Wait(QUIET));
    assert_eq!(settle.decide(&admitted, &[], at(2300)), Decision::Run(names(&["a"])));
    let asked = [Asked { rules: Some(BTreeSet::from(["a".to_owned()])) }];
    assert_eq!(settle.decide(&admitted, &asked, at(60_000)), Decision::Nothing);
}

#[test]
fn a_batch_that_heals_leaves_no_clock_running() {
    let mut settle = Settle::default();
    settle.decide(&state(3, &[("a", false)], json!([])), &[], at(0));
    settle.decide(&state(4, &[("a", true)], json!([])), &[], at(1000));
    let again = state(5, &[("a", false)], json!([]));
    assert_eq!(settle.decide(&again, &[], at(9000)), Decision::Wait(QUIET));
}

#[test]
fn one_run_names_at_most_as_many_rules_as_a_rule_sync_may() {
    let rules: Vec<String> = (0..300).map(|n| format!("r{n:03}")).collect();
    let rules: Vec<_> = rules.iter().map(|name| (name.as_str(), false)).collect();
    let mut settle = Settle::default();
    let many = state(3, &rules, json!([]));
    settle.decide(&many, &[], at(0));
    let Decision::Run(named) = settle.decide(&many, &[], at(2000)) else { panic!("no run") };
    assert_eq!(named.len(), 256);
}
