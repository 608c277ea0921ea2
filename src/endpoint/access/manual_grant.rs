//! `/access/v1/manual-grants`: access by hand for people whom no rule manages (B083, B099, readings 3 and 24).

use super::{Answer, By, Name, read_body};
use crate::config::ManualGrantRequest;
use crate::endpoint::answer::plain_json;
use crate::endpoint::problem::Problem;
use crate::endpoint::shared::Shared;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use std::sync::Arc;

/// `POST`: 201 with the grant. One person has one in a tenant: another one takes its place.
pub(super) async fn make(State(shared): State<Arc<Shared>>, By(actor): By, request: Request) -> Answer {
    let asked: ManualGrantRequest = read_body(&shared, request, "manual grant").await?;
    Ok(plain_json(StatusCode::CREATED, &shared.directory.grant(asked, &actor).await?))
}

/// `DELETE /manual-grants/{id}`: 204.
pub(super) async fn end(State(shared): State<Arc<Shared>>, Name(id): Name, By(actor): By) -> Answer {
    if shared.directory.end_grant(&id, &actor).await? {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    Err(Problem::not_found("There is no manual grant of this id; a rule may have ended it."))
}
