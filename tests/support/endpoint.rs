//! An endpoint as a real process, with the operator's part played by the test: certificates of a real authority, a
//! document that the test owns and publishes over the admin API.

use super::database::Database;
use super::program::{Outcome, Program, run};
use super::reply::{Caller, Reply, finish};
use super::wait;
use futures::{StreamExt, stream};
use jiff::{SignedDuration, Timestamp};
use scim_operator::access::{GroupSelector, Guard, Ladder, Onboarding, Rule};
use scim_operator::config::{
    AuditRetention, DirectoryId, Document, FailedEvent, FailedEvents, Profile, Publication, Published, RuleEntry,
    RunRequest, RunScope, RunStatus, Scope, State, SyncPolicy, Verifier,
};
use scim_operator::operator::tls::{Authority, Usage};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tempfile::TempDir;

/// How long anything may take.
pub const LIMIT: Duration = Duration::from_secs(30);

/// The name in the endpoint's certificate.
pub const SERVER_NAME: &str = "corp-endpoint-admin.test.svc";

/// The public base of the test's documents: nothing listens there, addresses in answers only start with it.
pub const BASE_URL: &str = "https://scim.example.com/scim/v2";

/// A running endpoint and everything the test knows about it.
pub struct Endpoint {
    folder: TempDir,
    /// Where the store is, when it is not in the folder.
    database: Option<Database>,
    program: Program,
    pub authority: Authority,
    pub document: Document,
    pub revision: u64,
    pub public: Caller,
    pub access: Caller,
    pub metrics: Caller,
    pub admin: Caller,
}

/// An endpoint that does not run: its folder and everything the test knows about it.
pub struct Stopped {
    folder: TempDir,
    database: Option<Database>,
    authority: Authority,
    document: Document,
    revision: u64,
}

/// The value of the sample token of a scope.
pub fn token(scope: Scope) -> String {
    let (id, letter) = match scope {
        Scope::Scim => ("scimscimscimscim", "S"),
        Scope::Access => ("accessaccess0000", "A"),
        Scope::Admin => ("adminadminadmin0", "X"),
    };
    format!("scim_{id}_{}", letter.repeat(43))
}

