//! Signing in by OpenID Connect: authorization code with proof key, and a session in a sealed cookie (B129, B133).
//!
//! | path | method | what |
//! |---|---|---|
//! | `/sso/login` (return) | GET | to the provider |
//! | `/sso/callback` (code, state, error) | GET | back from it: whom it vouches for is asked of the directory |
//! | `/sso/logout` | POST | ends every session of the person |
//!
//! No token opens these paths, and nothing here touches provisioning: SCIM goes on whatever becomes of the provider
//! (B004). Who may come in is the directory's to decide; this room only makes sure who it is. Never in a log, a page or
//! an error: client secret, codes, tokens, cookies, and what the provider says in its own words.

mod callback;
mod claims;
mod cookie;
mod discovery;
mod exchange;
mod failure;
mod fetch;
mod keys;
mod login;
mod place;
mod provider;
pub(crate) mod session;

pub(crate) use failure::page;
pub(crate) use provider::{Provider, follow};

use super::answer::Fault;
use super::shared::Shared;
use crate::config::SignIn;
use axum::Router;
use axum::http::header::LOCATION;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use failure::Failure;
use place::Place;
use std::sync::Arc;

/// The routes, with their full paths.
pub(crate) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/sso/login", get(login::begin))
        .route("/sso/callback", get(callback::end))
        .route("/sso/logout", post(session::logout))
}

/// What a request is served under, from its beginning to its end.
struct Served {
    sign_in: SignIn,
    place: Place,
}

impl Served {
    fn of(shared: &Shared) -> Result<Self, Failure> {
        let in_force = shared.directory.in_force();
        let Some(document) = &in_force.document else { return Err(crate::directory::Error::NotConfigured.into()) };
        let Some(sign_in) = &document.sign_in else { return Err(Failure::closed()) };
        Ok(Self { sign_in: sign_in.clone(), place: Place::of(document.profile.public_url()) })
    }
}

/// An answer that leads elsewhere.
fn redirect(status: StatusCode, location: &str) -> Result<Response, Failure> {
    match HeaderValue::from_str(location) {
        Ok(location) => Ok((status, [(LOCATION, location)]).into_response()),
        Err(_) => Err(Failure::internal(Fault("an address cannot stand in a header".to_owned()))),
    }
}

/// The words that a provider may say for what is wrong (RFC 6749 §4.1.2.1, §5.2; OpenID Connect Core §3.1.2.6).
const KNOWN_ERRORS: [&str; 17] = [
    "access_denied",
    "account_selection_required",
    "consent_required",
    "interaction_required",
    "invalid_client",
    "invalid_grant",
    "invalid_request",
    "invalid_scope",
    "login_required",
    "registration_not_supported",
    "request_not_supported",
    "request_uri_not_supported",
    "server_error",
    "temporarily_unavailable",
    "unauthorized_client",
    "unsupported_grant_type",
    "unsupported_response_type",
];

/// What the provider said is wrong, where that is a word that is known; nothing else of it is shown or logged.
fn known_error(said: &str) -> &'static str {
    KNOWN_ERRORS.into_iter().find(|known| *known == said).unwrap_or("unknown_error")
}

#[cfg(test)]
mod tests {
    use super::{KNOWN_ERRORS, known_error};

    #[test]
    fn only_words_that_are_known_are_passed_on() {
        assert!(KNOWN_ERRORS.is_sorted());
        assert_eq!(known_error("access_denied"), "access_denied");
        for other in ["", "Access_Denied", "access_denied ", "<script>", "ana@example.com is locked"] {
            assert_eq!(known_error(other), "unknown_error");
        }
    }
}
