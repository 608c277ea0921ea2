//! Signing in as people do it: from the console to the provider and back, until the session ends. B114, B129, B133,
//! reading 8.

use crate::support::browser::{Browser, LOGIN, SESSION};
use crate::support::endpoint::{Endpoint, LIMIT, rule, token};
use crate::support::identity_provider::{CLIENT_SECRET, IdentityProvider};
use crate::support::reply::Reply;
use crate::support::wait;
use scim_operator::access::Onboarding;
use scim_operator::config::{RuleEntry, Scope, SubjectAttribute};
use serde_json::{Value, json};

/// An endpoint whose people sign in at this provider by their userName, ready for them.
pub(super) async fn signing_in(provider: &IdentityProvider, rules: Vec<RuleEntry>, onboarding: Onboarding) -> Endpoint {
    let mut endpoint = Endpoint::start(rules).await;
    std::fs::write(endpoint.folder().join("client-secret"), format!("{CLIENT_SECRET}\n")).expect("a file");
    endpoint.document.sign_in = Some(provider.sign_in("preferred_username", SubjectAttribute::UserName));
    endpoint.document.onboarding = onboarding;
    endpoint.publish().await;
    ready(&endpoint).await;
    endpoint
}

/// Waits until the endpoint says that people can sign in.
pub(super) async fn ready(endpoint: &Endpoint) {
    let is_ready = async || endpoint.state().await.sign_in.filter(|state| state.ready).map(|_| ());
    wait::until("people can sign in", LIMIT, is_ready).await;
}

pub(super) fn onboarding() -> Onboarding {
    Onboarding { enabled: true, ..Onboarding::default() }
}

pub(super) fn designers() -> Vec<RuleEntry> {
    vec![rule("d", "Designers", "Designer", &["main"], &["Reviewers"])]
}

/// What the provider says of somebody; the subject is made of the name.
pub(super) fn claims(user_name: &str) -> Value {
    json!({ "sub": format!("subject of {user_name}"), "preferred_username": user_name, "email": user_name })
}

pub(super) fn browser(endpoint: &Endpoint) -> Browser {
    Browser::new(&endpoint.public.base)
}

/// Fails unless the answer is a page with this code that lets nothing in from elsewhere.
#[track_caller]
pub(super) fn assert_page(reply: &Reply, status: u16, code: &str) {
    assert_eq!((reply.status, reply.header("content-type")), (status, "text/html; charset=utf-8"), "{}", reply.text);
    assert!(reply.text.contains(&format!("<code>{code}</code>")), "{code} is not in:\n{}", reply.text);
    assert!(reply.header("content-security-policy").starts_with("default-src 'none'"));
}

/// Fails unless the person is in: sent on to the console with a session.
#[track_caller]
pub(super) fn assert_in(reply: &Reply) {
    assert_eq!((reply.status, reply.header("location")), (303, "/console"), "{}", reply.text);
}

/// Whether a page of the console is shown; else the browser is sent to sign in.
async fn is_in(browser: &mut Browser) -> bool {
    let reply = browser.get("/console").await;
    assert!(matches!(reply.status, 200 | 303), "{} {}", reply.status, reply.text);
    reply.status == 200
}

