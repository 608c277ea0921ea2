//! One base URL and one credential; every other file of this room sends through it.

use super::{Error, Token};
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue, RETRY_AFTER, USER_AGENT};
use reqwest::{Certificate, Method, Url};
use serde_json::Value;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// The longest answer that is read, in bytes.
const ANSWER_BYTES_MAX: usize = 64 << 20;
/// How long a connection may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Where to send, and as whom.
#[derive(Debug, Clone)]
pub struct Settings {
    /// `http` or `https`, host, path prefix; a query is kept and goes with every request.
    pub base_url: String,
    /// The credential.
    pub token: Token,
    /// PEM bundle to trust instead of the system's roots.
    pub ca_file: Option<PathBuf>,
    /// How long a whole request may take.
    pub timeout: Duration,
    /// The media type of requests and answers, say `application/scim+json`.
    pub media_type: &'static str,
}

/// What is sent otherwise than this program does by itself, to try a service with what others send.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Habits {
    /// The `User-Agent`, perhaps empty; `None`: this program's name and version.
    pub user_agent: Option<&'static str>,
    /// Whether every URL ends in a stray `?`, or in a stray `&` after a query.
    pub stray_end: bool,
}

/// One request, relative to the base URL.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// Path segments under the base, not yet percent-encoded.
    pub path: Vec<String>,
    /// Query pairs, not yet percent-encoded, in order.
    pub query: Vec<(&'static str, String)>,
    /// The JSON body.
    pub body: Option<Value>,
}

impl Request {
    /// A request without a body.
    pub fn new(method: Method, path: &[&str]) -> Self {
        Self { method, path: path.iter().map(|&s| s.to_owned()).collect(), query: Vec::new(), body: None }
    }

    /// The same with one more query pair.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.query.push((name, value.into()));
        self
    }

    /// The same with a body.
    #[must_use]
    pub fn with_body(mut self, body: Value) -> Self {
        self.body = Some(body);
        self
    }
}

/// What came back.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The body; `Null` when it is empty or not JSON.
    pub body: Value,
    /// `Retry-After` in seconds, where the server gave it so.
    pub retry_after: Option<u64>,
    /// From sending to having the whole answer.
    pub took: Duration,
}

impl Answer {
    /// 2xx.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The server's words: SCIM and problem+json `detail` (with `scimType`), or the status alone.
    pub fn detail(&self) -> String {
        let text = |name: &str| self.body.get(name).and_then(Value::as_str);
        match (text("detail").or(text("title")), text("scimType")) {
            (Some(detail), Some(kind)) => format!("{kind}: {detail}"),
            (Some(detail), None) => detail.to_owned(),
            (None, _) => format!("status {} without a detail", self.status),
        }
    }

    /// The answer, or the refusal as an error.
    pub fn accepted(self) -> Result<Self, Error> {
        if self.is_success() {
            return Ok(self);
        }
        Err(Error::Refused { status: self.status, detail: self.detail() })
    }
}

/// An HTTP client bound to a base URL and a credential. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Connection {
    http: reqwest::Client,
    base: Url,
    token: Token,
    media_type: HeaderValue,
    habits: Habits,
}

impl Connection {
    /// Checks the settings; sends nothing yet.
    pub fn open(settings: Settings) -> Result<Self, Error> {
        let Settings { base_url, token, ca_file, timeout, media_type } = settings;
        let base = base(&base_url)?;
        let http = http(&base, ca_file, timeout)?;
        let media_type = HeaderValue::from_static(media_type);
        Ok(Self { http, base, token, media_type, habits: Habits::default() })
    }

    /// The same with another's habits.
    #[must_use]
    pub fn with_habits(self, habits: Habits) -> Self {
        Self { habits, ..self }
    }

    /// The base URL, without its query.
    pub fn base_url(&self) -> String {
        shown(&self.base)
    }

    /// Sends one request and reads the whole answer, whatever its status.
    pub async fn send(&self, request: &Request) -> Result<Answer, Error> {
        self.send_for(request, None).await
    }

    /// The same, within another time than that of the settings.
    pub async fn send_within(&self, request: &Request, limit: Duration) -> Result<Answer, Error> {
        self.send_for(request, Some(limit)).await
    }

    async fn send_for(&self, request: &Request, limit: Option<Duration>) -> Result<Answer, Error> {
        let url = self.url(request);
        let name = shown(&url);
        let mut call = self
            .http
            .request(request.method.clone(), url)
            .header(AUTHORIZATION, self.token.header())
            .header(ACCEPT, &self.media_type);
        if let Some(limit) = limit {
            call = call.timeout(limit);
        }
        if let Some(name) = self.habits.user_agent {
            call = call.header(USER_AGENT, HeaderValue::from_static(name));
        }
        if let Some(body) = &request.body {
            call = call.header(CONTENT_TYPE, &self.media_type).body(body.to_string());
        }
        let start = Instant::now();
        let no_answer = |source: reqwest::Error| Error::NoAnswer { url: name.clone(), source: source.without_url() };
        let mut response = call.send().await.map_err(no_answer)?;
        let status = response.status().as_u16();
        let retry_after = response.headers().get(RETRY_AFTER).and_then(|v| v.to_str().ok()?.trim().parse().ok());
        let mut bytes = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(no_answer)? {
            if bytes.len() + chunk.len() > ANSWER_BYTES_MAX {
                return Err(Error::TooLarge { url: name, limit: ANSWER_BYTES_MAX });
            }
            bytes.extend_from_slice(&chunk);
        }
        let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        Ok(Answer { status, body, retry_after, took: start.elapsed() })
    }

