//! Any SCIM 2.0 service: RFC 7644 requests by path, and the two answers that every caller reads.

use super::{Answer, Connection, Error, Habits, Request, Settings, Token};
use reqwest::Method;
use serde_json::Value;
use std::path::PathBuf;
use std::time::Duration;

/// How long one request may take, as long as the providers wait.
const TIMEOUT: Duration = Duration::from_secs(60);

/// A SCIM service behind a base URL that ends in `/scim/v2` or whatever the service says.
#[derive(Debug, Clone)]
pub struct Scim(Connection);

/// What a filter found: `totalResults` and the first page.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// How many there are.
    pub total: u64,
    /// The resources of the first page.
    pub resources: Vec<Value>,
}

impl Scim {
    /// A service at a base URL; `ca_file` replaces the system's roots.
    pub fn open(base_url: &str, token: Token, ca_file: Option<PathBuf>) -> Result<Self, Error> {
        let base_url = base_url.to_owned();
        let media_type = "application/scim+json";
        Connection::open(Settings { base_url, token, ca_file, timeout: TIMEOUT, media_type }).map(Self)
    }

    /// The same with another's habits.
    #[must_use]
    pub fn with_habits(self, habits: Habits) -> Self {
        Self(self.0.with_habits(habits))
    }

    /// The base URL, without its query.
    pub fn base_url(&self) -> String {
        self.0.base_url()
    }

    /// Sends any request; the answer may be a refusal.
    pub async fn send(&self, request: &Request) -> Result<Answer, Error> {
        self.0.send(request).await
    }

    /// `GET /<kind>?filter=<filter>`.
    pub fn by_filter(kind: &str, filter: impl Into<String>) -> Request {
        Request::new(Method::GET, &[kind]).with("filter", filter)
    }
}

impl Found {
    /// Reads a ListResponse (RFC 7644 §3.4.2); `None` when the body is none.
    pub fn read(body: &Value) -> Option<Self> {
        let total = body.get("totalResults")?.as_u64()?;
        let resources = match body.get("Resources") {
            Some(list) => list.as_array()?.clone(),
            None => Vec::new(),
        };
        Some(Self { total, resources })
    }
}

#[cfg(test)]
mod tests {
    use super::Found;
    use serde_json::json;

    #[test]
    fn ok_a_list_response_without_resources_is_empty() {
        assert_eq!(Found::read(&json!({ "totalResults": 0 })), Some(Found { total: 0, resources: vec![] }));
    }

    #[test]
    fn err_anything_else_is_no_list_response() {
        for body in
            [json!(null), json!({}), json!({ "totalResults": "1" }), json!({ "totalResults": 1, "Resources": {} })]
        {
            assert_eq!(Found::read(&body), None, "{body}");
        }
    }
}