/// What is kept of a value that works until `expires_at`.
pub fn verifier(value: &str, scope: Scope, expires_at: Timestamp) -> Verifier {
    let token_id = value.split('_').nth(1).expect("a token id").to_owned();
    let sha256 = Sha256::digest(value.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
    Verifier { name: format!("token-{token_id}"), token_id, scope, sha256, expires_at }
}

/// An instant so many seconds from now; negative = ago.
pub fn from_now(seconds: i64) -> Timestamp {
    Timestamp::now() + SignedDuration::from_secs(seconds)
}

/// An enabled rule: the group of this name → role in tenants, with application groups.
pub fn rule(name: &str, group: &str, role: &str, tenants: &[&str], application_groups: &[&str]) -> RuleEntry {
    let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
    RuleEntry {
        rule: Rule {
            name: name.to_owned(),
            group: GroupSelector::DisplayName(group.to_owned()),
            role: role.to_owned(),
            tenants: owned(tenants),
            application_groups: owned(application_groups),
            enabled: true,
        },
        held: false,
    }
}

/// A directory with the five default roles, tokens of all scopes and the rules given; `Manual`, so that no run starts
/// by itself.
pub fn document(mut rules: Vec<RuleEntry>) -> Document {
    rules.sort_by(|a, b| a.rule.name.cmp(&b.rule.name));
    let mut verifiers: Vec<Verifier> = [Scope::Scim, Scope::Access, Scope::Admin]
        .map(|scope| verifier(&token(scope), scope, "2999-01-01T00:00:00Z".parse().expect("a time")))
        .to_vec();
    verifiers.sort_by(|a, b| a.token_id.cmp(&b.token_id));
    Document {
        directory: DirectoryId {
            uid: "uid-of-corp".to_owned(),
            namespace: "test".to_owned(),
            name: "corp".to_owned(),
            cluster: String::new(),
        },
        tenant: "main".to_owned(),
        roles: Ladder::default(),
        sync_policy: SyncPolicy::Manual,
        profile: Profile {
            required_attributes: ["givenName", "familyName", "emails"].map(str::to_owned).to_vec(),
            ..Profile::new(BASE_URL)
        },
        rules,
        verifiers,
        guard: Guard { max_revoked_users: u64::MAX, max_revoked_percent: 100 },
        audit: AuditRetention::default(),
        sign_in: None,
        onboarding: Onboarding::default(),
    }
}

impl Endpoint {
    /// Starts an endpoint and publishes a document with these rules.
    pub async fn start(rules: Vec<RuleEntry>) -> Self {
        let mut started = Self::unpublished().await;
        started.document = document(rules);
        started.publish().await;
        started
    }

    /// Starts an endpoint with these fields in its profile.
    pub async fn profiled(fields: &Value) -> Self {
        let mut started = Self::start(Vec::new()).await;
        started.change_profile(fields).await;
        started
    }

    /// Publishes the document with these fields in its profile.
    pub async fn change_profile(&mut self, fields: &Value) {
        let mut profile = serde_json::to_value(&self.document.profile).expect("JSON");
        for (name, value) in fields.as_object().expect("an object of fields") {
            profile[name] = value.clone();
        }
        self.document.profile = serde_json::from_value(profile).expect("a profile");
        self.publish().await;
    }

    /// Starts an endpoint that nothing has been published to.
    pub async fn unpublished() -> Self {
        Self::begin(None).await
    }

    /// Starts an endpoint over a database, as one replica of several.
    pub async fn replica(database: &Database) -> Self {
        Self::begin(Some(database.clone())).await
    }

    async fn begin(database: Option<Database>) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let authority = Authority::make(Timestamp::now()).expect("an authority");
        write_certificates(folder.path(), &authority, &authority.certificate_pem);
        Self::run(Stopped { folder, database, authority, document: document(Vec::new()), revision: 0 }).await
    }

    async fn run(stopped: Stopped) -> Self {
        let Stopped { folder, database, authority, document, revision } = stopped;
        let program = Program::start(folder.path(), &arguments(folder.path(), database.as_ref()));
        let line = program.logged("listening").await;
        let at = |name: &str| format!("http://{}", line[name].as_str().expect("an address"));
        let admin_port = line["admin"].as_str().and_then(|text| text.rsplit(':').next()).expect("a port").to_owned();
        let admin = mutual_tls(&authority, &authority, Usage::Client, &admin_port);
        Self {
            public: Caller::new(at("public")).with_token(&token(Scope::Scim)),
            access: Caller::new(at("access")).with_token(&token(Scope::Access)),
            metrics: Caller::new(at("metrics")),
            admin,
            folder,
            database,
            program,
            authority,
            document,
            revision,
        }
    }

    /// Publishes the document as it stands and waits until the endpoint is ready.
    pub async fn publish(&mut self) -> Published {
        let reply = self.try_publish().await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        let published: Published = serde_json::from_value(reply.json()).expect("the answer to a publication");
        self.revision = published.revision;
        self.ready().await;
        published
    }

    /// Sends the document as it stands; the answer as it is.
    pub async fn try_publish(&self) -> Reply {
        self.send(&self.publication()).await
    }

    /// The document as it stands, against the revision last seen.
    pub fn publication(&self) -> Publication {
        Publication {
            revocation_floor: 0,
            take: None,
            directory_uid: self.document.directory.uid.clone(),
            epoch: 0,
            if_revision: self.revision,
            content_hash: self.document.content_hash(),
            document: self.document.clone(),
        }
    }

    /// Sends a publication; the answer as it is.
    pub async fn send(&self, publication: &Publication) -> Reply {
        self.admin.json("PUT", "/admin/v1/config", &serde_json::to_value(publication).expect("JSON")).await
    }

    /// Waits for `/readyz`.
    pub async fn ready(&self) {
        let ready = async || (self.metrics.get("/readyz").await.status == 200).then_some(());
        wait::until("/readyz answers 200", LIMIT, ready).await;
    }

    /// Kills the process as a power cut would, and starts it again over the same store.
    pub async fn kill_and_restart(self) -> Self {
        self.killed().await.start().await
    }

    /// Kills the process as a power cut would; its store stays.
    pub async fn killed(self) -> Stopped {
        let Self { folder, database, program, authority, document, revision, .. } = self;
        program.kill().await;
        Stopped { folder, database, authority, document, revision }
    }

    /// Stops the process in order, and starts it again over the same store.
    pub async fn restart(self) -> Self {
        self.stopped().await.start().await
    }

    /// Stops the process in order; its store stays.
    pub async fn stopped(self) -> Stopped {
        let Self { folder, database, program, authority, document, revision, .. } = self;
        assert!(program.stop().await.success());
        Stopped { folder, database, authority, document, revision }
    }

    /// The same command once more beside the running one, until it ends.
    pub async fn second(&self) -> Outcome {
        until_it_ends(self.folder(), self.database.as_ref()).await
    }

    /// Waits until the process has ended by itself.
    pub async fn ended(self) -> std::process::ExitStatus {
        self.program.ended().await
    }

    /// Stops the process in order.
    pub async fn stop(self) -> std::process::ExitStatus {
        self.program.stop().await
    }

    /// The folder of the process: `data`, `tls`, its log.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The folder of the store.
    pub fn data(&self) -> PathBuf {
        self.folder().join("data")
    }

    /// The process.
    pub fn program(&self) -> &Program {
        &self.program
    }

    /// An admin caller whose certificate `signer` signed for `usage`.
    pub fn admin_caller(&self, signer: &Authority, usage: Usage) -> Caller {
        let port = self.admin.base.rsplit(':').next().expect("a port").to_owned();
        mutual_tls(&self.authority, signer, usage, &port)
    }

    /// `POST /Users` with all that is required; the id.
    pub async fn user(&self, user_name: &str) -> String {
        self.public.created("/scim/v2/Users", &user_body(user_name)).await
    }

    /// `POST /Users` for `<prefix>-0000@example.com` and so on, several at a time; the ids in the order of the names.
    pub async fn people(&self, prefix: &str, count: usize) -> Vec<String> {
        let each = (0..count).map(|n| {
            let name = format!("{prefix}-{n:04}@example.com");
            async move { self.user(&name).await }
        });
        stream::iter(each).buffered(32).collect().await
    }

    /// `GET` with a query.
    pub async fn ask(&self, path: &str, query: &[(&str, &str)]) -> Reply {
        finish(self.public.request("GET", path).query(query)).await
    }

    /// A SCIM request with one more header; `Null` = without a body.
    pub async fn with_header(&self, method: &str, path: &str, header: (&str, &str), body: &Value) -> Reply {
        let request = self.public.request(method, path).header(header.0, header.1);
        if body.is_null() {
            return finish(request).await;
        }
        finish(request.header("content-type", "application/scim+json").body(body.to_string())).await
    }

    /// `POST /Groups` with these members; the id.
    pub async fn group(&self, display_name: &str, members: &[&str]) -> String {
        let members: Vec<Value> = members.iter().map(|id| json!({ "value": id })).collect();
        let schemas = ["urn:ietf:params:scim:schemas:core:2.0:Group"];
        let mut body = json!({ "schemas": schemas, "displayName": display_name });
        if !members.is_empty() {
            body["members"] = json!(members);
        }
        self.public.created("/scim/v2/Groups", &body).await
    }

    /// Adds a member as Entra does.
    pub async fn join(&self, group: &str, user: &str) {
        let add = json!([{ "op": "Add", "path": "members", "value": [{ "value": user }] }]);
        assert_eq!(self.public.patch(&format!("/scim/v2/Groups/{group}"), &add).await.status, 204);
    }

    /// Removes a member as Entra does.
    pub async fn leave(&self, group: &str, user: &str) {
        let remove = json!([{ "op": "Remove", "path": "members", "value": [{ "value": user }] }]);
        assert_eq!(self.public.patch(&format!("/scim/v2/Groups/{group}"), &remove).await.status, 204);
    }

    /// The access view of a person by id or userName.
    pub async fn view(&self, who: &str) -> Value {
        let reply = self.access.get(&format!("/access/v1/users/{who}")).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        reply.json()
    }

    /// `tenant: role [application groups]` of a person's effective access, a line each.
    pub async fn access_of(&self, who: &str) -> String {
        tenants(&self.view(who).await["tenants"])
    }

    /// Runs the rules and waits for the end of the run.
    pub async fn sync(&self, name: &str, scope: RunScope) -> RunStatus {
        let (name, nonce) = (name.to_owned(), String::new());
        self.ask_for_run(RunRequest { name, scope, nonce, dry_run: false, allow_revocations: None, created_at: None })
            .await
    }

    /// Asks for a run and waits for its end.
    pub async fn ask_for_run(&self, request: RunRequest) -> RunStatus {
        let path = format!("/access/v1/syncs/{}", request.name);
        let body = serde_json::to_value(request).expect("JSON");
        let reply = self.administrator().json("POST", "/access/v1/syncs", &body).await;
        assert_eq!(reply.status, 202, "{}", reply.text);
        wait::until("the run ends", LIMIT, async || {
            let run: RunStatus = serde_json::from_value(self.access.get(&path).await.json()).expect("a run");
            run.phase.is_final().then_some(run)
        })
        .await
    }

    /// The access API as somebody with a token of scope Admin sees it.
    pub fn administrator(&self) -> Caller {
        self.access.with_token(&token(Scope::Admin))
    }

    /// The messages that could not be applied, newest first.
    pub async fn failed_events(&self) -> Vec<FailedEvent> {
        let reply = self.administrator().get("/access/v1/failed-events").await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        serde_json::from_value::<FailedEvents>(reply.json()).expect("failed events").events
    }

    /// `GET /admin/v1/state`.
    pub async fn state(&self) -> State {
        serde_json::from_value(self.admin.get("/admin/v1/state").await.json()).expect("the state")
    }
}

