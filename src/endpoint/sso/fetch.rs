//! Requests to the identity provider: bounded in time and size, no redirect is followed, nothing but JSON is read.

use reqwest::{Certificate, RequestBuilder, Url};
use serde_json::Value;
use std::error::Error as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long a whole request may take.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Bytes of an answer that are read.
const ANSWER_BYTES_MAX: usize = 1 << 20;

/// Why a provider has no answer. None of the texts has an address with a query, a body or a secret in it.
#[derive(Debug, thiserror::Error)]
pub(super) enum FetchError {
    #[error("{} cannot be read: {reason}", path.display())]
    File { path: PathBuf, reason: std::io::Error },
    #[error("{} has no certificates in PEM form: {reason}", path.display())]
    Certificates { path: PathBuf, reason: String },
    #[error("no request can be made: {0}")]
    Start(String),
    #[error("no answer: {0}")]
    NoAnswer(String),
    #[error("the answer is larger than a mebibyte")]
    TooLarge,
    #[error("the answer with status {0} is not JSON")]
    NotJson(u16),
    #[error("refused with status {0}")]
    Refused(u16),
}

/// What makes requests to the provider at this address; with `ca`, its roots are trusted instead of the system's.
pub(super) async fn client(issuer: &Url, ca: Option<&Path>) -> Result<reqwest::Client, FetchError> {
    let mut builder = reqwest::Client::builder()
        .timeout(TIMEOUT)
        .redirect(reqwest::redirect::Policy::none())
        .user_agent(concat!("scim-operator/", env!("CARGO_PKG_VERSION")));
    if is_loopback(issuer) {
        builder = builder.no_proxy();
    }
    if let Some(path) = ca {
        let file = |reason| FetchError::File { path: path.to_owned(), reason };
        let pem = tokio::fs::read(path).await.map_err(file)?;
        let unreadable = |error: reqwest::Error| FetchError::Certificates { path: path.to_owned(), reason: why(error) };
        builder = builder.tls_certs_only(Certificate::from_pem_bundle(&pem).map_err(unreadable)?);
    }
    builder.build().map_err(|error| FetchError::Start(why(error)))
}

/// Sends a request and reads the answer, whatever its status; `Null` where the body is empty.
pub(super) async fn send(request: RequestBuilder) -> Result<(u16, Value), FetchError> {
    let no_answer = |error: reqwest::Error| FetchError::NoAnswer(why(error));
    let mut response = request.header("accept", "application/json").send().await.map_err(no_answer)?;
    let status = response.status().as_u16();
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(no_answer)? {
        if bytes.len() + chunk.len() > ANSWER_BYTES_MAX {
            return Err(FetchError::TooLarge);
        }
        bytes.extend_from_slice(&chunk);
    }
    if bytes.is_empty() {
        return Ok((status, Value::Null));
    }
    let body = serde_json::from_slice(&bytes).map_err(|_| FetchError::NotJson(status))?;
    Ok((status, body))
}

/// The JSON at an address.
pub(super) async fn get(http: &reqwest::Client, url: &Url) -> Result<Value, FetchError> {
    match send(http.get(url.clone())).await {
        Ok((200, body)) => Ok(body),
        Ok((status, _)) => Err(FetchError::Refused(status)),
        Err(FetchError::NotJson(status)) if status != 200 => Err(FetchError::Refused(status)),
        Err(error) => Err(error),
    }
}

/// Whether nobody between can listen: then an address need not be `https`.
pub(super) fn is_safe(url: &Url) -> bool {
    url.scheme() == "https" || (url.scheme() == "http" && is_loopback(url))
}

fn is_loopback(url: &Url) -> bool {
    match url.host_str() {
        Some("localhost" | "[::1]") => true,
        Some(host) => host.parse::<std::net::Ipv4Addr>().is_ok_and(|ip| ip.is_loopback()),
        None => false,
    }
}

/// An error and what it comes from, without its address.
fn why(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text.push_str(": ");
        text.push_str(&inner.to_string());
        cause = inner.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn b002_an_address_is_encrypted_or_on_this_machine() {
        for (text, safe) in [
            ("https://idp.example.com", true),
            ("http://127.0.0.1:8080/realms/corp", true),
            ("http://localhost", true),
            ("http://[::1]:1", true),
            ("http://idp.example.com", false),
            ("http://127.0.0.1.example.com", false),
            ("file:///etc/passwd", false),
        ] {
            assert_eq!(is_safe(&Url::parse(text).unwrap()), safe, "{text}");
        }
    }

    #[tokio::test]
    async fn b002_roots_that_cannot_be_read_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let issuer = Url::parse("https://idp.example.com").unwrap();
        let missing = folder.path().join("ca.crt");
        let error = client(&issuer, Some(&missing)).await.err().unwrap();
        assert!(error.to_string().contains("ca.crt cannot be read"), "{error}");
    }
}
