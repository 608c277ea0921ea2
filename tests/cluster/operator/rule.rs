//! UserManagementRule and RuleSync: when an edit is in force, whom it reaches, and what a bad one does.

use super::world::{SOON, World, group, join, role, user};
use crate::support::http::Caller;
use crate::support::wait::{throughout, until, within};
use scim_operator::api::{RuleSync, ScimDirectory, UserManagementRule};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// How long an edited rule may still give what it gave.
const IN_FORCE_WITHIN: Duration = Duration::from_secs(1);

/// What a rule with a misspelt role says of itself.
const WIZARD: &str = "spec.role: \"Wizard\" is not a role of the directory \"acme\": write one of \"Participant\", \
    \"Designer\", \"Developer\", \"Automation Admin\", \"Global Admin\", or add it to spec.roles there; its last \
    accepted content stays in force";

/// A step of setting up, whoever takes it: the administrator or the provider.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Step {
    Rule,
    Directory,
    Group,
    Member,
}

/// Every order there is: no group can be sent to a directory that is not there, and no member before the group.
const ORDERS: [(&str, [Step; 4]); 4] = [
    ("acme", [Step::Rule, Step::Directory, Step::Group, Step::Member]),
    ("beta", [Step::Directory, Step::Rule, Step::Group, Step::Member]),
    ("gamma", [Step::Directory, Step::Group, Step::Rule, Step::Member]),
    ("delta", [Step::Directory, Step::Group, Step::Member, Step::Rule]),
];

#[tokio::test]
async fn b039_b042_b080_any_order_of_setting_up_converges() {
    let Some(world) = World::start("b042", "order").await else { return };
    futures::future::join_all(ORDERS.map(|(directory, steps)| set_up(&world, directory, steps))).await;
    world.end().await;
}

/// Sets a directory up in this order. After each step the rule stands as the steps so far make it stand, whatever their
/// order; in the end the member has what the rule gives.
async fn set_up(world: &World, directory: &str, steps: [Step; 4]) {
    let rule = format!("{directory}-hr");
    let mut hr = Value::Null;
    for (at, step) in steps.iter().enumerate() {
        match step {
            Step::Rule => world.rule_of(directory, &rule, "HR", "Designer").await,
            Step::Directory => world.directory(directory, Value::Null).await,
            Step::Group => hr = world.provider_of(directory).await.post("/scim/v2/Groups", group("HR")).await,
            Step::Member => {
                let provider = world.provider_of(directory).await;
                let ann = provider.post("/scim/v2/Users", user("ann")).await;
                join(&provider, &hr, &ann).await;
            }
        }
        for (kind, wanted) in standing(&steps[..=at]) {
            world.reads::<UserManagementRule>(&rule, kind, wanted).await;
        }
        if steps[..=at] == [Step::Rule] {
            let told = world.message::<UserManagementRule>(&rule, "Accepted").await;
            assert_eq!(told, format!("no ScimDirectory {directory} is in this namespace: make it"));
        }
    }
    let application = world.application_of(directory, &format!("{directory}-reader")).await;
    let (_, view) = application.get("/access/v1/users/ann@example.com").await;
    let given =
        json!([{"tenant": "main", "role": "Designer", "applicationGroups": [], "rules": [rule], "source": "Rules"}]);
    assert_eq!(view["tenants"], given, "{directory}: {steps:?}");
    told_once(world, &rule, "Normal", "GroupResolved").await;
}

/// How a rule must stand after these steps.
fn standing(done: &[Step]) -> &'static [(&'static str, &'static str)] {
    let is_done = |step| done.contains(&step);
    if !is_done(Step::Rule) {
        return &[];
    }
    if !is_done(Step::Directory) {
        return &[("Accepted", "False DirectoryNotFound")];
    }
    if !is_done(Step::Group) {
        return &[("Ready", "True Published"), ("IdpGroupResolved", "False GroupNotProvisioned")];
    }
    &[("Ready", "True Published"), ("IdpGroupResolved", "True GroupResolved"), ("InSync", "True UpToDate")]
}

