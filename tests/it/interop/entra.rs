//! Entra ID: its rules, in the dialect `Entra`.

use super::{ENTERPRISE, USER, assert_error, at, found, members, searched, speaking};
use crate::support::endpoint::{Endpoint, user_body};
use crate::support::reply::finish;
use scim_operator::scim::Dialect;
use serde_json::{Value, json};

async fn entra() -> Endpoint {
    speaking(Dialect::Entra).await
}

fn has_null(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(values) => values.iter().any(has_null),
        Value::Object(parts) => parts.values().any(has_null),
        _ => false,
    }
}

#[tokio::test]
async fn i1_01_op_is_read_in_any_case() {
    let endpoint = entra().await;
    let path = at("Users", &endpoint.user("ana@example.com").await);
    for (op, value, kept) in
        [("ADD", json!("a"), Some("a")), ("RePlace", json!("b"), Some("b")), ("Remove", json!(null), None)]
    {
        let reply = endpoint.public.patch(&path, &json!([{ "op": op, "path": "title", "value": value }])).await;
        assert_eq!((reply.status, reply.json()["title"].as_str()), (200, kept), "{op}: {}", reply.text);
    }
}

#[tokio::test]
async fn i1_02_eq_and_and_find_users_and_groups_by_any_attribute() {
    let endpoint = entra().await;
    let mut ana = user_body("ana@example.com");
    ana["externalId"] = json!("external-ana");
    ana["title"] = json!("Lead");
    ana[ENTERPRISE] = json!({ "employeeNumber": "E-17" });
    let id = endpoint.public.created("/scim/v2/Users", &ana).await;
    endpoint.user("ben@example.com").await;
    for filter in [
        r#"userName eq "ana@example.com""#.to_owned(),
        r#"externalId eq "external-ana""#.to_owned(),
        r#"emails[type eq "work"].value eq "ana@example.com""#.to_owned(),
        r#"title eq "Lead" and active eq true"#.to_owned(),
        format!("{ENTERPRISE}:employeeNumber eq \"E-17\""),
    ] {
        let ids: Vec<Value> = found(&endpoint, "Users", &filter).await.iter().map(|user| user["id"].clone()).collect();
        assert_eq!(ids, [json!(id)], "{filter}");
    }
    let group = endpoint.group("Designers", &[]).await;
    assert_eq!(found(&endpoint, "Groups", r#"displayName eq "Designers""#).await[0]["id"], group);
    let twice = json!({ "schemas": [super::GROUP], "displayName": "DESIGNERS" });
    assert_error(&endpoint.public.post("/scim/v2/Groups", &twice).await, 409, Some("uniqueness"));
}

#[tokio::test]
async fn i1_03_no_match_is_an_empty_list() {
    let endpoint = entra().await;
    endpoint.user("ana@example.com").await;
    for kind in ["Users", "Groups"] {
        let name = if kind == "Users" { "userName" } else { "displayName" };
        let reply = searched(&endpoint, kind, &format!("{name} eq \"8f2b1c0e-7f0e-4a43-9c53-3b6f5e0c1a23\"")).await;
        let list = reply.json();
        assert_eq!((reply.status, &list["totalResults"], &list["Resources"]), (200, &json!(0), &json!([])));
    }
    let stranger = endpoint.public.with_token("scim_wrong_wrong");
    assert_error(&stranger.get("/scim/v2/Users?filter=userName%20eq%20%22x%22").await, 401, None);
}

#[tokio::test]
async fn i1_04_inactive_users_are_found() {
    let endpoint = entra().await;
    let mut ana = user_body("ana@example.com");
    ana["active"] = json!(false);
    let id = endpoint.public.created("/scim/v2/Users", &ana).await;
    assert_eq!(endpoint.public.get(&at("Users", &id)).await.json()["active"], false);
    assert_eq!(found(&endpoint, "Users", r#"userName eq "ana@example.com""#).await[0]["active"], false);
}

#[tokio::test]
async fn i1_05_a_group_patch_is_204_and_members_are_left_out_when_asked() {
    let endpoint = entra().await;
    let user = endpoint.user("ana@example.com").await;
    let path = at("Groups", &endpoint.group("Designers", &[]).await);
    for operation in [
        json!({ "op": "Add", "path": "members", "value": [{ "$ref": null, "value": user }] }),
        json!({ "op": "add", "path": "members", "value": [{ "value": user }] }),
        json!({ "op": "Replace", "path": "displayName", "value": "Makers" }),
    ] {
        let reply = endpoint.public.patch(&path, &json!([operation])).await;
        assert_eq!((reply.status, reply.text.as_str()), (204, ""), "{operation}");
    }
    let group = endpoint.public.get(&format!("{path}?excludedAttributes=members")).await.json();
    assert_eq!((&group["displayName"], group.get("members")), (&json!("Makers"), None));
    let list = endpoint.public.get("/scim/v2/Groups?excludedAttributes=members").await.json();
    assert_eq!(list["Resources"][0].get("members"), None);
}

#[tokio::test]
async fn i1_06_reference_checks_of_managers_and_members() {
    let endpoint = entra().await;
    let boss = endpoint.user("boss@example.com").await;
    let mut ana = user_body("ana@example.com");
    ana["schemas"] = json!([USER, ENTERPRISE]);
    ana[ENTERPRISE] = json!({ "manager": { "value": boss } });
    let user = endpoint.public.created("/scim/v2/Users", &ana).await;
    let group = endpoint.group("Designers", &[&user]).await;
    for (kind, filter, id) in [
        ("Users", format!("id eq \"{user}\" and manager eq \"{boss}\""), Some(&user)),
        ("Users", format!("id eq \"{user}\" and manager eq \"{user}\""), None),
        ("Groups", format!("id eq \"{group}\" and members eq \"{user}\""), Some(&group)),
        ("Groups", format!("id eq \"{group}\" and members eq \"{boss}\""), None),
    ] {
        let request = endpoint.public.request("GET", &format!("/scim/v2/{kind}"));
        let reply = finish(request.query(&[("filter", filter.as_str()), ("attributes", "id")])).await;
        let list = reply.json();
        assert_eq!((reply.status, list["Resources"][0]["id"].as_str()), (200, id.map(String::as_str)), "{filter}");
        assert_eq!(list["Resources"][0].get("userName").or(list["Resources"][0].get("displayName")), None);
    }
}

#[tokio::test]
async fn i1_07_who_is_disabled_stays_until_the_delete() {
    let endpoint = entra().await;
    let path = at("Users", &endpoint.user("ana@example.com").await);
    let disable = json!([{ "op": "Replace", "path": "active", "value": "False" }]);
    assert_eq!(endpoint.public.patch(&path, &disable).await.json()["active"], false);
    assert_eq!(endpoint.public.get(&path).await.json()["userName"], "ana@example.com");
    assert_eq!(endpoint.public.delete(&path).await.status, 204);
    assert_error(&endpoint.public.get(&path).await, 404, None);
    assert_eq!(found(&endpoint, "Users", r#"userName eq "ana@example.com""#).await, Vec::<Value>::new());
}

#[tokio::test]
async fn i1_08_memberships_stay_while_a_user_is_inactive() {
    let endpoint = entra().await;
    let user = endpoint.user("ana@example.com").await;
    let group = endpoint.group("Designers", &[&user]).await;
    for active in ["False", "True"] {
        let patch = json!([{ "op": "Replace", "path": "active", "value": active }]);
        assert_eq!(endpoint.public.patch(&at("Users", &user), &patch).await.status, 200);
        assert_eq!(members(&endpoint, &group).await, [user.as_str()], "active: {active}");
    }
    assert_eq!(endpoint.public.get(&at("Users", &user)).await.json()["groups"][0]["value"], group);
}

#[tokio::test]
async fn i1_09_values_are_kept_as_they_came() {
    let endpoint = entra().await;
    let mut sent = user_body("MiXed.Case@Example.COM");
    sent["phoneNumbers"] = json!([{ "type": "work", "value": "+49 (0)30 / 12 34-5" }]);
    sent["addresses"] = json!([{ "type": "work", "country": "germany", "locality": "  Köln " }]);
    let id = endpoint.public.created("/scim/v2/Users", &sent).await;
    let kept = endpoint.public.get(&at("Users", &id)).await.json();
    for name in ["userName", "phoneNumbers", "addresses", "emails"] {
        assert_eq!(kept[name], sent[name], "{name}");
    }
}

#[tokio::test]
async fn i1_10_schemas_are_discovered_and_have_no_nulls() {
    let endpoint = entra().await;
    let reply = endpoint.public.get("/scim/v2/Schemas").await;
    let list = reply.json();
    assert_eq!((reply.status, has_null(&list)), (200, false));
    let ids: Vec<&str> = list["Resources"].as_array().unwrap().iter().map(|s| s["id"].as_str().unwrap()).collect();
    for urn in [USER, ENTERPRISE, super::GROUP] {
        assert!(ids.contains(&urn), "{urn}");
        assert_eq!(endpoint.public.get(&format!("/scim/v2/Schemas/{urn}")).await.json()["id"], urn);
    }
}

#[tokio::test]
async fn i1_11_a_burst_of_requests_is_answered() {
    let endpoint = entra().await;
    endpoint.user("ana@example.com").await;
    let one = async |n: usize| searched(&endpoint, "Users", &format!("userName eq \"nobody-{n}@example.com\"")).await;
    let statuses = futures::future::join_all((0..100).map(one)).await;
    assert_eq!(statuses.iter().filter(|reply| reply.status == 200).count(), 100, "none is sent away with 429 or 503");
}

#[tokio::test]
async fn i1_15_the_flag_of_the_tenant_url_comes_with_every_call() {
    let endpoint = entra().await;
    let flag = "aadOptscim062020";
    let made = endpoint.public.post(&format!("/scim/v2/Users?{flag}"), &user_body("ana@example.com")).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let path = at("Users", made.json()["id"].as_str().unwrap());
    let filter = "filter=userName%20eq%20%22ana@example.com%22";
    let list = endpoint.public.get(&format!("/scim/v2/Users?{flag}&{filter}")).await;
    assert_eq!((list.status, &list.json()["totalResults"]), (200, &json!(1)));
    let disable = json!([{ "op": "replace", "path": "active", "value": false }]);
    assert_eq!(endpoint.public.patch(&format!("{path}?{flag}"), &disable).await.json()["active"], false);
    assert_eq!(endpoint.public.delete(&format!("{path}?{flag}")).await.status, 204);
}

#[tokio::test]
async fn i1_16_both_shapes_are_taken_with_the_flag_and_without() {
    for dialect in [Dialect::Entra, Dialect::Auto] {
        let endpoint = speaking(dialect).await;
        let user = endpoint.user("ana@example.com").await;
        let group = endpoint.group("Designers", &[]).await;
        for flag in ["", "?aadOptscim062020"] {
            let path = format!("{}{flag}", at("Users", &user));
            for (op, value, kept) in [
                ("Replace", json!("False"), false),
                ("Replace", json!("True"), true),
                ("replace", json!(false), false),
                ("replace", json!(true), true),
            ] {
                let patch = json!([{ "op": op, "path": "active", "value": value }]);
                assert_eq!(endpoint.public.patch(&path, &patch).await.json()["active"], kept, "{op} {value} {flag}");
            }
            let path = format!("{}{flag}", at("Groups", &group));
            for removal in [
                json!({ "op": "Remove", "path": "members", "value": [{ "value": user }] }),
                json!({ "op": "remove", "path": format!("members[value eq \"{user}\"]") }),
            ] {
                endpoint.join(&group, &user).await;
                let reply = endpoint.public.patch(&path, &json!([removal])).await;
                assert!(reply.status < 300, "{removal} {flag}: {}", reply.text);
                assert_eq!(members(&endpoint, &group).await, Vec::<String>::new(), "{removal} {flag}");
            }
        }
    }
}
