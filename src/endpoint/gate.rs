//! The gate in front of every route: request id, token, scope, time limit, panics, metrics, headers.
//!
//! Order (B114, B122): a head that is too long (431), then 401, then 403, both decided by the path's prefix before
//! routing and body; then what the router says (404, 405), then the media type (415), then whether the directory is
//! open (503), then the body. `/sso` and `/console` ask for no token: there people prove who they are, and errors are
//! pages that let nothing in from elsewhere.
//! Never in a log line: the token, the query, the body, the text of a 4xx (it may name a person).

use super::answer::{Fault, INTERNAL_DETAIL};
use super::area::{Area, Target};
use super::problem::Problem;
use super::request_id;
use super::scim::Failure;
use super::shared::Shared;
use super::sso;
use crate::config::Scope;
use crate::directory::{Actor, Token};
use crate::scim;
use crate::telemetry::AuthFailure;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::header::{
    AUTHORIZATION, CACHE_CONTROL, CONNECTION, CONTENT_SECURITY_POLICY, REFERRER_POLICY, WWW_AUTHENTICATE,
    X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures::FutureExt;
use std::net::SocketAddr;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Instant;

/// Bytes of a bearer value; ours have 65.
const BEARER_BYTES_MAX: usize = 512;

/// One listener's gate.
#[derive(Clone)]
pub(crate) struct Door {
    /// What all listeners share.
    pub(crate) shared: Arc<Shared>,
    /// The area of paths that no prefix claims.
    pub(crate) home: Area,
    /// Whether the connection itself has proved who calls (mutual TLS): then no token is asked for.
    pub(crate) trusted: bool,
}

/// Who was let in; in the extensions of every request behind the gate.
#[derive(Debug, Clone)]
pub(crate) struct Caller(pub(crate) Actor);

/// The middleware.
pub(crate) async fn gate(
    State(door): State<Door>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    mut request: Request,
    next: Next,
) -> Response {
    let began = Instant::now();
    let request_id = request_id::of(request.headers());
    let target = Target::of(request.method(), request.uri().path(), door.home);
    let admitted = door.admit(target, request.headers());
    let is_admitted = admitted.is_ok();
    let mut response = match admitted {
        Ok(token) => {
            let token_id = token.map(|token| token.token_id).unwrap_or_default();
            let source = peer.ip().to_canonical().to_string();
            request.extensions_mut().insert(Caller(Actor { token_id, request_id: request_id.clone(), source }));
            door.answer(target.area, next.run(request)).await
        }
        Err(refusal) => refusal.answer(target.area),
    };
    if !is_admitted {
        let (status, source) = (response.status().as_u16(), peer.ip().to_canonical());
        tracing::debug!(request_id, status, %source, "not let in");
    } else if target.area != Area::Probe {
        door.record(target, &request_id, &mut response, began);
    }
    finish(response.headers_mut(), &request_id);
    if target.area.is_for_people() {
        close_off(response.headers_mut());
    }
    if door.shared.draining.is_cancelled() {
        // Whoever keeps this connection makes its next one, which goes to another replica.
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

impl Door {
    fn admit(&self, target: Target, headers: &HeaderMap) -> Result<Option<Token>, Refusal> {
        let bytes = headers.iter().map(|(name, value)| name.as_str().len() + value.len());
        if bytes.sum::<usize>() > self.shared.limits.head_bytes_max {
            return Err(Refusal::LongHead(self.shared.limits.head_bytes_max));
        }
        if target.area == Area::Probe || self.trusted {
            return Ok(None);
        }
        let metrics = &self.shared.metrics;
        let value = match target.area.is_for_people() {
            true => None,
            false => {
                let sent = bearer(headers).inspect_err(|reason| metrics.auth_failure(*reason));
                Some(sent.map_err(Refusal::Token)?)
            }
        };
        // Without a configuration nobody can be told that a token is wrong: providers give up on a 401.
        if !self.shared.may_serve() {
            return Err(Refusal::NotConfigured);
        }
        // A token may have been revoked elsewhere meanwhile.
        if !self.shared.directory.is_current() {
            return Err(Refusal::NotCurrent);
        }
        let Some(value) = value else { return Ok(None) };
        let Some(token) = self.shared.directory.authenticate(value) else {
            metrics.auth_failure(AuthFailure::Invalid);
            return Err(Refusal::Token(AuthFailure::Invalid));
        };
        if !target.admits(token.scope) {
            metrics.auth_failure(AuthFailure::Scope);
            return Err(Refusal::Scope(token.scope));
        }
        Ok(Some(token))
    }

    /// Runs the route within its time, whatever it does.
    async fn answer(&self, area: Area, route: impl Future<Output = Response>) -> Response {
        let limit = self.shared.limits.request_timeout;
        match tokio::time::timeout(limit, AssertUnwindSafe(route).catch_unwind()).await {
            Ok(Ok(response)) => response,
            Ok(Err(_)) => {
                self.shared.metrics.panicked();
                internal(area, Fault("the request ended in a panic".to_owned()))
            }
            Err(_) => unavailable(area, "The request took too long; whether it was carried out is not known."),
        }
    }

    fn record(&self, target: Target, request_id: &str, response: &mut Response, began: Instant) {
        let status = response.status().as_u16();
        let (op, resource) = (target.operation, target.resource);
        match target.area {
            Area::Scim => {
                self.shared.metrics.scim_request(op, resource, status, began.elapsed());
                if target.is_provisioning() && (400..500).contains(&status) {
                    self.shared.directory.count_refusal();
                }
            }
            Area::Access => self.shared.metrics.access_request(op, resource, status),
            Area::Admin | Area::Probe | Area::Sso | Area::Console => {}
        }
        let (op, resource) = (op.as_str(), resource.as_str());
        if let Some(Fault(cause)) = response.extensions_mut().remove() {
            tracing::error!(request_id, op, resource, status, cause, "request failed");
        } else if status >= 400 {
            tracing::info!(request_id, op, resource, status, "request refused");
        } else {
            tracing::debug!(request_id, op, resource, status, "request answered");
        }
    }
}

/// Why somebody was not let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Refusal {
    Token(AuthFailure),
    Scope(Scope),
    NotConfigured,
    NotCurrent,
    /// Bytes that are taken.
    LongHead(usize),
}

impl Refusal {
    fn answer(self, area: Area) -> Response {
        let (status, challenge, detail) = match self {
            Self::NotConfigured => {
                return unavailable(area, "This endpoint has no configuration yet; try again later.");
            }
            Self::NotCurrent => {
                return unavailable(area, "The endpoint's database is not available: nobody can be let in for now.");
            }
            Self::LongHead(max) => {
                let detail = format!("The request's headers have more than {max} bytes, which is what is read here.");
                return refuse(area, StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, detail);
            }
            Self::Token(AuthFailure::Missing) => (
                StatusCode::UNAUTHORIZED,
                r#"Bearer realm="scim-operator""#,
                "No token was sent: set the header `Authorization: Bearer <apiKey>`.".to_owned(),
            ),
            Self::Token(AuthFailure::Malformed) => (
                StatusCode::UNAUTHORIZED,
                r#"Bearer realm="scim-operator", error="invalid_request""#,
                "The Authorization header must be `Bearer`, one space and the token's value.".to_owned(),
            ),
            Self::Token(_) => (
                StatusCode::UNAUTHORIZED,
                r#"Bearer realm="scim-operator", error="invalid_token""#,
                "The token is unknown, expired or revoked: give the provider the `apiKey` of a current one.".to_owned(),
            ),
            Self::Scope(scope) => (
                StatusCode::FORBIDDEN,
                r#"Bearer realm="scim-operator", error="insufficient_scope""#,
                format!("A token of scope {scope:?} may not do this: {}.", needed(area)),
            ),
        };
        let mut response = refuse(area, status, detail);
        response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
        response
    }
}

fn needed(area: Area) -> &'static str {
    match area {
        Area::Probe | Area::Scim | Area::Sso | Area::Console => "only Scim may",
        Area::Access => "reading access needs Access or Admin, the rest Admin",
        Area::Admin => "no token opens the admin API",
    }
}

/// The value of `Authorization: Bearer <value>` (RFC 6750 §2.1); the scheme in any case.
fn bearer(headers: &HeaderMap) -> Result<&str, AuthFailure> {
    let mut sent = headers.get_all(AUTHORIZATION).iter();
    let (Some(only), None) = (sent.next(), sent.next()) else {
        let any = headers.contains_key(AUTHORIZATION);
        return Err(if any { AuthFailure::Malformed } else { AuthFailure::Missing });
    };
    let (scheme, value) = only.to_str().ok().and_then(|text| text.split_once(' ')).ok_or(AuthFailure::Malformed)?;
    let value = value.trim_matches(' ');
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+/=".contains(&byte);
    let good = scheme.eq_ignore_ascii_case("bearer")
        && !value.is_empty()
        && value.len() <= BEARER_BYTES_MAX
        && value.bytes().all(is_token);
    if good { Ok(value) } else { Err(AuthFailure::Malformed) }
}

/// A refusal in the area's own form of errors.
fn refuse(area: Area, status: StatusCode, detail: String) -> Response {
    match area {
        Area::Scim | Area::Probe => Failure::from(scim::Error::plain(status.as_u16(), detail)).into_response(),
        Area::Access | Area::Admin => Problem::plain(status, detail).into_response(),
        Area::Sso | Area::Console => sso::page(status, &detail),
    }
}

fn unavailable(area: Area, detail: &str) -> Response {
    match area {
        Area::Scim | Area::Probe => Failure::unavailable(detail).into_response(),
        Area::Access | Area::Admin => Problem::unavailable(detail).into_response(),
        Area::Sso | Area::Console => sso::page(StatusCode::SERVICE_UNAVAILABLE, detail),
    }
}

fn internal(area: Area, fault: Fault) -> Response {
    match area {
        Area::Scim | Area::Probe => Failure::internal(fault).into_response(),
        Area::Access | Area::Admin => Problem::internal(fault).into_response(),
        Area::Sso | Area::Console => {
            let mut response = sso::page(StatusCode::INTERNAL_SERVER_ERROR, INTERNAL_DETAIL);
            response.extensions_mut().insert(fault);
            response
        }
    }
}

fn finish(headers: &mut HeaderMap, request_id: &str) {
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if let Ok(value) = HeaderValue::from_str(request_id) {
        headers.insert(request_id::HEADER, value);
    }
}

/// What a page may do: show itself with our own stylesheet, and send a form back here. No other site frames it or
/// learns where people came from.
const CONTENT_POLICY: &str =
    "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

fn close_off(headers: &mut HeaderMap) {
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(CONTENT_POLICY));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
}

