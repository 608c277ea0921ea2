//! `/access/v1`: what applications and administrators ask (api.md, "Access API").
//!
//! | path | methods | scope |
//! |---|---|---|
//! | `/users` (filter, tenant, role, managed, cursor, count) | GET | Access |
//! | `/users/{id or userName}` | GET | Access |
//! | `/users/{id or userName}/explain` (tenant, role) | GET | Access |
//! | `/changes` (since, wait, count) | GET | Access |
//! | `/plan` (count) | POST | Access: it writes nothing |
//! | `/syncs` | GET, POST | Access, Admin |
//! | `/syncs/{name}`, `/syncs/{name}/changes` (cursor, count) | GET | Access |
//! | `/audit` (since, user, operation, count) | GET | Admin |
//! | `/failed-events` (cursor, count) | GET | Admin |
//! | `/failed-events/{id}/retry` | POST | Admin |
//! | `/manual-grants`, `/manual-grants/{id}` | POST, DELETE | Admin |

mod audit;
mod change;
mod explain;
mod failed_event;
mod manual_grant;
mod plan;
mod sync;
mod user;

use super::body;
use super::gate::Caller;
use super::problem::Problem;
use super::query::Query;
use super::shared::Shared;
use crate::directory::Actor;
use axum::Router;
use axum::extract::{FromRequestParts, Path, Request};
use axum::http::request::Parts;
use axum::response::Response;
use axum::routing::{delete, get, post};
use serde::de::DeserializeOwned;
use std::sync::Arc;

type Answer = Result<Response, Problem>;

/// How much a page has of what is listed.
const COUNT_DEFAULT: u64 = 100;
const COUNT_MAX: u64 = 1_000;

/// The routes, with their full paths.
pub(crate) fn routes() -> Router<Arc<Shared>> {
    let v1 = Router::new()
        .route("/users", get(user::list))
        .route("/users/{who}", get(user::read))
        .route("/users/{who}/explain", get(explain::explain))
        .route("/changes", get(change::list))
        .route("/plan", post(plan::plan))
        .route("/syncs", get(sync::list).post(sync::request))
        .route("/syncs/{name}", get(sync::read))
        .route("/syncs/{name}/changes", get(sync::changes))
        .route("/audit", get(audit::list))
        .route("/failed-events", get(failed_event::list))
        .route("/failed-events/{id}/retry", post(failed_event::retry))
        .route("/manual-grants", post(manual_grant::make))
        .route("/manual-grants/{id}", delete(manual_grant::end));
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

/// The query string.
struct Asked(Query);

impl FromRequestParts<Arc<Shared>> for Asked {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &Arc<Shared>) -> Result<Self, Problem> {
        Query::parse(parts.uri.query()).map(Self).map_err(|error| Problem::bad_request(error.to_string()))
    }
}

impl Asked {
    /// How much of a list is asked for.
    fn count(&self) -> Result<u64, Problem> {
        self.0.count(COUNT_DEFAULT, 1..=COUNT_MAX).map_err(Problem::bad_request)
    }
}

/// Who asks.
struct By(Actor);

impl FromRequestParts<Arc<Shared>> for By {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &Arc<Shared>) -> Result<Self, Problem> {
        match parts.extensions.remove() {
            Some(Caller(actor)) => Ok(Self(actor)),
            None => Err(Problem::internal(super::answer::Fault("a route is not behind the gate".to_owned()))),
        }
    }
}

/// The body of a request as what it should be; a refusal says where it is not.
async fn read_body<T: DeserializeOwned>(shared: &Shared, request: Request, what: &str) -> Result<T, Problem> {
    let (parts, sent) = request.into_parts();
    let sent = body::read_json(shared, &parts.headers, sent, shared.limits.user_body_bytes_max).await?;
    serde_path_to_error::deserialize(sent.value)
        .map_err(|error| Problem::bad_request(format!("The body is not a {what}: {error}")))
}
