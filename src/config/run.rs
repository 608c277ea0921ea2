//! A rule run on the wire: RuleSync between operator, endpoint and access API (B056–B066).

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Whom a run evaluates. An unknown field is refused: "all but these" must not become everybody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub enum RunScope {
    /// The people affected by these rules, which may be deleted ones (B059, B061).
    Rules(Vec<String>),
    /// Everyone (B062).
    All {},
}

/// What asks for a run: `PUT /admin/v1/syncs/{uid}` and, without `uid`, `POST /access/v1/syncs`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RunRequest {
    /// The RuleSync's name.
    pub name: String,
    /// Whom to evaluate.
    pub scope: RunScope,
    /// A new value runs the same spec again.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub nonce: String,
    /// Only says what the run would do.
    #[serde(default, skip_serializing_if = "is_false")]
    pub dry_run: bool,
    /// Confirms that so many people may lose something (reading 23); absent = the guard's limits hold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allow_revocations: Option<AllowRevocations>,
    /// When the RuleSync was made, by which runs queue; absent = now. Only the operator says it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_at: Option<Timestamp>,
}

/// How many people a confirmed run may take something from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AllowRevocations {
    /// At most so many people.
    pub up_to: u64,
}

fn is_false(value: &bool) -> bool {
    !value
}

/// Where a run stands. `Held`, `Succeeded` and `Failed` are final.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Phase {
    /// Waiting for earlier runs of the directory.
    Pending,
    /// Evaluating.
    Running,
    /// It would take more access than the guard allows, and has written nothing: another run has to confirm it.
    Held,
    /// Done.
    Succeeded,
    /// Given up; `message` says why.
    Failed,
}

impl Phase {
    /// Whether the phase can no longer change.
    pub fn is_final(self) -> bool {
        matches!(self, Self::Held | Self::Succeeded | Self::Failed)
    }
}

/// How far a run is, in users.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Progress {
    /// Users evaluated so far.
    pub processed: u64,
    /// Users to evaluate.
    pub total: u64,
}

/// What a run did, each a number of users.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RunResult {
    /// Users the rules were applied to.
    pub users_evaluated: u64,
    /// Of those, users whose access changed.
    pub users_changed: u64,
    /// Users who gained a tenant or an application group.
    pub granted: u64,
    /// Users who lost a tenant or an application group.
    pub revoked: u64,
    /// Users whose role rose in a tenant they keep.
    pub promoted: u64,
    /// Users whose role fell in a tenant they keep.
    pub demoted: u64,
}

/// A run as the admin and access APIs answer it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RunStatus {
    /// The RuleSync's uid, or the id of a run asked for over the access API.
    pub uid: String,
    /// The RuleSync's name.
    pub name: String,
    /// Whom it evaluates.
    pub scope: RunScope,
    /// Whether it only says what it would do.
    #[serde(default, skip_serializing_if = "is_false")]
    pub dry_run: bool,
    /// What it may take at most, where it was confirmed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allow_revocations: Option<AllowRevocations>,
    /// Where it stands.
    pub phase: Phase,
    /// `AlreadyRun` when an equal spec of this name ran before; otherwise absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// For people: what went wrong, or what was found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// When its RuleSync was made; without one, when the endpoint took it. Runs queue in this order.
    pub created_at: Timestamp,
    /// When it began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_at: Option<Timestamp>,
    /// When it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub completed_at: Option<Timestamp>,
    /// How far it is.
    pub progress: Progress,
    /// What it did so far; of a dry run and of one that is held, what it would have done.
    pub result: RunResult,
    /// People who lose something by it: what the guard counts. Known once the run was weighed, before it began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub users_losing: Option<u64>,
    /// Of a dry run: whether a run of this would be held; `message` says why.
    #[serde(default, skip_serializing_if = "is_false")]
    pub would_be_held: bool,
}
