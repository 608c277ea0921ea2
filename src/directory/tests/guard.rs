//! The guard: what waits, what is held, what lets it in (reading 23).

use super::explain::without_runner;
use super::{World, all, document, partial, rule};
use crate::access::{Guard, Ladder, Rule};
use crate::config::{Document, ManualGrantRequest, Phase, Publication, RunRequest, SyncPolicy};
use crate::directory::Actor;
use serde_json::json;

/// Under `Automatic`, where two people may lose something at once.
fn automatic(rules: &[Rule]) -> Document {
    let guard = Guard { max_revoked_users: 2, max_revoked_percent: 100 };
    Document { sync_policy: SyncPolicy::Automatic, guard, ..document(rules) }
}

fn designers() -> Rule {
    rule("d", "Designers", "Designer")
}

/// Three people in *Designers*, and the rule on it in force.
async fn three_designers(document: Document) -> World {
    let world = World::with(&[]).await;
    world.publish_document(document).await;
    world.judged().await;
    let users = world.users(3).await;
    world.group("Designers", &users.iter().map(String::as_str).collect::<Vec<_>>()).await;
    assert_eq!(all_roles(&world).await, ["main=Designer"; 3]);
    world
}

/// What the three hold.
async fn all_roles(world: &World) -> Vec<String> {
    let mut roles = Vec::new();
    for n in 0..3 {
        roles.extend(world.roles(&format!("user{n}")).await);
    }
    roles
}

/// How a rule stands: whether there is content in force, and why it is not in sync.
async fn standing(world: &World, name: &str) -> Option<(bool, Option<String>)> {
    let state = world.state().await.rules.into_iter().find(|rule| rule.name == name);
    state.map(|rule| (rule.hash.is_some(), rule.reason))
}

fn held() -> Option<(bool, Option<String>)> {
    Some((true, Some("RevocationHeld".to_owned())))
}

#[tokio::test]
async fn c003_what_would_take_too_much_is_held_and_the_content_before_it_stays_for_messages_and_runs() {
    let world = three_designers(automatic(&[designers()])).await;
    let published = world.publish_document(automatic(&[])).await;
    world.judged().await;
    let state = world.state().await;
    let verdict = state.held.unwrap();
    assert_eq!((verdict.rules, verdict.roles, verdict.users_losing), (vec!["d".to_owned()], false, 3));
    assert!(verdict.reason.contains("guard.maxRevokedUsers is 2"), "{}", verdict.reason);
    assert_eq!((verdict.revision, state.revision), (published.revision + 1, published.revision + 1));
    assert_eq!(world.directory.published().await.unwrap().content_hash, published.content_hash);
    assert_eq!(standing(&world, "d").await, held());
    let newcomer = world.user("newcomer").await;
    let joins = json!([{ "op": "add", "path": "members", "value": [{ "value": newcomer }] }]);
    world.patch_group(&id_of(&world, "Designers").await, joins).await;
    assert_eq!(world.roles("newcomer").await, ["main=Designer"], "messages go by the content before");
    let run = world.run(partial("r", &["d"], None)).await;
    assert_eq!((run.phase, run.result.users_evaluated, run.result.users_changed), (Phase::Succeeded, 4, 0));
    let world = world.restarted().await;
    world.judged().await;
    assert_eq!(world.state().await.revision, published.revision + 1, "it is not weighed again");
    assert_eq!((all_roles(&world).await.len(), standing(&world, "d").await), (3, held()));
}

/// The id of a group.
async fn id_of(world: &World, group: &str) -> String {
    let groups = world.directory.inner.store.groups(
        crate::store::GroupSelect::Name(crate::access::fold(group)),
        crate::store::Page { start: crate::store::Start::Offset(0), limit: 1, count_all: false },
        false,
        None,
    );
    groups.await.unwrap().rows[0].0.id.to_string()
}

