//! The commands that ask the access API, and the tests beside rules, as processes: what they print and how they end.
//! C001, C002, C004, C005, C006.

use crate::support::endpoint::{Endpoint, rule, token, user_body};
use crate::support::program::{Outcome, run};
use crate::support::reply::finish;
use scim_operator::access::Guard;
use scim_operator::config::Scope;
use serde_json::{Value, json};
use std::path::Path;
use tempfile::TempDir;

const USERS: &str = "/scim/v2/Users";

/// More records than a page of them has.
const MANY_RECORDS: usize = 501;
/// More people than a page of changes has when nobody says how many.
const MANY_CHANGES: usize = 120;

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// A folder with these files.
fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

/// The manifest of a rule.
fn manifest(name: &str, group: &str, role: &str, tenant: &str) -> String {
    format!(
        "apiVersion: scim-operator.dev/v1alpha1\nkind: UserManagementRule\nmetadata: {{ name: {name} }}\nspec:\n  \
         directoryRef: {{ name: corp }}\n  idpGroup: {{ displayName: {group} }}\n  role: {role}\n  \
         tenants: [{tenant}]\n"
    )
}

/// A test: who is in the group has this role in hr.
fn rule_test(name: &str, group: &str, role: &str) -> String {
    format!(
        "apiVersion: scim-operator.dev/v1alpha1\nkind: RuleTest\nmetadata: {{ name: {name} }}\nspec:\n  \
         given: {{ groups: [{group}] }}\n  expect: {{ tenants: [{{ tenant: hr, role: {role} }}] }}\n"
    )
}

/// Runs a command against the access API of an endpoint, with a token of this scope.
async fn asked(endpoint: &Endpoint, scope: Scope, command: &[&str]) -> Outcome {
    let file = endpoint.folder().join("token-of-the-command");
    std::fs::write(&file, token(scope) + "\n").unwrap();
    let mut arguments = command.to_vec();
    arguments.extend(["--against", &endpoint.access.base, "--token-file", text(&file)]);
    run(&arguments).await
}

/// What a command printed that ended with this code.
#[track_caller]
fn printed(outcome: Outcome, code: i32) -> String {
    assert_eq!(outcome.code, Some(code), "{outcome:?}");
    outcome.out
}

/// Fails unless a command failed, printed nothing and said this at last.
#[track_caller]
fn failed(outcome: &Outcome, reason: &str) {
    let said = outcome.err.lines().last().unwrap_or_default();
    assert_eq!((outcome.code, outcome.out.as_str()), (Some(1), ""), "{outcome:?}");
    assert!(said.starts_with("scim-operator: ") && said.contains(reason), "{outcome:?}");
}

/// The JSON objects of a text, one a line.
#[track_caller]
fn objects(lines: &str) -> Vec<Value> {
    let object = |line: &str| serde_json::from_str::<Value>(line).ok().filter(Value::is_object);
    lines.lines().map(|line| object(line).unwrap_or_else(|| panic!("no JSON object: {line}"))).collect()
}

fn position(object: &Value) -> &str {
    object["position"].as_str().expect("a position")
}

/// Every record there is, as the endpoint streams them.
async fn records(endpoint: &Endpoint) -> Vec<Value> {
    let request = endpoint.administrator().request("GET", "/access/v1/audit");
    let reply = finish(request.header("accept", "application/x-ndjson")).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    objects(&reply.text)
}

/// Two designers in the tenant main.
async fn two_designers() -> (Endpoint, String) {
    let endpoint = Endpoint::start(vec![rule("designers", "Designers", "Designer", &["main"], &[])]).await;
    let ada = endpoint.user("ada@example.com").await;
    let bea = endpoint.user("bea@example.com").await;
    endpoint.group("Designers", &[&ada, &bea]).await;
    (endpoint, ada)
}

