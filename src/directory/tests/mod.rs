//! Use cases over a real store. What a client sees of them over HTTP is tested in `tests/it`.

mod audit;
mod causes;
mod cut;
mod explain;
mod failed_event;
mod feed;
mod full;
mod guard;
mod in_sync;
mod large_group;
mod manual_grant;
mod membership;
mod plan;
mod publication;
mod reenabled;
mod revival;
mod run;
mod sign_in;
mod subject;

use super::{Actor, Directory, Settings};
use crate::access::{AccessView, GroupSelector, Ladder, Onboarding, Rule};
use crate::config::{
    AllowRevocations, DirectoryId, Document, Profile, Publication, Published, RuleEntry, RunRequest, RunScope,
    RunStatus, State, SyncPolicy,
};
use serde_json::{Value, json};
use std::path::Path;
use std::time::Duration;

/// A directory in a folder of its own.
struct World {
    directory: Directory,
    data: tempfile::TempDir,
}

impl World {
    /// Opened, with these rules in force.
    async fn with(rules: &[Rule]) -> Self {
        let data = tempfile::tempdir().unwrap();
        let world = Self { directory: open(data.path()).await, data };
        world.publish(rules).await;
        world
    }

    async fn publish(&self, rules: &[Rule]) -> Published {
        self.publish_document(document(rules)).await
    }

    async fn publish_document(&self, document: Document) -> Published {
        let publication = Publication {
            revocation_floor: 0,
            take: None,
            directory_uid: document.directory.uid.clone(),
            epoch: 0,
            if_revision: self.directory.in_force().revision,
            content_hash: document.content_hash(),
            document,
        };
        self.directory.publish(publication).await.unwrap()
    }

    /// Closes the store and opens it again, as a restart does.
    async fn restarted(self) -> Self {
        self.directory.close().await;
        Self { directory: open(self.data.path()).await, data: self.data }
    }

    async fn user(&self, name: &str) -> String {
        let body = json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
            "userName": name,
            "name": { "givenName": "Ada", "familyName": "Lovelace" },
            "emails": [{ "value": format!("{name}@example.com"), "type": "work", "primary": true }],
        });
        id(&self.directory.create_user(&Actor::default(), body).await.unwrap())
    }

    /// So many users, `user0` and so on, made at once.
    async fn users(&self, count: usize) -> Vec<String> {
        futures::future::join_all((0..count).map(async |n| self.user(&format!("user{n}")).await)).await
    }

    async fn group(&self, name: &str, members: &[&str]) -> String {
        id(&self.directory.create_group(&Actor::default(), group(name, members)).await.unwrap())
    }

    async fn patch_group(&self, id: &str, operations: Value) {
        let body = json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": operations });
        self.directory.patch_group(&Actor::default(), id, body).await.unwrap();
    }

    async fn access(&self, user: &str) -> AccessView {
        self.directory.access(user).await.unwrap().unwrap()
    }

    /// The roles a user has, as `tenant=role`.
    async fn roles(&self, user: &str) -> Vec<String> {
        let view = self.access(user).await;
        view.tenants.iter().map(|tenant| format!("{}={}", tenant.tenant, tenant.role)).collect()
    }

    async fn state(&self) -> State {
        self.directory.state(None, Duration::ZERO).await.unwrap()
    }

    /// Waits until everything that was published is in force or held.
    async fn judged(&self) {
        self.until(async || (!super::judge::is_due(&self.directory.in_force())).then_some(())).await;
    }

    /// Asks for a run and waits until it has ended.
    async fn run(&self, request: RunRequest) -> RunStatus {
        let run = self.directory.request_run(None, request, &Actor::default()).await.unwrap();
        self.ended(&run.uid).await
    }

    /// Waits until the run has ended.
    async fn ended(&self, uid: &str) -> RunStatus {
        self.until(async || {
            let run = self.directory.run(uid).await.unwrap().unwrap();
            run.phase.is_final().then_some(run)
        })
        .await
    }

    /// Waits, with a limit, until the question has an answer; asks again whenever the state has moved.
    async fn until<T>(&self, question: impl AsyncFn() -> Option<T>) -> T {
        let asked = async {
            let mut position = self.directory.state(None, Duration::ZERO).await.unwrap().position;
            loop {
                if let Some(answer) = question().await {
                    return answer;
                }
                position = self.directory.state(Some(&position), Duration::from_secs(1)).await.unwrap().position;
            }
        };
        tokio::time::timeout(Duration::from_secs(60), asked).await.unwrap()
    }
}

async fn open(data: &Path) -> Directory {
    Directory::open(Settings::new(data)).await.unwrap()
}

fn id(resource: &serde_json::Map<String, Value>) -> String {
    resource["id"].as_str().unwrap().to_owned()
}

fn group(name: &str, members: &[&str]) -> Value {
    let members: Vec<Value> = members.iter().map(|id| json!({ "value": id })).collect();
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"],
        "displayName": name,
        "members": members,
    })
}

/// A run of these rules, which confirms that so many people may lose something.
fn partial(name: &str, rules: &[&str], up_to: Option<u64>) -> RunRequest {
    RunRequest {
        name: name.to_owned(),
        scope: RunScope::Rules(rules.iter().map(|&rule| rule.to_owned()).collect()),
        nonce: String::new(),
        dry_run: false,
        allow_revocations: up_to.map(|up_to| AllowRevocations { up_to }),
        created_at: None,
    }
}

/// A run over everybody.
fn all(name: &str) -> RunRequest {
    RunRequest { scope: RunScope::All {}, ..partial(name, &[], None) }
}

fn rule(name: &str, group: &str, role: &str) -> Rule {
    Rule {
        name: name.to_owned(),
        group: GroupSelector::DisplayName(group.to_owned()),
        role: role.to_owned(),
        tenants: vec!["main".to_owned()],
        application_groups: Vec::new(),
        enabled: true,
    }
}

pub(super) fn document(rules: &[Rule]) -> Document {
    let mut rules: Vec<RuleEntry> = rules.iter().map(|rule| RuleEntry { rule: rule.clone(), held: false }).collect();
    rules.sort_by(|a, b| a.rule.name.cmp(&b.rule.name));
    Document {
        directory: DirectoryId {
            uid: "u-1".to_owned(),
            namespace: "n".to_owned(),
            name: "d".to_owned(),
            cluster: String::new(),
        },
        tenant: "main".to_owned(),
        roles: Ladder::default(),
        sync_policy: SyncPolicy::Manual,
        profile: Profile::new("http://localhost/scim/v2"),
        rules,
        verifiers: Vec::new(),
        guard: Default::default(),
        audit: Default::default(),
        sign_in: None,
        onboarding: Onboarding::default(),
    }
}
