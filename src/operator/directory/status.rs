//! A directory's status, from what was applied and published.
//!
//! Pure: the same inputs give the same status, byte for byte.
//!
//! Conditions follow at once; figures that traffic moves are at most every five minutes, first a full interval after
//! the operator's start, so that a restart writes nothing.

use super::names::Names;
use super::sign_in;
use crate::api::directory::{EndpointStatus, ProvisioningStatus, RulesStatus, UsersStatus};
use crate::api::{ScimDirectory, ScimDirectoryStatus, SecretRef, label, reason};
use crate::config::{Published, State};
use crate::manifests::{self, DirectoryVerdict, RuleVerdict};
use crate::operator::runtime::Key;
use crate::operator::runtime::conditions::{Standing, Wanted, find, merge, seconds};
use crate::operator::token::Kept;
use jiff::{SignedDuration, Timestamp};
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};
use kube::ResourceExt;
use std::collections::BTreeMap;

/// How often figures are written.
pub const FIGURES_INTERVAL: SignedDuration = SignedDuration::from_mins(5);
/// How often to look whether an obstacle is gone.
pub const OBSTACLE_INTERVAL: SignedDuration = SignedDuration::from_secs(10);
/// A provider that is silent for this long is not connected (B089).
pub const STALE_AFTER: SignedDuration = SignedDuration::from_hours(3);
/// A token with less time left is expiring soon (B125).
pub const EXPIRING_SOON: SignedDuration = SignedDuration::from_hours(30 * 24);

/// What a status is made from.
pub struct Facts<'a> {
    /// The directory.
    pub directory: &'a ScimDirectory,
    /// The public SCIM base.
    pub base_url: &'a str,
    /// Why children or store are in the way, if they are.
    pub obstacle: Option<Standing>,
    /// Why people cannot sign in, whatever the provider says.
    pub sign_in_obstacle: Option<&'a str>,
    /// How the directory's own manifest stands.
    pub verdict: &'a DirectoryVerdict,
    /// How its rules stand.
    pub rules: &'a BTreeMap<String, RuleVerdict>,
    /// How many of its rules are enabled.
    pub rules_enabled: usize,
    /// The endpoint's Deployment.
    pub workload: Option<&'a Deployment>,
    /// What is in force, if it is what the manifests say; else why not.
    pub published: Result<&'a Published, String>,
    /// The endpoint's state, if known.
    pub state: Option<&'a State>,
    /// The tokens that work.
    pub kept: &'a [Kept],
    /// Whether the Secret of the directory's own key exists.
    pub api_key_exists: bool,
    /// Whether figures are to be written.
    pub figures_due: bool,
    /// Now.
    pub now: Timestamp,
    /// When the operator started.
    pub started: Timestamp,
}

/// A status and when it must be looked at again because of the time alone.
pub struct Report {
    /// The status.
    pub status: ScimDirectoryStatus,
    /// How long the status stays true without a change.
    pub again: SignedDuration,
}

/// The whole status.
pub fn report(f: &Facts<'_>) -> Report {
    let previous = f.directory.status.clone().unwrap_or_default();
    let key = Key::of(f.directory);
    let mut again = next_interval(f);
    if f.obstacle.is_some() || f.sign_in_obstacle.is_some() {
        // What is in the way is not watched: it is not ours.
        again = OBSTACLE_INTERVAL;
    }
    let available = ready_replicas(f.workload) > 0;
    let mut wanted = standing(f, available).conditions();
    wanted.push(match &f.verdict.refusal {
        None => Wanted::yes("Accepted", reason::ACCEPTED_REASON, "the spec makes sense"),
        Some(refusal) => Wanted::no("Accepted", refusal.reason, refusal.message.clone()),
    });
    wanted.push(if available {
        Wanted::yes("EndpointAvailable", reason::AVAILABLE, "the endpoint serves")
    } else {
        Wanted::no("EndpointAvailable", reason::ENDPOINT_NOT_AVAILABLE, reason::ENDPOINT_NOT_AVAILABLE.meaning)
    });
    wanted.push(match &f.published {
        Ok(_) => Wanted::yes("ConfigPublished", reason::PUBLISHED, "the newest configuration is in force"),
        Err(why) => Wanted::no("ConfigPublished", reason::PUBLISH_PENDING, why.clone()),
    });
    let (connected, next) = idp_connected(f, &previous);
    again = again.min(next);
    wanted.push(connected);
    let (expiring, next) = expiring_soon(f);
    again = again.min(next);
    wanted.extend(expiring);
    wanted.extend(revocation_held(f, &previous, &key));
    wanted.extend(sso_ready(f, &previous));

    let generation = f.directory.metadata.generation.unwrap_or_default();
    let figures = Figures::of(f, &previous);
    let status = ScimDirectoryStatus {
        observed_generation: Some(generation),
        conditions: merge(&previous.conditions, wanted, generation, f.now),
        base_url: Some(f.base_url.to_owned()),
        api_key_secret_ref: f.api_key_exists.then(|| SecretRef::to(Names::of(&key).api_key())),
        store_id: f.published.as_ref().ok().map(|p| p.store_id.clone()).or(previous.store_id),
        config_revision: f
            .published
            .as_ref()
            .ok()
            .and_then(|p| i64::try_from(p.revision).ok())
            .or(previous.config_revision),
        users: figures.users,
        groups: figures.groups,
        rules: Some(rules(f, previous.rules)),
        provisioning: figures.provisioning,
        endpoint: Some(EndpointStatus {
            replicas: f.directory.spec.endpoint().replicas(),
            ready_replicas: ready_replicas(f.workload),
        }),
        last_handled_reconcile_at: f.directory.annotations().get(label::RECONCILE_REQUESTED_AT).cloned(),
    };
    Report { status, again: again.max(SignedDuration::from_secs(1)) }
}

