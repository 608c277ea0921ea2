//! `standalone` as a process: a folder of manifests, a provider that provisions, an application that asks.

use crate::support::http::Caller;
use crate::support::program::{Program, run};
use crate::support::wait;
use serde_json::{Value, json};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What changes in the folder is in force within two seconds; the rest is for a busy machine.
const IN_FORCE: Duration = Duration::from_secs(10);
/// A settled batch, two seconds of quiet, and the run.
const SYNCED: Duration = Duration::from_secs(20);
/// Longer than two listings a second apart and everything after them.
const UNMOVED: Duration = Duration::from_secs(3);

const DIRECTORY: &str = "
apiVersion: scim-operator.dev/v1alpha1
kind: ScimDirectory
metadata: { name: corp }
spec:
  displayName: Staff
  tenant: main
  sso: { none: {} }
";

fn rule(name: &str, group: &str, role: &str) -> String {
    format!(
        "
apiVersion: scim-operator.dev/v1alpha1
kind: UserManagementRule
metadata: {{ name: {name} }}
spec:
  directoryRef: {{ name: corp }}
  idpGroup: {{ displayName: {group} }}
  role: {role}
  tenants: [hr]
"
    )
}

fn token(name: &str, scope: &str) -> String {
    format!(
        "
apiVersion: scim-operator.dev/v1alpha1
kind: ScimAccessToken
metadata: {{ name: {name} }}
spec: {{ directoryRef: {{ name: corp }}, description: for tests, scope: {scope}, issuedTo: {name} }}
"
    )
}

/// A folder of manifests and a folder of data, with or without a process over them.
struct House {
    folder: tempfile::TempDir,
    program: Option<Program>,
    base: Caller,
}

