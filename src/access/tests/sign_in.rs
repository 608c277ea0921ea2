//! Who may come in with what: every case there is (B006–B009, B049, B054, B085; readings 7 and 8).

use super::super::{Admission, Candidate, Onboarding, Refusal, Source, TenantAccess, onboarded};
use super::strings;
use Admission::{Enter, Onboard, Reenable, Refuse};
use Refusal::{NoAccess, SyncPending, UserInactive, UserNotFound};

fn onboarding(enabled: bool, reenable_disabled: bool) -> Onboarding {
    Onboarding { enabled, reenable_disabled, ..Onboarding::default() }
}

/// The four settings there are: off, off but for the disabled (which says nothing), on, on for the disabled too.
fn settings() -> [Onboarding; 4] {
    [(false, false), (false, true), (true, false), (true, true)]
        .map(|(enabled, disabled)| onboarding(enabled, disabled))
}

fn grants() -> [TenantAccess; 1] {
    [onboarded("home", "Designer")]
}

/// What each setting answers to somebody like this.
fn admitted(active: bool, reenabled: bool, holds: bool, pending: bool) -> [Admission; 4] {
    let (some, reenabled) = (grants(), reenabled.then_some("Participant"));
    let grants = if holds { some.as_slice() } else { &[] };
    settings().map(|onboarding| onboarding.admit(Some(Candidate { active, reenabled, grants, pending })))
}

#[test]
fn b006_b140_somebody_unknown_is_onboarded_where_people_are_and_not_found_elsewhere() {
    let answers = settings().map(|onboarding| onboarding.admit(None));
    assert_eq!(answers, [Refuse(UserNotFound), Refuse(UserNotFound), Onboard, Onboard]);
}

#[test]
fn b022_who_is_active_and_holds_something_comes_in_with_it_whatever_is_set() {
    for (reenabled, pending) in [(false, false), (false, true), (true, false), (true, true)] {
        assert_eq!(admitted(true, reenabled, true, pending), [Enter; 4], "{reenabled} {pending}");
    }
}

#[test]
fn b049_b085_who_is_active_and_holds_nothing_is_onboarded_or_refused_with_a_reason() {
    for reenabled in [false, true] {
        let waits = [Refuse(SyncPending), Refuse(SyncPending), Onboard, Onboard];
        assert_eq!(admitted(true, reenabled, false, true), waits);
        let nothing = [Refuse(NoAccess), Refuse(NoAccess), Onboard, Onboard];
        assert_eq!(admitted(true, reenabled, false, false), nothing);
    }
}

#[test]
fn b008_b009_b054_who_is_inactive_comes_in_only_where_both_are_set_whatever_is_stored() {
    let inactive = Refuse(UserInactive);
    for (holds, pending) in [(false, false), (false, true), (true, false), (true, true)] {
        assert_eq!(
            admitted(false, false, holds, pending),
            [inactive, inactive, inactive, Reenable],
            "for the first time"
        );
        assert_eq!(admitted(false, true, holds, pending), [inactive, inactive, inactive, Enter], "again");
    }
}

#[test]
fn b007_onboarding_gives_the_lowest_role_in_the_home_tenant_or_the_one_that_is_named() {
    let roles = strings(&["Participant", "Designer"]);
    let given = |role: Option<&str>| {
        let onboarding = Onboarding { role: role.map(str::to_owned), ..onboarding(true, false) };
        onboarding.access("home", &roles)
    };
    let lowest = given(None).expect("there are roles");
    assert_eq!(
        (lowest.tenant.as_str(), lowest.role.as_str(), lowest.source),
        ("home", "Participant", Source::Onboarding)
    );
    assert!(lowest.rules.is_empty() && lowest.application_groups.is_empty());
    assert_eq!(given(Some("Designer")), Some(onboarded("home", "Designer")));
    assert_eq!(given(Some("Emperor")), Some(lowest), "one that is no role any more gives the lowest");
    assert_eq!(onboarding(true, false).access("home", &[]), None);
}
