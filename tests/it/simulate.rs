//! `simulate` as a process against a service that records: what it sends, in which order, and how it ends.

use crate::leaks::leaks;
use crate::recorder::{Recorded, Recorder};
use crate::support::program::{Outcome, run};
use serde_json::json;
use std::path::{Path, PathBuf};

pub const SECRET: &str = "a-secret-nobody-prints";

/// One provider, its files and a service that records.
pub struct Job {
    folder: tempfile::TempDir,
    pub service: Recorder,
}

impl Job {
    pub async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("token"), SECRET).unwrap();
        Self { folder, service: Recorder::start().await }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub async fn run(&self, people: &Path, more: &[&str]) -> Outcome {
        let (token, state) = (self.path("token"), self.path("state.json"));
        let mut arguments = vec!["simulate", "--people", people.to_str().unwrap(), "--url", &self.service.url];
        arguments.extend(["--token-file", token.to_str().unwrap(), "--state", state.to_str().unwrap()]);
        arguments.extend(more);
        run(&arguments).await
    }

    async fn cycle(&self, people: &Path) -> Vec<Recorded> {
        let outcome = self.run(people, &["cycle"]).await;
        assert_eq!(outcome.code, Some(0), "{outcome:?}");
        self.service.take()
    }
}

pub fn change(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/people/change").join(name)
}

