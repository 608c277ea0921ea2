//! A directory's life under a recording: several clients write at once, and each notes what it was told.

use crate::dice::Dice;
use crate::ledger::{Fact, Ledger, Request};
use power_cut::{Event, Recording};
use scim_operator::access::{GroupSelector, Ladder, Rule};
use scim_operator::config::{DirectoryId, Document, Profile, Publication, RuleEntry, SyncPolicy};
use scim_operator::directory::{Actor, Directory, Error, Settings};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// Who writes at once.
const CLIENTS: usize = 8;
/// What each does: enough for SQLite to write the log back and use it anew, which it does every thousand pages.
const STEPS: usize = 64;
/// The groups that all clients change the members of; each gives access to a tenant of its name.
pub const SHARED: [&str; 3] = ["designers", "engineers", "participants"];

/// What was done to the disk, and what clients know of it.
pub struct History {
    /// What SQLite did, from an empty folder to a closed store.
    pub events: Vec<Event>,
    /// What clients were told.
    pub ledger: Ledger,
}

impl History {
    /// One that this seed leads to, as far as chance is ours: how writers meet is not.
    pub async fn of(seed: usize) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let recording = Recording::start(folder.path()).expect("a recording");
        let directory = Directory::open(Settings::new(folder.path())).await.expect("a directory");
        let mut first = Client::new(&directory, &recording, String::new(), seed);
        let groups = first.prepare().await;
        let clients =
            (0..CLIENTS).map(|n| Client::new(&directory, &recording, format!("c{n}"), seed * CLIENTS + n + 1));
        let written = futures::future::join_all(clients.map(|client| client.write(&groups))).await;
        directory.close().await;
        let requests = first.requests.into_iter().chain(written.into_iter().flatten()).collect();
        Self { events: recording.events(), ledger: Ledger(requests) }
    }

    /// A moment to cut the power: any, or every other time one at which the log is written back into the file.
    pub fn moment(&self, dice: &mut Dice) -> usize {
        let written_back = self.events_of("scim.db");
        match dice.below(2) {
            0 => dice.below(self.events.len() + 1),
            _ => written_back[dice.below(written_back.len())] + dice.below(2),
        }
    }

    /// The places of the writes to a file and its syncs.
    pub fn events_of(&self, file: &str) -> Vec<usize> {
        let mut handles = BTreeSet::new();
        let mut out = Vec::new();
        for (place, event) in self.events.iter().enumerate() {
            match event {
                Event::Open { handle, name, .. } if name == file => drop(handles.insert(*handle)),
                Event::Write { handle, .. } | Event::Sync { handle } if handles.contains(handle) => out.push(place),
                _ => {}
            }
        }
        out
    }
}

/// One that asks for one thing after another.
struct Client<'a> {
    directory: &'a Directory,
    recording: &'a Recording,
    name: String,
    dice: Dice,
    requests: Vec<Request>,
    users: Vec<User>,
    named: usize,
}

/// Somebody a client has made.
struct User {
    name: String,
    id: String,
    /// The names of the groups that have them.
    groups: Vec<String>,
}

impl<'a> Client<'a> {
    fn new(directory: &'a Directory, recording: &'a Recording, name: String, seed: usize) -> Self {
        let dice = Dice::new(seed as u64);
        Self { directory, recording, name, dice, requests: Vec::new(), users: Vec::new(), named: 0 }
    }

    /// Publishes the rules and makes the groups they name; answers the groups' ids.
    async fn prepare(&mut self) -> Vec<String> {
        let (directory, actor) = (self.directory, Actor::default());
        self.ask(vec![(Fact::Published, true)], directory.publish(publication())).await;
        let mut ids = Vec::new();
        for name in SHARED {
            let facts = vec![(Fact::Group(name.to_owned()), true)];
            ids.push(id(&self.ask(facts, directory.create_group(&actor, group(name, &[]))).await));
        }
        ids
    }

    async fn write(mut self, groups: &[String]) -> Vec<Request> {
        for _ in 0..STEPS {
            match self.dice.below(12) {
                _ if self.users.is_empty() => self.create_user().await,
                0..4 => self.create_user().await,
                4..8 => self.patch_members(groups).await,
                8 => self.create_group().await,
                9 => self.delete_user().await,
                _ => self.read_back().await,
            }
        }
        self.requests
    }

