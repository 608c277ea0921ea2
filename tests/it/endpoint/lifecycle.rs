//! A person's life as the provider tells it. B003, B011, B012, B050–B055, B094, B102, B103, B134–B136.

use crate::support::endpoint::{Endpoint, assert_refused, rule, tenants, user_body};
use serde_json::{Value, json};

async fn member() -> (Endpoint, String, String) {
    let endpoint = Endpoint::start(vec![rule("d", "Designers", "Designer", &["hr", "main"], &["Reviewers"])]).await;
    let user = endpoint.user("ana@example.com").await;
    let group = endpoint.group("Designers", &[&user]).await;
    (endpoint, user, group)
}

fn path(user: &str) -> String {
    format!("/scim/v2/Users/{user}")
}

#[tokio::test]
async fn b003_b012_b013_b104_created_read_changed_deleted() {
    let endpoint = Endpoint::start(Vec::new()).await;
    let reply = endpoint.public.post("/scim/v2/Users", &user_body("ana@example.com")).await;
    let created = reply.json();
    let id = created["id"].as_str().unwrap();
    let location = format!("https://scim.example.com/scim/v2/Users/{id}");
    assert_eq!((reply.status, reply.header("location")), (201, location.as_str()));
    assert_eq!(created["meta"]["location"], location);
    assert_eq!(reply.header("content-type"), "application/scim+json");
    let read = endpoint.public.get(&path(id)).await;
    assert_eq!((read.status, &read.json()), (200, &created));
    assert_eq!(endpoint.public.delete(&path(id)).await.shown(), "204");
    assert_eq!(endpoint.public.get(&path(id)).await.status, 404);
    assert_eq!(endpoint.public.delete(&path(id)).await.status, 404);
    assert_eq!(endpoint.access.get(&format!("/access/v1/users/{id}")).await.status, 404);
    let again = endpoint.user("ana@example.com").await;
    assert_ne!(again, id, "a new record has a new id (reading 13)");
}

#[tokio::test]
async fn b011_b105_name_and_email_follow_the_provider() {
    let (endpoint, user, _) = member().await;
    let operations = json!([
        { "op": "Replace", "path": "name.familyName", "value": "Marsh-Okoro" },
        { "op": "Replace", "path": "emails[type eq \"work\"].value", "value": "ana.marsh@example.com" },
    ]);
    assert_eq!(endpoint.public.patch(&path(&user), &operations).await.status, 200);
    let read = endpoint.public.get(&path(&user)).await.json();
    assert_eq!(read["name"]["familyName"], "Marsh-Okoro");
    assert_eq!(read["name"]["givenName"], "Given");
    assert_eq!(read["emails"][0]["value"], "ana.marsh@example.com");
    assert_eq!(endpoint.view(&user).await["email"], "ana.marsh@example.com");
}

/// The ways in which providers say that somebody is not to come in any more, and is again.
fn switches() -> [(Value, Value); 4] {
    let switch = |active: Value| json!([{ "op": "Replace", "path": "active", "value": active }]);
    let no_path = |active: Value| json!([{ "op": "replace", "value": { "active": active } }]);
    [
        (switch(json!("False")), switch(json!("True"))),
        (switch(json!(false)), switch(json!(true))),
        (no_path(json!(false)), no_path(json!(true))),
        (no_path(json!("false")), no_path(json!("true"))),
    ]
}

#[tokio::test]
async fn b050_b051_b053_b055_b136_disabling_keeps_what_comes_back_in_every_wire_form() {
    let (endpoint, user, _) = member().await;
    let before = endpoint.view(&user).await;
    assert_eq!(before["tenants"].as_array().unwrap().len(), 2);
    for (off, on) in switches() {
        let reply = endpoint.public.patch(&path(&user), &off).await;
        assert_eq!((reply.status, &reply.json()["active"]), (200, &json!(false)), "{off}");
        let disabled = endpoint.view(&user).await;
        assert_eq!((&disabled["tenants"], &disabled["accountEnabled"]), (&json!([]), &json!(false)), "{off}");
        assert_eq!(disabled["storedGrants"], before["storedGrants"], "{off}");
        assert_eq!(endpoint.public.get(&path(&user)).await.json()["groups"].as_array().unwrap().len(), 1);
        assert_eq!(endpoint.public.patch(&path(&user), &on).await.json()["active"], true, "{on}");
        assert_eq!(endpoint.view(&user).await["tenants"], before["tenants"], "back without a rule sync: {on}");
    }
}

#[tokio::test]
async fn b052_b053_b135_unassigning_ends_access_by_put_and_by_delete_too() {
    let (endpoint, user, _) = member().await;
    let mut body = user_body("ana@example.com");
    body["active"] = json!(false);
    assert_eq!(endpoint.public.json("PUT", &path(&user), &body).await.status, 200);
    assert_eq!(endpoint.access_of(&user).await, "");
    body["active"] = json!(true);
    assert_eq!(endpoint.public.json("PUT", &path(&user), &body).await.status, 200);
    assert!(!endpoint.access_of(&user).await.is_empty());
    assert_eq!(endpoint.public.delete(&path(&user)).await.status, 204);
    assert_eq!(endpoint.access.get("/access/v1/users/ana@example.com").await.status, 404);
}

