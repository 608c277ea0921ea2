//! `simulate` as the providers other than Entra ID: what it sends equals the exchanges of `tests/data/idp`, once ids,
//! names, times and hosts are substituted (C014); and an endpoint takes it.

use crate::recorder::Recorded;
use crate::simulate::{Job, change, lines};
use crate::simulate_shapes::{recorded_shape, shape};
use crate::support::endpoint::{Endpoint, token};
use crate::support::program::run;
use scim_operator::config::Scope;
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::Path;

const ALL: [&str; 6] = ["okta-oin", "okta-aiw", "onelogin", "jumpcloud", "pingone", "keycloak"];

/// provider, and the exchanges whose request it makes.
const EXCHANGES: [(&str, &[&str]); 5] = [
    (
        "okta-oin",
        &[
            "okta/lookup",
            "okta/create-user",
            "okta/update-by-put",
            "okta/deactivate-without-path",
            "okta/set-password",
            "okta/reassign",
            "okta/group-push-name",
            "okta/group-push-members",
            "okta/group-push-all",
        ],
    ),
    ("okta-aiw", &["okta/lookup", "okta/create-user", "okta/update-by-put", "okta/deactivate-by-put"]),
    ("onelogin", &["onelogin/lookup", "onelogin/create-user", "onelogin/group-by-patch"]),
    ("jumpcloud", &["jumpcloud/put-whole", "jumpcloud/connection-test"]),
    ("pingone", &["pingone/lookup-by-address", "pingone/post-with-members", "pingone/put-with-members"]),
];

/// What is sent, step by step: people and groups come, change, leave and come back.
const STEPS: [&str; 5] = [
    "
people:
  - { userName: ada@example.com, objectId: a, givenName: Ada, familyName: Marsh, mail: ada@example.com, assigned: true }
  - { userName: bea@example.com, objectId: b, givenName: Bea, familyName: Dorn, mail: bea@example.com, assigned: true,
      title: Head }
  - { userName: cid@example.com, objectId: c, givenName: Cid, familyName: Feld, mail: cid@example.com, assigned: true,
      department: Sales }
groups: [{ displayName: Makers, objectId: g, assigned: true, members: [ada@example.com] }]
",
    // Ada has another name, Bea and Cid left, Bea for Ada in the group.
    "
people:
  - { userName: ada@example.com, objectId: a, givenName: Ida, familyName: Marsh, mail: ada@example.com, assigned: true }
  - { userName: bea@example.com, objectId: b, givenName: Bea, familyName: Dorn, mail: bea@example.com, assigned: true,
      title: Head, accountEnabled: false }
  - { userName: cid@example.com, objectId: c, givenName: Cid, familyName: Feld, mail: cid@example.com,
      department: Sales }
groups: [{ displayName: Makers, objectId: g, assigned: true, members: [bea@example.com] }]
",
    // Ada is blocked; the group has another name and two members.
    "
people:
  - { userName: ada@example.com, objectId: a, givenName: Ida, familyName: Marsh, mail: ada@example.com, assigned: true,
      accountEnabled: false }
  - { userName: bea@example.com, objectId: b, givenName: Bea, familyName: Dorn, mail: bea@example.com, assigned: true,
      title: Head }
groups: [{ displayName: Doers, objectId: g, assigned: true, members: [ada@example.com, bea@example.com] }]
",
    // Ada is back.
    "
people:
  - { userName: ada@example.com, objectId: a, givenName: Ida, familyName: Marsh, mail: ada@example.com, assigned: true }
  - { userName: bea@example.com, objectId: b, givenName: Bea, familyName: Dorn, mail: bea@example.com, assigned: true,
      title: Head }
groups: [{ displayName: Doers, objectId: g, assigned: true, members: [ada@example.com, bea@example.com] }]
",
    // The same; sent with nothing remembered, where names are unique.
    "
people:
  - { userName: ada@example.com, objectId: a, givenName: Ida, familyName: Marsh, mail: ada@example.com, assigned: true }
  - { userName: bea@example.com, objectId: b, givenName: Bea, familyName: Dorn, mail: bea@example.com, assigned: true,
      title: Head }
groups: [{ displayName: Doers, objectId: g, assigned: true, members: [ada@example.com, bea@example.com] }]
",
];

async fn sent(provider: &str) -> Vec<Recorded> {
    let job = Job::new().await;
    let people = job.path("people.yaml");
    let passwords: &[&str] = if provider.starts_with("okta") { &["--sync-passwords"] } else { &[] };
    for (number, step) in STEPS.iter().enumerate() {
        std::fs::write(&people, step).unwrap();
        if number + 1 == STEPS.len() {
            std::fs::remove_file(job.path("state.json")).unwrap();
            job.service.keep_names_unique();
        }
        let outcome = job.run(&people, &[&["--as", provider], passwords].concat()).await;
        // One that never looks before it creates is refused what it has forgotten.
        let refused = provider == "keycloak" && number + 1 == STEPS.len();
        assert_eq!(outcome.code, Some(i32::from(refused)), "{provider}: {outcome:?}");
    }
    let outcome = job.run(&people, &["--as", provider, "test-connection"]).await;
    assert_eq!(outcome.code, Some(0), "{provider}: {outcome:?}");
    job.service.take()
}

