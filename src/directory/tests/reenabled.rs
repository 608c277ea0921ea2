//! People whom the provider has disabled and a sign-in lets in again: with how much, and until when (B008, B009, B054;
//! readings 7 and 8).

use super::causes::{member, question};
use super::sign_in::{activity, on, person, signing_in, vouched};
use super::{World, id, rule};
use crate::access::{Code, Onboarding, TenantAccess};
use crate::config::{Document, OnUserDelete, SubjectAttribute};
use crate::directory::{AccessQuery, Actor, SignedIn};
use serde_json::json;

fn reenables() -> Onboarding {
    Onboarding { reenable_disabled: true, ..on() }
}

/// Ada, a designer whom the provider has disabled, and her group.
async fn disabled_designer(onboarding: Onboarding) -> (World, String, String) {
    let world = World::signing_in(&[rule("d", "Designers", "Designer")], onboarding).await;
    let ada = id(&world.directory.create_user(&Actor::default(), person("ada", "a-1", true)).await.unwrap());
    let designers = world.group("Designers", &[&ada]).await;
    world.patch_user_as("off", &ada, activity(false)).await;
    (world, ada, designers)
}

/// The same, let in again.
async fn reenabled_designer() -> (World, String, String, SignedIn) {
    let (world, ada, designers) = disabled_designer(reenables()).await;
    let came = world.comes("ada").await;
    assert!(came.reenabled && !came.onboarded && came.id == ada);
    (world, ada, designers, came)
}

#[tokio::test]
async fn b054_who_is_inactive_is_refused_unless_disabled_people_are_let_in_too() {
    let (world, ..) = disabled_designer(on()).await;
    assert_eq!(world.refused(&vouched("s", "ada")).await, "UserInactive");
    assert!(world.roles("ada").await.is_empty());
}

#[tokio::test]
async fn b008_b009_b054_who_is_let_in_is_a_participant_only_and_gets_the_rest_back_with_active() {
    let (world, ada, _, came) = reenabled_designer().await;
    assert!(world.holds(&came).await);
    let view = world.access("ada").await;
    assert_eq!((view.active, view.account_enabled), (false, true));
    assert_eq!(world.roles("ada").await, ["main=Participant"], "and not Designer");
    assert_eq!(view.stored_grants[0].role, "Designer");
    let world = world.restarted().await;
    assert_eq!(world.roles("ada").await, ["main=Participant"]);
    let again = world.comes("ada").await;
    assert_eq!((again.session, again.reenabled), (came.session, false), "it goes on");
    world.patch_user_as("on", &ada, activity(true)).await;
    assert_eq!(world.roles("ada").await, ["main=Designer"], "what was stored comes back");
    assert!(world.holds(&came).await);
    world.patch_user_as("off", &ada, activity(false)).await;
    assert!(world.roles("ada").await.is_empty(), "and what the sign-in gave is over");
    assert!(!world.access("ada").await.account_enabled);
}

#[tokio::test]
async fn b008_feed_and_records_tell_of_it() {
    let (world, ada, designers) = disabled_designer(reenables()).await;
    let end = world.directory.feed_position().await.unwrap();
    world.comes("ada").await;
    let record = world.records("user.reenable").await.remove(0);
    assert_eq!(record.head["what"], json!({ "user": ada, "event": "ReenabledBySSO" }));
    // What is stored moves, what she may do does not.
    world.patch_group_as("out", &designers, member("remove", &ada)).await;
    world.patch_group_as("in", &designers, member("add", &ada)).await;
    world.patch_user_as("on", &ada, activity(true)).await;
    let changes = world.changes_since(&end).await;
    let roles = |grants: &[TenantAccess]| grants.iter().map(|grant| grant.role.clone()).collect::<Vec<_>>();
    let told: Vec<_> = changes
        .iter()
        .map(|change| (change.cause.operation.as_str(), roles(&change.before), roles(&change.after)))
        .collect();
    let role = |role: &str| vec![role.to_owned()];
    assert_eq!(
        told,
        [
            ("user.reenable", Vec::<String>::new(), role("Participant")),
            ("user.update", role("Participant"), role("Designer"))
        ]
    );
}

#[tokio::test]
async fn b008_the_provider_sees_what_it_wrote_and_no_other_version() {
    let (world, ada, _) = disabled_designer(reenables()).await;
    let before = world.directory.user(&ada).await.unwrap();
    world.comes("ada").await;
    assert_eq!(world.directory.user(&ada).await.unwrap(), before);
    assert_eq!(before["active"], false);
}

