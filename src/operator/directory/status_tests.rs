//! A directory's status, case by case, with the time as a value.

use super::*;
use crate::config::{Scope, SignInState, Verifier};
use crate::manifests::Refusal;
use crate::operator::directory::ownership::taken;
use serde_json::json;

const NOW: &str = "2026-06-01T12:00:00Z";

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn directory(status: serde_json::Value) -> ScimDirectory {
    serde_json::from_value(json!({
        "apiVersion": "scim-operator.dev/v1alpha1", "kind": "ScimDirectory",
        "metadata": {"name": "acme", "namespace": "ns", "uid": "u", "generation": 3},
        "spec": {"displayName": "Acme", "tenant": "main", "sso": {"none": {}}}, "status": status,
    }))
    .unwrap()
}

fn workload(ready: i32) -> Deployment {
    serde_json::from_value(json!({"metadata": {}, "status": {"readyReplicas": ready}})).unwrap()
}

fn published() -> Published {
    Published { revision: 4, content_hash: "h".to_owned(), store_id: "s".to_owned(), epoch: 0, document: None }
}

fn kept(name: &str, expires_at: &str) -> Kept {
    let verifier = Verifier {
        token_id: "a".repeat(16),
        name: name.to_owned(),
        scope: Scope::Scim,
        sha256: String::new(),
        expires_at: at(expires_at),
    };
    Kept { verifier, token_uid: "t".to_owned(), issued_at: at("2026-01-01T00:00:00Z") }
}

fn state(last_request: Option<&str>, users: u64) -> State {
    serde_json::from_value(json!({
        "position": "p", "storeId": "s", "revision": 4, "groups": 2, "runs": [], "tokens": [],
        "rules": [{"name": "one", "inSync": true}, {"name": "two", "inSync": false, "reason": "RuleChanged"}],
        "users": {"total": users, "active": users, "managed": 1},
        "provisioning": {
            "created": users, "updated": 0, "disabled": 0, "deleted": 0, "failed": 0, "lastRequestTime": last_request,
        },
    }))
    .unwrap()
}

/// Everything is well; each test spoils one thing.
struct Case {
    directory: ScimDirectory,
    workload: Deployment,
    verdict: DirectoryVerdict,
    rules: BTreeMap<String, RuleVerdict>,
    kept: Vec<Kept>,
    state: State,
    published: Published,
    unpublished: Option<String>,
    obstacle: Option<Standing>,
    sign_in_obstacle: Option<String>,
    figures_due: bool,
    now: Timestamp,
}

impl Case {
    fn well() -> Self {
        let verdict = |name: &str| (name.to_owned(), RuleVerdict { name: name.to_owned(), refusal: None, held: false });
        Self {
            directory: directory(json!({})),
            workload: workload(1),
            verdict: DirectoryVerdict::default(),
            rules: [verdict("one"), verdict("two")].into(),
            kept: vec![kept("acme", "2027-01-01T00:00:00Z")],
            state: state(Some(NOW), 5),
            published: published(),
            unpublished: None,
            obstacle: None,
            sign_in_obstacle: None,
            figures_due: false,
            now: at(NOW),
        }
    }

    fn report(&self) -> Report {
        report(&Facts {
            directory: &self.directory,
            base_url: "http://acme-scim.ns.svc.cluster.local:8080/scim/v2",
            obstacle: self.obstacle.clone(),
            sign_in_obstacle: self.sign_in_obstacle.as_deref(),
            verdict: &self.verdict,
            rules: &self.rules,
            rules_enabled: 2,
            workload: Some(&self.workload),
            published: self.unpublished.clone().map_or(Ok(&self.published), Err),
            state: Some(&self.state),
            kept: &self.kept,
            api_key_exists: true,
            figures_due: self.figures_due,
            now: self.now,
            started: at("2026-06-01T00:00:00Z"),
        })
    }

    fn ready(&self) -> String {
        self.condition("Ready")
    }

    fn condition(&self, kind: &str) -> String {
        let conditions = self.report().status.conditions;
        let found = conditions.iter().find(|c| c.type_ == kind);
        found.map_or("absent".to_owned(), |c| format!("{} {}", c.status, c.reason))
    }
}

#[test]
fn b028_a_directory_that_serves_what_is_written_is_ready_and_says_where() {
    let case = Case::well();
    assert_eq!(case.ready(), "True Published");
    let status = case.report().status;
    assert_eq!(status.base_url.as_deref(), Some("http://acme-scim.ns.svc.cluster.local:8080/scim/v2"));
    assert_eq!(status.api_key_secret_ref.map(|secret| secret.name).as_deref(), Some("acme-scim-api-key"));
    assert_eq!((status.config_revision, status.store_id.as_deref()), (Some(4), Some("s")));
    let rules = status.rules.unwrap();
    assert_eq!((rules.total, rules.in_sync, rules.out_of_sync), (2, 1, 1));
}

