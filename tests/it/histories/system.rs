//! The system under a history: a directory over a store of its own.

use super::event::{Event, PEOPLE, ROLES};
use super::reference::{Entry, Held, Onboarding, Rule, Selector};
use crate::support::wait::until;
use scim_operator::access::{self, AccessView, Code, DEFAULT_ROLES, GroupSelector, Guard, Source, TenantAccess};
use scim_operator::config::{
    AllowRevocations, ManualGrantRequest, Phase, Publication, RuleEntry, RunRequest, RunScope, SignIn,
    SubjectAttribute, SubjectMapping, SyncPolicy,
};
use scim_operator::directory::{AccessQuery, Actor, Directory, Error, Settings, SignInRefusal, SignedIn, Vouched};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

type Names = BTreeSet<String>;

const ISSUER: &str = "https://provider.example.com";

/// What an event came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    Done,
    Refused,
    /// A run that the guard held.
    Held,
    /// A dry run: whose access would change, and whether a run would be held.
    Would(Names, bool),
    SignIn(Entry),
}

/// What is shown of somebody.
#[derive(Debug, PartialEq, Eq)]
pub struct Shown {
    pub active: bool,
    /// Whether the account may be used.
    pub enabled: bool,
    pub stored: BTreeMap<String, Held>,
    pub effective: BTreeMap<String, Held>,
    /// Whether the session of the last sign-in manages people; `None` = there is none, or it holds no more.
    pub session: Option<bool>,
}

pub struct System {
    directory: Directory,
    data: tempfile::TempDir,
    automatic: bool,
    limit: usize,
    rules: BTreeMap<String, Rule>,
    onboarding: Onboarding,
    people: BTreeMap<String, String>,
    groups: BTreeMap<String, String>,
    /// The ids of all groups that were ever made, in that order.
    made: Vec<String>,
    /// The last sign-in of each person who came in.
    came: BTreeMap<String, SignedIn>,
    runs: usize,
}

fn done<T>(answer: Result<T, Error>) -> Outcome {
    match answer {
        Ok(_) => Outcome::Done,
        Err(Error::Scim(_) | Error::ManagedByRules(_) | Error::BadGrant(_)) => Outcome::Refused,
        Err(other) => panic!("{other}"),
    }
}

impl System {
    pub async fn begin(automatic: bool, limit: usize, onboarding: Onboarding) -> Self {
        let data = tempfile::tempdir().unwrap();
        let directory = Directory::open(Settings::new(data.path())).await.unwrap();
        let (people, groups, came) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        let (rules, made) = (BTreeMap::new(), Vec::new());
        let system = Self { directory, data, automatic, limit, rules, onboarding, people, groups, made, came, runs: 0 };
        system.publish().await;
        system
    }

    pub async fn end(self) {
        self.directory.close().await;
    }

    pub async fn take(&mut self, event: &Event) -> Outcome {
        let by = Actor::default();
        match event {
            Event::Post(..) | Event::Put(..) | Event::Active(..) | Event::Title(_) | Event::Delete(_) => {
                self.person(event).await
            }
            Event::Publish(rules) => {
                self.rules.clone_from(rules);
                self.publish().await;
                Outcome::Done
            }
            Event::Onboarding(onboarding) => {
                self.onboarding = *onboarding;
                self.publish().await;
                Outcome::Done
            }
            Event::SignIn(who) => Outcome::SignIn(self.sign_in(who).await),
            Event::Run(scope, confirmed) => {
                let uid = self.ask(scope, *confirmed, false).await;
                self.ended(&uid).await
            }
            Event::RunRestarted(scope, confirmed) => {
                let uid = self.ask(scope, *confirmed, false).await;
                self.restart().await;
                self.ended(&uid).await
            }
            Event::DryRun(scope) => self.dry_run(scope).await,
            Event::Restart => {
                self.restart().await;
                Outcome::Done
            }
            Event::Grant(who, tenant, role, joins) => {
                let request = ManualGrantRequest {
                    user_name: who.clone(),
                    tenant: tenant.clone(),
                    role: DEFAULT_ROLES[*role].to_owned(),
                    application_groups: joins.iter().cloned().collect(),
                };
                done(self.directory.grant(request, &by).await)
            }
            Event::EndGrant(who, tenant) => match self.directory.access(who).await.unwrap() {
                None => Outcome::Refused,
                Some(view) => match self.directory.end_grant(&format!("{}.{tenant}", view.id), &by).await.unwrap() {
                    true => Outcome::Done,
                    false => Outcome::Refused,
                },
            },
            Event::PostGroup(..)
            | Event::Members(..)
            | Event::AllMembers(..)
            | Event::Mark(..)
            | Event::Rename(..)
            | Event::DeleteGroup(_) => self.group(event).await,
        }
    }