pub fn lines(requests: &[Recorded]) -> String {
    requests.iter().map(|r| r.line.as_str()).collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn c014_a_first_cycle_matches_creates_and_adds_one_by_one() {
    let job = Job::new().await;
    let requests = job.cycle(&change("before.yaml")).await;
    insta::assert_snapshot!(lines(&requests), @r#"
    GET /Users?filter=userName eq "ada.marsh@example.com"
    POST /Users
    GET /Users?filter=userName eq "bram.okoro@example.com"
    POST /Users
    GET /Users?filter=userName eq "cai.ellery@example.com"
    POST /Users
    GET /Users?filter=userName eq "dara.vogel@example.com"
    POST /Users
    GET /Users?filter=id eq "user-1" and manager eq "user-0"&attributes=id
    PATCH /Users/user-1
    GET /Groups?excludedAttributes=members&filter=displayName eq "Nintex Participants"
    POST /Groups
    GET /Groups?excludedAttributes=members&filter=displayName eq "HR-Designers"
    POST /Groups
    GET /Groups?filter=id eq "group-4" and members eq "user-0"&attributes=id
    PATCH /Groups/group-4
    GET /Groups?filter=id eq "group-4" and members eq "user-1"&attributes=id
    PATCH /Groups/group-4
    GET /Groups?filter=id eq "group-4" and members eq "user-2"&attributes=id
    PATCH /Groups/group-4
    GET /Groups?filter=id eq "group-4" and members eq "user-3"&attributes=id
    PATCH /Groups/group-4
    GET /Groups?filter=id eq "group-5" and members eq "user-2"&attributes=id
    PATCH /Groups/group-5
    GET /Groups?filter=id eq "group-5" and members eq "user-3"&attributes=id
    PATCH /Groups/group-5
    "#);
    assert!(requests.iter().all(|r| r.authorization == format!("Bearer {SECRET}")));
}

#[tokio::test]
async fn c014_b056_a_second_cycle_sends_only_differences_and_a_third_nothing() {
    let job = Job::new().await;
    job.cycle(&change("before.yaml")).await;
    let requests = job.cycle(&change("after.yaml")).await;
    insta::assert_snapshot!(lines(&requests), @r#"
    GET /Users/user-2
    PATCH /Users/user-2
    GET /Users/user-3
    PATCH /Users/user-3
    GET /Users?filter=userName eq "edda.quint@example.com"
    POST /Users
    GET /Users/user-1
    PATCH /Users/user-1
    GET /Groups?filter=id eq "group-4" and members eq "user-1"&attributes=id
    PATCH /Groups/group-4
    GET /Groups?filter=id eq "group-4" and members eq "user-6"&attributes=id
    PATCH /Groups/group-4
    GET /Groups?filter=id eq "group-5" and members eq "user-2"&attributes=id
    PATCH /Groups/group-5
    GET /Groups?filter=id eq "group-5" and members eq "user-6"&attributes=id
    PATCH /Groups/group-5
    "#);
    let sent = |id: &str| {
        let of = requests.iter().filter(|r| r.line == format!("PATCH /Users/{id}"));
        of.map(|r| r.body["Operations"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(sent("user-1"), [json!([{ "op": "Replace", "path": "active", "value": "False" }])]);
    assert_eq!(sent("user-2"), [json!([{ "op": "Replace", "path": "title", "value": "Senior Recruiter" }])]);
    assert!(!lines(&requests).contains("DELETE"), "B021: leaving the scope deletes nothing");
    assert_eq!(job.cycle(&change("after.yaml")).await, []);
}

#[tokio::test]
async fn a_refusal_is_told_fails_the_command_and_is_tried_again() {
    let job = Job::new().await;
    job.service.refuse("POST /Users", 400);
    let outcome = job.run(&change("before.yaml"), &[]).await;
    assert_eq!(outcome.code, Some(1));
    let said = "ada.marsh@example.com: 400 invalidValue: no, not today";
    assert!(outcome.out.contains(&format!("refused  {said}")), "{}", outcome.out);
    job.service.refuse_nothing();
    job.service.take();
    let requests = job.cycle(&change("before.yaml")).await;
    assert_eq!(requests.iter().filter(|r| r.line == "POST /Users").count(), 4);
}

#[tokio::test]
async fn c013_a_paused_service_stops_the_cycle_at_once() {
    let job = Job::new().await;
    job.service.refuse("/Users", 503);
    let outcome = job.run(&change("before.yaml"), &[]).await;
    assert_eq!(outcome.code, Some(1));
    assert!(outcome.err.contains("the service answers 503"), "{}", outcome.err);
    assert_eq!(job.service.take().len(), 1);
}

#[tokio::test]
async fn b057_b058_on_demand_provisions_one_person_with_one_group() {
    let job = Job::new().await;
    let more = ["on-demand", "--user", "Cai.Ellery@example.com", "--group", "HR-Designers"];
    let outcome = job.run(&change("before.yaml"), &more).await;
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    insta::assert_snapshot!(lines(&job.service.take()), @r#"
    GET /Users?filter=userName eq "cai.ellery@example.com"
    POST /Users
    GET /Groups?excludedAttributes=members&filter=displayName eq "HR-Designers"
    POST /Groups
    GET /Groups?filter=id eq "group-1" and members eq "user-0"&attributes=id
    PATCH /Groups/group-1
    "#);
}

#[tokio::test]
async fn b100_on_demand_after_leaving_the_group_removes_the_member() {
    let job = Job::new().await;
    job.cycle(&change("before.yaml")).await;
    let more = ["on-demand", "--user", "cai.ellery@example.com", "--group", "HR-Designers"];
    let outcome = job.run(&change("after.yaml"), &more).await;
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    let requests = job.service.take();
    let last = requests.last().unwrap();
    let value = json!([{ "$ref": null, "value": "user-2" }]);
    assert_eq!(last.body["Operations"], json!([{ "op": "Remove", "path": "members", "value": value }]));
}

#[tokio::test]
async fn c014_the_flag_goes_with_every_request_and_changes_the_shapes() {
    let job = Job::new().await;
    for name in ["before.yaml", "after.yaml"] {
        assert_eq!(job.run(&change(name), &["--aad-opt-scim-062020"]).await.code, Some(0));
    }
    let requests = job.service.take();
    assert!(requests.iter().all(|r| r.line.contains("?aadOptscim062020")), "{}", lines(&requests));
    let disabled = json!([{ "op": "replace", "path": "active", "value": false }]);
    assert!(requests.iter().any(|r| r.body["Operations"] == disabled));
    let removed = json!([{ "op": "remove", "path": "members[value eq \"user-2\"]" }]);
    assert!(requests.iter().any(|r| r.body["Operations"] == removed), "{requests:?}");
}

#[tokio::test]
async fn b108_b109_only_assigned_people_are_sent() {
    let job = Job::new().await;
    let people = job.path("people.yaml");
    let text = "
people: [{ userName: in@example.com }, { userName: out@example.com }, { userName: default@example.com }]
groups:
  - { displayName: In, assigned: true, members: [in@example.com], memberGroups: [Out] }
  - { displayName: Out, members: [out@example.com] }
  - { displayName: Default, assigned: true, appRole: Default Access, members: [default@example.com] }
";
    std::fs::write(&people, text).unwrap();
    let requests = lines(&job.cycle(&people).await);
    assert!(requests.contains("in@example.com") && requests.contains("\"In\""), "{requests}");
    for absent in ["out@example.com", "default@example.com", "\"Out\"", "\"Default\""] {
        assert!(!requests.contains(absent), "{absent} in {requests}");
    }
}

#[tokio::test]
async fn connection_and_restart() {
    let job = Job::new().await;
    let people = change("before.yaml");
    assert_eq!(job.run(&people, &["test-connection"]).await.code, Some(0));
    job.service.refuse("/Users", 401);
    let refused = job.run(&people, &["test-connection"]).await;
    assert_eq!(refused.code, Some(1));
    assert!(refused.out.contains("401"), "{}", refused.out);
    job.service.refuse_nothing();
    job.cycle(&people).await;
    assert_eq!(job.cycle(&people).await, []);
    assert_eq!(job.run(&people, &["restart"]).await.out, "forgotten\n");
    assert!(!job.cycle(&people).await.is_empty());
}

#[tokio::test]
async fn b030_no_output_holds_the_token() {
    let job = Job::new().await;
    let outcome = job.run(&change("before.yaml"), &["--verbose"]).await;
    assert!(outcome.out.contains("urn:ietf:params:scim:schemas:core:2.0:User"), "{}", outcome.out);
    let state = std::fs::read_to_string(job.path("state.json")).unwrap();
    let texts = [("output", outcome.out.as_str()), ("errors", outcome.err.as_str()), ("state", state.as_str())];
    assert_eq!(leaks(&texts, &[SECRET]), Vec::<String>::new());
    let planted = format!("{}> Authorization: Bearer {SECRET}\n", outcome.out);
    assert_eq!(leaks(&[("output", planted.as_str())], &[SECRET]), [format!("output: {SECRET}")]);
}

#[tokio::test]
async fn wrong_usage_is_code_2() {
    for arguments in [
        &["simulate", "cycle"][..],
        &["simulate", "restart"],
        &["nothing"],
        &["simulate", "--token", "x"],
        &["simulate", "--as", "okta-oin", "--aad-opt-scim-062020"],
        &["simulate", "--as", "onelogin", "--sync-passwords"],
        &["simulate", "--as", "jumpcloud", "import"],
        &["simulate", "import"],
    ] {
        assert_eq!(run(arguments).await.code, Some(2), "{arguments:?}");
    }
}

#[tokio::test]
async fn the_example_of_200_people_is_sent_whole() {
    let job = Job::new().await;
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/people");
    let requests = job.cycle(&folder).await;
    let count = |line: &str| requests.iter().filter(|r| r.line.starts_with(line)).count();
    // 194 in scope, of whom two are blocked.
    assert_eq!((count("POST /Users"), count("POST /Groups")), (192, 7));
    assert_eq!(job.cycle(&folder).await, []);
}
