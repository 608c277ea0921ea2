//! `spec.provisioning.schemas` and `.resourceTypes`: SCIM's own words for resources (RFC 7643 §6, §7).
//!
//! Fields and words are those of the RFC, so that a schema can be copied from a document that has it in JSON. There are
//! two levels of attributes and no more, each written out: a structural schema cannot contain itself. Bounds are all
//! that the API server holds here; what a schema means in its surroundings is the operator's to judge, since a CEL rule
//! over these lists would cost more than the API server grants.

use crate::api::crd::undescribed;
use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A schema.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct SchemaDefinition {
    /// The schema's URN, 7 to 255 characters, unique in any case. Required. Example:
    /// `urn:example:params:scim:schemas:2.0:Badge`.
    #[schemars(length(min = 7, max = 255), regex(pattern = r"^urn:[a-zA-Z0-9][a-zA-Z0-9-]{0,31}:.+"))]
    pub id: String,
    /// The schema's name for people, 1 to 64 characters. Default: what stands behind the last colon of `id`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64))]
    pub name: Option<String>,
    /// What the schema is for, at most 256 characters; `/Schemas` answers it. Default: nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256))]
    pub description: Option<String>,
    /// The attributes, 1 to 64, in the order in which they are answered. Required.
    #[schemars(length(min = 1, max = 64))]
    #[x_kube(merge_strategy = ListMerge::Atomic)]
    pub attributes: Vec<AttributeDefinition>,
}

/// An attribute of a schema.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct AttributeDefinition {
    /// The attribute's name, 1 to 64 characters, unique in the schema in any case; not `id`, `externalId`, `meta` or
    /// `schemas`. Required.
    #[schemars(length(min = 1, max = 64), regex(pattern = r"^[a-zA-Z$_][a-zA-Z0-9$_-]*$"))]
    pub name: String,
    /// What kind of value it has, or each of its values: `string` (default), `boolean`, `decimal`, `integer`,
    /// `dateTime`, `binary`, `reference` or `complex`, which has `subAttributes`.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub type_: Option<AttributeType>,
    /// `true`: it is a list of values. Default: `false`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub multi_valued: Option<bool>,
    /// What the attribute means, at most 256 characters. Default: nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256))]
    pub description: Option<String>,
    /// `true`: a resource without it is refused. Default: `false`. Nothing that is `readOnly` can be required.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub required: Option<bool>,
    /// Values that clients may choose from, at most 32 of 1 to 64 characters; others are accepted too. Default: none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 32), inner(length(min = 1, max = 64)))]
    #[x_kube(merge_strategy = ListMerge::Set)]
    pub canonical_values: Vec<String>,
    /// `true`: values that differ in upper and lower case are different. Default: `false`; of `binary` and `reference`
    /// it is always `true`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub case_exact: Option<bool>,
    /// Who may write it: `readWrite` (default), the client; `readOnly`, nobody but the server; `immutable`, the client,
    /// once; `writeOnly`, the client, and it is never answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mutability: Option<Mutability>,
    /// When it is answered: `default`, unless the request says otherwise (default); `always`; `never`; `request`, when
    /// the request names it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub returned: Option<Returned>,
    /// Whether no two resources of a type have the same value: `none` (default), `server` or `global`, which is held
    /// like `server`. Only of a type of your own, and of an attribute with one simple value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uniqueness: Option<Uniqueness>,
    /// What a `reference` may point to: names of resource types, `uri` or `external`; at most 16 of 1 to 64 characters.
    /// Default: nothing is said.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 16), inner(length(min = 1, max = 64)))]
    #[x_kube(merge_strategy = ListMerge::Set)]
    pub reference_types: Vec<String>,
    /// The parts of a `complex` attribute, 1 to 16; of no other.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 16))]
    #[x_kube(merge_strategy = ListMerge::Atomic)]
    pub sub_attributes: Vec<SubAttributeDefinition>,
}

