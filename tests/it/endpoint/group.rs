//! Groups as providers push them. B013, B037, B095, B137; interop.md §6.

use crate::support::endpoint::{Endpoint, rule};
use serde_json::{Value, json};

fn refs(ids: &[String]) -> Value {
    Value::Array(ids.iter().map(|id| json!({ "value": id })).collect())
}

async fn people(endpoint: &Endpoint, count: usize) -> Vec<String> {
    let mut ids = Vec::new();
    for n in 0..count {
        ids.push(endpoint.user(&format!("user-{n}@example.com")).await);
    }
    ids
}

async fn members(endpoint: &Endpoint, group: &str) -> Vec<String> {
    let group = endpoint.public.get(&format!("/scim/v2/Groups/{group}")).await.json();
    let members = group["members"].as_array().cloned().unwrap_or_default();
    members.iter().map(|member| member["value"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_patch_answers_nothing_unless_asked() {
    let endpoint = Endpoint::start(Vec::new()).await;
    let ids = people(&endpoint, 2).await;
    let path = format!("/scim/v2/Groups/{}", endpoint.group("Designers", &[]).await);
    let add = json!([{ "op": "Add", "path": "members", "value": refs(&ids) }]);
    let silent = endpoint.public.patch(&path, &add).await;
    assert_eq!((silent.status, silent.text.as_str(), silent.header("content-type")), (204, "", ""));
    let asked = endpoint.public.patch(&format!("{path}?attributes=displayName,members"), &add).await;
    assert_eq!((asked.status, asked.json()["members"].as_array().unwrap().len()), (200, 2));
    let without = endpoint.public.patch(&format!("{path}?excludedAttributes=members"), &add).await;
    assert_eq!((without.status, without.json().get("members")), (200, None));
}

#[tokio::test]
async fn b095_b137_bulk_changes_of_members_in_every_shape() {
    let endpoint = Endpoint::start(vec![rule("d", "Designers", "Designer", &["main"], &[])]).await;
    let ids = people(&endpoint, 6).await;
    let group = endpoint.group("Designers", &[]).await;
    let path = format!("/scim/v2/Groups/{group}");
    let patch = async |operations: Value| assert_eq!(endpoint.public.patch(&path, &operations).await.status, 204);
    let managed = async || endpoint.state().await.users.managed;
    patch(json!([{ "op": "add", "path": "members", "value": refs(&ids) }])).await;
    assert_eq!((members(&endpoint, &group).await.len(), managed().await), (6, 6));
    patch(json!([
        { "op": "remove", "path": format!("members[value eq \"{}\"]", ids[0]) },
        { "op": "Remove", "path": "members", "value": [{ "$ref": null, "value": ids[1] }] },
    ]))
    .await;
    assert_eq!((members(&endpoint, &group).await, managed().await), (ids[2..].to_vec(), 4));
    patch(json!([{ "op": "replace", "path": "members", "value": refs(&ids[..2]) }])).await;
    assert_eq!((members(&endpoint, &group).await, managed().await), (ids[..2].to_vec(), 2));
    patch(json!([{ "op": "replace", "value": { "id": group, "displayName": "Designers" } }])).await;
    assert_eq!(managed().await, 2, "Okta sends the name with every push");
    patch(json!([{ "op": "remove", "path": "members" }])).await;
    assert_eq!((members(&endpoint, &group).await.len(), managed().await), (0, 0));
    let schemas = ["urn:ietf:params:scim:schemas:core:2.0:Group"];
    let put = json!({ "schemas": schemas, "displayName": "Designers", "members": refs(&ids) });
    let replaced = endpoint.public.json("PUT", &path, &put).await;
    assert_eq!((replaced.status, managed().await), (200, 6));
    assert_eq!(endpoint.public.delete(&path).await.status, 204);
    assert_eq!((endpoint.public.get(&path).await.status, managed().await), (404, 0));
}

#[tokio::test]
async fn c011_members_added_at_once_are_all_there() {
    let endpoint = Endpoint::start(vec![rule("d", "Designers", "Designer", &["main"], &[])]).await;
    let ids = people(&endpoint, 40).await;
    let group = endpoint.group("Designers", &[]).await;
    futures::future::join_all(ids.iter().map(|id| endpoint.join(&group, id))).await;
    let mut there = members(&endpoint, &group).await;
    there.sort();
    assert_eq!(there, ids);
    assert_eq!(endpoint.state().await.users.managed, 40);
}
