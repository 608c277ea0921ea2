//! SCIM answers that succeed: `application/scim+json`, without a charset.

use crate::directory::Page;
use crate::endpoint::answer;
use crate::scim::{Attributes, Projection, list_response};
use axum::http::header::LOCATION;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::Value;

/// The media type of RFC 7644 §3.1.
pub(super) const SCIM_JSON: &str = "application/scim+json";

/// 200 with a body.
pub(super) fn ok(body: &impl Serialize) -> Response {
    answer::json(StatusCode::OK, SCIM_JSON, body)
}

/// 200 with a resource.
pub(super) fn resource(mut resource: Attributes, projection: &Projection) -> Response {
    projection.apply(&mut resource);
    ok(&resource)
}

/// 201 with a resource and its address (RFC 7644 §3.3).
pub(super) fn created(mut resource: Attributes, projection: &Projection) -> Response {
    let location = resource.get("meta").and_then(|meta| meta.get("location")).and_then(Value::as_str);
    let location = location.and_then(|text| HeaderValue::from_str(text).ok());
    projection.apply(&mut resource);
    let mut response = answer::json(StatusCode::CREATED, SCIM_JSON, &resource);
    if let Some(location) = location {
        response.headers_mut().insert(LOCATION, location);
    }
    response
}

/// 200 with a page.
pub(super) fn page(page: Page, projection: &Projection) -> Response {
    let Page { resources, total, start_index } = page;
    let projected = resources.into_iter().map(|mut resource| {
        projection.apply(&mut resource);
        Value::Object(resource)
    });
    ok(&list_response(projected.collect(), total, start_index))
}

/// 204.
pub(super) fn no_content() -> Response {
    StatusCode::NO_CONTENT.into_response()
}
