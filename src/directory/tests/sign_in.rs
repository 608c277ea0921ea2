//! Signing in: who comes in, with what, what is written down, and how long it holds (B006, B007, B022, B049, B085,
//! B101, B140; readings 1, 3, 20 and 24).

use super::causes::member;
use super::explain::{Queue, without_runner};
use super::{World, document, id, rule};
use crate::access::{Onboarding, Rule, Source};
use crate::config::{AccessChange, AuditRecord, Document, SignIn, SubjectAttribute, SubjectMapping};
use crate::directory::{Actor, AuditQuery, Directory, Settings, SignInRefusal, SignedIn, Vouched};
use crate::store::UserId;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use std::time::Duration;

const ISSUER: &str = "https://provider.example.com";

/// Whoever holds nothing is let in, but for the disabled.
pub(super) fn on() -> Onboarding {
    Onboarding { enabled: true, ..off() }
}

/// Only who has access is let in.
fn off() -> Onboarding {
    Onboarding::default()
}

/// A directory where people sign in.
pub(super) fn signing_in(rules: &[Rule], attribute: SubjectAttribute, onboarding: Onboarding) -> Document {
    let sign_in = SignIn {
        issuer: ISSUER.to_owned(),
        client_id: "directory".to_owned(),
        has_client_secret: false,
        scopes: vec!["openid".to_owned()],
        subject: SubjectMapping { claim: "sub".to_owned(), attribute },
    };
    Document { sign_in: Some(sign_in), onboarding, ..document(rules) }
}

/// The provider's word, read by the userName.
pub(super) fn vouched(subject: &str, value: &str) -> Vouched {
    let text = |text: &str| text.to_owned();
    let mapping = SubjectMapping { claim: text("sub"), attribute: SubjectAttribute::UserName };
    Vouched { issuer: text(ISSUER), subject: text(subject), value: text(value), mapping, user_name: None }
}

pub(super) fn person(user_name: &str, external_id: &str, active: bool) -> Value {
    let schema = "urn:ietf:params:scim:schemas:core:2.0:User";
    json!({ "schemas": [schema], "userName": user_name, "externalId": external_id, "active": active })
}

pub(super) fn activity(active: bool) -> Value {
    json!([{ "op": "replace", "path": "active", "value": active }])
}

impl World {
    /// With these rules, where people are found by their userName.
    pub(super) async fn signing_in(rules: &[Rule], onboarding: Onboarding) -> Self {
        let world = Self::with(rules).await;
        world.publish_document(signing_in(rules, SubjectAttribute::UserName, onboarding)).await;
        world
    }

    /// Comes with this word, read by the mapping in force.
    pub(super) async fn sign_in(&self, vouched: &Vouched) -> Result<SignedIn, SignInRefusal> {
        let in_force = self.directory.in_force();
        let sign_in = in_force.document.as_ref().and_then(|document| document.sign_in.as_ref());
        let mapping = sign_in.map_or_else(|| vouched.mapping.clone(), |sign_in| sign_in.subject.clone());
        let vouched = Vouched { mapping, ..vouched.clone() };
        self.directory.sign_in(&vouched, &Actor::default()).await.unwrap()
    }

    /// Comes in, as the provider calls the person.
    pub(super) async fn comes(&self, name: &str) -> SignedIn {
        self.sign_in(&vouched(&format!("subject of {name}"), name)).await.unwrap()
    }

    /// Why the person does not come in.
    pub(super) async fn refused(&self, vouched: &Vouched) -> &'static str {
        self.sign_in(vouched).await.unwrap_err().code()
    }

    pub(super) async fn holds(&self, signed_in: &SignedIn) -> bool {
        self.directory.session(&signed_in.id, signed_in.session).await.unwrap().is_some()
    }

    pub(super) async fn changes_since(&self, end: &str) -> Vec<AccessChange> {
        self.directory.changes(Some(end), Duration::ZERO, 10).await.unwrap().changes
    }

    pub(super) async fn records(&self, operation: &str) -> Vec<AuditRecord> {
        let query = AuditQuery { operation: Some(operation.to_owned()), count: 100, ..AuditQuery::default() };
        self.directory.audit(&query).await.unwrap().records
    }
}

