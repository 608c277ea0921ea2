//! Members are rows: concurrent changes commute, unknown members are refused whole.

use super::{World, rule};
use crate::directory::Actor;
use serde_json::json;

#[tokio::test]
async fn eighty_concurrent_single_member_patches_lose_nobody() {
    let world = World::with(&[rule("designers", "Designers", "Designer")]).await;
    let group = world.group("Designers", &[]).await;
    let mut users = Vec::new();
    for n in 0..80 {
        users.push(world.user(&format!("user{n}")).await);
    }
    let patches = users.iter().map(|user| {
        world.patch_group(&group, json!([{ "op": "Add", "path": "members", "value": [{ "value": user }] }]))
    });
    futures::future::join_all(patches).await;
    for user in &users {
        assert_eq!(world.roles(user).await, ["main=Designer"]);
    }
    let shown = world.directory.group(&group, &crate::scim::Projection::default()).await.unwrap();
    assert_eq!(shown["members"].as_array().unwrap().len(), 80);
}

#[tokio::test]
async fn an_unknown_member_refuses_the_whole_request() {
    let world = World::with(&[]).await;
    let ada = world.user("ada").await;
    let group = world.group("Designers", &[]).await;
    let body = json!({ "Operations": [
        { "op": "add", "path": "members", "value": [{ "value": ada }] },
        { "op": "add", "path": "members", "value": [{ "value": "nobody" }] },
    ], "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"] });
    let error = world.directory.patch_group(&Actor::default(), &group, body).await.unwrap_err();
    assert!(error.to_string().contains("nobody"), "{error}");
    let shown = world.directory.group(&group, &crate::scim::Projection::default()).await.unwrap();
    assert!(shown.get("members").is_none_or(|members| members.as_array().unwrap().is_empty()));
}

#[tokio::test]
async fn b017_leaving_a_group_takes_only_what_its_rule_gave() {
    let world = World::with(&[rule("d", "Designers", "Designer"), rule("p", "Participants", "Participant")]).await;
    let ada = world.user("ada").await;
    let designers = world.group("Designers", &[&ada]).await;
    world.group("Participants", &[&ada]).await;
    assert_eq!(world.roles(&ada).await, ["main=Designer"]);
    let remove = json!([{ "op": "Remove", "path": "members", "value": [{ "value": ada }] }]);
    world.patch_group(&designers, remove).await;
    assert_eq!(world.roles(&ada).await, ["main=Participant"]);
    assert_eq!(world.access(&ada).await.stored_grants[0].rules, ["p"]);
}

#[tokio::test]
async fn a_group_renamed_away_stops_matching_and_back_matches_again() {
    let world = World::with(&[rule("d", "Designers", "Designer")]).await;
    let ada = world.user("ada").await;
    let group = world.group("designers", &[&ada]).await;
    assert_eq!(world.roles("ADA").await, ["main=Designer"]);
    world.patch_group(&group, json!([{ "op": "replace", "value": { "displayName": "Painters" } }])).await;
    assert!(world.roles("ada").await.is_empty());
    world.patch_group(&group, json!([{ "op": "replace", "value": { "displayName": "DESIGNERS" } }])).await;
    assert_eq!(world.roles("ada").await, ["main=Designer"]);
}

#[tokio::test]
async fn a_write_that_changes_nothing_leaves_version_and_time_alone_but_evaluates() {
    let world = World::with(&[rule("d", "Designers", "Designer")]).await;
    let ada = world.user("ada").await;
    let group = world.group("Designers", &[&ada]).await;
    let none = crate::scim::Projection::default();
    let before = world.directory.group(&group, &none).await.unwrap();
    let evaluated = world.access(&ada).await.last_evaluated;
    world.patch_group(&group, json!([{ "op": "Add", "path": "members", "value": [{ "value": ada }] }])).await;
    assert_eq!(world.directory.group(&group, &none).await.unwrap()["meta"], before["meta"]);
    assert!(world.access(&ada).await.last_evaluated > evaluated);
}
