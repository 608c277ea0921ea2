//! Who is not let in, and a directory that is not open: in SCIM's form of errors and in that of the access API (B114).

use super::{Answers, with};
use crate::endpoint::wire::Request;
use crate::support::endpoint::{Endpoint, token};
use scim_operator::config::Scope;

fn bearer(scope: Scope) -> String {
    format!("Bearer {}", token(scope))
}

#[tokio::test]
async fn every_error_at_the_door() {
    let endpoint = Endpoint::start(Vec::new()).await;
    let mut answers = Answers::of(&endpoint);
    let users = "/scim/v2/Users";
    answers.sent("no token", "GET", users, &Request::new("GET", users)).await;
    for (what, value) in [
        ("another scheme", "Basic dTpw".to_owned()),
        ("a value that no token has", "Bearer a b".to_owned()),
        ("a token that nobody has", "Bearer scim_wrong_wrong".to_owned()),
        ("a token for reading access", bearer(Scope::Access)),
        ("a token for administrators", bearer(Scope::Admin)),
    ] {
        answers.sent(what, "GET", users, &Request::new("GET", users).header("Authorization", &value)).await;
    }
    let long = Request::new("GET", users).header("X-Long", &"x".repeat(70_000));
    answers.sent("headers that are too long", "GET", users, &long).await;
    answers.get("another door", "/access/v1/users").await;
    answers.get("a door that no token opens", "/admin/v1/config").await;
    answers.golden("auth");
}

#[tokio::test]
async fn every_error_at_the_door_of_the_access_api() {
    let endpoint = Endpoint::start(Vec::new()).await;
    let mut answers = Answers { caller: endpoint.access.clone(), text: String::new() };
    let (users, runs) = ("/access/v1/users", "/access/v1/syncs");
    let reads = |path: &str| Request::new("GET", path).header("Authorization", &bearer(Scope::Access));
    answers.sent("no token", "GET", users, &Request::new("GET", users)).await;
    answers.get("a token of another scope", users).await;
    let write = Request::new("POST", runs).header("Authorization", &bearer(Scope::Access)).body("{}");
    answers.sent("a token that only reads", "POST", runs, &write).await;
    for (what, path) in [
        ("nobody", "/access/v1/users/nobody@example.com"),
        ("a name that is not UTF-8", "/access/v1/users/%ff"),
        ("a run that is not there", "/access/v1/syncs/none"),
        ("a path that is not there", "/access/v1/unknown"),
    ] {
        answers.sent(what, "GET", path, &reads(path)).await;
    }
    answers.golden("auth-access");
}

#[tokio::test]
async fn every_error_of_a_directory_that_is_not_open() {
    let paused = with(|document| document.profile.paused = true).await;
    let mut answers = Answers::of(&paused);
    answers.get("a directory that is paused", "/scim/v2/Users").await;
    answers.golden("paused");
    let empty = Endpoint::unpublished().await;
    let mut answers = Answers::of(&empty);
    answers.get("a directory that was never published", "/scim/v2/Users").await;
    answers.golden("unpublished");
}
