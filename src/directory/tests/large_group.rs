//! A change that touches more people than fit in a request commits at once and evaluates in batches.

use super::{World, group, rule};
use crate::directory::{Actor, EVALUATED_AT_ONCE_MAX};
use serde_json::json;

#[tokio::test]
async fn b095_a_group_of_more_than_a_thousand_is_evaluated_in_batches() {
    let world = World::with(&[rule("d", "Designers", "Designer")]).await;
    let mut users = Vec::new();
    for n in 0..EVALUATED_AT_ONCE_MAX + 5 {
        users.push(world.user(&format!("user{n}")).await);
    }
    let members: Vec<&str> = users.iter().map(String::as_str).collect();
    let id = world.group("Designers", &members).await;
    evaluated(&world, &users, &["main=Designer"]).await;
    world.patch_group(&id, json!([{ "op": "replace", "path": "displayName", "value": "Painters" }])).await;
    evaluated(&world, &users, &[]).await;
    world.directory.replace_group(&Actor::default(), &id, group("Designers", &members[..10])).await.unwrap();
    evaluated(&world, &users[..10], &["main=Designer"]).await;
    evaluated(&world, &users[10..], &[]).await;
    world.directory.replace_group(&Actor::default(), &id, group("Designers", &members)).await.unwrap();
    evaluated(&world, &users, &["main=Designer"]).await;
    world.directory.delete_group(&Actor::default(), &id).await.unwrap();
    evaluated(&world, &users, &[]).await;
}

async fn evaluated(world: &World, users: &[String], roles: &[&str]) {
    world
        .until(async || {
            let state = world.directory.state(None, std::time::Duration::ZERO).await.unwrap();
            (state.pending.total == 0).then_some(())
        })
        .await;
    for user in users {
        assert_eq!(world.roles(user).await, roles);
    }
}
