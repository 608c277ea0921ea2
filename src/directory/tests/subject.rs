//! Whom a subject stands for: the attribute says it, the first sign-in binds it, and nobody comes in as somebody else
//! (B141; readings 20 and 24).

use super::sign_in::{on, person, signing_in, vouched};
use super::{World, document, id};
use crate::access::Onboarding;
use crate::config::{ManualGrantRequest, SubjectAttribute};
use crate::directory::{Actor, Vouched};
use serde_json::json;

const MISSING: &str = "IdentityMappingMissing";

/// A directory that finds people by this.
async fn by(attribute: SubjectAttribute) -> World {
    let world = World::with(&[]).await;
    world.publish_document(signing_in(&[], attribute, on())).await;
    world
}

async fn provisioned(world: &World, user_name: &str, external_id: &str) -> String {
    let body = person(user_name, external_id, true);
    id(&world.directory.create_user(&Actor::default(), body).await.unwrap())
}

/// With a name for a new account.
fn named(subject: &str, value: &str, user_name: &str) -> Vouched {
    Vouched { user_name: Some(user_name.to_owned()), ..vouched(subject, value) }
}

async fn granted(world: &World, user_name: &str) -> String {
    let (user_name, tenant, role) = (user_name.to_owned(), "main".to_owned(), "Developer".to_owned());
    let request = ManualGrantRequest { user_name, tenant, role, application_groups: Vec::new() };
    world.directory.grant(request, &Actor::default()).await.unwrap().user
}

#[tokio::test]
async fn b141_nobody_else_comes_in_as_somebody_who_has_signed_in() {
    let world = by(SubjectAttribute::UserName).await;
    let ada = provisioned(&world, "ada", "a-1").await;
    assert_eq!(world.sign_in(&vouched("s-1", "ada")).await.unwrap().id, ada);
    let refusal = world.sign_in(&vouched("s-2", "ada")).await.unwrap_err();
    assert_eq!(refusal.code(), MISSING, "another subject");
    assert!(refusal.to_string().contains("spec.sso.oidc.subject"), "{refusal}");
    provisioned(&world, "bob", "b-1").await;
    assert_eq!(world.refused(&vouched("s-1", "bob")).await, MISSING, "her subject as somebody else");
    assert!(world.sign_in(&vouched("s-2", "bob")).await.is_ok(), "his own binds him");
}

#[tokio::test]
async fn b141_a_user_who_is_renamed_away_from_the_claim_is_nobody_until_both_agree() {
    let world = by(SubjectAttribute::UserName).await;
    let ada = provisioned(&world, "ada", "a-1").await;
    world.sign_in(&vouched("s-1", "ada")).await.unwrap();
    world.directory.replace_user(&Actor::default(), &ada, person("countess", "a-1", true)).await.unwrap();
    assert_eq!(world.refused(&vouched("s-1", "ada")).await, MISSING);
    assert_eq!(world.directory.access("ada").await.unwrap(), None, "and no account is made of the name");
    assert_eq!(world.sign_in(&vouched("s-1", "countess")).await.unwrap().id, ada);
}

#[tokio::test]
async fn b141_a_user_who_was_deleted_and_came_again_is_bound_anew() {
    let world = by(SubjectAttribute::ExternalId).await;
    let ada = provisioned(&world, "ada", "a-1").await;
    world.sign_in(&vouched("s-1", "a-1")).await.unwrap();
    world.directory.delete_user(&Actor::default(), &ada).await.unwrap();
    let again = provisioned(&world, "ada", "a-1").await;
    assert_eq!(world.sign_in(&vouched("s-2", "a-1")).await.unwrap().id, again);
    assert_eq!(world.refused(&vouched("s-1", "a-1")).await, MISSING);
}

