//! RuleSync: one run of the rules over people who are already there; like a Job (B056–B066).

use super::condition::{Condition, conditions_schema};
use super::crd::undescribed;
use super::{DirectoryRef, cel};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What to run. The whole spec is immutable: to run again, make another RuleSync, or this one anew with another
/// `nonce`.
#[derive(CustomResource, KubeSchema, Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[kube(
    group = "scim-operator.dev",
    version = "v1alpha1",
    kind = "RuleSync",
    plural = "rulesyncs",
    category = "scim",
    namespaced,
    cel,
    derive = "PartialEq",
    status = "RuleSyncStatus",
    selectable = ".spec.directoryRef.name",
    doc = "One run of the rules over people who are already there, like a Job. It asks the identity provider for \
        nothing and changes no user or group, only access (B056).",
    validation = cel::name(80),
    printcolumn(name = "Phase", type_ = "string", json_path = ".status.phase", description = "Where the run stands."),
    printcolumn(name = "Directory", type_ = "string", json_path = ".spec.directoryRef.name",
        description = "Whose people it evaluates."),
    printcolumn(name = "Processed", type_ = "integer", json_path = ".status.progress.processed",
        description = "Users evaluated so far."),
    printcolumn(name = "Total", type_ = "integer", json_path = ".status.progress.total",
        description = "Users to evaluate."),
    printcolumn(name = "Changed", type_ = "integer", json_path = ".status.result.usersChanged",
        description = "Users whose access changed, or would have."),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp",
        description = "Time since the run was asked for."),
    printcolumn(name = "Ready", type_ = "string", json_path = r#".status.conditions[?(@.type=="Ready")].status"#,
        description = "Whether the run has ended well.", priority = 1),
    printcolumn(name = "Reason", type_ = "string", json_path = r#".status.conditions[?(@.type=="Ready")].reason"#,
        description = "Why it is ready or not.", priority = 1)
)]
#[x_kube(validation = cel::immutable("spec", "make another RuleSync, or delete this one and make it with a new \
    nonce"))]
#[serde(rename_all = "camelCase")]
pub struct RuleSyncSpec {
    /// The ScimDirectory whose people are evaluated, in the same namespace. Required.
    pub directory_ref: DirectoryRef,
    /// Whom to evaluate. Required: exactly one of `rules` and `all`.
    #[x_kube(validation = cel::one_sync_scope())]
    pub scope: SyncScope,
    /// `true`: only says what the run would do: `status.result`, `status.usersLosing`, `status.wouldBeHeld`, and person
    /// by person at the access API (`status.reportRef`). Nobody's access changes. Default: `false`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dry_run: Option<bool>,
    /// Confirms a change, or a run, that was held since it takes too much (C003). Default: the directory's `spec.guard`
    /// decides.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allow_revocations: Option<AllowRevocations>,
    /// Any text of at most 64 characters. A RuleSync made again with the name, spec and nonce of one that ran does
    /// not run again (`AlreadyRun`); a new value makes it run. Default: empty.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub nonce: Option<String>,
}

impl RuleSyncSpec {
    /// Whether the run only says what it would do.
    pub fn dry_run(&self) -> bool {
        self.dry_run.unwrap_or(false)
    }

    /// The effective nonce: empty when left out.
    pub fn nonce(&self) -> &str {
        self.nonce.as_deref().unwrap_or_default()
    }
}

/// What a person has confirmed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AllowRevocations {
    /// How many people may lose something at most, 0 to 100000000: the number that a held run or a dry run tells. Were
    /// it more when the run begins, it is held again. Required.
    #[schemars(range(min = 0, max = 100_000_000))]
    pub up_to: i64,
}

/// Whom a run evaluates; exactly one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum SyncScope {
    /// The people that these UserManagementRules affect, 1 to 256 names: members of their groups and whoever holds
    /// something from them. All rules are applied to those people (B059, B060). A deleted rule may be named (B061).
    Rules(
        #[schemars(
            length(min = 1, max = 256),
            inner(length(min = 1, max = 63), regex(pattern = r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$")),
            extend("x-kubernetes-list-type" = "set")
        )]
        Vec<String>,
    ),
    /// Everyone (B062). Write it as `all: {}`. May take long in a large directory.
    All {},
}

/// How the run stands.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RuleSyncStatus {
    /// The `metadata.generation` this status speaks about; -1 until the operator has looked.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = -1))]
    pub observed_generation: Option<i64>,
    /// `Ready` (the run ended well), `Reconciling` and `Stalled` (only while they hold), `Accepted`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(schema_with = "conditions_schema")]
    pub conditions: Vec<Condition>,
    /// Where the run stands: `Pending` (runs of a directory go one at a time, oldest first), `Running`, `Held` (it
    /// would take too much, and nothing was written), `Succeeded` or `Failed`; the last three are final.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phase: Option<Phase>,
    /// When the run began (RFC 3339, UTC).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started_at: Option<Time>,
    /// When it ended (RFC 3339, UTC).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub completed_at: Option<Time>,
    /// How far it is (B063).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub progress: Option<Progress>,
    /// What it did so far; of a dry run and of one that is held, what it would have done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result: Option<RunResult>,
    /// How many people lose something by it: what `spec.guard` of the directory and `spec.allowRevocations` are
    /// compared with. Known before the run begins.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0))]
    pub users_losing: Option<i64>,
    /// Of a dry run that has ended: whether a run of this would be held.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub would_be_held: Option<bool>,
    /// Where the access API of the directory says who was changed, or would have been: a path, such as
    /// `/access/v1/syncs/everyone/changes`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 128))]
    pub report_ref: Option<String>,
    /// The last value of the annotation `scim-operator.dev/reconcile-requested-at` that was acted upon.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256))]
    pub last_handled_reconcile_at: Option<String>,
}

/// Where a run stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[schemars(transform = undescribed)]
pub enum Phase {
    /// Waiting for earlier runs of the directory.
    #[default]
    Pending,
    /// Evaluating.
    Running,
    /// It would take too much, and has written nothing; final.
    Held,
    /// Done; final.
    Succeeded,
    /// Given up; final.
    Failed,
}

impl Phase {
    /// Whether the phase can no longer change.
    pub fn is_final(self) -> bool {
        matches!(self, Self::Held | Self::Succeeded | Self::Failed)
    }
}

/// How far a run is, in users.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Progress {
    /// Users evaluated so far.
    #[schemars(range(min = 0))]
    pub processed: i64,
    /// Users to evaluate.
    #[schemars(range(min = 0))]
    pub total: i64,
}

/// What a run did, each a number of users.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RunResult {
    /// Users the rules were applied to.
    #[schemars(range(min = 0))]
    pub users_evaluated: i64,
    /// Of those, users whose access changed.
    #[schemars(range(min = 0))]
    pub users_changed: i64,
    /// Users who gained a tenant or an application group.
    #[schemars(range(min = 0))]
    pub granted: i64,
    /// Users who lost a tenant or an application group.
    #[schemars(range(min = 0))]
    pub revoked: i64,
    /// Users whose role rose in a tenant they keep.
    #[schemars(range(min = 0))]
    pub promoted: i64,
    /// Users whose role fell in a tenant they keep.
    #[schemars(range(min = 0))]
    pub demoted: i64,
}
