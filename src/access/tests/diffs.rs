//! What a change of access is called.

use super::super::{Diff, Ladder, Source, TenantAccess, diff};
use super::strings;

fn grant(tenant: &str, role: &str, application_groups: &[&str]) -> TenantAccess {
    TenantAccess {
        tenant: tenant.to_owned(),
        role: role.to_owned(),
        application_groups: strings(application_groups),
        rules: strings(&["r"]),
        source: Source::Rules,
    }
}

fn between(before: &[TenantAccess], after: &[TenantAccess]) -> Diff {
    diff(before, after, &Ladder::default())
}

const NOTHING: Diff = Diff { granted: false, revoked: false, promoted: false, demoted: false };

#[test]
fn a_tenant_gained_is_granted_and_a_tenant_lost_is_revoked() {
    let designer = [grant("hr", "Designer", &[])];
    assert_eq!(between(&[], &designer), Diff { granted: true, ..NOTHING });
    assert_eq!(between(&designer, &[]), Diff { revoked: true, ..NOTHING });
}

#[test]
fn an_application_group_counts_in_its_tenant_only() {
    let before = [grant("hr", "Designer", &["a"]), grant("lab", "Designer", &[])];
    let after = [grant("hr", "Designer", &[]), grant("lab", "Designer", &["a"])];
    assert_eq!(between(&before, &after), Diff { granted: true, revoked: true, ..NOTHING });
}

#[test]
fn b047_a_lower_role_in_a_kept_tenant_is_a_demotion_and_no_revocation() {
    let (high, low) = ([grant("hr", "Designer", &[])], [grant("hr", "Participant", &[])]);
    assert_eq!(between(&high, &low), Diff { demoted: true, ..NOTHING });
    assert_eq!(between(&low, &high), Diff { promoted: true, ..NOTHING });
}

#[test]
fn a_user_can_rise_in_one_tenant_and_fall_in_another() {
    let before = [grant("hr", "Designer", &[]), grant("lab", "Participant", &[])];
    let after = [grant("lab", "Designer", &[]), grant("hr", "Participant", &[])];
    assert_eq!(between(&before, &after), Diff { promoted: true, demoted: true, ..NOTHING });
}

#[test]
fn the_same_access_from_another_rule_is_no_change() {
    let before = [grant("hr", "Designer", &["a"])];
    let after = [TenantAccess { rules: strings(&["other"]), ..grant("hr", "Designer", &["a"]) }];
    assert!(!between(&before, &after).changed());
}

#[test]
fn a_role_that_left_the_ladder_is_below_all_others() {
    let before = [grant("hr", "Overlord", &[])];
    let after = [grant("hr", "Participant", &[])];
    assert_eq!(between(&before, &after), Diff { promoted: true, ..NOTHING });
}

#[test]
fn only_a_loss_or_a_demotion_takes_access() {
    for bits in 0..16_u8 {
        let diff = Diff { granted: bits & 1 > 0, revoked: bits & 2 > 0, promoted: bits & 4 > 0, demoted: bits & 8 > 0 };
        assert_eq!(diff.takes_access(), bits & 0b1010 > 0);
        assert_eq!(diff.changed(), bits > 0);
    }
}
