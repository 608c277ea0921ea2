//! The system under a history: a directory over a store of its own.

use super::event::{Event, PEOPLE, ROLES};
use super::reference::{Held, Rule};
use crate::support::wait::until;
use scim_operator::access::{DEFAULT_ROLES, GroupSelector, Guard, Source, TenantAccess};
use scim_operator::config::{
    AllowRevocations, ManualGrantRequest, Phase, Publication, RuleEntry, RunRequest, RunScope, SyncPolicy,
};
use scim_operator::directory::{AccessQuery, Actor, Directory, Error, Settings};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

type Names = BTreeSet<String>;

/// What an event came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    Done,
    Refused,
    /// A run that the guard held.
    Held,
    /// A dry run: whose access would change.
    Would(Names),
}

pub struct System {
    directory: Directory,
    data: tempfile::TempDir,
    automatic: bool,
    limit: usize,
    people: BTreeMap<String, String>,
    groups: BTreeMap<String, String>,
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
    pub async fn begin(automatic: bool, limit: usize) -> Self {
        let data = tempfile::tempdir().unwrap();
        let directory = Directory::open(Settings::new(data.path())).await.unwrap();
        let (people, groups) = (BTreeMap::new(), BTreeMap::new());
        let system = Self { directory, data, automatic, limit, people, groups, runs: 0 };
        system.publish(&BTreeMap::new()).await;
        system
    }

    pub async fn end(self) {
        self.directory.close().await;
    }

    pub async fn take(&mut self, event: &Event) -> Outcome {
        let by = Actor::default();
        match event {
            Event::Post(who, active) => {
                let made = self.directory.create_user(&by, user(who, *active)).await;
                if let Ok(made) = &made {
                    self.people.insert(who.clone(), made["id"].as_str().unwrap().to_owned());
                }
                done(made)
            }
            Event::Active(who, active) => {
                let body = patch(json!([{ "op": "replace", "path": "active", "value": active }]));
                match self.people.get(who) {
                    None => Outcome::Refused,
                    Some(id) => done(self.directory.patch_user(&by, id, body).await),
                }
            }
            Event::Delete(who) => match self.people.remove(who) {
                None => Outcome::Refused,
                Some(id) => done(self.directory.delete_user(&by, &id).await),
            },
            Event::Publish(rules) => {
                self.publish(rules).await;
                Outcome::Done
            }
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
            | Event::Rename(..)
            | Event::DeleteGroup(_) => self.group(event).await,
        }
    }

    async fn group(&mut self, event: &Event) -> Outcome {
        let by = Actor::default();
        if let Event::PostGroup(name, members) = event {
            let made = self.directory.create_group(&by, group(name, &self.members(members))).await;
            if let Ok(made) = &made {
                self.groups.insert(name.clone(), made["id"].as_str().unwrap().to_owned());
            }
            return done(made);
        }
        let name = match event {
            Event::Members(name, ..) | Event::AllMembers(name, _) => name,
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
            Event::AllMembers(_, all) => {
                done(self.directory.replace_group(&by, &id, group(name, &self.members(all))).await)
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

    async fn publish(&self, rules: &BTreeMap<String, Rule>) {
        let mut document = crate::support::endpoint::document(Vec::new());
        document.profile.required_attributes.clear();
        document.sync_policy = if self.automatic { SyncPolicy::Automatic } else { SyncPolicy::Manual };
        document.guard = Guard { max_revoked_users: self.limit as u64, max_revoked_percent: 100 };
        let entry = |(name, rule): (&String, &Rule)| RuleEntry { rule: written(name, rule), held: false };
        document.rules = rules.iter().map(entry).collect();
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
        Outcome::Would(changes.changes.into_iter().map(|change| change.user_name).collect())
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

    /// What everybody holds, by the list and by the name alike.
    pub async fn everybody(&self) -> BTreeMap<String, (bool, BTreeMap<String, Held>)> {
        let query = AccessQuery { filter: None, tenant: None, role: None, managed: None, cursor: None, count: 100 };
        let listed = self.directory.access_page(&query).await.unwrap().users;
        let mut out = BTreeMap::new();
        for who in PEOPLE {
            let view = self.directory.access(who).await.unwrap();
            let named = listed.iter().find(|listed| listed.user_name == who);
            assert_eq!(named, view.as_ref(), "the list says something else of {who}");
            let Some(view) = view else { continue };
            let effective = if view.account_enabled { view.stored_grants.clone() } else { Vec::new() };
            assert_eq!(view.tenants, effective, "B055: {who}");
            let managed = view.stored_grants.iter().any(|grant| grant.source == Source::Rules);
            assert_eq!(view.managed, managed, "B071: {who}");
            out.insert(who.to_owned(), (view.account_enabled, view.stored_grants.iter().map(read).collect()));
        }
        out
    }
}

fn read(grant: &TenantAccess) -> (String, Held) {
    let role = (0..ROLES).find(|at| DEFAULT_ROLES[*at] == grant.role).expect("a role of the ladder");
    let held = Held {
        role,
        joins: grant.application_groups.iter().cloned().collect(),
        rules: grant.rules.iter().cloned().collect(),
    };
    (grant.tenant.clone(), held)
}

fn written(name: &str, rule: &Rule) -> scim_operator::access::Rule {
    scim_operator::access::Rule {
        name: name.to_owned(),
        group: GroupSelector::DisplayName(rule.group.clone()),
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

fn group(name: &str, members: &[Value]) -> Value {
    let schemas = ["urn:ietf:params:scim:schemas:core:2.0:Group"];
    json!({ "schemas": schemas, "displayName": name, "members": members })
}

fn patch(operations: Value) -> Value {
    json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": operations })
}
