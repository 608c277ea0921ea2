//! A rule's status, case by case.

use super::*;
use crate::api::ScimDirectory;
use crate::config::State;
use crate::manifests::{RuleManifest, compile};
use crate::operator::directory::Compiled;
use serde_json::{Value, json};
use std::sync::Arc;

fn rule(role: &str) -> UserManagementRule {
    serde_json::from_value(json!({
        "apiVersion": "scim-operator.dev/v1alpha1", "kind": "UserManagementRule",
        "metadata": {"name": "hr", "namespace": "ns", "uid": "r", "generation": 2},
        "spec": {"directoryRef": {"name": "acme"}, "idpGroup": {"displayName": "HR"}, "role": role},
    }))
    .unwrap()
}

fn compiled(rule: &UserManagementRule, previous: Option<&Compiled>) -> Compiled {
    let directory: ScimDirectory = serde_json::from_value(json!({
        "apiVersion": "scim-operator.dev/v1alpha1", "kind": "ScimDirectory",
        "metadata": {"name": "acme", "namespace": "ns", "uid": "u"},
        "spec": {"displayName": "Acme", "tenant": "main", "sso": {"none": {}}},
    }))
    .unwrap();
    let manifests = [RuleManifest::from(rule.clone())];
    let out = compile(&directory, "http://x/scim/v2", &manifests, &[], previous.map(|compiled| &compiled.document));
    Compiled {
        content_hash: out.document.content_hash(),
        document: out.document,
        directory: out.directory,
        rules: out.rules.into_iter().map(|verdict| (verdict.name.clone(), verdict)).collect(),
        sources: [("hr".to_owned(), ("r".to_owned(), 2))].into(),
    }
}

fn link(compiled: &Compiled, published: &Compiled, state: Option<Value>) -> Link {
    let in_force = Published {
        revision: 1,
        content_hash: published.content_hash.clone(),
        store_id: "s".to_owned(),
        epoch: 0,
        document: Some(published.document.clone()),
    };
    let state = state.map(|rules| {
        serde_json::from_value::<State>(json!({
            "position": "p", "storeId": "s", "revision": 1, "groups": 0, "runs": [], "tokens": [], "rules": rules,
            "users": {"total": 0, "active": 0, "managed": 0},
            "provisioning": {"created": 0, "updated": 0, "disabled": 0, "deleted": 0, "failed": 0},
        }))
        .unwrap()
    });
    Link {
        uid: "u".to_owned(),
        in_force: Some(Arc::new(in_force)),
        compiled: Some(Arc::new(compiled.clone())),
        state: state.map(Arc::new),
        ..Link::default()
    }
}

const AT: Timestamp = Timestamp::UNIX_EPOCH;

fn status(rule: &UserManagementRule, link: Option<&Link>) -> UserManagementRuleStatus {
    report(&Facts { rule, directory_exists: link.is_some(), link, now: AT })
}

fn condition(status: &UserManagementRuleStatus, kind: &str) -> String {
    let found = status.conditions.iter().find(|c| c.type_ == kind);
    found.map_or("absent".to_owned(), |c| format!("{} {}", c.status, c.reason))
}

#[test]
fn b080_a_rule_without_its_directory_waits() {
    let status = status(&rule("Designer"), None);
    assert_eq!(condition(&status, "Accepted"), "False DirectoryNotFound");
    assert_eq!(condition(&status, "Reconciling"), "True DirectoryNotFound");
    assert_eq!(condition(&status, "Stalled"), "absent");
}

#[test]
fn b039_a_rule_before_its_group_is_ready_and_inert() {
    let rule = rule("Designer");
    let compiled = compiled(&rule, None);
    let hash = compiled.document.rules[0].hash();
    let before =
        status(&rule, Some(&link(&compiled, &compiled, Some(json!([{"name": "hr", "hash": hash, "inSync": true}])))));
    assert_eq!(condition(&before, "Ready"), "True Published");
    assert_eq!(condition(&before, "IdpGroupResolved"), "False GroupNotProvisioned");
    let arrived = json!([{"name": "hr", "hash": hash, "inSync": true, "groupId": "g1"}]);
    let after = status(&rule, Some(&link(&compiled, &compiled, Some(arrived))));
    assert_eq!(condition(&after, "IdpGroupResolved"), "True GroupResolved");
    assert_eq!(after.idp_group_id.as_deref(), Some("g1"));
    assert_eq!(after.rule_hash, Some(hash));
}

