//! One run against one server: sends, and remembers what was sent. What it makes is in `made`.

use super::PATCH_OP;
use super::answer::Answer;
use super::error::Error;
use super::features::Features;
use super::made::Made;
use super::report::Exchange;
use super::verdict::{Verdict, undecided};
use crate::client::raw::{Raw, RawAnswer, RawRequest};
use crate::client::{Method, Token};
use serde_json::{Value, json};
use std::path::PathBuf;
use std::time::Duration;

/// How long one request may take.
const TIMEOUT: Duration = Duration::from_secs(30);
/// The most requests of one run, cleaning up not counted.
const REQUESTS_MAX: usize = 900;
/// How often a request is sent again that the server puts off (429, 503 with `Retry-After`).
const ATTEMPTS_MAX: u32 = 4;
/// The longest such wait, in seconds.
const WAIT_SECONDS_MAX: u64 = 30;

/// A server to be checked.
#[derive(Debug, Clone)]
pub struct Target {
    pub(super) service: Raw,
}

impl Target {
    /// The server at a SCIM base URL. Refuses to send the token over plain HTTP to another machine, unless
    /// `insecure_http`. `ca_file` (PEM) replaces the system's roots.
    pub fn open(url: &str, token: Token, ca_file: Option<PathBuf>, insecure_http: bool) -> Result<Self, Error> {
        let service = Raw::open(url, token, ca_file, TIMEOUT)?;
        if service.is_readable_on_the_way() && !insecure_http {
            return Err(Error::Insecure { url: service.base_url() });
        }
        Ok(Self { service })
    }

    /// The base URL, without its query.
    pub fn base_url(&self) -> String {
        self.service.base_url()
    }
}

/// One run.
pub struct Session {
    target: Target,
    /// What the server says it has.
    pub(super) features: Features,
    /// What all names of this run begin with.
    pub(super) prefix: String,
    serial: u32,
    /// What is, or may be, on the server.
    pub(super) made: Vec<Made>,
    exchanges: Vec<Exchange>,
    requests: usize,
    /// Three people that lists and filters look for, once they are made.
    pub(super) people: Option<Result<super::filter::People, Verdict>>,
    /// The user that many checks look at, once it is made.
    pub(super) reader: Option<Result<Value, Verdict>>,
    /// The attributes of users that the server's schema names, once it is read.
    pub(super) known: Option<Vec<String>>,
}

impl Session {
    /// A run with a name of its own: `check-` and eight hexadecimal digits.
    pub(super) fn new(target: Target, unique: u32) -> Self {
        Self {
            target,
            features: Features::default(),
            prefix: format!("check-{unique:08x}"),
            serial: 0,
            made: Vec::new(),
            exchanges: Vec::new(),
            requests: 0,
            people: None,
            reader: None,
            known: None,
        }
    }

    /// A name that nobody has.
    pub(super) fn name(&mut self) -> String {
        self.serial += 1;
        format!("{}-{}", self.prefix, self.serial)
    }

    /// How many requests were sent.
    pub(super) fn requests(&self) -> usize {
        self.requests
    }

    /// What was sent since the last call, and forgets it.
    pub(super) fn take_exchanges(&mut self) -> Vec<Exchange> {
        std::mem::take(&mut self.exchanges)
    }

    /// Sends one request; an answer of any status is one. A server that puts the run off is waited for.
    pub(super) async fn send(&mut self, request: RawRequest) -> Result<Answer, Verdict> {
        if self.requests >= REQUESTS_MAX {
            return Err(undecided(format!("this run has sent its {REQUESTS_MAX} requests: choose with --only")));
        }
        for attempt in 1.. {
            self.requests += 1;
            let sent = self.target.service.send(&request).await;
            self.exchanges.push(Exchange::new(&request, sent.as_ref().ok(), &self.prefix));
            let answer = Answer::new(sent.map_err(|error| undecided(chain(&error)))?);
            let after = answer.header("retry-after").and_then(|text| text.trim().parse::<u64>().ok());
            let put_off = answer.status == 429 || (answer.status == 503 && after.is_some());
            if !put_off || attempt >= ATTEMPTS_MAX {
                return Ok(answer);
            }
            let seconds = after.unwrap_or(u64::from(attempt)).min(WAIT_SECONDS_MAX);
            tokio::time::sleep(Duration::from_secs(seconds)).await;
        }
        Err(undecided("not sent"))
    }

    /// Sends one request for cleaning up: not counted, not shown, its failure in words.
    pub(super) async fn deliver(&self, request: &RawRequest) -> Result<RawAnswer, String> {
        self.target.service.send(request).await.map_err(|error| chain(&error))
    }

    /// `GET` a path under the base.
    pub(super) async fn get(&mut self, path: &str) -> Result<Answer, Verdict> {
        self.send(RawRequest::new(Method::GET, path)).await
    }

    /// `GET` a path with query pairs.
    pub(super) async fn query(&mut self, path: &str, pairs: &[(&'static str, &str)]) -> Result<Answer, Verdict> {
        let request = RawRequest::new(Method::GET, path);
        self.send(pairs.iter().fold(request, |request, (name, value)| request.with(name, *value))).await
    }

    /// `PUT`.
    pub(super) async fn put(&mut self, path: &str, body: &Value) -> Result<Answer, Verdict> {
        self.send(RawRequest::new(Method::PUT, path).json(body)).await
    }

    /// `PATCH` with these operations.
    pub(super) async fn patch(&mut self, path: &str, operations: Value) -> Result<Answer, Verdict> {
        let body = json!({ "schemas": [PATCH_OP], "Operations": operations });
        self.send(RawRequest::new(Method::PATCH, path).json(&body)).await
    }

    /// `PATCH` that must be accepted; the resource as it is afterwards. The answer is believed where it is a user: one
    /// check looks whether it is true. A group may be answered without its members.
    pub(super) async fn patched(&mut self, path: &str, operations: Value) -> Result<Value, Verdict> {
        let answer = self.patch(path, operations).await?;
        answer.any_of(&[200, 204])?;
        let whole = answer.id().is_ok() && path.starts_with(&self.features.users);
        if whole { Ok(answer.body) } else { self.read(path).await }
    }

    /// `GET` of a resource that must be there.
    pub(super) async fn read(&mut self, path: &str) -> Result<Value, Verdict> {
        let answer = self.get(path).await?;
        answer.is(200)?;
        Ok(answer.body)
    }

    /// `DELETE` of something that this run has made.
    pub(super) async fn delete(&mut self, path: &str) -> Result<Answer, Verdict> {
        self.send(RawRequest::new(Method::DELETE, path)).await
    }

    /// The path of users, or of one.
    pub(super) fn users(&self, id: &str) -> String {
        format!("{}/{id}", self.features.users).trim_end_matches('/').to_owned()
    }

    /// The path of groups, or of one.
    pub(super) fn groups(&self, id: &str) -> String {
        format!("{}/{id}", self.features.groups).trim_end_matches('/').to_owned()
    }
}

/// An error with its causes on one line.
pub(super) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}
