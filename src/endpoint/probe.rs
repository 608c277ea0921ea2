//! `/healthz` and `/readyz`, on every listener and without a token; `/metrics` on the metrics listener only.

use super::shared::Shared;
use crate::telemetry::OPENMETRICS;
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use std::sync::Arc;
use std::time::Duration;

/// How long a scrape waits for what only the store knows.
const STORE_TIMEOUT: Duration = Duration::from_secs(2);

/// The probes.
pub(crate) fn routes() -> Router<Arc<Shared>> {
    Router::new().route("/healthz", get(healthy)).route("/readyz", get(ready))
}

/// `/metrics`.
pub(crate) fn metrics_routes() -> Router<Arc<Shared>> {
    Router::new().route("/metrics", get(metrics))
}

async fn healthy() -> &'static str {
    "ok\n"
}

/// 200 only while a configuration of this directory is in force. Says nothing else: the public port shows this too.
async fn ready(State(shared): State<Arc<Shared>>) -> Response {
    if shared.ready() {
        (StatusCode::OK, "ready\n").into_response()
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "not ready: no configuration is in force\n").into_response()
    }
}

async fn metrics(State(shared): State<Arc<Shared>>) -> Response {
    let in_force = shared.directory.in_force();
    let held = in_force.enforced.held.as_ref().map_or(0, |held| held.rules.len() + usize::from(held.roles));
    shared.metrics.standing(in_force.revision, shared.ready(), held);
    shared.metrics.revoked_by_provider(shared.directory.revoked_by_provider());
    // Without a store that answers there is still everything that this process counts itself.
    if let Ok(Ok(failed)) = tokio::time::timeout(STORE_TIMEOUT, shared.directory.failed_count()).await {
        shared.metrics.failed_events(failed);
    }
    ([(CONTENT_TYPE, OPENMETRICS)], shared.metrics.render()).into_response()
}
