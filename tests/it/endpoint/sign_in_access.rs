//! What people come in with, and who may not: B006–B009, B022, B049, B054, B085, B101, B140, B141; readings 3, 7, 8, 20
//! and 24.

use super::sign_in::{assert_in, assert_page, browser, claims, designers, onboarding, signing_in};
use crate::support::browser::LOGIN;
use crate::support::endpoint::{Endpoint, rule, user_body};
use crate::support::identity_provider::IdentityProvider;
use scim_operator::access::Onboarding;
use scim_operator::config::SubjectAttribute;
use serde_json::{Value, json};

const ANA: &str = "ana@example.com";

/// `tenant: role from source` of a person's effective access, a line each.
async fn held(endpoint: &Endpoint, who: &str) -> String {
    let view = endpoint.view(who).await;
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let lines = view["tenants"].as_array().expect("tenants").iter();
    let lines =
        lines.map(|held| format!("{}: {} from {}", text(&held["tenant"]), text(&held["role"]), text(&held["source"])));
    lines.collect::<Vec<_>>().join("\n")
}

async fn set_active(endpoint: &Endpoint, user: &str, active: bool) {
    let operations = json!([{ "op": "Replace", "path": "active", "value": active }]);
    let reply = endpoint.public.patch(&format!("/scim/v2/Users/{user}"), &operations).await;
    assert!(matches!(reply.status, 200 | 204), "{}", reply.text);
}

/// The reason that decides why a person has no access at home.
async fn deciding(endpoint: &Endpoint, who: &str) -> String {
    let reply = endpoint.access.get(&format!("/access/v1/users/{who}/explain")).await;
    reply.json()["reasons"][0]["code"].as_str().expect("a reason").to_owned()
}

async fn records(endpoint: &Endpoint, operation: &str) -> usize {
    let reply = endpoint.administrator().get(&format!("/access/v1/audit?operation={operation}")).await;
    reply.json()["records"].as_array().expect("records").len()
}

#[tokio::test]
async fn b006_b007_b022_somebody_whom_nobody_provisioned_comes_in_as_participant() {
    let provider = IdentityProvider::start().await;
    let endpoint = signing_in(&provider, designers(), onboarding()).await;
    provider.vouches_for(claims(ANA));
    let mut ana = browser(&endpoint);
    assert_in(&ana.sign_in().await);
    let view = endpoint.view(ANA).await;
    assert_eq!((&view["managed"], &view["accountEnabled"]), (&json!(false), &json!(true)), "{view}");
    assert_eq!(held(&endpoint, ANA).await, "main: Participant from Onboarding");
    assert!(ana.get("/console").await.text.contains("signing in"));
    assert_eq!(endpoint.public.get("/scim/v2/Users").await.json()["totalResults"], 0, "an account is no SCIM resource");
    assert_eq!(records(&endpoint, "sign-in.onboard").await, 1);
    // Again, and the provider adopts the account under the same id (reading 24).
    assert_in(&ana.sign_in().await);
    assert_eq!(records(&endpoint, "sign-in.onboard").await, 1, "coming again gives nothing anew");
    assert_eq!(endpoint.user(ANA).await, view["id"].as_str().expect("an id"));
}

#[tokio::test]
async fn b022_several_people_have_several_accounts_and_more_than_a_minute_allows_wait() {
    let provider = IdentityProvider::start().await;
    let endpoint = signing_in(&provider, Vec::new(), Onboarding { max_per_minute: 2, ..onboarding() }).await;
    for name in ["a@example.com", "b@example.com"] {
        provider.vouches_for(claims(name));
        assert_in(&browser(&endpoint).sign_in().await);
    }
    provider.vouches_for(claims("c@example.com"));
    let reply = browser(&endpoint).sign_in().await;
    assert_page(&reply, 429, "TooManyNewAccounts");
    assert_eq!(reply.header("retry-after"), "60");
    provider.vouches_for(claims("a@example.com"));
    assert_in(&browser(&endpoint).sign_in().await);
    assert_eq!(endpoint.access.get("/access/v1/users").await.json()["users"].as_array().map(Vec::len), Some(2));
}

