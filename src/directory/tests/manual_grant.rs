//! Grants made by hand: for whom, until when, and what becomes of them when the person is provisioned
//! (B083, B084; readings 3 and 24).

use super::causes::{member, request};
use super::sign_in::{on, signing_in, vouched};
use super::{World, all, rule};
use crate::access::Source;
use crate::config::{ManualGrant, ManualGrantRequest, SubjectAttribute};
use crate::directory::{AccessQuery, Actor, Error, Vouched};
use crate::scim;
use serde_json::{Value, json};
use std::time::Duration;

fn of(user_name: &str, tenant: &str, role: &str) -> ManualGrantRequest {
    let (user_name, tenant, role) = (user_name.to_owned(), tenant.to_owned(), role.to_owned());
    ManualGrantRequest { user_name, tenant, role, application_groups: Vec::new() }
}

async fn grant(world: &World, user_name: &str, tenant: &str, role: &str) -> ManualGrant {
    world.directory.grant(of(user_name, tenant, role), &request("by hand")).await.unwrap()
}

fn person(user_name: &str, active: bool) -> Value {
    let schema = "urn:ietf:params:scim:schemas:core:2.0:User";
    json!({ "schemas": [schema], "userName": user_name, "active": active })
}

#[tokio::test]
async fn b083_whom_rules_manage_gets_no_grant_by_hand_and_is_told_which_rules() {
    let world = World::with(&[rule("d", "Designers", "Designer")]).await;
    let ada = world.user("ada").await;
    let designers = world.group("Designers", &[&ada]).await;
    let refused = async || match world.directory.grant(of("ada", "hr", "Developer"), &Actor::default()).await {
        Err(Error::ManagedByRules(why)) => why,
        other => panic!("{other:?}"),
    };
    assert!(refused().await.contains(": d. Change"), "{}", refused().await);
    world.patch_group_as("out", &designers, member("remove", &ada)).await;
    grant(&world, "ADA", "hr", "Developer").await;
    assert_eq!(world.roles("ada").await, ["hr=Developer"], "no rule manages her any more");
    let view = world.access("ada").await;
    assert_eq!((view.managed, view.stored_grants[0].source), (false, Source::Manual));
}

#[tokio::test]
async fn b083_a_rule_that_matches_counts_before_anything_has_brought_it_to_the_person() {
    let world = World::with(&[]).await;
    let ada = world.user("ada").await;
    world.group("Designers", &[&ada]).await;
    world.publish(&[rule("d", "Designers", "Designer")]).await;
    assert!(world.roles("ada").await.is_empty());
    let refused = world.directory.grant(of("ada", "hr", "Developer"), &Actor::default()).await;
    assert!(matches!(refused, Err(Error::ManagedByRules(_))), "the next message would end it");
}

#[tokio::test]
async fn b084_a_role_from_before_ends_with_the_first_match_and_never_comes_back() {
    let world = World::with(&[rule("p", "Participants", "Participant")]).await;
    let ada = world.user("ada").await;
    let participants = world.group("Participants", &[]).await;
    grant(&world, "ada", "main", "Developer").await;
    grant(&world, "ada", "hr", "Designer").await;
    assert_eq!(world.roles("ada").await, ["hr=Designer", "main=Developer"]);
    world.patch_user_as("title", &ada, json!([{ "op": "add", "path": "title", "value": "Countess" }])).await;
    assert_eq!(world.roles("ada").await, ["hr=Designer", "main=Developer"], "while nothing matches they stay");
    world.patch_group_as("in", &participants, member("add", &ada)).await;
    assert_eq!(world.roles("ada").await, ["main=Participant"]);
    world.patch_group_as("out", &participants, member("remove", &ada)).await;
    assert!(world.roles("ada").await.is_empty(), "and not Developer");
}

