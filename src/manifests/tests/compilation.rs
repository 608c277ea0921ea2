//! From manifests to the document: effective values, verdicts, and what stays in force.

use super::super::{Manifest, RuleManifest, UndecodableRule, compile};
use super::{BASE_URL, compiled, directory, fixture, in_force, parsed_rule, refused, rule};
use crate::access::{GroupSelector, Guard};
use crate::config::{AuditRetention, Dialect, Scope, SyncPolicy, Verifier};
use jiff::Timestamp;
use serde_json::json;

fn from(name: &str) -> (crate::api::ScimDirectory, Vec<RuleManifest>) {
    let mut directory = None;
    let mut rules = Vec::new();
    for manifest in fixture(name) {
        match manifest {
            Manifest::Directory(found) => directory = Some(*found),
            Manifest::Rule(rule) => rules.push(RuleManifest::Read(rule)),
            Manifest::Sync(_) | Manifest::Token(_) => {}
        }
    }
    (directory.expect("a directory"), rules)
}

#[test]
fn b078_what_is_left_out_has_its_documented_value() {
    let (directory, rules) = from("corp.yaml");
    let document = compiled(&directory, &rules, None).document;
    let roles = ["Participant", "Designer", "Developer", "Automation Admin", "Global Admin"];
    assert_eq!(document.roles.roles(), roles);
    assert_eq!((document.tenant.as_str(), document.sync_policy), ("main", SyncPolicy::Automatic));
    let profile = &document.profile;
    assert_eq!((profile.paused, profile.dialect), (false, Dialect::Auto));
    assert_eq!(profile.required_attributes, ["givenName", "familyName", "emails"]);
    assert_eq!(profile.base_url, BASE_URL);
    let [designers, operators] = document.rules.as_slice() else { panic!("{:?}", document.rules) };
    assert_eq!(designers.rule.tenants, ["finance", "hr"], "sorted");
    assert_eq!(designers.rule.application_groups, ["HR Reviewers"]);
    assert_eq!(operators.rule.tenants, ["main"], "the directory's tenant");
    assert!(operators.rule.enabled && matches!(operators.rule.group, GroupSelector::ExternalId(_)));
}

#[test]
fn what_is_written_is_what_comes_into_the_document() {
    let (directory, _) = from("explicit.yaml");
    let document = compiled(&directory, &[], None).document;
    assert_eq!(document.roles.roles(), ["Guest", "Member", "Owner"]);
    assert_eq!(document.sync_policy, SyncPolicy::Manual);
    assert_eq!((document.profile.paused, document.profile.dialect), (true, Dialect::Entra));
    assert_eq!(document.directory.uid, "6c1c2a54-7a31-4a0e-9c37-f4e2d2a5a001");
}

#[test]
fn guard_and_retention_come_into_the_document_and_change_nothing_while_they_say_the_default() {
    let document = |more: &str| compiled(&directory(more), &[], None).document;
    let silent = document("");
    assert_eq!((silent.guard, silent.audit), (Guard::default(), AuditRetention::default()));
    let same = document(", guard: {maxRevokedUsers: 50, maxRevokedPercent: 20}, audit: {}");
    assert_eq!(same.content_hash(), silent.content_hash());
    let strict = document(", guard: {maxRevokedUsers: 5}, audit: {maxAge: 48h, maxRecords: 9000}");
    assert_eq!(strict.guard, Guard { max_revoked_users: 5, max_revoked_percent: 20 });
    assert_eq!(strict.audit, AuditRetention { max_age_s: Some(48 * 3600), max_records: Some(9000) });
    assert_ne!(strict.content_hash(), silent.content_hash());
}

#[test]
fn the_order_of_manifests_and_lists_is_no_content() {
    let verifier = |id: &str| Verifier {
        token_id: id.to_owned(),
        name: id.to_owned(),
        scope: Scope::Scim,
        sha256: String::new(),
        expires_at: Timestamp::UNIX_EPOCH,
    };
    let one = [rule("a", "Designer", ", tenants: [x, y]"), rule("b", "Designer", "")];
    let two = [rule("b", "Designer", ""), rule("a", "Designer", ", tenants: [y, x]")];
    let first = compile(&directory(""), BASE_URL, &one, &[verifier("1"), verifier("2")], None).document;
    let second = compile(&directory(""), BASE_URL, &two, &[verifier("2"), verifier("1")], None).document;
    assert_eq!(first.content_hash(), second.content_hash());
    let again = compile(&directory(""), BASE_URL, &two, &[], Some(&second)).document;
    assert_eq!(again.rules, second.rules, "compiling again changes nothing");
}

#[test]
fn a_rule_of_another_directory_or_namespace_is_not_ours() {
    let mut other = parsed_rule("other", "Designer", "");
    "lab".clone_into(&mut other.spec.directory_ref.name);
    let mut elsewhere = parsed_rule("elsewhere", "Designer", "");
    elsewhere.metadata.namespace = Some("prod".to_owned());
    let mut here = parsed_rule("here", "Designer", "");
    here.metadata.namespace = None;
    let compiled = compiled(&directory(""), &[other.into(), elsewhere.into(), here.into()], None);
    assert_eq!(in_force(&compiled), ["here"]);
    assert_eq!(compiled.rules.len(), 1, "no verdict on rules of others");
}

