//! The console before anybody has signed in: who is sent where, and what a page is like. B004, B101, B114, B133.

use crate::support::endpoint::{Endpoint, LIMIT};
use crate::support::reply::{Reply, finish};
use reqwest::redirect::Policy;
use scim_operator::config::{SignIn, SubjectAttribute, SubjectMapping};
use serde_json::json;

/// An endpoint whose people sign in at a provider that nobody answers for.
async fn with_sign_in() -> Endpoint {
    let mut endpoint = Endpoint::start(Vec::new()).await;
    endpoint.document.sign_in = Some(SignIn {
        issuer: "http://127.0.0.1:1".to_owned(),
        client_id: "corp".to_owned(),
        has_client_secret: false,
        scopes: vec!["openid".to_owned()],
        subject: SubjectMapping { claim: "sub".to_owned(), attribute: SubjectAttribute::ExternalId },
    });
    endpoint.publish().await;
    endpoint
}

/// What a browser asks for: without a token, perhaps with a cookie. Redirects are answers here.
async fn asked(endpoint: &Endpoint, path: &str, cookie: &str) -> Reply {
    let client = reqwest::Client::builder().redirect(Policy::none()).no_proxy().timeout(LIMIT);
    let request = client.build().expect("a client").get(format!("{}{path}", endpoint.public.base));
    finish(request.header("cookie", cookie)).await
}

async fn seen(endpoint: &Endpoint, path: &str) -> Reply {
    asked(endpoint, path, "").await
}

#[track_caller]
fn assert_page(reply: &Reply, status: u16, words: &str) {
    assert_eq!((reply.status, reply.header("content-type")), (status, "text/html; charset=utf-8"), "{}", reply.text);
    assert!(reply.text.starts_with("<!doctype html>") && reply.text.contains(words), "{}", reply.text);
    let policy = reply.header("content-security-policy");
    assert!(policy.contains("default-src 'none'") && policy.contains("style-src 'self'"), "{policy}");
    assert_eq!((reply.header("cache-control"), reply.header("referrer-policy")), ("no-store", "no-referrer"));
}

#[tokio::test]
async fn b101_b133_without_a_session_a_page_sends_to_the_sign_in_and_comes_back() {
    let endpoint = with_sign_in().await;
    for path in ["/console", "/console/users"] {
        let reply = seen(&endpoint, path).await;
        assert_eq!((reply.status, reply.header("location")), (303, &*format!("/sso/login?return={path}")));
        assert_eq!(reply.text, "", "nothing of anybody is shown");
    }
    for cookie in ["__Host-scim-session=AAAA", "__Host-scim-session=", "__Host-scim-session"] {
        assert_eq!(asked(&endpoint, "/console/users", cookie).await.status, 303, "{cookie}");
    }
}

#[tokio::test]
async fn b133_a_search_without_a_session_is_a_page_with_a_link_and_is_not_sent_to_the_provider() {
    let endpoint = with_sign_in().await;
    for query in ["q=ana", "cursor=x", "q="] {
        let reply = seen(&endpoint, &format!("/console/users?{query}")).await;
        assert_page(&reply, 403, "<code>SessionEnded</code>");
        assert!(reply.text.contains("href=\"/sso/login?return=/console/users\""), "{}", reply.text);
    }
    assert_eq!(seen(&endpoint, "/console/users?").await.status, 303, "nothing is asked for");
}

#[tokio::test]
async fn b133_links_begin_with_the_path_that_a_proxy_puts_before() {
    let mut endpoint = with_sign_in().await;
    endpoint.change_profile(&json!({ "baseUrl": "https://example.com/people/scim/v2" })).await;
    let reply = seen(&endpoint, "/console").await;
    assert_eq!((reply.status, reply.header("location")), (303, "/people/sso/login?return=/console"));
    assert_page(&seen(&endpoint, "/console/signed-out").await, 200, "href=\"/people/sso/login\"");
}

#[tokio::test]
async fn a_page_and_its_stylesheet_are_for_everybody() {
    let endpoint = with_sign_in().await;
    assert_page(&seen(&endpoint, "/console/signed-out").await, 200, "href=\"/console/style.css\"");
    let style = seen(&endpoint, "/console/style.css").await;
    assert_eq!((style.status, style.header("content-type")), (200, "text/css; charset=utf-8"));
    assert_eq!(style.header("x-content-type-options"), "nosniff");
    for words in ["prefers-color-scheme: dark", ":focus-visible"] {
        assert!(style.text.contains(words), "{words}");
    }
}

#[tokio::test]
async fn b114_an_unknown_page_is_404_and_a_page_itself() {
    let endpoint = with_sign_in().await;
    for path in ["/console/things", "/console/users/1", "/console/"] {
        assert_page(&seen(&endpoint, path).await, 404, "<h1>");
    }
    // A prefix is a whole segment.
    assert_eq!(seen(&endpoint, "/consoles").await.status, 401);
}

#[tokio::test]
async fn b004_where_people_do_not_sign_in_there_are_no_pages_and_scim_goes_on() {
    let endpoint = Endpoint::start(Vec::new()).await;
    for path in ["/console", "/console/users", "/console/signed-out"] {
        assert_page(&seen(&endpoint, path).await, 404, "People do not sign in here");
    }
    assert_eq!(endpoint.public.get("/scim/v2/Users").await.status, 200);
}