    fn url(&self, request: &Request) -> Url {
        let mut url = self.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(&request.path);
        }
        if !request.query.is_empty() {
            url.query_pairs_mut().extend_pairs(&request.query);
        }
        if self.habits.stray_end {
            let query = url.query().map(|query| format!("{query}&")).unwrap_or_default();
            url.set_query(Some(&query));
        }
        url
    }
}

/// The base URL of a service: `http` or `https`, a host, no credential.
pub(super) fn base(base_url: &str) -> Result<Url, Error> {
    let plain = |url: &Url| matches!(url.scheme(), "http" | "https") && url.has_host() && url.username().is_empty();
    Url::parse(base_url).ok().filter(plain).ok_or_else(|| Error::BaseUrl { url: base_url.to_owned() })
}

/// The client that all of this room's requests to a base URL go through: it follows no redirect, and asks no proxy for
/// the way to loopback.
pub(super) fn http(base: &Url, ca_file: Option<PathBuf>, timeout: Duration) -> Result<reqwest::Client, Error> {
    let mut builder = reqwest::Client::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .timeout(timeout)
        .redirect(reqwest::redirect::Policy::none())
        .user_agent(concat!("scim-operator/", env!("CARGO_PKG_VERSION")));
    if is_loopback(base) {
        builder = builder.no_proxy();
    }
    if let Some(path) = ca_file {
        let pem = std::fs::read(&path).map_err(|source| Error::File { path: path.clone(), source })?;
        let roots = Certificate::from_pem_bundle(&pem).map_err(|source| Error::Certificates { path, source })?;
        builder = builder.tls_certs_only(roots);
    }
    builder.build().map_err(Error::Start)
}

pub(super) fn is_loopback(url: &Url) -> bool {
    match url.host_str() {
        Some("localhost" | "[::1]") => true,
        Some(host) => host.parse::<std::net::Ipv4Addr>().is_ok_and(|ip| ip.is_loopback()),
        None => false,
    }
}

/// Scheme, host and path: what may be printed of a URL (filters name people).
pub(super) fn shown(url: &Url) -> String {
    let mut plain = url.clone();
    plain.set_query(None);
    plain.to_string()
}

#[cfg(test)]
mod tests {
    use super::{Answer, Connection, Habits, Method, Request, Settings, Token};
    use serde_json::json;
    use std::time::Duration;

    fn connection(base_url: &str) -> Connection {
        let _already = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let token = Token::from_value("t", "test").unwrap();
        let (base_url, timeout) = (base_url.to_owned(), Duration::from_secs(1));
        Connection::open(Settings { base_url, token, ca_file: None, timeout, media_type: "application/json" }).unwrap()
    }

    #[test]
    fn a_trailing_slash_of_the_base_and_its_query_make_no_difference() {
        let request = Request::new(Method::GET, &["Users", "a/b"]).with("filter", "userName eq \"a+b\"");
        let expected = "http://h/scim/v2/Users/a%2Fb?filter=userName+eq+%22a%2Bb%22";
        for base in ["http://h/scim/v2", "http://h/scim/v2/"] {
            assert_eq!(connection(base).url(&request).as_str(), expected);
        }
        let flagged = connection("http://h/scim/v2?aadOptscim062020").url(&Request::new(Method::GET, &["Users"]));
        assert_eq!(flagged.as_str(), "http://h/scim/v2/Users?aadOptscim062020");
    }

    #[test]
    fn a_stray_end_is_a_question_mark_or_an_ampersand() {
        let stray = connection("http://h/v2").with_habits(Habits { stray_end: true, ..Habits::default() });
        let plain = Request::new(Method::GET, &["Users"]);
        assert_eq!(stray.url(&plain).as_str(), "http://h/v2/Users?");
        assert_eq!(stray.url(&plain.with("count", "1")).as_str(), "http://h/v2/Users?count=1&");
    }

    #[test]
    fn err_a_base_url_needs_scheme_and_host_and_no_credential() {
        let token = Token::from_value("t", "test").unwrap();
        for base_url in ["", "example.com/scim", "ftp://h/", "https://user:secret@h/"] {
            let settings = Settings {
                base_url: base_url.to_owned(),
                token: token.clone(),
                ca_file: None,
                timeout: Duration::from_secs(1),
                media_type: "application/json",
            };
            assert!(Connection::open(settings).is_err(), "{base_url}");
        }
    }

    #[test]
    fn a_refusal_is_told_in_the_servers_words() {
        let body = json!({ "detail": "userName is taken", "scimType": "uniqueness" });
        let answer = Answer { status: 409, body, retry_after: None, took: Duration::ZERO };
        assert_eq!(answer.detail(), "uniqueness: userName is taken");
        assert_eq!(answer.accepted().unwrap_err().to_string(), "refused with 409: uniqueness: userName is taken");
    }
}
