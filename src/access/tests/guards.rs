//! How much one change may take (reading 23), each limit at its edge.

use super::super::{Excess, Guard, Losses};

/// What the default limits say of so many people who lose something, of so many who are managed.
fn judged(people: u64, managed: u64) -> Option<Excess> {
    Guard::default().exceeded(&Losses { people, managed, top_before: 1, top_after: 1 })
}

#[test]
fn c003_fifty_people_may_lose_something_and_fifty_one_may_not() {
    assert_eq!(judged(50, 1_000), None);
    assert_eq!(judged(51, 1_000), Some(Excess::Users { people: 51, max: 50 }));
    let strict = Guard { max_revoked_users: 0, ..Guard::default() };
    let one = Losses { people: 1, managed: 5, ..Losses::default() };
    assert_eq!(strict.exceeded(&one), Some(Excess::Users { people: 1, max: 0 }));
    assert_eq!(strict.exceeded(&Losses { people: 0, ..one }), None);
}

#[test]
fn c003_a_fifth_of_the_managed_people_may_lose_something_and_one_more_may_not() {
    assert_eq!(judged(20, 100), None);
    assert_eq!(judged(21, 100), Some(Excess::Percent { people: 21, managed: 100, max: 20 }));
    assert_eq!(judged(20, 99), Some(Excess::Percent { people: 20, managed: 99, max: 20 }), "no rounding in its favour");
    let all = Guard { max_revoked_users: u64::MAX, max_revoked_percent: 100 };
    assert_eq!(all.exceeded(&Losses { people: u64::MAX, managed: u64::MAX, ..Losses::default() }), None);
}

#[test]
fn c003_the_percentage_counts_from_ten_managed_people_on() {
    assert_eq!(judged(9, 9), None);
    assert_eq!(judged(2, 10), None);
    assert_eq!(judged(3, 10), Some(Excess::Percent { people: 3, managed: 10, max: 20 }));
    assert_eq!(judged(1, 0), None, "somebody without rules may lose something");
}

#[test]
fn c003_the_last_holder_of_the_top_role_is_not_taken_and_a_directory_that_had_none_is_not_held() {
    let judged =
        |top_before, top_after| Guard::default().exceeded(&Losses { people: 1, managed: 5, top_before, top_after });
    assert_eq!(judged(1, 0), Some(Excess::LastTopRole));
    assert_eq!(judged(7, 0), Some(Excess::LastTopRole));
    assert_eq!(judged(2, 1), None);
    assert_eq!(judged(0, 0), None);
    assert_eq!(judged(0, 1), None);
}

#[test]
fn c003_the_verdict_says_what_would_happen_and_which_limit_says_no() {
    let said = |excess: Option<Excess>| excess.expect("it is exceeded").to_string();
    assert_eq!(said(judged(51, 60)), "51 people would lose access, and guard.maxRevokedUsers is 50");
    assert_eq!(said(judged(3, 10)), "3 of 10 managed people would lose access, and guard.maxRevokedPercent is 20");
    let last = Excess::LastTopRole.to_string();
    assert_eq!(last, "nobody active would have the top role in the home tenant any more");
}

#[test]
fn a_guard_is_written_with_both_limits() {
    let text = serde_json::to_string(&Guard::default()).expect("JSON");
    assert_eq!(text, r#"{"maxRevokedUsers":50,"maxRevokedPercent":20}"#);
    assert_eq!(serde_json::from_str::<Guard>(&text).expect("a guard"), Guard::default());
}
