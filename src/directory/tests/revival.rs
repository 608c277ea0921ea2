//! Somebody whom the provider deleted and sends again, where a deletion only disables (reading 17, B106).

use super::{World, document, id, rule};
use crate::access::Rule;
use crate::config::{Document, OnUserDelete};
use crate::directory::{Actor, Error};
use crate::store::UserId;
use serde_json::{Value, json};

/// These rules, where a deleted user stays.
fn keeping(rules: &[Rule]) -> Document {
    let mut document = document(rules);
    document.profile.on_user_delete = OnUserDelete::Disable;
    document
}

fn person(user_name: &str, external_id: Option<&str>) -> Value {
    let mut body = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "userName": user_name,
        "name": { "givenName": "Ada", "familyName": "Lovelace" },
        "emails": [{ "value": "ada@example.com", "type": "work", "primary": true }],
    });
    if let Some(external_id) = external_id {
        body["externalId"] = json!(external_id);
    }
    body
}

impl World {
    async fn post(&self, body: Value) -> Result<String, Error> {
        self.directory.create_user(&Actor::default(), body).await.map(|user| id(&user))
    }

    /// The names of the groups somebody is in.
    async fn groups_of(&self, user: &str) -> Vec<String> {
        let (_, groups) = self.directory.inner.store.user(UserId::parse(user).unwrap()).await.unwrap().unwrap();
        groups.into_iter().map(|group| group.display_name).collect()
    }
}

fn is_conflict(answer: &Result<String, Error>) -> bool {
    matches!(answer, Err(Error::Scim(error)) if error.status == 409)
}

/// A designer with the external id `e-1`, deleted.
async fn deleted_designer() -> (World, String) {
    let world = World::with(&[]).await;
    world.publish_document(keeping(&[rule("d", "Designers", "Designer")])).await;
    let ada = world.post(person("ada", Some("e-1"))).await.unwrap();
    world.group("Designers", &[&ada]).await;
    assert_eq!(world.roles("ada").await, ["main=Designer"]);
    world.directory.delete_user(&Actor::default(), &ada).await.unwrap();
    (world, ada)
}

#[tokio::test]
async fn b106_a_deletion_disables_and_takes_neither_memberships_nor_stored_grants() {
    let (world, ada) = deleted_designer().await;
    let view = world.access(&ada).await;
    assert_eq!((view.active, view.account_enabled, view.tenants.len()), (false, false, 0));
    assert_eq!((view.stored_grants.len(), view.stored_grants[0].role.as_str()), (1, "Designer"));
    assert_eq!(world.groups_of(&ada).await, ["Designers"]);
    assert_eq!(world.directory.user(&ada).await.unwrap()["active"], json!(false));
}

#[tokio::test]
async fn b094_b106_a_post_with_the_same_external_id_revives_with_all_that_was_kept() {
    let (world, ada) = deleted_designer().await;
    let stored = world.access(&ada).await.stored_grants;
    assert_eq!(world.post(person("ADA", Some("e-1"))).await.unwrap(), ada, "the same id");
    let view = world.access(&ada).await;
    assert_eq!((view.active, view.account_enabled, view.user_name.as_str()), (true, true, "ADA"));
    assert_eq!((&view.stored_grants, &view.tenants), (&stored, &stored));
    assert_eq!(world.groups_of(&ada).await, ["Designers"]);
    assert!(is_conflict(&world.post(person("ada", Some("e-1"))).await), "nobody who is active is revived");
    assert_eq!(world.state().await.users.total, 1);
}

#[tokio::test]
async fn b106_a_post_with_another_external_id_or_none_is_a_conflict_and_gives_nothing_back() {
    let (world, ada) = deleted_designer().await;
    let before = world.access(&ada).await;
    for external_id in [Some("e-2"), Some("E-1"), Some(""), None] {
        let answer = world.post(person("ada", external_id)).await;
        assert!(is_conflict(&answer), "{external_id:?}: {answer:?}");
        assert_eq!(world.access(&ada).await, before, "{external_id:?}");
    }
}

#[tokio::test]
async fn b106_whoever_never_had_an_external_id_is_not_revived_by_a_post_without_one() {
    let world = World::with(&[]).await;
    world.publish_document(keeping(&[])).await;
    let ada = world.post(person("ada", None)).await.unwrap();
    world.directory.delete_user(&Actor::default(), &ada).await.unwrap();
    for external_id in [None, Some(""), Some("e-1")] {
        assert!(is_conflict(&world.post(person("ada", external_id)).await), "{external_id:?}");
    }
    assert!(!world.access(&ada).await.active);
}

#[tokio::test]
async fn b106_whoever_is_revived_has_what_the_rules_say_by_then() {
    for (rules, role) in [(vec![rule("d", "Designers", "Developer")], Some("main=Developer")), (Vec::new(), None)] {
        let (world, ada) = deleted_designer().await;
        world.publish_document(keeping(&rules)).await;
        assert_eq!(world.access(&ada).await.stored_grants.len(), 1, "a publication alone moves nobody");
        assert_eq!(world.post(person("ada", Some("e-1"))).await.unwrap(), ada);
        assert_eq!(world.roles(&ada).await, role.into_iter().collect::<Vec<_>>());
        assert_eq!(world.groups_of(&ada).await, ["Designers"]);
    }
}
