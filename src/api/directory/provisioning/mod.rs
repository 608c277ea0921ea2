//! `spec.provisioning`: how the door for the identity provider behaves (C013, B091, B110, readings 13 and 14).

mod schema;

pub use schema::{
    AttributeDefinition, AttributeType, Mutability, NotUnique, PartType, ResourceTypeDefinition, Returned,
    SchemaDefinition, SchemaExtension, SubAttributeDefinition, Uniqueness,
};

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
    /// In whose manner the endpoint speaks SCIM. Default: `Auto`, every provider's shapes that contradict no other.
    /// `Strict`: RFC 7643 and RFC 7644 to the letter. `Interop`: the interoperability profile, without the shapes it
    /// rules out. `Entra`: Microsoft Entra ID. `Okta`: Okta. `OneLogin`: OneLogin. `JumpCloud`: JumpCloud. `PingOne`:
    /// PingOne. `Keycloak`: Keycloak.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dialect: Option<Dialect>,
    /// `false`: there are only users; `/Groups` answers 501, and rules have no groups to name. Default: `true` (B110).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub serve_groups: Option<bool>,
    /// What DELETE does to a user. Default: `Delete`, the user is gone with memberships and access. `Disable`: the user
    /// stays, with `active` false.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on_user_delete: Option<OnUserDelete>,
    /// What an active user must have; a request that leaves one out is refused with its name. Nothing ever blocks
    /// `active: false`. Default: `givenName`, `familyName`, `emails` (B091). `[]` asks for nothing but `userName`.
    // `default`: with a schema of its own even an `Option` counts as required.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "required_attributes_schema")]
    #[x_kube(merge_strategy = ListMerge::Set)]
    pub required_attributes: Option<Vec<String>>,
    /// How large the body of a request may be, in bytes; above is 413. Default: 1 MiB about a user, 64 MiB about a
    /// group.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_body_bytes: Option<MaxBodyBytes>,
    /// Schemas that the endpoint knows besides those of RFC 7643, at most 16: for resource types of your own, and as
    /// extensions of users and groups. Default: none. A schema that makes no sense leaves the schemas and types in
    /// force that were accepted last, and `Accepted` names the field.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 16))]
    #[x_kube(merge_strategy = ListMerge::Atomic)]
    pub schemas: Vec<SchemaDefinition>,
    /// Resource types that the endpoint serves besides users and groups, at most 16; `User` and `Group` stand for the
    /// built-in ones and give them extensions. Default: none. They are accepted together with `schemas` or not at all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 16))]
    #[x_kube(merge_strategy = ListMerge::Atomic)]
    pub resource_types: Vec<ResourceTypeDefinition>,
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
    /// RFC 7643 and RFC 7644 to the letter.
    Strict,
    /// The interoperability profile.
    Interop,
    /// Microsoft Entra ID.
    Entra,
    /// Okta.
    Okta,
    /// OneLogin.
    OneLogin,
    /// JumpCloud.
    JumpCloud,
    /// PingOne.
    PingOne,
    /// Keycloak.
    Keycloak,
}

/// What DELETE does to a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[schemars(transform = undescribed)]
pub enum OnUserDelete {
    /// The user is gone.
    #[default]
    Delete,
    /// The user stays, inactive.
    Disable,
}

/// How large the body of a request may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct MaxBodyBytes {
    /// About a user or a resource of a type of your own, from 16 KiB (`16384`) to 16 MiB (`16777216`). Default: 1 MiB
    /// (`1048576`).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 16_384, max = 16_777_216))]
    pub users: Option<i64>,
    /// About a group, from 16 KiB (`16384`) to 256 MiB (`268435456`). Default: 64 MiB (`67108864`), which holds a
    /// million members.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 16_384, max = 268_435_456))]
    pub groups: Option<i64>,
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

    /// Whether there are groups.
    pub fn serve_groups(&self) -> bool {
        self.serve_groups.unwrap_or(true)
    }

    /// What DELETE does to a user.
    pub fn on_user_delete(&self) -> OnUserDelete {
        self.on_user_delete.unwrap_or_default()
    }

    /// The effective required attributes.
    pub fn required_attributes(&self) -> Vec<String> {
        self.required_attributes.clone().unwrap_or_else(|| DEFAULT_REQUIRED_ATTRIBUTES.map(str::to_owned).to_vec())
    }
}