/// One Event of this type and reason is on the rule, people see it, and further reconciles write no second one.
async fn told_once(world: &World, rule: &str, kind: &str, reason: &str) {
    let told = async || (!world.events(rule, reason).await.is_empty()).then_some(());
    until(&format!("an Event {reason} on {rule}"), SOON, told).await;
    // Reconciles of one object follow one another: once the second was done, all that the first wrote is there.
    for request in ["once", "again"] {
        world.reconciled::<UserManagementRule>(rule, request).await;
    }
    assert_eq!(world.events(rule, reason).await, [kind], "{rule}: {reason}");
    let described = world.cluster.kubectl(&["describe", "umr", rule, "-n", &world.namespace], "").await;
    let is_told = |line: &&str| line.split_whitespace().take(2).eq([kind, reason]);
    assert_eq!(described.out.lines().filter(is_told).count(), 1, "{described:?}");
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
async fn b061_b062_b064_b065_b066_manual_waits_for_a_person_and_new_messages_do_not() {
    let Some(mut world) = World::start("b065 manual", "manual").await else { return };
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

    // B064: what is owed to people already there is owed after a restart too, and nobody but a person asks for it.
    world.restart_operator().await;
    let waits = async || role(&application, "ann").await.is_none() && world.runs().await.is_empty();
    throughout("nobody else is touched and no run starts", Duration::from_secs(5), waits).await;
    assert_eq!(world.condition::<UserManagementRule>("hr", "InSync").await, "False RuleChanged");
    let done = sync(&world, "by-hand", json!({"rules": ["hr"]})).await;
    assert_eq!((&done["usersEvaluated"], &done["usersChanged"]), (&json!(2), &json!(1)));
    assert_eq!(role(&application, "ann").await.as_deref(), Some("Designer"));
    world.reads::<UserManagementRule>("hr", "InSync", "True UpToDate").await;

    // B061: a deleted rule is remembered by those who hold something from it.
    world.delete::<UserManagementRule>("hr").await;
    until("the deletion is in force", SOON, async || {
        (world.get::<ScimDirectory>("acme").await["status"]["rules"]["total"] == 5).then_some(())
    })
    .await;
    assert_eq!(role(&application, "ann").await.as_deref(), Some("Designer"), "a deletion waits for a person too");
    let done = sync(&world, "after-deletion", json!({"rules": ["hr"]})).await;
    assert_eq!((&done["usersEvaluated"], &done["revoked"]), (&json!(2), &json!(2)));
    assert_eq!((role(&application, "ann").await, role(&application, "bob").await), (None, None));

    // B062: everybody is evaluated, and a rule made in the same breath counts.
    provider.post("/scim/v2/Users", user("cy")).await;
    world.rule("staff", "HR", "Developer").await;
    let done = sync(&world, "everyone", json!({"all": {}})).await;
    assert_eq!((&done["usersEvaluated"], &done["granted"]), (&json!(3), &json!(2)));
    assert_eq!(role(&application, "bob").await.as_deref(), Some("Developer"));
    world.reads::<UserManagementRule>("staff", "InSync", "True UpToDate").await;
    assert_eq!(world.runs().await, ["after-deletion", "by-hand", "everyone"], "those that a person asked for");
    world.end().await;
}

/// Asks for a run and waits until it has ended well; answers what it did.
async fn sync(world: &World, name: &str, scope: Value) -> Value {
    let spec = json!({"directoryRef": {"name": "acme"}, "scope": scope});
    world.create::<RuleSync>(json!({"metadata": {"name": name}, "spec": spec})).await;
    world.reads::<RuleSync>(name, "Ready", "True Succeeded").await;
    let status = world.get::<RuleSync>(name).await["status"].clone();
    assert_eq!(status["phase"], "Succeeded");
    status["result"].clone()
}

#[tokio::test]
async fn c008_an_unknown_role_takes_nothing_away_and_the_next_edit_heals_it() {
    let Some(world) = World::start("c008", "held").await else { return };
    world.directory("acme", Value::Null).await;
    let provider = world.provider().await;
    let hr = provider.post("/scim/v2/Groups", group("HR")).await;
    let (ann, bob) =
        (provider.post("/scim/v2/Users", user("ann")).await, provider.post("/scim/v2/Users", user("bob")).await);
    let application = world.application().await;
    world.rule("hr", "HR", "Designer").await;
    world.reads::<UserManagementRule>("hr", "Ready", "True Published").await;
    join(&provider, &hr, &ann).await;
    assert_eq!(role(&application, "ann").await.as_deref(), Some("Designer"));

    world.patch::<UserManagementRule>("hr", json!({"spec": {"role": "Wizard"}})).await;
    world.reads::<UserManagementRule>("hr", "Stalled", "True UnknownRole").await;
    for kind in ["Ready", "Accepted", "Stalled"] {
        assert_eq!(world.message::<UserManagementRule>("hr", kind).await, WIZARD, "{kind}");
    }
    // Longer than an automatic run would wait for a batch to settle.
    let keeps = async || role(&application, "ann").await.as_deref() == Some("Designer");
    throughout("who is there keeps what they have", Duration::from_secs(4), keeps).await;
    join(&provider, &hr, &bob).await;
    assert_eq!(role(&application, "bob").await.as_deref(), Some("Designer"), "the last accepted content is in force");
    told_once(&world, "hr", "Warning", "UnknownRole").await;
    assert_eq!(world.runs().await, Vec::<String>::new(), "nothing has changed for anybody");

    edit(&world, (&provider, &application), (&hr, &ann), "Developer").await;
    world.reads::<UserManagementRule>("hr", "Ready", "True Published").await;
    assert_eq!(world.condition::<UserManagementRule>("hr", "Stalled").await, "absent");
    reaches(&application, "bob", "Developer").await;
    world.end().await;
}

#[tokio::test]
async fn b065_an_edit_is_in_force_within_a_second_also_right_after_a_restart() {
    let Some(mut world) = World::start("b065 second", "second").await else { return };
    world.directory("acme", json!({"syncPolicy": "Manual"})).await;
    let provider = world.provider().await;
    let (hr, ann) =
        (provider.post("/scim/v2/Groups", group("HR")).await, provider.post("/scim/v2/Users", user("ann")).await);
    let application = world.application().await;
    world.rule("hr", "HR", "Designer").await;
    world.reads::<UserManagementRule>("hr", "Ready", "True Published").await;
    let mut roles = ["Developer", "Designer"].into_iter().cycle();
    within("an edit is in force", IN_FORCE_WITHIN, async || {
        edit(&world, (&provider, &application), (&hr, &ann), roles.next().unwrap()).await
    })
    .await;
    let mut roles = ["Participant", "Global Admin"].into_iter().cycle();
    within("an edit right after a restart is in force", IN_FORCE_WITHIN, async || {
        world.stop_operator().await;
        world.start_operator().await;
        edit(&world, (&provider, &application), (&hr, &ann), roles.next().unwrap()).await
    })
    .await;
    assert_eq!(world.runs().await, Vec::<String>::new(), "neither edit nor restart started a run");
    world.end().await;
}

/// Gives the rule `hr` another role, and sends the same membership again until that is what it gives; answers how long
/// this took. Nobody but the endpoint's own evaluation of messages is asked.
async fn edit(
    world: &World,
    (provider, application): (&Caller, &Caller),
    (hr, ann): (&Value, &Value),
    wanted: &str,
) -> Duration {
    let edited = Instant::now();
    world.patch::<UserManagementRule>("hr", json!({"spec": {"role": wanted}})).await;
    until(&format!("messages are evaluated with {wanted}"), SOON, async || {
        join(provider, hr, ann).await;
        (role(application, "ann").await.as_deref() == Some(wanted)).then_some(())
    })
    .await;
    edited.elapsed()
}

async fn reaches(application: &Caller, user: &str, wanted: &str) {
    let what = format!("{user} is {wanted}");
    until(&what, SOON, async || (role(application, user).await.as_deref() == Some(wanted)).then_some(())).await;
}
