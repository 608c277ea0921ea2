//! What an endpoint enforces, and the wire types by which the operator hands it over. Pure.
//!
//! [`Document`] is the whole configuration of one directory; its [`Document::content_hash`] names its content.
//! `admin` holds the bodies of `/admin/v1` (port 8443, mutual TLS, operator only).

mod admin;
mod document;
mod enforced;
mod plan;
mod record;
mod run;
mod sign_in;

pub use admin::{
    HeldChanges, LastSync, ProvisioningCounts, Publication, Published, RuleState, State, TokenUse, UserCounts,
};
pub use document::{
    AuditRetention, BodyBytes, Dialect, DirectoryId, Document, OnUserDelete, Profile, RuleEntry, Scope, SyncPolicy,
    Verifier, ladder_hash, rule_hash,
};
pub use enforced::{Enforced, Waiting};
pub use plan::{Plan, PlanRequest, PlannedRule, PlannedSpec, TenantTally, UserChange, UserChanges};
pub use record::{
    AccessChange, AuditPage, AuditPerson, AuditRecord, Cause, ChangedUser, Changes, FailedEvent, FailedEvents,
    ManualGrant, ManualGrantRequest,
};
pub use run::{AllowRevocations, Phase, Progress, RunRequest, RunResult, RunScope, RunStatus};
pub use sign_in::{SignIn, SignInState, SubjectAttribute, SubjectMapping};
