//! `/access/v1/failed-events`: messages of the provider that could not be applied, and trying one again (C004).

use super::{Answer, Asked, By, Name};
use crate::directory::{Directory, FailedRow};
use crate::endpoint::answer::{Fault, plain_json};
use crate::endpoint::problem::Problem;
use crate::endpoint::scim;
use crate::endpoint::shared::Shared;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;
use serde_json::Value;
use std::sync::Arc;

/// Bytes of a SCIM answer that are passed on; a group may be larger.
const ANSWER_BYTES_MAX: usize = 1024 * 1024;

/// What SCIM answered.
#[derive(Serialize)]
struct Retried {
    status: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<Value>,
}

/// `GET /failed-events?cursor=&count=`: newest first.
pub(super) async fn list(State(shared): State<Arc<Shared>>, asked: Asked) -> Answer {
    let count = asked.count()?;
    Ok(plain_json(StatusCode::OK, &shared.directory.failed_events(asked.0.get("cursor"), count).await?))
}

/// `POST /failed-events/{id}/retry`: 200 with what SCIM answers now. When that is a success the event is over, else it
/// stays, with the new answer.
pub(super) async fn retry(State(shared): State<Arc<Shared>>, Name(id): Name, By(actor): By) -> Answer {
    let directory = &shared.directory;
    let Some(row) = directory.failed_event(&id).await? else {
        return Err(Problem::not_found("No failed event of this id is kept; it may have been made up for meanwhile."));
    };
    let request_id = actor.request_id.clone();
    let Some(mut response) = scim::try_again(&shared, &row, actor).await else {
        let detail = "This message was not kept whole, so it cannot be tried again here: \
                      mend what its detail says, then have the identity provider send it again.";
        return Err(Problem::plain(StatusCode::CONFLICT, detail));
    };
    let status = response.status().as_u16();
    if let Some(Fault(cause)) = response.extensions_mut().remove() {
        tracing::error!(request_id, status, cause, "a message could not be tried again");
    }
    settle(directory, &row, response.status()).await?;
    let text = axum::body::to_bytes(response.into_body(), ANSWER_BYTES_MAX).await.unwrap_or_default();
    Ok(plain_json(StatusCode::OK, &Retried { status, body: serde_json::from_slice(&text).ok() }))
}

/// One message is one event: when it failed otherwise than before, the event of that stands for it.
async fn settle(directory: &Directory, row: &FailedRow, status: StatusCode) -> Result<(), Problem> {
    let id = row.id.to_string();
    let is_over = if scim::is_kept(status.as_u16()) {
        directory.failed_event(&id).await?.is_some_and(|now| now.event == row.event)
    } else {
        status.is_success()
    };
    if is_over {
        directory.forget_failed(&id).await?;
    }
    Ok(())
}
