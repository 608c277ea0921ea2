//! `GET /sso/callback`: a person comes back from the provider (RFC 6749 §4.1.2, OpenID Connect Core §3.1.2.5).
//!
//! First whether this browser began it (state), then the exchange, then the ID token, then the directory. Whatever
//! comes of it, a sign-in ends once.

use super::claims::{Expected, TokenFault, has_mapping, verified, vouched};
use super::cookie::Cookie;
use super::discovery::Metadata;
use super::exchange::{Exchange, exchange};
use super::failure::Failure;
use super::keys::Claims;
use super::login::Attempt;
use super::{Served, known_error, redirect, session};
use crate::directory::{Actor, SignInRefusal, SignedIn};
use crate::endpoint::answer::Fault;
use crate::endpoint::gate::Caller;
use crate::endpoint::query::Query;
use crate::endpoint::shared::Shared;
use crate::telemetry::SignInOutcome;
use aws_lc_rs::constant_time::verify_slices_are_equal;
use axum::extract::{Extension, RawQuery, State};
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use std::sync::Arc;

/// 303 to the page that was asked for; a page of its own where the person may not come in.
pub(super) async fn end(
    State(shared): State<Arc<Shared>>,
    Extension(Caller(actor)): Extension<Caller>,
    RawQuery(raw): RawQuery,
    headers: HeaderMap,
) -> Response {
    let query = Query::parse(raw.as_deref()).unwrap_or_default();
    let (over, result) = match Returned::read(&shared, &query, &headers) {
        Ok(returned) => {
            let result = returned.complete(&shared, &actor).await;
            (Cookie::Login.end(&returned.served.place), result)
        }
        // It was not begun in this browser: what may be under way there is somebody else's and goes on.
        Err(failure) => (None, Err(failure)),
    };
    let mut response = match result {
        Ok(response) => {
            shared.metrics.sign_in(SignInOutcome::SignedIn);
            response
        }
        Err(failure) => {
            shared.metrics.sign_in(failure.outcome());
            let (request_id, code, cause) = (&actor.request_id, failure.code(), failure.cause());
            tracing::info!(request_id, code, cause, "sign-in refused");
            failure.into_response()
        }
    };
    if let Some(cookie) = over {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    response
}

/// A return to a sign-in that was begun in this browser, with a code or an error.
struct Returned {
    served: Served,
    attempt: Attempt,
    code: Result<String, &'static str>,
}

impl Returned {
    fn read(shared: &Shared, query: &Query, headers: &HeaderMap) -> Result<Self, Failure> {
        let served = Served::of(shared)?;
        let key = shared.directory.secret();
        let attempt: Option<Attempt> = Cookie::Login.read(key, &served.place, headers, Timestamp::now());
        let said = query.get("state").unwrap_or_default();
        let ours = |attempt: &Attempt| verify_slices_are_equal(attempt.state.as_bytes(), said.as_bytes()).is_ok();
        // Who answers for another provider than the one asked is not listened to (RFC 9207 §2.4).
        let from_issuer = query.get("iss").is_none_or(|issuer| issuer == served.sign_in.issuer);
        let is_by_this = |attempt: &Attempt| from_issuer && attempt.is_by(&served.sign_in);
        let Some(attempt) = attempt.filter(ours).filter(is_by_this) else {
            return Err(Failure::expired(&served.place));
        };
        let code = match (query.get("error"), query.get("code")) {
            (None, Some(code)) => Ok(code.to_owned()),
            (error, _) => Err(known_error(error.unwrap_or_default())),
        };
        Ok(Self { served, attempt, code })
    }

    async fn complete(&self, shared: &Shared, actor: &Actor) -> Result<Response, Failure> {
        let Served { sign_in, place } = &self.served;
        let code = self.code.as_ref().map_err(|&error| Failure::of_provider(error, place))?;
        let not_ready = |reason| Failure::unavailable(reason, place);
        let metadata = shared.provider.metadata(&shared.directory, sign_in).await.map_err(not_ready)?;
        let secret = shared.provider.client_secret(sign_in).await.map_err(not_ready)?;
        let asked = Exchange {
            code,
            verifier: &self.attempt.verifier,
            redirect_uri: &place.redirect_uri(),
            client_id: &sign_in.client_id,
            secret: secret.as_ref(),
        };
        let turn = shared.provider.turn().ok_or_else(|| Failure::busy(place))?;
        let exchanged = exchange(&metadata, &asked).await;
        drop(turn);
        let token = exchanged.map_err(|error| Failure::of_exchange(&error, place))?;
        let claims = self.claims(shared, &metadata, &token).await;
        let claims = claims.map_err(|fault| Failure::of_token(fault, place))?;
        shared.provider.mapped(&shared.directory, sign_in, has_mapping(sign_in, &claims));
        let vouched =
            vouched(sign_in, &claims).ok_or_else(|| Failure::refused(&SignInRefusal::IdentityMappingMissing, place))?;
        let answer = shared.directory.sign_in(&vouched, actor).await?;
        let signed_in = answer.map_err(|refusal| Failure::refused(&refusal, place))?;
        self.enter(shared, actor, &signed_in)
    }

    /// What the token claims; where no known key signed it, the provider may have a new one.
    async fn claims(&self, shared: &Shared, metadata: &Arc<Metadata>, token: &str) -> Result<Claims, TokenFault> {
        let sign_in = &self.served.sign_in;
        let expected = Expected {
            issuer: &sign_in.issuer,
            client_id: &sign_in.client_id,
            nonce: &self.attempt.nonce,
            now: Timestamp::now(),
        };
        match verified(token, &metadata.keys, &expected) {
            Err(TokenFault::UnknownKey) => {
                let renewed = shared.provider.with_new_keys(sign_in, metadata).await;
                verified(token, &renewed.keys, &expected)
            }
            decided => decided,
        }
    }

    fn enter(&self, shared: &Shared, actor: &Actor, signed_in: &SignedIn) -> Result<Response, Failure> {
        let place = &self.served.place;
        let cookie = session::cookie(shared, place, signed_in);
        let cookie = cookie.ok_or_else(|| Failure::internal(Fault("no cipher for a session".to_owned())))?;
        let mut response = redirect(StatusCode::SEE_OTHER, &place.path(&self.attempt.page))?;
        response.headers_mut().append(SET_COOKIE, cookie);
        let SignedIn { id: _, user_name: _, session: _, onboarded, reenabled } = signed_in;
        tracing::info!(request_id = actor.request_id, onboarded, reenabled, "signed in");
        Ok(response)
    }
}
