//! A browser as far as signing in needs one: it keeps cookies, says where a form comes from, and goes from the endpoint
//! to the provider and back. It shows every step; nothing is followed unasked.

use super::reply::{Reply, finish};
use std::collections::BTreeMap;
use std::time::Duration;

/// The session's cookie at a place that has its host to itself, over https.
pub const SESSION: &str = "__Host-scim-session";

/// The cookie of a sign-in under way there.
pub const LOGIN: &str = "__Host-scim-login";

/// One browser of one person.
pub struct Browser {
    http: reqwest::Client,
    base: String,
    pub cookies: BTreeMap<String, String>,
}

impl Browser {
    /// A browser without cookies; `base` is where the endpoint listens, whatever its public URL says.
    pub fn new(base: &str) -> Self {
        // Fails only when a provider is installed already, which then is this one.
        let _already = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let builder = reqwest::Client::builder().timeout(Duration::from_secs(30)).no_proxy();
        let http = builder.redirect(reqwest::redirect::Policy::none()).build().expect("a client");
        Self { http, base: base.to_owned(), cookies: BTreeMap::new() }
    }

    /// `GET` of a path of the endpoint.
    pub async fn get(&mut self, path: &str) -> Reply {
        self.send("GET", path, &[]).await
    }

    /// A form of one of our own pages.
    pub async fn post(&mut self, path: &str) -> Reply {
        self.send("POST", path, &[("sec-fetch-site", "same-origin"), ("origin", "null")]).await
    }

    /// Any request to the endpoint, with these headers; cookies that come back are kept.
    pub async fn send(&mut self, method: &str, path: &str, headers: &[(&str, &str)]) -> Reply {
        let method = reqwest::Method::from_bytes(method.as_bytes()).expect("a method");
        let mut request = self.http.request(method, format!("{}{path}", self.base));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if !self.cookies.is_empty() {
            let pairs: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            request = request.header("cookie", pairs.join("; "));
        }
        let reply = finish(request).await;
        for set in reply.headers.get_all("set-cookie") {
            let set = set.to_str().expect("a cookie of text");
            let (name, value) = set.split(';').next().and_then(|pair| pair.split_once('=')).expect("a pair");
            if set.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        reply
    }

    /// From `/sso/login` to the provider: the path and query that it sends the person back to.
    pub async fn leave(&mut self, login: &str) -> String {
        let away = self.get(login).await;
        assert_eq!(away.status, 302, "{}", away.text);
        let back = finish(self.http.get(away.header("location"))).await;
        assert_eq!(back.status, 302, "{}", back.text);
        let location = reqwest::Url::parse(back.header("location")).expect("an address");
        format!("{}?{}", location.path(), location.query().expect("a code or an error"))
    }

    /// The whole way to the provider and back: what the callback answers.
    pub async fn sign_in(&mut self) -> Reply {
        let back = self.leave("/sso/login").await;
        self.get(&back).await
    }

    /// What the session's cookie holds; empty without one.
    pub fn session(&self) -> &str {
        self.cookies.get(SESSION).map_or("", String::as_str)
    }
}
