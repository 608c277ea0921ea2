//! A run's status, mirrored from the endpoint. Final phases are final. Pure.

use crate::api::rule_sync::{Phase, Progress, RuleSyncStatus, RunResult};
use crate::api::{RuleSync, label, reason};
use crate::config::{self, RunStatus};
use crate::manifests;
use crate::operator::runtime::conditions::{Standing, Wanted, merge, seconds};
use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use kube::ResourceExt;

/// The status of a run the endpoint does not have yet.
pub fn waiting(sync: &RuleSync, standing: Standing, now: Timestamp) -> RuleSyncStatus {
    let accepted = if standing.reason == reason::DIRECTORY_NOT_FOUND {
        Wanted::no("Accepted", standing.reason, standing.message.clone())
    } else {
        Wanted::yes("Accepted", reason::ACCEPTED_REASON, "the spec makes sense")
    };
    let previous = sync.status.clone().unwrap_or_default();
    RuleSyncStatus { phase: previous.phase.or(Some(Phase::Pending)), ..with(sync, previous, standing, accepted, now) }
}

/// The status of a run as the endpoint tells it.
pub fn mirrored(sync: &RuleSync, run: &RunStatus, now: Timestamp) -> RuleSyncStatus {
    let RunStatus {
        uid: _,
        name: _,
        scope: _,
        dry_run,
        allow_revocations: _,
        phase,
        reason: why,
        message,
        created_at: _,
        started_at,
        completed_at,
        progress,
        result,
        users_losing,
        would_be_held,
    } = run;
    let said = |fallback: &str| message.clone().unwrap_or_else(|| fallback.to_owned());
    let standing = match phase {
        config::Phase::Pending => Standing::plain(reason::PENDING),
        config::Phase::Running => Standing::plain(reason::RUNNING),
        config::Phase::Held => {
            let directory = &sync.spec.directory_ref.name;
            let message = manifests::held_run(sync.metadata.namespace.as_deref(), directory, run);
            Standing::new(reason::REVOCATION_HELD_REASON, message)
        }
        config::Phase::Succeeded if why.as_deref() == Some(reason::ALREADY_RUN.name) => {
            Standing::plain(reason::ALREADY_RUN)
        }
        config::Phase::Succeeded => Standing::new(reason::SUCCEEDED, said(reason::SUCCEEDED.meaning)),
        config::Phase::Failed => Standing::new(reason::RUN_FAILED, said(reason::RUN_FAILED.meaning)),
    };
    let accepted = Wanted::yes("Accepted", reason::ACCEPTED_REASON, "the spec makes sense");
    let previous = sync.status.clone().unwrap_or_default();
    let time = |time: &Option<Timestamp>| time.map(|time| Time(seconds(time)));
    RuleSyncStatus {
        phase: Some(match phase {
            config::Phase::Pending => Phase::Pending,
            config::Phase::Running => Phase::Running,
            config::Phase::Held => Phase::Held,
            config::Phase::Succeeded => Phase::Succeeded,
            config::Phase::Failed => Phase::Failed,
        }),
        started_at: time(started_at),
        completed_at: time(completed_at),
        progress: Some(Progress { processed: count(progress.processed), total: count(progress.total) }),
        result: Some(results(result)),
        users_losing: users_losing.map(count),
        would_be_held: (*dry_run && *phase == config::Phase::Succeeded).then_some(*would_be_held),
        report_ref: matches!(phase, config::Phase::Held | config::Phase::Succeeded)
            .then(|| format!("/access/v1/syncs/{}/changes", sync.name_any())),
        ..with(sync, previous, standing, accepted, now)
    }
}

fn results(result: &config::RunResult) -> RunResult {
    let config::RunResult { users_evaluated, users_changed, granted, revoked, promoted, demoted } = *result;
    RunResult {
        users_evaluated: count(users_evaluated),
        users_changed: count(users_changed),
        granted: count(granted),
        revoked: count(revoked),
        promoted: count(promoted),
        demoted: count(demoted),
    }
}

