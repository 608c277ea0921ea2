//! Making answers: a status, a media type and JSON, without a charset (interop.md §6).

use axum::body::Body;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

/// What a client is told when the fault is this side's; the cause is in the log beside the request's id.
pub(crate) const INTERNAL_DETAIL: &str =
    "The endpoint could not carry out the request. Its log has the cause under the id in X-Request-Id.";

/// What a client is told when there is no room for a write.
pub(crate) const FULL_DETAIL: &str =
    "The endpoint's disk is full: nothing was changed, and reads go on. Try again once it has room.";

/// What a client is told while the database does not answer.
pub(crate) const UNAVAILABLE_DETAIL: &str =
    "The endpoint's database is not available. Whether a write was carried out is not known; send it again later.";

/// When to come back, in seconds, after a 503.
pub(crate) const RETRY_AFTER_S: u32 = 30;

/// Why an answer is a 5xx, for the log only. Travels beside the answer; the gate logs it once with the request's id.
#[derive(Debug, Clone)]
pub(crate) struct Fault(pub(crate) String);

/// A JSON answer.
pub(crate) fn json(status: StatusCode, media_type: &'static str, body: &impl Serialize) -> Response {
    match serde_json::to_vec(body) {
        Ok(text) => {
            let mut response = Response::new(Body::from(text));
            *response.status_mut() = status;
            response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
            response
        }
        Err(error) => {
            let mut response = StatusCode::INTERNAL_SERVER_ERROR.into_response();
            response.extensions_mut().insert(Fault(format!("an answer cannot be written as JSON: {error}")));
            response
        }
    }
}

/// An `application/json` answer of the access and admin APIs.
pub(crate) fn plain_json(status: StatusCode, body: &impl Serialize) -> Response {
    json(status, "application/json", body)
}