#[tokio::test]
async fn b049_b085_who_has_left_all_groups_comes_in_by_onboarding_or_not_at_all() {
    let provider = IdentityProvider::start().await;
    let mut endpoint = signing_in(&provider, designers(), Onboarding::default()).await;
    let user = endpoint.user(ANA).await;
    let group = endpoint.group("Designers", &[&user]).await;
    provider.vouches_for(claims(ANA));
    let mut ana = browser(&endpoint);
    assert_in(&ana.sign_in().await);
    endpoint.leave(&group, &user).await;
    assert_eq!(ana.get("/console").await.status, 303, "nothing gives access any more");
    let code = deciding(&endpoint, ANA).await;
    assert_page(&ana.sign_in().await, 403, &code);
    endpoint.document.onboarding = onboarding();
    endpoint.publish().await;
    assert_in(&ana.sign_in().await);
    assert_eq!(held(&endpoint, ANA).await, "main: Participant from Onboarding", "not the old role");
    assert_eq!(endpoint.view(ANA).await["managed"], false);
    // The first match ends it (reading 3).
    endpoint.join(&group, &user).await;
    assert_eq!(held(&endpoint, ANA).await, "main: Designer from Rules");
    assert_eq!(ana.get("/console").await.status, 200, "the session goes on");
}

#[tokio::test]
async fn b008_b009_b054_whom_the_provider_disabled_comes_in_as_participant_only_where_that_is_asked_for() {
    let provider = IdentityProvider::start().await;
    let mut endpoint = signing_in(&provider, designers(), onboarding()).await;
    let user = endpoint.user(ANA).await;
    endpoint.group("Designers", &[&user]).await;
    provider.vouches_for(claims(ANA));
    set_active(&endpoint, &user, false).await;
    let mut ana = browser(&endpoint);
    assert_page(&ana.sign_in().await, 403, "UserInactive");
    assert_eq!(held(&endpoint, ANA).await, "");
    endpoint.document.onboarding.reenable_disabled = true;
    endpoint.publish().await;
    assert_in(&ana.sign_in().await);
    let view = endpoint.view(ANA).await;
    assert_eq!((&view["accountEnabled"], &view["active"]), (&json!(true), &json!(false)), "{view}");
    assert_eq!(held(&endpoint, ANA).await, "main: Participant from Onboarding", "not the old role");
    let said = endpoint.public.get(&format!("/scim/v2/Users/{user}")).await.json();
    assert_eq!(said["active"], false, "SCIM reports what the provider last said (reading 8)");
    assert_eq!(records(&endpoint, "user.reenable").await, 1);
    // Saying it again ends it, and the session.
    set_active(&endpoint, &user, false).await;
    assert_eq!(endpoint.view(ANA).await["accountEnabled"], false);
    assert_eq!(ana.get("/console").await.status, 303);
    assert_in(&ana.sign_in().await);
    set_active(&endpoint, &user, true).await;
    assert_eq!(held(&endpoint, ANA).await, "main: Designer from Rules", "what was stored comes back");
}

#[tokio::test]
async fn b101_the_group_of_administrators_opens_user_management_for_its_members_and_nobody_else() {
    let provider = IdentityProvider::start().await;
    let rules = vec![
        rule("corp-administrators", "Nintex Administrators", "Global Admin", &["main"], &[]),
        rule("corp-participants", "Nintex Participants", "Participant", &["main"], &[]),
        rule("elsewhere", "Administrators of HR", "Global Admin", &["hr"], &[]),
    ];
    let endpoint = signing_in(&provider, rules, Onboarding::default()).await;
    for (name, group, status) in [
        (ANA, "Nintex Administrators", 200),
        ("bob@example.com", "Nintex Participants", 403),
        ("eve@example.com", "Administrators of HR", 403),
    ] {
        let user = endpoint.user(name).await;
        let group = endpoint.group(group, &[]).await;
        endpoint.join(&group, &user).await;
        provider.vouches_for(claims(name));
        let mut browser = browser(&endpoint);
        assert_in(&browser.sign_in().await);
        let page = browser.get("/console/users").await;
        assert_eq!(page.status, status, "{name}: {}", page.text);
        let others = page.text.contains("<table>") && page.text.contains(ANA);
        assert_eq!(others, status == 200, "{name} sees of others only what she may");
    }
}

