//! `/console`: My access.

use super::page::{Access, Person, html};
use super::place::Place;
use super::refusal::Refusal;
use crate::endpoint::shared::Shared;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use std::sync::Arc;

/// `GET /console`.
pub(super) async fn show(State(shared): State<Arc<Shared>>, headers: HeaderMap) -> Response {
    let place = Place::of(&shared);
    let page = page(&shared, &place, &headers).await;
    place.answer(page)
}

async fn page(shared: &Shared, place: &Place, headers: &HeaderMap) -> Result<Response, Refusal> {
    let session = place.session(shared, headers, "/console", None).await?;
    let page = Access {
        root: &place.root,
        tenant: &place.tenant,
        manages_users: session.manages_users,
        on_users: false,
        person: Person::of(&session.view),
    };
    Ok(html(StatusCode::OK, &page))
}
