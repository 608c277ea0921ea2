//! Every error that SCIM can answer, with the whole of it: status line, telling headers and body. RFC 7644 §3.12.
//!
//! The answers are in `tests/golden/errors` (`make generate` writes them), a file for each theme; `sources` holds that
//! no error of the sources is missing there. What an error leaves behind is shown in `refused` and in `bad_input`.

mod auth;
mod body;
mod bulk;
pub(super) mod custom;
mod discovery;
mod filter;
mod group;
mod paging;
mod patch;
mod sources;
mod strict;
mod user;

use super::wire::{Answer, Request, encoded};
use crate::support::endpoint::{Endpoint, document, user_body};
use crate::support::reply::Caller;
use scim_operator::config::Document;
use scim_operator::scim::Dialect;
use serde_json::{Value, json};
use std::fmt::Write;

const NOBODY: &str = "01890000-0000-7000-8000-000000000000";
const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";
const PATCH: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
const BULK: &str = "urn:ietf:params:scim:api:messages:2.0:BulkRequest";
const SEARCH: &str = "urn:ietf:params:scim:api:messages:2.0:SearchRequest";

/// What a long path or name is cut to.
const SHOWN_MAX: usize = 100;

/// Where the answers are kept, seen from this file.
const GOLDEN: &str = "../../golden/errors";

/// What was asked and what was answered, one below the other.
struct Answers {
    caller: Caller,
    text: String,
}

impl Answers {
    /// A page of answers of this endpoint.
    fn of(endpoint: &Endpoint) -> Self {
        Self { caller: endpoint.public.clone(), text: String::new() }
    }

    /// Sends a body.
    async fn ask(&mut self, what: &str, method: &str, path: &str, body: &Value) {
        let request = Request::scim(method, path).body(body.to_string());
        self.sent(what, method, path, &request).await;
    }

    /// Sends operations.
    async fn patch(&mut self, what: &str, path: &str, operations: Value) {
        self.ask(what, "PATCH", path, &json!({ "schemas": [PATCH], "Operations": operations })).await;
    }

    /// `GET`.
    async fn get(&mut self, what: &str, path: &str) {
        self.sent(what, "GET", path, &Request::scim("GET", path)).await;
    }

    /// `GET` with one parameter.
    async fn query(&mut self, what: &str, path: &str, name: &str, value: &str) {
        self.get(what, &format!("{path}?{name}={}", encoded(value))).await;
    }

    /// Sends a request as it is.
    async fn sent(&mut self, what: &str, method: &str, path: &str, request: &Request) {
        let answer = request.send(&self.caller).await;
        self.note(what, method, path, &answer);
    }

    /// Writes an answer down, which must be an error: in a bulk message one of its operations.
    fn note(&mut self, what: &str, method: &str, path: &str, answer: &Answer) {
        let is_error = answer.status() >= 400 || answer.body().contains("messages:2.0:Error");
        assert!(is_error, "{what}: {}", answer.text);
        writeln!(self.text, "# {what}\n{method} {}\n{}\n", masked(path), answer.shown()).expect("a text");
    }

    /// Fails unless the page is as it was.
    fn golden(self, name: &str) {
        let mut settings = insta::Settings::clone_current();
        settings.set_snapshot_path(GOLDEN);
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        settings.bind(|| insta::assert_snapshot!(name, self.text.trim_end()));
    }
}

/// A path without the ids that are others in every run, and cut where it is long.
fn masked(path: &str) -> String {
    let parts = path.split('/').map(|part| if uuid::Uuid::try_parse(part).is_ok() { "{id}" } else { part });
    let path = parts.collect::<Vec<_>>().join("/");
    if path.len() <= SHOWN_MAX { path } else { format!("{}…", path.chars().take(SHOWN_MAX).collect::<String>()) }
}

/// An endpoint that speaks a dialect.
async fn speaking(dialect: Dialect) -> Endpoint {
    with(|document| document.profile.dialect = dialect).await
}

/// An endpoint whose document was changed so.
pub(super) async fn with(change: impl FnOnce(&mut Document)) -> Endpoint {
    let mut endpoint = Endpoint::unpublished().await;
    endpoint.document = document(Vec::new());
    change(&mut endpoint.document);
    endpoint.publish().await;
    endpoint
}

/// The address of a resource.
fn at(kind: &str, id: &str) -> String {
    format!("/scim/v2/{kind}/{id}")
}

/// A whole user with these attributes besides or instead.
fn user_with(attributes: Value) -> Value {
    let mut body = user_body("ana@example.com");
    for (name, value) in attributes.as_object().expect("an object") {
        body[name] = value.clone();
    }
    body
}

/// So many addresses.
fn emails(count: usize) -> Value {
    (0..count).map(|number| json!({ "value": format!("{number}@example.com") })).collect()
}

#[test]
fn what_differs_from_run_to_run_is_not_shown() {
    assert_eq!(masked(&at("Users", NOBODY)), "/scim/v2/Users/{id}");
    assert_eq!(masked("/scim/v2/Users/7/x"), "/scim/v2/Users/7/x");
    assert_eq!(masked(&"ä".repeat(200)).chars().count(), SHOWN_MAX + 1);
}