#[tokio::test]
async fn an_account_is_shown_with_everybody_and_a_post_with_its_name_takes_it_over() {
    let world = World::with(&[]).await;
    world.user("ada").await;
    let made = grant(&world, "Eve", "main", "Developer").await;
    grant(&world, "eve", "hr", "Designer").await;
    world.user("bob").await;
    let page = async |query: AccessQuery| {
        let page = world.directory.access_page(&query).await.unwrap();
        page.users.into_iter().map(|view| view.user_name).collect::<Vec<_>>()
    };
    let all = || AccessQuery { count: 10, ..AccessQuery::default() };
    assert_eq!(page(all()).await, ["ada", "Eve", "bob"], "in the order of ids");
    assert_eq!(page(AccessQuery { tenant: Some("hr".to_owned()), ..all() }).await, ["Eve"]);
    assert_eq!(page(AccessQuery { managed: Some(false), ..all() }).await, ["ada", "Eve", "bob"]);
    assert!(page(AccessQuery { managed: Some(true), ..all() }).await.is_empty());
    let filter = scim::Filter::parse("userName pr", scim::ResourceKind::USER, &scim::Reading::default()).unwrap();
    assert_eq!(page(AccessQuery { filter: Some(filter), ..all() }).await, ["ada", "bob"]);
    let end = world.directory.feed_position().await.unwrap();
    let user = world.directory.create_user(&Actor::default(), person("EVE", true)).await.unwrap();
    assert_eq!(user["id"], made.user.as_str(), "the same id");
    assert_eq!(world.roles("eve").await, ["hr=Designer", "main=Developer"]);
    assert_eq!(page(all()).await, ["ada", "EVE", "bob"]);
    let changes = world.directory.changes(Some(&end), Duration::ZERO, 10).await.unwrap().changes;
    assert!(changes.is_empty(), "she may do what she might: {changes:?}");
    let again = world.directory.create_user(&Actor::default(), person("eve", true)).await;
    assert!(matches!(again, Err(Error::Scim(error)) if error.status == 409));
    let world = world.restarted().await;
    assert_eq!(world.access(&made.user).await.user_name, "EVE");
}

#[tokio::test]
async fn pages_of_users_and_accounts_together_leave_nobody_out() {
    let world = World::with(&[]).await;
    let mut expected = Vec::new();
    for n in 0..9 {
        let name = format!("somebody{n}");
        if n % 2 == 0 {
            world.user(&name).await;
        } else {
            grant(&world, &name, "main", "Developer").await;
        }
        expected.push(name);
    }
    for count in [1, 2, 4, 9] {
        let (mut seen, mut cursor) = (Vec::new(), None);
        loop {
            let query = AccessQuery { cursor, count, ..AccessQuery::default() };
            let page = world.directory.access_page(&query).await.unwrap();
            assert!(page.users.len() as u64 <= count);
            seen.extend(page.users.into_iter().map(|view| view.user_name));
            cursor = page.next;
            if cursor.is_none() {
                break;
            }
        }
        assert_eq!(seen, expected, "in pages of {count}");
    }
}

#[tokio::test]
async fn who_is_taken_over_inactive_may_do_nothing_until_that_changes() {
    let world = World::with(&[]).await;
    let made = grant(&world, "eve", "main", "Developer").await;
    let end = world.directory.feed_position().await.unwrap();
    world.directory.create_user(&Actor::default(), person("eve", false)).await.unwrap();
    let view = world.access(&made.user).await;
    assert_eq!((view.tenants.len(), view.stored_grants.len()), (0, 1));
    let changes = world.directory.changes(Some(&end), Duration::ZERO, 10).await.unwrap().changes;
    assert_eq!((changes.len(), changes[0].before.len(), changes[0].after.len()), (1, 1, 0));
}

#[tokio::test]
async fn a_user_is_not_renamed_to_an_accounts_name() {
    let world = World::with(&[]).await;
    let ada = world.user("ada").await;
    let made = grant(&world, "eve", "main", "Developer").await;
    let refused = world.directory.replace_user(&Actor::default(), &ada, person("Eve", true)).await;
    assert!(matches!(refused, Err(Error::Scim(error)) if error.status == 409 && error.detail.contains("account")));
    assert!(world.directory.end_grant(&made.id, &Actor::default()).await.unwrap());
    world.directory.replace_user(&Actor::default(), &ada, person("Eve", true)).await.unwrap();
}

