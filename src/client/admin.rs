//! The admin API of one endpoint address (`/admin/v1`, port 8443, mutual TLS): what the operator says to an endpoint.
//!
//! Dials an IP address but verifies a name, so that it reaches one replica and trusts only its directory's
//! certificate. Never retries: the caller knows whether a second attempt is safe. Every call has a timeout.

use crate::config::{Publication, Published, RunRequest, RunStatus, State};
use reqwest::{Certificate, Client, Identity as TlsIdentity, RequestBuilder, Response, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use serde::de::DeserializeOwned;
use std::net::SocketAddr;
use std::time::Duration;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);

/// What a call to the admin API can end in.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The client could not be made from the certificates at hand.
    #[error("the admin client's certificates cannot be used: {0}; delete the operator's CA and TLS Secrets to renew")]
    Tls(#[source] reqwest::Error),
    /// No answer: the pod is starting, gone or cut off.
    #[error("the endpoint at {address} does not answer: {}", causes(source))]
    Unreachable {
        /// Who was called.
        address: SocketAddr,
        /// Why there is no answer.
        #[source]
        source: reqwest::Error,
    },
    /// `ifRevision` is not the revision in force (409): read again and decide again.
    #[error("another configuration is in force, revision {}: read it and publish again", .0.revision)]
    StaleRevision(Box<Published>),
    /// A writer with a higher epoch has published (409): whoever hears this leads no more, and must not try again.
    #[error("the endpoint refuses this epoch: {0}")]
    StaleWriter(String),
    /// The endpoint understood and refused.
    #[error("the endpoint answers {status}: {detail}")]
    Refused {
        /// The HTTP status.
        status: u16,
        /// `detail` of the problem, shortened.
        detail: String,
    },
}

impl Error {
    /// A bounded word for metrics and condition reasons.
    pub fn category(&self) -> &'static str {
        match self {
            Self::Tls(_) => "AdminTls",
            Self::Unreachable { .. } => "EndpointUnreachable",
            Self::StaleRevision(_) => "StaleRevision",
            Self::StaleWriter(_) => "StaleWriter",
            Self::Refused { .. } => "EndpointRefused",
        }
    }

    /// Whether the endpoint said that it knows no such thing (404).
    pub fn is_not_found(&self) -> bool {
        matches!(self, Self::Refused { status: 404, .. })
    }
}

/// Who the caller is and whom it trusts.
#[derive(Debug, Clone)]
pub struct Identity {
    /// The authority's certificates, PEM.
    pub authority_pem: String,
    /// The caller's certificate, PEM.
    pub certificate_pem: String,
    /// The caller's key, PEM.
    pub key_pem: SecretString,
}

/// The admin API of one endpoint address. Cheap to clone.
#[derive(Debug, Clone)]
pub struct AdminClient {
    http: Client,
    base: String,
    address: SocketAddr,
}

impl AdminClient {
    /// A client that dials `address` and accepts only a certificate for `server_name`.
    pub fn new(server_name: &str, address: SocketAddr, identity: &Identity) -> Result<Self, Error> {
        let pem = format!("{}\n{}", identity.certificate_pem, identity.key_pem.expose_secret());
        let authorities = Certificate::from_pem_bundle(identity.authority_pem.as_bytes()).map_err(Error::Tls)?;
        let http = Client::builder()
            .tls_backend_rustls()
            .tls_certs_only(authorities)
            .identity(TlsIdentity::from_pem(pem.as_bytes()).map_err(Error::Tls)?)
            .resolve(server_name, address)
            .https_only(true)
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(REQUEST_TIMEOUT)
            .build()
            .map_err(Error::Tls)?;
        Ok(Self { http, base: format!("https://{server_name}:{}/admin/v1", address.port()), address })
    }

    /// Whom this client calls.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// `PUT /config`: makes a configuration the one in force; the same content again is not a new revision.
    pub async fn publish(&self, publication: &Publication) -> Result<Published, Error> {
        let response = self.send(self.http.put(format!("{}/config", self.base)).json(publication)).await?;
        if response.status() != StatusCode::CONFLICT {
            return self.read(response).await;
        }
        let body = response.bytes().await.map_err(|source| self.unreachable(source))?;
        Err(conflict(&body))
    }

    /// `GET /config`: the configuration in force, with its document.
    pub async fn published(&self) -> Result<Published, Error> {
        let response = self.send(self.http.get(format!("{}/config", self.base))).await?;
        self.read(response).await
    }

    /// `GET /state`: at once without `since`, else after a change or `wait`.
    pub async fn state(&self, since: Option<&str>, wait: Duration) -> Result<State, Error> {
        let mut request =
            self.http.get(format!("{}/state", self.base)).query(&[("wait", format!("{}s", wait.as_secs()))]);
        if let Some(since) = since {
            request = request.query(&[("since", since)]);
        }
        let response = self.send(request.timeout(wait + REQUEST_TIMEOUT)).await?;
        self.read(response).await
    }

    /// `PUT /syncs/{uid}`: asks for a run; asking again answers the run as it stands.
    pub async fn request_run(&self, uid: &str, request: &RunRequest) -> Result<RunStatus, Error> {
        let response = self.send(self.http.put(format!("{}/syncs/{uid}", self.base)).json(request)).await?;
        self.read(response).await
    }

