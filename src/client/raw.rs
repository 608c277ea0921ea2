//! Requests exactly as they are wanted, right or wrong, and answers as they come: status, headers, body.
//!
//! For whoever judges a service rather than uses it. Like every client of this room it follows no redirect, has a
//! limit for time and size, and never shows a credential.

use super::{Error, Token, connection};
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue};
use reqwest::{Method, Url};
use serde_json::Value;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// The longest answer that is read, in bytes.
const ANSWER_BYTES_MAX: usize = 16 << 20;
/// What stands for a token that an answer repeats.
const HIDDEN: &str = "<token>";
/// A shorter token is a word that stands in many an answer, and no secret.
const SECRET_CHARS_MIN: usize = 8;

/// What stands in `Authorization`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Credential {
    /// The service's own token.
    #[default]
    Token,
    /// Nothing.
    None,
    /// A bearer token that no service has given out.
    Wrong,
}

/// One request, relative to the base URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawRequest {
    /// The method.
    pub method: Method,
    /// The path under the base, without a leading `/`; its segments are percent-encoded when it is sent.
    pub path: String,
    /// Query pairs, not yet percent-encoded, in order.
    pub query: Vec<(&'static str, String)>,
    /// What is put behind path and query as it is, say a stray `?` or `&`.
    pub tail: &'static str,
    /// Headers beside `Authorization`; an empty value is sent as one.
    pub headers: Vec<(&'static str, String)>,
    /// The body and its media type.
    pub body: Option<(&'static str, String)>,
    /// As whom it is sent.
    pub credential: Credential,
}

impl RawRequest {
    /// A request without a body.
    pub fn new(method: Method, path: impl Into<String>) -> Self {
        Self {
            method,
            path: path.into(),
            query: Vec::new(),
            tail: "",
            headers: Vec::new(),
            body: None,
            credential: Credential::Token,
        }
    }

    /// The same with one more query pair.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.query.push((name, value.into()));
        self
    }

    /// The same with one more header.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// The same with a body of a media type.
    #[must_use]
    pub fn text(mut self, media_type: &'static str, body: impl Into<String>) -> Self {
        self.body = Some((media_type, body.into()));
        self
    }

    /// The same with a JSON body, sent as `application/scim+json`.
    #[must_use]
    pub fn json(self, body: &Value) -> Self {
        self.text("application/scim+json", body.to_string())
    }

    /// The same as somebody else.
    #[must_use]
    pub fn credential(mut self, credential: Credential) -> Self {
        self.credential = credential;
        self
    }

    /// Method, path and query as a person reads them: not percent-encoded.
    pub fn line(&self) -> String {
        let pairs = self.query.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&");
        let mark = if pairs.is_empty() { "" } else { "?" };
        format!("{} /{}{mark}{pairs}{}", self.method, self.path, self.tail)
    }
}

/// What came back.
#[derive(Debug, Clone)]
pub struct RawAnswer {
    /// The HTTP status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body; what is no UTF-8 in it is replaced.
    pub text: String,
    /// From sending to having the whole answer.
    pub took: Duration,
}

impl RawAnswer {
    /// A header as text; `None` when it is absent or no text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

/// A service that is sent anything. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Raw {
    http: reqwest::Client,
    base: Url,
    token: Token,
}

impl Raw {
    /// A service at a base URL; `ca_file` replaces the system's roots, `timeout` is for one whole request.
    pub fn open(base_url: &str, token: Token, ca_file: Option<PathBuf>, timeout: Duration) -> Result<Self, Error> {
        let base = connection::base(base_url)?;
        let http = connection::http(&base, ca_file, timeout)?;
        Ok(Self { http, base, token })
    }

    /// The base URL, without its query.
    pub fn base_url(&self) -> String {
        connection::shown(&self.base)
    }

    /// Whether everybody on the way can read what is sent: plain HTTP to another machine.
    pub fn is_readable_on_the_way(&self) -> bool {
        self.base.scheme() == "http" && !connection::is_loopback(&self.base)
    }

    /// Sends one request and reads the whole answer, whatever its status.
    pub async fn send(&self, request: &RawRequest) -> Result<RawAnswer, Error> {
        let url = self.url(request);
        let name = connection::shown(&url);
        let mut call = self.http.request(request.method.clone(), url);
        call = match request.credential {
            Credential::Token => call.header(AUTHORIZATION, self.token.header()),
            Credential::None => call,
            Credential::Wrong => call.header(AUTHORIZATION, "Bearer not-a-token-of-this-service"),
        };
        for (header, value) in &request.headers {
            call = call.header(*header, value);
        }
        if let Some((media_type, body)) = &request.body {
            call = call.header(CONTENT_TYPE, *media_type).body(body.clone());
        }
        let start = Instant::now();
        let no_answer = |source: reqwest::Error| Error::NoAnswer { url: name.clone(), source: source.without_url() };
        let mut response = call.send().await.map_err(no_answer)?;
        let (status, mut headers) = (response.status().as_u16(), response.headers().clone());
        let mut bytes = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(no_answer)? {
            if bytes.len() + chunk.len() > ANSWER_BYTES_MAX {
                return Err(Error::TooLarge { url: name, limit: ANSWER_BYTES_MAX });
            }
            bytes.extend_from_slice(&chunk);
        }
        let mut text = String::from_utf8_lossy(&bytes).into_owned();
        self.hide(&mut headers, &mut text);
        Ok(RawAnswer { status, headers, text, took: start.elapsed() })
    }

    /// Takes the token out of an answer that repeats it: what comes from here may be printed.
    fn hide(&self, headers: &mut HeaderMap, text: &mut String) {
        let sent = self.token.header().to_str().unwrap_or_default();
        let secret = sent.strip_prefix("Bearer ").unwrap_or(sent);
        if secret.len() < SECRET_CHARS_MIN {
            return;
        }
        if text.contains(secret) {
            *text = text.replace(secret, HIDDEN);
        }
        let repeats = |value: &HeaderValue| value.to_str().is_ok_and(|value| value.contains(secret));
        headers.values_mut().filter(|value| repeats(value)).for_each(|value| *value = HeaderValue::from_static(HIDDEN));
    }

    fn url(&self, request: &RawRequest) -> Url {
        let mut url = self.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(request.path.split('/'));
        }
        if !request.query.is_empty() {
            url.query_pairs_mut().extend_pairs(&request.query);
        }
        // Providers write a space as %20, and not every service reads the `+` of forms.
        let query = url.query().unwrap_or_default().replace('+', "%20");
        let tail = if query.is_empty() { request.tail.trim_start_matches('?') } else { request.tail };
        let whole = format!("{query}{tail}");
        url.set_query(if whole.is_empty() && request.tail.is_empty() { None } else { Some(&whole) });
        url
    }
}

