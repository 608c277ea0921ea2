//! This project's access API (`/access/v1`): who may do what and why, what a change of rules would do, runs of the
//! rules, what has happened, and what could not be applied.

use super::{Answer, Connection, Error, Request, Settings, Token};
use crate::access::{AccessView, Explanation};
use crate::config::{AuditPage, Changes, FailedEvents, Plan, PlanRequest, RunRequest, RunStatus};
use reqwest::Method;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::path::PathBuf;
use std::time::Duration;

/// How long one request may take.
const TIMEOUT: Duration = Duration::from_secs(30);
/// How long a plan may take: as long as an endpoint gives it.
const PLAN_TIMEOUT: Duration = Duration::from_secs(120);
/// How many records, events or people a page has.
const PAGE: u32 = 500;

/// The access API behind a base URL that ends in `/access/v1`.
#[derive(Debug, Clone)]
pub struct Access(Connection);

/// One page of people.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct People {
    /// The page.
    pub users: Vec<AccessView>,
    /// The cursor of the next page; absent on the last one.
    #[serde(default)]
    pub next: Option<String>,
    /// Where the change feed stood before the page was read: from there on it says what has changed since.
    #[serde(default)]
    pub position: Option<String>,
}

/// What became of a message that was tried again.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Retried {
    /// The status of the SCIM answer: 2xx = it is applied, and no failed event any more.
    pub status: u16,
    /// The SCIM answer; absent when it has no body.
    #[serde(default)]
    pub body: Option<Value>,
}

#[derive(Deserialize)]
struct Runs {
    syncs: Vec<RunStatus>,
}

impl Access {
    /// The API at a base URL; `ca_file` replaces the system's roots.
    pub fn open(base_url: &str, token: Token, ca_file: Option<PathBuf>) -> Result<Self, Error> {
        let base_url = base_url.to_owned();
        Connection::open(Settings { base_url, token, ca_file, timeout: TIMEOUT, media_type: "application/json" })
            .map(Self)
    }

    /// One page of people; `query` pairs are those of `GET /users` (`role`, `tenant`, `managed`, `cursor`, `count` …).
    pub async fn people(&self, query: &[(&'static str, String)]) -> Result<People, Error> {
        let request = Request { query: query.to_vec(), ..Request::new(Method::GET, &["users"]) };
        self.typed(&request).await
    }

    /// One person by id or userName; `None` = nobody of that name or id.
    pub async fn person(&self, id_or_user_name: &str) -> Result<Option<AccessView>, Error> {
        self.optional(&Request::new(Method::GET, &["users", id_or_user_name])).await
    }

    /// Why somebody has a role in a tenant, or has not; without a tenant in the directory's own, without a role any
    /// access. Somebody who is not known is answered too.
    pub async fn explain(&self, who: &str, tenant: Option<&str>, role: Option<&str>) -> Result<Explanation, Error> {
        let request = with_some(Request::new(Method::GET, &["users", who, "explain"]), "tenant", tenant);
        self.typed(&with_some(request, "role", role)).await
    }

    /// What these rules, put over the live ones, would give and take, with at most `count` people by name. Nothing is
    /// written.
    pub async fn plan(&self, request: &PlanRequest, count: u64) -> Result<Plan, Error> {
        let body = serde_json::to_value(request).unwrap_or(Value::Null);
        let request = Request::new(Method::POST, &["plan"]).with("count", count.to_string()).with_body(body);
        // Everybody may have to be looked at.
        self.typed_within(&request, PLAN_TIMEOUT).await
    }

    /// What changed behind a position, or from the oldest kept record on; waits up to `wait` for the first.
    pub async fn changes(&self, since: Option<&str>, wait: Duration) -> Result<Changes, Error> {
        let request = with_some(Request::new(Method::GET, &["changes"]), "since", since);
        let request = request.with("wait", format!("{}s", wait.as_secs()));
        self.typed_within(&request, TIMEOUT + wait).await
    }

    /// A page of the audit trail behind a position, or from the oldest kept record on (scope Admin).
    pub async fn audit(&self, since: Option<&str>) -> Result<AuditPage, Error> {
        let request = Request::new(Method::GET, &["audit"]).with("count", PAGE.to_string());
        self.typed(&with_some(request, "since", since)).await
    }

    /// A page of the messages that could not be applied, the newest first (scope Admin).
    pub async fn failed_events(&self, cursor: Option<&str>) -> Result<FailedEvents, Error> {
        let request = Request::new(Method::GET, &["failed-events"]).with("count", PAGE.to_string());
        self.typed(&with_some(request, "cursor", cursor)).await
    }

    /// Tries a message again (scope Admin); `None` = there is no such event, or it is over.
    pub async fn retry(&self, id: &str) -> Result<Option<Retried>, Error> {
        self.optional(&Request::new(Method::POST, &["failed-events", id, "retry"])).await
    }

    /// Asks for a run of the rules (`POST /syncs`, scope Admin).
    pub async fn request_run(&self, run: &RunRequest) -> Result<RunStatus, Error> {
        let body = serde_json::to_value(run).unwrap_or(Value::Null);
        self.typed(&Request::new(Method::POST, &["syncs"]).with_body(body)).await
    }

    /// The newest run of a name.
    pub async fn run(&self, name: &str) -> Result<Option<RunStatus>, Error> {
        self.optional(&Request::new(Method::GET, &["syncs", name])).await
    }

    /// The kept runs, newest first.
    pub async fn runs(&self) -> Result<Vec<RunStatus>, Error> {
        self.typed::<Runs>(&Request::new(Method::GET, &["syncs"])).await.map(|runs| runs.syncs)
    }

    async fn typed<T: DeserializeOwned>(&self, request: &Request) -> Result<T, Error> {
        self.typed_within(request, TIMEOUT).await
    }

    async fn typed_within<T: DeserializeOwned>(&self, request: &Request, limit: Duration) -> Result<T, Error> {
        self.read(self.0.send_within(request, limit).await?.accepted()?)
    }

    async fn optional<T: DeserializeOwned>(&self, request: &Request) -> Result<Option<T>, Error> {
        let answer = self.0.send(request).await?;
        if answer.status == 404 {
            return Ok(None);
        }
        self.read(answer.accepted()?).map(Some)
    }

    fn read<T: DeserializeOwned>(&self, answer: Answer) -> Result<T, Error> {
        serde_json::from_value(answer.body)
            .map_err(|error| Error::Unexpected { url: self.0.base_url(), reason: error.to_string() })
    }
}

fn with_some(request: Request, name: &'static str, value: Option<&str>) -> Request {
    match value {
        Some(value) => request.with(name, value),
        None => request,
    }
}
