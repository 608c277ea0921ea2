//! What people see in a browser once they have signed in: `/console` (B070, B101, B133).
//!
//! | path | what | who |
//! |---|---|---|
//! | `/console` | My access: who one is here, what one may do, and by what | whoever has a session |
//! | `/console/users` (q, cursor) | User management: everybody, with access | holders of the top role at home |
//! | `/console/signed-out` | says that the session has ended | anybody |
//! | `/console/style.css` | how the pages look | anybody |
//!
//! The pages are HTML and one stylesheet: no script, no image, nothing inline, so that the strictest content policy
//! holds. They only show; the one button that does something ends the session, and belongs to the `sso` room. Whatever
//! stands in a page is escaped where it is filled in.

mod access;
mod page;
mod place;
mod refusal;
mod user;

use super::shared::Shared;
use axum::Router;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use page::{Failed, Link, SignedOut, html};
use place::Place;
pub(super) use place::prefix;
use refusal::Refusal;
use std::sync::Arc;

const STYLE: &str = include_str!("pages/style.css");

/// Title and words of a page where people do not sign in.
pub(super) const NO_SIGN_IN: (&str, &str) = (
    "People do not sign in here",
    "This directory takes users and groups from an identity provider, and nobody signs in to it. To change that, an \
     administrator sets spec.sso.oidc.",
);
/// What a page says while the database does not answer.
pub(super) const UNAVAILABLE: &str = "The directory does not answer at the moment. Try again in half a minute.";

/// Where the stylesheet is seen from a page whose own place is not known: all of them have one segment before them.
const FROM_ANYWHERE: &str = "..";

/// The routes, with their full paths.
pub(crate) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/console", get(access::show))
        .route("/console/users", get(user::list))
        .route("/console/signed-out", get(signed_out))
        .route("/console/style.css", get(style))
}

/// A page that says what went wrong, and what to do; `retry` is where a link "Try again" leads. For whoever has
/// nothing else to show under `/sso` and `/console`.
pub(crate) fn failed(status: StatusCode, title: &str, code: &str, message: &str, retry: Option<&str>) -> Response {
    let link = retry.map(|to| Link { to: to.to_owned(), text: "Try again" });
    html(status, &Failed { root: FROM_ANYWHERE, title, code, message, link })
}

/// `GET /console/signed-out`.
async fn signed_out(State(shared): State<Arc<Shared>>) -> Response {
    let place = Place::of(&shared);
    let page = SignedOut { root: &place.root, tenant: &place.tenant };
    place.answer(if place.is_open { Ok(html(StatusCode::OK, &page)) } else { Err(Refusal::Closed) })
}

/// `GET /console/style.css`.
async fn style() -> Response {
    ([(CONTENT_TYPE, HeaderValue::from_static("text/css; charset=utf-8"))], STYLE).into_response()
}