#[tokio::test]
async fn c001_a_plan_ends_with_2_when_more_people_would_lose_something_than_may_and_writes_nothing() {
    let (endpoint, ada) = two_designers().await;
    let before = (endpoint.view(&ada).await, endpoint.state().await.revision, records(&endpoint).await);
    let lower = folder(&[("rules.yaml", &manifest("designers", "Designers", "Participant", "main"))]);
    let plan = async |more: &[&str]| {
        let mut command = vec!["plan", "-f", text(lower.path())];
        command.extend(more);
        asked(&endpoint, Scope::Access, &command).await
    };
    for (most, code) in [("0", 2), ("1", 2), ("2", 0)] {
        let table = printed(plan(&["--max-revocations", most]).await, code);
        assert!(table.contains("\nbea@example.com  main=Designer  main=Participant\n"), "{table}");
        assert!(table.contains("\n2 would lose something; "), "{table}");
        let json = printed(plan(&["--max-revocations", most, "-o", "json"]).await, code);
        let json: Value = serde_json::from_str(&json).expect("JSON");
        assert_eq!((&json["usersLosing"], &json["users"][0]["id"]), (&json!(2), &json!(ada)), "{json}");
        assert_eq!(json["result"]["demoted"], 2, "{json}");
    }
    let after = (endpoint.view(&ada).await, endpoint.state().await.revision, records(&endpoint).await);
    assert_eq!(after, before);
}

#[tokio::test]
async fn c001_without_a_number_the_guard_decides_how_a_plan_ends() {
    let (mut endpoint, _) = two_designers().await;
    let without = ["plan", "--remove", "designers"];
    let table = printed(asked(&endpoint, Scope::Access, &without).await, 0);
    assert!(table.ends_with("\n2 would lose something; it would not be held\n"), "{table}");
    endpoint.document.guard = Guard { max_revoked_users: 1, max_revoked_percent: 100 };
    endpoint.publish().await;
    let table = printed(asked(&endpoint, Scope::Access, &without).await, 2);
    let held =
        "\n2 would lose something; it would be held: 2 people would lose access, and guard.maxRevokedUsers is 1\n";
    assert!(table.ends_with(held), "{table}");
    let allowed = ["plan", "--remove", "designers", "--max-revocations", "2"];
    printed(asked(&endpoint, Scope::Access, &allowed).await, 0);
}

#[tokio::test]
async fn c001_a_plan_that_cannot_be_made_is_told_from_one_that_takes_too_much() {
    let (endpoint, _) = two_designers().await;
    let wrong = folder(&[("rules.yaml", &manifest("designers", "Designers", "Desinger", "main"))]);
    let command = ["plan", "-f", text(wrong.path()), "--max-revocations", "0"];
    let outcome = asked(&endpoint, Scope::Access, &command).await;
    failed(&outcome, "no plan was made: refused with 400");
    failed(&outcome, "\"Desinger\" is not a role of the directory");
}

#[tokio::test]
async fn c001_rule_tests_pass_without_a_server_and_one_that_does_not_hold_is_named() {
    let rules = manifest("hr-designers", "HR-Designers", "Designer", "hr");
    let good = rule_test("designers-design", "HR-Designers", "Designer");
    let bad = rule_test("designers-develop", "HR-Designers", "Developer");
    let held = folder(&[("rules.yaml", &rules), ("tests.yaml", &good)]);
    let out = printed(run(&["plan", "--test", "-f", text(held.path())]).await, 0);
    let file = held.path().join("tests.yaml");
    assert_eq!(
        out,
        format!("ok    {}: designers-design\n1 tests, 0 failed, 0 problems in the files\n", file.display())
    );

    let broken = folder(&[("rules.yaml", &rules), ("tests.yaml", &format!("{good}---\n{bad}"))]);
    let out = printed(run(&["plan", "--test", "-f", text(broken.path())]).await, 1);
    let file = broken.path().join("tests.yaml").display().to_string();
    let lines: Vec<&str> = out.lines().collect();
    let [first, second, why, sum] = lines.as_slice() else { panic!("{out}") };
    assert_eq!(*first, format!("ok    {file}: designers-design"));
    assert_eq!(*second, format!("FAIL  {file}: designers-develop"));
    assert!(why.starts_with("      hr: expected \"Developer\", is \"Designer\""), "{why}");
    assert_eq!(*sum, "2 tests, 1 failed, 0 problems in the files");
}