/// A suspended directory: nothing but that it is.
pub fn suspended(directory: &ScimDirectory, now: Timestamp) -> ScimDirectoryStatus {
    let previous = directory.status.clone().unwrap_or_default();
    let generation = directory.metadata.generation.unwrap_or_default();
    let standing = Standing::plain(reason::SUSPENDED);
    ScimDirectoryStatus {
        observed_generation: Some(generation),
        conditions: merge(&previous.conditions, standing.conditions(), generation, now),
        last_handled_reconcile_at: directory.annotations().get(label::RECONCILE_REQUESTED_AT).cloned(),
        ..previous
    }
}

/// The first thing that stands in the way, in the order in which a person would look.
fn standing(f: &Facts<'_>, available: bool) -> Standing {
    if let Some(refusal) = &f.verdict.refusal {
        return Standing::new(refusal.reason, refusal.message.clone());
    }
    if let Some(obstacle) = &f.obstacle {
        return obstacle.clone();
    }
    let own_key = f.kept.iter().any(|kept| kept.verifier.name == f.directory.name_any());
    match &f.published {
        // The key exists before the directory is ready (B113); it does so once its hash is kept.
        _ if !own_key => Standing::plain(reason::SECRET_PENDING),
        Err(why) if available => Standing::new(reason::PUBLISH_PENDING, why.clone()),
        _ if !available => Standing::plain(reason::ENDPOINT_NOT_AVAILABLE),
        Err(why) => Standing::new(reason::ENDPOINT_UNREACHABLE, why.clone()),
        Ok(_) => Standing::new(reason::PUBLISHED, "the endpoint serves the configuration written here"),
    }
}

fn ready_replicas(workload: Option<&Deployment>) -> i32 {
    workload.and_then(|w| w.status.as_ref()?.ready_replicas).unwrap_or(0)
}

fn rules(f: &Facts<'_>, previous: Option<RulesStatus>) -> RulesStatus {
    let in_sync =
        |name: &String| f.state.is_some_and(|state| state.rules.iter().any(|rule| rule.name == *name && rule.in_sync));
    let count = |n: usize| i32::try_from(n).unwrap_or(i32::MAX);
    let total = count(f.rules.len());
    let in_sync = match (f.state, previous) {
        // Not heard of since the operator's start: what it said last is not forgotten.
        (None, Some(previous)) => previous.in_sync.min(total),
        _ => count(f.rules.keys().filter(|name| in_sync(name)).count()),
    };
    RulesStatus { total, enabled: count(f.rules_enabled), in_sync, out_of_sync: total - in_sync }
}

/// Whether the provider calls (B089), and when that may change without a call.
fn idp_connected(f: &Facts<'_>, previous: &ScimDirectoryStatus) -> (Wanted, SignedDuration) {
    let told = f.state.and_then(|state| state.provisioning.last_request_time);
    let known = previous.provisioning.as_ref().and_then(|p| p.last_request_time.as_ref()).map(|time| time.0);
    let Some(last) = told.max(known) else {
        // Not heard of since the operator's start: what it said last is not forgotten.
        let connected = find(&previous.conditions, "IdPConnected").is_some_and(|known| known.status == "True");
        if f.state.is_none() && connected {
            return (Wanted::yes("IdPConnected", reason::CONNECTED, reason::CONNECTED.meaning), FIGURES_INTERVAL);
        }
        return (
            Wanted::unknown("IdPConnected", reason::NO_REQUEST_YET, reason::NO_REQUEST_YET.meaning),
            FIGURES_INTERVAL,
        );
    };
    let silent = f.now.duration_since(last);
    if silent < STALE_AFTER {
        (Wanted::yes("IdPConnected", reason::CONNECTED, reason::CONNECTED.meaning), STALE_AFTER - silent)
    } else {
        (Wanted::no("IdPConnected", reason::STALE, reason::STALE.meaning), FIGURES_INTERVAL)
    }
}

