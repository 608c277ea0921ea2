//! A token's status. Pure. Its value is never in it.

use super::Kept;
use crate::api::token::{ScimAccessTokenStatus, TokenState};
use crate::api::{ScimAccessToken, SecretRef, label, reason};
use crate::operator::runtime::conditions::{Standing, Wanted, merge, seconds};
use jiff::{SignedDuration, Timestamp};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use kube::ResourceExt;

const EXPIRING_SOON: SignedDuration = SignedDuration::from_hours(30 * 24);
const LAST_USE_INTERVAL: SignedDuration = SignedDuration::from_mins(5);
const OBSTACLE_INTERVAL: SignedDuration = SignedDuration::from_secs(10);
const LONGEST_WAIT: SignedDuration = SignedDuration::from_hours(1);

/// What a token's status is made from.
pub struct Facts<'a> {
    /// The token.
    pub token: &'a ScimAccessToken,
    /// Why the token is not accepted, or what it waits for.
    pub obstacle: Option<Standing>,
    /// What is kept of it, once it was issued.
    pub kept: Option<&'a Kept>,
    /// Whether the endpoint has it.
    pub published: bool,
    /// Whether its plaintext Secret is there.
    pub retrievable: bool,
    /// Its last use by the endpoint's state.
    pub last_used_at: Option<Timestamp>,
    /// Now.
    pub now: Timestamp,
}

/// The status, and how long it stays true without a change.
pub fn report(f: &Facts<'_>) -> (ScimAccessTokenStatus, SignedDuration) {
    let previous = f.token.status.clone().unwrap_or_default();
    let generation = f.token.metadata.generation.unwrap_or_default();
    let expires_at = f.kept.map(|kept| kept.verifier.expires_at);
    let left = expires_at.map(|at| at.duration_since(f.now));
    let expired = left.is_some_and(|left| left <= SignedDuration::ZERO);
    let standing = standing(f, expired);
    let mut wanted = standing.conditions();
    wanted.push(accepted(f));
    let soon = left.filter(|left| !expired && *left <= EXPIRING_SOON);
    wanted.extend(soon.map(|_| Wanted::yes("TokenExpiringSoon", reason::EXPIRES_SOON, reason::EXPIRES_SOON.meaning)));
    let (last_used_at, use_due) = last_use(f, previous.last_used_at.as_ref().map(|time| time.0));
    let status = ScimAccessTokenStatus {
        observed_generation: Some(generation),
        conditions: merge(&previous.conditions, wanted, generation, f.now),
        token_id: f.kept.map(|kept| kept.verifier.token_id.clone()).or(previous.token_id),
        issued_at: f.kept.map(|kept| Time(seconds(kept.issued_at))).or(previous.issued_at),
        expires_at: expires_at.map(|at| Time(seconds(at))).or(previous.expires_at),
        last_used_at: last_used_at.map(Time),
        state: f.kept.map(|_| if expired { TokenState::Expired } else { TokenState::Active }).or(previous.state),
        secret_ref: f.retrievable.then(|| SecretRef::to(f.token.spec.secret_name(&f.token.name_any()))),
        last_handled_reconcile_at: f.token.annotations().get(label::RECONCILE_REQUESTED_AT).cloned(),
    };
    let next = match left {
        Some(left) if expired => LONGEST_WAIT.max(left),
        Some(left) if left > EXPIRING_SOON => left - EXPIRING_SOON,
        Some(left) => left,
        None => LONGEST_WAIT,
    };
    // What is in the way may be an object that is not watched: it is not ours.
    let next = if f.obstacle.is_some() { OBSTACLE_INTERVAL } else { next };
    (status, next.min(use_due).clamp(SignedDuration::from_secs(1), LONGEST_WAIT))
}

fn standing(f: &Facts<'_>, expired: bool) -> Standing {
    if let Some(obstacle) = &f.obstacle {
        return obstacle.clone();
    }
    match f.kept {
        None => Standing::plain(reason::SECRET_PENDING),
        Some(_) if expired => Standing::plain(reason::EXPIRED),
        Some(_) if !f.published => Standing::plain(reason::PUBLISH_PENDING),
        Some(_) if !f.retrievable => Standing::plain(reason::NOT_RETRIEVABLE),
        Some(_) => Standing::plain(reason::ACTIVE),
    }
}

fn accepted(f: &Facts<'_>) -> Wanted {
    match &f.obstacle {
        Some(standing) if standing.reason != reason::DIRECTORY_NOT_READY => {
            Wanted::no("Accepted", standing.reason, standing.message.clone())
        }
        _ => Wanted::yes("Accepted", reason::ACCEPTED_REASON, "the spec makes sense"),
    }
}

/// The last use to write, at most every five minutes, and when the next one may be written.
fn last_use(f: &Facts<'_>, written: Option<Timestamp>) -> (Option<Timestamp>, SignedDuration) {
    let Some(told) = f.last_used_at.map(seconds) else { return (written, LONGEST_WAIT) };
    match written {
        None => (Some(told), LONGEST_WAIT),
        Some(written) if told <= written => (Some(written), LONGEST_WAIT),
        Some(written) if f.now.duration_since(written) >= LAST_USE_INTERVAL => (Some(told), LONGEST_WAIT),
        Some(written) => (Some(written), LAST_USE_INTERVAL - f.now.duration_since(written)),
    }
}

#[cfg(test)]
#[path = "status_tests.rs"]
mod tests;
