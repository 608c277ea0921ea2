//! A kept message once more, by the way that it came: the same routes, the same reading.

use super::ENTRA_FLAG;
use crate::directory::{Actor, FailedRow};
use crate::endpoint::gate::Caller;
use crate::endpoint::scim::respond::SCIM_JSON;
use crate::endpoint::scim::routes;
use crate::endpoint::shared::Shared;
use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http;
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE, USER_AGENT};
use axum::response::Response;
use std::sync::Arc;
use tower::Service;

/// The answer to the message, sent again by whoever asks for that; `None` = it was not kept whole, or its path is none.
pub(crate) async fn try_again(shared: &Arc<Shared>, row: &FailedRow, by: Actor) -> Option<Response> {
    let request = request(row, by)?;
    let mut routes: Router = routes(shared).with_state(Arc::clone(shared));
    let Ok(response) = routes.call(request).await;
    Some(response)
}

fn request(row: &FailedRow, by: Actor) -> Option<Request> {
    let text = row.message.body.clone()?;
    let (agent, flag) = match row.message.user_agent.strip_suffix(ENTRA_FLAG) {
        Some(agent) => (agent.trim_end(), format!("?{ENTRA_FLAG}")),
        None => (row.message.user_agent.as_str(), String::new()),
    };
    let mut request = http::Request::builder()
        .method(row.event.operation.as_str())
        .uri(format!("/scim/v2/{}{flag}", row.event.resource.trim_start_matches('/')))
        .header(CONTENT_TYPE, SCIM_JSON)
        .header(CONTENT_LENGTH, text.len())
        .header(USER_AGENT, agent)
        .body(Body::from(text))
        .ok()?;
    request.extensions_mut().insert(Caller(by));
    Some(request)
}
