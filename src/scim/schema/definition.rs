//! Schemas and resource types as somebody writes them into a manifest: RFC 7643 §7 and §6 as data.
//!
//! Names, kinds and characteristics are those of the RFC, in its spelling; what is left out has the RFC's default.

use serde::{Deserialize, Serialize};

/// A schema (RFC 7643 §7).
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SchemaDefinition {
    /// The URN.
    pub id: String,
    /// The name; the last part of the URN when it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// For people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The attributes, in the order in which they are answered.
    pub attributes: Vec<AttributeDefinition>,
}

/// An attribute of a schema.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AttributeDefinition {
    /// What every attribute has.
    #[serde(flatten)]
    pub part: PartDefinition,
    /// The parts of a complex attribute.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sub_attributes: Vec<PartDefinition>,
}

/// What every attribute has, and all that a sub-attribute has.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PartDefinition {
    /// The name.
    pub name: String,
    /// `string` (default), `boolean`, `decimal`, `integer`, `dateTime`, `binary`, `reference`, `complex`.
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// Whether the value is a list.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub multi_valued: bool,
    /// For people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Whether a resource cannot be without it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub required: bool,
    /// Suggested values.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub canonical_values: Vec<String>,
    /// Whether upper and lower case differ.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub case_exact: bool,
    /// `readWrite` (default), `readOnly`, `immutable`, `writeOnly`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mutability: Option<String>,
    /// `default` (default), `always`, `never`, `request`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub returned: Option<String>,
    /// `none` (default), `server`, `global`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uniqueness: Option<String>,
    /// What a reference may point to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reference_types: Vec<String>,
}

/// A resource type (RFC 7643 §6); `User` and `Group` name the built-in ones, to which it adds extensions.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ResourceTypeDefinition {
    /// The name.
    pub name: String,
    /// Where its resources are, as `/Things`; of `User` and `Group` it may be left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<String>,
    /// For people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The URN of its schema; of `User` and `Group` it may be left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<String>,
    /// The schemas that extend it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub schema_extensions: Vec<ExtensionDefinition>,
}

/// A schema that extends a resource type.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ExtensionDefinition {
    /// Its URN.
    pub schema: String,
    /// Whether a resource must have it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub required: bool,
}
