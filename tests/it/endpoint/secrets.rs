//! What must never be written down: tokens anywhere, people in logs and metrics. B030, B123.

use super::sign_in::{assert_in, browser, claims, onboarding, signing_in};
use crate::leaks::leaks;
use crate::support::endpoint::{Endpoint, rule, token, user_body};
use crate::support::identity_provider::{CLIENT_SECRET, IdentityProvider, Lie};
use scim_operator::config::Scope;
use serde_json::json;
use std::path::{Path, PathBuf};

/// Every file below a folder, and whether its bytes contain a text.
fn files_with(folder: &Path, text: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(path) = open.pop() {
        if path.is_dir() {
            open.extend(std::fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        } else if std::fs::read(&path).unwrap().windows(text.len()).any(|bytes| bytes == text.as_bytes()) {
            found.push(path);
        }
    }
    found
}

/// All that the process has written to its log, also what is no JSON.
fn log(endpoint: &Endpoint) -> String {
    let entries = std::fs::read_dir(endpoint.folder()).unwrap().map(|entry| entry.unwrap().path());
    let logs = entries.filter(|path| path.file_name().unwrap().to_string_lossy().starts_with("log-"));
    logs.map(|path| std::fs::read_to_string(path).unwrap()).collect()
}

#[tokio::test]
async fn b030_b123_no_token_value_is_in_the_log_the_store_or_the_metrics() {
    let endpoint = Endpoint::start(vec![rule("d", "Designers", "Designer", &["main"], &[])]).await;
    let wrong = format!("scim_scimscimscimscim_{}", "W".repeat(43));
    endpoint.user("ana@example.com").await;
    endpoint.public.post("/scim/v2/Users", &user_body("ana@example.com")).await;
    endpoint.public.with_token(&wrong).get("/scim/v2/Users").await;
    endpoint.public.send("POST", "/scim/v2/Users", "application/json", token(Scope::Scim)).await;
    endpoint.public.get(&format!("/scim/v2/Users/{}", token(Scope::Scim))).await;
    endpoint.access.get("/access/v1/users").await;
    endpoint.access.with_token(&token(Scope::Admin)).json("POST", "/access/v1/syncs", &json!({})).await;
    let metrics = endpoint.metrics.get("/metrics").await.text;
    let canary = endpoint.folder().join("canary.log");
    std::fs::write(&canary, format!("authorization: Bearer {}", token(Scope::Scim))).unwrap();
    for value in [token(Scope::Scim), token(Scope::Access), token(Scope::Admin), wrong] {
        let mut found = files_with(endpoint.folder(), &value);
        found.retain(|path| *path != canary);
        assert_eq!(found, Vec::<PathBuf>::new());
        assert!(!metrics.contains(&value));
    }
    assert_eq!(files_with(endpoint.folder(), &token(Scope::Scim)), [canary], "the search finds what is there");
    assert!(!endpoint.program().log().is_empty(), "and there is a log to search");
}

#[tokio::test]
async fn no_person_is_in_the_log_or_the_metrics() {
    let endpoint = Endpoint::start(Vec::new()).await;
    let name = "very.private@example.com";
    let user = endpoint.user(name).await;
    endpoint.public.post("/scim/v2/Users", &user_body(name)).await;
    endpoint.public.get(&format!("/scim/v2/Users?filter=userName%20eq%20%22{name}")).await;
    endpoint.access.get(&format!("/access/v1/users/{name}?x={name}")).await;
    endpoint.public.delete(&format!("/scim/v2/Users/{user}")).await;
    let refused = |line: &serde_json::Value| line["message"] == "request refused" && line["status"] == 409;
    assert!(endpoint.program().log().iter().any(refused), "the refusal is logged: {}", log(&endpoint));
    let (log, metrics) = (log(&endpoint), endpoint.metrics.get("/metrics").await.text);
    assert!(log.contains("request refused") && metrics.contains("scim_"), "there is something to search");
    let values = ["very.private", "Given", "Family"];
    assert_eq!(leaks(&[("log", log.as_str()), ("metrics", metrics.as_str())], &values), Vec::<String>::new());
    let planted = format!("{log}thread panicked at {name}");
    assert_eq!(leaks(&[("log", planted.as_str())], &values), ["log: very.private"]);
}

#[tokio::test]
async fn b123_b129_nothing_that_signs_somebody_in_is_in_the_log_the_store_or_the_metrics() {
    let provider = IdentityProvider::with_secret().await;
    let endpoint = signing_in(&provider, Vec::new(), onboarding()).await;
    provider.vouches_for(claims("very.private@example.com"));
    let mut person = browser(&endpoint);
    let mut secret = vec![CLIENT_SECRET.to_owned()];
    for lie in [Lie::OtherKey, Lie::NoToken, Lie::Nothing] {
        provider.lies(lie);
        let back = person.leave("/sso/login").await;
        secret.extend(person.cookies.values().cloned());
        let reply = person.get(&back).await;
        if lie == Lie::Nothing {
            assert_in(&reply);
        }
        person.get(&back).await;
    }
    secret.push(person.session().to_owned());
    person.get("/console").await;
    person.post("/sso/logout").await;
    secret.extend(provider.said());
    assert!(secret.len() >= 14 && secret.iter().all(|value| value.len() > 10), "{} values", secret.len());
    let own_file = endpoint.folder().join("client-secret");
    for value in &secret {
        let mut found = files_with(endpoint.folder(), value);
        found.retain(|path| *path != own_file);
        assert_eq!(found, Vec::<PathBuf>::new());
    }
    let (log, metrics) = (log(&endpoint), endpoint.metrics.get("/metrics").await.text);
    assert!(log.contains("signed in") && log.contains("sign-in refused"), "there is something to search: {log}");
    let values: Vec<&str> = secret.iter().map(String::as_str).chain(["very.private", "subject of"]).collect();
    assert_eq!(leaks(&[("log", log.as_str()), ("metrics", metrics.as_str())], &values), Vec::<String>::new());
}