/// A part of a complex attribute.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct SubAttributeDefinition {
    /// The part's name, 1 to 64 characters, unique in the attribute in any case. Required. In a list `value`, `type`,
    /// `primary`, `display` and `$ref` have the meaning of RFC 7643 §2.4.
    #[schemars(length(min = 1, max = 64), regex(pattern = r"^[a-zA-Z$_][a-zA-Z0-9$_-]*$"))]
    pub name: String,
    /// What kind of value it has: `string` (default), `boolean`, `decimal`, `integer`, `dateTime`, `binary` or
    /// `reference`.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub type_: Option<PartType>,
    /// Only `false` is accepted, as documents that are copied say it: a part has one value. Default: `false`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub multi_valued: Option<bool>,
    /// What the part means, at most 256 characters. Default: nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256))]
    pub description: Option<String>,
    /// `true`: a value of the attribute without it is refused. Default: `false`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub required: Option<bool>,
    /// Values that clients may choose from, at most 32 of 1 to 64 characters; others are accepted too. Default: none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 32), inner(length(min = 1, max = 64)))]
    #[x_kube(merge_strategy = ListMerge::Set)]
    pub canonical_values: Vec<String>,
    /// `true`: values that differ in upper and lower case are different. Default: `false`; of `binary` and `reference`
    /// it is always `true`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub case_exact: Option<bool>,
    /// Who may write it: `readWrite` (default), `readOnly`, `immutable` or `writeOnly`, as of attributes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mutability: Option<Mutability>,
    /// When it is answered: `default`, `always`, `never` or `request`, as of attributes. Default: `default`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub returned: Option<Returned>,
    /// Only `none` is accepted, as documents that are copied say it. Default: `none`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uniqueness: Option<NotUnique>,
    /// What a `reference` may point to: names of resource types, `uri` or `external`; at most 16 of 1 to 64 characters.
    /// Default: nothing is said.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 16), inner(length(min = 1, max = 64)))]
    #[x_kube(merge_strategy = ListMerge::Set)]
    pub reference_types: Vec<String>,
}

/// A resource type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct ResourceTypeDefinition {
    /// The type's name, 1 to 64 characters, unique in any case: `meta.resourceType` of its resources. Required.
    /// `User` and `Group` are the built-in types. Example: `Badge`.
    #[schemars(length(min = 1, max = 64), regex(pattern = r"^[a-zA-Z][a-zA-Z0-9_-]*$"))]
    pub name: String,
    /// Where its resources are, below the base URL, 2 to 64 characters. Required, but for `User` and `Group`, which
    /// stay at `/Users` and `/Groups`. Example: `/Badges`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 2, max = 64), regex(pattern = r"^/[A-Z][A-Za-z0-9]*$"))]
    pub endpoint: Option<String>,
    /// What its resources are, at most 256 characters; `/ResourceTypes` answers it. Default: the description of the
    /// schema.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256))]
    pub description: Option<String>,
    /// The URN of its schema, one of `schemas`, 7 to 255 characters. Required, but for `User` and `Group`, which keep
    /// theirs.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 7, max = 255))]
    pub schema: Option<String>,
    /// The schemas that extend it, at most 8. Default: none; users have the enterprise extension in any case.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 8))]
    #[x_kube(merge_strategy = ListMerge::Atomic)]
    pub schema_extensions: Vec<SchemaExtension>,
}

/// A schema that extends a resource type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SchemaExtension {
    /// The URN of the extension, one of `schemas` or that of the enterprise extension, 7 to 255 characters. Required.
    #[schemars(length(min = 7, max = 255))]
    pub schema: String,
    /// `true`: a resource must have it. Default: `false`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub required: Option<bool>,
}

/// Makes an enum of plain words.
macro_rules! words {
    ($($(#[$doc:meta])* $name:ident { $($(#[$word_doc:meta])* $word:ident,)+ })+) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
        #[schemars(transform = undescribed)]
        #[serde(rename_all = "camelCase")]
        pub enum $name { $($(#[$word_doc])* $word,)+ }
    )+};
}

words! {
    /// What kind of value an attribute has (RFC 7643 §2.3).
    AttributeType {
        /// Text.
        String,
        /// True or false.
        Boolean,
        /// A number.
        Decimal,
        /// A whole number.
        Integer,
        /// A time (RFC 3339).
        DateTime,
        /// Bytes, in base64.
        Binary,
        /// A URI.
        Reference,
        /// An object of parts.
        Complex,
    }
    /// What kind of value a part of a complex attribute has.
    PartType {
        /// Text.
        String,
        /// True or false.
        Boolean,
        /// A number.
        Decimal,
        /// A whole number.
        Integer,
        /// A time (RFC 3339).
        DateTime,
        /// Bytes, in base64.
        Binary,
        /// A URI.
        Reference,
    }
    /// Who may write an attribute.
    Mutability {
        /// The client, at any time.
        ReadWrite,
        /// Only the server.
        ReadOnly,
        /// The client, once.
        Immutable,
        /// The client; it is never answered.
        WriteOnly,
    }
    /// When an attribute is answered.
    Returned {
        /// Unless the request says otherwise.
        Default,
        /// In every answer.
        Always,
        /// In no answer.
        Never,
        /// When the request names it.
        Request,
    }
    /// Whether values are unique.
    Uniqueness {
        /// They are not.
        None,
        /// Among the resources of the type.
        Server,
        /// Anywhere; held like `server`.
        Global,
    }
    /// That values are not unique.
    NotUnique {
        /// They are not.
        None,
    }
}