/// Named while a token that works ends within thirty days, and when that begins.
fn expiring_soon(f: &Facts<'_>) -> (Option<Wanted>, SignedDuration) {
    let left = |kept: &Kept| kept.verifier.expires_at.duration_since(f.now);
    let working = f.kept.iter().filter(|kept| left(kept) > SignedDuration::ZERO);
    let Some(first) = working.min_by_key(|kept| kept.verifier.expires_at) else { return (None, FIGURES_INTERVAL) };
    if left(first) > EXPIRING_SOON {
        return (None, left(first) - EXPIRING_SOON);
    }
    let message = format!(
        "the token {} ends at {}: make a new one with another issuedTo, enter it at the provider, delete the old one",
        first.verifier.name,
        seconds(first.verifier.expires_at)
    );
    (Some(Wanted::yes("TokenExpiringSoon", reason::EXPIRES_SOON, message)), left(first))
}

/// Named while the guard holds changes; the message is another one for each revision that is held (C003).
fn revocation_held(f: &Facts<'_>, previous: &ScimDirectoryStatus, key: &Key) -> Option<Wanted> {
    let said = || find(&previous.conditions, reason::REVOCATION_HELD).map(|held| held.message.clone());
    let message = match f.state {
        // Not heard of since the operator's start: what it said last is not forgotten.
        None => said()?,
        Some(State { held: None, .. }) => return None,
        // Something was published since, and is not judged yet: the numbers are those of before.
        Some(State { held: Some(held), revision, .. }) if held.revision < *revision => said()?,
        Some(State { held: Some(held), .. }) => manifests::held_changes(Some(&key.namespace), &key.name, held),
    };
    Some(Wanted::yes(reason::REVOCATION_HELD, reason::REVOCATION_HELD_REASON, message))
}

/// Whether people can be sent to the provider at which they sign in (B002).
fn sso_ready(f: &Facts<'_>, previous: &ScimDirectoryStatus) -> Option<Wanted> {
    // What was told before the newest configuration came into force is about another provider, perhaps.
    let is_current = |state: &&State| f.published.as_ref().is_ok_and(|now| state.revision >= now.revision);
    let state = f.state.filter(|state| f.published.is_err() || is_current(state));
    let said = find(&previous.conditions, reason::SSO_READY);
    sign_in::ready(&f.directory.spec.sso, f.sign_in_obstacle, state, said)
}

/// What a status newly says of changes that are held: once for each revision, also over restarts, since what was said
/// last is in the status before.
pub fn newly_held<'a>(before: &[Condition], now: &'a [Condition]) -> Option<&'a str> {
    let said = find(before, reason::REVOCATION_HELD).map(|held| held.message.as_str());
    find(now, reason::REVOCATION_HELD).map(|held| held.message.as_str()).filter(|message| said != Some(*message))
}

struct Figures {
    users: Option<UsersStatus>,
    groups: Option<i64>,
    provisioning: Option<ProvisioningStatus>,
}

impl Figures {
    /// What the endpoint says, when it is time; until then what was written last.
    fn of(f: &Facts<'_>, previous: &ScimDirectoryStatus) -> Self {
        let written =
            Self { users: previous.users, groups: previous.groups, provisioning: previous.provisioning.clone() };
        let Some(state) = f.state else { return written };
        if !f.figures_due && previous.users.is_some() {
            return written;
        }
        let count = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
        let (users, done) = (state.users, state.provisioning);
        Self {
            users: Some(UsersStatus {
                total: count(users.total),
                active: count(users.active),
                managed: count(users.managed),
            }),
            groups: Some(count(state.groups)),
            provisioning: Some(ProvisioningStatus {
                created: count(done.created),
                updated: count(done.updated),
                disabled: count(done.disabled),
                deleted: count(done.deleted),
                failed: count(done.failed),
                last_request_time: done.last_request_time.map(|time| Time(seconds(time))),
            }),
        }
    }
}

/// Which interval since the operator's start `now` is in; 0 = the first, in which no figures are written.
pub fn interval(started: Timestamp, now: Timestamp) -> i64 {
    now.duration_since(started).as_secs() / FIGURES_INTERVAL.as_secs()
}

/// How long until the next interval begins.
fn next_interval(f: &Facts<'_>) -> SignedDuration {
    let running = f.now.duration_since(f.started).as_secs();
    SignedDuration::from_secs(FIGURES_INTERVAL.as_secs() - running % FIGURES_INTERVAL.as_secs())
}

#[cfg(test)]
#[path = "status_tests.rs"]
mod tests;
