//! `/admin/v1/config`: publishing the configuration, and what is published.

use super::{Answer, read_body};
use crate::config::Publication;
use crate::directory;
use crate::endpoint::answer::plain_json;
use crate::endpoint::shared::Shared;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use std::sync::Arc;

/// `GET /config`.
pub(super) async fn read(State(shared): State<Arc<Shared>>) -> Answer {
    Ok(plain_json(StatusCode::OK, &shared.directory.published().await?))
}

/// `PUT /config`: in force when this answers 200. 409 with what is in force when `ifRevision` is old, 409 with a
/// problem when a newer writer has published.
pub(super) async fn publish(State(shared): State<Arc<Shared>>, request: Request) -> Answer {
    let publication: Publication = read_body(&shared, request, shared.limits.config_body_bytes_max).await?;
    match shared.directory.publish(publication).await {
        Ok(published) => Ok(plain_json(StatusCode::OK, &published)),
        Err(directory::Error::StaleRevision(current)) => Ok(plain_json(StatusCode::CONFLICT, &*current)),
        Err(other) => Err(other.into()),
    }
}