#[tokio::test]
async fn c003_a_run_that_confirms_enough_lets_it_in_and_one_that_confirms_too_little_is_held() {
    let world = three_designers(automatic(&[designers()])).await;
    world.publish_document(automatic(&[])).await;
    let dry = world.run(RunRequest { dry_run: true, ..partial("dry", &["d"], None) }).await;
    assert_eq!((dry.phase, dry.would_be_held, dry.users_losing), (Phase::Succeeded, true, Some(3)));
    let short = world.run(partial("short", &["d"], Some(2))).await;
    assert_eq!((short.phase, short.reason.as_deref()), (Phase::Held, Some("RevocationHeld")));
    let message = short.message.unwrap();
    assert_eq!(message, "3 people would lose access, and allowRevocations.upTo is 2");
    assert_eq!((short.result.revoked, short.progress.processed, short.users_losing), (3, 0, Some(3)));
    assert_eq!(world.directory.run_changes("short", None, 10).await.unwrap().unwrap().changes.len(), 3);
    assert_eq!((all_roles(&world).await.len(), standing(&world, "d").await), (3, held()), "nothing was written");
    let enough = world.run(partial("enough", &["d"], Some(3))).await;
    assert_eq!((enough.phase, enough.result.revoked), (Phase::Succeeded, 3));
    let state = world.state().await;
    assert!(all_roles(&world).await.is_empty() && state.held.is_none() && state.rules.is_empty());
}

#[tokio::test]
async fn c003_a_run_over_everybody_that_confirms_lets_everything_in() {
    let world = three_designers(automatic(&[designers()])).await;
    world.publish_document(automatic(&[rule("d", "Painters", "Designer")])).await;
    world.judged().await;
    let allow_revocations = partial("r", &[], Some(3)).allow_revocations;
    let run = world.run(RunRequest { allow_revocations, ..all("r") }).await;
    assert_eq!((run.phase, run.result.revoked, run.result.users_evaluated), (Phase::Succeeded, 3, 3));
    assert_eq!(standing(&world, "d").await, Some((true, None)), "the new content has reached everybody");
    assert!(all_roles(&world).await.is_empty());
}

#[tokio::test]
async fn c003_what_takes_little_is_weighed_and_let_in() {
    let world = three_designers(automatic(&[designers(), rule("p", "Painters", "Participant")])).await;
    let ada = world.user("ada").await;
    world.group("Painters", &[&ada]).await;
    let published = world.publish_document(automatic(&[designers()])).await;
    world.judged().await;
    let state = world.state().await;
    assert_eq!((state.held, state.revision), (None, published.revision + 1));
    assert_eq!(standing(&world, "p").await, Some((false, Some("RuleChanged".to_owned()))));
    assert_eq!(world.run(partial("r", &["p"], None)).await.result.revoked, 1);
    assert_eq!(standing(&world, "p").await, None);
}

#[tokio::test]
async fn c003_the_share_of_the_managed_people_is_a_limit_once_ten_are_managed() {
    let limits = |rules: &[Rule]| {
        let guard = Guard { max_revoked_users: 1_000, max_revoked_percent: 20 };
        Document { guard, ..automatic(rules) }
    };
    let painters = rule("p", "Painters", "Developer");
    for (managed, is_held) in [(9, false), (10, true), (15, false)] {
        let world = World::with(&[]).await;
        world.publish_document(limits(&[designers(), painters.clone()])).await;
        let users = world.users(managed).await;
        let users: Vec<&str> = users.iter().map(String::as_str).collect();
        world.group("Designers", &users).await;
        world.group("Painters", &users[..3]).await;
        world.publish_document(limits(&[designers()])).await;
        world.judged().await;
        let held = world.state().await.held;
        assert_eq!(held.is_some(), is_held, "3 of {managed} would be demoted: {held:?}");
    }
}

