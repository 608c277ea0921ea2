//! `/admin/v1/state`: a long poll for what changed in the store, and whether people can sign in.

use super::Answer;
use crate::endpoint::answer::plain_json;
use crate::endpoint::problem::Problem;
use crate::endpoint::query::Query;
use crate::endpoint::shared::Shared;
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use std::sync::Arc;
use std::time::Duration;

/// `GET /state?since=&wait=`: at once when `since` is absent or old, else after a change, after `wait` (at most 30 s),
/// or when the endpoint is told to stop.
pub(super) async fn read(State(shared): State<Arc<Shared>>, RawQuery(raw): RawQuery) -> Answer {
    let query = Query::parse(raw.as_deref()).map_err(|error| Problem::bad_request(error.to_string()))?;
    let wait = query.wait().map_err(Problem::bad_request)?.min(shared.limits.poll_max);
    let mut state = tokio::select! {
        state = shared.directory.state(query.get("since"), wait) => state?,
        () = shared.draining.cancelled() => shared.directory.state(None, Duration::ZERO).await?,
    };
    state.sign_in = shared.provider.state(&shared.directory);
    Ok(plain_json(StatusCode::OK, &state))
}
