//! `/admin/v1/state`: a long poll for what changed in the store.

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
    let wait = read_wait(query.get("wait")).map_err(Problem::bad_request)?.min(shared.limits.poll_max);
    let state = tokio::select! {
        state = shared.directory.state(query.get("since"), wait) => state?,
        () = shared.draining.cancelled() => shared.directory.state(None, Duration::ZERO).await?,
    };
    Ok(plain_json(StatusCode::OK, &state))
}

/// Seconds, with or without the unit: `30` or `30s`.
fn read_wait(text: Option<&str>) -> Result<Duration, String> {
    let Some(text) = text else { return Ok(Duration::ZERO) };
    let seconds = text.strip_suffix('s').unwrap_or(text).parse::<u32>();
    seconds.map(|seconds| Duration::from_secs(seconds.into())).map_err(|_| "wait is a number of seconds".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_come_with_or_without_their_unit() {
        assert_eq!(read_wait(None), Ok(Duration::ZERO));
        assert_eq!(read_wait(Some("30s")), Ok(Duration::from_secs(30)));
        assert_eq!(read_wait(Some("5")), Ok(Duration::from_secs(5)));
        for text in ["", "s", "-1", "1m", "0.5"] {
            assert!(read_wait(Some(text)).is_err(), "{text}");
        }
    }
}