    /// `DELETE /syncs/{uid}`: takes a run that is not final out of the queue.
    pub async fn cancel_run(&self, uid: &str) -> Result<(), Error> {
        let response = self.send(self.http.delete(format!("{}/syncs/{uid}", self.base))).await?;
        let status = response.status();
        if status.is_success() || status == StatusCode::NOT_FOUND {
            return Ok(());
        }
        let body = response.bytes().await.map_err(|source| self.unreachable(source))?;
        Err(refused(status.as_u16(), &body))
    }

    async fn send(&self, request: RequestBuilder) -> Result<Response, Error> {
        request.send().await.map_err(|source| self.unreachable(source))
    }

    async fn read<T: DeserializeOwned>(&self, response: Response) -> Result<T, Error> {
        let status = response.status();
        let body = response.bytes().await.map_err(|source| self.unreachable(source))?;
        if !status.is_success() {
            return Err(refused(status.as_u16(), &body));
        }
        serde_json::from_slice(&body).map_err(|error| Error::Refused {
            status: status.as_u16(),
            detail: format!("its body cannot be read ({error}); operator and endpoint may be of different versions"),
        })
    }

    fn unreachable(&self, source: reqwest::Error) -> Error {
        // The address is in our own text; the URL in reqwest's would repeat it.
        Error::Unreachable { address: self.address, source: source.without_url() }
    }
}

/// What went wrong and why, down to the operating system's word: the outermost alone says no more than that a request
/// was not sent.
fn causes(error: &dyn std::error::Error) -> String {
    let mut said: Vec<String> = Vec::new();
    for cause in std::iter::successors(Some(error), |error| error.source()) {
        let text = cause.to_string();
        // Some repeat what comes after them.
        if !said.iter().any(|before| before.contains(&text)) {
            said.push(text);
        }
    }
    said.join(": ")
}

/// What a 409 to a publication says: what is in force, or a problem.
fn conflict(body: &[u8]) -> Error {
    if let Ok(current) = serde_json::from_slice::<Published>(body) {
        return Error::StaleRevision(Box::new(current));
    }
    let problem: serde_json::Value = serde_json::from_slice(body).unwrap_or_default();
    let kind = problem.get("type").and_then(|kind| kind.as_str()).unwrap_or_default();
    if kind.ends_with("/stale-writer") { Error::StaleWriter(detail(&problem)) } else { refused(409, body) }
}

fn refused(status: u16, body: &[u8]) -> Error {
    Error::Refused { status, detail: detail(&serde_json::from_slice(body).unwrap_or_default()) }
}

fn detail(problem: &serde_json::Value) -> String {
    const DETAIL_CHARS_MAX: usize = 300;
    let text = ["detail", "title"].iter().find_map(|key| problem.get(key)?.as_str());
    text.unwrap_or("no reason given").chars().take(DETAIL_CHARS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_carries_the_problems_detail_shortened() {
        let body = serde_json::json!({"title": "Conflict", "detail": "x".repeat(1000)}).to_string();
        let Error::Refused { status, detail } = refused(409, body.as_bytes()) else { panic!("not a refusal") };
        assert_eq!((status, detail.len()), (409, 300));
    }

    #[test]
    fn a_conflict_says_whether_the_configuration_or_the_writer_is_old() {
        let current = serde_json::json!({"revision": 4, "contentHash": "h", "storeId": "s", "epoch": 2}).to_string();
        let Error::StaleRevision(now) = conflict(current.as_bytes()) else { panic!("not the current configuration") };
        assert_eq!((now.revision, now.epoch), (4, 2));
        let detail = "a newer writer has published already (epoch 7)";
        let problem = |kind: &str| {
            let kind = format!("https://scim-operator.dev/problems/{kind}");
            serde_json::json!({"type": kind, "status": 409, "detail": detail}).to_string()
        };
        let stale = conflict(problem("stale-writer").as_bytes());
        assert!(matches!(&stale, Error::StaleWriter(said) if said == detail));
        assert_eq!(stale.category(), "StaleWriter");
        assert!(matches!(conflict(problem("conflict").as_bytes()), Error::Refused { status: 409, .. }));
        assert!(matches!(conflict(b"<html>"), Error::Refused { status: 409, .. }));
    }

    #[tokio::test]
    async fn an_endpoint_that_does_not_answer_is_told_with_the_cause() {
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = closed.local_addr().unwrap();
        drop(closed);
        let http = Client::builder().no_proxy().build().unwrap();
        let client = AdminClient { http, base: format!("http://{address}/admin/v1"), address };
        let error = client.published().await.unwrap_err().to_string();
        let start = format!("the endpoint at {address} does not answer: error sending request: ");
        assert!(error.starts_with(&start) && error.contains("Connection refused"), "{error}");
    }

    #[test]
    fn a_refusal_without_a_problem_still_says_something() {
        assert_eq!(refused(500, b"<html>").to_string(), "the endpoint answers 500: no reason given");
        assert!(refused(404, b"").is_not_found());
    }
}
