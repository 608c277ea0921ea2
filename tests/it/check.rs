//! `check` as a process: our own endpoint does all it says in every dialect, and a server that does something wrong is
//! found out, thing by thing.

use crate::support::endpoint::{Endpoint, token};
use crate::support::program::{Outcome, run};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse as _, Response};
use scim_operator::config::{Dialect, Scope};
use serde_json::{Value, json};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

/// Everything that a standard asks for.
const STANDARDS: [&str; 8] = ["--only", "RFC 7643", "--only", "RFC 7644", "--only", "RFC 9865", "--only", "RFC 6750"];

/// A place for the token's file.
struct Key(tempfile::TempDir);

impl Key {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("token"), token(Scope::Scim)).unwrap();
        Self(folder)
    }

    fn path(&self) -> PathBuf {
        self.0.path().join("token")
    }

    /// Checks a server; how the command ended, and its report.
    async fn check(&self, url: &str, more: &[&str]) -> (Outcome, Value) {
        let path = self.path();
        let mut arguments = vec!["check", url, "--token-file", path.to_str().unwrap(), "--output", "json"];
        arguments.extend(more);
        let outcome = run(&arguments).await;
        let report = serde_json::from_str(&outcome.out).unwrap_or(Value::Null);
        assert!(!format!("{outcome:?}").contains(&token(Scope::Scim)), "the token is shown nowhere");
        (outcome, report)
    }
}

async fn endpoint(dialect: Dialect) -> (Endpoint, String) {
    let mut endpoint = Endpoint::start(Vec::new()).await;
    if dialect != Dialect::Auto {
        endpoint.document.profile.dialect = dialect;
        endpoint.publish().await;
    }
    let url = format!("{}/scim/v2", endpoint.public.base);
    (endpoint, url)
}

/// The checks of a report that came out so, with what they say.
fn with_verdict(report: &Value, verdict: &str) -> Vec<String> {
    let rows = report["checks"].as_array().unwrap().iter().filter(|row| row["verdict"] == verdict);
    let told = |row: &Value, name: &str| row[name].as_str().unwrap_or_default().to_owned();
    rows.map(|row| ["id", "expected", "found", "why"].map(|name| told(row, name)).join(" | ")).collect()
}

#[track_caller]
fn assert_good(outcome: &Outcome, report: &Value) {
    let bad = [with_verdict(report, "failed"), with_verdict(report, "error")].concat();
    assert_eq!((bad, &report["left"]), (Vec::new(), &json!([])), "nothing fails, nothing is left");
    assert_eq!(outcome.code, Some(0), "{}", outcome.err);
}

/// Everybody and everything on the server.
async fn everything(endpoint: &Endpoint) -> Vec<Value> {
    let mut out = Vec::new();
    for path in ["/scim/v2/Users", "/scim/v2/Groups"] {
        out.push(endpoint.public.get(path).await.json()["Resources"].clone());
    }
    out
}

#[tokio::test]
async fn our_endpoint_passes_every_check_and_is_left_as_it_was() {
    let (endpoint, url) = endpoint(Dialect::Auto).await;
    let user = endpoint.user("ada@example.com").await;
    endpoint.group("HR-Designers", &[&user]).await;
    let before = everything(&endpoint).await;
    let (outcome, report) = Key::new().check(&url, &[]).await;
    assert_good(&outcome, &report);
    assert!(report["total"]["passed"].as_u64().unwrap() > 250, "{}", report["total"]);
    assert!(report["requests"].as_u64().unwrap() < 900, "{}", report["requests"]);
    let works = |sum: &Value| sum["works"] == json!(true);
    assert!(report["providers"].as_array().unwrap().iter().all(works), "{}", report["providers"]);
    assert_eq!(everything(&endpoint).await, before);
}

#[tokio::test]
async fn our_endpoint_follows_the_standards_in_the_strict_dialect() {
    let (_endpoint, url) = endpoint(Dialect::Strict).await;
    let (outcome, report) = Key::new().check(&url, &STANDARDS).await;
    assert_good(&outcome, &report);
}