    async fn person(&mut self, event: &Event) -> Outcome {
        let by = Actor::default();
        if let Event::Post(who, active) = event {
            let made = self.directory.create_user(&by, user(who, *active)).await;
            if let Ok(made) = &made {
                self.people.insert(who.clone(), made["id"].as_str().unwrap().to_owned());
            }
            return done(made);
        }
        let (Event::Put(who, _) | Event::Active(who, _) | Event::Title(who) | Event::Delete(who)) = event else {
            unreachable!("other events are no person's")
        };
        let Some(id) = self.people.get(who).cloned() else { return Outcome::Refused };
        match event {
            Event::Put(_, active) => done(self.directory.replace_user(&by, &id, user(who, *active)).await),
            Event::Active(_, active) => {
                let body = patch(json!([{ "op": "replace", "path": "active", "value": active }]));
                done(self.directory.patch_user(&by, &id, body).await)
            }
            Event::Title(_) => {
                let body = patch(json!([{ "op": "add", "path": "title", "value": "Countess" }]));
                done(self.directory.patch_user(&by, &id, body).await)
            }
            _ => {
                self.people.remove(who);
                done(self.directory.delete_user(&by, &id).await)
            }
        }
    }

    /// The same person has the same subject for good.
    async fn sign_in(&mut self, who: &str) -> Entry {
        let (issuer, subject) = (ISSUER.to_owned(), format!("subject of {who}"));
        let mapping = by_user_name().subject;
        let vouched = Vouched { issuer, subject, value: who.to_owned(), mapping, user_name: None };
        match self.directory.sign_in(&vouched, &Actor::default()).await.unwrap() {
            Ok(came) => {
                assert_eq!(came.user_name, who);
                let entry = match (came.onboarded, came.reenabled) {
                    (false, false) => Entry::Known,
                    (true, false) => Entry::Onboarded,
                    (false, true) => Entry::Reenabled,
                    (true, true) => panic!("{who} was active and inactive"),
                };
                self.came.insert(who.to_owned(), came);
                entry
            }
            Err(SignInRefusal::UserNotFound) => Entry::UserNotFound,
            Err(SignInRefusal::UserInactive) => Entry::UserInactive,
            // Nothing is held, so that no higher role is.
            Err(SignInRefusal::NoAccess(reason)) if reason.code > Code::OutrankedBy => Entry::NoAccess,
            Err(other) => panic!("{who} is refused with {}: {other}", other.code()),
        }
    }

    async fn group(&mut self, event: &Event) -> Outcome {
        let by = Actor::default();
        if let Event::PostGroup(name, external, members) = event {
            let body = group(name, external.as_ref(), &self.members(members));
            let made = self.directory.create_group(&by, body).await;
            if let Ok(made) = &made {
                let id = made["id"].as_str().unwrap().to_owned();
                self.made.push(id.clone());
                self.groups.insert(name.clone(), id);
            }
            return done(made);
        }
        let name = match event {
            Event::Members(name, ..) | Event::AllMembers(name, ..) | Event::Mark(name, _) => name,
            Event::Rename(name, _) | Event::DeleteGroup(name) => name,
            _ => unreachable!("other events are no group's"),
        };
        let Some(id) = self.groups.get(name).cloned() else { return Outcome::Refused };
        match event {
            Event::Members(_, come, go) => {
                // Who is not there cannot leave; a PATCH with an id of nobody would say the same.
                let gone: Vec<Value> = self.members(go);
                let mut operations = vec![json!({ "op": "add", "path": "members", "value": self.members(come) })];
                operations.extend(gone.iter().map(|member| {
                    let path = format!("members[value eq {}]", member["value"]);
                    json!({ "op": "remove", "path": path })
                }));
                done(self.directory.patch_group(&by, &id, patch(Value::Array(operations))).await)
            }
            Event::AllMembers(_, external, all) => {
                let body = group(name, external.as_ref(), &self.members(all));
                done(self.directory.replace_group(&by, &id, body).await)
            }
            Event::Mark(_, external) => {
                let body = patch(json!([{ "op": "replace", "path": "externalId", "value": external }]));
                done(self.directory.patch_group(&by, &id, body).await)
            }
            Event::Rename(_, to) => {
                let body = patch(json!([{ "op": "replace", "path": "displayName", "value": to }]));
                let renamed = done(self.directory.patch_group(&by, &id, body).await);
                if renamed == Outcome::Done {
                    self.groups.remove(name);
                    self.groups.insert(to.clone(), id);
                }
                renamed
            }
            _ => {
                self.groups.remove(name);
                done(self.directory.delete_group(&by, &id).await)
            }
        }
    }

