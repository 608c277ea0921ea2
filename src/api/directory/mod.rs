//! ScimDirectory: one identity source, its SCIM base URL, its keys and its endpoint workload (B002, B027–B029, B078,
//! B079).

mod endpoint;
mod limits;
mod provisioning;
mod sso;
mod status;
mod storage;

pub use endpoint::{Endpoint, Expose, ServiceExposure, ServiceType};
pub use limits::{Audit, DEFAULT_MAX_REVOKED_PERCENT, DEFAULT_MAX_REVOKED_USERS, Guard};
pub use provisioning::{
    AttributeDefinition, AttributeType, DEFAULT_REQUIRED_ATTRIBUTES, Dialect, MaxBodyBytes, Mutability, NotUnique,
    OnUserDelete, PartType, Provisioning, REQUIRABLE_ATTRIBUTES, ResourceTypeDefinition, Returned, SchemaDefinition,
    SchemaExtension, SubAttributeDefinition, Uniqueness,
};
pub use sso::{AutoOnboarding, DEFAULT_SCOPES, Oidc, Sso, Subject, SubjectAttribute};
pub use status::{EndpointStatus, ProvisioningStatus, RulesStatus, ScimDirectoryStatus, UsersStatus};
pub use storage::{DEFAULT_STORAGE_SIZE, PostgresStorage, SqliteStorage, Storage};

use super::cel;
use super::crd::undescribed;
use super::duration::{self, DurationError};
use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How long a token works when its spec does not say: one year (B125).
pub const DEFAULT_VALIDITY: &str = "8760h";

/// What a directory is: its tenant, its roles, how provisioning behaves, and the endpoint that the identity provider
/// calls.
#[derive(CustomResource, KubeSchema, Debug, Clone, PartialEq, Serialize, Deserialize)]
#[kube(
    group = "scim-operator.dev",
    version = "v1alpha1",
    kind = "ScimDirectory",
    plural = "scimdirectories",
    shortname = "sdir",
    category = "scim",
    namespaced,
    cel,
    derive = "PartialEq",
    status = "ScimDirectoryStatus",
    doc = "One identity source: a SCIM 2.0 base URL with its keys, rules and endpoint. Creating it gives \
        `status.baseUrl` and a Secret with the API key, the two values to enter at the identity provider.",
    validation = cel::directory_name(),
    printcolumn(name = "Ready", type_ = "string", json_path = r#".status.conditions[?(@.type=="Ready")].status"#,
        description = "Whether the directory serves its identity provider with the configuration written here."),
    printcolumn(name = "Reason", type_ = "string", json_path = r#".status.conditions[?(@.type=="Ready")].reason"#,
        description = "Why it is ready or not."),
    printcolumn(name = "Tenant", type_ = "string", json_path = ".spec.tenant", description = "The home tenant."),
    printcolumn(name = "Users", type_ = "integer", json_path = ".status.users.total",
        description = "Users the provider has sent."),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp",
        description = "Time since the directory was made."),
    printcolumn(name = "Base URL", type_ = "string", json_path = ".status.baseUrl",
        description = "What to enter at the identity provider.", priority = 1),
    printcolumn(name = "Managed", type_ = "integer", json_path = ".status.users.managed",
        description = "Users that a rule gives access.", priority = 1),
    printcolumn(name = "Display name", type_ = "string", json_path = ".spec.displayName",
        description = "The directory's name for people.", priority = 1)
)]
#[x_kube(
    validation = cel::sso_is_chosen(),
    validation = cel::onboarding_needs_sign_in(),
    validation = cel::storage_choice_is_immutable(),
    validation = cel::storage_size_only_grows(),
    validation = cel::storage_class_is_immutable(),
    validation = cel::storage_schema_is_immutable()
)]
#[serde(rename_all = "camelCase")]
pub struct ScimDirectorySpec {
    /// The directory's name for people, 1 to 128 characters. Required (B027). Example: `Contoso staff`.
    #[schemars(length(min = 1, max = 128), regex(pattern = r"^\S(.*\S)?$"))]
    pub display_name: String,

    /// The tenant where SCIM is configured; rules that name no tenant give access here (B078). Required, immutable.
    /// Example: `main`.
    #[schemars(length(min = 1, max = 63), regex(pattern = r"^[A-Za-z0-9]([-A-Za-z0-9._]*[A-Za-z0-9])?$"))]
    #[x_kube(validation = cel::immutable("spec.tenant", "write the old value, or make a new directory"))]
    pub tenant: String,

    /// How people sign in. Required choice (B002): write `oidc` with issuer, clientId and subject when they sign
    /// in here, `none: {}` when they sign in elsewhere. Exactly one choice.
    #[schemars(with = "Option<Sso>")]
    pub sso: Sso,

    /// What becomes of people who sign in and hold nothing. Default: they are refused, and nobody gets an account by
    /// signing in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auto_onboarding: Option<AutoOnboarding>,

    /// The roles that rules may give, lowest first; of several the highest wins (B015). Default: `Participant`,
    /// `Designer`, `Developer`, `Automation Admin`, `Global Admin`. At most 32, all different, each 1 to 64
    /// characters. A role that a rule uses cannot be removed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 32), inner(length(min = 1, max = 64), regex(pattern = r"^\S(.*\S)?$")))]
    #[x_kube(merge_strategy = ListMerge::Atomic, validation = cel::roles_differ())]
    pub roles: Option<Vec<String>>,

    /// The five rules that are made once with the directory (B072). Default: all five.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_rules: Option<DefaultRules>,

    /// Who brings a changed rule to people who are already there. Default: `Automatic`. `Manual`: only a RuleSync
    /// that a person makes (B065).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sync_policy: Option<SyncPolicy>,