#[test]
fn b113_a_directory_is_not_ready_before_its_key_exists() {
    let case = Case { kept: vec![kept("okta", "2027-01-01T00:00:00Z")], ..Case::well() };
    assert_eq!(case.ready(), "False SecretPending");
}

#[test]
fn b113_a_directory_whose_keys_secret_is_somebody_elses_is_stalled_and_names_it() {
    let mut case = Case { kept: Vec::new(), ..Case::well() };
    assert_eq!(case.ready(), "False SecretPending");
    case.obstacle = Some(taken("Secret", "acme-scim-api-key"));
    assert_eq!((case.ready().as_str(), case.condition("Stalled").as_str()), ("False NameTaken", "True NameTaken"));
    assert_eq!(case.condition("Reconciling"), "absent");
    let report = case.report();
    assert_eq!(report.again, OBSTACLE_INTERVAL, "what is in the way is not watched");
    let ready = report.status.conditions.into_iter().find(|c| c.type_ == "Ready").unwrap();
    assert_eq!(
        ready.message,
        "Secret acme-scim-api-key exists and is not this directory's: rename or delete it, or delete this directory"
    );
}

#[test]
fn what_stands_in_the_way_is_named_in_the_order_a_person_would_look() {
    let refusal = Refusal::new(reason::ROLE_IN_USE, "spec.roles", "put it back");
    let unpublished = Some("no answer".to_owned());
    let mut case = Case { workload: workload(0), unpublished, ..Case::well() };
    assert_eq!(case.ready(), "False EndpointNotAvailable");
    case.workload = workload(1);
    assert_eq!(case.ready(), "False PublishPending");
    case.obstacle = Some(Standing::plain(reason::NAME_TAKEN));
    assert_eq!((case.ready().as_str(), case.condition("Stalled").as_str()), ("False NameTaken", "True NameTaken"));
    case.verdict.refusal = Some(refusal);
    assert_eq!(case.ready(), "False RoleInUse");
    assert_eq!(case.condition("Accepted"), "False RoleInUse");
}

#[test]
fn b002_b004_who_cannot_sign_in_is_told_of_and_the_directory_is_ready_all_the_same() {
    let mut case = Case::well();
    assert_eq!(case.condition("SSOReady"), "absent");
    case.directory.spec.sso = serde_json::from_value(json!({"oidc": {
        "issuer": "https://login.example.com", "clientId": "acme",
        "subject": {"claim": "sub", "attribute": "externalId"},
    }}))
    .unwrap();
    assert_eq!(case.condition("SSOReady"), "Unknown SSOConnectionPending");
    let message = "https://login.example.com does not answer".to_owned();
    case.state.sign_in = Some(SignInState { ready: false, message });
    assert_eq!(case.condition("SSOReady"), "False SSOConnectionMissing");
    assert_eq!((case.ready().as_str(), case.condition("Accepted").as_str()), ("True Published", "True Accepted"));
    case.state.sign_in = Some(SignInState { ready: true, message: String::new() });
    assert_eq!(case.condition("SSOReady"), "True SSOConnected");
    case.published.revision = 5;
    assert_eq!(case.condition("SSOReady"), "Unknown SSOConnectionPending", "that was about the provider before");
    case.published.revision = 4;
    case.sign_in_obstacle = Some("there is no such Secret".to_owned());
    assert_eq!(
        (case.condition("SSOReady").as_str(), case.ready().as_str()),
        ("False SSOConnectionMissing", "True Published")
    );
    assert_eq!(case.report().again, OBSTACLE_INTERVAL, "a Secret without the label is not watched");
}

#[test]
fn b089_a_silent_provider_is_stale_after_three_hours() {
    let connected = |last: Option<&str>| Case { state: state(last, 0), ..Case::well() }.condition("IdPConnected");
    assert_eq!(connected(None), "Unknown NoRequestYet");
    assert_eq!(connected(Some("2026-06-01T09:00:01Z")), "True Connected");
    assert_eq!(connected(Some("2026-06-01T09:00:00Z")), "False Stale");
}