#[tokio::test]
async fn b129_b133_from_the_console_to_the_provider_and_back_with_a_session_that_opens_nothing_else() {
    let provider = IdentityProvider::start().await;
    let endpoint = signing_in(&provider, designers(), Onboarding::default()).await;
    let ana = endpoint.user("ana@example.com").await;
    endpoint.group("Designers", &[&ana]).await;
    provider.vouches_for(claims("ANA@example.com"));
    let mut browser = browser(&endpoint);
    let sent = browser.get("/console").await;
    assert_eq!((sent.status, sent.header("location")), (303, "/sso/login?return=/console"));
    let back = browser.leave(sent.header("location")).await;
    assert!(browser.cookies.contains_key(LOGIN));
    let entered = browser.get(&back).await;
    assert_in(&entered);
    let set: Vec<&str> = entered.headers.get_all("set-cookie").iter().map(|value| value.to_str().unwrap()).collect();
    let session = set.iter().find(|cookie| cookie.starts_with("__Host-scim-session=")).expect("a session");
    assert!(session.ends_with("; Max-Age=28800; Path=/; HttpOnly; SameSite=Lax; Secure"), "{session}");
    let ended = "__Host-scim-login=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax; Secure";
    assert!(set.contains(&ended), "{set:?}");
    let page = browser.get("/console").await;
    assert_eq!(page.status, 200, "{}", page.text);
    for words in ["ana@example.com", "Designer", "Reviewers", "My access"] {
        assert!(page.text.contains(words), "{words} is not in:\n{}", page.text);
    }
    assert_eq!((page.header("cache-control"), page.header("x-frame-options")), ("no-store", "DENY"));
    assert_eq!((page.header("referrer-policy"), page.header("x-content-type-options")), ("no-referrer", "nosniff"));
    // A session is no token, and a token is no session.
    for path in ["/scim/v2/Users", "/access/v1/users", "/admin/v1/state"] {
        assert_eq!(browser.get(path).await.status, 401, "{path}");
    }
    let token = format!("Bearer {}", token(Scope::Admin));
    let mut other = Browser::new(&endpoint.public.base);
    assert_eq!(other.send("GET", "/console", &[("authorization", token.as_str())]).await.status, 303);
    let metrics = endpoint.metrics.get("/metrics").await.text;
    assert!(metrics.contains("scim_sign_ins_total{outcome=\"signed_in\"} 1"), "{metrics}");
}

#[tokio::test]
async fn b133_a_page_that_was_asked_for_is_come_back_to_and_no_other_place_is() {
    let provider = IdentityProvider::start().await;
    let endpoint = signing_in(&provider, Vec::new(), onboarding()).await;
    provider.vouches_for(claims("ana@example.com"));
    for (asked, expected) in [
        ("/console/users?q=ana", "/console/users?q=ana"),
        ("https://evil.example.com/console", "/console"),
        ("//evil.example.com", "/console"),
        ("/sso/logout", "/console"),
    ] {
        let mut browser = browser(&endpoint);
        let asked = asked.replace('?', "%3F").replace('=', "%3D");
        let back = browser.leave(&format!("/sso/login?return={asked}")).await;
        let reply = browser.get(&back).await;
        assert_eq!((reply.status, reply.header("location")), (303, expected), "{asked}");
    }
}

#[tokio::test]
async fn b133_two_browsers_are_in_at_once_and_signing_out_ends_both() {
    let provider = IdentityProvider::start().await;
    let endpoint = signing_in(&provider, Vec::new(), onboarding()).await;
    provider.vouches_for(claims("ana@example.com"));
    let (mut one, mut two) = (browser(&endpoint), browser(&endpoint));
    assert_in(&one.sign_in().await);
    assert_in(&two.sign_in().await);
    assert!(is_in(&mut one).await && is_in(&mut two).await);
    for site in ["cross-site", "same-site"] {
        assert_page(&one.send("POST", "/sso/logout", &[("sec-fetch-site", site)]).await, 403, "OtherSite");
    }
    let forged = one.send("POST", "/sso/logout", &[("origin", "https://evil.example.com")]).await;
    assert_page(&forged, 403, "OtherSite");
    assert!(is_in(&mut one).await, "another site ends no session");
    let out = one.post("/sso/logout").await;
    assert_eq!((out.status, out.header("location"), one.session()), (303, "/console/signed-out", ""));
    assert!(!is_in(&mut one).await && !is_in(&mut two).await);
    assert_eq!(one.post("/sso/logout").await.status, 303, "out is out");
    assert_in(&two.sign_in().await);
    assert!(is_in(&mut two).await);
}

#[tokio::test]
async fn b133_below_a_path_of_a_host_the_cookies_are_for_that_path() {
    let provider = IdentityProvider::start().await;
    let mut endpoint = signing_in(&provider, Vec::new(), onboarding()).await;
    endpoint.change_profile(&json!({ "baseUrl": "https://example.com/people/scim/v2" })).await;
    provider.vouches_for(claims("ana@example.com"));
    let mut ana = browser(&endpoint);
    // What a proxy in front takes away.
    let back = ana.leave("/sso/login").await.replace("/people/sso/", "/sso/");
    assert_eq!(ana.cookies.keys().collect::<Vec<_>>(), ["__Secure-scim-login"]);
    let entered = ana.get(&back).await;
    assert_eq!((entered.status, entered.header("location")), (303, "/people/console"), "{}", entered.text);
    assert_eq!(ana.cookies.keys().collect::<Vec<_>>(), ["__Secure-scim-session"]);
    assert!(is_in(&mut ana).await);
}

