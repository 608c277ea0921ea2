//! What an endpoint enforces, and the wire types by which the operator hands it over. Pure.
//!
//! [`Document`] is the whole configuration of one directory; its [`Document::content_hash`] names its content.
//! `admin` holds the bodies of `/admin/v1` (port 8443, mutual TLS, operator only).

mod admin;
mod document;
mod run;

pub use admin::{LastSync, ProvisioningCounts, Publication, Published, RuleState, State, TokenUse, UserCounts};
pub use document::{
    BodyBytes, Dialect, DirectoryId, Document, OnUserDelete, Profile, RuleEntry, Scope, SyncPolicy, Verifier,
};
pub use run::{Phase, Progress, RunRequest, RunResult, RunScope, RunStatus};