#[tokio::test]
async fn b051_memberships_that_change_while_somebody_is_inactive_count_on_return() {
    let (endpoint, user, group) = member().await;
    let (off, on) = switches()[0].clone();
    endpoint.public.patch(&path(&user), &off).await;
    endpoint.leave(&group, &user).await;
    assert_eq!(endpoint.view(&user).await["storedGrants"], json!([]), "stored grants move (reading 6)");
    endpoint.join(&group, &user).await;
    assert_eq!(endpoint.access_of(&user).await, "", "still inactive");
    endpoint.public.patch(&path(&user), &on).await;
    assert!(!endpoint.access_of(&user).await.is_empty());
}

#[tokio::test]
async fn b094_b100_sending_somebody_again_ends_with_the_right_access_and_no_double() {
    let (endpoint, user, group) = member().await;
    endpoint.public.delete(&path(&user)).await;
    let again = endpoint.user("Ana@example.com").await;
    assert_eq!(endpoint.access_of(&again).await, "", "a recycled userName inherits nothing");
    endpoint.join(&group, &again).await;
    endpoint.join(&group, &again).await;
    let view = endpoint.view("ANA@EXAMPLE.COM").await;
    assert_eq!(tenants(&view["tenants"]).lines().count(), 2);
    let found = endpoint.public.get("/scim/v2/Users?filter=userName%20eq%20%22ana@example.com%22").await.json();
    assert_eq!(found["totalResults"], 1);
    let members = endpoint.public.get(&format!("/scim/v2/Groups/{group}")).await.json()["members"].clone();
    assert_eq!(members.as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn b102_b103_somebody_no_rule_manages_is_disabled_and_restored_too() {
    let endpoint = Endpoint::start(Vec::new()).await;
    let user = endpoint.user("olga@example.com").await;
    let (off, on) = switches()[1].clone();
    endpoint.public.patch(&path(&user), &off).await;
    let view = endpoint.view(&user).await;
    assert_eq!(
        (&view["active"], &view["accountEnabled"], &view["managed"]),
        (&json!(false), &json!(false), &json!(false))
    );
    endpoint.public.patch(&path(&user), &on).await;
    assert_eq!(endpoint.view(&user).await["accountEnabled"], true);
}

#[tokio::test]
async fn b091_what_is_missing_is_named_and_never_blocks_a_leaver() {
    let endpoint = Endpoint::start(Vec::new()).await;
    for (attribute, pointer) in [("givenName", "name"), ("familyName", "name"), ("emails", "emails")] {
        let mut body = user_body("ana@example.com");
        match pointer {
            "name" => drop(body["name"].as_object_mut().unwrap().remove(attribute)),
            _ => drop(body.as_object_mut().unwrap().remove("emails")),
        }
        let reply = endpoint.public.post("/scim/v2/Users", &body).await;
        assert_eq!((reply.status, &reply.json()["scimType"]), (400, &json!("invalidValue")), "{}", reply.text);
        assert!(reply.json()["detail"].as_str().unwrap().contains(attribute), "{}", reply.text);
        body["active"] = json!(false);
        let user = endpoint.public.created("/scim/v2/Users", &body).await;
        let (_, on) = switches()[1].clone();
        assert_eq!(endpoint.public.patch(&path(&user), &on).await.status, 400, "active needs it");
        assert_eq!(endpoint.public.delete(&path(&user)).await.status, 204);
    }
    let state = endpoint.state().await;
    assert_eq!(state.provisioning.failed, 6, "each refusal is counted (B111)");
}

#[tokio::test]
async fn b091_the_whole_answer_names_each_missing_attribute_to_post_put_and_patch() {
    let endpoint = Endpoint::start(Vec::new()).await;
    let user = path(&endpoint.user("ana@example.com").await);
    let before = endpoint.public.get(&user).await.json();
    let one = |name: &str| format!("`{name}` is missing: an active user needs it; map it in the identity provider");
    let all = "`name.givenName`, `name.familyName`, `emails` are missing: an active user needs them; \
               map them in the identity provider";
    let cases = [
        (vec!["name.givenName"], one("name.givenName")),
        (vec!["name.familyName"], one("name.familyName")),
        (vec!["emails"], one("emails")),
        (vec!["name.givenName", "name.familyName", "emails"], all.to_owned()),
    ];
    for (missing, detail) in cases {
        let mut body = user_body("bea@example.com");
        for name in &missing {
            let (holder, part) = match name.split_once('.') {
                Some((whole, part)) => (&mut body[whole], part),
                None => (&mut body, *name),
            };
            assert!(holder.as_object_mut().unwrap().remove(part).is_some(), "{name} was there");
        }
        assert_refused(&endpoint.public.post("/scim/v2/Users", &body).await, 400, "invalidValue", &detail);
        body["userName"] = json!("ana@example.com");
        assert_refused(&endpoint.public.json("PUT", &user, &body).await, 400, "invalidValue", &detail);
        let removals: Vec<Value> = missing.iter().map(|name| json!({ "op": "Remove", "path": name })).collect();
        assert_refused(&endpoint.public.patch(&user, &json!(removals)).await, 400, "invalidValue", &detail);
    }
    assert_eq!(endpoint.public.get(&user).await.json(), before);
    assert_eq!(endpoint.public.get("/scim/v2/Users").await.json()["totalResults"], 1, "nobody was made");
    assert_eq!(endpoint.state().await.provisioning.failed, 12, "each refusal is counted (B111)");
}