#[tokio::test]
async fn b054_inactive_said_once_more_ends_it_and_the_session() {
    let (world, ada, _, came) = reenabled_designer().await;
    let before = world.directory.user(&ada).await.unwrap();
    let end = world.directory.feed_position().await.unwrap();
    let same = person("ada", "a-1", false);
    let put = world.directory.replace_user(&super::causes::request("again"), &ada, same.clone()).await.unwrap();
    assert_eq!(put, before, "for the provider nothing has changed");
    assert!(!world.holds(&came).await);
    assert!(world.roles("ada").await.is_empty());
    let changes = world.changes_since(&end).await;
    assert_eq!((changes.len(), changes[0].before.len(), changes[0].after.len()), (1, 1, 0));
    let end = world.directory.feed_position().await.unwrap();
    world.directory.replace_user(&Actor::default(), &ada, same).await.unwrap();
    assert_eq!(world.directory.feed_position().await.unwrap(), end, "once more is nothing");
    assert!(world.comes("ada").await.reenabled, "with the next sign-in she is back");
    world.patch_user_as("off once more", &ada, activity(false)).await;
    assert!(world.roles("ada").await.is_empty());
}

#[tokio::test]
async fn b054_a_message_that_says_nothing_of_active_leaves_it() {
    let (world, ada, _, came) = reenabled_designer().await;
    world.patch_user_as("title", &ada, json!([{ "op": "add", "path": "title", "value": "Countess" }])).await;
    assert!(world.holds(&came).await);
    assert_eq!(world.roles("ada").await, ["main=Participant"]);
    let pathless = json!([{ "op": "replace", "value": { "title": "Lady", "active": false } }]);
    world.patch_user_as("off among others", &ada, pathless).await;
    assert!(!world.holds(&came).await);
}

#[tokio::test]
async fn b008_what_the_sign_in_gave_is_explained_and_inactive_decides_of_the_rest() {
    let (world, ..) = reenabled_designer().await;
    let asked = async |role| world.directory.explain("ada", &question(role)).await.unwrap();
    for role in [None, Some("Participant")] {
        let answer = asked(role).await;
        assert_eq!((answer.granted, answer.reasons[0].code), (true, Code::Granted), "{role:?}");
        assert!(!answer.reasons[0].message.contains("comes back"), "{:?}", answer.reasons);
    }
    let answer = asked(Some("Designer")).await;
    let codes: Vec<Code> = answer.reasons.iter().map(|reason| reason.code).collect();
    assert_eq!((answer.granted, codes), (false, vec![Code::UserInactive, Code::Granted]));
    assert_eq!(answer.reasons[0].request.as_deref(), Some("off"));
    assert!(answer.reasons[1].message.contains("comes back with the account"), "{:?}", answer.reasons);
}

#[tokio::test]
async fn b008_a_list_by_role_shows_what_may_be_done() {
    let (world, ..) = reenabled_designer().await;
    let named = async |role: &str| {
        let query = AccessQuery { role: Some(role.to_owned()), count: 10, ..AccessQuery::default() };
        let page = world.directory.access_page(&query).await.unwrap();
        page.users.into_iter().map(|view| view.user_name).collect::<Vec<_>>()
    };
    assert_eq!(named("Participant").await, ["ada"]);
    assert!(named("Designer").await.is_empty());
}

#[tokio::test]
async fn b054_a_delete_ends_it_also_where_the_user_stays() {
    let (world, ada, _, came) = reenabled_designer().await;
    let mut document: Document =
        signing_in(&[rule("d", "Designers", "Designer")], SubjectAttribute::UserName, reenables());
    document.profile.on_user_delete = OnUserDelete::Disable;
    world.publish_document(document).await;
    world.directory.delete_user(&Actor::default(), &ada).await.unwrap();
    assert!(!world.holds(&came).await);
    assert!(world.roles("ada").await.is_empty());
}

#[tokio::test]
async fn b054_where_disabled_people_are_let_in_no_longer_a_sign_in_is_refused_again() {
    let (world, ..) = reenabled_designer().await;
    let rules = [rule("d", "Designers", "Designer")];
    world.publish_document(signing_in(&rules, SubjectAttribute::UserName, on())).await;
    assert_eq!(world.refused(&vouched("subject of ada", "ada")).await, "UserInactive");
}
