//! `simulate` as Okta: what it sends to a service that records, and what that does to an endpoint. B134–B137.

use crate::leaks::leaks;
use crate::recorder::Recorded;
use crate::simulate::{Job, SECRET, change, lines};
use crate::support::endpoint::{Endpoint, rule, token};
use crate::support::program::{Outcome, run};
use scim_operator::config::Scope;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

const OIN: &str = "okta-oin";
const AIW: &str = "okta-aiw";

async fn cycle(job: &Job, provider: &str, people: &Path) -> Vec<Recorded> {
    let outcome = job.run(people, &["--as", provider]).await;
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    job.service.take()
}

fn written(people: &Path, text: &str) -> PathBuf {
    std::fs::write(people, text).unwrap();
    people.to_owned()
}

/// One person in one group, with more of what a people file says of a person.
fn ada(more: &str) -> String {
    format!(
        "
people: [{{ userName: ada@example.com, objectId: a, givenName: Ada, familyName: Marsh, mail: ada@example.com{more} }}]
groups: [{{ displayName: Makers, objectId: g, assigned: true, members: [ada@example.com] }}]
"
    )
}

#[tokio::test]
async fn c014_an_app_of_the_integration_network_patches_active_and_groups() {
    let job = Job::new().await;
    insta::assert_snapshot!(lines(&cycle(&job, OIN, &change("before.yaml")).await), @r#"
    GET /Users?filter=userName eq "ada.marsh@example.com"&startIndex=1&count=100
    POST /Users
    GET /Users?filter=userName eq "bram.okoro@example.com"&startIndex=1&count=100
    POST /Users
    GET /Users?filter=userName eq "cai.ellery@example.com"&startIndex=1&count=100
    POST /Users
    GET /Users?filter=userName eq "dara.vogel@example.com"&startIndex=1&count=100
    POST /Users
    POST /Groups
    PATCH /Groups/group-4
    PATCH /Groups/group-4
    POST /Groups
    PATCH /Groups/group-5
    PATCH /Groups/group-5
    "#);
    let requests = cycle(&job, OIN, &change("after.yaml")).await;
    insta::assert_snapshot!(lines(&requests), @r#"
    GET /Users/user-2
    PUT /Users/user-2
    PATCH /Users/user-3
    GET /Users?filter=userName eq "edda.quint@example.com"&startIndex=1&count=100
    POST /Users
    PATCH /Users/user-1
    PATCH /Groups/group-4
    PATCH /Groups/group-4
    PATCH /Groups/group-5
    PATCH /Groups/group-5
    "#);
    let off = json!([{ "op": "replace", "value": { "active": false } }]);
    assert_eq!(requests.iter().filter(|r| r.body["Operations"] == off).count(), 2, "{requests:?}");
    assert_eq!(cycle(&job, OIN, &change("after.yaml")).await, []);
}

#[tokio::test]
async fn c014_an_app_of_the_wizard_puts_everything() {
    let job = Job::new().await;
    cycle(&job, AIW, &change("before.yaml")).await;
    let requests = cycle(&job, AIW, &change("after.yaml")).await;
    insta::assert_snapshot!(lines(&requests), @r#"
    GET /Users/user-2
    PUT /Users/user-2
    GET /Users/user-3
    PUT /Users/user-3
    GET /Users?filter=userName eq "edda.quint@example.com"&startIndex=1&count=100
    POST /Users
    GET /Users/user-1
    PUT /Users/user-1
    PUT /Groups/group-4
    PUT /Groups/group-5
    "#);
    let bram = requests.iter().find(|r| r.line == "PUT /Users/user-1").unwrap();
    assert_eq!((&bram.body["active"], &bram.body["id"]), (&json!(false), &json!("user-1")));
    assert_eq!(bram.body["meta"], json!({ "resourceType": "User" }), "what was read is put back");
    assert_eq!(cycle(&job, AIW, &change("after.yaml")).await, []);
}

#[tokio::test]
async fn c014_every_request_names_the_client_and_nobody_is_deleted() {
    for provider in [OIN, AIW] {
        let job = Job::new().await;
        let mut requests = cycle(&job, provider, &change("before.yaml")).await;
        let nobody = written(&job.path("none.yaml"), "people: []");
        assert_eq!(job.run(&nobody, &["--as", provider, "--delete-groups"]).await.code, Some(0));
        requests.extend(job.service.take());
        assert!(requests.iter().all(|r| r.user_agent.as_deref() == Some("Okta SCIM Client 1.0.0")));
        assert!(requests.iter().all(|r| r.authorization == format!("Bearer {SECRET}")));
        let deleted = requests.iter().filter(|r| r.line.starts_with("DELETE"));
        let deleted: BTreeSet<&str> = deleted.map(|r| r.line.as_str()).collect();
        assert_eq!(deleted, BTreeSet::from(["DELETE /Groups/group-4", "DELETE /Groups/group-5"]));
    }
}

#[tokio::test]
async fn c014_who_comes_back_is_created_again_and_looked_for_after_a_conflict() {
    for (provider, unique, expected) in [
        (OIN, false, vec!["POST /Users"]),
        (
            OIN,
            true,
            vec!["POST /Users", "GET /Users?", "PATCH /Users/user-0", "GET /Users/user-0", "PUT /Users/user-0"],
        ),
        (AIW, true, vec!["POST /Users", "GET /Users?", "GET /Users/user-0", "PUT /Users/user-0"]),
    ] {
        let job = Job::new().await;
        let people = job.path("people.yaml");
        for more in ["", ", accountEnabled: false"] {
            cycle(&job, provider, &written(&people, &ada(more))).await;
        }
        if unique {
            job.service.keep_names_unique();
        }
        let requests = cycle(&job, provider, &written(&people, &ada(""))).await;
        let users: Vec<&Recorded> = requests.iter().filter(|r| r.line.contains("/Users")).collect();
        let starts = |(request, expected): (&&Recorded, &&str)| request.line.starts_with(expected);
        let fit = users.len() == expected.len() && users.iter().zip(&expected).all(starts);
        assert!(fit, "{provider}: {}", lines(&requests));
        let on = |r: &Recorded| r.body["active"] == true || r.body["Operations"][0]["value"]["active"] == true;
        assert!(users.iter().any(|r| on(r)), "{requests:?}");
        // Whoever has another id now is another member.
        let joined = json!([{ "value": "user-2", "display": "ada@example.com" }]);
        let joins = requests.iter().filter(|r| r.body["Operations"][0]["value"] == joined).count();
        assert_eq!(joins, usize::from(!unique), "{}", lines(&requests));
    }
}

#[tokio::test]
async fn c014_a_group_that_is_there_is_taken_over_with_all_its_members_replaced() {
    for (provider, expected) in [
        (
            OIN,
            vec![
                "POST /Groups",
                "GET /Groups?startIndex=1&count=100",
                "PATCH /Groups/group-1",
                "PATCH /Groups/group-1",
            ],
        ),
        (AIW, vec!["POST /Groups", "GET /Groups?startIndex=1&count=100", "PUT /Groups/group-1"]),
    ] {
        let job = Job::new().await;
        let people = written(&job.path("people.yaml"), &ada(""));
        cycle(&job, provider, &people).await;
        job.service.keep_names_unique();
        std::fs::remove_file(job.path("state.json")).unwrap();
        let requests = cycle(&job, provider, &people).await;
        let groups: Vec<&Recorded> = requests.iter().filter(|r| r.line.contains("/Groups")).collect();
        assert_eq!(groups.iter().map(|r| r.line.as_str()).collect::<Vec<_>>(), expected, "{provider}");
        let member = json!([{ "value": "user-0", "display": "ada@example.com" }]);
        let body = &groups.last().unwrap().body;
        assert!(body["members"] == member || body["Operations"][0]["value"] == member, "{body}");
    }
}

#[tokio::test]
async fn c014_an_import_reads_page_by_page_and_finds_what_pages_lose() {
    let job = Job::new().await;
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/people");
    cycle(&job, OIN, &folder).await;
    let outcome = job.run(&folder, &["--as", OIN, "import"]).await;
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    assert!(outcome.out.contains("192 Users read") && outcome.out.contains("7 Groups read"), "{}", outcome.out);
    insta::assert_snapshot!(lines(&job.service.take()), @r"
    GET /Users?startIndex=1&count=100
    GET /Users?startIndex=101&count=100
    GET /Groups?startIndex=1&count=100
    ");
    job.service.lose_from_pages();
    let outcome = job.run(&folder, &["--as", OIN, "import"]).await;
    assert_eq!(outcome.code, Some(1));
    assert!(outcome.out.contains("refused  Users: 191 of 192 came"), "{}", outcome.out);
}

#[tokio::test]
async fn no_output_and_no_state_holds_the_password_of_a_run_and_each_run_has_another() {
    let mut passwords = Vec::new();
    for provider in [OIN, AIW] {
        let job = Job::new().await;
        let people = written(&job.path("people.yaml"), &ada(""));
        let outcome = job.run(&people, &["--as", provider, "--verbose", "--sync-passwords"]).await;
        assert_eq!(outcome.code, Some(0), "{outcome:?}");
        let requests = job.service.take();
        let created = requests.iter().find(|r| r.line == "POST /Users").unwrap();
        let password = created.body["password"].as_str().unwrap().to_owned();
        let again = match provider {
            OIN => json!({ "Operations": [{ "op": "replace", "value": { "password": password } }] }),
            _ => json!({ "password": password }),
        };
        let sent = |r: &&Recorded| again.as_object().unwrap().iter().all(|(name, value)| r.body[name] == *value);
        assert_eq!(requests.iter().skip(2).filter(sent).count(), 1, "{provider}: {}", lines(&requests));
        let state = std::fs::read_to_string(job.path("state.json")).unwrap();
        let texts = [("output", outcome.out.as_str()), ("errors", outcome.err.as_str()), ("state", state.as_str())];
        assert_eq!(leaks(&texts, &[&password, SECRET]), Vec::<String>::new());
        assert!(outcome.out.contains("***"), "the body is shown without it: {}", outcome.out);
        passwords.push(password);
    }
    assert_ne!(passwords[0], passwords[1]);
}

#[tokio::test]
async fn the_connection_test_reads_two_people() {
    let job = Job::new().await;
    assert_eq!(job.run(&change("before.yaml"), &["--as", AIW, "test-connection"]).await.code, Some(0));
    assert_eq!(lines(&job.service.take()), "GET /Users?startIndex=1&count=2");
    job.service.refuse("/Users", 400);
    assert_eq!(job.run(&change("before.yaml"), &["--as", AIW, "test-connection"]).await.code, Some(1));
}

/// One form of Okta, its people, and an endpoint whose rule makes Makers designers.
struct Okta {
    provider: &'static str,
    endpoint: Endpoint,
}

impl Okta {
    async fn start(provider: &'static str) -> Self {
        let endpoint = Endpoint::start(vec![rule("makers", "Makers", "Designer", &["hr"], &[])]).await;
        std::fs::write(endpoint.folder().join("token"), token(Scope::Scim)).unwrap();
        Self { provider, endpoint }
    }

    async fn run(&self, people: &str, more: &[&str]) -> Outcome {
        let path = |name: &str| self.endpoint.folder().join(name).to_str().unwrap().to_owned();
        std::fs::write(path("people.yaml"), people).unwrap();
        let url = format!("{}/scim/v2", self.endpoint.public.base);
        let (people, token, state) = (path("people.yaml"), path("token"), path("state.json"));
        let mut arguments = vec!["simulate", "--as", self.provider, "--url", &url, "--people", &people];
        arguments.extend(["--token-file", &token, "--state", &state]);
        arguments.extend(more);
        run(&arguments).await
    }

    /// A cycle in which nothing is refused; its sum.
    async fn cycle(&self, people: &str) -> String {
        let outcome = self.run(people, &[]).await;
        assert_eq!(outcome.code, Some(0), "{}: {outcome:?}", self.provider);
        outcome.out
    }

    async fn ada(&self) -> Value {
        let query = "/scim/v2/Users?filter=userName%20eq%20%22ada@example.com%22";
        self.endpoint.public.get(query).await.json()["Resources"][0].clone()
    }

    async fn access(&self) -> String {
        self.endpoint.access_of("ada@example.com").await
    }
}

const DESIGNER: &str = "hr: Designer [] from makers";

#[tokio::test]
async fn b134_okta_looks_for_a_name_finds_nobody_and_creates() {
    for provider in [OIN, AIW] {
        let okta = Okta::start(provider).await;
        let out = okta.cycle(&ada("")).await;
        let lookup = "GET    /Users?filter=userName eq \"ada@example.com\"&startIndex=1&count=100  -> 200 0 found";
        assert!(out.contains(lookup) && out.contains("people   1 created"), "{out}");
        let user = okta.ada().await;
        assert_eq!((&user["externalId"], &user["locale"]), (&json!("a"), &json!("en-US")));
        assert_eq!((user.get("password"), okta.access().await.as_str()), (None, DESIGNER));
        assert!(okta.cycle(&ada("")).await.contains("requests 0 "), "what is there is not sent again");
    }
}

#[tokio::test]
async fn b135_okta_updates_what_it_read_before() {
    for provider in [OIN, AIW] {
        let okta = Okta::start(provider).await;
        okta.cycle(&ada(", title: Maker")).await;
        let before = okta.ada().await;
        okta.cycle(&ada(", title: Lead").replace("familyName: Marsh", "familyName: Horn")).await;
        let user = okta.ada().await;
        assert_eq!((&user["id"], &user["groups"]), (&before["id"], &before["groups"]));
        assert_eq!((&user["title"], &user["name"]["familyName"]), (&json!("Lead"), &json!("Horn")));
        assert_eq!(okta.access().await, DESIGNER, "an update touches no group");
        let outcome = okta.run(&ada(", title: Lead"), &["--sync-passwords"]).await;
        assert_eq!(outcome.code, Some(0), "{outcome:?}");
        assert_eq!(okta.ada().await.get("password"), None);
    }
}

#[tokio::test]
async fn b136_who_is_deactivated_and_comes_back_has_what_they_had() {
    for provider in [OIN, AIW] {
        let okta = Okta::start(provider).await;
        okta.cycle(&ada("")).await;
        let (user, granted) = (okta.ada().await["id"].clone(), okta.endpoint.view("ada@example.com").await);
        assert!(okta.cycle(&ada(", accountEnabled: false")).await.contains("1 disabled"));
        let view = okta.endpoint.view("ada@example.com").await;
        assert_eq!((&view["accountEnabled"], &view["tenants"]), (&json!(false), &json!([])), "{provider}");
        assert_eq!(view["storedGrants"], granted["storedGrants"]);
        // Created again: one who is inactive may be taken back for it, or be found after the conflict.
        okta.cycle(&ada("")).await;
        let back = okta.ada().await;
        assert_eq!((&back["id"], &back["active"]), (&user, &json!(true)), "{provider}");
        assert_eq!(okta.access().await, DESIGNER);
    }
}

#[tokio::test]
async fn b137_a_group_is_pushed_changed_renamed_and_deleted() {
    let two = "
people:
  - { userName: ada@example.com, objectId: a, givenName: Ada, familyName: Marsh, mail: ada@example.com, assigned: true }
  - { userName: bea@example.com, objectId: b, givenName: Bea, familyName: Dorn, mail: bea@example.com, assigned: true }
";
    let groups = |text: &str| format!("{two}groups: [{text}]\n");
    for provider in [OIN, AIW] {
        let okta = Okta::start(provider).await;
        let bea = async || okta.endpoint.access_of("bea@example.com").await;
        let makers = "displayName: Makers, objectId: g, assigned: true";
        okta.cycle(&groups(&format!("{{ {makers}, members: [ada@example.com] }}"))).await;
        assert_eq!((okta.access().await.as_str(), bea().await.as_str()), (DESIGNER, ""), "{provider}");
        okta.cycle(&groups(&format!("{{ {makers}, members: [bea@example.com] }}"))).await;
        assert_eq!((okta.access().await.as_str(), bea().await.as_str()), ("", DESIGNER), "{provider}");
        let renamed = makers.replace("Makers", "Doers");
        okta.cycle(&groups(&format!("{{ {renamed}, members: [bea@example.com] }}"))).await;
        assert_eq!(bea().await, "", "the rule waits for its name");
        okta.cycle(&groups(&format!("{{ {makers}, members: [bea@example.com] }}"))).await;
        assert_eq!(bea().await, DESIGNER);
        let outcome = okta.run(two, &["--delete-groups"]).await;
        assert_eq!(outcome.code, Some(0), "{outcome:?}");
        assert_eq!(bea().await, "", "{provider}");
        assert_eq!(okta.endpoint.public.get("/scim/v2/Groups").await.json()["totalResults"], 0);
        assert_eq!(okta.endpoint.public.get("/scim/v2/Users").await.json()["totalResults"], 2, "nobody is deleted");
    }
}

#[tokio::test]
async fn a_push_of_one_group_takes_nobody_out_of_whom_nothing_is_remembered() {
    for provider in [OIN, AIW] {
        let okta = Okta::start(provider).await;
        let two = ada("").replace(
            "people: [",
            "people: [{ userName: bea@example.com, givenName: Bea, familyName: Dorn, mail: bea@example.com }, ",
        );
        let two = two.replace("members: [", "members: [bea@example.com, ");
        okta.cycle(&two).await;
        std::fs::remove_file(okta.endpoint.folder().join("state.json")).unwrap();
        let outcome = okta.run(&two, &["on-demand", "--user", "ada@example.com", "--group", "Makers"]).await;
        assert_eq!(outcome.code, Some(0), "{outcome:?}");
        assert_eq!(okta.access().await, DESIGNER);
        assert_eq!(okta.endpoint.access_of("bea@example.com").await, DESIGNER, "{provider}: {}", outcome.out);
    }
}