#[test]
fn b065_a_changed_rule_that_has_not_reached_everybody_says_so() {
    let rule = rule("Designer");
    let compiled = compiled(&rule, None);
    let hash = compiled.document.rules[0].hash();
    let changed = json!([{"name": "hr", "hash": hash, "inSync": false, "reason": "RuleChanged"}]);
    let status = status(&rule, Some(&link(&compiled, &compiled, Some(changed))));
    assert_eq!(condition(&status, "InSync"), "False RuleChanged");
    assert_eq!(condition(&status, "Ready"), "True Published");
}

#[test]
fn c003_a_rule_whose_change_is_held_says_so_and_which_content_is_in_force() {
    let (before, after) = (compiled(&rule("Developer"), None), compiled(&rule("Designer"), None));
    let in_force = before.document.rules[0].hash();
    let held = json!([{"name": "hr", "hash": in_force, "inSync": false, "reason": "RevocationHeld"}]);
    let link = link(&after, &after, Some(held));
    let status = status(&rule("Designer"), Some(&link));
    assert_eq!(condition(&status, "InSync"), "False RevocationHeld");
    assert_eq!(condition(&status, "Ready"), "True Published");
    assert_eq!(condition(&status, "Stalled"), "absent");
    assert_eq!(status.conditions[0].message, "the rule is published; its change is held (InSync)");
    assert_eq!(status.rule_hash, Some(in_force));

    // Judged since it was published, which the directory's reconcile will read.
    let mut judged = link.clone();
    judged.state = link.state.as_ref().map(|state| Arc::new(State { revision: 2, ..State::clone(state) }));
    let of_judged = Facts { rule: &rule("Designer"), directory_exists: true, link: Some(&judged), now: AT };
    assert_eq!(report(&of_judged), status);

    // A restarted operator has not heard of the endpoint, or of a revision before: what is written stands.
    let mut again = rule("Designer");
    again.status = Some(status.clone());
    let mut unheard = link.clone();
    unheard.state = None;
    let report = |link: &Link| report(&Facts { rule: &again, directory_exists: true, link: Some(link), now: AT });
    assert_eq!(report(&unheard), status);
    unheard.in_force = None;
    assert_eq!(report(&unheard), status);
}

#[test]
fn c003_a_change_that_waits_to_be_weighed_is_not_in_sync_and_not_in_force() {
    let (before, after) = (compiled(&rule("Developer"), None), compiled(&rule("Designer"), None));
    let in_force = before.document.rules[0].hash();
    let waits = json!([{"name": "hr", "hash": in_force, "inSync": false, "reason": "RuleChanged"}]);
    let mut link = link(&after, &after, Some(waits));
    let waiting = status(&rule("Designer"), Some(&link));
    assert_eq!(condition(&waiting, "InSync"), "False RuleChanged");
    assert_eq!(waiting.rule_hash, Some(in_force));
    // What the endpoint said of the revision before says nothing of this one.
    link.in_force = link.in_force.map(|now| Arc::new(Published { revision: 2, ..Published::clone(&now) }));
    assert_eq!(condition(&status(&rule("Designer"), Some(&link)), "InSync"), "Unknown Progressing");
}

#[test]
fn c008_a_rule_with_an_unknown_role_is_stalled_and_its_last_content_stays_in_force() {
    let good = compiled(&rule("Designer"), None);
    let bad = compiled(&rule("Wizard"), Some(&good));
    let status = status(&rule("Wizard"), Some(&link(&bad, &good, None)));
    assert_eq!(condition(&status, "Accepted"), "False UnknownRole");
    assert_eq!(condition(&status, "Stalled"), "True UnknownRole");
    assert_eq!(status.rule_hash, Some(good.document.rules[0].hash()));
    assert!(status.conditions[0].message.contains("stays in force"), "{}", status.conditions[0].message);
}

#[test]
fn a_rule_that_is_not_in_force_yet_is_on_its_way() {
    let (old, new) = (compiled(&rule("Designer"), None), compiled(&rule("Developer"), None));
    assert_eq!(condition(&status(&rule("Developer"), Some(&link(&new, &old, None))), "Ready"), "False PublishPending");
}

#[test]
fn a_rule_edited_since_it_was_compiled_is_not_judged_by_the_old_verdict() {
    let compiled = compiled(&rule("Designer"), None);
    let mut edited = rule("Designer");
    edited.metadata.generation = Some(3);
    assert_eq!(condition(&status(&edited, Some(&link(&compiled, &compiled, None))), "Ready"), "False Progressing");
}
