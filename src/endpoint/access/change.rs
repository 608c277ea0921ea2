//! `/access/v1/changes`: what happened to people's access, in the order in which it was committed (C006).

use super::{Answer, Asked};
use crate::endpoint::answer::plain_json;
use crate::endpoint::problem::Problem;
use crate::endpoint::shared::Shared;
use axum::extract::State;
use axum::http::StatusCode;
use std::sync::Arc;
use std::time::Duration;

/// `GET /changes?since=&wait=&count=`: at once when there are any, else after the first, after `wait` (at most 30 s),
/// or when the endpoint is told to stop: whoever asks goes on at `next`, wherever that is answered.
pub(super) async fn list(State(shared): State<Arc<Shared>>, asked: Asked) -> Answer {
    let count = asked.count()?;
    let Asked(query) = asked;
    let wait = query.wait().map_err(Problem::bad_request)?.min(shared.limits.poll_max);
    let since = query.get("since");
    let changes = tokio::select! {
        changes = shared.directory.changes(since, wait, count) => changes?,
        () = shared.draining.cancelled() => shared.directory.changes(since, Duration::ZERO, count).await?,
    };
    Ok(plain_json(StatusCode::OK, &changes))
}
