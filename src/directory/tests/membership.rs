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
    let shown =
        world.directory.group(&group, &crate::scim::Projection::all(crate::scim::ResourceKind::GROUP)).await.unwrap();
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
    let shown =
        world.directory.group(&group, &crate::scim::Projection::all(crate::scim::ResourceKind::GROUP)).await.unwrap();
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
    let none = crate::scim::Projection::all(crate::scim::ResourceKind::GROUP);
    let before = world.directory.group(&group, &none).await.unwrap();
    let evaluated = world.access(&ada).await.last_evaluated;
    world.patch_group(&group, json!([{ "op": "Add", "path": "members", "value": [{ "value": ada }] }])).await;
    assert_eq!(world.directory.group(&group, &none).await.unwrap()["meta"], before["meta"]);
    assert!(world.access(&ada).await.last_evaluated > evaluated);
}

/// Changes timed in each group for one comparison, by turns, so that what else the machine does meets both.
const TIMED: usize = 100;
/// Comparisons: the best one counts.
const ROUNDS: usize = 5;

#[tokio::test]
async fn c012_a_member_of_twenty_thousand_costs_what_a_member_of_ten_costs() {
    let world = World::with(&[rule("d", "Designers", "Designer")]).await;
    let mut users = Vec::new();
    for chunk in (0..20_000).collect::<Vec<_>>().chunks(200) {
        let names: Vec<String> = chunk.iter().map(|n| format!("user-{n}")).collect();
        users.extend(futures::future::join_all(names.iter().map(|name| world.user(name))).await);
    }
    let ids: Vec<&str> = users.iter().map(String::as_str).collect();
    let (small, large) = (world.group("Small", &ids[1..11]).await, world.group("Large", &ids[1..]).await);
    world
        .until(async || {
            let state = world.directory.state(None, std::time::Duration::ZERO).await.unwrap();
            (state.pending.total == 0).then_some(())
        })
        .await;
    let once = async |group: &str| {
        let began = std::time::Instant::now();
        for op in ["add", "remove"] {
            world.patch_group(group, json!([{ "op": op, "path": "members", "value": [{ "value": ids[0] }] }])).await;
        }
        began.elapsed()
    };
    let mut best = u128::MAX;
    for _ in 0..ROUNDS {
        let (mut of_small, mut of_large) = (Vec::new(), Vec::new());
        for _ in 0..TIMED {
            of_small.push(once(&small).await);
            of_large.push(once(&large).await);
        }
        of_small.sort();
        of_large.sort();
        best = best.min(of_large[TIMED / 2].as_nanos() * 100 / of_small[TIMED / 2].as_nanos());
    }
    assert!(best <= 110, "one in twenty thousand costs {best} % of one in ten");
}
