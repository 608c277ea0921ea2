//! What becomes of grants that no rule gave (reading 3).

use super::super::{Source, TenantAccess, settle};
use super::{only, rule, strings};

fn given(source: Source, tenant: &str, role: &str) -> TenantAccess {
    TenantAccess {
        tenant: tenant.to_owned(),
        role: role.to_owned(),
        application_groups: strings(&["x"]),
        rules: Vec::new(),
        source,
    }
}

fn participant() -> TenantAccess {
    only(&[rule("Staff", "Participant")], &["Staff"])
}

#[test]
fn b084_a_role_held_before_is_not_kept_when_a_rule_matches_and_never_comes_back() {
    let before = [given(Source::Manual, "home", "Developer"), given(Source::Onboarding, "lab", "Participant")];
    let matched = settle(&before, vec![participant()]);
    assert_eq!(matched, [participant()], "in every tenant");
    assert_eq!(settle(&matched, Vec::new()), [], "no rule matches any more: nothing is left");
}

#[test]
fn b083_while_no_rule_matches_what_no_rule_gave_stays() {
    let before = [given(Source::Manual, "home", "Developer"), given(Source::Onboarding, "lab", "Participant")];
    assert_eq!(settle(&before, Vec::new()), before);
    let mixed = [participant(), given(Source::Manual, "hr", "Designer")];
    assert_eq!(settle(&mixed, Vec::new()), [given(Source::Manual, "hr", "Designer")], "what rules gave ends with them");
}

#[test]
fn b083_while_a_rule_matches_only_rules_decide() {
    let designer = only(&[rule("Designers", "Designer")], &["Designers"]);
    assert_eq!(settle(&[participant()], vec![designer.clone()]), [designer]);
    assert_eq!(settle(&[], vec![participant()]), [participant()]);
    assert_eq!(settle(&[], Vec::new()), []);
}