#[tokio::test]
async fn b140_somebody_whom_nobody_knows_is_told_so_and_leaves_no_trace() {
    let provider = IdentityProvider::start().await;
    let endpoint = signing_in(&provider, designers(), Onboarding::default()).await;
    provider.vouches_for(claims(ANA));
    let mut ana = browser(&endpoint);
    let reply = ana.sign_in().await;
    assert_page(&reply, 403, "UserNotFound");
    assert!(reply.text.contains("href=\"/sso/login\""), "and where to try again: {}", reply.text);
    assert_eq!((ana.session(), ana.cookies.get(LOGIN)), ("", None));
    assert_eq!(endpoint.access.get("/access/v1/users").await.json()["users"], json!([]));
    let metrics = endpoint.metrics.get("/metrics").await.text;
    assert!(metrics.contains("scim_sign_ins_total{outcome=\"refused\"} 1"), "{metrics}");
}

#[tokio::test]
async fn b141_a_claim_that_is_not_there_or_a_subject_that_is_another_leads_to_nobody() {
    let provider = IdentityProvider::start().await;
    let endpoint = signing_in(&provider, designers(), Onboarding::default()).await;
    let user = endpoint.user(ANA).await;
    let group = endpoint.group("Designers", &[&user]).await;
    provider.vouches_for(json!({ "sub": "s-1" }));
    assert_page(&browser(&endpoint).sign_in().await, 403, "IdentityMappingMissing");
    let state = endpoint.state().await.sign_in.unwrap();
    assert!(!state.ready && state.message.contains("spec.sso.oidc.subject.claim"), "{}", state.message);
    provider.vouches_for(claims(ANA));
    assert_in(&browser(&endpoint).sign_in().await);
    assert!(endpoint.state().await.sign_in.unwrap().ready, "the claim is there");
    provider.vouches_for(json!({ "sub": "somebody else", "preferred_username": ANA }));
    assert_page(&browser(&endpoint).sign_in().await, 403, "IdentityMappingMissing");
    // A new person of the same name is nobody's yet.
    assert_eq!(endpoint.public.delete(&format!("/scim/v2/Users/{user}")).await.status, 204);
    let user = endpoint.user(ANA).await;
    endpoint.join(&group, &user).await;
    assert_in(&browser(&endpoint).sign_in().await);
}

#[tokio::test]
async fn b141_an_address_finds_its_user_unless_the_provider_denies_it() {
    let provider = IdentityProvider::start().await;
    let mut endpoint = signing_in(&provider, designers(), Onboarding::default()).await;
    let mut body = user_body("ana");
    body["emails"] = json!([{ "type": "work", "primary": true, "value": "Ana@Example.com" }]);
    let user = endpoint.public.created("/scim/v2/Users", &body).await;
    endpoint.group("Designers", &[&user]).await;
    endpoint.document.sign_in = Some(provider.sign_in("email", SubjectAttribute::Emails));
    endpoint.publish().await;
    provider.vouches_for(json!({ "sub": "s-1", "email": ANA, "email_verified": false }));
    assert_page(&browser(&endpoint).sign_in().await, 403, "IdentityMappingMissing");
    provider.vouches_for(json!({ "sub": "s-1", "email": ANA, "email_verified": true }));
    assert_in(&browser(&endpoint).sign_in().await);
}

#[tokio::test]
async fn b141_an_address_that_the_provider_denies_makes_no_account_of_that_name() {
    let provider = IdentityProvider::start().await;
    let mut endpoint = signing_in(&provider, designers(), onboarding()).await;
    endpoint.document.sign_in = Some(provider.sign_in("sub", SubjectAttribute::ExternalId));
    endpoint.publish().await;
    provider.vouches_for(json!({ "sub": "s-1", "email": ANA, "email_verified": false }));
    assert_page(&browser(&endpoint).sign_in().await, 403, "IdentityMappingMissing");
    endpoint.document.sign_in = Some(provider.sign_in("email", SubjectAttribute::UserName));
    endpoint.publish().await;
    assert_page(&browser(&endpoint).sign_in().await, 403, "IdentityMappingMissing");
    assert_eq!(endpoint.access.get("/access/v1/users").await.json()["users"], json!([]));
}
