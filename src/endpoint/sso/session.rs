//! Sessions: who a browser is, and the end of that. The cookie names a person and a session; whether that session still
//! holds is asked of the directory each time, so that `active=false` ends it at once (reading 8).

use super::cookie::Cookie;
use super::failure::Failure;
use super::place::Place;
use super::{Served, redirect};
use crate::directory::{self, Session, SignedIn};
use crate::endpoint::gate::Caller;
use crate::endpoint::shared::Shared;
use axum::extract::{Extension, State};
use axum::http::header::{ORIGIN, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::Response;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use uuid::Uuid;

/// What a session's cookie has in it.
#[derive(Serialize, Deserialize)]
struct Ticket {
    user: String,
    session: Uuid,
}

/// `Set-Cookie` for somebody who has signed in; `None` only when the cipher fails.
pub(super) fn cookie(shared: &Shared, place: &Place, signed_in: &SignedIn) -> Option<HeaderValue> {
    let ticket = Ticket { user: signed_in.id.clone(), session: signed_in.session };
    Cookie::Session.give(shared.directory.secret(), place, &ticket, Timestamp::now())
}

fn ticket(shared: &Shared, place: &Place, headers: &HeaderMap) -> Option<Ticket> {
    Cookie::Session.read(shared.directory.secret(), place, headers, Timestamp::now())
}

/// Who sends a request, while the session holds. A cookie that is not ours, or too old, is nobody's.
pub(crate) async fn current(shared: &Shared, headers: &HeaderMap) -> Result<Option<Session>, directory::Error> {
    let in_force = shared.directory.in_force();
    let Some(document) = &in_force.document else { return Ok(None) };
    let place = Place::of(document.profile.public_url());
    match ticket(shared, &place, headers) {
        Some(Ticket { user, session }) => shared.directory.session(&user, session).await,
        None => Ok(None),
    }
}

/// `POST /sso/logout`: ends every session of the person, and the browser forgets its cookie. 303, also when there was
/// no session.
pub(super) async fn logout(
    State(shared): State<Arc<Shared>>,
    Extension(Caller(actor)): Extension<Caller>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let Served { sign_in: _, place } = Served::of(&shared)?;
    if !is_own_form(&headers, place.origin()) {
        return Err(Failure::of_another_site());
    }
    if let Some(Ticket { user, session }) = ticket(&shared, &place, &headers) {
        shared.directory.sign_out(&user, session, &actor).await?;
    }
    let mut response = redirect(StatusCode::SEE_OTHER, &place.path("/console/signed-out"))?;
    if let Some(cookie) = Cookie::Session.end(&place) {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    Ok(response)
}

/// Whether a form of our own pages was sent. A browser that says nothing of it, or `Origin: null` as ours make it do
/// (`Referrer-Policy: no-referrer`) without encryption, has the cookie's `SameSite` instead.
fn is_own_form(headers: &HeaderMap, origin: &str) -> bool {
    let said = |name: &str| headers.get(name).map(HeaderValue::as_bytes);
    match (said("sec-fetch-site"), said(ORIGIN.as_str())) {
        (Some(site), _) => site == b"same-origin",
        (None, Some(b"null") | None) => true,
        (None, Some(sent)) => sent.eq_ignore_ascii_case(origin.as_bytes()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_form_of_our_own_signs_out() {
        let own = |sent: &[(&'static str, &'static str)]| {
            let mut headers = HeaderMap::new();
            for (name, value) in sent {
                headers.insert(*name, HeaderValue::from_static(value));
            }
            is_own_form(&headers, "https://scim.example.com")
        };
        assert!(own(&[("sec-fetch-site", "same-origin"), ("origin", "null")]));
        assert!(own(&[("origin", "https://scim.example.com")]));
        assert!(own(&[("origin", "null")]) && own(&[]));
        for site in ["cross-site", "same-site", "none", ""] {
            assert!(!own(&[("sec-fetch-site", site), ("origin", "https://scim.example.com")]), "{site}");
        }
        for origin in ["https://evil.example.com", "http://scim.example.com", "https://scim.example.com:444"] {
            assert!(!own(&[("origin", origin)]), "{origin}");
        }
    }
}
