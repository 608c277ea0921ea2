//! One user management rule as the evaluation sees it (B014).

use serde::{Deserialize, Serialize};

/// How a rule names its identity provider group (reading 10).
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum GroupSelector {
    /// By name, case-insensitively and live: a group renamed away stops matching.
    DisplayName(String),
    /// By the provider's id; survives renames.
    ExternalId(String),
    /// By this endpoint's id; survives renames.
    Id(String),
}

/// The form in which group names are compared: equal for names that differ only in case (reading 10).
pub fn fold(name: &str) -> String {
    if name.is_ascii() {
        return name.to_ascii_lowercase();
    }
    name.chars().flat_map(char::to_lowercase).collect()
}

/// A rule in force: members of the group get `role` and the application groups in each of `tenants`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Rule {
    /// The resource's name; unique in a directory.
    pub name: String,
    /// The identity provider group the rule looks at.
    pub group: GroupSelector,
    /// One of the directory's roles.
    pub role: String,
    /// Where the access holds; never empty (the directory's home tenant is filled in before).
    pub tenants: Vec<String>,
    /// Application groups that members join in each of `tenants`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub application_groups: Vec<String>,
    /// A disabled rule is ignored by the evaluation (B088).
    pub enabled: bool,
}