impl Stopped {
    /// The folder of the process: `data`, `tls`, its log.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The folder of the store.
    pub fn data(&self) -> PathBuf {
        self.folder().join("data")
    }

    /// Starts it over the store as that is now.
    pub async fn start(self) -> Endpoint {
        Endpoint::run(self).await
    }

    /// A start that is expected to be refused: how it ended.
    pub async fn refused(&self) -> Outcome {
        until_it_ends(self.folder(), self.database.as_ref()).await
    }
}

async fn until_it_ends(folder: &Path, database: Option<&Database>) -> Outcome {
    let arguments = arguments(folder, database);
    run(&arguments.iter().map(String::as_str).collect::<Vec<_>>()).await
}

/// A body for `POST /Users` with all that is required.
pub fn user_body(user_name: &str) -> Value {
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "userName": user_name,
        "name": { "givenName": "Given", "familyName": "Family" },
        "emails": [{ "type": "work", "primary": true, "value": user_name }],
        "active": true,
    })
}

/// Fails unless the answer is this SCIM error and says nothing else.
#[track_caller]
pub fn assert_refused(reply: &Reply, status: u16, scim_type: &str, detail: &str) {
    let schemas = ["urn:ietf:params:scim:api:messages:2.0:Error"];
    let body = json!({ "schemas": schemas, "status": status.to_string(), "scimType": scim_type, "detail": detail });
    assert_eq!((reply.status, reply.header("content-type"), reply.json()), (status, "application/scim+json", body));
}

