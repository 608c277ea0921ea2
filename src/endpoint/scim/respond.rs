//! SCIM answers that succeed: `application/scim+json`, without a charset.

use super::call::Call;
use super::{cursor, precondition};
use crate::directory::{Page, Position};
use crate::endpoint::answer;
use crate::scim::{Attributes, Projection, ResourceKind, cursor_response, list_response};
use axum::http::header::{ETAG, LOCATION};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::Value;

/// The media type of RFC 7644 §3.1.
pub(super) const SCIM_JSON: &str = "application/scim+json";

/// What a resource that was written is called now; beside its answer, since the answer may not say so.
#[derive(Debug, Clone)]
pub(super) struct Name(pub(super) String);

/// 200 with a body.
pub(super) fn ok(body: &impl Serialize) -> Response {
    answer::json(StatusCode::OK, SCIM_JSON, body)
}

/// 200 with a resource and its entity tag.
pub(super) fn resource(resource: Attributes, projection: &Projection) -> Response {
    let name = name(&resource);
    let mut response = whole(StatusCode::OK, resource, projection);
    called(&mut response, name);
    response
}

/// 200 with a resource that was asked for; 304 when the client has this version.
pub(super) fn read(call: &Call, resource: Attributes, projection: &Projection) -> Response {
    let etag = meta(&resource, "version");
    let has = call.if_none_match.as_deref().zip(etag).is_some_and(|(sent, etag)| precondition::names(sent, etag));
    if has { not_modified(etag) } else { whole(StatusCode::OK, resource, projection) }
}

/// 304 (RFC 9110 §15.4.5).
pub(super) fn not_modified(etag: Option<&str>) -> Response {
    let mut response = StatusCode::NOT_MODIFIED.into_response();
    put(&mut response, ETAG, etag);
    response
}

/// 201 with a resource, its address and its entity tag (RFC 7644 §3.3).
pub(super) fn created(resource: Attributes, projection: &Projection) -> Response {
    let location = meta(&resource, "location").map(str::to_owned);
    let name = name(&resource);
    let mut response = whole(StatusCode::CREATED, resource, projection);
    put(&mut response, LOCATION, location.as_deref());
    called(&mut response, name);
    response
}

/// 200 with a page.
pub(super) fn page(call: &Call, kind: ResourceKind, page: Page, projection: &Projection) -> Response {
    let Page { resources, total, start_index, next, previous } = page;
    let projected = resources.into_iter().map(|mut resource| {
        projection.apply(&mut resource);
        Value::Object(resource)
    });
    let resources = projected.collect();
    let Some(start_index) = start_index else {
        let list = call.list_of(kind);
        let sealed = |position: Option<Position>| cursor::seal(call.directory(), &list, position?);
        return ok(&cursor_response(resources, total, sealed(next), sealed(previous)));
    };
    ok(&list_response(resources, total, start_index))
}

/// 204.
pub(super) fn no_content() -> Response {
    StatusCode::NO_CONTENT.into_response()
}

/// 204 with the entity tag of what is there now.
pub(super) fn no_content_of(resource: &Attributes) -> Response {
    let mut response = no_content();
    put(&mut response, ETAG, meta(resource, "version"));
    called(&mut response, name(resource));
    response
}

/// What people call a user or a group.
pub(super) fn name(resource: &Attributes) -> Option<Name> {
    let name = resource.get("userName").or_else(|| resource.get("displayName"))?;
    name.as_str().map(|name| Name(name.to_owned()))
}

/// Says beside an answer what the resource is called.
pub(super) fn called(response: &mut Response, name: Option<Name>) {
    if let Some(name) = name {
        response.extensions_mut().insert(name);
    }
}

/// What `meta` says under this name.
pub(super) fn meta<'a>(resource: &'a Attributes, name: &str) -> Option<&'a str> {
    resource.get("meta")?.get(name)?.as_str()
}

fn whole(status: StatusCode, mut resource: Attributes, projection: &Projection) -> Response {
    let etag = meta(&resource, "version").map(str::to_owned);
    projection.apply(&mut resource);
    let mut response = answer::json(status, SCIM_JSON, &resource);
    put(&mut response, ETAG, etag.as_deref());
    response
}

/// Headers of answers are our own texts; one that could not be a header would be left out.
pub(super) fn put(response: &mut Response, name: HeaderName, value: Option<&str>) {
    if let Some(value) = value.and_then(|value| HeaderValue::from_str(value).ok()) {
        response.headers_mut().insert(name, value);
    }
}
