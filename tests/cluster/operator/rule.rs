//! UserManagementRule and RuleSync: when an edit is in force, whom it reaches, and what a bad one does.

use super::world::{SOON, World, group, join, role, user};
use crate::support::wait::{throughout, until};
use scim_operator::api::{RuleSync, UserManagementRule};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

#[tokio::test]
async fn b039_b042_b080_any_order_of_setting_up_converges() {
    let Some(world) = World::start("b042", "order").await else { return };
    world.rule("hr", "HR", "Designer").await;
    world.reads::<UserManagementRule>("hr", "Accepted", "False DirectoryNotFound").await;
    world.directory("acme", Value::Null).await;
    world.reads::<UserManagementRule>("hr", "Ready", "True Published").await;
    world.reads::<UserManagementRule>("hr", "IdpGroupResolved", "False GroupNotProvisioned").await;
    let provider = world.provider().await;
    let hr = provider.post("/scim/v2/Groups", group("HR")).await;
    world.reads::<UserManagementRule>("hr", "IdpGroupResolved", "True GroupResolved").await;
    let ann = provider.post("/scim/v2/Users", user("ann")).await;
    join(&provider, &hr, &ann).await;
    let application = world.application().await;
    assert_eq!(role(&application, "ann").await.as_deref(), Some("Designer"));
    world.end().await;
}

#[tokio::test]
async fn b065_an_edit_reaches_people_already_there_by_one_automatic_run() {
    let Some(mut world) = World::start("b065 automatic", "automatic").await else { return };
    world.directory("acme", Value::Null).await;
    let provider = world.provider().await;
    let (hr, ann) =
        (provider.post("/scim/v2/Groups", group("HR")).await, provider.post("/scim/v2/Users", user("ann")).await);
    join(&provider, &hr, &ann).await;
    let application = world.application().await;
    world.rule("hr", "HR", "Designer").await;
    reaches(&application, "ann", "Designer").await;
    world.reads::<UserManagementRule>("hr", "InSync", "True UpToDate").await;
    assert_eq!(world.runs().await.len(), 1, "one batch, one run: {:?}", world.runs().await);

    // Also right after a restart, and after an end that nobody announced.
    world.kill_operator().await;
    world.patch::<UserManagementRule>("hr", json!({"spec": {"role": "Developer"}})).await;
    world.start_operator().await;
    reaches(&application, "ann", "Developer").await;
    world.delete::<UserManagementRule>("hr").await;
    until("access given by a deleted rule is gone", SOON, async || {
        role(&application, "ann").await.is_none().then_some(())
    })
    .await;
    assert_eq!(world.runs().await.len(), 3);
    world.end().await;
}

#[tokio::test]
async fn b065_b066_manual_waits_for_a_person_and_new_messages_do_not() {
    let Some(world) = World::start("b065 manual", "manual").await else { return };
    world.directory("acme", json!({"syncPolicy": "Manual"})).await;
    let provider = world.provider().await;
    let hr = provider.post("/scim/v2/Groups", group("HR")).await;
    let (ann, bob) =
        (provider.post("/scim/v2/Users", user("ann")).await, provider.post("/scim/v2/Users", user("bob")).await);
    join(&provider, &hr, &ann).await;
    let application = world.application().await;
    world.rule("hr", "HR", "Designer").await;
    world.reads::<UserManagementRule>("hr", "Ready", "True Published").await;
    world.reads::<UserManagementRule>("hr", "InSync", "False RuleChanged").await;
    join(&provider, &hr, &bob).await;
    assert_eq!(role(&application, "bob").await.as_deref(), Some("Designer"), "a new message follows the new rule");
    let waits = async || role(&application, "ann").await.is_none();
    throughout("nobody else is touched", Duration::from_secs(4), waits).await;
    assert_eq!(world.runs().await, Vec::<String>::new());
    let spec = json!({"directoryRef": {"name": "acme"}, "scope": {"rules": ["hr"]}});
    world.create::<RuleSync>(json!({"metadata": {"name": "by-hand"}, "spec": spec})).await;
    world.reads::<RuleSync>("by-hand", "Ready", "True Succeeded").await;
    let status = world.get::<RuleSync>("by-hand").await["status"].clone();
    assert_eq!((&status["phase"], &status["result"]["usersChanged"]), (&json!("Succeeded"), &json!(1)));
    assert_eq!(role(&application, "ann").await.as_deref(), Some("Designer"));
    world.reads::<UserManagementRule>("hr", "InSync", "True UpToDate").await;
    world.end().await;
}

#[tokio::test]
async fn c008_an_unknown_role_takes_nothing_away_and_an_edit_is_in_force_at_once() {
    let Some(world) = World::start("c008", "held").await else { return };
    world.directory("acme", json!({"syncPolicy": "Manual"})).await;
    let provider = world.provider().await;
    let hr = provider.post("/scim/v2/Groups", group("HR")).await;
    let application = world.application().await;
    world.rule("hr", "HR", "Designer").await;
    world.reads::<UserManagementRule>("hr", "Ready", "True Published").await;
    world.patch::<UserManagementRule>("hr", json!({"spec": {"role": "Wizard"}})).await;
    world.reads::<UserManagementRule>("hr", "Stalled", "True UnknownRole").await;
    let ann = provider.post("/scim/v2/Users", user("ann")).await;
    join(&provider, &hr, &ann).await;
    assert_eq!(role(&application, "ann").await.as_deref(), Some("Designer"), "the last accepted content is in force");

    let hash = world.get::<UserManagementRule>("hr").await["status"]["ruleHash"].clone();
    let edited = Instant::now();
    world.patch::<UserManagementRule>("hr", json!({"spec": {"role": "Developer"}})).await;
    let published = async || (world.get::<UserManagementRule>("hr").await["status"]["ruleHash"] != hash).then_some(());
    until("the edit is in force", SOON, published).await;
    eprintln!("an edit was reported in force after {:?}", edited.elapsed());
    let bob = provider.post("/scim/v2/Users", user("bob")).await;
    join(&provider, &hr, &bob).await;
    assert_eq!(role(&application, "bob").await.as_deref(), Some("Developer"));
    world.end().await;
}

async fn reaches(application: &crate::support::http::Caller, user: &str, wanted: &str) {
    let what = format!("{user} is {wanted}");
    until(&what, SOON, async || (role(application, user).await.as_deref() == Some(wanted)).then_some(())).await;
}
