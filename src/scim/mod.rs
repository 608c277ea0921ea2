//! The SCIM protocol, pure: resources over a schema, filters, paths, PATCH, projections, errors, discovery.
//! RFC 7643, RFC 7644. Knows no other room.

use serde_json::Value;

/// A SCIM resource as JSON attributes.
pub type Attributes = serde_json::Map<String, Value>;

/// A SCIM error (RFC 7644 §3.12).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{detail}")]
pub struct Error {
    /// HTTP status.
    pub status: u16,
    /// For people: names attribute, kind of value and fix.
    pub detail: String,
}

/// A parsed filter.
#[derive(Debug, Clone)]
pub struct Filter {}

/// `attributes` and `excludedAttributes`.
#[derive(Debug, Clone, Default)]
pub struct Projection {}
