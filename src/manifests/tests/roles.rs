//! Roles that are in use stay (reading 25).

use super::{compiled, directory, in_force, refused, rule};
use crate::config::Document;

const LADDER: &str = ", roles: [Low, Middle, High]";

/// What is in force of `corp` with the three roles and these rules.
fn before(rules: &[super::RuleManifest]) -> Document {
    compiled(&directory(LADDER), rules, None).document
}

#[test]
fn a_role_that_an_accepted_rule_uses_cannot_be_removed() {
    let rules = [rule("a", "High", ""), rule("b", "Low", "")];
    let after = compiled(&directory(", roles: [Low, Middle]"), &rules, Some(&before(&rules)));
    let refusal = after.directory.refusal.clone().expect("it is refused");
    assert_eq!((refusal.reason.name, refusal.field.as_str()), ("RoleInUse", "spec.roles"));
    assert!(refusal.message.contains("\"High\" is used by \"a\""), "{}", refusal.message);
    assert_eq!(after.document.roles.roles(), ["Low", "Middle", "High"], "the previous list stays");
    assert_eq!((in_force(&after), refused(&after, "a")), (vec!["a".to_owned(), "b".to_owned()], ""));
}

#[test]
fn an_unused_role_can_be_removed_and_the_order_changed() {
    let rules = [rule("a", "High", "")];
    let after = compiled(&directory(", roles: [High, Low]"), &rules, Some(&before(&rules)));
    assert!(after.directory.accepted());
    assert_eq!(after.document.roles.roles(), ["High", "Low"]);
}

#[test]
fn a_role_is_let_go_with_the_rule_that_used_it() {
    let old = before(&[rule("a", "High", "")]);
    let smaller = directory(", roles: [Low]");
    assert!(compiled(&smaller, &[], Some(&old)).directory.accepted(), "the rule is gone");
    assert!(compiled(&smaller, &[rule("a", "Low", "")], Some(&old)).directory.accepted(), "the rule moved away");
    assert!(!compiled(&smaller, &[rule("a", "Middle", "")], Some(&old)).directory.accepted(), "it moved nowhere");
}

#[test]
fn held_and_disabled_content_uses_its_role_too() {
    let old = before(&[rule("a", "High", "")]);
    let held = compiled(&directory(LADDER), &[rule("a", "Hihg", "")], Some(&old));
    assert_eq!(in_force(&held), ["a*"]);
    let after = compiled(&directory(", roles: [Low]"), &[rule("a", "Hihg", "")], Some(&held.document));
    assert!(!after.directory.accepted());
    assert_eq!(in_force(&after), ["a*"]);

    let disabled = [rule("a", "High", ", enabled: false")];
    let after = compiled(&directory(", roles: [Low]"), &disabled, Some(&before(&disabled)));
    assert!(!after.directory.accepted(), "an accepted rule uses it, though it gives nothing now");
}

#[test]
fn a_rule_that_was_never_accepted_holds_no_role() {
    let old = before(&[]);
    let after = compiled(&directory(", roles: [Low]"), &[rule("new", "High", "")], Some(&old));
    assert!(after.directory.accepted());
    assert_eq!(refused(&after, "new"), "UnknownRole");
}