    async fn create_user(&mut self) {
        let name = self.new_name("user");
        let body = json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
            "userName": name,
            "name": { "givenName": "Ada", "familyName": "Lovelace" },
            "emails": [{ "value": format!("{name}@example.com"), "type": "work", "primary": true }],
        });
        let facts = vec![(Fact::User(name.clone()), true)];
        let (directory, actor) = (self.directory, Actor::default());
        let id = id(&self.ask(facts, directory.create_user(&actor, body)).await);
        self.users.push(User { name, id, groups: Vec::new() });
    }

    /// Somebody joins one of the shared groups, or leaves it.
    async fn patch_members(&mut self, groups: &[String]) {
        let (which, who) = (self.dice.below(SHARED.len()), self.dice.below(self.users.len()));
        let (group, user) = (SHARED[which].to_owned(), &mut self.users[who]);
        let joins = !user.groups.contains(&group);
        match joins {
            true => user.groups.push(group.clone()),
            false => user.groups.retain(|other| *other != group),
        }
        let operation = if joins { "Add" } else { "Remove" };
        let body = json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
            "Operations": [{ "op": operation, "path": "members", "value": [{ "value": user.id }] }],
        });
        let facts = vec![(Fact::Member(group, user.name.clone()), joins)];
        let (directory, actor) = (self.directory, Actor::default());
        self.ask(facts, directory.patch_group(&actor, &groups[which], body)).await;
    }

    /// A group of all the client's users, in one request.
    async fn create_group(&mut self) {
        let name = self.new_name("team");
        let mut facts = vec![(Fact::Group(name.clone()), true)];
        for user in &mut self.users {
            user.groups.push(name.clone());
            facts.push((Fact::Member(name.clone(), user.name.clone()), true));
        }
        let members: Vec<&str> = self.users.iter().map(|user| user.id.as_str()).collect();
        let body = group(&name, &members);
        let (directory, actor) = (self.directory, Actor::default());
        self.ask(facts, directory.create_group(&actor, body)).await;
    }

    /// Somebody goes, and with them their memberships.
    async fn delete_user(&mut self) {
        let User { name, id, groups } = self.users.swap_remove(self.dice.below(self.users.len()));
        let mut facts = vec![(Fact::User(name.clone()), false)];
        facts.extend(groups.into_iter().map(|group| (Fact::Member(group, name.clone()), false)));
        let (directory, actor) = (self.directory, Actor::default());
        self.ask(facts, directory.delete_user(&actor, &id)).await;
    }

    /// Readers have connections of their own, and share the index of the log with the writer.
    async fn read_back(&mut self) {
        let user = &self.users[self.dice.below(self.users.len())];
        let access = self.directory.access(&user.name).await.expect("an answer").expect("somebody who was made");
        let tenants: BTreeSet<&str> = access.tenants.iter().map(|tenant| tenant.tenant.as_str()).collect();
        let groups = user.groups.iter().map(String::as_str).filter(|group| SHARED.contains(group));
        assert_eq!(tenants, groups.collect(), "{}", user.name);
    }

    /// Asks, and notes when, and when the answer was there.
    async fn ask<T>(&mut self, facts: Vec<(Fact, bool)>, request: impl Future<Output = Result<T, Error>>) -> T {
        let asked = self.recording.moment();
        let answer = request.await.expect("a request that nothing speaks against");
        self.requests.push(Request { facts, asked, answered: self.recording.moment() });
        answer
    }

    fn new_name(&mut self, kind: &str) -> String {
        self.named += 1;
        format!("{}-{kind}-{}", self.name, self.named)
    }
}

fn id(resource: &Map<String, Value>) -> String {
    resource["id"].as_str().expect("a resource has an id").to_owned()
}

fn group(name: &str, members: &[&str]) -> Value {
    let members: Vec<Value> = members.iter().map(|id| json!({ "value": id })).collect();
    json!({ "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": name, "members": members })
}

/// For each shared group a rule that gives its members a role in the tenant of its name.
fn publication() -> Publication {
    let rule = |name: &str| Rule {
        name: name.to_owned(),
        group: GroupSelector::DisplayName(name.to_owned()),
        role: "Designer".to_owned(),
        tenants: vec![name.to_owned()],
        application_groups: Vec::new(),
        enabled: true,
    };
    let document = Document {
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
        rules: SHARED.iter().map(|name| RuleEntry { rule: rule(name), held: false }).collect(),
        verifiers: Vec::new(),
        guard: Default::default(),
        audit: Default::default(),
        sign_in: None,
        onboarding: Default::default(),
    };
    Publication {
        revocation_floor: 0,
        take: None,
        directory_uid: document.directory.uid.clone(),
        epoch: 0,
        if_revision: 0,
        content_hash: document.content_hash(),
        document,
    }
}
