//! Random histories: an engine and the model are told the same, are given the same facts, and answer the same to
//! everything after every step.

use super::beside::{self, Beside};
use super::change::grant;
use super::home::Home;
use super::people::{at, cause, configuration, device, group_id, group_of, resource_id, run, user_id, user_of};
use super::view::{KIND, Loaded, View, agrees, loaded};
use crate::access::GroupSelector;
use crate::config::{Document, Phase, RunScope, TokenUse};
use crate::store::{
    Change, Counter, Decision, Effects, Facts, GroupRow, Hold, InForce, MemberIds, Needs, ResourceRow, RuleChange,
    RunRow, SyncedRule, UserRow, Write,
};
use jiff::Timestamp;
use proptest::prelude::*;
use proptest::test_runner::{TestCaseError, TestRunner};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// There are few of everything, so that steps meet.
const USERS: u128 = 5;
const GROUPS: u128 = 3;
const NAMES: [&str; 4] = ["Ada", "ADA", "Zoë", "ж-2"];
const RULES: [&str; 3] = ["a", "B", "ä"];

/// What is told.
#[derive(Debug, Clone)]
enum Step {
    User { number: u128, name: usize, shown: bool, external: bool, active: bool },
    Leave(u128),
    Group { number: u128, name: usize, external: bool },
    Dissolve(u128),
    Device { number: u128, serial: usize },
    Scrap(u128),
    Members { group: u128, clear: bool, add: Vec<u128>, remove: Vec<u128> },
    Hold { user: u128, grants: BTreeMap<String, usize> },
    QueueMembers(u128),
    QueueUsers(Vec<u128>),
    Unqueue(u128),
    Publish(BTreeMap<String, usize>),
    Lead,
    Ask { run: usize, rules: Option<BTreeSet<usize>> },
    Advance { run: usize, end: bool },
    Use { token: usize, second: i64, refused: u64 },
    Beside(Beside),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let (user, group, name, rule) = (0..USERS, 0..GROUPS, 0..NAMES.len(), 0..RULES.len());
    let users = || prop::collection::vec(0..=USERS, 0..4);
    let held = prop::collection::btree_map("[a-cA]{1,2}", rule.clone(), 0..3);
    let rules = prop::collection::btree_map("[aBä]", name.clone(), 0..3);
    let step = prop_oneof![
        4 => (user.clone(), name.clone(), any::<bool>(), any::<bool>(), any::<bool>())
            .prop_map(|(number, name, shown, external, active)| Step::User { number, name, shown, external, active }),
        1 => user.clone().prop_map(Step::Leave),
        3 => (group.clone(), name.clone(), any::<bool>())
            .prop_map(|(number, name, external)| Step::Group { number, name, external }),
        1 => group.clone().prop_map(Step::Dissolve),
        2 => (group.clone(), name).prop_map(|(number, serial)| Step::Device { number, serial }),
        1 => group.clone().prop_map(Step::Scrap),
        5 => (group.clone(), prop::bool::weighted(0.2), users(), users())
            .prop_map(|(group, clear, add, remove)| Step::Members { group, clear, add, remove }),
        3 => (user.clone(), held).prop_map(|(user, grants)| Step::Hold { user, grants }),
        1 => group.prop_map(Step::QueueMembers),
        1 => users().prop_map(Step::QueueUsers),
        1 => user.prop_map(Step::Unqueue),
        3 => rules.prop_map(Step::Publish),
        1 => Just(Step::Lead),
        2 => (rule.clone(), prop::option::of(prop::collection::btree_set(rule.clone(), 1..3)))
            .prop_map(|(run, rules)| Step::Ask { run, rules }),
        4 => (rule.clone(), any::<bool>()).prop_map(|(run, end)| Step::Advance { run, end }),
        5 => beside::steps().prop_map(Step::Beside),
        1 => (rule, 0..90_i64, 0..3_u64).prop_map(|(token, second, refused)| Step::Use { token, second, refused }),
    ];
    prop::collection::vec(step, 1..40)
}

/// One step, at a time.
struct Do {
    step: Step,
    second: i64,
}

impl Change for Do {
    type Outcome = Loaded;

