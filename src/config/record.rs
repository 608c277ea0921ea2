//! Records on the wire: the audit trail, the change feed, failed events, manual grants (C004–C006, B083).

use crate::access::TenantAccess;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One record of the audit trail.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AuditRecord {
    /// Where it stands; text whose byte order is the order of the records.
    pub position: String,
    /// The record's id.
    pub id: String,
    /// Time, actor, operation and what it was about; names people by id only.
    #[serde(flatten)]
    pub head: Value,
    /// What it says of each person.
    pub people: Vec<AuditPerson>,
}

/// What a record says of one person.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AuditPerson {
    /// The person's id.
    pub user: String,
    /// userName, attributes and access before and after; absent once the person was erased.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub said: Option<Value>,
}

/// A page of the audit trail: `GET /access/v1/audit`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AuditPage {
    /// Oldest first.
    pub records: Vec<AuditRecord>,
    /// The position to go on from; absent on the last page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// What happened to people's access: `GET /access/v1/changes`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Changes {
    /// In the order in which they were committed.
    pub changes: Vec<AccessChange>,
    /// The position to go on from; always there.
    pub next: String,
}

/// One person's effective access changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AccessChange {
    /// Text whose byte order is commit order; URL-safe.
    pub position: String,
    /// When it was decided.
    pub time: Timestamp,
    /// Whose.
    pub user: ChangedUser,
    /// Effective access before; empty for a person who was erased since.
    pub before: Vec<TenantAccess>,
    /// Effective access from then on; empty for a person who was erased since.
    pub after: Vec<TenantAccess>,
    /// What made it so.
    pub cause: Cause,
}

/// Whose access changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ChangedUser {
    /// The person's id.
    pub id: String,
    /// The userName at that time; absent once the person was erased.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_name: Option<String>,
}

/// What made a change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Cause {
    /// `user.update`, `group.update`, `run`, …: the operation of the audit record at this position.
    pub operation: String,
    /// The request that asked for it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub request_id: String,
    /// The uid of the run that made it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<String>,
}

/// A SCIM message that could not be applied (C004).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FailedEvent {
    /// Names it: `POST /failed-events/{id}/retry`.
    pub id: String,
    /// When it failed last.
    pub time: Timestamp,
    /// `POST`, `PUT`, `PATCH` or `DELETE`.
    pub operation: String,
    /// The path behind the SCIM base: `/Users`, `/Groups/{id}`.
    pub resource: String,
    /// The userName it was about, where the message says one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_name: Option<String>,
    /// The displayName of the group it was about, where the message says one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// The HTTP status that was answered.
    pub status: u16,
    /// The `scimType` that was answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scim_type: Option<String>,
    /// The `detail` that was answered.
    pub detail: String,
    /// The `X-Request-Id` of the last attempt.
    pub request_id: String,
    /// How often it was tried.
    pub attempts: u32,
    /// Whether the message was kept whole, so that it can be tried again; one above 64 KiB is not.
    pub retryable: bool,
}

/// A page of failed events, newest first: `GET /access/v1/failed-events`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailedEvents {
    /// The page.
    pub events: Vec<FailedEvent>,
    /// The cursor of the next page; absent on the last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// `POST /access/v1/manual-grants`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ManualGrantRequest {
    /// Whom; somebody who is not known gets an account that is no SCIM resource (reading 24).
    pub user_name: String,
    /// Where.
    pub tenant: String,
    /// One of the directory's roles.
    pub role: String,
    /// Application groups to join.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub application_groups: Vec<String>,
}

/// A manual grant that was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ManualGrant {
    /// Names it: `DELETE /manual-grants/{id}`.
    pub id: String,
    /// The person's id.
    pub user: String,
    /// The person's userName.
    pub user_name: String,
    /// Where.
    pub tenant: String,
    /// What.
    pub role: String,
    /// Application groups.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub application_groups: Vec<String>,
}
