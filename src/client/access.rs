//! This project's access API (`/access/v1`): who may do what, and runs of the rules.

use super::{Answer, Connection, Error, Request, Settings, Token};
use crate::access::AccessView;
use crate::config::{RunRequest, RunStatus};
use reqwest::Method;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::path::PathBuf;
use std::time::Duration;

/// How long one request may take.
const TIMEOUT: Duration = Duration::from_secs(30);

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
        self.read(self.0.send(request).await?.accepted()?)
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