    fn needs(&self) -> Needs {
        let mut needs = Needs {
            users: (0..=USERS).map(user_id).collect(),
            user_names: NAMES.iter().map(|name| crate::access::fold(name)).collect(),
            groups: (0..GROUPS).map(group_id).collect(),
            group_names: NAMES.iter().map(|name| crate::access::fold(name)).collect(),
            resources: (0..GROUPS).map(resource_id).collect(),
            resource_keys: NAMES
                .iter()
                .map(|name| (KIND.to_owned(), "serial".to_owned(), (*name).to_owned()))
                .collect(),
            members: Some((group_id(u128::from(self.second.unsigned_abs()) % GROUPS), 2)),
            run: Some(("run-0".to_owned(), "many".to_owned())),
            covers: true,
            accounts: beside::account_keys(),
            identities: beside::identity_keys(),
            by_hand: true,
            ..Needs::default()
        };
        match &self.step {
            Step::Group { number, .. } | Step::Dissolve(number) => needs.alone = Some(group_id(*number)),
            Step::Members { group, clear, add, remove } => {
                let ids = |numbers: &[u128]| numbers.iter().copied().map(user_id).collect();
                let (group, clear) = (Some(group_id(*group)), *clear);
                needs.alone = group.filter(|_| clear);
                needs.delta = Some(MemberIds { group, clear, add: ids(add), remove: ids(remove) });
            }
            Step::Publish(_) | Step::Lead => needs.configuration = Hold::Alone,
            Step::Hold { .. } => needs.configuration = Hold::Shared,
            _ => {}
        }
        needs
    }

    fn decide(&self, facts: &Facts) -> Decision<Loaded> {
        let writes = self.writes(facts);
        Decision::Done(Effects { writes, record: None }, loaded(facts.clone()))
    }
}

impl Do {
    fn at(&self) -> Timestamp {
        at(self.second)
    }

    fn writes(&self, facts: &Facts) -> Vec<Write> {
        match &self.step {
            Step::User { number, name, shown, external, active } => {
                let mut body = json!({
                    "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
                    "userName": NAMES[*name], "active": active,
                });
                if *shown {
                    body["displayName"] = json!(format!("shown {number}"));
                }
                if *external {
                    body["externalId"] = json!(format!("x{}", number % 2));
                    body["emails"] = json!([{ "value": format!("{}@x.com", NAMES[*name]) }]);
                }
                self.user(facts, user_of(*number, body))
            }
            Step::Leave(number) => {
                let there = facts.user(user_id(*number)).map(|_| Write::DeleteUser(user_id(*number)));
                there.into_iter().chain([Write::Count(Counter::Deleted)]).collect()
            }
            Step::Group { number, name, external } => {
                let mut body = json!({
                    "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": NAMES[*name],
                });
                if *external {
                    body["externalId"] = json!("g");
                }
                self.group(facts, group_of(*number, body))
            }
            Step::Dissolve(number) => {
                vec![Write::QueueMembers(group_id(*number)), Write::DeleteGroup(group_id(*number))]
            }
            Step::Device { number, serial } => self.device(facts, device(*number, NAMES[*serial])),
            Step::Scrap(number) => vec![Write::DeleteResource(resource_id(*number))],
            Step::Members { group, .. } => self.members(facts, *group),
            Step::Hold { user, grants } => self.hold(facts, *user, grants),
            Step::QueueMembers(group) => vec![Write::QueueMembers(group_id(*group))],
            Step::QueueUsers(users) => vec![Write::QueueUsers(users.iter().copied().map(user_id).collect())],
            Step::Unqueue(user) => vec![Write::Unqueue(user_id(*user))],
            Step::Publish(rules) => self.publish(facts, rules),
            Step::Lead => self.lead(facts),
            Step::Ask { run, rules } => ask(facts, *run, rules.as_ref(), self.second),
            Step::Advance { run, end } => self.advance(facts, *run, *end),
            Step::Use { token, second, refused } => {
                let used = TokenUse { token_id: RULES[*token].to_owned(), last_used_at: at(*second) };
                vec![Write::Uses { tokens: vec![used], refused: *refused, last_request: Some(at(90 - *second)) }]
            }
            Step::Beside(step) => step.writes(facts, self.second),
        }
    }

