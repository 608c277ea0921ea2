//! `status` of a ScimDirectory. Conditions follow at once; figures that traffic moves are written at most every five
//! minutes.

use crate::api::SecretRef;
use crate::api::condition::{Condition, conditions_schema};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What the operator and the endpoint report. Conditions follow at once; figures that traffic moves are at most five
/// minutes old.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ScimDirectoryStatus {
    /// The `metadata.generation` this status speaks about; -1 until the operator has looked.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = -1))]
    pub observed_generation: Option<i64>,
    /// `Ready`, `Reconciling` and `Stalled` (the last two only while they hold), `Accepted`, `EndpointAvailable`,
    /// `ConfigPublished`, and, never touching Ready, `IdPConnected`, `TokenExpiringSoon` and `RevocationHeld` (the last
    /// two only while they hold).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(schema_with = "conditions_schema")]
    pub conditions: Vec<Condition>,
    /// The SCIM base URL to enter at the identity provider, ending in `/scim/v2` (B028).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 512))]
    pub base_url: Option<String>,
    /// The Secret with the API key to enter at the identity provider (B029): its key `apiKey`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub api_key_secret_ref: Option<SecretRef>,
    /// The identity of the store this directory works on, so that a lost volume is not taken for an empty
    /// organisation (C009).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub store_id: Option<String>,
    /// The configuration revision in force at the endpoint; counts up from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0))]
    pub config_revision: Option<i64>,
    /// How many users the store holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub users: Option<UsersStatus>,
    /// How many groups the store holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0))]
    pub groups: Option<i64>,
    /// How many rules name this directory.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rules: Option<RulesStatus>,
    /// What the identity provider did since the store was made (B111).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provisioning: Option<ProvisioningStatus>,
    /// The pods of the endpoint.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<EndpointStatus>,
    /// The last value of the annotation `scim-operator.dev/reconcile-requested-at` that was acted upon.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256))]
    pub last_handled_reconcile_at: Option<String>,
}

/// Numbers of users.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UsersStatus {
    /// All users, active or not.
    #[schemars(range(min = 0))]
    pub total: i64,
    /// Users with `active` true.
    #[schemars(range(min = 0))]
    pub active: i64,
    /// Users that at least one rule gives access (B070).
    #[schemars(range(min = 0))]
    pub managed: i64,
}

/// Numbers of rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RulesStatus {
    /// All rules that name the directory.
    #[schemars(range(min = 0))]
    pub total: i32,
    /// Of those, rules with `enabled` true.
    #[schemars(range(min = 0))]
    pub enabled: i32,
    /// Rules that have reached everybody they affect.
    #[schemars(range(min = 0))]
    pub in_sync: i32,
    /// Rules that have not (B065); a RuleSync brings them there.
    #[schemars(range(min = 0))]
    pub out_of_sync: i32,
}

/// What the identity provider did, as numbers of users since the store was made.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProvisioningStatus {
    /// Users created.
    #[schemars(range(min = 0))]
    pub created: i64,
    /// Users changed.
    #[schemars(range(min = 0))]
    pub updated: i64,
    /// Users that became inactive.
    #[schemars(range(min = 0))]
    pub disabled: i64,
    /// Users deleted.
    #[schemars(range(min = 0))]
    pub deleted: i64,
    /// Requests refused.
    #[schemars(range(min = 0))]
    pub failed: i64,
    /// The provider's last authorised request (RFC 3339, UTC); absent before the first (B089).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_request_time: Option<Time>,
}

/// The pods of the endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct EndpointStatus {
    /// Pods that should serve.
    #[schemars(range(min = 0))]
    pub replicas: i32,
    /// Pods that serve.
    #[schemars(range(min = 0))]
    pub ready_replicas: i32,
}