#[cfg(test)]
mod tests {
    use super::{HeaderMap, HeaderValue, Method, Raw, RawRequest, Token};
    use std::time::Duration;

    fn service(base_url: &str) -> Raw {
        let _already = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let token = Token::from_value("very-secret", "test").unwrap();
        Raw::open(base_url, token, None, Duration::from_secs(1)).unwrap()
    }

    #[test]
    fn spaces_and_stray_marks_go_out_as_providers_send_them() {
        let url = |request: RawRequest| service("http://h/scim/v2/").url(&request).as_str().to_owned();
        let users = || RawRequest::new(Method::GET, "Users");
        let filter = users().with("filter", "userName eq \"a+b\"");
        assert_eq!(url(filter.clone()), "http://h/scim/v2/Users?filter=userName%20eq%20%22a%2Bb%22");
        assert_eq!(url(RawRequest { tail: "&", ..filter }).rsplit_once("%22").unwrap().1, "&");
        assert_eq!(url(RawRequest { tail: "?", ..users() }), "http://h/scim/v2/Users?");
        assert_eq!(url(users()), "http://h/scim/v2/Users");
    }

    #[test]
    fn b030_a_token_that_the_server_repeats_is_not_shown() {
        let mut headers = HeaderMap::new();
        headers.insert("location", HeaderValue::from_static("/?token=very-secret"));
        let mut text = "you sent very-secret".to_owned();
        service("http://h/").hide(&mut headers, &mut text);
        assert_eq!((text.as_str(), headers["location"].as_bytes()), ("you sent <token>", &b"<token>"[..]));
    }

    #[test]
    fn what_others_on_the_way_can_read_is_known() {
        for (base_url, readable) in [
            ("http://scim.example.com/v2", true),
            ("https://scim.example.com/v2", false),
            ("http://127.0.0.1:8080/v2", false),
            ("http://localhost/v2", false),
        ] {
            assert_eq!(service(base_url).is_readable_on_the_way(), readable, "{base_url}");
        }
    }
}
