//! SCIM errors: what a client is told when its request breaks the protocol. RFC 7644 §3.12.
//!
//! A detail names the attribute, the kind of value found, the kind expected and the fix; it never repeats a value,
//! because details end up in logs and values are personal data. Knows no HTTP library: a status is a number here.

use serde_json::{Value, json};

/// The URN of the error message.
pub const ERROR_URN: &str = "urn:ietf:params:scim:api:messages:2.0:Error";

/// A SCIM error (RFC 7644 §3.12).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{detail}")]
pub struct Error {
    /// HTTP status.
    pub status: u16,
    /// The keyword, where the RFC defines one for the case.
    pub scim_type: Option<ScimType>,
    /// For people: names attribute, kind of value and fix.
    pub detail: String,
}

/// The keywords of RFC 7644 §3.12, table 9, and of RFC 9865 §2.2.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ScimType {
    /// The filter's grammar is broken, or the attribute cannot be compared so.
    InvalidFilter,
    /// The filter yields, or the request holds, more than the server is willing to work on.
    TooMany,
    /// A value that must be unique is in use.
    Uniqueness,
    /// The change is not compatible with the attribute's mutability.
    Mutability,
    /// The body is not a message of the kind asked for.
    InvalidSyntax,
    /// The `path` of a PATCH operation is malformed or names nothing.
    InvalidPath,
    /// The `path` names nothing that could be operated on.
    NoTarget,
    /// A value is missing or of the wrong kind.
    InvalidValue,
    /// The protocol version is not supported.
    InvalidVers,
    /// Personal data in the request URI.
    Sensitive,
    /// A cursor that was not given out for this list (RFC 9865 §2.2).
    InvalidCursor,
    /// A cursor that was given out too long ago.
    ExpiredCursor,
    /// A `count` that cannot go with a cursor.
    InvalidCount,
}

impl ScimType {
    /// Every keyword with the status it is answered with: the one table.
    pub const TABLE: [(Self, &'static str, u16); 13] = [
        (Self::InvalidFilter, "invalidFilter", 400),
        (Self::TooMany, "tooMany", 400),
        (Self::Uniqueness, "uniqueness", 409),
        (Self::Mutability, "mutability", 400),
        (Self::InvalidSyntax, "invalidSyntax", 400),
        (Self::InvalidPath, "invalidPath", 400),
        (Self::NoTarget, "noTarget", 400),
        (Self::InvalidValue, "invalidValue", 400),
        (Self::InvalidVers, "invalidVers", 400),
        (Self::Sensitive, "sensitive", 403),
        (Self::InvalidCursor, "invalidCursor", 400),
        (Self::ExpiredCursor, "expiredCursor", 400),
        (Self::InvalidCount, "invalidCount", 400),
    ];

    /// The keyword as it is written on the wire.
    pub fn as_str(self) -> &'static str {
        self.row().1
    }

    /// The status it is answered with.
    pub fn status(self) -> u16 {
        self.row().2
    }

    fn row(self) -> (Self, &'static str, u16) {
        Self::TABLE.into_iter().find(|row| row.0 == self).unwrap_or(Self::TABLE[0])
    }
}

impl Error {
    /// An error of this keyword, with the status of the table.
    pub fn of(scim_type: ScimType, detail: impl Into<String>) -> Self {
        Self { status: scim_type.status(), scim_type: Some(scim_type), detail: detail.into() }
    }

    /// An error without a keyword.
    pub fn plain(status: u16, detail: impl Into<String>) -> Self {
        Self { status, scim_type: None, detail: detail.into() }
    }

    /// 400 `invalidValue`.
    pub fn invalid_value(detail: impl Into<String>) -> Self {
        Self::of(ScimType::InvalidValue, detail)
    }

    /// 400 `invalidSyntax`.
    pub fn invalid_syntax(detail: impl Into<String>) -> Self {
        Self::of(ScimType::InvalidSyntax, detail)
    }

    /// 400 `invalidPath`.
    pub fn invalid_path(detail: impl Into<String>) -> Self {
        Self::of(ScimType::InvalidPath, detail)
    }

    /// 400 `invalidFilter`.
    pub fn invalid_filter(detail: impl Into<String>) -> Self {
        Self::of(ScimType::InvalidFilter, detail)
    }

    /// 400 `noTarget`.
    pub fn no_target(detail: impl Into<String>) -> Self {
        Self::of(ScimType::NoTarget, detail)
    }

    /// 400 `mutability`.
    pub fn mutability(detail: impl Into<String>) -> Self {
        Self::of(ScimType::Mutability, detail)
    }

    /// 400 `tooMany`.
    pub fn too_many(detail: impl Into<String>) -> Self {
        Self::of(ScimType::TooMany, detail)
    }

    /// 409 `uniqueness`.
    pub fn uniqueness(detail: impl Into<String>) -> Self {
        Self::of(ScimType::Uniqueness, detail)
    }

    /// 404 for a resource; `kind` is `User` or `Group`.
    pub fn not_found(kind: &str, id: &str) -> Self {
        Self::plain(404, format!("{kind} `{id}` does not exist in this directory"))
    }

    /// 413.
    pub fn too_large(detail: impl Into<String>) -> Self {
        Self::plain(413, detail)
    }

    /// 401.
    pub fn unauthorized(detail: impl Into<String>) -> Self {
        Self::plain(401, detail)
    }

    /// 403.
    pub fn forbidden(detail: impl Into<String>) -> Self {
        Self::plain(403, detail)
    }

    /// 501.
    pub fn not_implemented(detail: impl Into<String>) -> Self {
        Self::plain(501, detail)
    }

    /// The body of the answer; the status is text there (RFC 7644 §3.12).
    pub fn to_json(&self) -> Value {
        let mut body = json!({"schemas": [ERROR_URN], "status": self.status.to_string()});
        if let Some(map) = body.as_object_mut() {
            if let Some(scim_type) = self.scim_type {
                map.insert("scimType".into(), scim_type.as_str().into());
            }
            map.insert("detail".into(), self.detail.clone().into());
        }
        body
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_keyword_has_its_row_and_status() {
        let shown = ScimType::TABLE.map(|(kind, name, status)| {
            assert_eq!((kind.as_str(), kind.status()), (name, status));
            format!("{name} {status}")
        });
        insta::assert_snapshot!(shown.join(", "), @"invalidFilter 400, tooMany 400, uniqueness 409, mutability 400, invalidSyntax 400, invalidPath 400, noTarget 400, invalidValue 400, invalidVers 400, sensitive 403, invalidCursor 400, expiredCursor 400, invalidCount 400");
    }

    #[test]
    fn the_body_has_its_status_as_text() {
        insta::assert_snapshot!(Error::uniqueness("`userName` is in use").to_json(), @r#"{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":"409","scimType":"uniqueness","detail":"`userName` is in use"}"#);
        insta::assert_snapshot!(Error::not_found("User", "u1").to_json(), @r#"{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":"404","detail":"User `u1` does not exist in this directory"}"#);
    }
}