#[tokio::test]
async fn c003_the_last_active_holder_of_the_top_role_keeps_it() {
    let lords = |role: &str| automatic(&[rule("a", "Admins", role), rule("o", "Owners", "Global Admin")]);
    let world = World::with(&[]).await;
    world.publish_document(lords("Global Admin")).await;
    let (ada, bob) = (world.user("ada").await, world.user("bob").await);
    world.group("Admins", &[&ada]).await;
    world.group("Owners", &[&bob]).await;
    let active = async |active: bool| {
        let body = json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
            "Operations": [{ "op": "replace", "path": "active", "value": active }] });
        world.directory.patch_user(&Actor::default(), &bob, body).await.unwrap();
    };
    active(false).await;
    world.publish_document(lords("Designer")).await;
    world.judged().await;
    let verdict = world.state().await.held.unwrap();
    assert!(verdict.reason.starts_with("nobody active would have the top role"), "{}", verdict.reason);
    active(true).await;
    world.publish_document(Document { tenant: "main".to_owned(), ..lords("Developer") }).await;
    world.judged().await;
    assert_eq!(world.state().await.held, None, "another active person has it");
    assert_eq!(world.run(partial("r", &["a"], None)).await.result.demoted, 1);
}

#[tokio::test]
async fn c003_a_small_change_is_not_kept_waiting_by_a_large_one_that_is_held() {
    let painters = rule("p", "Painters", "Participant");
    let world = three_designers(automatic(&[designers(), painters.clone()])).await;
    let ada = world.user("ada").await;
    world.group("Painters", &[&ada]).await;
    world.publish_document(automatic(&[painters])).await;
    world.judged().await;
    world.publish_document(automatic(&[])).await;
    world.judged().await;
    let verdict = world.state().await.held.unwrap();
    assert_eq!((verdict.rules, verdict.users_losing), (vec!["d".to_owned()], 3));
    assert_eq!((standing(&world, "d").await, standing(&world, "p").await.unwrap().0), (held(), false));
    assert_eq!(world.run(partial("r", &["p", "d"], None)).await.result.revoked, 1);
    assert_eq!(all_roles(&world).await.len(), 3);
}

#[tokio::test]
async fn c003_a_rule_that_is_deleted_and_made_again_is_one_change() {
    let world = three_designers(automatic(&[designers()])).await;
    world.publish_document(automatic(&[])).await;
    world.judged().await;
    world.publish_document(automatic(&[designers()])).await;
    world.judged().await;
    assert_eq!((world.state().await.held, standing(&world, "d").await), (None, Some((true, None))));
    assert_eq!(all_roles(&world).await.len(), 3);
}

#[tokio::test]
async fn c003_a_new_rule_that_would_end_many_grants_made_by_hand_is_held() {
    let world = World::with(&[]).await;
    world.publish_document(automatic(&[])).await;
    let users = world.users(3).await;
    let group = world.group("Designers", &users.iter().map(String::as_str).collect::<Vec<_>>()).await;
    for n in 0..3 {
        let (user_name, tenant, role) = (format!("user{n}"), "main".to_owned(), "Global Admin".to_owned());
        let asked = ManualGrantRequest { user_name, tenant, role, application_groups: Vec::new() };
        world.directory.grant(asked, &Actor::default()).await.unwrap();
    }
    let off = Rule { enabled: false, ..rule("off", "Designers", "Developer") };
    world.publish_document(automatic(&[designers(), off])).await;
    world.judged().await;
    let verdict = world.state().await.held.unwrap();
    assert_eq!((verdict.rules, verdict.users_losing), (vec!["d".to_owned()], 3));
    assert_eq!(standing(&world, "d").await, Some((false, Some("RevocationHeld".to_owned()))));
    let newcomer = world.user("newcomer").await;
    let joins = json!([{ "op": "add", "path": "members", "value": [{ "value": newcomer }, { "value": users[0] }] }]);
    world.patch_group(&group, joins).await;
    assert_eq!(all_roles(&world).await, ["main=Global Admin"; 3], "messages do not go by it either");
    world.publish_document(automatic(&[rule("off", "Designers", "Developer")])).await;
    world.judged().await;
    assert_eq!(world.state().await.held.unwrap().rules, ["off"], "nor by one that is enabled");
    assert_eq!(all_roles(&world).await, ["main=Global Admin"; 3]);
    assert_eq!(world.run(partial("confirmed", &["off"], Some(3))).await.result.demoted, 3);
    assert_eq!(all_roles(&world).await, ["main=Developer"; 3]);
    let rules = [rule("new", "Painters", "Developer"), rule("off", "Designers", "Developer")];
    world.publish_document(automatic(&rules)).await;
    assert!(world.directory.in_force().waiting().is_empty(), "nobody holds anything by hand any more");
}