#[tokio::test]
async fn c001_a_file_that_is_wrong_fails_rule_tests_and_none_is_run() {
    let wrong = manifest("hr-designers", "HR-Designers", "Designer", "hr").replace("role:", "rolle:");
    let test = rule_test("designers-design", "HR-Designers", "Designer");
    let files = folder(&[("rules.yaml", &wrong), ("tests.yaml", &test)]);
    let out = printed(run(&["plan", "--test", "-f", text(files.path())]).await, 1);
    let named = format!("FAIL  {}: ", files.path().join("rules.yaml").display());
    assert!(out.lines().any(|line| line.starts_with(&named) && line.contains("rolle")), "{out}");
    assert!(out.contains("\n0 tests, 0 failed, "), "{out}");
}

#[tokio::test]
async fn c001_the_rules_of_the_examples_do_what_their_tests_say() {
    let rules = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/rules");
    let tests = rules.join("tests");
    let written: usize = std::fs::read_dir(&tests)
        .unwrap()
        .map(|entry| std::fs::read_to_string(entry.unwrap().path()).unwrap())
        .map(|text| text.lines().filter(|line| *line == "kind: RuleTest").count())
        .sum();
    assert!(written > 0);
    let out = printed(run(&["plan", "--test", "-f", text(&rules), "-f", text(&tests)]).await, 0);
    assert_eq!(out.lines().filter(|line| line.starts_with("ok    ")).count(), written, "{out}");
    assert!(out.ends_with(&format!("\n{written} tests, 0 failed, 0 problems in the files\n")), "{out}");
}

#[tokio::test]
async fn c002_explain_names_the_rule_the_group_the_request_and_the_time() {
    let rules = vec![
        rule("designers", "Designers", "Designer", &["main"], &[]),
        rule("developers", "Developers", "Developer", &["main"], &[]),
    ];
    let endpoint = Endpoint::start(rules).await;
    let ada = endpoint.user("ada@example.com").await;
    endpoint.group("Designers", &[&ada]).await;
    let group = format!("/scim/v2/Groups/{}", endpoint.group("Developers", &[]).await);
    let explain = ["explain", "ada@example.com", "--role", "Developer"];
    let refused = printed(asked(&endpoint, Scope::Access, &explain).await, 0);
    assert!(refused.starts_with("not granted\n  NotAMember: "), "{refused}");
    assert!(refused.contains("\n    rule developers, group Developers"), "{refused}");
    let body = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
        "Operations": [{ "op": "Add", "path": "members", "value": [{ "value": ada }] }],
    });
    assert_eq!(endpoint.with_header("PATCH", &group, ("x-request-id", "joined-1"), &body).await.status, 204);
    let granted = printed(asked(&endpoint, Scope::Access, &explain).await, 0);
    let lines: Vec<&str> = granted.lines().collect();
    assert!(lines.len() >= 3 && lines[0] == "granted" && lines[1].starts_with("  Granted: "), "{granted}");
    let time = lines[2].strip_prefix("    rule developers, group Developers, request joined-1, at ");
    assert!(time.is_some_and(|time| time.parse::<jiff::Timestamp>().is_ok()), "{granted}");
    let json = printed(asked(&endpoint, Scope::Access, &[&explain[..], &["-o", "json"]].concat()).await, 0);
    let json: Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!((&json["granted"], &json["reasons"][0]["rule"]), (&json!(true), &json!("developers")), "{json}");
    let nobody = printed(asked(&endpoint, Scope::Access, &["explain", "nobody@example.com"]).await, 0);
    assert!(nobody.starts_with("not granted\n  UserNotFound: "), "{nobody}");
}

