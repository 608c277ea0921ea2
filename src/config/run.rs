//! A rule run on the wire: RuleSync between operator, endpoint and access API (B056–B066).

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Whom a run evaluates.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
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
}

/// Where a run stands. `Succeeded` and `Failed` are final.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Phase {
    /// Waiting for earlier runs of the directory.
    Pending,
    /// Evaluating.
    Running,
    /// Done.
    Succeeded,
    /// Given up; `message` says why.
    Failed,
}

impl Phase {
    /// Whether the phase can no longer change.
    pub fn is_final(self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed)
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
    /// Where it stands.
    pub phase: Phase,
    /// `AlreadyRun` when an equal spec of this name ran before; otherwise absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// For people: what went wrong, or what was found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// When the endpoint took it.
    pub created_at: Timestamp,
    /// When it began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_at: Option<Timestamp>,
    /// When it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub completed_at: Option<Timestamp>,
    /// How far it is.
    pub progress: Progress,
    /// What it did so far.
    pub result: RunResult,
}