    /// Members as the provider writes them; whoever was never sent has an id that nobody has.
    fn members(&self, names: &Names) -> Vec<Value> {
        let nobody = |who: &str| {
            let place = PEOPLE.iter().position(|known| *known == who).unwrap();
            format!("00000000-0000-7000-8000-00000000000{place}")
        };
        names
            .iter()
            .map(|who| json!({ "value": self.people.get(who).cloned().unwrap_or_else(|| nobody(who)) }))
            .collect()
    }

    async fn publish(&self) {
        let mut document = crate::support::endpoint::document(Vec::new());
        document.profile.required_attributes.clear();
        document.sync_policy = if self.automatic { SyncPolicy::Automatic } else { SyncPolicy::Manual };
        document.guard = Guard { max_revoked_users: self.limit as u64, max_revoked_percent: 100 };
        let entry = |(name, rule): (&String, &Rule)| RuleEntry { rule: written(name, rule, &self.made), held: false };
        document.rules = self.rules.iter().map(entry).collect();
        document.sign_in = Some(by_user_name());
        let Onboarding { enabled, reenable_disabled } = self.onboarding;
        document.onboarding = access::Onboarding { enabled, reenable_disabled, ..access::Onboarding::default() };
        let publication = Publication {
            revocation_floor: 0,
            take: None,
            directory_uid: document.directory.uid.clone(),
            epoch: 0,
            if_revision: self.directory.in_force().revision,
            content_hash: document.content_hash(),
            document,
        };
        self.directory.publish(publication).await.unwrap();
        self.until(async || {
            let in_force = self.directory.in_force();
            let judged = in_force.enforced.held.as_ref().is_some_and(|held| held.revision == in_force.revision);
            (in_force.waiting().is_empty() || judged).then_some(())
        })
        .await;
    }

    async fn ask(&mut self, scope: &Option<Names>, confirmed: Option<usize>, dry_run: bool) -> String {
        self.runs += 1;
        let request = RunRequest {
            name: format!("run-{}", self.runs),
            scope: scope.as_ref().map_or(RunScope::All {}, |names| RunScope::Rules(names.iter().cloned().collect())),
            nonce: String::new(),
            dry_run,
            allow_revocations: confirmed.map(|up_to| AllowRevocations { up_to: up_to as u64 }),
            created_at: None,
        };
        self.directory.request_run(None, request, &Actor::default()).await.unwrap().uid
    }

    async fn ended(&self, uid: &str) -> Outcome {
        let phase = self
            .until(async || {
                let run = self.directory.run(uid).await.unwrap().expect("the run is kept");
                run.phase.is_final().then_some(run.phase)
            })
            .await;
        match phase {
            Phase::Succeeded => Outcome::Done,
            Phase::Held => Outcome::Held,
            other => panic!("the run ended {other:?}"),
        }
    }

    async fn dry_run(&mut self, scope: &Option<Names>) -> Outcome {
        let uid = self.ask(scope, None, true).await;
        assert_eq!(self.ended(&uid).await, Outcome::Done, "a dry run is never held");
        let changes = self.directory.run_changes(&format!("run-{}", self.runs), None, 100).await.unwrap().unwrap();
        let status = self.directory.run(&uid).await.unwrap().expect("the run is kept");
        Outcome::Would(changes.changes.into_iter().map(|change| change.user_name).collect(), status.would_be_held)
    }

    async fn restart(&mut self) {
        self.directory.close().await;
        // A child that another test of this process has just started has what it inherited, the lock too, for a moment.
        let open = async || Directory::open(Settings::new(self.data.path())).await.ok();
        self.directory = until("the store is free", Duration::from_secs(30), open).await;
    }