    fn user(&self, facts: &Facts, row: UserRow) -> Vec<Write> {
        let bearer = facts.user_names[&row.name_key()];
        if bearer.is_some_and(|bearer| bearer != row.id) {
            return Vec::new();
        }
        match facts.user(row.id) {
            None => vec![Write::InsertUser(row), Write::Count(Counter::Created)],
            Some(before) => {
                let version = before.row.version + 1;
                let account_enabled = row.user.active();
                let reenabled = (!account_enabled).then(|| NAMES[usize::from(version.is_multiple_of(2))].to_owned());
                let row = UserRow { version, modified: self.at(), account_enabled, reenabled, ..row };
                vec![Write::UpdateUser(row), Write::Count(Counter::Updated)]
            }
        }
    }

    fn group(&self, facts: &Facts, row: GroupRow) -> Vec<Write> {
        let bearer = facts.group_names[&row.name_key()];
        if bearer.is_some_and(|bearer| bearer != row.id) {
            return Vec::new();
        }
        match facts.group(row.id) {
            None => vec![Write::InsertGroup(row)],
            Some(before) => {
                vec![Write::UpdateGroup(GroupRow { version: before.version + 1, modified: self.at(), ..row })]
            }
        }
    }

    fn device(&self, facts: &Facts, row: ResourceRow) -> Vec<Write> {
        let mut keys = row.keys.iter().map(|(of, value)| (row.kind.clone(), of.clone(), value.clone()));
        if keys.any(|key| facts.resource_keys[&key].is_some_and(|bearer| bearer != row.id)) {
            return Vec::new();
        }
        let version = facts.resource(row.id).map_or(1, |before| before.version + 1);
        match version {
            1 => vec![Write::InsertResource(row)],
            _ => vec![Write::UpdateResource(ResourceRow { version, modified: self.at(), ..row })],
        }
    }

    fn members(&self, facts: &Facts, group: u128) -> Vec<Write> {
        let (id, delta) = (group_id(group), facts.delta.clone().unwrap_or_default());
        if facts.group(id).is_none() || (delta.joined.is_empty() && delta.left.is_empty()) {
            return Vec::new();
        }
        let by = cause(u128::from(self.second.unsigned_abs()));
        let leave = Write::RemoveMembers(id, delta.left, by);
        vec![Write::TouchGroup(id, self.at()), leave, Write::AddMembers(id, delta.joined, by)]
    }

    fn hold(&self, facts: &Facts, user: u128, grants: &BTreeMap<String, usize>) -> Vec<Write> {
        let Some(facts) = facts.user(user_id(user)) else { return Vec::new() };
        let held = |(tenant, rule): (&String, &usize)| match tenant.starts_with('c') {
            true => beside::manual(tenant),
            false => grant(tenant, &RULES[*rule..]),
        };
        let after = grants.iter().rev().map(held).collect();
        let id = facts.row.id;
        vec![
            Write::Evaluated { user: id, at: self.at(), was_pending: facts.pending },
            Write::PutGrants { user: id, before: facts.grants.clone(), after },
        ]
    }

    fn publish(&self, facts: &Facts, rules: &BTreeMap<String, usize>) -> Vec<Write> {
        let InForce { revision, epoch, document, .. } = &*facts.config;
        let rules: Vec<(&str, &str)> = rules.iter().map(|(rule, group)| (rule.as_str(), NAMES[*group])).collect();
        let config = configuration(revision + 1, *epoch, &rules);
        let (before, after) = (entries(document.as_ref()), entries(config.document.as_ref()));
        let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
        let change = |name: &String| RuleChange {
            name: name.clone(),
            hash: after.get(name).map(|(hash, _)| hash.clone()),
            content: true,
            roles: "roles".to_owned(),
            before: before.get(name).map(|(_, group)| group.clone()),
            after: after.get(name).map(|(_, group)| group.clone()),
        };
        let changed = names.into_iter().filter(|name| before.get(*name) != after.get(*name)).map(change).collect();
        vec![Write::PutConfig { config, changed, at: self.at() }]
    }

    /// The same content under another epoch.
    fn lead(&self, facts: &Facts) -> Vec<Write> {
        let InForce { revision, content_hash, epoch, document, enforced, .. } = &*facts.config;
        let Some(document) = document.clone() else { return Vec::new() };
        let config = InForce::enforcing(*revision, content_hash.clone(), epoch + 1, document, enforced.clone());
        vec![Write::PutConfig { config: Arc::new(config), changed: Vec::new(), at: self.at() }]
    }

