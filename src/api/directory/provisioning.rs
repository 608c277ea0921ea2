//! `spec.provisioning`: how the door for the identity provider behaves (C013, B091, reading 14).

use crate::api::crd::undescribed;
use kube::KubeSchema;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

/// What an active user must have when the directory does not say (B091).
pub const DEFAULT_REQUIRED_ATTRIBUTES: [&str; 3] = ["givenName", "familyName", "emails"];

/// What `requiredAttributes` may name; `userName` is always required and needs no mention.
pub const REQUIRABLE_ATTRIBUTES: [&str; 13] = [
    "displayName",
    "emails",
    "externalId",
    "familyName",
    "givenName",
    "locale",
    "nickName",
    "phoneNumbers",
    "preferredLanguage",
    "profileUrl",
    "timezone",
    "title",
    "userType",
];

/// How the door for the identity provider behaves.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct Provisioning {
    /// `true`: `/scim/v2` answers 503 with Retry-After, so that the provider comes back later; access goes on.
    /// Default: `false` (C013).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub paused: Option<bool>,
    /// In whose manner the endpoint speaks SCIM. Default: `Auto`, every provider's shapes that contradict no other;
    /// `Entra`: Microsoft Entra ID.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dialect: Option<Dialect>,
    /// What an active user must have; a request that leaves one out is refused with its name. Nothing ever blocks
    /// `active: false`. Default: `givenName`, `familyName`, `emails` (B091). `[]` asks for nothing but `userName`.
    // `default`: with a schema of its own even an `Option` counts as required.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "required_attributes_schema")]
    #[x_kube(merge_strategy = ListMerge::Set)]
    pub required_attributes: Option<Vec<String>>,
}

fn required_attributes_schema(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "array",
        "maxItems": REQUIRABLE_ATTRIBUTES.len(),
        "items": {"type": "string", "enum": REQUIRABLE_ATTRIBUTES},
    })
}

/// In whose manner the endpoint speaks SCIM.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[schemars(transform = undescribed)]
pub enum Dialect {
    /// Every provider's shapes that contradict no other.
    #[default]
    Auto,
    /// Microsoft Entra ID.
    Entra,
}

impl Provisioning {
    /// Whether `/scim/v2` answers 503.
    pub fn paused(&self) -> bool {
        self.paused.unwrap_or(false)
    }

    /// The effective dialect.
    pub fn dialect(&self) -> Dialect {
        self.dialect.unwrap_or_default()
    }

    /// The effective required attributes.
    pub fn required_attributes(&self) -> Vec<String> {
        self.required_attributes.clone().unwrap_or_else(|| DEFAULT_REQUIRED_ATTRIBUTES.map(str::to_owned).to_vec())
    }
}
