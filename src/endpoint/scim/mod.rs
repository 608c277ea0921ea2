//! `/scim/v2` in front of the directory's use cases. RFC 7644 §3, §4; interop.md §6 for the answers.
//!
//! | path | methods |
//! |---|---|
//! | `/Users`, `/Groups` | GET (filter, startIndex, count, attributes, excludedAttributes), POST |
//! | `/Users/{id}`, `/Groups/{id}` | GET, PUT, PATCH, DELETE |
//! | `/ServiceProviderConfig`, `/Schemas`, `/Schemas/{urn}`, `/ResourceTypes`, `/ResourceTypes/{name}` | GET |
//! | `/Bulk`, `/Me`, `/.search`, `/Users/.search`, `/Groups/.search` | 501 |
//!
//! This room turns HTTP into use cases and back; what SCIM means is in `crate::scim` and `crate::directory`.

mod call;
mod discovery;
mod failure;
mod group;
mod respond;
mod user;

pub(crate) use failure::Failure;

use super::shared::Shared;
use axum::Router;
use axum::response::Response;
use axum::routing::{any, get};
use std::sync::Arc;

type Answer = Result<Response, Failure>;

/// The routes, with their full paths.
pub(crate) fn routes() -> Router<Arc<Shared>> {
    let v2 = Router::new()
        .route("/Users", get(user::list).post(user::create))
        .route("/Users/{id}", get(user::read).put(user::replace).patch(user::patch).delete(user::delete))
        .route("/Groups", get(group::list).post(group::create))
        .route("/Groups/{id}", get(group::read).put(group::replace).patch(group::patch).delete(group::delete))
        .route("/ServiceProviderConfig", get(discovery::service_provider_config))
        .route("/Schemas", get(discovery::schemas))
        .route("/Schemas/{urn}", get(discovery::schema))
        .route("/ResourceTypes", get(discovery::resource_types))
        .route("/ResourceTypes/{name}", get(discovery::resource_type))
        .route("/Bulk", any(not_served))
        .route("/Me", any(not_served))
        .route("/.search", any(not_served))
        .route("/Users/.search", any(not_served))
        .route("/Groups/.search", any(not_served));
    Router::new().nest("/scim/v2", v2)
}

async fn not_served() -> Failure {
    Failure::from(crate::scim::Error::not_implemented(
        "This part of SCIM is not served; /ServiceProviderConfig lists what is.",
    ))
}
