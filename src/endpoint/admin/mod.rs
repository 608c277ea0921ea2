//! `/admin/v1`: the operator's door, on its own listener with mutual TLS; no token opens it.
//!
//! | path | methods |
//! |---|---|
//! | `/config` | GET, PUT |
//! | `/state` (since, wait) | GET |
//! | `/syncs/{uid}` | GET, PUT, DELETE |

mod config;
mod state;
mod sync;

use super::body;
use super::problem::Problem;
use super::shared::Shared;
use axum::Router;
use axum::extract::Request;
use axum::response::Response;
use axum::routing::get;
use serde::de::DeserializeOwned;
use std::sync::Arc;

type Answer = Result<Response, Problem>;

/// The routes, with their full paths.
pub(crate) fn routes() -> Router<Arc<Shared>> {
    let v1 = Router::new()
        .route("/config", get(config::read).put(config::publish))
        .route("/state", get(state::read))
        .route("/syncs/{uid}", get(sync::read).put(sync::request).delete(sync::cancel));
    Router::new().nest("/admin/v1", v1)
}

async fn read_body<T: DeserializeOwned>(shared: &Shared, request: Request, bytes_max: usize) -> Result<T, Problem> {
    let (parts, sent) = request.into_parts();
    let sent = body::read_json(shared, &parts.headers, sent, bytes_max).await?;
    serde_json::from_value(sent.value).map_err(|error| Problem::bad_request(format!("The body does not fit: {error}")))
}
