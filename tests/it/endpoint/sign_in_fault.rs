//! Providers that lie, fail or change, and browsers that send what is not theirs: nobody comes in by it, and SCIM goes
//! on. B002, B004, B129, B133.

use super::sign_in::{assert_in, assert_page, browser, claims, designers, onboarding, ready, signing_in};
use crate::support::browser::Browser;
use crate::support::endpoint::{Endpoint, LIMIT};
use crate::support::identity_provider::{CLIENT_SECRET, IdentityProvider, Lie};
use crate::support::wait;
use scim_operator::config::{SignInState, SubjectAttribute};
use serde_json::json;

const ANA: &str = "ana@example.com";

/// Waits until the endpoint says that nobody can sign in, and why.
async fn not_ready(endpoint: &Endpoint, why: &str) -> SignInState {
    let said = async || endpoint.state().await.sign_in.filter(|state| !state.ready && state.message.contains(why));
    wait::until(&format!("nobody can sign in: {why}"), LIMIT, said).await
}

#[tokio::test]
async fn b129_every_lie_of_an_id_token_is_refused_and_makes_nobody_known() {
    let provider = IdentityProvider::start().await;
    let endpoint = signing_in(&provider, Vec::new(), onboarding()).await;
    provider.vouches_for(claims(ANA));
    let table = [
        (Lie::Nonce, "IdTokenInvalid", "nonce"),
        (Lie::Audience, "IdTokenInvalid", "aud"),
        (Lie::Issuer, "IdTokenInvalid", "iss"),
        (Lie::Expired, "IdTokenInvalid", "exp"),
        (Lie::Unsigned, "IdTokenInvalid", "not a signed JWT"),
        (Lie::Hmac, "IdTokenInvalid", "not accepted here"),
        (Lie::OtherKey, "IdTokenInvalid", "signature"),
        (Lie::NoToken, "ProviderRefused", "client id"),
    ];
    for (lie, code, words) in table {
        provider.lies(lie);
        let mut browser = browser(&endpoint);
        let reply = browser.sign_in().await;
        assert_page(&reply, 502, code);
        assert!(reply.text.contains(words), "{lie:?}: {words} is not in:\n{}", reply.text);
        assert_eq!(browser.session(), "", "{lie:?}");
    }
    assert_eq!(endpoint.access.get("/access/v1/users").await.json()["users"], json!([]));
    let metrics = endpoint.metrics.get("/metrics").await.text;
    assert!(metrics.contains("scim_sign_ins_total{outcome=\"failed\"} 8"), "{metrics}");
    provider.lies(Lie::Nothing);
    assert_in(&browser(&endpoint).sign_in().await);
}

#[tokio::test]
async fn b133_what_comes_back_answers_this_browsers_own_sign_in_once() {
    let provider = IdentityProvider::start().await;
    let endpoint = signing_in(&provider, Vec::new(), onboarding()).await;
    provider.vouches_for(claims(ANA));
    let (mut ana, mut eve) = (browser(&endpoint), browser(&endpoint));
    let (of_ana, of_eve) = (ana.leave("/sso/login").await, eve.leave("/sso/login").await);
    let kept = ana.cookies.clone();
    assert_page(&Browser::new(&endpoint.public.base).get(&of_ana).await, 400, "SignInExpired");
    assert_page(&ana.get(&of_eve).await, 400, "SignInExpired");
    assert_page(&ana.get("/sso/callback").await, 400, "SignInExpired");
    assert_page(&ana.get("/sso/callback?code=c&state=").await, 400, "SignInExpired");
    let from_another = of_ana.replace("iss=", "iss=https%3A%2F%2Fevil.example.com&was=");
    assert_page(&ana.get(&from_another).await, 400, "SignInExpired");
    assert_eq!(ana.cookies, kept, "the sign-in under way goes on");
    assert_in(&ana.get(&of_ana).await);
    assert_page(&ana.get(&of_ana).await, 400, "SignInExpired");
    // Even with the cookie that the browser had to forget: the provider takes a code once.
    ana.cookies = kept;
    assert_page(&ana.get(&of_ana).await, 400, "SignInExpired");
    assert_eq!(ana.session(), "");
}

#[tokio::test]
async fn b133_a_provider_that_says_no_is_told_in_its_known_words_only() {
    let provider = IdentityProvider::start().await;
    let endpoint = signing_in(&provider, Vec::new(), onboarding()).await;
    for (error, status, code) in [
        ("access_denied", 403, "access_denied"),
        ("login_required", 403, "login_required"),
        ("server_error", 502, "server_error"),
        ("<script>", 502, "unknown_error"),
    ] {
        provider.denies(error);
        let reply = browser(&endpoint).sign_in().await;
        assert_page(&reply, status, code);
        assert!(
            !reply.text.contains("locked") && !reply.text.contains("script&") && !reply.text.contains("<script"),
            "{}",
            reply.text
        );
    }
}

#[tokio::test]
async fn b129_a_new_key_of_the_provider_is_found_when_it_is_first_used() {
    let provider = IdentityProvider::start().await;
    let endpoint = signing_in(&provider, Vec::new(), onboarding()).await;
    provider.vouches_for(claims(ANA));
    assert_in(&browser(&endpoint).sign_in().await);
    provider.rotates_keys();
    assert_in(&browser(&endpoint).sign_in().await);
    // A second one at once is not looked for: nobody makes the endpoint ask all the time.
    provider.rotates_keys();
    assert_page(&browser(&endpoint).sign_in().await, 502, "IdTokenInvalid");
}