    /// How much access one change of rules or roles may take from people before a person has to confirm it (C003).
    /// Default: 50 users, 20 percent. What goes beyond is held: nothing is taken, and the condition `RevocationHeld`
    /// says which RuleSync confirms it. What the identity provider asks for is never held.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub guard: Option<Guard>,

    /// For how long the records of what was done are kept. Default: for good.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audit: Option<Audit>,

    /// `true`: the operator leaves this object, its rules, syncs and tokens alone until it is `false` again; the
    /// endpoint goes on serving. Default: `false`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suspend: Option<bool>,

    /// How the door for the identity provider behaves. Default: open, and tolerant of every provider's habits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provisioning: Option<Provisioning>,

    /// The API key that is made with the directory (B029). Read only when a key is made: a later change concerns the
    /// next key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access_token: Option<AccessToken>,

    /// What happens to the stored users, groups and grants when this object is deleted. Default and only choice:
    /// `Retain` (they stay for a directory of the same name and tenant).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deletion_policy: Option<DeletionPolicy>,

    /// The workload that serves the identity provider: where it is reached and where it keeps its data.
    /// Default: one pod, a volume of 1Gi, a Service inside the cluster.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<Endpoint>,
}

/// Which of the default rules are made.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct DefaultRules {
    /// `false`: none is made. Default: `true`. Rules already made stay; delete them like any other.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    /// Default rules not to make, by the ending of their name: `participants`, `designers`, `developers`,
    /// `automation-admins`, `administrators`. Default: none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 5))]
    #[x_kube(merge_strategy = ListMerge::Set)]
    pub exclude: Vec<DefaultRule>,
}

/// One of the five default rules, by the ending of its name (B073–B077).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[schemars(transform = undescribed)]
#[serde(rename_all = "kebab-case")]
pub enum DefaultRule {
    /// `Nintex Participants` → `Participant`.
    Participants,
    /// `Nintex Designers` → `Designer`.
    Designers,
    /// `Nintex Developers` → `Developer`.
    Developers,
    /// `Nintex Automation Admins` → `Automation Admin`.
    AutomationAdmins,
    /// `Nintex Administrators` → `Global Admin`.
    Administrators,
}

/// Who brings a changed rule to people who are already there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[schemars(transform = undescribed)]
pub enum SyncPolicy {
    /// The operator, by one partial RuleSync per settled batch of changes.
    #[default]
    Automatic,
    /// A person, by a RuleSync.
    Manual,
}

/// What happens to the stored data when the object is deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[schemars(transform = undescribed)]
pub enum DeletionPolicy {
    /// It stays.
    #[default]
    Retain,
}

/// The API key that is made with the directory.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct AccessToken {
    /// What the key is for, 1 to 256 characters. Default: `API key of <directory>`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 256))]
    pub description: Option<String>,
    /// How long the key works, as hours, minutes and seconds from 1s to 87600h. Default: `8760h`, one year (B125).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 2, max = 20), regex(pattern = duration::PATTERN))]
    #[x_kube(validation = cel::validity("spec.accessToken.validity"))]
    pub validity: Option<String>,
}

impl AccessToken {
    /// How long a key made now works.
    ///
    /// # Errors
    /// When the text is no duration; the API server lets none such in.
    pub fn validity(&self) -> Result<Duration, DurationError> {
        duration::parse(self.validity.as_deref().unwrap_or(DEFAULT_VALIDITY))
    }
}

impl DefaultRule {
    /// All five, lowest role first.
    pub const ALL: [Self; 5] =
        [Self::Participants, Self::Designers, Self::Developers, Self::AutomationAdmins, Self::Administrators];

    /// The ending of the rule's name, after `<directory>-`.
    pub fn suffix(self) -> &'static str {
        match self {
            Self::Participants => "participants",
            Self::Designers => "designers",
            Self::Developers => "developers",
            Self::AutomationAdmins => "automation-admins",
            Self::Administrators => "administrators",
        }
    }
}

impl DefaultRules {
    /// Which rules to make, lowest role first.
    pub fn wanted(&self) -> Vec<DefaultRule> {
        let enabled = self.enabled.unwrap_or(true);
        DefaultRule::ALL.into_iter().filter(|rule| enabled && !self.exclude.contains(rule)).collect()
    }
}

impl ScimDirectorySpec {
    /// The effective settings of onboarding.
    pub fn auto_onboarding(&self) -> AutoOnboarding {
        self.auto_onboarding.clone().unwrap_or_default()
    }

    /// The effective default rules.
    pub fn default_rules(&self) -> DefaultRules {
        self.default_rules.clone().unwrap_or_default()
    }

    /// The effective sync policy: `Automatic` when left out.
    pub fn sync_policy(&self) -> SyncPolicy {
        self.sync_policy.unwrap_or_default()
    }

    /// The effective guard.
    pub fn guard(&self) -> Guard {
        self.guard.unwrap_or_default()
    }

    /// The effective retention of records.
    pub fn audit(&self) -> Audit {
        self.audit.clone().unwrap_or_default()
    }

    /// Whether the operator leaves the object alone.
    pub fn suspended(&self) -> bool {
        self.suspend.unwrap_or(false)
    }

    /// The effective provisioning settings.
    pub fn provisioning(&self) -> Provisioning {
        self.provisioning.clone().unwrap_or_default()
    }

    /// The effective settings of the key made with the directory.
    pub fn access_token(&self) -> AccessToken {
        self.access_token.clone().unwrap_or_default()
    }

    /// The effective deletion policy.
    pub fn deletion_policy(&self) -> DeletionPolicy {
        self.deletion_policy.unwrap_or_default()
    }

    /// The effective endpoint settings.
    pub fn endpoint(&self) -> Endpoint {
        self.endpoint.clone().unwrap_or_default()
    }
}