#[tokio::test]
async fn b006_b007_b022_somebody_unknown_gets_an_account_with_the_lowest_role_in_the_home_tenant() {
    let world = World::signing_in(&[], on()).await;
    let end = world.directory.feed_position().await.unwrap();
    let eve = world.comes("Eve").await;
    assert_eq!((eve.user_name.as_str(), eve.onboarded, eve.reenabled), ("Eve", true, false));
    let view = world.access("eve").await;
    assert_eq!((view.id, view.managed, view.active, view.account_enabled), (eve.id.clone(), false, true, true));
    let held = &view.tenants[0];
    assert_eq!((held.tenant.as_str(), held.role.as_str(), held.source), ("main", "Participant", Source::Onboarding));
    assert!(held.rules.is_empty());
    let changes = world.changes_since(&end).await;
    assert_eq!((changes.len(), changes[0].cause.operation.as_str()), (1, "sign-in.onboard"));
    assert_eq!((changes[0].user.id.as_str(), changes[0].after.len()), (eve.id.as_str(), 1));
    let record = world.records("sign-in").await.remove(0);
    assert!(!record.head.to_string().contains("subject of"), "the subject is the person's: {}", record.head);
    let said = record.people[0].said.as_ref().unwrap();
    assert_eq!(said["identity"], json!({ "issuer": ISSUER, "subject": "subject of Eve" }));
    let world = world.restarted().await;
    assert_eq!(world.comes("Eve").await, SignedIn { onboarded: false, ..eve });
}

#[tokio::test]
async fn b006_the_role_may_be_another_one() {
    let world = World::signing_in(&[], Onboarding { role: Some("Designer".to_owned()), ..on() }).await;
    world.comes("eve").await;
    assert_eq!(world.roles("eve").await, ["main=Designer"]);
}

#[tokio::test]
async fn b140_somebody_unknown_is_not_found_where_nobody_is_onboarded() {
    let world = World::signing_in(&[], off()).await;
    let end = world.directory.feed_position().await.unwrap();
    let refusal = world.sign_in(&vouched("s", "eve")).await.unwrap_err();
    assert_eq!(refusal.code(), "UserNotFound");
    assert!(refusal.to_string().contains("Ask an administrator"), "{refusal}");
    assert_eq!(world.directory.access("eve").await.unwrap(), None);
    assert_eq!(world.directory.feed_position().await.unwrap(), end, "nothing is written");
}

#[tokio::test]
async fn b022_whoever_has_access_comes_in_with_it_and_a_repeated_sign_in_writes_nothing() {
    let world = World::signing_in(&[rule("d", "Designers", "Designer")], on()).await;
    let ada = world.user("ada").await;
    world.group("Designers", &[&ada]).await;
    let first = world.comes("ADA").await;
    assert_eq!((first.id.as_str(), first.onboarded), (ada.as_str(), false));
    assert_eq!(world.roles("ada").await, ["main=Designer"]);
    assert_eq!(world.records("sign-in").await.len(), 1, "whom the subject stands for");
    let last = world.directory.inner.store.extent().await.unwrap().last;
    let second = world.sign_in(&vouched("subject of ADA", "ada")).await.unwrap();
    assert_eq!(second, first, "another browser has the same session");
    assert_eq!(world.directory.inner.store.extent().await.unwrap().last, last);
}

#[tokio::test]
async fn b049_b054_whoever_left_all_groups_is_a_participant_and_not_what_was_held_before() {
    let world = World::signing_in(&[rule("d", "Designers", "Designer")], on()).await;
    let ada = world.user("ada").await;
    let designers = world.group("Designers", &[&ada]).await;
    world.patch_group_as("out", &designers, member("remove", &ada)).await;
    let came = world.comes("ada").await;
    assert!(came.onboarded && came.id == ada);
    assert_eq!(world.roles("ada").await, ["main=Participant"]);
    assert_eq!(world.access("ada").await.tenants[0].source, Source::Onboarding);
}

