//! A person's life as the provider tells it. B003, B011, B012, B050–B055, B094, B100, B102, B103, B134–B136.

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
async fn b094_who_comes_back_gets_what_the_rules_give_by_then_and_is_there_once() {
    let (mut endpoint, user, group) = member().await;
    let (off, on) = switches()[1].clone();
    let held = "hr: Designer [Reviewers] from d\nmain: Designer [Reviewers] from d";
    assert_eq!(endpoint.access_of(&user).await, held);
    assert_eq!(endpoint.public.patch(&path(&user), &off).await.status, 200);
    endpoint.document.rules[0].rule.role = "Participant".to_owned();
    endpoint.document.rules[0].rule.tenants = vec!["main".to_owned()];
    endpoint.publish().await;
    let stored = tenants(&endpoint.view(&user).await["storedGrants"]);
    assert_eq!(stored, held, "no message and no run has reached them yet");
    assert_eq!(endpoint.public.patch(&path(&user), &on).await.status, 200);
    let now = "main: Participant [Reviewers] from d";
    let view = endpoint.view(&user).await;
    assert_eq!((tenants(&view["tenants"]), tenants(&view["storedGrants"])), (now.to_owned(), now.to_owned()));
    assert_eq!(endpoint.public.patch(&path(&user), &off).await.status, 200);
    endpoint.document.rules[0].rule.enabled = false;
    endpoint.publish().await;
    assert_eq!(endpoint.public.patch(&path(&user), &on).await.status, 200);
    let view = endpoint.view(&user).await;
    assert_eq!((&view["storedGrants"], &view["managed"]), (&json!([]), &json!(false)), "no rule gives anything");
    let users = endpoint.public.get("/scim/v2/Users").await.json();
    assert_eq!((&users["totalResults"], &users["Resources"][0]["id"]), (&json!(1), &json!(user)));
    let members = endpoint.public.get(&format!("/scim/v2/Groups/{group}")).await.json()["members"].clone();
    assert_eq!(members.as_array().map(Vec::len), Some(1));
}

/// The access view of somebody, but for when the rules were applied.
async fn standing(endpoint: &Endpoint, who: &str) -> Value {
    let mut view = endpoint.view(who).await;
    view.as_object_mut().expect("a person").remove("lastEvaluated").expect("a time");
    view
}

#[tokio::test]
async fn b100_an_administrator_taken_out_of_the_group_and_put_back_has_the_role_again() {
    let endpoint = Endpoint::start(vec![rule("admins", "Admins", "Global Admin", &["hr", "main"], &["Ops"])]).await;
    let (ana, bram) = (endpoint.user("ana@example.com").await, endpoint.user("bram@example.com").await);
    let group = endpoint.group("Admins", &[&ana, &bram]).await;
    let (before, beside) = (endpoint.view(&ana).await, standing(&endpoint, &bram).await);
    let role = "hr: Global Admin [Ops] from admins\nmain: Global Admin [Ops] from admins";
    assert_eq!((tenants(&before["tenants"]), &before["managed"]), (role.to_owned(), &json!(true)));
    let before = standing(&endpoint, &ana).await;
    for _ in 0..2 {
        endpoint.leave(&group, &ana).await;
        let out = endpoint.view(&ana).await;
        assert_eq!((&out["tenants"], &out["storedGrants"], &out["managed"]), (&json!([]), &json!([]), &json!(false)));
        endpoint.join(&group, &ana).await;
        assert_eq!(standing(&endpoint, &ana).await, before);
    }
    assert_eq!(standing(&endpoint, &bram).await, beside, "the other administrator keeps all of it");
}

/// Somebody with a grant by hand in `main` and whom no rule manages; the id.
async fn granted_by_hand(endpoint: &Endpoint, user_name: &str) -> String {
    let asked = json!({ "userName": user_name, "tenant": "main", "role": "Developer", "applicationGroups": ["Ops"] });
    let made = endpoint.administrator().post("/access/v1/manual-grants", &asked).await;
    assert_eq!(made.status, 201, "{}", made.text);
    made.json()["user"].as_str().expect("an id").to_owned()
}

#[tokio::test]
async fn b102_b103_what_was_granted_by_hand_is_intact_after_disabling_and_enabling() {
    let endpoint = Endpoint::start(vec![rule("d", "Designers", "Designer", &["main"], &[])]).await;
    let olga = granted_by_hand(&endpoint, "olga@example.com").await;
    assert_eq!(endpoint.user("Olga@example.com").await, olga, "the account becomes the user");
    let piet = endpoint.user("piet@example.com").await;
    assert_eq!(granted_by_hand(&endpoint, "piet@example.com").await, piet, "and who is a user may be granted more");
    let mut by_hand = json!([{ "tenant": "main", "role": "Developer", "applicationGroups": ["Ops"] }]);
    by_hand[0]["rules"] = json!([]);
    by_hand[0]["source"] = json!("Manual");
    for user in [&olga, &piet] {
        let before = standing(&endpoint, user).await;
        assert_eq!((&before["tenants"], &before["storedGrants"]), (&by_hand, &by_hand));
        for (off, on) in switches() {
            assert_eq!(endpoint.public.patch(&path(user), &off).await.status, 200);
            let disabled = standing(&endpoint, user).await;
            assert_eq!((&disabled["tenants"], &disabled["storedGrants"]), (&json!([]), &by_hand), "{off}");
            assert_eq!((&disabled["active"], &disabled["accountEnabled"]), (&json!(false), &json!(false)), "{off}");
            assert_eq!(endpoint.public.patch(&path(user), &on).await.status, 200);
            assert_eq!(standing(&endpoint, user).await, before, "{on}");
        }
    }
}

#[tokio::test]
async fn b103_who_was_deleted_and_is_sent_again_has_the_earlier_state_only_where_the_record_was_kept() {
    for (choice, is_kept) in [("Disable", true), ("Delete", false)] {
        let endpoint = Endpoint::profiled(&json!({ "onUserDelete": choice })).await;
        granted_by_hand(&endpoint, "olga@example.com").await;
        let mut body = user_body("olga@example.com");
        body["externalId"] = json!("external-olga");
        let user = endpoint.public.created("/scim/v2/Users", &body).await;
        let group = endpoint.group("Anybody", &[&user]).await;
        let before = standing(&endpoint, &user).await;
        assert_eq!(tenants(&before["tenants"]), "main: Developer [Ops] from ", "{choice}");
        assert_eq!(endpoint.public.delete(&path(&user)).await.status, 204);
        if is_kept {
            let disabled = standing(&endpoint, &user).await;
            assert_eq!((&disabled["tenants"], &disabled["storedGrants"]), (&json!([]), &before["storedGrants"]));
        }
        let again = endpoint.public.created("/scim/v2/Users", &body).await;
        let members = endpoint.public.get(&format!("/scim/v2/Groups/{group}")).await.json()["members"].clone();
        let is_member = members.as_array().is_some_and(|members| !members.is_empty());
        assert_eq!((again == user, is_member), (is_kept, is_kept), "{choice}");
        if is_kept {
            assert_eq!(standing(&endpoint, &again).await, before);
        } else {
            assert_eq!(endpoint.view(&again).await["storedGrants"], json!([]), "a recycled name inherits nothing");
        }
    }
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
