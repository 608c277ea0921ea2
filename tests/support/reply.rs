//! HTTP where the answer's head matters too: headers, raw bodies, certificates.

use reqwest::header::HeaderMap;
use reqwest::{Body, Certificate, Identity, Method};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::time::Duration;

/// How long one request may take; longer than the longest long poll.
const TIMEOUT: Duration = Duration::from_secs(60);

/// Columns of a snapshot.
const WIDTH: usize = 105;

/// A whole answer.
#[derive(Debug, Clone)]
pub struct Reply {
    pub status: u16,
    pub headers: HeaderMap,
    pub text: String,
}

impl Reply {
    /// The body as JSON; `Null` when there is none.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or(Value::Null)
    }

    /// A header as text; empty when it is not there.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("a header of text"))
    }

    /// Status, media type and body, for snapshots.
    pub fn shown(&self) -> String {
        let body = match self.json() {
            Value::Null => self.text.clone(),
            body => serde_json::to_string_pretty(&body).expect("JSON"),
        };
        wrapped(format!("{} {}\n{body}", self.status, self.header("content-type")).trim_end())
    }

    /// Status, keyword and detail of a SCIM error, for snapshots.
    pub fn refusal(&self) -> String {
        let body = self.json();
        let text = |name: &str| body[name].as_str().unwrap_or("-").to_owned();
        wrapped(&format!("{} {}\n{}", self.status, text("scimType"), text("detail")))
    }
}

/// The same text in lines that fit into a source file.
fn wrapped(text: &str) -> String {
    let mut out = String::new();
    for line in text.lines() {
        let mut column = 0;
        for word in line.split_inclusive(' ') {
            if column + word.len() > WIDTH {
                out.truncate(out.trim_end().len());
                out.push_str("\n      ");
                column = 6;
            }
            out.push_str(word);
            column += word.len();
        }
        out.push('\n');
    }
    out.trim_end().to_owned()
}

/// One caller: a base URL, perhaps a bearer token, perhaps a certificate.
#[derive(Debug, Clone)]
pub struct Caller {
    http: reqwest::Client,
    pub base: String,
    token: Option<String>,
}

impl Caller {
    /// A caller of plain HTTP without a token.
    pub fn new(base: String) -> Self {
        Self { http: builder().build().expect("a client"), base, token: None }
    }

    /// A caller with a client certificate; `name` is resolved to loopback.
    pub fn mutual_tls(base: &str, name: &str, ca: &str, identity: &str) -> Self {
        let port = base.rsplit(':').next().and_then(|port| port.parse().ok()).expect("a port");
        let http = builder()
            .tls_certs_only([Certificate::from_pem(ca.as_bytes()).expect("an authority")])
            .identity(Identity::from_pem(identity.as_bytes()).expect("an identity"))
            .resolve(name, SocketAddr::from(([127, 0, 0, 1], port)))
            .build()
            .expect("a client");
        Self { http, base: base.to_owned(), token: None }
    }

    /// Where it calls.
    pub fn address(&self) -> SocketAddr {
        self.base.trim_start_matches("http://").parse().expect("a numeric address")
    }

    /// The same caller with another token.
    pub fn with_token(&self, token: &str) -> Self {
        Self { token: Some(token.to_owned()), ..self.clone() }
    }

    /// The same caller without a token.
    pub fn without_token(&self) -> Self {
        Self { token: None, ..self.clone() }
    }

    /// A request to be filled in, with the token.
    pub fn request(&self, method: &str, path: &str) -> reqwest::RequestBuilder {
        let method = Method::from_bytes(method.as_bytes()).expect("a method");
        let request = self.http.request(method, format!("{}{path}", self.base));
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    /// Sends a request with a body of a media type.
    pub async fn send(&self, method: &str, path: &str, media_type: &str, body: impl Into<Body>) -> Reply {
        finish(self.request(method, path).header("content-type", media_type).body(body)).await
    }

    /// Sends JSON as `application/scim+json`.
    pub async fn json(&self, method: &str, path: &str, body: &Value) -> Reply {
        self.send(method, path, "application/scim+json", body.to_string()).await
    }

    /// `GET`.
    pub async fn get(&self, path: &str) -> Reply {
        finish(self.request("GET", path)).await
    }

    /// `DELETE`.
    pub async fn delete(&self, path: &str) -> Reply {
        finish(self.request("DELETE", path)).await
    }

    /// `POST`.
    pub async fn post(&self, path: &str, body: &Value) -> Reply {
        self.json("POST", path, body).await
    }

    /// `PATCH` with these operations.
    pub async fn patch(&self, path: &str, operations: &Value) -> Reply {
        let schemas = ["urn:ietf:params:scim:api:messages:2.0:PatchOp"];
        self.json("PATCH", path, &json!({ "schemas": schemas, "Operations": operations })).await
    }

    /// `POST` that must answer 201; the id of what was made.
    pub async fn created(&self, path: &str, body: &Value) -> String {
        let reply = self.post(path, body).await;
        assert_eq!(reply.status, 201, "{}", reply.text);
        reply.json()["id"].as_str().expect("an id").to_owned()
    }
}

/// Sends a request that must be answered.
pub async fn finish(request: reqwest::RequestBuilder) -> Reply {
    try_finish(request).await.expect("an answer")
}

/// Sends a request; an error when the connection fails.
pub async fn try_finish(request: reqwest::RequestBuilder) -> Result<Reply, reqwest::Error> {
    let answer = request.send().await?;
    let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
    Ok(Reply { status, headers, text: answer.text().await? })
}

fn builder() -> reqwest::ClientBuilder {
    // Fails only when a provider is installed already, which then is this one.
    let _already = rustls::crypto::aws_lc_rs::default_provider().install_default();
    reqwest::Client::builder().timeout(TIMEOUT).no_proxy()
}
