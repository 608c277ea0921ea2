//! `/access/v1`: what applications and administrators ask (api.md, "Access API").
//!
//! | path | methods | scope |
//! |---|---|---|
//! | `/users` (filter, tenant, role, managed, cursor, count) | GET | Access |
//! | `/users/{id or userName}` | GET | Access |
//! | `/syncs` | GET, POST | Access, Admin |
//! | `/syncs/{name}` | GET | Access |

mod sync;
mod user;

use super::problem::Problem;
use super::shared::Shared;
use axum::Router;
use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use axum::response::Response;
use axum::routing::get;
use std::sync::Arc;

type Answer = Result<Response, Problem>;

/// The routes, with their full paths.
pub(crate) fn routes() -> Router<Arc<Shared>> {
    let v1 = Router::new()
        .route("/users", get(user::list))
        .route("/users/{who}", get(user::read))
        .route("/syncs", get(sync::list).post(sync::request))
        .route("/syncs/{name}", get(sync::read));
    Router::new().nest("/access/v1", v1)
}

/// The name in a path; one that is not UTF-8 is the name of nothing. Shared with the admin API.
pub(super) struct Name(pub(super) String);

impl FromRequestParts<Arc<Shared>> for Name {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, shared: &Arc<Shared>) -> Result<Self, Problem> {
        match Path::<String>::from_request_parts(parts, shared).await {
            Ok(Path(name)) => Ok(Self(name)),
            Err(_) => Err(Problem::not_found("The name in the path is not percent-encoded UTF-8.")),
        }
    }
}