/// What a listener says to an unknown path.
pub(crate) fn unknown_path(home: Area, request: &Request) -> Response {
    refuse(Area::of(request.uri().path(), home), StatusCode::NOT_FOUND, "Nothing is served at this path.".to_owned())
}

/// What a listener says to a method that a known path does not serve; the router adds `Allow`.
pub(crate) fn unknown_method(home: Area, request: &Request) -> Response {
    let detail = format!("{} is not served at this path; the header Allow lists what is.", request.method());
    refuse(Area::of(request.uri().path(), home), StatusCode::METHOD_NOT_ALLOWED, detail)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::directory::{Directory, Settings};
    use crate::endpoint::{Limits, SignInSettings};
    use crate::telemetry::Metrics;
    use axum::http::Method;
    use std::time::Duration;
    use tokio::sync::Semaphore;
    use tokio_util::sync::CancellationToken;

    fn authorization(values: &[&'static str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(AUTHORIZATION, HeaderValue::from_static(value));
        }
        headers
    }

    #[test]
    fn ok_a_bearer_value_in_any_case_of_the_scheme() {
        for sent in ["Bearer scim_a_b-c", "bearer scim_a_b-c", "BEARER  scim_a_b-c "] {
            assert_eq!(bearer(&authorization(&[sent])), Ok("scim_a_b-c"), "{sent}");
        }
    }

    #[test]
    fn err_anything_else() {
        assert_eq!(bearer(&HeaderMap::new()), Err(AuthFailure::Missing));
        for sent in ["", "Bearer", "Bearer ", "Basic dTpw", "scim_a_b", "Bearer a b", "Bearer a,b", "Bearer \u{e9}"] {
            let mut headers = HeaderMap::new();
            headers.insert(AUTHORIZATION, HeaderValue::from_str(sent).unwrap());
            assert_eq!(bearer(&headers), Err(AuthFailure::Malformed), "{sent}");
        }
        let two = authorization(&["Bearer a", "Bearer b"]);
        assert_eq!(bearer(&two), Err(AuthFailure::Malformed), "two values could be read as either");
        let mut long = HeaderMap::new();
        long.insert(AUTHORIZATION, HeaderValue::from_str(&format!("Bearer {}", "a".repeat(513))).unwrap());
        assert_eq!(bearer(&long), Err(AuthFailure::Malformed));
    }

    async fn door(limits: Limits) -> (Door, tempfile::TempDir) {
        let folder = tempfile::tempdir().unwrap();
        let directory = Directory::open(Settings::new(folder.path())).await.unwrap();
        let shared = Shared {
            directory,
            metrics: Arc::new(Metrics::new()),
            large_bodies: Arc::new(Semaphore::new(limits.large_bodies_max)),
            limits,
            draining: CancellationToken::new(),
            stopping: CancellationToken::new(),
            mounted: arc_swap::ArcSwap::default(),
            prepared: None,
            provider: sso::Provider::new(SignInSettings::default()),
        };
        (Door { shared: Arc::new(shared), home: Area::Scim, trusted: false }, folder)
    }

    #[tokio::test]
    async fn a_panic_is_500_is_counted_and_says_nothing_of_itself() {
        let (door, _folder) = door(Limits::default()).await;
        for area in [Area::Scim, Area::Access] {
            let response = door.answer(area, async { panic!("about ana@example.com") }).await;
            assert_eq!(response.status(), 500);
            assert!(response.extensions().get::<Fault>().is_some(), "the log is told");
            let body = axum::body::to_bytes(response.into_body(), 10_000).await.unwrap();
            assert!(!String::from_utf8_lossy(&body).contains("ana"));
        }
        assert!(door.shared.metrics.render().contains("scim_panics_total 2"));
    }

    #[tokio::test]
    async fn a_route_that_does_not_end_is_given_up() {
        let (door, _folder) = door(Limits { request_timeout: Duration::from_millis(5), ..Limits::default() }).await;
        let response = door.answer(Area::Scim, std::future::pending()).await;
        assert_eq!((response.status().as_u16(), &response.headers()["retry-after"]), (503, &"30".parse().unwrap()));
    }

    #[tokio::test]
    async fn headers_that_are_too_long_are_refused_before_anything_else() {
        let (door, _folder) = door(Limits { head_bytes_max: 10, ..Limits::default() }).await;
        let target = Target::of(&Method::GET, "/scim/v2/Users", Area::Scim);
        let admitted = |value: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert("x-long", HeaderValue::from_static(value));
            door.admit(target, &headers).err()
        };
        assert_eq!(admitted("1234"), Some(Refusal::Token(AuthFailure::Missing)));
        assert_eq!(admitted("12345"), Some(Refusal::LongHead(10)));
        assert_eq!(Refusal::LongHead(10).answer(Area::Access).status(), 431);
    }

    #[test]
    fn b031_a_refusal_says_what_to_do_in_the_form_of_its_area() {
        let response = Refusal::Token(AuthFailure::Invalid).answer(Area::Scim);
        assert_eq!(response.status(), 401);
        assert_eq!(response.headers()["content-type"], "application/scim+json");
        let response = Refusal::Token(AuthFailure::Missing).answer(Area::Access);
        assert_eq!(response.headers()["content-type"], "application/problem+json");
        assert_eq!(response.headers()["www-authenticate"], "Bearer realm=\"scim-operator\"");
        let response = Refusal::NotConfigured.answer(Area::Console);
        assert_eq!(response.headers()["content-type"], "text/html; charset=utf-8");
        assert_eq!((response.status().as_u16(), &response.headers()["retry-after"]), (503, &"30".parse().unwrap()));
        let response = Refusal::NotConfigured.answer(Area::Scim);
        assert_eq!((response.status().as_u16(), &response.headers()["retry-after"]), (503, &"30".parse().unwrap()));
    }
}