#[tokio::test]
async fn a_session_ends_at_once_when_the_provider_disables_or_deletes_the_person() {
    let provider = IdentityProvider::start().await;
    let endpoint = signing_in(&provider, designers(), Onboarding::default()).await;
    let ana = endpoint.user("ana@example.com").await;
    endpoint.group("Designers", &[&ana]).await;
    provider.vouches_for(claims("ana@example.com"));
    let mut browser = browser(&endpoint);
    assert_in(&browser.sign_in().await);
    let user = format!("/scim/v2/Users/{ana}");
    let active = |value: bool| json!([{ "op": "Replace", "path": "active", "value": value }]);
    assert!(matches!(endpoint.public.patch(&user, &active(false)).await.status, 200 | 204));
    assert!(!is_in(&mut browser).await);
    assert!(matches!(endpoint.public.patch(&user, &active(true)).await.status, 200 | 204));
    assert!(!is_in(&mut browser).await, "the session that ended stays ended");
    assert_in(&browser.sign_in().await);
    assert!(is_in(&mut browser).await);
    assert_eq!(endpoint.public.delete(&user).await.status, 204);
    assert!(!is_in(&mut browser).await);
}

#[tokio::test]
async fn a_cookie_that_is_not_ours_is_nobodys() {
    let provider = IdentityProvider::start().await;
    let (endpoint, other) =
        tokio::join!(signing_in(&provider, Vec::new(), onboarding()), signing_in(&provider, Vec::new(), onboarding()));
    provider.vouches_for(claims("ana@example.com"));
    let mut ana = browser(&endpoint);
    assert_in(&ana.sign_in().await);
    let real = ana.session().to_owned();
    let mut elsewhere = browser(&other);
    assert_in(&elsewhere.sign_in().await);
    let back = ana.leave("/sso/login").await;
    let under_way = ana.cookies[LOGIN].clone();
    assert!(back.starts_with("/sso/callback?"));
    let changed = format!("{}{}", &real[..20], real[20..].chars().rev().collect::<String>());
    for forged in ["", "e30", &changed, elsewhere.session(), &under_way, &real[..real.len() - 4]] {
        let mut browser = browser(&endpoint);
        browser.cookies.insert(SESSION.to_owned(), forged.to_owned());
        assert!(!is_in(&mut browser).await, "{forged}");
    }
    for unguarded in ["scim-session", "__Secure-scim-session"] {
        let mut browser = browser(&endpoint);
        browser.cookies.insert(unguarded.to_owned(), real.clone());
        assert!(!is_in(&mut browser).await, "{unguarded} may be from another site of the domain");
    }
    assert!(is_in(&mut ana).await, "the real one still holds");
}

#[tokio::test]
async fn b114_sign_in_asks_for_no_token_and_its_errors_are_pages() {
    let provider = IdentityProvider::start().await;
    let endpoint = signing_in(&provider, Vec::new(), onboarding()).await;
    let mut browser = browser(&endpoint);
    assert_page(&browser.get("/sso").await, 404, "NotFound");
    assert_page(&browser.get("/sso/login/x").await, 404, "NotFound");
    let reply = browser.get("/sso/logout").await;
    assert_page(&reply, 405, "MethodNotAllowed");
    assert_eq!(reply.header("allow"), "POST");
    assert_eq!(browser.get("/ssomething").await.status, 401, "a prefix is a whole segment");
}

#[tokio::test]
async fn b004_where_people_do_not_sign_in_the_paths_say_so_and_before_a_configuration_they_wait() {
    let endpoint = Endpoint::start(Vec::new()).await;
    let mut browser = browser(&endpoint);
    for path in ["/sso/login", "/sso/callback?code=c&state=s"] {
        assert_page(&browser.get(path).await, 404, "NotConfigured");
    }
    assert_page(&browser.post("/sso/logout").await, 404, "NotConfigured");
    assert_eq!(endpoint.state().await.sign_in, None);
    let unpublished = Endpoint::unpublished().await;
    let reply = Browser::new(&unpublished.public.base).get("/sso/login").await;
    assert_page(&reply, 503, "Unavailable");
    assert_eq!(reply.header("retry-after"), "30");
}
