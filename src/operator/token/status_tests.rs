//! A token's status, case by case, with the time as a value.

use super::*;
use crate::config::{Scope, Verifier};
use serde_json::json;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn token(status: serde_json::Value) -> ScimAccessToken {
    serde_json::from_value(json!({
        "apiVersion": "scim-operator.dev/v1alpha1", "kind": "ScimAccessToken",
        "metadata": {"name": "okta", "namespace": "ns", "uid": "t", "generation": 1},
        "spec": {"directoryRef": {"name": "acme"}, "description": "d", "scope": "Scim", "issuedTo": "okta"},
        "status": status,
    }))
    .unwrap()
}

fn kept() -> Kept {
    let verifier = Verifier {
        token_id: "abcdefgh01234567".to_owned(),
        name: "okta".to_owned(),
        scope: Scope::Scim,
        sha256: String::new(),
        expires_at: at("2027-01-01T00:00:00Z"),
    };
    Kept { verifier, token_uid: "t".to_owned(), issued_at: at("2026-01-01T00:00:00Z") }
}

fn facts<'a>(token: &'a ScimAccessToken, kept: Option<&'a Kept>, now: &str) -> Facts<'a> {
    Facts { token, obstacle: None, kept, published: true, retrievable: true, last_used_at: None, now: at(now) }
}

fn condition(status: &ScimAccessTokenStatus, kind: &str) -> String {
    let found = status.conditions.iter().find(|c| c.type_ == kind);
    found.map_or("absent".to_owned(), |c| format!("{} {}", c.status, c.reason))
}

#[test]
fn b118_a_token_shows_its_dates_and_state() {
    let (token, kept) = (token(json!({})), kept());
    let (status, _) = report(&facts(&token, Some(&kept), "2026-06-01T00:00:00Z"));
    assert_eq!(status.state, Some(TokenState::Active));
    assert_eq!(status.issued_at.unwrap().0, at("2026-01-01T00:00:00Z"));
    assert_eq!(status.expires_at.unwrap().0, at("2027-01-01T00:00:00Z"));
    assert_eq!(status.secret_ref.unwrap().name, "okta-scim-api-key");
}

#[test]
fn b125_a_token_expires_to_the_second_and_is_looked_at_again_then() {
    let (token, kept) = (token(json!({})), kept());
    let (status, again) = report(&facts(&token, Some(&kept), "2026-12-31T23:59:59Z"));
    assert_eq!((status.state, again), (Some(TokenState::Active), SignedDuration::from_secs(1)));
    assert_eq!(condition(&status, "TokenExpiringSoon"), "True ExpiresSoon");
    let (status, _) = report(&facts(&token, Some(&kept), "2027-01-01T00:00:00Z"));
    assert_eq!((status.state, condition(&status, "Ready").as_str()), (Some(TokenState::Expired), "False Expired"));
    assert_eq!(condition(&status, "TokenExpiringSoon"), "absent");
}

#[test]
fn b123_a_deleted_secret_is_told_of_and_the_token_works_on() {
    let (token, kept) = (token(json!({})), kept());
    let (status, _) = report(&Facts { retrievable: false, ..facts(&token, Some(&kept), "2026-06-01T00:00:00Z") });
    assert_eq!(condition(&status, "Ready"), "True NotRetrievable");
    assert_eq!((status.state, status.secret_ref), (Some(TokenState::Active), None));
}

#[test]
fn b117_a_refused_token_is_not_accepted_and_has_no_state() {
    let token = token(json!({}));
    let obstacle = Some(Standing::plain(reason::TOKEN_LIMIT));
    let (status, _) = report(&Facts { obstacle, ..facts(&token, None, "2026-06-01T00:00:00Z") });
    assert_eq!(condition(&status, "Accepted"), "False TokenLimit");
    assert_eq!(condition(&status, "Stalled"), "True TokenLimit");
    assert_eq!(status.state, None);
}

#[test]
fn the_steps_of_making_are_told_in_order() {
    let (token, kept) = (token(json!({})), kept());
    let ready = |kept, published| {
        let facts = Facts { published, ..facts(&token, kept, "2026-06-01T00:00:00Z") };
        condition(&report(&facts).0, "Ready")
    };
    assert_eq!(ready(None, false), "False SecretPending");
    assert_eq!(ready(Some(&kept), false), "False PublishPending");
    assert_eq!(ready(Some(&kept), true), "True Active");
}

#[test]
fn the_last_use_is_written_at_most_every_five_minutes() {
    let kept = kept();
    let written = token(json!({"lastUsedAt": "2026-06-01T00:00:00Z"}));
    let used = |now: &str| {
        let last_used_at = Some(at("2026-06-01T00:04:00Z"));
        let (status, again) = report(&Facts { last_used_at, ..facts(&written, Some(&kept), now) });
        (status.last_used_at.unwrap().0.to_string(), again)
    };
    assert_eq!(used("2026-06-01T00:04:30Z"), ("2026-06-01T00:00:00Z".to_owned(), SignedDuration::from_secs(30)));
    assert_eq!(used("2026-06-01T00:05:00Z").0, "2026-06-01T00:04:00Z");
}
