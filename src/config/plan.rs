//! A plan on the wire: what changed rules would give and take, before anything is written (C001, C003).

use super::RunResult;
use crate::access::{GroupSelector, TenantAccess};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// `POST /access/v1/plan`: rules put over the live ones by name. Nothing is written.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PlanRequest {
    /// New rules, and new content of live ones.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<PlannedRule>,
    /// Rules that go, by name; one that is not there is fine.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub remove: Vec<String>,
}

/// A rule as its manifest says it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlannedRule {
    /// `metadata.name`.
    pub name: String,
    /// `spec`.
    pub spec: PlannedSpec,
}

/// The spec of a UserManagementRule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PlannedSpec {
    /// As in the manifest; not looked at: a plan is asked of one directory.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub directory_ref: Option<serde_json::Value>,
    /// The identity provider group.
    pub idp_group: GroupSelector,
    /// One of the directory's roles.
    pub role: String,
    /// Default: the directory's tenant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenants: Option<Vec<String>>,
    /// Application groups to join.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub application_groups: Vec<String>,
    /// Default true.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
}

/// The answer to a plan, and what a dry run reports.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Plan {
    /// Numbers of people, as a run would report them.
    pub result: RunResult,
    /// People who would lose something: what the guard counts.
    pub users_losing: u64,
    /// Whether a run of this would be held.
    pub would_be_held: bool,
    /// Which limit would hold it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The same numbers for each tenant, by name.
    pub tenants: BTreeMap<String, TenantTally>,
    /// The people whose access would change, by id, as many as were asked for.
    pub users: Vec<UserChange>,
    /// How many more there are.
    #[serde(default)]
    pub more: u64,
}

/// How many people's access moves in one tenant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TenantTally {
    /// Gain the tenant, or an application group in it.
    pub granted: u64,
    /// Lose the tenant, or an application group in it.
    pub revoked: u64,
    /// Get a higher role.
    pub promoted: u64,
    /// Get a lower role.
    pub demoted: u64,
}

/// One person's access before and after.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UserChange {
    /// The SCIM id.
    pub id: String,
    /// The SCIM userName.
    pub user_name: String,
    /// Stored grants before.
    pub before: Vec<TenantAccess>,
    /// And after.
    pub after: Vec<TenantAccess>,
}

/// A page of who a run changed, or would change: `GET /access/v1/syncs/{name}/changes`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserChanges {
    /// By id.
    pub changes: Vec<UserChange>,
    /// The cursor of the next page; absent on the last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}