#[test]
fn an_unknown_role_is_refused_with_the_roles_there_are() {
    let compiled = compiled(&directory(", roles: [Low, High]"), &[rule("a", "Designer", "")], None);
    let refusal = compiled.rules.first().and_then(|verdict| verdict.refusal.clone()).expect("refused");
    assert_eq!((refusal.reason.name, refusal.field.as_str()), ("UnknownRole", "spec.role"));
    assert!(refusal.message.contains("\"Designer\"") && refusal.message.contains("\"Low\", \"High\""));
    assert!(in_force(&compiled).is_empty(), "never accepted, so nothing is held");
}

#[test]
fn c008_a_rule_that_stops_being_accepted_keeps_its_last_accepted_content() {
    let good = compiled(&directory(""), &[rule("a", "Designer", ", tenants: [hr]")], None);
    let bad = compiled(&directory(""), &[rule("a", "Desinger", ", tenants: [lab]")], Some(&good.document));
    assert_eq!(in_force(&bad), ["a*"]);
    assert_eq!(refused(&bad, "a"), "UnknownRole");
    let held = bad.document.rules.first().map(|entry| (entry.rule.role.as_str(), entry.rule.tenants.join(",")));
    assert_eq!(held, Some(("Designer", "hr".to_owned())));
    let still = compiled(&directory(""), &[rule("a", "Desinger", "")], Some(&bad.document));
    assert_eq!(in_force(&still), ["a*"], "for as long as it takes");
    let healed = compiled(&directory(""), &[rule("a", "Developer", "")], Some(&still.document));
    assert_eq!(in_force(&healed), ["a"]);
}

#[test]
fn c008_b088_only_deletion_or_disabling_takes_a_rule_out() {
    let good = compiled(&directory(""), &[rule("a", "Designer", "")], None).document;
    let gone = compiled(&directory(""), &[], Some(&good));
    assert!(in_force(&gone).is_empty());
    let disabled = compiled(&directory(""), &[rule("a", "Desinger", ", enabled: false")], Some(&good));
    assert!(in_force(&disabled).is_empty(), "refused and disabled: not held");
    assert_eq!(refused(&disabled, "a"), "UnknownRole");
    let off = compiled(&directory(""), &[rule("a", "Designer", ", enabled: false")], Some(&good));
    assert_eq!(off.document.rules.first().map(|entry| (entry.held, entry.rule.enabled)), Some((false, false)));
    let mut leaving = parsed_rule("a", "Designer", "");
    leaving.metadata.deletion_timestamp =
        Some(k8s_openapi::apimachinery::pkg::apis::meta::v1::Time(Timestamp::UNIX_EPOCH));
    assert!(in_force(&compiled(&directory(""), &[leaving.into()], Some(&good))).is_empty(), "it is being deleted");
}

fn undecodable(spec: serde_json::Value) -> RuleManifest {
    let object = json!({"metadata": {"name": "a"}, "spec": spec});
    RuleManifest::Undecodable(UndecodableRule::from_raw(&object, "spec.tenants: not a list"))
}

#[test]
fn c008_an_undecodable_rule_is_held_by_its_name() {
    let good = compiled(&directory(""), &[rule("a", "Designer", "")], None).document;
    let ours = json!({"directoryRef": {"name": "corp"}, "tenants": 5});
    let held = compiled(&directory(""), &[undecodable(ours.clone())], Some(&good));
    assert_eq!((in_force(&held), refused(&held, "a")), (vec!["a*".to_owned()], "Undecodable"));
    assert!(in_force(&compiled(&directory(""), &[undecodable(ours)], None)).is_empty(), "nothing to hold");
    let nameless = compiled(&directory(""), &[undecodable(json!({"directoryRef": 5}))], Some(&good));
    assert_eq!(in_force(&nameless), ["a*"], "the directory that knows the rule holds it");
    let foreign = compiled(&directory(""), &[undecodable(json!({"directoryRef": {"name": "lab"}}))], Some(&good));
    assert!(foreign.rules.is_empty() && in_force(&foreign).is_empty());
    let off = json!({"directoryRef": {"name": "corp"}, "tenants": 5, "enabled": false});
    assert!(in_force(&compiled(&directory(""), &[undecodable(off)], Some(&good))).is_empty());
}

#[test]
fn c008_of_two_manifests_of_one_name_neither_counts_and_the_last_accepted_stays() {
    let good = compiled(&directory(""), &[rule("a", "Designer", "")], None).document;
    let twice = [rule("a", "Developer", ""), rule("a", "Participant", "")];
    let compiled = compiled(&directory(""), &twice, Some(&good));
    assert_eq!((in_force(&compiled), refused(&compiled, "a")), (vec!["a*".to_owned()], "InvalidSpec"));
}

#[test]
fn what_was_in_force_in_another_directory_of_the_name_is_not_held_here() {
    let old = compiled(&directory(""), &[rule("a", "Designer", "")], None).document;
    let mut anew = directory("");
    anew.metadata.uid = Some("another".to_owned());
    "other".clone_into(&mut anew.spec.tenant);
    let compiled = compiled(&anew, &[rule("a", "Desinger", "")], Some(&old));
    assert!(in_force(&compiled).is_empty());
    assert!(compiled.directory.accepted(), "nor is its tenant");
}

#[test]
fn b078_the_home_tenant_of_a_directory_never_changes() {
    let old = compiled(&directory(""), &[rule("a", "Designer", "")], None).document;
    let mut moved = directory("");
    "other".clone_into(&mut moved.spec.tenant);
    let after = compiled(&moved, &[rule("a", "Designer", "")], Some(&old));
    assert_eq!(after.directory.refusal.map(|refusal| refusal.field), Some("spec.tenant".to_owned()));
    assert_eq!(after.document.content_hash(), old.content_hash(), "nothing moved");
}
