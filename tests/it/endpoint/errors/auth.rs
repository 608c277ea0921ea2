//! Who is not let in, and a directory that is not open: in SCIM's form of errors and in that of the access API (B114).

use super::{Answers, with};
use crate::endpoint::wire::Request;
use crate::support::endpoint::{Endpoint, rule, token};
use scim_operator::config::Scope;
use serde_json::{Value, json};

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
    answers.sent("a token that reads access only", "GET", "/access/v1/audit", &reads("/access/v1/audit")).await;
    for (what, path) in [
        ("nobody", "/access/v1/users/nobody@example.com"),
        ("a name that is not UTF-8", "/access/v1/users/%ff"),
        ("a run that is not there", "/access/v1/syncs/none"),
        ("changes of a run that is not there", "/access/v1/syncs/none/changes"),
        ("a count out of range", "/access/v1/users?count=0"),
        ("a wait that is none", "/access/v1/changes?wait=soon"),
        ("a position of another store", "/access/v1/changes?since=00000000-0000000000000001.0000"),
        ("a position that is none", "/access/v1/changes?since=yesterday"),
        ("a path that is not there", "/access/v1/unknown"),
    ] {
        answers.sent(what, "GET", path, &reads(path)).await;
    }
    answers.golden("auth-access");
}

#[tokio::test]
async fn every_error_of_what_is_asked_of_the_access_api() {
    let endpoint = Endpoint::start(vec![rule("d", "Designers", "Designer", &["main"], &[])]).await;
    let ana = endpoint.user("ana@example.com").await;
    endpoint.group("Designers", &[&ana]).await;
    let mut answers = Answers { caller: endpoint.access.clone(), text: String::new() };
    let grant = |name: &str, role: &str| json!({ "userName": name, "tenant": "main", "role": role });
    let planned = |role: &str| {
        let spec = json!({ "idpGroup": { "displayName": "Designers" }, "role": role });
        json!({ "rules": [{ "name": "d", "spec": spec }] })
    };
    for (what, method, path, body) in [
        ("no plan", "POST", "/access/v1/plan", json!({ "rules": [{ "name": "d" }] })),
        ("a plan that names too few people", "POST", "/access/v1/plan?count=-1", json!({})),
        ("a plan of a role that is not there", "POST", "/access/v1/plan", planned("Wizard")),
        ("no run", "POST", "/access/v1/syncs", json!({ "scope": { "all": {} }, "allowRevocations": {} })),
        ("a run of no rule", "POST", "/access/v1/syncs", json!({ "scope": { "rules": [] } })),
        ("no grant", "POST", "/access/v1/manual-grants", json!({ "userName": "bea@example.com" })),
        ("a grant of no role of here", "POST", "/access/v1/manual-grants", grant("bea@example.com", "Wizard")),
        ("a grant for whom rules manage", "POST", "/access/v1/manual-grants", grant("ana@example.com", "Developer")),
        ("a grant that is not there", "DELETE", "/access/v1/manual-grants/none", Value::Null),
        ("a failed event that is not there", "POST", "/access/v1/failed-events/none/retry", Value::Null),
        ("failed events behind nothing", "GET", "/access/v1/failed-events?cursor=none", Value::Null),
    ] {
        let request = Request::new(method, path).header("Authorization", &bearer(Scope::Admin));
        let request = if body.is_null() { request } else { request.body(body.to_string()) };
        answers.sent(what, method, path, &request).await;
    }
    answers.golden("access");
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