#[tokio::test]
async fn b083_an_account_that_named_itself_by_signing_in_gets_nothing_by_that_name() {
    let world = World::with(&[]).await;
    world.publish_document(signing_in(&[], SubjectAttribute::ExternalId, on())).await;
    let chosen = Vouched { user_name: Some("boss".to_owned()), ..vouched("s-1", "e-1") };
    let stranger = world.sign_in(&chosen).await.unwrap();
    let refused = world.directory.grant(of("BOSS", "main", "Developer"), &Actor::default()).await;
    let Err(Error::ManagedByRules(why)) = refused else { panic!("{refused:?}") };
    assert!(why.contains(&stranger.id) && why.contains("provision the person over SCIM"), "{why}");
    assert_eq!(world.roles("boss").await, ["main=Participant"]);
    let guest = grant(&world, "guest", "main", "Developer").await;
    grant(&world, "guest", "hr", "Developer").await;
    assert_ne!(guest.user, stranger.id, "who has not signed in is nobody else");
    // The provider says who it is: the name is not the person's own choice any more.
    world.directory.create_user(&Actor::default(), person("boss", true)).await.unwrap();
    grant(&world, "boss", "main", "Developer").await;
}

#[tokio::test]
async fn b083_where_people_are_found_by_their_user_name_a_grant_is_for_whoever_has_signed_in_by_it() {
    let world = World::signing_in(&[], on()).await;
    let eve = world.comes("eve").await;
    assert_eq!(grant(&world, "eve", "main", "Developer").await.user, eve.id);
    assert_eq!(world.roles("eve").await, ["main=Developer"]);
}

#[tokio::test]
async fn a_grant_is_replaced_in_its_tenant_and_ended_by_its_id() {
    let world = World::with(&[]).await;
    let first = grant(&world, "eve", "hr/süd", "Developer").await;
    let second = grant(&world, "eve", "hr/süd", "Designer").await;
    assert_eq!(first.id, second.id);
    grant(&world, "eve", "main", "Developer").await;
    assert_eq!(world.roles("eve").await, ["hr/süd=Designer", "main=Developer"]);
    let by = Actor::default();
    let user = second.user;
    assert!(!world.directory.end_grant(&format!("{user}.elsewhere"), &by).await.unwrap());
    for unknown in ["", "nonsense", "0198c6a7-3c00-7abc-8def-0123456789ab.main"] {
        assert!(!world.directory.end_grant(unknown, &by).await.unwrap(), "{unknown}");
    }
    assert!(world.directory.end_grant(&format!("{user}.hr/süd"), &by).await.unwrap(), "decoded");
    assert!(!world.directory.end_grant(&second.id, &by).await.unwrap(), "it is over");
    assert!(world.directory.end_grant(&format!("{user}.main"), &by).await.unwrap());
    assert_eq!(world.directory.access("eve").await.unwrap(), None, "an account that holds nothing is gone");
}

#[tokio::test]
async fn an_unknown_role_is_refused_with_the_roles_there_are() {
    let world = World::with(&[]).await;
    let error = world.directory.grant(of("eve", "main", "Emperor"), &Actor::default()).await.unwrap_err();
    assert!(matches!(&error, Error::BadGrant(why) if why.contains("Participant, Designer, Developer")), "{error}");
    assert_eq!(world.directory.access("eve").await.unwrap(), None);
}

#[tokio::test]
async fn b018_a_full_run_leaves_what_an_unmanaged_person_holds_by_hand_alone() {
    let world = World::with(&[]).await;
    let (ada, dan) = (world.user("ada").await, world.user("dan").await);
    world.group("Designers", &[&dan]).await;
    world.group("Painters", &[&ada]).await;
    grant(&world, "ada", "main", "Global Admin").await;
    grant(&world, "ada", "hr", "Designer").await;
    grant(&world, "guest", "main", "Developer").await;
    world.publish(&[rule("d", "Designers", "Designer")]).await;
    let (before, guest) = (world.access(&ada).await, world.access("guest").await);
    let run = world.run(all("everybody")).await;
    assert_eq!((run.result.users_evaluated, run.result.users_changed), (2, 1), "she was looked at as well");
    let after = world.access(&ada).await;
    assert_eq!((&after.stored_grants, &after.tenants), (&before.stored_grants, &before.tenants));
    assert_eq!((after.managed, world.access("guest").await), (false, guest));
    assert_eq!(world.roles("ada").await, ["hr=Designer", "main=Global Admin"]);
    assert_eq!(world.roles("dan").await, ["main=Designer"]);
}
