//! Which of several tokens of one holder counts.

use super::super::token_limit;
use super::token;
use crate::api::ScimAccessToken;
use crate::api::token::{ScimAccessTokenStatus, TokenState};
use jiff::{SignedDuration, Timestamp};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

const NOW: Timestamp = Timestamp::UNIX_EPOCH;

fn hours_ago(hours: i64) -> Time {
    Time(NOW - SignedDuration::from_hours(hours))
}

/// A token of `corp` for `entra`, made so many hours ago.
fn aged(name: &str, hours: i64) -> ScimAccessToken {
    let mut token = token(name, "corp", "entra");
    token.metadata.creation_timestamp = Some(hours_ago(hours));
    token
}

fn with_status(mut token: ScimAccessToken, status: ScimAccessTokenStatus) -> ScimAccessToken {
    token.status = Some(status);
    token
}

fn refused(tokens: &[ScimAccessToken]) -> Vec<String> {
    token_limit(tokens, NOW).into_keys().collect()
}

#[test]
fn b117_of_two_active_tokens_of_a_holder_the_older_counts() {
    let tokens = [aged("new", 1), aged("old", 2), aged("newest", 0)];
    let limit = token_limit(&tokens, NOW);
    assert_eq!(limit.keys().collect::<Vec<_>>(), ["new", "newest"]);
    let refusal = limit.get("new").expect("refused");
    assert_eq!(refusal.reason.name, "TokenLimit");
    assert!(refusal.message.contains("\"entra\"") && refusal.message.contains("\"old\""), "{}", refusal.message);
}

#[test]
fn b117_of_two_of_the_same_second_the_uid_decides() {
    let (mut first, mut second) = (aged("z", 1), aged("a", 1));
    first.metadata.uid = Some("1".to_owned());
    second.metadata.uid = Some("2".to_owned());
    assert_eq!(refused(&[second.clone(), first.clone()]), ["a"]);
    assert_eq!(refused(&[first, second]), ["a"]);
}

#[test]
fn b117_of_two_of_the_same_second_one_that_was_issued_is_not_ended_by_the_other() {
    let (mut first, mut second) = (aged("first", 1), aged("second", 1));
    first.metadata.uid = Some("2".to_owned());
    second.metadata.uid = Some("1".to_owned());
    let issued = ScimAccessTokenStatus { token_id: Some("a".repeat(16)), ..Default::default() };
    assert_eq!(refused(&[with_status(first, issued), second]), ["second"]);
}

#[test]
fn b126_two_holders_overlap_and_so_do_two_directories() {
    let mut other = token("other", "lab", "entra");
    other.metadata.creation_timestamp = Some(hours_ago(1));
    let mut okta = token("okta", "corp", "okta");
    okta.metadata.creation_timestamp = Some(hours_ago(1));
    assert!(refused(&[aged("entra", 2), other, okta]).is_empty());
}

#[test]
fn b126_an_expired_or_revoked_token_stands_in_nobodys_way() {
    let expired = ScimAccessTokenStatus { expires_at: Some(Time(NOW)), ..Default::default() };
    let works =
        ScimAccessTokenStatus { expires_at: Some(Time(NOW + SignedDuration::from_secs(1))), ..Default::default() };
    let revoked = ScimAccessTokenStatus { state: Some(TokenState::Revoked), ..Default::default() };
    assert!(refused(&[with_status(aged("old", 2), expired), aged("new", 1)]).is_empty());
    assert!(refused(&[with_status(aged("old", 2), revoked), aged("new", 1)]).is_empty());
    assert_eq!(refused(&[with_status(aged("old", 2), works), aged("new", 1)]), ["new"]);
}

#[test]
fn b126_a_token_that_is_being_deleted_is_revoked_already() {
    let mut old = aged("old", 2);
    old.metadata.deletion_timestamp = Some(hours_ago(0));
    assert!(refused(&[old, aged("new", 1)]).is_empty());
}