/// Fails unless the answer is a SCIM error of this status and keyword; an empty keyword = none.
#[track_caller]
pub fn assert_error(reply: &Reply, status: u16, scim_type: &str) {
    let body = reply.json();
    assert_eq!((reply.status, reply.header("content-type")), (status, "application/scim+json"), "{}", reply.text);
    assert_eq!(body["status"], status.to_string(), "{}", reply.text);
    assert_eq!(body["scimType"].as_str().unwrap_or_default(), scim_type, "{}", reply.text);
    assert!(body["detail"].as_str().is_some_and(|detail| !detail.is_empty()), "{}", reply.text);
}

/// `tenant: role [application groups] from rules`, a line each.
pub fn tenants(list: &Value) -> String {
    let texts = |value: &Value| {
        let items = value.as_array().map(Vec::as_slice).unwrap_or_default();
        items.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", ")
    };
    let lines = list.as_array().expect("a list of tenants").iter().map(|access| {
        let (tenant, role) =
            (access["tenant"].as_str().unwrap_or_default(), access["role"].as_str().unwrap_or_default());
        format!("{tenant}: {role} [{}] from {}", texts(&access["applicationGroups"]), texts(&access["rules"]))
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Writes `tls/{tls.crt,tls.key,ca.crt}`: a server certificate of `signer`, clients checked against `ca`.
pub fn write_certificates(folder: &Path, signer: &Authority, ca: &str) {
    let dir = folder.join("tls");
    std::fs::create_dir_all(&dir).expect("a folder");
    let issued = signer.issue(SERVER_NAME, Usage::Server, Timestamp::now()).expect("a certificate");
    for (name, text) in
        [("tls.crt", issued.certificate_pem.as_str()), ("tls.key", issued.key_pem.expose_secret()), ("ca.crt", ca)]
    {
        std::fs::write(dir.join(name), text).expect("a file");
    }
}

fn arguments(folder: &Path, database: Option<&Database>) -> Vec<String> {
    let path = |name: &str| folder.join(name).display().to_string();
    let mut arguments = vec!["endpoint".to_owned()];
    for listener in ["public", "access", "admin", "metrics"] {
        arguments.extend([format!("--{listener}-listen"), "127.0.0.1:0".to_owned()]);
    }
    match database {
        Some(database) => {
            arguments.extend(database.arguments());
            arguments.extend(["--drain-delay".to_owned(), "1s".to_owned()]);
        }
        None => arguments.extend(["--data".to_owned(), path("data")]),
    }
    arguments.extend(["--admin-tls".to_owned(), path("tls")]);
    arguments.extend(["--verifiers".to_owned(), path("verifiers.json")]);
    arguments.extend(["--sso-client-secret".to_owned(), path("client-secret")]);
    arguments
}

fn mutual_tls(server: &Authority, signer: &Authority, usage: Usage, port: &str) -> Caller {
    let own = signer.issue("scim-operator", usage, Timestamp::now()).expect("a certificate");
    let identity = format!("{}{}", own.certificate_pem, own.key_pem.expose_secret());
    Caller::mutual_tls(&format!("https://{SERVER_NAME}:{port}"), SERVER_NAME, &server.certificate_pem, &identity)
}