/// Sends a user without an address, which must be refused; the id of the event.
async fn refused_user(endpoint: &Endpoint, user_name: &str) -> String {
    let mut body = user_body(user_name);
    body.as_object_mut().expect("an object").remove("emails");
    assert_eq!(endpoint.public.post(USERS, &body).await.status, 400);
    endpoint.failed_events().await[0].id.clone()
}

#[tokio::test]
async fn c004_a_message_that_failed_is_listed_and_retried_by_its_id() {
    let mut endpoint = Endpoint::start(Vec::new()).await;
    let id = refused_user(&endpoint, "ada@example.com").await;
    let list = ["failed-events", "list"];
    let retry = ["failed-events", "retry", &id];
    failed(&asked(&endpoint, Scope::Access, &list).await, "the failed events cannot be read: refused with 403");
    let again = printed(asked(&endpoint, Scope::Admin, &retry).await, 1);
    let events = endpoint.failed_events().await;
    let [event] = events.as_slice() else { panic!("{events:?}") };
    assert_eq!(again, format!("{id}  400  {}\n", event.detail));
    let table = printed(asked(&endpoint, Scope::Admin, &list).await, 0);
    let rows: Vec<Vec<&str>> =
        table.lines().map(|line| line.split("  ").map(str::trim).filter(|cell| !cell.is_empty()).collect()).collect();
    let time = event.time.to_string();
    let row = vec![id.as_str(), &time, "2", "400", "POST /Users", "ada@example.com", &event.detail];
    assert_eq!(rows, [vec!["ID", "TIME", "TRIES", "STATUS", "OPERATION", "ABOUT", "DETAIL"], row]);
    let json = printed(asked(&endpoint, Scope::Admin, &["failed-events", "list", "-o", "json"]).await, 0);
    assert_eq!(serde_json::from_str::<Value>(&json).expect("JSON"), json!(events));

    endpoint.change_profile(&json!({ "requiredAttributes": [] })).await;
    assert_eq!(printed(asked(&endpoint, Scope::Admin, &retry).await, 0), format!("{id}  201\n"));
    endpoint.view("ada@example.com").await;
    let table = printed(asked(&endpoint, Scope::Admin, &list).await, 0);
    assert_eq!(table, "ID  TIME  TRIES  STATUS  OPERATION  ABOUT  DETAIL\n");
    failed(&asked(&endpoint, Scope::Admin, &retry).await, &format!("{id}: there is no such failed event"));
}

#[tokio::test]
async fn c004_all_that_were_kept_whole_are_retried_the_oldest_first() {
    let mut endpoint = Endpoint::start(Vec::new()).await;
    let group = format!("/scim/v2/Groups/{}", endpoint.group("Designers", &[]).await);
    let ada = refused_user(&endpoint, "ada@example.com").await;
    let nobody = json!([{ "op": "Add", "path": "members", "value": [{ "value": uuid::Uuid::now_v7() }] }]);
    assert_eq!(endpoint.public.patch(&group, &nobody).await.status, 400);
    let member = endpoint.failed_events().await[0].clone();
    let bea = refused_user(&endpoint, "bea@example.com").await;
    assert_eq!(endpoint.public.send("POST", USERS, "application/scim+json", "{\"userName\":").await.status, 400);
    let torn = endpoint.failed_events().await[0].id.clone();
    assert_eq!(endpoint.failed_events().await.len(), 4);

    endpoint.change_profile(&json!({ "requiredAttributes": [] })).await;
    let all = ["failed-events", "retry", "--all"];
    let said = printed(asked(&endpoint, Scope::Admin, &all).await, 1);
    assert_eq!(said, format!("{ada}  201\n{}  400  {}\n{bea}  201\n", member.id, member.detail));
    assert_eq!(endpoint.public.delete(&group).await.status, 204);
    let left: Vec<String> = endpoint.failed_events().await.into_iter().map(|event| event.id).collect();
    assert_eq!(left, [torn.as_str()], "what is no JSON cannot be tried again");
    assert_eq!(printed(asked(&endpoint, Scope::Admin, &all).await, 0), "");
    let outcome = asked(&endpoint, Scope::Admin, &["failed-events", "retry", &torn]).await;
    failed(&outcome, &format!("{torn} cannot be tried again: refused with 409"));
}

