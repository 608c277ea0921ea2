//! Errors of `/access/v1` and `/admin/v1`: `application/problem+json` (RFC 9457).

use super::answer::{self, Fault};
use super::body::BodyError;
use crate::directory;
use axum::http::StatusCode;
use axum::http::header::RETRY_AFTER;
use axum::response::{IntoResponse, Response};
use serde_json::json;

/// Where the kinds of problem are described; the rest of `type` is the kind.
const TYPES: &str = "https://scim-operator.dev/problems/";

/// Where whoever follows the change feed begins anew.
const SNAPSHOT: &str = "/access/v1/users";

/// A problem: `kind` and `title` are fixed per kind, `detail` is about this occurrence.
#[derive(Debug)]
pub(crate) struct Problem {
    status: StatusCode,
    kind: &'static str,
    title: &'static str,
    detail: String,
    fault: Option<Fault>,
    retry_after_s: Option<u32>,
    /// Where a snapshot is, for whoever has to begin anew.
    snapshot: Option<&'static str>,
}

impl Problem {
    fn new(status: StatusCode, kind: &'static str, title: &'static str, detail: impl Into<String>) -> Self {
        Self { status, kind, title, detail: detail.into(), fault: None, retry_after_s: None, snapshot: None }
    }

    /// A problem that is nothing but its status: the kinds that come before any handler.
    pub(crate) fn plain(status: StatusCode, detail: impl Into<String>) -> Self {
        let (kind, title) = match status {
            StatusCode::UNAUTHORIZED => ("unauthorized", "A valid token is needed"),
            StatusCode::FORBIDDEN => ("forbidden", "This token may not do this"),
            StatusCode::NOT_FOUND => ("not-found", "Nothing is here"),
            StatusCode::METHOD_NOT_ALLOWED => ("method-not-allowed", "This method is not served here"),
            StatusCode::REQUEST_TIMEOUT => ("request-timeout", "The request took too long to arrive"),
            StatusCode::CONFLICT => ("conflict", "Something else came first"),
            StatusCode::PAYLOAD_TOO_LARGE => ("too-large", "The body is too large"),
            StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE => ("headers-too-large", "The headers are too large"),
            StatusCode::UNSUPPORTED_MEDIA_TYPE => ("unsupported-media-type", "This media type is not read here"),
            StatusCode::SERVICE_UNAVAILABLE => ("unavailable", "Not available at the moment"),
            StatusCode::INTERNAL_SERVER_ERROR => ("internal", "The endpoint failed"),
            _ => ("bad-request", "The request cannot be understood"),
        };
        Self::new(status, kind, title, detail)
    }

    /// 400.
    pub(crate) fn bad_request(detail: impl Into<String>) -> Self {
        Self::plain(StatusCode::BAD_REQUEST, detail)
    }

    /// 404.
    pub(crate) fn not_found(detail: impl Into<String>) -> Self {
        Self::plain(StatusCode::NOT_FOUND, detail)
    }

    /// 503 with `Retry-After`.
    pub(crate) fn unavailable(detail: impl Into<String>) -> Self {
        Self { retry_after_s: Some(answer::RETRY_AFTER_S), ..Self::plain(StatusCode::SERVICE_UNAVAILABLE, detail) }
    }

    /// 500 with a fixed text; the cause goes to the log.
    pub(crate) fn internal(fault: Fault) -> Self {
        let detail = answer::INTERNAL_DETAIL;
        Self { fault: Some(fault), ..Self::plain(StatusCode::INTERNAL_SERVER_ERROR, detail) }
    }
}

impl From<directory::Error> for Problem {
    fn from(error: directory::Error) -> Self {
        use directory::Error as E;
        let detail = error.to_string();
        match error {
            E::Scim(inner) if inner.status < 500 => {
                Self::plain(StatusCode::from_u16(inner.status).unwrap_or(StatusCode::BAD_REQUEST), detail)
            }
            E::NotConfigured => Self::unavailable(detail),
            E::Full(_) => Self { fault: Some(Fault(detail)), ..Self::unavailable(answer::FULL_DETAIL) },
            E::Unavailable(_) => Self { fault: Some(Fault(detail)), ..Self::unavailable(answer::UNAVAILABLE_DETAIL) },
            E::StaleRevision(_) => {
                Self::new(StatusCode::CONFLICT, "stale-revision", "The configuration has moved on", detail)
            }
            E::StaleWriter { .. } => {
                Self::new(StatusCode::CONFLICT, "stale-writer", "A newer writer has published", detail)
            }
            E::BadPublication(_) => {
                Self::new(StatusCode::BAD_REQUEST, "bad-publication", "This configuration cannot be taken", detail)
            }
            E::BadRun(_) => Self::new(StatusCode::BAD_REQUEST, "bad-run", "This run cannot be taken", detail),
            E::BadPlan(_) => Self::new(StatusCode::BAD_REQUEST, "bad-plan", "This plan cannot be made", detail),
            E::BadGrant(_) => Self::new(StatusCode::BAD_REQUEST, "bad-grant", "This grant cannot be made", detail),
            E::ManagedByRules(_) => {
                Self::new(StatusCode::CONFLICT, "managed-by-rules", "Rules manage this person", detail)
            }
            E::Gone(_) => Self {
                snapshot: Some(SNAPSHOT),
                ..Self::new(StatusCode::GONE, "gone", "This position is not there any more", detail)
            },
            E::BadQuery(_) => Self::bad_request(detail),
            E::Scim(_) | E::Store(_) => Self::internal(Fault(detail)),
        }
    }
}

impl From<BodyError> for Problem {
    fn from(error: BodyError) -> Self {
        let (status, detail) = (error.status(), error.to_string());
        match error {
            BodyError::Internal(cause) => Self::internal(Fault(cause)),
            _ => Self::plain(status, detail),
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let Self { status, kind, title, detail, fault, retry_after_s, snapshot } = self;
        let mut body =
            json!({ "type": format!("{TYPES}{kind}"), "title": title, "status": status.as_u16(), "detail": detail });
        if let Some(snapshot) = snapshot {
            body["snapshot"] = json!(snapshot);
        }
        let mut response = answer::json(status, "application/problem+json", &body);
        if let Some(seconds) = retry_after_s {
            response.headers_mut().insert(RETRY_AFTER, seconds.into());
        }
        if let Some(fault) = fault {
            response.extensions_mut().insert(fault);
        }
        response
    }
}
