//! The access view: what the access API, the console and the CLI show of one person (`/access/v1/users/{…}`).

use serde::{Deserialize, Serialize};

/// Where a grant comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Source {
    /// User management rules.
    Rules,
    /// An administrator's manual grant.
    Manual,
    /// Auto-onboarding at sign-in.
    Onboarding,
}

/// What a person may do in one tenant, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TenantAccess {
    /// The tenant.
    pub tenant: String,
    /// The highest role of the rules that match (B015).
    pub role: String,
    /// The union of the matching rules' application groups, sorted, each once (B016).
    pub application_groups: Vec<String>,
    /// The names of the rules that gave it, sorted (B017).
    pub rules: Vec<String>,
    /// What kind of grant it is.
    pub source: Source,
}

/// Whether rules manage the holder of these grants: exactly when a rule gave one of them (B070, B071).
pub fn managed(grants: &[TenantAccess]) -> bool {
    grants.iter().any(|grant| !grant.rules.is_empty())
}

/// One person's access as answered to an application.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AccessView {
    /// The SCIM id.
    pub id: String,
    /// The SCIM userName, as the provider sent it.
    pub user_name: String,
    /// What the provider last said (SCIM `active`).
    pub active: bool,
    /// Whether the account may be used here (reading 8).
    pub account_enabled: bool,
    /// Whether at least one rule matches (B070, B071).
    pub managed: bool,
    /// A flag beside the roles that rules never change (reading 1).
    pub organization_admin: bool,
    /// Effective access: empty unless the account may be used (B055).
    pub tenants: Vec<TenantAccess>,
    /// What comes back on reactivation (B051).
    pub stored_grants: Vec<TenantAccess>,
    /// When the rules were last applied to this person, RFC 3339 UTC.
    pub last_evaluated: Option<jiff::Timestamp>,
    /// The primary e-mail address, or the first (B011).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
}