#[tokio::test]
async fn c005_the_records_are_exported_as_lines_the_oldest_first_and_on_from_a_position() {
    let endpoint = Endpoint::start(Vec::new()).await;
    endpoint.people("user", MANY_RECORDS).await;
    let exported = objects(&printed(asked(&endpoint, Scope::Admin, &["audit", "export"]).await, 0));
    assert_eq!(exported.len(), MANY_RECORDS + 1, "a publication, and everybody");
    assert!(exported.windows(2).all(|pair| position(&pair[0]) < position(&pair[1])));
    assert_eq!(exported, records(&endpoint).await);
    for had in [1, 3, MANY_RECORDS + 1] {
        let since = ["audit", "export", "--since", position(&exported[had - 1])];
        let rest = objects(&printed(asked(&endpoint, Scope::Admin, &since).await, 0));
        assert_eq!(rest, exported[had..], "behind {had} records");
    }
    let outcome = asked(&endpoint, Scope::Access, &["audit", "export"]).await;
    failed(&outcome, "the records cannot be read: refused with 403");
}

#[tokio::test]
async fn c006_changes_are_printed_to_their_end_and_on_from_a_position() {
    let endpoint = Endpoint::start(vec![rule("designers", "Designers", "Designer", &["main"], &[])]).await;
    assert_eq!(printed(asked(&endpoint, Scope::Access, &["changes"]).await, 0), "", "nothing has happened");
    let mut people = endpoint.people("designer", MANY_CHANGES).await;
    let members: Vec<&str> = people.iter().map(String::as_str).collect();
    let group = endpoint.group("Designers", &members).await;
    endpoint.leave(&group, &people[0]).await;
    let changes = objects(&printed(asked(&endpoint, Scope::Access, &["changes"]).await, 0));
    assert_eq!(changes.len(), MANY_CHANGES + 1);
    assert!(changes.windows(2).all(|pair| position(&pair[0]) < position(&pair[1])));
    let (left, joined) = changes.split_last().expect("changes");
    assert_eq!((&left["user"]["id"], &left["after"]), (&json!(people[0]), &json!([])));
    assert!(joined.iter().all(|change| change["after"][0]["role"] == "Designer"), "{joined:?}");
    let mut told: Vec<&str> = joined.iter().map(|change| change["user"]["id"].as_str().expect("an id")).collect();
    told.sort_unstable();
    people.sort_unstable();
    assert_eq!(told, people, "each once");
    for had in [1, MANY_CHANGES, MANY_CHANGES + 1] {
        let since = ["changes", "--since", position(&changes[had - 1])];
        let rest = objects(&printed(asked(&endpoint, Scope::Access, &since).await, 0));
        assert_eq!(rest, changes[had..], "behind {had} changes");
    }
}

#[tokio::test]
async fn c006_a_position_of_another_store_ends_changes_with_410_also_when_they_are_followed() {
    let (endpoint, _) = two_designers().await;
    let (other, _) = two_designers().await;
    let elsewhere = objects(&printed(asked(&other, Scope::Access, &["changes"]).await, 0));
    let since = position(&elsewhere[0]);
    for follow in [None, Some("--follow")] {
        let mut command = vec!["changes", "--since", since];
        command.extend(follow);
        failed(&asked(&endpoint, Scope::Access, &command).await, "the changes cannot be read: refused with 410");
    }
}