fn exchange(name: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/idp").join(name).with_extension("json");
    serde_json::from_slice(&std::fs::read(&path).unwrap_or_else(|_| panic!("no exchange {name}"))).unwrap()
}

/// The shape of an exchange's request; a query may be in its path, with whatever stands at its end.
fn exchange_shape(exchange: &Value) -> String {
    let target = exchange["path"].as_str().unwrap().replace("{{", "").replace("}}", "");
    let url = reqwest::Url::parse(&format!("http://h{target}")).unwrap();
    let more = exchange["query"].as_object().into_iter().flatten();
    let more = more.map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned()));
    let query: Vec<(String, String)> = url.query_pairs().into_owned().chain(more).collect();
    let mut body = exchange["request"].clone();
    // What is put is what was created; a service that does not answer the password does not get it back.
    if exchange["method"] == "PUT"
        && let Some(body) = body.as_object_mut()
    {
        body.shift_remove("password");
    }
    shape(exchange["method"].as_str().unwrap(), url.path(), &query, &body)
}

#[tokio::test]
async fn c014_what_other_providers_send_equals_the_exchanges_too() {
    for (provider, names) in EXCHANGES {
        let sent = sent(provider).await;
        let shapes: BTreeSet<String> = sent.iter().map(recorded_shape).collect();
        for name in names {
            let expected = exchange_shape(&exchange(name));
            let all = shapes.iter().map(String::as_str).collect::<Vec<_>>().join("\n");
            assert!(shapes.contains(&expected), "{provider} did not send {name}: {expected}\n{all}");
        }
        let agent = exchange(names[0])["headers"]["User-Agent"].as_str().map(str::to_owned);
        let own = concat!("scim-operator/", env!("CARGO_PKG_VERSION")).to_owned();
        let agent = agent.unwrap_or(own);
        assert!(sent.iter().all(|r| r.user_agent.as_ref() == Some(&agent)), "{provider}: {agent}");
    }
}

#[tokio::test]
async fn c014_onelogin_ends_every_address_in_a_stray_mark() {
    let sent = sent("onelogin").await;
    let ends = |r: &Recorded| r.target.ends_with(if r.line.contains('=') { "%22&" } else { "?" });
    let other: Vec<&str> = sent.iter().filter(|r| !ends(r)).map(|r| r.target.as_str()).collect();
    assert_eq!(other, Vec::<&str>::new());
}

#[tokio::test]
async fn c014_jumpcloud_tests_with_somebody_who_is_not_there_before_nor_after() {
    let job = Job::new().await;
    let people = change("before.yaml");
    assert_eq!(job.run(&people, &["--as", "jumpcloud", "test-connection"]).await.code, Some(0));
    let requests = job.service.take();
    let name = requests[1].body["userName"].as_str().unwrap();
    let expected = format!("GET /Users?filter=userName eq \"{name}\"\nPOST /Users\nDELETE /Users/user-0");
    assert_eq!(lines(&requests), expected);
    job.service.refuse("DELETE", 400);
    assert_eq!(job.run(&people, &["--as", "jumpcloud", "test-connection"]).await.code, Some(1));
}

#[tokio::test]
async fn c014_keycloak_creates_without_looking() {
    let job = Job::new().await;
    assert_eq!(job.run(&change("before.yaml"), &["--as", "keycloak"]).await.code, Some(0));
    insta::assert_snapshot!(lines(&job.service.take()), @r"
    POST /Users
    POST /Users
    POST /Users
    POST /Users
    POST /Groups
    POST /Groups
    ");
}

#[tokio::test]
async fn every_provider_is_served_by_an_endpoint() {
    for provider in ALL {
        let endpoint = Endpoint::start(Vec::new()).await;
        let path = |name: &str| endpoint.folder().join(name).to_str().unwrap().to_owned();
        std::fs::write(path("token"), token(Scope::Scim)).unwrap();
        let url = format!("{}/scim/v2", endpoint.public.base);
        for step in ["before.yaml", "after.yaml", "after.yaml"] {
            let people = change(step);
            let (token, state) = (path("token"), path("state.json"));
            let mut arguments = vec!["simulate", "--as", provider, "--url", &url, "--token-file", &token];
            arguments.extend(["--state", &state, "--people", people.to_str().unwrap()]);
            let outcome = run(&arguments).await;
            assert_eq!(outcome.code, Some(0), "{provider} {step}: {outcome:?}");
        }
        let users = endpoint.public.get("/scim/v2/Users").await.json();
        let active = |user: &&Value| user["active"] == true;
        let all = users["Resources"].as_array().unwrap();
        assert_eq!((all.len(), all.iter().filter(active).count()), (5, 3), "{provider}: Bram left, Dara is blocked");
        let groups = endpoint.public.get("/scim/v2/Groups?filter=displayName%20eq%20%22HR-Designers%22").await.json();
        assert_eq!(groups["Resources"][0]["members"].as_array().map(Vec::len), Some(2), "{provider}: {groups}");
    }
}