#[tokio::test]
async fn b141_the_word_of_an_issuer_by_whom_nobody_signs_in_any_more_binds_nobody() {
    let world = by(SubjectAttribute::ExternalId).await;
    let ada = provisioned(&world, "ada", "a-1").await;
    let before = world.sign_in(&vouched("s-1", "a-1")).await.unwrap().session;
    let mut document = signing_in(&[], SubjectAttribute::ExternalId, on());
    let issuer = "https://new.example.com".to_owned();
    document.sign_in.as_mut().unwrap().issuer.clone_from(&issuer);
    world.publish_document(document).await;
    assert_eq!(world.directory.session(&ada, before).await.unwrap(), None, "who came by the other one is out");
    assert_eq!(world.refused(&vouched("s-1", "a-1")).await, "NotConfigured");
    let moved = Vouched { issuer, ..vouched("s-9", "a-1") };
    assert_eq!(world.sign_in(&moved).await.unwrap().id, ada);
    assert_eq!(world.refused(&Vouched { subject: "s-1".to_owned(), ..moved }).await, MISSING, "bound again");
}

#[tokio::test]
async fn b141_a_value_that_was_read_by_another_mapping_than_the_one_in_force_stands_for_nobody() {
    let world = by(SubjectAttribute::ExternalId).await;
    provisioned(&world, "ada", "a-1").await;
    let by_external_id = Vouched {
        mapping: signing_in(&[], SubjectAttribute::ExternalId, on()).sign_in.unwrap().subject,
        ..vouched("s-1", "a-1")
    };
    let mut by_another_claim = by_external_id.clone();
    by_another_claim.mapping.claim = "oid".to_owned();
    for other in [vouched("s-1", "ada"), vouched("s-1", "a-1"), by_another_claim] {
        let refusal = world.directory.sign_in(&other, &Actor::default()).await.unwrap().unwrap_err();
        assert_eq!(refusal.code(), "NotConfigured", "{:?}", other.mapping);
    }
    assert!(world.directory.sign_in(&by_external_id, &Actor::default()).await.unwrap().is_ok());
}

#[tokio::test]
async fn b141_each_attribute_is_compared_in_its_own_way_and_two_who_match_are_nobody() {
    let world = by(SubjectAttribute::ExternalId).await;
    let ada = provisioned(&world, "ada", "a-1").await;
    assert_eq!(world.refused(&vouched("s-1", "A-1")).await, MISSING, "exactly");
    assert_eq!(world.sign_in(&vouched("s-1", "a-1")).await.unwrap().id, ada);
    provisioned(&world, "bob", "a-1").await;
    assert_eq!(world.refused(&vouched("s-1", "a-1")).await, MISSING, "two have it");
    let world = by(SubjectAttribute::Emails).await;
    let body = |name: &str, address: &str| {
        let mut body = person(name, "x", true);
        body["emails"] = json!([{ "value": format!("{name}@example.com") }, { "value": address }]);
        body
    };
    let create = async |body| id(&world.directory.create_user(&Actor::default(), body).await.unwrap());
    let ada = create(body("ada", "Ada@Other.example")).await;
    for address in ["ADA@example.com", "ada@other.EXAMPLE"] {
        assert_eq!(world.sign_in(&vouched("s-1", address)).await.unwrap().id, ada, "{address}");
    }
    create(body("bob", "ada@example.com")).await;
    assert_eq!(world.refused(&vouched("s-1", "ada@example.com")).await, MISSING, "two have it");
}

#[tokio::test]
async fn b141_a_claim_that_says_nothing_stands_for_nobody() {
    let world = by(SubjectAttribute::UserName).await;
    let long = "x".repeat(1_025);
    for (subject, value) in
        [("", "eve"), ("s", ""), ("s", " "), ("s", "e\0ve"), ("s", &long), (&long, "eve"), ("s", " eve")]
    {
        assert_eq!(world.refused(&vouched(subject, value)).await, MISSING, "{subject:?} {value:?}");
    }
}