impl House {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("manifests")).unwrap();
        Self { folder, program: None, base: Caller::new("") }
    }

    /// A directory, an application's token and one rule, served and ready.
    async fn served() -> Self {
        let mut house = Self::new();
        house.write("corp.yaml", DIRECTORY);
        house.write("app.yaml", &token("app", "Access"));
        house.write("hr.yaml", &rule("hr", "HR-Designers", "Designer"));
        house.start(&[]).await;
        house.ready().await;
        house
    }

    fn data(&self, name: &str) -> PathBuf {
        self.folder.path().join("data").join(name)
    }

    fn manifests(&self) -> PathBuf {
        self.folder.path().join("manifests")
    }

    /// Writes a manifest as an editor would: whole, by a rename.
    fn write(&self, name: &str, text: &str) {
        let new = self.manifests().join(".new");
        std::fs::write(&new, text).unwrap();
        std::fs::rename(new, self.manifests().join(name)).unwrap();
    }

    fn remove(&self, name: &str) {
        std::fs::remove_file(self.manifests().join(name)).unwrap();
    }

    async fn start(&mut self, more: &[&str]) {
        let (manifests, data) = (self.manifests(), self.data(""));
        let mut arguments = vec!["standalone", "--manifests", text(&manifests), "--data", text(&data)];
        arguments.extend(["--listen", "127.0.0.1:0"]);
        arguments.extend(more);
        let program = Program::start(self.folder.path(), &arguments);
        let listening = program.logged("listening").await;
        self.base = Caller::new(format!("http://{}", listening["public"].as_str().unwrap()));
        self.program = Some(program);
    }

    async fn ready(&self) {
        wait::until("/readyz is 200", IN_FORCE, async || (self.base.get("/readyz").await.0 == 200).then_some(())).await;
    }

    /// What is said of a folder of manifests that is not there.
    fn without_folder(&self) -> Value {
        json!(format!("cannot use {}: No such file or directory (os error 2)", self.manifests().display()))
    }

    fn program(&self) -> &Program {
        self.program.as_ref().unwrap()
    }

    /// The value in a key file.
    fn key(&self, name: &str) -> String {
        std::fs::read_to_string(self.data("api-keys").join(name)).unwrap()
    }

    fn provider(&self) -> Caller {
        self.base.with_token(&self.key("corp"))
    }

    /// Whoever holds the token `admin`, once it works.
    async fn admin(&self) -> Caller {
        wait::until("the admin key", IN_FORCE, async || {
            let value = std::fs::read_to_string(self.data("api-keys/admin")).ok()?;
            let admin = self.base.with_token(&value);
            (admin.get("/access/v1/syncs").await.0 == 200).then_some(admin)
        })
        .await
    }

    /// Creates somebody in a group of this name; the ids of both.
    async fn somebody_in(&self, group: &str) -> (String, String) {
        let provider = self.provider();
        let user = json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "ada@example.com", "externalId": "a",
            "name": { "givenName": "Ada", "familyName": "Marsh" },
            "emails": [{ "type": "work", "value": "ada@example.com" }],
        });
        let user = id(&provider.post("/scim/v2/Users", user).await);
        let group = json!({ "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": group });
        let group = id(&provider.post("/scim/v2/Groups", group).await);
        let members = json!([{ "op": "Add", "path": "members", "value": [{ "$ref": null, "value": user }] }]);
        provider.patch(&format!("/scim/v2/Groups/{group}"), members).await;
        (user, group)
    }

    /// Ada's effective role in a tenant, as an application sees it.
    async fn role(&self, tenant: &str) -> Option<String> {
        let (status, view) = self.base.with_token(&self.key("app")).get("/access/v1/users/ada@example.com").await;
        assert_eq!(status, 200, "{view}");
        let tenants = view["tenants"].as_array().unwrap();
        tenants.iter().find(|t| t["tenant"] == tenant).map(|t| t["role"].as_str().unwrap().to_owned())
    }

    async fn becomes(&self, tenant: &str, role: Option<&str>) {
        let what = format!("the role {role:?} in {tenant}");
        wait::until(&what, SYNCED, async || (self.role(tenant).await.as_deref() == role).then_some(())).await;
    }

    /// The log line that names this file.
    async fn complaint(&self, file: &str, field: &str) -> Value {
        let named = |line: &Value| line["file"] == file && line["field"] == field;
        let found = async || self.program().log().into_iter().find(named);
        wait::until(&format!("a log line about {file} {field}"), IN_FORCE, found).await
    }
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn id(resource: &Value) -> String {
    resource["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn b031_b114_the_key_file_opens_scim_and_nothing_else_does() {
    let house = House::served().await;
    let (status, error) = house.base.get("/scim/v2/Users").await;
    assert_eq!((status, error["status"].as_str()), (401, Some("401")), "{error}");
    assert_eq!(house.base.with_token("wrong").get("/scim/v2/Schemas").await.0, 401);
    assert_eq!(house.provider().get("/scim/v2/Users").await.0, 200);
    assert_eq!(house.provider().get("/access/v1/users").await.0, 403);
    let path = house.data("api-keys/corp");
    assert_eq!(std::fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(house.key("corp").starts_with("scim_"));
}

#[tokio::test]
async fn b034_a_group_with_a_default_rules_name_gives_its_role() {
    let house = House::served().await;
    house.somebody_in("nintex designers").await;
    assert_eq!(house.role("main").await.as_deref(), Some("Designer"));
}

#[tokio::test]
async fn b065_automatic_brings_a_changed_rule_to_people_already_there() {
    let house = House::served().await;
    house.somebody_in("HR-Designers").await;
    assert_eq!(house.role("hr").await.as_deref(), Some("Designer"));
    house.write("hr.yaml", &rule("hr", "HR-Designers", "Developer"));
    house.becomes("hr", Some("Developer")).await;
    house.remove("hr.yaml");
    house.becomes("hr", None).await;
}

#[tokio::test]
async fn b065_manual_leaves_people_until_a_run_is_asked_for() {
    let house = House::served().await;
    house.write("corp.yaml", &format!("{DIRECTORY}  syncPolicy: Manual\n"));
    house.write("admin.yaml", &token("admin", "Admin"));
    house.somebody_in("HR-Designers").await;
    let admin = house.admin().await;
    house.write("hr.yaml", &rule("hr", "HR-Designers", "Developer"));
    wait::throughout("the role stays", UNMOVED, async || house.role("hr").await.as_deref() == Some("Designer")).await;
    admin.post("/access/v1/syncs", json!({ "name": "now", "scope": { "rules": ["hr"] } })).await;
    house.becomes("hr", Some("Developer")).await;
}

#[tokio::test]
async fn c003_a_rule_that_would_take_too_much_goes_on_until_the_printed_run_is_asked_for() {
    let house = House::served().await;
    house.write("corp.yaml", &format!("{DIRECTORY}  guard: {{ maxRevokedUsers: 0 }}\n"));
    house.write("admin.yaml", &token("admin", "Admin"));
    house.somebody_in("HR-Designers").await;
    let admin = house.admin().await;
    house.remove("hr.yaml");
    let line = house.program().logged("To confirm it").await;
    assert_eq!((&line["level"], &line["rules"], &line["users_losing"]), (&json!("WARN"), &json!("hr"), &json!(1)));
    wait::throughout("the role stays", UNMOVED, async || house.role("hr").await.as_deref() == Some("Designer")).await;
    let told = |line: &Value| line["message"].as_str().is_some_and(|message| message.contains("To confirm it"));
    assert_eq!(house.program().log().into_iter().filter(told).count(), 1, "said once, not at every look");
    let (_, body) = line["message"].as_str().unwrap().split_once("scope Admin: ").unwrap();
    admin.post("/access/v1/syncs", serde_json::from_str(body).unwrap()).await;
    house.becomes("hr", None).await;
}

#[tokio::test]
async fn c008_mistakes_take_nothing_away_and_are_named() {
    let house = House::served().await;
    house.somebody_in("HR-Designers").await;
    house.write("hr.yaml", &rule("hr", "HR-Designers", "Desinger"));
    let line = house.complaint("hr.yaml", "spec.role").await;
    assert_eq!((&line["line"], &line["value"]), (&json!(8), &json!("\"Desinger\"")), "{line}");
    house.write("hr.yaml", &rule("hr", "HR-Designers", "Designer").replace("tenants:", "tennants:"));
    let line = house.complaint("hr.yaml", "spec.tennants").await;
    assert_eq!(line["line"], json!(9), "{line}");
    house.write("corp.yaml", &DIRECTORY.replace("tenant: main", "tenant: other"));
    house.complaint("corp.yaml", "spec.tenant").await;
    wait::throughout("the role stays", UNMOVED, async || house.role("hr").await.as_deref() == Some("Designer")).await;
    assert_eq!(house.base.get("/readyz").await.0, 200);
}

#[tokio::test]
async fn c008_a_folder_that_is_gone_or_empty_takes_nothing_away() {
    let house = House::served().await;
    house.somebody_in("HR-Designers").await;
    let aside = house.folder.path().join("aside");
    std::fs::rename(house.manifests(), &aside).unwrap();
    let line = house.program().logged("cannot use").await;
    assert_eq!((&line["level"], &line["message"]), (&json!("WARN"), &house.without_folder()));
    let holds = async || house.role("hr").await.as_deref() == Some("Designer");
    wait::throughout("the role stays without the folder", UNMOVED, holds).await;
    let said = |line: &Value| line["message"] == house.without_folder();
    assert_eq!(house.program().log().into_iter().filter(said).count(), 1, "said once, not at every look");
    std::fs::create_dir(house.manifests()).unwrap();
    wait::throughout("the role stays with an empty folder", UNMOVED, holds).await;
    let line = house.program().logged("the folder has no directory").await;
    assert_eq!(line["message"], "the folder has no directory: nothing is changed");
    assert_eq!(house.base.get("/readyz").await.0, 200);
}

#[tokio::test]
async fn c008_a_start_without_the_folder_serves_what_was_in_force() {
    let mut house = House::served().await;
    house.somebody_in("HR-Designers").await;
    house.program.take().unwrap().kill().await;
    let aside = house.folder.path().join("aside");
    std::fs::rename(house.manifests(), &aside).unwrap();
    house.start(&[]).await;
    assert_eq!(house.program().logged("cannot use").await["message"], house.without_folder());
    let holds = async || house.role("hr").await.as_deref() == Some("Designer");
    wait::throughout("the role stays without the folder", UNMOVED, holds).await;
    assert_eq!(house.provider().get("/scim/v2/Users").await.0, 200);
    std::fs::rename(&aside, house.manifests()).unwrap();
    house.ready().await;
    assert_eq!(house.role("hr").await.as_deref(), Some("Designer"));
}

#[tokio::test]
async fn c008_a_broken_file_and_a_restart_take_nothing_away() {
    let mut house = House::served().await;
    house.somebody_in("HR-Designers").await;
    let key = house.key("corp");
    house.program.take().unwrap().kill().await;
    house.write("hr.yaml", "spec: [");
    house.write("app.yaml", "\tnot yaml");
    house.start(&[]).await;
    house.ready().await;
    house.complaint("hr.yaml", "").await;
    let holds = async || house.role("hr").await.as_deref() == Some("Designer");
    wait::throughout("the role stays over a restart", UNMOVED, holds).await;
    assert_eq!(house.key("corp"), key);
}

#[tokio::test]
async fn c011_a_kill_loses_nothing_and_a_second_start_keeps_keys_and_ids() {
    let mut house = House::served().await;
    let (user, _) = house.somebody_in("HR-Designers").await;
    let key = house.key("corp");
    house.program.take().unwrap().kill().await;
    house.start(&[]).await;
    // The document is in the store: the provider is served before the manifests are read again.
    let (status, found) = house.provider().get(&format!("/scim/v2/Users/{user}")).await;
    assert_eq!((status, found["userName"].as_str()), (200, Some("ada@example.com")));
    house.ready().await;
    assert_eq!((house.role("hr").await.as_deref(), house.key("corp")), (Some("Designer"), key));
    assert!(house.program.take().unwrap().stop().await.success());
}

#[tokio::test]
async fn b127_a_removed_token_file_revokes_and_a_new_one_is_another_token() {
    let house = House::served().await;
    let old = house.key("app");
    let application = house.base.with_token(&old);
    assert_eq!(application.get("/access/v1/users").await.0, 200);
    house.remove("app.yaml");
    let refused = async || (application.get("/access/v1/users").await.0 == 401).then_some(());
    wait::until("the token is refused", IN_FORCE, refused).await;
    house.write("app.yaml", &token("app", "Access"));
    let renewed = async || {
        let value = std::fs::read_to_string(house.data("api-keys/app")).unwrap();
        (house.base.with_token(&value).get("/access/v1/users").await.0 == 200).then_some(value)
    };
    let new = wait::until("a new token works", IN_FORCE, renewed).await;
    assert_ne!(new, old);
    assert_eq!(application.get("/access/v1/users").await.0, 401);
}

#[tokio::test]
async fn b127_a_token_revoked_after_a_backup_stays_revoked_when_the_backup_is_put_back() {
    let mut house = House::served().await;
    let (user, _) = house.somebody_in("HR-Designers").await;
    let (data, backup) = (house.data(""), house.folder.path().join("backup.db"));
    let made = run(&["store", "backup", "--data", text(&data), "--to", text(&backup)]).await;
    assert_eq!(made.code, Some(0), "{}", made.err);
    let revoked = house.key("app");
    house.remove("app.yaml");
    let refused = async || (house.base.with_token(&revoked).get("/access/v1/users").await.0 == 401).then_some(());
    wait::until("the token is refused", IN_FORCE, refused).await;
    assert!(house.program.take().unwrap().stop().await.success());
    let put_back = run(&["store", "restore", "--data", text(&data), "--from", text(&backup)]).await;
    assert_eq!(put_back.code, Some(0), "{}", put_back.err);
    house.start(&[]).await;
    house.ready().await;
    assert_eq!(house.base.with_token(&revoked).get("/access/v1/users").await.0, 401);
    assert_eq!(house.provider().get(&format!("/scim/v2/Users/{user}")).await.0, 200);
}

#[tokio::test]
async fn b123_a_key_file_taken_away_does_not_come_back_and_the_token_works_on() {
    let mut house = House::served().await;
    let provider_key = house.key("corp");
    std::fs::remove_file(house.data("api-keys/corp")).unwrap();
    assert!(house.program.take().unwrap().stop().await.success());
    house.start(&[]).await;
    house.ready().await;
    assert!(!house.data("api-keys/corp").exists());
    assert_eq!(house.base.with_token(&provider_key).get("/scim/v2/Users").await.0, 200);
}

#[tokio::test]
async fn a_given_api_key_is_the_directorys_token() {
    let mut house = House::new();
    house.write("corp.yaml", DIRECTORY);
    let value = format!("scim_abcdefgh12345678_{}", "A".repeat(43));
    let file = house.folder.path().join("given");
    std::fs::write(&file, format!("{value}\n")).unwrap();
    house.start(&["--api-key-file", text(&file)]).await;
    house.ready().await;
    assert_eq!(house.base.with_token(&value).get("/scim/v2/Users").await.0, 200);
    assert_eq!(house.key("corp"), value);
}

#[tokio::test]
async fn not_ready_before_there_is_a_directory_and_ready_when_it_comes() {
    let mut house = House::new();
    std::fs::remove_dir(house.manifests()).unwrap();
    house.start(&[]).await;
    let line = house.program().logged("cannot use").await;
    assert_eq!((&line["level"], &line["message"]), (&json!("WARN"), &house.without_folder()));
    assert_eq!(house.base.get("/readyz").await.0, 503);
    assert_eq!(house.base.get("/healthz").await.0, 200);
    assert_eq!(std::fs::read_dir(house.data("api-keys")).unwrap().count(), 0, "no token before there is a directory");
    std::fs::create_dir(house.manifests()).unwrap();
    house.write("corp.yaml", DIRECTORY);
    house.ready().await;
    assert_eq!(house.provider().get("/scim/v2/Users").await.0, 200);
}

#[tokio::test]
async fn a_start_without_the_folder_waits_for_it_until_told_to_stop_and_ends_well() {
    let mut house = House::new();
    std::fs::remove_dir(house.manifests()).unwrap();
    house.start(&[]).await;
    assert_eq!(house.program().logged("cannot use").await["message"], house.without_folder());
    let mut program = house.program.take().unwrap();
    assert!(!program.has_ended(), "a folder may come later");
    assert_eq!(program.stop().await.code(), Some(0));
}

#[tokio::test]
async fn a_wrong_api_key_file_or_a_data_folder_in_use_ends_the_command() {
    let house = House::served().await;
    let (manifests, data) = (house.manifests(), house.data(""));
    let arguments = ["standalone", "--manifests", text(&manifests), "--data", text(&data), "--listen", "127.0.0.1:0"];
    assert_eq!(run(&arguments).await.code, Some(1), "a second process over the same data");
    let file = house.folder.path().join("given");
    std::fs::write(&file, "password").unwrap();
    let mut given = arguments.to_vec();
    given.extend(["--api-key-file", text(&file)]);
    let outcome = run(&given).await;
    assert_eq!(outcome.code, Some(1));
    assert!(outcome.err.contains("holds no API key"), "{}", outcome.err);
}

#[tokio::test]
async fn c013_a_paused_directory_is_ready_and_sends_the_provider_away() {
    let house = House::served().await;
    house.write("corp.yaml", &format!("{DIRECTORY}  provisioning: {{ paused: true }}\n"));
    let paused = async || (house.provider().get("/scim/v2/Users").await.0 == 503).then_some(());
    wait::until("provisioning is paused", IN_FORCE, paused).await;
    assert_eq!(house.base.get("/readyz").await.0, 200);
}

#[tokio::test]
async fn c014_simulate_provisions_the_examples_and_the_rules_give_access() {
    let house = House::served().await;
    let before = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/people/change/before.yaml");
    let (key, state) = (house.data("api-keys/corp"), house.folder.path().join("state.json"));
    let url = format!("{}/scim/v2", house.base.base());
    let mut arguments = vec!["simulate", "--url", &url, "--token-file", text(&key), "--state", text(&state)];
    arguments.extend(["--people", text(&before)]);
    let outcome = run(&arguments).await;
    assert_eq!(outcome.code, Some(0), "{}\n{}", outcome.out, outcome.err);
    let application = house.base.with_token(&house.key("app"));
    let (_, cai) = application.get("/access/v1/users/cai.ellery@example.com").await;
    let tenants: Vec<_> = cai["tenants"].as_array().unwrap().iter().map(|t| (&t["tenant"], &t["role"])).collect();
    assert_eq!(tenants, [(&json!("hr"), &json!("Designer")), (&json!("main"), &json!("Participant"))]);
    let after = before.with_file_name("after.yaml");
    *arguments.last_mut().unwrap() = text(&after);
    let outcome = run(&arguments).await;
    assert_eq!(outcome.code, Some(0), "{}\n{}", outcome.out, outcome.err);
    let (_, bram) = application.get("/access/v1/users/bram.okoro@example.com").await;
    assert_eq!((&bram["active"], bram["tenants"].as_array().unwrap().len()), (&json!(false), 0), "{bram}");
    assert!(run(&arguments).await.out.contains("requests 0 in"), "a third cycle sends nothing");
}