#[tokio::test]
async fn b129_a_sign_in_ends_only_under_the_configuration_that_it_was_begun_under() {
    let provider = IdentityProvider::start().await;
    let mut endpoint = signing_in(&provider, Vec::new(), onboarding()).await;
    provider.vouches_for(claims(ANA));
    let mut ana = browser(&endpoint);
    let back = ana.leave("/sso/login").await;
    let good = endpoint.document.sign_in.clone();
    endpoint.document.sign_in.as_mut().unwrap().client_id = "another".to_owned();
    endpoint.publish().await;
    assert_page(&ana.get(&back).await, 400, "SignInExpired");
    endpoint.document.sign_in = good;
    endpoint.publish().await;
    assert_in(&ana.get(&back).await);
}

#[tokio::test]
async fn b129_a_provider_that_keeps_everybody_waiting_is_asked_by_only_so_many_at_once() {
    let provider = IdentityProvider::start().await;
    let endpoint = signing_in(&provider, Vec::new(), onboarding()).await;
    provider.vouches_for(claims(ANA));
    provider.holds_codes(true);
    let waiting: Vec<_> = (0..16)
        .map(|_| {
            let mut browser = browser(&endpoint);
            tokio::spawn(async move { browser.sign_in().await })
        })
        .collect();
    wait::until("all of them wait", LIMIT, async || (provider.waiting() == 16).then_some(())).await;
    let reply = browser(&endpoint).sign_in().await;
    assert_page(&reply, 503, "TooManySignIns");
    assert_eq!(reply.header("retry-after"), "30");
    assert_eq!(provider.waiting(), 16, "the provider is not asked");
    provider.holds_codes(false);
    for browser in waiting {
        assert_in(&browser.await.unwrap());
    }
    assert_in(&browser(&endpoint).sign_in().await);
}

#[tokio::test]
async fn b002_b004_without_its_provider_nobody_signs_in_and_scim_goes_on() {
    let provider = IdentityProvider::start().await;
    provider.is_down(true);
    let mut endpoint = Endpoint::start(designers()).await;
    endpoint.document.sign_in = Some(provider.sign_in("preferred_username", SubjectAttribute::UserName));
    endpoint.publish().await;
    let state = not_ready(&endpoint, "refused with status 503").await;
    assert!(
        state.message.starts_with(&provider.issuer) && state.message.contains("spec.sso.oidc"),
        "{}",
        state.message
    );
    let mut ana = browser(&endpoint);
    let reply = ana.get("/sso/login").await;
    assert_page(&reply, 503, "ProviderUnavailable");
    assert_eq!(reply.header("retry-after"), "30");
    let user = endpoint.user(ANA).await;
    endpoint.group("Designers", &[&user]).await;
    assert_eq!(endpoint.access_of(ANA).await, "main: Designer [Reviewers] from d");
    provider.is_down(false);
    provider.vouches_for(claims(ANA));
    // Whoever wants to sign in makes it look again, long before it would by itself.
    let answers = async || (ana.get("/sso/login").await.status == 302).then_some(());
    wait::until("the provider is found", LIMIT, answers).await;
    ready(&endpoint).await;
    assert_in(&ana.sign_in().await);
    // Without a provider, a session goes on: nothing of it is asked there.
    provider.is_down(true);
    assert_eq!(ana.get("/console").await.status, 200);
    assert_page(&browser(&endpoint).get("/sso/callback").await, 400, "SignInExpired");
}

#[tokio::test]
async fn b002_an_issuer_that_nobody_answers_for_or_that_is_another_is_named_with_what_to_do() {
    let provider = IdentityProvider::start().await;
    let mut endpoint = Endpoint::start(Vec::new()).await;
    let good = provider.sign_in("sub", SubjectAttribute::ExternalId);
    let mut nobody = good.clone();
    nobody.issuer = "http://127.0.0.1:9/realm".to_owned();
    endpoint.document.sign_in = Some(nobody);
    endpoint.publish().await;
    not_ready(&endpoint, "no answer").await;
    let mut other = good.clone();
    other.issuer.push('/');
    endpoint.document.sign_in = Some(other);
    endpoint.publish().await;
    not_ready(&endpoint, "calls itself").await;
    endpoint.document.sign_in = Some(good);
    endpoint.publish().await;
    ready(&endpoint).await;
    endpoint.document.sign_in = None;
    endpoint.publish().await;
    assert_eq!(endpoint.state().await.sign_in, None);
}

#[tokio::test]
async fn b002_a_client_secret_is_needed_read_again_at_each_use_and_told_apart_when_wrong() {
    let provider = IdentityProvider::with_secret().await;
    let mut endpoint = Endpoint::start(Vec::new()).await;
    endpoint.document.sign_in = Some(provider.sign_in("preferred_username", SubjectAttribute::UserName));
    endpoint.document.onboarding = onboarding();
    endpoint.publish().await;
    not_ready(&endpoint, "client-secret").await;
    provider.vouches_for(claims(ANA));
    let file = endpoint.folder().join("client-secret");
    std::fs::write(&file, "wrong").unwrap();
    let mut ana = browser(&endpoint);
    let answers = async || (ana.get("/sso/login").await.status == 302).then_some(());
    wait::until("the secret is found", LIMIT, answers).await;
    assert_page(&ana.sign_in().await, 502, "ProviderRefused");
    std::fs::write(&file, CLIENT_SECRET).unwrap();
    assert_in(&ana.sign_in().await);
}
