//! HTTP as a provider or an application would speak it.

use serde_json::Value;
use std::time::Duration;

/// One caller: a base URL and perhaps a bearer token.
#[derive(Clone)]
pub struct Caller {
    http: reqwest::Client,
    base: String,
    token: Option<String>,
}

impl Caller {
    /// A caller without a token.
    pub fn new(base: impl Into<String>) -> Self {
        // The provider of TLS is the program's to install; here nothing but plain HTTP is spoken.
        let _already = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let http = reqwest::Client::builder().timeout(Duration::from_secs(10)).no_proxy().build().expect("a client");
        Self { http, base: base.into(), token: None }
    }

    /// The base URL.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// The same caller with a token.
    pub fn with_token(&self, token: &str) -> Self {
        Self { token: Some(token.trim().to_owned()), ..self.clone() }
    }

    /// Sends a request; the status and the body (`Null` when it is no JSON). A broken connection is status 0.
    pub async fn send(&self, method: &str, path: &str, body: Option<Value>) -> (u16, Value) {
        let method = reqwest::Method::from_bytes(method.as_bytes()).expect("a method");
        let mut call = self.http.request(method, format!("{}{path}", self.base));
        if let Some(token) = &self.token {
            call = call.bearer_auth(token);
        }
        if let Some(body) = body {
            call = call.header("content-type", "application/scim+json").body(body.to_string());
        }
        let Ok(answer) = call.send().await else { return (0, Value::Null) };
        let status = answer.status().as_u16();
        let bytes = answer.bytes().await.unwrap_or_default();
        (status, serde_json::from_slice(&bytes).unwrap_or(Value::Null))
    }

    /// `GET`.
    pub async fn get(&self, path: &str) -> (u16, Value) {
        self.send("GET", path, None).await
    }

    /// `POST`, which must succeed; the body of the answer.
    pub async fn post(&self, path: &str, body: Value) -> Value {
        let (status, answer) = self.send("POST", path, Some(body)).await;
        assert!((200..300).contains(&status), "POST {path}: {status} {answer}");
        answer
    }

    /// `PATCH`, which must succeed.
    pub async fn patch(&self, path: &str, operations: Value) -> Value {
        let schemas = ["urn:ietf:params:scim:api:messages:2.0:PatchOp"];
        let body = serde_json::json!({ "schemas": schemas, "Operations": operations });
        let (status, answer) = self.send("PATCH", path, Some(body)).await;
        assert!((200..300).contains(&status), "PATCH {path}: {status} {answer}");
        answer
    }
}