#[tokio::test]
async fn every_provider_works_in_its_own_dialect() {
    for (dialect, name) in [
        (Dialect::Entra, "entra"),
        (Dialect::Okta, "okta"),
        (Dialect::OneLogin, "onelogin"),
        (Dialect::JumpCloud, "jumpcloud"),
        (Dialect::PingOne, "pingone"),
        (Dialect::Keycloak, "keycloak"),
    ] {
        let (_endpoint, url) = endpoint(dialect).await;
        let (outcome, report) = Key::new().check(&url, &["--provider", name]).await;
        assert_good(&outcome, &report);
        assert_eq!(report["providers"][0]["provider"], name);
        assert_eq!(report["providers"][0]["works"], true);
    }
}

/// One thing that a server does wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lie {
    /// None: it only passes on.
    Nothing,
    /// The answer to POST has no Location.
    NoLocation,
    /// The status in an error is a number.
    NumericStatus,
    /// Answers are `application/json`.
    PlainJson,
    /// DELETE is always 204.
    DeletesAgain,
    /// PATCH is answered with 204 and not carried out.
    NoPatch,
    /// Filters are not looked at.
    NoFilter,
    /// Whoever has no token is let in.
    OpenDoor,
    /// A taken name is 400.
    NotAConflict,
    /// DELETE is refused.
    Keeps,
}

#[derive(Clone)]
struct Liar {
    http: reqwest::Client,
    base: String,
    lie: Lie,
}

/// Everything is passed on to a good server, but for one lie; the base URL.
async fn liar(base: &str, lie: Lie) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/scim/v2", listener.local_addr().unwrap());
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let app = Router::new().fallback(pass).with_state(Liar { http, base: base.to_owned(), lie });
    tokio::spawn(async move { axum::serve(listener, app).await });
    url
}

async fn pass(State(liar): State<Liar>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let target = parts.uri.path_and_query().map_or("/", |target| target.as_str());
    if (liar.lie, &parts.method) == (Lie::NoPatch, &Method::PATCH) {
        return StatusCode::NO_CONTENT.into_response();
    }
    if (liar.lie, &parts.method) == (Lie::Keeps, &Method::DELETE) {
        return StatusCode::FORBIDDEN.into_response();
    }
    let target = if liar.lie == Lie::NoFilter { target.replace("filter=", "ignored=") } else { target.to_owned() };
    let mut headers = parts.headers;
    for name in ["host", "content-length", "connection"] {
        headers.remove(name);
    }
    if liar.lie == Lie::OpenDoor {
        headers.insert("authorization", format!("Bearer {}", token(Scope::Scim)).parse().unwrap());
    }
    let bytes = to_bytes(body, 64 << 20).await.unwrap();
    let sent = liar.http.request(parts.method.clone(), format!("{}{target}", liar.base)).headers(headers).body(bytes);
    let answer = sent.send().await.unwrap();
    let (mut status, mut headers) = (answer.status(), answer.headers().clone());
    headers.remove("content-length");
    headers.remove("transfer-encoding");
    let mut text = answer.text().await.unwrap();
    match liar.lie {
        Lie::NoLocation => drop(headers.remove("location")),
        Lie::NumericStatus => text = text.replace("\"status\":\"404\"", "\"status\":404"),
        Lie::PlainJson => drop(headers.insert("content-type", "application/json".parse().unwrap())),
        Lie::DeletesAgain if parts.method == Method::DELETE => {
            (status, text) = (StatusCode::NO_CONTENT, String::new());
        }
        Lie::NotAConflict if status == StatusCode::CONFLICT => status = StatusCode::BAD_REQUEST,
        _ => {}
    }
    let mut response = Response::new(Body::from(text));
    (*response.status_mut(), *response.headers_mut()) = (status, headers);
    response
}