#[test]
fn b125_a_token_that_ends_within_thirty_days_is_told_of() {
    let expiring = |at: &str| Case { kept: vec![kept("acme", at)], ..Case::well() }.condition("TokenExpiringSoon");
    assert_eq!(expiring("2026-07-01T12:00:00Z"), "True ExpiresSoon");
    assert_eq!(expiring("2026-07-01T12:00:01Z"), "absent");
    assert_eq!(expiring("2026-06-01T12:00:00Z"), "absent", "one that has ended is no longer ending");
}

/// Changes that the guard holds since this revision.
fn held(revision: u64) -> crate::config::HeldChanges {
    crate::config::HeldChanges {
        rules: vec!["hr".to_owned()],
        roles: false,
        users_losing: 120,
        reason: "120 people would lose access, and guard.maxRevokedUsers is 50".to_owned(),
        revision,
    }
}

#[test]
fn c003_changes_that_are_held_are_told_with_what_confirms_them_and_do_not_touch_ready() {
    let mut case = Case::well();
    assert_eq!(case.condition("RevocationHeld"), "absent");
    case.state.held = Some(held(7));
    assert_eq!(case.condition("RevocationHeld"), "True RevocationHeld");
    assert_eq!((case.ready().as_str(), case.condition("Stalled").as_str()), ("True Published", "absent"));
    let conditions = case.report().status.conditions;
    let message = &find(&conditions, "RevocationHeld").unwrap().message;
    for said in ["the rule hr", "120 people", "name: \"acme-7-allow-120\", namespace: \"ns\"", "upTo: 120"] {
        assert!(message.contains(said), "{message}");
    }
    case.directory.status = Some(case.report().status);
    case.state.held = None;
    assert_eq!(case.condition("RevocationHeld"), "absent", "confirmed, or taken back");
}

#[test]
fn c003_each_revision_that_is_held_is_told_once_also_over_a_restart() {
    let mut case = Case::well();
    let told = |case: &Case| {
        let before = case.directory.status.clone().unwrap_or_default().conditions;
        newly_held(&before, &case.report().status.conditions).is_some()
    };
    assert!(!told(&case));
    case.state.held = Some(held(7));
    assert!(told(&case));
    case.directory.status = Some(case.report().status);
    assert!(!told(&case));
    let facts = |state: Option<&State>| -> Vec<Condition> {
        let case = &case;
        report(&Facts {
            directory: &case.directory,
            base_url: "",
            obstacle: None,
            sign_in_obstacle: None,
            verdict: &case.verdict,
            rules: &case.rules,
            rules_enabled: 2,
            workload: Some(&case.workload),
            published: Ok(&case.published),
            state,
            kept: &case.kept,
            api_key_exists: true,
            figures_due: false,
            now: case.now,
            started: case.now,
        })
        .status
        .conditions
    };
    let (unheard, heard) = (facts(None), facts(Some(&case.state)));
    assert_eq!(find(&unheard, "RevocationHeld"), find(&heard, "RevocationHeld"), "not forgotten by a restart");
    case.state.held = Some(held(8));
    assert!(told(&case), "another revision");
}

#[test]
fn figures_are_kept_until_they_are_due_and_conditions_are_not() {
    let mut case = Case::well();
    let first = case.report().status;
    assert_eq!(first.users.map(|users| users.total), Some(5), "a directory without figures gets them at once");
    case.directory.status = Some(first);
    case.state = state(Some(NOW), 900);
    assert_eq!(case.report().status.users.map(|users| users.total), Some(5));
    case.figures_due = true;
    assert_eq!(case.report().status.users.map(|users| users.total), Some(900));
    case.figures_due = false;
    case.workload = workload(0);
    assert_eq!(case.ready(), "False EndpointNotAvailable");
}

#[test]
fn the_same_facts_give_the_same_status() {
    let mut case = Case::well();
    let first = case.report().status;
    case.directory.status = Some(first.clone());
    case.now = at("2026-06-01T12:03:00Z");
    assert_eq!(case.report().status, first);
}

#[test]
fn intervals_are_counted_from_the_operators_start() {
    let started = at("2026-06-01T12:00:00Z");
    let of = |text| interval(started, at(text));
    assert_eq!((of("2026-06-01T12:04:59Z"), of("2026-06-01T12:05:00Z"), of("2026-06-01T12:12:00Z")), (0, 1, 2));
}

#[test]
fn a_suspended_directory_says_so_and_keeps_the_rest() {
    let before = Case::well().report().status;
    let status = suspended(&directory(serde_json::to_value(&before).unwrap()), at(NOW));
    assert_eq!(status.base_url, before.base_url);
    assert_eq!(status.conditions.iter().map(|c| c.reason.as_str()).collect::<Vec<_>>(), ["Suspended"]);
}