#[tokio::test]
async fn c003_another_order_of_roles_takes_from_whoever_falls_by_the_order_before() {
    let participants = rule("p", "Designers", "Participant");
    let world = three_designers(automatic(&[designers(), participants.clone()])).await;
    let mut turned = automatic(&[designers(), participants]);
    let mut roles = turned.roles.roles().to_vec();
    roles.swap(0, 1);
    turned.roles = crate::access::Ladder::new(roles);
    world.publish_document(turned).await;
    world.judged().await;
    let verdict = world.state().await.held.unwrap();
    assert_eq!((verdict.roles, verdict.users_losing), (true, 3), "by the new order they would rise");
    let run = world.run(all("everybody")).await;
    assert_eq!((run.phase, all_roles(&world).await), (Phase::Succeeded, vec!["main=Designer".to_owned(); 3]));
}

#[tokio::test]
async fn c003_under_manual_content_is_in_force_at_once_and_only_the_run_is_held() {
    let manual = |rules: &[Rule]| Document { sync_policy: SyncPolicy::Manual, ..automatic(rules) };
    let world = three_designers(manual(&[designers()])).await;
    world.publish_document(manual(&[])).await;
    assert!(world.directory.in_force().waiting().is_empty());
    let run = world.run(partial("r", &["d"], None)).await;
    assert_eq!((run.phase, run.users_losing), (Phase::Held, Some(3)));
    assert!(run.message.unwrap().contains("maxRevokedUsers"));
    assert_eq!(all_roles(&world).await.len(), 3);
    world.group("Painters", &[&world.access("user0").await.id]).await;
    assert_eq!(all_roles(&world).await.len(), 2, "a message goes by the new content");
    assert_eq!(world.run(partial("again", &["d"], Some(2))).await.result.revoked, 2);
    assert!(all_roles(&world).await.is_empty());
}

#[tokio::test]
async fn c003_what_the_provider_asks_for_is_never_held() {
    let world = three_designers(automatic(&[designers()])).await;
    world.directory.delete_group(&Actor::default(), &id_of(&world, "Designers").await).await.unwrap();
    assert!(all_roles(&world).await.is_empty());
    assert_eq!(world.state().await.held, None);
}

#[tokio::test]
async fn what_was_published_and_not_judged_when_the_process_ended_is_judged_after_the_restart() {
    let world = three_designers(automatic(&[designers()])).await;
    // Closed before the runner can come to it, or after.
    world.publish_document(automatic(&[])).await;
    let world = world.restarted().await;
    world.judged().await;
    assert_eq!((standing(&world, "d").await, all_roles(&world).await.len()), (held(), 3));
}

#[tokio::test]
async fn c009_a_new_owner_begins_with_all_of_its_content_in_force() {
    let world = three_designers(automatic(&[designers()])).await;
    let mut document = automatic(&[]);
    "sales".clone_into(&mut document.directory.name);
    let publication = Publication {
        directory_uid: document.directory.uid.clone(),
        epoch: 0,
        if_revision: world.directory.in_force().revision,
        revocation_floor: 0,
        take: Some(world.directory.store_id().to_owned()),
        content_hash: document.content_hash(),
        document,
    };
    world.directory.publish(publication).await.unwrap();
    assert!(world.directory.in_force().waiting().is_empty());
}