#[tokio::test]
async fn each_thing_that_a_server_does_wrong_is_found_and_the_same_server_without_it_is_good() {
    let (endpoint, _) = endpoint(Dialect::Auto).await;
    let key = Key::new();
    for (lie, id) in [
        (Lie::NoLocation, "create-location"),
        (Lie::NumericStatus, "error-404"),
        (Lie::PlainJson, "media-answer"),
        (Lie::DeletesAgain, "delete-twice"),
        (Lie::NoPatch, "replace-simple"),
        (Lie::NoPatch, "okta-oin-deactivate"),
        (Lie::NoFilter, "filter-eq"),
        (Lie::OpenDoor, "auth-none"),
        (Lie::NotAConflict, "create-taken"),
    ] {
        let (outcome, report) = key.check(&liar(&endpoint.public.base, lie).await, &["--only", id]).await;
        assert_eq!(outcome.code, Some(1), "{lie:?} {id}: {outcome:?}");
        let failed = with_verdict(&report, "failed");
        assert!(failed.len() == 1 && failed[0].starts_with(id), "{lie:?}: {report}");
        let (outcome, report) = key.check(&liar(&endpoint.public.base, Lie::Nothing).await, &["--only", id]).await;
        assert_good(&outcome, &report);
    }
}

#[tokio::test]
async fn what_cannot_be_taken_away_again_is_named() {
    let (endpoint, _) = endpoint(Dialect::Auto).await;
    let url = liar(&endpoint.public.base, Lie::Keeps).await;
    let (_, report) = Key::new().check(&url, &["--only", "read-200"]).await;
    let left = report["left"].as_array().unwrap();
    assert_eq!(left.len(), 1, "{report}");
    assert!(left[0].as_str().unwrap().contains("status 403"), "{report}");
}

type Seen = Arc<Mutex<Vec<String>>>;

async fn nonsense(State(seen): State<Seen>, request: Request) -> Response {
    seen.lock().unwrap().push(format!("{} {}", request.method(), request.uri().path()));
    // The token comes back too, as from a server that echoes.
    let authorization = request.headers().get("authorization").map(|value| value.to_str().unwrap().to_owned());
    axum::Json(json!({ "hello": "world", "authorization": authorization })).into_response()
}

#[tokio::test]
async fn a_server_that_talks_nonsense_fails_nearly_everything_and_has_nothing_deleted() {
    let seen = Seen::default();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/v2", listener.local_addr().unwrap());
    let app = Router::new().fallback(nonsense).with_state(seen.clone());
    tokio::spawn(async move { axum::serve(listener, app).await });
    let (outcome, report) = Key::new().check(&url, &[]).await;
    assert_eq!(outcome.code, Some(1), "{outcome:?}");
    let count = |verdict: &str| with_verdict(&report, verdict).len();
    assert!(count("passed") < 10, "{:?}", with_verdict(&report, "passed"));
    assert!(count("failed") + count("error") > 200, "{}", report["total"]);
    let works = report["providers"].as_array().unwrap().iter().map(|sum| &sum["works"]);
    assert!(works.clone().count() == 6 && works.clone().all(|works| *works == json!(false)), "{}", report["providers"]);
    let seen = seen.lock().unwrap();
    let deleted: Vec<_> = seen.iter().filter(|line| line.starts_with("DELETE") && !line.ends_with("nobody")).collect();
    assert_eq!(deleted, Vec::<&String>::new());
}

#[tokio::test]
async fn a_server_that_cannot_be_checked_is_an_error_and_not_a_report() {
    let (_endpoint, url) = endpoint(Dialect::Auto).await;
    let key = Key::new();
    let (outcome, _) = key.check("http://scim.example.com/scim/v2", &[]).await;
    assert!(outcome.code == Some(1) && outcome.err.contains("--insecure-http"), "{outcome:?}");
    let (outcome, _) = key.check(&url, &["--only", "no-such-check"]).await;
    assert!(outcome.code == Some(1) && outcome.err.contains("no check is chosen"), "{outcome:?}");
    std::fs::write(key.path(), "another").unwrap();
    let (outcome, _) = key.check(&url, &[]).await;
    assert!(outcome.code == Some(1) && outcome.err.contains("401"), "{outcome:?}");
    assert_eq!(outcome.out, "");
}
