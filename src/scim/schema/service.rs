//! The schemas of what a service says about itself: ServiceProviderConfig, ResourceType and Schema.
//! RFC 7643 §5, §6, §7, §8.7.2; RFC 9865 §4 (`pagination`); B023.
//!
//! They are shown only: no body, filter or path is ever read against them, and so a part of them may have parts itself.
//! `etag`, and `type` and `primary` of an authentication scheme, are not in the samples of §8.7.2; §5 has them.

use super::Schema;
use super::attribute::{Attribute, Kind, Mutability};

/// They, in the order in which they are listed.
pub static SERVICE: [&Schema; 3] = [&SERVICE_PROVIDER_CONFIG, &RESOURCE_TYPE, &SCHEMA];

/// Nobody writes any of it.
const fn shown(attribute: Attribute) -> Attribute {
    attribute.written(Mutability::ReadOnly)
}

const fn text(name: &'static str, description: &'static str) -> Attribute {
    shown(Attribute::text(name, description))
}

const fn flag(name: &'static str, description: &'static str) -> Attribute {
    shown(Attribute::new(name, Kind::Boolean, description)).required()
}

const fn number(name: &'static str, description: &'static str) -> Attribute {
    shown(Attribute::new(name, Kind::Integer, description))
}

const fn link(name: &'static str, to: &'static [&'static str], description: &'static str) -> Attribute {
    shown(Attribute::reference(name, to, description))
}

const fn group(name: &'static str, parts: &'static [Attribute], description: &'static str) -> Attribute {
    shown(Attribute::complex(name, parts, description)).required()
}

const SUPPORTED: Attribute = flag("supported", "Whether it is supported.");

const SUPPORT: &[Attribute] = &[SUPPORTED];

const BULK: &[Attribute] = &[
    SUPPORTED,
    number("maxOperations", "How many operations a request may have.").required(),
    number("maxPayloadSize", "How many bytes a request may have.").required(),
];

const FILTER: &[Attribute] =
    &[SUPPORTED, number("maxResults", "How many resources an answer holds at most.").required()];

const PAGINATION: &[Attribute] = &[
    flag("cursor", "Whether lists are read by cursors."),
    flag("index", "Whether lists are read by indexes."),
    text("defaultPaginationMethod", "How a list is read unless the request says.").canonical(&["cursor", "index"]),
    number("defaultPageSize", "How many resources a page holds unless the request says."),
    number("maxPageSize", "How many resources a page holds at most."),
    number("cursorTimeout", "For how many seconds a cursor works."),
];

const AUTHENTICATION_SCHEME: &[Attribute] = &[
    text("type", "The kind of scheme.")
        .canonical(&["oauth", "oauth2", "oauthbearertoken", "httpbasic", "httpdigest"])
        .required(),
    text("name", "The common name of the scheme, such as HTTP Basic.").required(),
    text("description", "What the scheme is.").required(),
    link("specUri", &["external"], "The address of the scheme's specification."),
    link("documentationUri", &["external"], "The address of the scheme's documentation."),
    shown(Attribute::new("primary", Kind::Boolean, "Whether this is the preferred scheme.")),
];

static SERVICE_PROVIDER_CONFIG: Schema = Schema {
    urn: "urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig",
    name: "Service Provider Configuration",
    description: "What the service supports of the protocol",
    attributes: &[
        link("documentationUri", &["external"], "The address of the service's documentation."),
        group("patch", SUPPORT, "About PATCH."),
        group("bulk", BULK, "About bulk requests."),
        group("filter", FILTER, "About filters."),
        group("changePassword", SUPPORT, "About changing passwords."),
        group("sort", SUPPORT, "About sorting."),
        group("etag", SUPPORT, "About entity tags."),
        shown(Attribute::complex("pagination", PAGINATION, "About reading lists page by page.")),
        group("authenticationSchemes", AUTHENTICATION_SCHEME, "How clients show who they are.").many(),
    ],
};

const EXTENSION: &[Attribute] = &[
    link("schema", &["uri"], "The URI of the schema.").required(),
    flag("required", "Whether a resource of the type must have it."),
];

static RESOURCE_TYPE: Schema = Schema {
    urn: "urn:ietf:params:scim:schemas:core:2.0:ResourceType",
    name: "ResourceType",
    description: "A kind of resource",
    attributes: &[
        text("id", "The identifier of the type: its name."),
        text("name", "The name of the type.").required(),
        text("description", "What the type is."),
        link("endpoint", &["uri"], "Where its resources are, below the base URL.").required(),
        link("schema", &["uri"], "The URI of its schema.").required(),
        shown(Attribute::list("schemaExtensions", EXTENSION, "The schemas that extend it.")),
    ],
};

const NAME: Attribute = text("name", "The name.").exact().required();
const TYPE: Attribute = text("type", "The kind of value.")
    .canonical(&["string", "boolean", "decimal", "integer", "dateTime", "binary", "reference", "complex"])
    .required();
const MULTI_VALUED: Attribute = flag("multiValued", "Whether the value is a list.");
const DESCRIPTION: Attribute = text("description", "What it is.").exact();
const REQUIRED: Attribute =
    shown(Attribute::new("required", Kind::Boolean, "Whether a resource cannot be without it."));
const CANONICAL_VALUES: Attribute = text("canonicalValues", "Suggested values.").exact().many();
const CASE_EXACT: Attribute =
    shown(Attribute::new("caseExact", Kind::Boolean, "Whether upper and lower case differ in comparisons."));
const MUTABILITY: Attribute = text("mutability", "Who may write it, and when.")
    .canonical(&["readOnly", "readWrite", "immutable", "writeOnly"])
    .exact();
const RETURNED: Attribute =
    text("returned", "When it is answered.").canonical(&["always", "never", "default", "request"]).exact();
const UNIQUENESS: Attribute =
    text("uniqueness", "How far a value is its resource's alone.").canonical(&["none", "server", "global"]).exact();
const REFERENCE_TYPES: Attribute = text("referenceTypes", "What a reference may point to.").exact().many();

const SUB_ATTRIBUTE: &[Attribute] = &[
    NAME,
    TYPE,
    MULTI_VALUED,
    DESCRIPTION,
    REQUIRED,
    CANONICAL_VALUES,
    CASE_EXACT,
    MUTABILITY,
    RETURNED,
    UNIQUENESS,
    REFERENCE_TYPES,
];

const ATTRIBUTE: &[Attribute] = &[
    NAME,
    TYPE,
    MULTI_VALUED,
    DESCRIPTION,
    REQUIRED,
    CANONICAL_VALUES,
    CASE_EXACT,
    MUTABILITY,
    RETURNED,
    UNIQUENESS,
    REFERENCE_TYPES,
    shown(Attribute::list("subAttributes", SUB_ATTRIBUTE, "The parts of a complex attribute.")),
];

static SCHEMA: Schema = Schema {
    urn: "urn:ietf:params:scim:schemas:core:2.0:Schema",
    name: "Schema",
    description: "The attributes of resources",
    attributes: &[
        text("id", "The URI of the schema.").required(),
        text("name", "The name of the schema.").required(),
        text("description", "What the schema is of."),
        group("attributes", ATTRIBUTE, "The attributes.").many(),
    ],
};