#[tokio::test]
async fn b049_b085_without_onboarding_whoever_holds_nothing_is_told_why() {
    let world = World::signing_in(&[rule("d", "Designers", "Designer")], off()).await;
    let ada = world.user("ada").await;
    assert_eq!(world.refused(&vouched("s", "ada")).await, "GroupNotProvisioned");
    let designers = world.group("Designers", &[&ada]).await;
    let came = world.comes("ada").await;
    world.patch_group_as("out", &designers, member("remove", &ada)).await;
    assert!(!world.holds(&came).await, "the session ends with the access");
    let refusal = world.sign_in(&vouched("subject of ada", "ada")).await.unwrap_err();
    assert_eq!(refusal.code(), "NotAMember");
    assert!(matches!(&refusal, SignInRefusal::NoAccess(reason) if reason.request.as_deref() == Some("out")));
}

#[tokio::test]
async fn b084_the_first_rule_that_matches_ends_what_a_sign_in_gave() {
    let world = World::signing_in(&[rule("d", "Designers", "Designer")], on()).await;
    let ada = world.user("ada").await;
    world.comes("ada").await;
    let designers = world.group("Designers", &[&ada]).await;
    assert_eq!(world.roles("ada").await, ["main=Designer"]);
    world.patch_group_as("out", &designers, member("remove", &ada)).await;
    assert!(world.roles("ada").await.is_empty(), "and it does not come back by itself");
}

#[tokio::test]
async fn b006_a_post_adopts_whoever_was_onboarded_and_the_next_sign_in_binds_anew() {
    let world = World::signing_in(&[], on()).await;
    let eve = world.comes("eve").await;
    let user = world.directory.create_user(&Actor::default(), person("EVE", "e-1", true)).await.unwrap();
    assert_eq!(id(&user), eve.id, "the same id");
    assert_eq!(world.roles("eve").await, ["main=Participant"], "what was held goes along");
    assert!(!world.holds(&eve).await, "the account's session has ended");
    let again = world.sign_in(&vouched("another subject", "eve")).await.unwrap();
    assert_eq!((again.id.as_str(), again.onboarded), (eve.id.as_str(), false));
    assert_ne!(again.session, eve.session);
}

#[tokio::test]
async fn b140_whoever_is_stored_and_not_evaluated_yet_is_told_to_wait() {
    let world = World::signing_in(&[rule("d", "Designers", "Designer")], off()).await;
    let ada = world.user("ada").await;
    without_runner(&world).await;
    world.directory.inner.store.transact(Queue(UserId::parse(&ada).unwrap())).await.unwrap();
    assert_eq!(world.refused(&vouched("s", "ada")).await, "SyncPending");
}

#[tokio::test]
async fn b129_without_a_provider_or_by_another_one_nobody_signs_in() {
    let world = World::with(&[]).await;
    assert_eq!(world.refused(&vouched("s", "eve")).await, "NotConfigured");
    world.publish_document(signing_in(&[], SubjectAttribute::UserName, on())).await;
    let other = Vouched { issuer: format!("{ISSUER}/"), ..vouched("s", "eve") };
    assert_eq!(world.refused(&other).await, "NotConfigured");
    let eve = world.comes("eve").await;
    assert!(world.holds(&eve).await);
    world.publish(&[]).await;
    assert!(!world.holds(&eve).await, "people do not sign in here any more");
}

#[tokio::test]
async fn b101_whoever_has_the_top_role_in_the_home_tenant_manages_people() {
    let elsewhere = Rule { tenants: vec!["hr".to_owned()], ..rule("e", "Elsewhere", "Global Admin") };
    let world = World::signing_in(&[rule("a", "Nintex Administrators", "Global Admin"), elsewhere], on()).await;
    let (ada, bob) = (world.user("ada").await, world.user("bob").await);
    world.group("Nintex Administrators", &[&ada]).await;
    world.group("Elsewhere", &[&bob]).await;
    for (name, manages) in [("ada", true), ("bob", false), ("eve", false)] {
        let came = world.comes(name).await;
        let session = world.directory.session(&came.id, came.session).await.unwrap().unwrap();
        assert_eq!((session.manages_users, session.view), (manages, world.access(name).await), "{name}");
    }
}