    /// Asks again whenever the state has moved, with a limit.
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
        tokio::time::timeout(Duration::from_secs(60), asked).await.expect("it comes to an end")
    }

    /// The rules whose published content is held.
    pub fn held(&self) -> Names {
        self.directory.in_force().enforced.held.iter().flat_map(|held| held.rules.iter().cloned()).collect()
    }

    /// Whether the state says that everybody has what was published: every rule in sync, nobody and nothing waiting.
    pub async fn is_in_sync(&self) -> bool {
        let state = self.directory.state(None, Duration::ZERO).await.unwrap();
        let waits = state.pending.total > 0 || state.held.is_some() || !state.runs.is_empty();
        !waits && state.rules.iter().all(|rule| rule.in_sync)
    }

    /// What everybody holds and may do, by the list, by the name and by the session alike.
    pub async fn everybody(&self) -> BTreeMap<String, Shown> {
        let query = AccessQuery { filter: None, tenant: None, role: None, managed: None, cursor: None, count: 100 };
        let listed = self.directory.access_page(&query).await.unwrap().users;
        let mut out = BTreeMap::new();
        for who in PEOPLE {
            let view = self.directory.access(who).await.unwrap();
            let named = listed.iter().find(|listed| listed.user_name == who);
            assert_eq!(named, view.as_ref(), "the list says something else of {who}");
            let session = self.session(who, view.as_ref()).await;
            let Some(view) = view else { continue };
            let managed = view.stored_grants.iter().any(|grant| grant.source == Source::Rules);
            assert_eq!(view.managed, managed, "B071: {who}");
            let shown = Shown {
                active: view.active,
                enabled: view.account_enabled,
                stored: view.stored_grants.iter().map(read).collect(),
                effective: view.tenants.iter().map(read).collect(),
                session,
            };
            out.insert(who.to_owned(), shown);
        }
        out
    }

    /// Whether the session of the last sign-in manages people; `None` = there is none, or it holds no more.
    async fn session(&self, who: &str, view: Option<&AccessView>) -> Option<bool> {
        let came = self.came.get(who)?;
        let session = self.directory.session(&came.id, came.session).await.unwrap()?;
        assert_eq!(Some(&session.view), view, "the session says something else of {who}");
        Some(session.manages_users)
    }
}

fn read(grant: &TenantAccess) -> (String, Held) {
    let role = (0..ROLES).find(|at| DEFAULT_ROLES[*at] == grant.role).expect("a role of the ladder");
    let held = Held {
        role,
        joins: grant.application_groups.iter().cloned().collect(),
        rules: grant.rules.iter().cloned().collect(),
        source: grant.source,
    };
    (grant.tenant.clone(), held)
}

/// People are who the provider says by their names here.
fn by_user_name() -> SignIn {
    SignIn {
        issuer: ISSUER.to_owned(),
        client_id: "directory".to_owned(),
        has_client_secret: false,
        scopes: vec!["openid".to_owned()],
        subject: SubjectMapping { claim: "preferred_username".to_owned(), attribute: SubjectAttribute::UserName },
    }
}

/// The rule, where the groups that were made have these ids.
fn written(name: &str, rule: &Rule, made: &[String]) -> scim_operator::access::Rule {
    let group = match &rule.group {
        Selector::Name(name) => GroupSelector::DisplayName(name.clone()),
        Selector::External(external) => GroupSelector::ExternalId(external.clone()),
        Selector::Number(number) => GroupSelector::Id(made[*number].clone()),
    };
    scim_operator::access::Rule {
        name: name.to_owned(),
        group,
        role: DEFAULT_ROLES[rule.role].to_owned(),
        tenants: rule.tenants.iter().cloned().collect(),
        application_groups: rule.joins.iter().cloned().collect(),
        enabled: rule.enabled,
    }
}

fn user(name: &str, active: bool) -> Value {
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "userName": name,
        "active": active,
        "name": { "givenName": name, "familyName": "Doe" },
        "emails": [{ "value": format!("{name}@example.com"), "type": "work", "primary": true }],
    })
}

fn group(name: &str, external: Option<&String>, members: &[Value]) -> Value {
    let schemas = ["urn:ietf:params:scim:schemas:core:2.0:Group"];
    let mut body = json!({ "schemas": schemas, "displayName": name, "members": members });
    if let Some(external) = external {
        body["externalId"] = json!(external);
    }
    body
}

fn patch(operations: Value) -> Value {
    json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": operations })
}
