//! UserManagementRule: an identity provider group gives a role, tenants and application groups (B014, B067–B088).

use super::condition::{Condition, conditions_schema};
use super::{DirectoryRef, cel};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What members of a group get. Of several rules the highest role wins, tenant by tenant, and application groups add
/// up (B015, B016).
#[derive(CustomResource, KubeSchema, Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[kube(
    group = "scim-operator.dev",
    version = "v1alpha1",
    kind = "UserManagementRule",
    plural = "usermanagementrules",
    shortname = "umr",
    category = "scim",
    namespaced,
    cel,
    derive = "PartialEq",
    status = "UserManagementRuleStatus",
    selectable = ".spec.directoryRef.name",
    doc = "Members of an identity provider group get a role, access to tenants and application groups. Deleting \
        the rule, or `enabled: false`, takes away what it gave.",
    validation = cel::name(63),
    printcolumn(name = "Ready", type_ = "string", json_path = r#".status.conditions[?(@.type=="Ready")].status"#,
        description = "Whether the rule is accepted and in force for messages of the provider."),
    printcolumn(name = "Group", type_ = "string", json_path = ".spec.idpGroup.*",
        description = "The identity provider group, as the rule names it."),
    printcolumn(name = "Role", type_ = "string", json_path = ".spec.role",
        description = "The role that members get."),
    printcolumn(name = "Tenants", type_ = "string", json_path = ".spec.tenants",
        description = "Where they get it; empty: the directory's tenant."),
    printcolumn(name = "In sync", type_ = "string", json_path = r#".status.conditions[?(@.type=="InSync")].status"#,
        description = "Whether the rule has reached everybody it affects."),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp",
        description = "Time since the rule was made."),
    printcolumn(name = "Reason", type_ = "string", json_path = r#".status.conditions[?(@.type=="Ready")].reason"#,
        description = "Why it is ready or not.", priority = 1),
    printcolumn(name = "Directory", type_ = "string", json_path = ".spec.directoryRef.name",
        description = "The ScimDirectory it belongs to.", priority = 1)
)]
#[serde(rename_all = "camelCase")]
pub struct UserManagementRuleSpec {
    /// The ScimDirectory the rule belongs to, in the same namespace. Required, immutable.
    #[x_kube(validation = cel::immutable("spec.directoryRef", "write the old value, or make a new rule"))]
    pub directory_ref: DirectoryRef,
    /// The identity provider group whose members get the access. Required: exactly one of `displayName`,
    /// `externalId`, `id`. It may be sent later: the rule is inert until then (`GroupNotProvisioned`) and heals by
    /// itself (B039).
    #[x_kube(validation = cel::one_group_selector())]
    pub idp_group: IdpGroup,
    /// The role that members get: one of the directory's roles, exactly as written there. Required. Example:
    /// `Designer`.
    #[schemars(length(min = 1, max = 64), regex(pattern = r"^\S(.*\S)?$"))]
    pub role: String,
    /// The tenants where they get it, at most 64. Default: the directory's tenant (B078, B081). Example: `[hr]`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(
        length(max = 64),
        inner(length(min = 1, max = 63), regex(pattern = r"^[A-Za-z0-9]([-A-Za-z0-9._]*[A-Za-z0-9])?$"))
    )]
    #[x_kube(merge_strategy = ListMerge::Set)]
    pub tenants: Vec<String>,
    /// Application (Nintex Workflow) groups that members join in each of the tenants, at most 64 of 1 to 128
    /// characters. Default: none. Example: `[HR Reviewers]`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 64), inner(length(min = 1, max = 128), regex(pattern = r"^\S(.*\S)?$")))]
    #[x_kube(merge_strategy = ListMerge::Set)]
    pub application_groups: Vec<String>,
    /// `false`: the rule gives nothing, as if it were deleted (B088). Default: `true`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
}

impl UserManagementRuleSpec {
    /// Whether the rule gives anything.
    pub fn enabled(&self) -> bool {
        self.enabled.unwrap_or(true)
    }
}

/// How a rule names its group (reading 10); exactly one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum IdpGroup {
    /// The group's name, whatever its case, 1 to 256 characters. Live: a group renamed away stops matching. Example:
    /// `HR-Designers`.
    DisplayName(#[schemars(length(min = 1, max = 256))] String),
    /// The provider's own id of the group, 1 to 256 characters; survives renames, so prefer it for powerful roles.
    ExternalId(#[schemars(length(min = 1, max = 256))] String),
    /// This endpoint's id of the group, as `GET /Groups` answers it; survives renames.
    Id(#[schemars(length(min = 1, max = 64))] String),
}

/// How the rule stands.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UserManagementRuleStatus {
    /// The `metadata.generation` this status speaks about; -1 until the operator has looked.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = -1))]
    pub observed_generation: Option<i64>,
    /// `Ready` (accepted and published), `Reconciling` and `Stalled` (only while they hold), `Accepted`,
    /// `IdpGroupResolved`, `InSync`. A rule that stops being accepted keeps its last accepted content in force; so does
    /// one whose change takes too much (`RevocationHeld`).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(schema_with = "conditions_schema")]
    pub conditions: Vec<Condition>,
    /// The hash of the content in force: `sha256:` and 64 hexadecimal digits.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 128))]
    pub rule_hash: Option<String>,
    /// The endpoint's id of the group that the rule names; absent until the provider has sent it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub idp_group_id: Option<String>,
    /// The last run that covered the rule.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_sync: Option<LastSync>,
    /// The last value of the annotation `scim-operator.dev/reconcile-requested-at` that was acted upon.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256))]
    pub last_handled_reconcile_at: Option<String>,
}

/// The last run that covered a rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LastSync {
    /// The run's name.
    #[schemars(length(max = 253))]
    pub name: String,
    /// When it ended (RFC 3339, UTC).
    pub time: Time,
    /// How many users it changed, by all the rules it covered.
    #[schemars(range(min = 0))]
    pub users_changed: i64,
}
