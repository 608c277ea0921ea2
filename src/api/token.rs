//! ScimAccessToken: one bearer credential of a directory (B114–B128). The value is in a Secret, never here.

use super::condition::{Condition, conditions_schema};
use super::crd::undescribed;
use super::directory::DEFAULT_VALIDITY;
use super::duration::{self, DurationError};
use super::{DirectoryRef, SecretRef, cel};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// What to do instead of changing an immutable field.
const ANEW: &str = "delete the token, which revokes it, and make a new one";

/// What the token is for. All but `description` is immutable: to change it, delete the token (which revokes it) and
/// make a new one.
#[derive(CustomResource, KubeSchema, Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[kube(
    group = "scim-operator.dev",
    version = "v1alpha1",
    kind = "ScimAccessToken",
    plural = "scimaccesstokens",
    shortname = "stoken",
    category = "scim",
    namespaced,
    cel,
    derive = "PartialEq",
    status = "ScimAccessTokenStatus",
    selectable = ".spec.directoryRef.name",
    doc = "One bearer credential of a directory. Its value is in the Secret `status.secretRef`, once; the endpoint \
        keeps a hash. Deleting this object revokes the token for good (B128).",
    validation = cel::name(63),
    // Dates that lie ahead are shown as text: the type `date` prints an age, and `<invalid>` for the future.
    printcolumn(name = "Scope", type_ = "string", json_path = ".spec.scope",
        description = "What the token may call."),
    printcolumn(name = "Issued to", type_ = "string", json_path = ".spec.issuedTo", description = "Who holds it."),
    printcolumn(name = "State", type_ = "string", json_path = ".status.state", description = "Whether it works."),
    printcolumn(name = "Expires", type_ = "string", json_path = ".status.expiresAt",
        description = "From when on it no longer works."),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp",
        description = "Time since it was asked for."),
    printcolumn(name = "Description", type_ = "string", json_path = ".spec.description",
        description = "What it is for.", priority = 1),
    printcolumn(name = "Issued", type_ = "string", json_path = ".status.issuedAt",
        description = "When its value was made.", priority = 1),
    printcolumn(name = "Last used", type_ = "date", json_path = ".status.lastUsedAt",
        description = "Time since its last authorised request.", priority = 1),
    printcolumn(name = "Directory", type_ = "string", json_path = ".spec.directoryRef.name",
        description = "The ScimDirectory it belongs to.", priority = 1),
    printcolumn(name = "Ready", type_ = "string", json_path = r#".status.conditions[?(@.type=="Ready")].status"#,
        description = "Whether the token is accepted and in force.", priority = 1),
    printcolumn(name = "Reason", type_ = "string", json_path = r#".status.conditions[?(@.type=="Ready")].reason"#,
        description = "Why it is ready or not.", priority = 1)
)]
#[x_kube(
    validation = cel::immutable_option("spec", "validity", ANEW),
    validation = cel::immutable_option("spec", "secretName", ANEW)
)]
#[serde(rename_all = "camelCase")]
pub struct ScimAccessTokenSpec {
    /// The ScimDirectory the token belongs to, in the same namespace; it works for no other (B116). Required,
    /// immutable.
    #[x_kube(validation = cel::immutable("spec.directoryRef", ANEW))]
    pub directory_ref: DirectoryRef,
    /// What the token is for, 1 to 256 characters. Required (B121). Example: `Entra ID provisioning`.
    #[schemars(length(min = 1, max = 256), regex(pattern = r"^\S(.*\S)?$"))]
    pub description: String,
    /// What the token may call: `Scim` (`/scim/v2`), `Access` (reading `/access/v1`) or `Admin` (all of
    /// `/access/v1`). Required, immutable (B122).
    #[x_kube(validation = cel::immutable("spec.scope", ANEW))]
    pub scope: TokenScope,
    /// Who holds it, 1 to 128 characters. A directory has one active token per holder (B117); two holders overlap for
    /// a rotation (B126). Required, immutable. Example: `entra`.
    #[schemars(length(min = 1, max = 128), regex(pattern = r"^\S(.*\S)?$"))]
    #[x_kube(validation = cel::immutable("spec.issuedTo", ANEW))]
    pub issued_to: String,
    /// How long it works, as hours, minutes and seconds from 1s to 87600h. Default: `8760h`, one year (B125).
    /// Immutable.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 2, max = 20), regex(pattern = duration::PATTERN))]
    #[x_kube(validation = cel::validity("spec.validity"))]
    pub validity: Option<String>,
    /// The Secret that gets the value, under the key `apiKey`. Default: `<name>-scim-api-key`. Immutable.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 253), regex(pattern = r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$"))]
    pub secret_name: Option<String>,
}

impl ScimAccessTokenSpec {
    /// How long the token works from its issue on.
    ///
    /// # Errors
    /// When the text is no duration; the API server lets none such in.
    pub fn validity(&self) -> Result<Duration, DurationError> {
        duration::parse(self.validity.as_deref().unwrap_or(DEFAULT_VALIDITY))
    }

    /// The effective name of the Secret, for a token of this name.
    pub fn secret_name(&self, token: &str) -> String {
        self.secret_name.clone().unwrap_or_else(|| format!("{token}-scim-api-key"))
    }
}

/// What a token may call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[schemars(transform = undescribed)]
pub enum TokenScope {
    /// `/scim/v2` only.
    Scim,
    /// Reading `/access/v1`.
    Access,
    /// All of `/access/v1`.
    Admin,
}

/// How the token stands. Its value is never here.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ScimAccessTokenStatus {
    /// The `metadata.generation` this status speaks about; -1 until the operator has looked.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = -1))]
    pub observed_generation: Option<i64>,
    /// `Ready` (accepted and in force), `Reconciling` and `Stalled` (only while they hold), `Accepted`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(schema_with = "conditions_schema")]
    pub conditions: Vec<Condition>,
    /// The public part of the value, 16 of `[a-z0-9]`; alone it opens nothing (B124).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub token_id: Option<String>,
    /// When the value was made (RFC 3339, UTC).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issued_at: Option<Time>,
    /// The first instant at which the token no longer works (RFC 3339, UTC).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Time>,
    /// Its last authorised request (RFC 3339, UTC), at most five minutes late; absent before the first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_used_at: Option<Time>,
    /// Whether it works: `Active`, `Expired` or `Revoked`; absent until it was issued.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<TokenState>,
    /// The Secret with the value, under the key `apiKey`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret_ref: Option<SecretRef>,
    /// The last value of the annotation `scim-operator.dev/reconcile-requested-at` that was acted upon.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256))]
    pub last_handled_reconcile_at: Option<String>,
}

/// Whether a token works.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(transform = undescribed)]
pub enum TokenState {
    /// It works.
    Active,
    /// Its time is over.
    Expired,
    /// It was revoked at the endpoint; there is no way back.
    Revoked,
}