/// The roles with one more on top, `Owner`.
fn with_owner(rules: &[Rule]) -> Document {
    let mut roles = Ladder::default().roles().to_vec();
    roles.push("Owner".to_owned());
    Document { roles: Ladder::new(roles), ..automatic(rules) }
}

/// Somebody with the top role, and somebody else in *Owners*, which no rule is about.
async fn admin_and_owner_to_be() -> (World, Rule) {
    let admins = rule("g", "Admins", "Global Admin");
    let world = World::with(&[]).await;
    world.publish_document(automatic(std::slice::from_ref(&admins))).await;
    let (ada, bob) = (world.user("ada").await, world.user("bob").await);
    world.group("Admins", &[&ada]).await;
    world.group("Owners", &[&bob]).await;
    assert_eq!(world.roles("ada").await, ["main=Global Admin"]);
    (world, admins)
}

#[tokio::test]
async fn c003_a_new_top_role_that_nobody_would_have_is_held_until_a_run_confirms_it() {
    let (world, admins) = admin_and_owner_to_be().await;
    world.publish_document(with_owner(std::slice::from_ref(&admins))).await;
    world.judged().await;
    let verdict = world.state().await.held.unwrap();
    assert_eq!((verdict.rules.len(), verdict.roles, verdict.users_losing), (0, true, 0));
    assert!(verdict.reason.starts_with("nobody active would have the top role"), "{}", verdict.reason);
    assert_eq!(world.directory.in_force().enforced.roles, Ladder::default(), "the roles before stay in force");
    assert_eq!(standing(&world, "g").await, held());
    let allow_revocations = partial("r", &[], Some(0)).allow_revocations;
    assert_eq!(world.run(RunRequest { allow_revocations, ..all("r") }).await.phase, Phase::Succeeded);
    assert_eq!(world.directory.in_force().enforced.roles, with_owner(&[]).roles);
    assert_eq!((world.state().await.held, standing(&world, "g").await), (None, Some((true, None))));
}

#[tokio::test]
async fn c003_a_new_top_role_comes_into_force_together_with_a_rule_that_gives_it_to_somebody_active() {
    let (world, admins) = admin_and_owner_to_be().await;
    world.publish_document(with_owner(&[admins, rule("o", "Owners", "Owner")])).await;
    world.judged().await;
    assert_eq!(world.state().await.held, None);
    assert_eq!(world.directory.in_force().enforced.roles, with_owner(&[]).roles);
    assert_eq!(world.run(all("r")).await.phase, Phase::Succeeded);
    assert_eq!(world.roles("ada").await, ["main=Global Admin"]);
    assert_eq!(world.roles("bob").await, ["main=Owner"]);
}

#[tokio::test]
async fn c003_a_rule_deleted_and_made_again_otherwise_before_it_was_judged_is_one_change() {
    let world = three_designers(automatic(&[designers()])).await;
    without_runner(&world).await;
    world.publish_document(automatic(&[])).await;
    world.publish_document(automatic(&[rule("d", "Designers", "Developer")])).await;
    assert!(world.directory.in_force().waiting().is_empty(), "in all it only gives");
    world.publish_document(automatic(&[])).await;
    world.publish_document(automatic(&[rule("d", "Designers", "Participant")])).await;
    assert_eq!(world.directory.in_force().waiting().rules, ["d"]);
    let world = world.restarted().await;
    world.judged().await;
    let verdict = world.state().await.held.unwrap();
    assert_eq!((verdict.rules, verdict.users_losing), (vec!["d".to_owned()], 3));
    assert_eq!((standing(&world, "d").await, all_roles(&world).await), (held(), vec!["main=Designer".to_owned(); 3]));
    let run = world.run(partial("r", &["d"], Some(3))).await;
    assert_eq!((run.phase, run.result.demoted, run.result.revoked), (Phase::Succeeded, 3, 0), "they fall, once");
    assert_eq!(all_roles(&world).await, ["main=Participant"; 3]);
}

