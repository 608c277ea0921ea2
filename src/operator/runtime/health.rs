//! The operator's own listener: `/healthz`, `/readyz` and `/metrics`, without a token.
//!
//! `/healthz` answers as long as the process turns; `/readyz` says 503 and what is missing until the CRDs are there
//! and every store has been filled once. Serves from the first moment, also while waiting for CRDs.

use super::Metrics;
use crate::operator::Error;
use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::get;
use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use tokio_util::sync::CancellationToken;

/// What the operator still waits for. Clones share the list.
#[derive(Debug, Clone, Default)]
pub struct Readiness(Arc<Mutex<BTreeSet<String>>>);

impl Readiness {
    /// Replaces the list of what is missing; empty = ready.
    pub fn wait_for(&self, missing: impl IntoIterator<Item = String>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = missing.into_iter().collect();
    }

    /// What is missing, sorted.
    pub fn missing(&self) -> Vec<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }
}

/// Serves until `stop`.
pub async fn serve(
    address: SocketAddr,
    readiness: Readiness,
    metrics: Arc<Metrics>,
    stop: CancellationToken,
) -> Result<(), Error> {
    let listen = |source| Error::Listen { address, source };
    let listener = tokio::net::TcpListener::bind(address).await.map_err(listen)?;
    let bound = listener.local_addr().map_err(listen)?;
    tracing::info!(metrics = %bound, "listening");
    let router = router(readiness, metrics);
    axum::serve(listener, router).with_graceful_shutdown(stop.cancelled_owned()).await.map_err(listen)
}

fn router(readiness: Readiness, metrics: Arc<Metrics>) -> Router {
    Router::new()
        .route("/healthz", get(async || "ok\n"))
        .route("/readyz", get(ready).with_state(readiness))
        .route("/metrics", get(render).with_state(metrics))
}

async fn ready(State(readiness): State<Readiness>) -> impl IntoResponse {
    match readiness.missing().as_slice() {
        [] => (StatusCode::OK, "ok\n".to_owned()),
        missing => (StatusCode::SERVICE_UNAVAILABLE, format!("waiting for {}\n", missing.join(", "))),
    }
}

async fn render(State(metrics): State<Arc<Metrics>>) -> impl IntoResponse {
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(header::CONTENT_TYPE, kind)], metrics.render())
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;
    use axum::http::Request;
    use tower::ServiceExt;

    async fn get(router: Router, path: &str) -> (StatusCode, String) {
        let answer = router.oneshot(Request::get(path).body(Body::empty()).unwrap()).await.unwrap();
        let status = answer.status();
        let body = axum::body::to_bytes(answer.into_body(), 1 << 20).await.unwrap();
        (status, String::from_utf8(body.to_vec()).unwrap())
    }

    #[tokio::test]
    async fn not_ready_names_what_is_missing_and_healthy_all_the_same() {
        let readiness = Readiness::default();
        readiness.wait_for(["CRD rulesyncs".to_owned(), "CRD scimdirectories".to_owned()]);
        let router = router(readiness.clone(), Arc::new(Metrics::default()));
        let (status, body) = get(router.clone(), "/readyz").await;
        assert_eq!((status.as_u16(), body.as_str()), (503, "waiting for CRD rulesyncs, CRD scimdirectories\n"));
        assert_eq!(get(router.clone(), "/healthz").await.0, StatusCode::OK);
        readiness.wait_for([]);
        assert_eq!(get(router, "/readyz").await.0, StatusCode::OK);
    }

    #[tokio::test]
    async fn metrics_end_as_open_metrics_demands() {
        let metrics = Arc::new(Metrics::default());
        metrics.reconciled("directory", "success", std::time::Duration::from_millis(3));
        let (_, body) = get(router(Readiness::default(), metrics), "/metrics").await;
        assert!(body.contains("scim_operator_reconcile_total{controller=\"directory\",result=\"success\"} 1"));
        assert!(body.ends_with("# EOF\n"));
    }
}