    fn advance(&self, facts: &Facts, number: usize, end: bool) -> Vec<Write> {
        let Some(mut run) = found(facts, number) else { return Vec::new() };
        let rules = entries(facts.config.document.as_ref());
        let selectors = rules.iter().map(|(name, (_, group))| (name.clone(), group.clone()));
        match run.status.phase {
            Phase::Pending => {
                run.status.phase = Phase::Running;
                run.status.started_at = Some(self.at());
                run.weighed = Some(facts.config.content_hash.clone());
                let named = run.rules().map_or_else(|| RULES.map(str::to_owned).to_vec(), <[String]>::to_vec);
                let covered = |name: String| {
                    let hash = rules.get(&name).map(|(hash, _)| hash.clone());
                    SyncedRule { name, hash }
                };
                run.covers = named.into_iter().map(covered).collect();
                let named = |name: &str| run.covers.iter().any(|covered| covered.name == name);
                let selectors = selectors.filter(|(name, _)| named(name)).map(|(_, group)| group).collect();
                vec![Write::StartRun { run, selectors }]
            }
            Phase::Running if end => {
                run.status.phase = Phase::Succeeded;
                run.status.completed_at = Some(self.at());
                let mark =
                    Write::MarkSynced { run: run.clone(), roles: "now".to_owned(), selectors: selectors.collect() };
                vec![mark, Write::UpdateRun(run)]
            }
            Phase::Running => {
                run.cursor = Some(user_id(u128::from(run.status.progress.processed)));
                run.status.progress.processed += 1;
                vec![Write::UpdateRun(run)]
            }
            Phase::Held | Phase::Succeeded | Phase::Failed => Vec::new(),
        }
    }
}

/// The rules of a document: content and group by name.
fn entries(document: Option<&Document>) -> BTreeMap<String, (String, GroupSelector)> {
    let rules = document.map(|document| document.rules.as_slice()).unwrap_or_default();
    rules.iter().map(|entry| (entry.rule.name.clone(), (entry.hash(), entry.rule.group.clone()))).collect()
}

fn found(facts: &Facts, number: usize) -> Option<RunRow> {
    facts.runs.iter().flatten().find(|run| run.status.uid == format!("run-{number}")).cloned()
}

fn ask(facts: &Facts, number: usize, rules: Option<&BTreeSet<usize>>, second: i64) -> Vec<Write> {
    if found(facts, number).is_some() {
        return Vec::new();
    }
    let named = |rules: &BTreeSet<usize>| rules.iter().map(|rule| RULES[*rule].to_owned()).collect();
    let scope = rules.map_or(RunScope::All {}, |rules| RunScope::Rules(named(rules)));
    vec![Write::InsertRun(run(&format!("run-{number}"), "many", second / 3, scope))]
}

/// Tells both the same.
async fn replay(home: &Home, steps: Vec<Step>) -> Result<(), TestCaseError> {
    let (engine, model) = (home.open().await, Home::memory().open().await);
    for (second, step) in (1..).zip(steps) {
        let step = || Do { step: step.clone(), second };
        let (found, expected) = (engine.transact(step()).await, model.transact(step()).await);
        prop_assert_eq!(found.unwrap(), expected.unwrap());
        prop_assert_eq!(View::of(&engine).await, View::of(&model).await);
    }
    let expected = View::of(&model).await;
    agrees(&model, &expected).await;
    agrees(&engine, &expected).await;
    let engine = home.reopen(engine).await;
    prop_assert_eq!(View::of(&engine).await, expected);
    engine.close().await;
    home.end().await;
    Ok(())
}

/// Replays so many histories, each at a place of its own; none where there is no place.
fn histories(cases: u32, home: fn() -> Option<Home>) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    if home().is_none() {
        return;
    }
    let config =
        ProptestConfig { cases, max_shrink_iters: 300, failure_persistence: None, ..ProptestConfig::default() };
    let replay = |steps| home().map_or(Ok(()), |home| runtime.block_on(replay(&home, steps)));
    TestRunner::new(config).run(&steps(), replay).unwrap();
}

#[test]
fn c011_sqlite_answers_what_the_model_answers_after_every_step() {
    histories(48, || Some(Home::folder()));
}

#[test]
fn c011_postgresql_answers_what_the_model_answers_after_every_step() {
    histories(12, || Home::schema("a random history"));
}