#[tokio::test]
async fn b049_a_session_ends_at_once_when_the_provider_says_inactive_or_deletes() {
    let world = World::signing_in(&[rule("d", "Designers", "Designer")], off()).await;
    let ada = world.user("ada").await;
    world.group("Designers", &[&ada]).await;
    let first = world.comes("ada").await;
    assert!(world.holds(&first).await);
    world.patch_user_as("off", &ada, activity(false)).await;
    assert!(!world.holds(&first).await);
    assert_eq!(world.refused(&vouched("subject of ada", "ada")).await, "UserInactive");
    world.patch_user_as("on", &ada, activity(true)).await;
    assert!(!world.holds(&first).await, "it has ended for good");
    let second = world.comes("ada").await;
    assert!(world.holds(&second).await && second.session != first.session);
    world.directory.delete_user(&Actor::default(), &ada).await.unwrap();
    assert!(!world.holds(&second).await);
}

#[tokio::test]
async fn b133_signing_out_ends_the_sessions_of_all_browsers_and_no_later_one() {
    let world = World::signing_in(&[], on()).await;
    let (first, by) = (world.comes("eve").await, Actor::default());
    let sign_out = async |came: &SignedIn| world.directory.sign_out(&came.id, came.session, &by).await.unwrap();
    sign_out(&first).await;
    assert!(!world.holds(&first).await);
    let second = world.comes("eve").await;
    assert_ne!(second.session, first.session);
    sign_out(&first).await;
    assert!(world.holds(&second).await, "who had that one is out already");
    let records = world.records("sign-out").await;
    assert_eq!((records.len(), &records[0].people[0].said), (1, &Some(json!({ "userName": "eve" }))));
    world.directory.sign_out("nobody", first.session, &by).await.unwrap();
    assert_eq!(world.directory.session("nobody", first.session).await.unwrap(), None);
}

#[tokio::test]
async fn b006_only_so_many_new_accounts_are_made_in_a_minute_and_known_people_come_in() {
    let shown = Arc::new(Mutex::new("2026-03-01T09:00:00Z".parse::<Timestamp>().unwrap()));
    let (clock, data) = (Arc::clone(&shown), tempfile::tempdir().unwrap());
    let settings = Settings { clock: Arc::new(move || *clock.lock().unwrap()), ..Settings::new(data.path()) };
    let world = World { directory: Directory::open(settings).await.unwrap(), data };
    let few = Onboarding { max_per_minute: 2, ..on() };
    world.publish_document(signing_in(&[], SubjectAttribute::UserName, few)).await;
    world.user("ada").await;
    world.comes("eve").await;
    world.comes("bob").await;
    assert_eq!(world.refused(&vouched("s", "carl")).await, "TooManyNewAccounts");
    assert_eq!(world.directory.access("carl").await.unwrap(), None);
    assert!(world.comes("ada").await.onboarded, "she is no new account");
    assert!(!world.comes("eve").await.onboarded);
    *shown.lock().unwrap() += SignedDuration::from_mins(1);
    assert!(world.sign_in(&vouched("s", "carl")).await.is_ok());
}

#[tokio::test]
async fn b006_an_onboarded_account_that_nobody_wants_goes_with_its_grant_its_binding_and_its_session() {
    let world = World::signing_in(&[], on()).await;
    let came = world.comes("eve").await;
    let ended = world.directory.end_grant(&format!("{}.main", came.id), &Actor::default()).await.unwrap();
    assert!(ended && !world.holds(&came).await);
    assert_eq!(world.directory.access("eve").await.unwrap(), None);
    let other = world.sign_in(&vouched("another subject", "eve")).await.unwrap();
    assert!(other.onboarded && other.id != came.id, "the name is free again");
}

#[tokio::test]
async fn b004_who_waits_for_the_state_is_woken_when_it_is_announced() {
    let world = World::signing_in(&[], on()).await;
    let position = world.state().await.position;
    let waiting = world.directory.state(Some(&position), Duration::from_secs(60));
    let (state, ()) = tokio::join!(waiting, async { world.directory.announce() });
    assert_ne!(state.unwrap().position, position);
}