#[tokio::test]
async fn b141_a_new_account_needs_a_name_that_nobody_has() {
    let world = by(SubjectAttribute::ExternalId).await;
    provisioned(&world, "ada", "a-1").await;
    granted(&world, "carl").await;
    assert_eq!(world.refused(&vouched("s", "e-1")).await, MISSING, "the provider says no name");
    for taken in ["ADA", "Carl", " ", "eve "] {
        assert_eq!(world.refused(&named("s", "e-1", taken)).await, MISSING, "{taken:?}");
    }
    let eve = world.sign_in(&named("s", "e-1", "eve")).await.unwrap();
    assert_eq!((eve.user_name.as_str(), eve.onboarded), ("eve", true));
    let again = world.sign_in(&named("s", "e-2", "renamed")).await.unwrap();
    assert_eq!((again.id, again.user_name.as_str()), (eve.id, "eve"), "the subject stands for the account");
}

#[tokio::test]
async fn b141_a_name_that_somebody_chose_gives_nothing_when_names_are_what_is_compared_later() {
    let world = by(SubjectAttribute::ExternalId).await;
    let squatter = world.sign_in(&named("s-1", "e-1", "boss")).await.unwrap();
    let request = || ManualGrantRequest {
        user_name: "boss".to_owned(),
        tenant: "main".to_owned(),
        role: "Global Admin".to_owned(),
        application_groups: Vec::new(),
    };
    assert!(world.directory.grant(request(), &Actor::default()).await.is_err(), "who that is nobody knows");
    world.publish_document(document(&[])).await;
    assert!(world.directory.grant(request(), &Actor::default()).await.is_err(), "nor while nobody signs in");
    world.publish_document(signing_in(&[], SubjectAttribute::UserName, on())).await;
    assert_eq!(world.refused(&vouched("s-1", "somebody")).await, MISSING, "the squatter has another name");
    assert_eq!(world.refused(&vouched("s-2", "boss")).await, MISSING, "and the name is taken");
    world.directory.end_grant(&format!("{}.main", squatter.id), &Actor::default()).await.unwrap();
    assert!(world.sign_in(&vouched("s-2", "boss")).await.unwrap().onboarded, "until the account is gone");
}

#[tokio::test]
async fn b022_whoever_was_granted_something_by_hand_is_the_one_of_that_name() {
    let world = by(SubjectAttribute::UserName).await;
    world.publish_document(signing_in(&[], SubjectAttribute::UserName, Onboarding::default())).await;
    let carl = granted(&world, "carl").await;
    let came = world.sign_in(&vouched("s-1", "CARL")).await.unwrap();
    assert_eq!((came.id, came.onboarded), (carl, false));
    assert_eq!(world.roles("carl").await, ["main=Developer"]);
    assert_eq!(world.refused(&vouched("s-2", "carl")).await, MISSING, "somebody else of that name");
}

#[tokio::test]
async fn b006_the_user_whom_the_provider_writes_wins_over_the_account_of_the_same_subject() {
    let world = by(SubjectAttribute::ExternalId).await;
    let account = world.sign_in(&named("s-1", "e-1", "eve@example.com")).await.unwrap();
    let user = provisioned(&world, "eve", "e-1").await;
    assert_ne!(user, account.id, "the names differ");
    let came = world.sign_in(&named("s-1", "e-1", "eve@example.com")).await.unwrap();
    assert_eq!((came.id.as_str(), came.onboarded), (user.as_str(), true));
    assert!(world.holds(&came).await);
    assert!(!world.holds(&account).await, "the subject stands for the account no more");
    assert_eq!(world.roles("eve@example.com").await, ["main=Participant"], "which stays for what it holds");
    let records = world.records("sign-in.onboard").await;
    assert_eq!(records[1].head["what"], json!({ "user": user, "unbound": account.id }));
    assert_eq!(world.refused(&vouched("s-2", "e-1")).await, MISSING);
}
