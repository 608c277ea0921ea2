//! Resources of the types that a directory defines: `/scim/v2/{type}`. Which types there are is the configuration's to
//! say, so these routes are dispatched here.

use super::call::{Call, UserBody};
use super::{Answer, Failure, respond, search};
use crate::endpoint::shared::Shared;
use crate::scim::{Error, ResourceKind};
use axum::extract::{FromRequest, FromRequestParts, Path, Request, State};
use axum::http::header::ALLOW;
use axum::http::{HeaderValue, Method};
use axum::response::{IntoResponse, Response};
use std::sync::Arc;

/// `/{type}`.
pub(super) async fn collection(State(shared): State<Arc<Shared>>, request: Request) -> Answer {
    let (call, kind, _, request) = opened(&shared, request).await?;
    match *request.method() {
        Method::GET | Method::HEAD => {
            let projection = call.projection(kind)?;
            let query = call.list_query(kind)?;
            let page = call.directory().resources(kind, &query).await?;
            Ok(respond::page(&call, kind, page, &projection))
        }
        Method::POST => {
            let projection = call.projection(kind)?;
            let UserBody(body) = UserBody::from_request(request, &shared).await?;
            let resource = call.directory().create_resource(call.message(), kind, body.value).await?;
            Ok(respond::created(resource, &projection))
        }
        _ => Ok(not_allowed(request.method(), "GET,HEAD,POST")),
    }
}

/// `/{type}/{id}`, and `/{type}/.search`.
pub(super) async fn one(State(shared): State<Arc<Shared>>, request: Request) -> Answer {
    let (call, kind, id, request) = opened(&shared, request).await?;
    if id == ".search" {
        return match *request.method() {
            Method::POST => search::in_body(call, Some(kind), &shared, request).await,
            _ => Ok(not_allowed(request.method(), "POST")),
        };
    }
    let projection = call.projection(kind)?;
    let (directory, message) = (call.directory(), call.message());
    match *request.method() {
        Method::GET | Method::HEAD => Ok(respond::read(&call, directory.resource(kind, &id).await?, &projection)),
        Method::PUT => {
            let UserBody(body) = UserBody::from_request(request, &shared).await?;
            Ok(respond::resource(directory.replace_resource(message, kind, &id, body.value).await?, &projection))
        }
        Method::PATCH => {
            let UserBody(body) = UserBody::from_request(request, &shared).await?;
            Ok(respond::resource(directory.patch_resource(message, kind, &id, body.value).await?, &projection))
        }
        Method::DELETE => {
            directory.delete_resource(message, kind, &id).await?;
            Ok(respond::no_content())
        }
        _ => Ok(not_allowed(request.method(), "GET,HEAD,PUT,PATCH,DELETE")),
    }
}

/// The call, the type that its path names, the id behind it, and the rest of the request.
async fn opened(shared: &Arc<Shared>, request: Request) -> Result<(Call, ResourceKind, String, Request), Failure> {
    let (mut parts, body) = request.into_parts();
    let found = match Path::<Vec<(String, String)>>::from_request_parts(&mut parts, shared).await {
        Ok(Path(names)) => names.into_iter().map(|(_, value)| value).collect::<Vec<_>>(),
        Err(_) => return Err(Error::plain(404, "The path is not percent-encoded UTF-8.").into()),
    };
    let mut found = found.into_iter();
    let (segment, id) = (found.next().unwrap_or_default(), found.next().unwrap_or_default());
    let types = shared.directory.in_force().types.clone();
    let Some(kind) = types.custom().iter().copied().find(|kind| kind.endpoint().get(1..) == Some(segment.as_str()))
    else {
        return Err(Error::plain(404, "Nothing is served at this path; /ResourceTypes lists what is.").into());
    };
    let call = Call::from_request_parts(&mut parts, shared).await?;
    Ok((call, kind, id, Request::from_parts(parts, body)))
}

fn not_allowed(method: &Method, allowed: &'static str) -> Response {
    let detail = format!("{method} is not served at this path; the header Allow lists what is.");
    let mut response = Failure::from(Error::plain(405, detail)).into_response();
    response.headers_mut().insert(ALLOW, HeaderValue::from_static(allowed));
    response
}
