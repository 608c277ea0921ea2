//! The five default rules, letter by letter.

use super::super::{DEFAULT_ROLES, DEFAULT_RULES, GroupSelector, Ladder};
use super::{access, groups};

/// Whether the default rule `at` is called so, on this group, with this role; and gives it.
fn is(at: usize, name: &str, group: &str, role: &str) {
    let rule = DEFAULT_RULES.get(at).expect("five rules").rule("corp", "home");
    assert_eq!(rule.name, name);
    assert_eq!(rule.group, GroupSelector::DisplayName(group.to_owned()));
    assert_eq!(rule.role, role);
    assert_eq!(rule.tenants, ["home"]);
    assert!(rule.application_groups.is_empty());
    assert!(rule.enabled);
    let grants = access(&[rule], &Ladder::default(), &groups(&[group]));
    assert_eq!(grants.first().map(|grant| grant.role.as_str()), Some(role));
}

#[test]
fn b073_nintex_participants_are_participants() {
    is(0, "corp-participants", "Nintex Participants", "Participant");
}

#[test]
fn b074_nintex_designers_are_designers() {
    is(1, "corp-designers", "Nintex Designers", "Designer");
}

#[test]
fn b075_nintex_developers_are_developers() {
    is(2, "corp-developers", "Nintex Developers", "Developer");
}

#[test]
fn b076_nintex_automation_admins_are_automation_admins() {
    is(3, "corp-automation-admins", "Nintex Automation Admins", "Automation Admin");
}

#[test]
fn b077_nintex_administrators_are_global_admins() {
    is(4, "corp-administrators", "Nintex Administrators", "Global Admin");
}

#[test]
fn b072_there_are_five_default_rules_one_for_each_default_role() {
    assert_eq!(DEFAULT_RULES.map(|rule| rule.role), DEFAULT_ROLES);
}
