//! `/scim/v2` in front of the directory's use cases. RFC 7644 §3, §4; interop.md §6 for the answers.
//!
//! | path | methods |
//! |---|---|
//! | `/Users`, `/Groups`, `/{type}` | GET (filter, sortBy, startIndex or cursor, count, attributes, …), POST |
//! | `/Users/{id}`, `/Groups/{id}`, `/{type}/{id}` | GET, PUT, PATCH, DELETE |
//! | `/Groups/{id}/members` | GET (cursor, count) |
//! | `/` | GET |
//! | `/.search`, `/Users/.search`, `/Groups/.search`, `/{type}/.search` | POST |
//! | `/Bulk` | POST |
//! | `/ServiceProviderConfig`, `/Schemas`, `/Schemas/{urn}`, `/ResourceTypes`, `/ResourceTypes/{name}` | GET |
//! | `/Me` | 501 |
//!
//! `/Me` is whom a request is made for; a token is a directory's, not a person's. This room turns HTTP into use cases
//! and back; what SCIM means is in `crate::scim` and `crate::directory`.

mod bulk;
mod call;
mod cursor;
mod discovery;
mod failed;
mod failure;
mod group;
mod members;
mod precondition;
mod resource;
mod respond;
mod search;
mod user;

pub(crate) use failed::{is_kept, try_again};
pub(crate) use failure::Failure;

use super::shared::Shared;
use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::response::Response;
use axum::routing::{any, get, post};
use std::sync::Arc;

type Answer = Result<Response, Failure>;

/// The routes, with their full paths. What cannot be applied of all that is written through them is kept.
pub(crate) fn routes(shared: &Arc<Shared>) -> Router<Arc<Shared>> {
    let v2 = Router::new()
        .route("/", get(search::root))
        .route("/.search", post(search::all))
        .route("/Bulk", post(bulk::bulk))
        .route("/Me", any(me))
        .route("/Users", get(user::list).post(user::create))
        .route("/Users/.search", post(search::users))
        .route("/Users/{id}", get(user::read).put(user::replace).patch(user::patch).delete(user::delete))
        .route("/Groups", get(group::list).post(group::create))
        .route("/Groups/.search", post(search::groups))
        .route("/Groups/{id}", get(group::read).put(group::replace).patch(group::patch).delete(group::delete))
        .route("/Groups/{id}/members", get(members::list))
        .route("/ServiceProviderConfig", get(discovery::service_provider_config))
        .route("/Schemas", get(discovery::schemas))
        .route("/Schemas/{urn}", get(discovery::schema))
        .route("/ResourceTypes", get(discovery::resource_types))
        .route("/ResourceTypes/{name}", get(discovery::resource_type))
        .route("/{type}", any(resource::collection))
        .route("/{type}/{id}", any(resource::one));
    Router::new().nest("/scim/v2", v2).layer(from_fn_with_state(Arc::clone(shared), failed::watch))
}

async fn me() -> Failure {
    Failure::from(crate::scim::Error::not_implemented(
        "/Me is not served: a token belongs to a directory, not to a person. Ask for /Users/<id>.",
    ))
}