#[tokio::test]
async fn c003_a_confirmation_is_one_of_the_percent_limit_too() {
    let limits = |rules: &[Rule]| {
        let guard = Guard { max_revoked_users: 1_000, max_revoked_percent: 20 };
        Document { guard, ..automatic(rules) }
    };
    let world = World::with(&[]).await;
    world.publish_document(limits(&[designers(), rule("p", "Painters", "Developer")])).await;
    let users = world.users(10).await;
    let users: Vec<&str> = users.iter().map(String::as_str).collect();
    world.group("Designers", &users).await;
    world.group("Painters", &users[..3]).await;
    world.publish_document(limits(&[designers()])).await;
    world.judged().await;
    let verdict = world.state().await.held.unwrap();
    assert!(verdict.reason.contains("guard.maxRevokedPercent is 20"), "{}", verdict.reason);
    let short = world.run(partial("short", &["p"], Some(2))).await;
    assert_eq!((short.phase, short.users_losing), (Phase::Held, Some(3)));
    let enough = world.run(partial("enough", &["p"], Some(3))).await;
    assert_eq!((enough.phase, enough.result.demoted), (Phase::Succeeded, 3));
    assert_eq!((world.state().await.held, standing(&world, "p").await), (None, None));
}

#[tokio::test]
async fn c003_a_run_that_was_held_runs_again_when_it_is_made_again() {
    let manual = |max_revoked_users: u64, rules: &[Rule]| {
        let guard = Guard { max_revoked_users, max_revoked_percent: 100 };
        Document { guard, ..document(rules) }
    };
    let world = three_designers(manual(2, &[designers()])).await;
    world.publish_document(manual(2, &[])).await;
    let ask = async |uid: &str| {
        let asked = world.directory.request_run(Some(uid), partial("r", &["d"], None), &Actor::default()).await;
        assert_eq!(asked.unwrap().reason, None, "{uid}");
        world.ended(uid).await
    };
    for uid in ["uid-1", "uid-2"] {
        let run = ask(uid).await;
        assert_eq!((run.phase, run.reason.as_deref()), (Phase::Held, Some("RevocationHeld")), "{uid}");
    }
    world.publish_document(manual(3, &[])).await;
    let run = ask("uid-3").await;
    assert_eq!((run.phase, run.reason, run.result.revoked), (Phase::Succeeded, None, 3));
    assert!(all_roles(&world).await.is_empty());
}

#[tokio::test]
async fn c003_the_same_confirmation_again_confirms_what_waits_by_then() {
    let world = three_designers(automatic(&[designers()])).await;
    for nth in ["first", "second"] {
        world.publish_document(automatic(&[])).await;
        world.judged().await;
        assert_eq!(standing(&world, "d").await, held(), "{nth}");
        let plain = RunRequest { nonce: nth.to_owned(), ..partial("plain", &["d"], None) };
        let plain = world.run(plain).await;
        assert_eq!((plain.phase, plain.result.revoked), (Phase::Succeeded, 0), "{nth}");
        assert!(plain.message.unwrap().contains("not in force, and left out: d"), "{nth}");
        let run = world.run(partial("confirm", &["d"], Some(3))).await;
        assert_eq!((run.phase, run.reason, run.result.revoked), (Phase::Succeeded, None, 3), "{nth}");
        assert_eq!(run.message.as_deref(), Some("no rule of the directory by now: d"));
        world.publish_document(automatic(&[designers()])).await;
        world.judged().await;
        assert_eq!(world.run(RunRequest { nonce: nth.to_owned(), ..all("again") }).await.result.granted, 3);
    }
}