fn count(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

fn with(
    sync: &RuleSync,
    previous: RuleSyncStatus,
    standing: Standing,
    accepted: Wanted,
    now: Timestamp,
) -> RuleSyncStatus {
    let generation = sync.metadata.generation.unwrap_or_default();
    let mut wanted = standing.conditions();
    wanted.push(accepted);
    RuleSyncStatus {
        observed_generation: Some(generation),
        conditions: merge(&previous.conditions, wanted, generation, now),
        last_handled_reconcile_at: sync.annotations().get(label::RECONCILE_REQUESTED_AT).cloned(),
        ..previous
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn sync() -> RuleSync {
        serde_json::from_value(json!({
            "apiVersion": "scim-operator.dev/v1alpha1", "kind": "RuleSync",
            "metadata": {"name": "by-hand", "namespace": "ns", "generation": 1},
            "spec": {"directoryRef": {"name": "acme"}, "scope": {"all": {}}},
        }))
        .unwrap()
    }

    fn run(phase: &str, reason: Option<&str>, message: Option<&str>) -> RunStatus {
        serde_json::from_value(json!({
            "uid": "u", "name": "by-hand", "scope": {"all": {}}, "phase": phase, "reason": reason, "message": message,
            "createdAt": "2026-01-01T00:00:00Z", "progress": {"processed": 2, "total": 3},
            "result": {"usersEvaluated": 2, "usersChanged": 1, "granted": 1, "revoked": 0, "promoted": 0, "demoted": 0},
        }))
        .unwrap()
    }

    fn ready(status: &RuleSyncStatus) -> (String, String, usize) {
        let ready = status.conditions.iter().find(|c| c.type_ == "Ready").unwrap();
        (ready.status.clone(), ready.reason.clone(), status.conditions.len())
    }

    #[test]
    fn every_phase_reads_as_kstatus_reads_it() {
        let now = Timestamp::UNIX_EPOCH;
        let of = |phase, reason, message| ready(&mirrored(&sync(), &run(phase, reason, message), now));
        assert_eq!(of("Pending", None, None), ("False".into(), "Pending".into(), 3));
        assert_eq!(of("Running", None, None), ("False".into(), "Running".into(), 3));
        assert_eq!(of("Succeeded", None, None), ("True".into(), "Succeeded".into(), 2));
        assert_eq!(of("Succeeded", Some("AlreadyRun"), None), ("True".into(), "AlreadyRun".into(), 2));
        assert_eq!(of("Failed", None, Some("disk full")), ("False".into(), "RunFailed".into(), 3));
        assert_eq!(of("Held", Some("RevocationHeld"), Some("too many")), ("False".into(), "RevocationHeld".into(), 3));
    }

    #[test]
    fn c003_a_run_that_is_held_is_stalled_and_says_what_to_apply() {
        let mut held = run("Held", Some("RevocationHeld"), Some("9 people would lose access, and …"));
        held.users_losing = Some(9);
        let status = mirrored(&sync(), &held, Timestamp::UNIX_EPOCH);
        assert_eq!((status.phase, status.users_losing, status.would_be_held), (Some(Phase::Held), Some(9), None));
        assert!(status.phase.is_some_and(Phase::is_final));
        assert_eq!(status.report_ref.as_deref(), Some("/access/v1/syncs/by-hand/changes"));
        let stalled = status.conditions.iter().find(|c| c.type_ == "Stalled").unwrap();
        for said in ["9 people would lose access", "namespace: \"ns\"", "allowRevocations: {upTo: 9}"] {
            assert!(stalled.message.contains(said), "{}", stalled.message);
        }
    }

    #[test]
    fn a_dry_run_says_whether_it_would_be_held_once_it_has_ended() {
        let mut dry = run("Succeeded", None, Some("9 people would lose access, and guard.maxRevokedUsers is 5"));
        (dry.dry_run, dry.would_be_held, dry.users_losing) = (true, true, Some(9));
        let status = mirrored(&sync(), &dry, Timestamp::UNIX_EPOCH);
        assert_eq!((status.would_be_held, status.users_losing), (Some(true), Some(9)));
        assert_eq!(ready(&status), ("True".into(), "Succeeded".into(), 2));
        assert_eq!(status.conditions[0].message, "9 people would lose access, and guard.maxRevokedUsers is 5");
        dry.phase = config::Phase::Running;
        let status = mirrored(&sync(), &dry, Timestamp::UNIX_EPOCH);
        assert_eq!((status.would_be_held, status.report_ref), (None, None));
    }

    #[test]
    fn b063_progress_and_result_are_mirrored() {
        let status = mirrored(&sync(), &run("Running", None, None), Timestamp::UNIX_EPOCH);
        assert_eq!(status.progress, Some(Progress { processed: 2, total: 3 }));
        assert_eq!(status.result.map(|r| (r.users_evaluated, r.users_changed)), Some((2, 1)));
    }

    #[test]
    fn a_run_without_a_directory_waits() {
        let standing = Standing::plain(reason::DIRECTORY_NOT_FOUND);
        let status = waiting(&sync(), standing, Timestamp::UNIX_EPOCH);
        assert_eq!(status.phase, Some(Phase::Pending));
        assert_eq!(ready(&status).1, "DirectoryNotFound");
    }
}
