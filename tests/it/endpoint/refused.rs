//! Requests that are well-formed and cannot be carried out, with the whole answer: members that are nobody, names that
//! are taken, attributes that nobody knows, filters that are too long. Readings 12 and 17; RFC 7644 §3.12.

use crate::support::endpoint::{Endpoint, assert_refused, user_body};
use crate::support::reply::finish;
use serde_json::{Value, json};
use std::slice::from_ref;

/// Another id of nobody for each number.
fn nobody(number: usize) -> String {
    format!("01890000-0000-7000-8000-{number:012}")
}

fn group_body(name: &str, members: &[String]) -> Value {
    let members: Vec<Value> = members.iter().map(|id| json!({ "value": id })).collect();
    json!({ "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": name, "members": members })
}

/// What is said about members that are nobody, `who` being the list of them.
fn no_user(who: &str) -> String {
    format!(
        "members: no user has the id {who}. Members are ids of users of this directory, as answered when they were \
         created; groups cannot be members. Provision the users first, then the group"
    )
}

/// What is said about a name that somebody else has; `of` is the attribute, `kind` who has it.
fn taken(of: &str, name: &str, kind: &str) -> String {
    format!(
        "{of}: {name:?} is taken by another {kind}; names are compared without regard to case. \
         Look the {kind} up by filter and update it instead"
    )
}

#[tokio::test]
async fn a_group_with_unknown_members_is_not_made_and_ten_of_them_are_named() {
    let endpoint = Endpoint::start(Vec::new()).await;
    let ana = endpoint.user("ana@example.com").await;
    let post =
        async |members: &[String]| endpoint.public.post("/scim/v2/Groups", &group_body("Designers", members)).await;
    let one = post(&[ana.clone(), nobody(1)]).await;
    assert_refused(&one, 400, "invalidValue", &no_user(&format!("{:?}", nobody(1))));
    let many = |count: usize| (0..count).map(nobody).collect::<Vec<_>>();
    let ten = many(10).iter().map(|id| format!("{id:?}")).collect::<Vec<_>>().join(", ");
    assert_refused(&post(&many(10)).await, 400, "invalidValue", &no_user(&ten));
    assert_refused(&post(&many(11)).await, 400, "invalidValue", &no_user(&format!("{ten} and 1 more")));
    assert_refused(&post(&many(40)).await, 400, "invalidValue", &no_user(&format!("{ten} and 30 more")));
    let no_id = post(&[nobody(1), "CN=Ana".to_owned()]).await;
    assert_refused(&no_id, 400, "invalidValue", &no_user(&format!("\"CN=Ana\", {:?}", nobody(1))));
    assert_eq!(endpoint.public.get("/scim/v2/Groups").await.json()["totalResults"], 0, "nothing of it was done");
    endpoint.group("Designers", &[&ana]).await;
}

#[tokio::test]
async fn a_group_replaced_by_one_with_unknown_members_stays_as_it_was() {
    let endpoint = Endpoint::start(Vec::new()).await;
    let ana = endpoint.user("ana@example.com").await;
    let bram = endpoint.user("bram@example.com").await;
    let path = format!("/scim/v2/Groups/{}", endpoint.group("Designers", &[&ana]).await);
    let before = endpoint.public.get(&path).await.json();
    let put = async |members: &[String]| endpoint.public.json("PUT", &path, &group_body("Painters", members)).await;
    let one = put(&[bram.clone(), nobody(1)]).await;
    assert_refused(&one, 400, "invalidValue", &no_user(&format!("{:?}", nobody(1))));
    let mut members: Vec<String> = (0..12).map(nobody).collect();
    let ten = members.iter().take(10).map(|id| format!("{id:?}")).collect::<Vec<_>>().join(", ");
    // Somebody who is there is not among those that are named.
    members.insert(5, bram);
    assert_refused(&put(&members).await, 400, "invalidValue", &no_user(&format!("{ten} and 2 more")));
    assert_eq!(endpoint.public.get(&path).await.json(), before);
}

#[tokio::test]
async fn a_group_cannot_be_a_member_of_a_group() {
    let endpoint = Endpoint::start(Vec::new()).await;
    let inner = endpoint.group("Inner", &[]).await;
    let outer = endpoint.group("Outer", &[]).await;
    let path = format!("/scim/v2/Groups/{outer}");
    let before = endpoint.public.get(&path).await.json();
    for member in [inner, outer] {
        let detail = no_user(&format!("{member:?}"));
        let made = endpoint.public.post("/scim/v2/Groups", &group_body("Another", from_ref(&member))).await;
        assert_refused(&made, 400, "invalidValue", &detail);
        let replaced = endpoint.public.json("PUT", &path, &group_body("Outer", from_ref(&member))).await;
        assert_refused(&replaced, 400, "invalidValue", &detail);
        let add = json!([{ "op": "Add", "path": "members", "value": [{ "value": member, "type": "Group" }] }]);
        assert_refused(&endpoint.public.patch(&path, &add).await, 400, "invalidValue", &detail);
    }
    assert_eq!(endpoint.public.get(&path).await.json(), before);
    assert_eq!(endpoint.public.get("/scim/v2/Groups").await.json()["totalResults"], 2);
}

#[tokio::test]
async fn a_user_or_group_of_a_name_that_is_taken_is_not_made() {
    let endpoint = Endpoint::start(Vec::new()).await;
    endpoint.user("ana@example.com").await;
    endpoint.group("Designers", &[]).await;
    for name in ["ana@example.com", "ANA@Example.com"] {
        let made = endpoint.public.post("/scim/v2/Users", &user_body(name)).await;
        assert_refused(&made, 409, "uniqueness", &taken("userName", name, "user"));
    }
    for name in ["Designers", "designers"] {
        let made = endpoint.public.post("/scim/v2/Groups", &group_body(name, &[])).await;
        assert_refused(&made, 409, "uniqueness", &taken("displayName", name, "group"));
    }
    for kind in ["Users", "Groups"] {
        assert_eq!(endpoint.public.get(&format!("/scim/v2/{kind}")).await.json()["totalResults"], 1, "{kind}");
    }
}

#[tokio::test]
async fn of_a_patch_all_operations_are_done_or_none() {
    let endpoint = Endpoint::start(Vec::new()).await;
    let ana = endpoint.user("ana@example.com").await;
    let user = format!("/scim/v2/Users/{ana}");
    let group = format!("/scim/v2/Groups/{}", endpoint.group("Designers", &[]).await);
    let before = (endpoint.public.get(&user).await.json(), endpoint.public.get(&group).await.json());
    let first_fits = json!([{ "op": "replace", "path": "title", "value": "x" }, { "op": "remove" }]);
    assert_eq!(endpoint.public.patch(&user, &first_fits).await.status, 400);
    let add = json!([{ "op": "Add", "path": "members", "value": [{ "value": ana }, { "value": nobody(1) }] }]);
    let refused = endpoint.public.patch(&group, &add).await;
    assert_refused(&refused, 400, "invalidValue", &no_user(&format!("{:?}", nobody(1))));
    assert_eq!((endpoint.public.get(&user).await.json(), endpoint.public.get(&group).await.json()), before);
    // Whoever is nobody can be taken out: they are not in it.
    let remove = json!([{ "op": "Remove", "path": "members", "value": [{ "value": nobody(1) }] }]);
    assert_eq!(endpoint.public.patch(&group, &remove).await.status, 204);
}

#[tokio::test]
async fn unknown_attributes_and_schemas_are_ignored() {
    let endpoint = Endpoint::start(Vec::new()).await;
    let mut body = user_body("ana@example.com");
    body["misspeled"] = json!("x");
    body["urn:example:unknown:2.0:User"] = json!({ "a": 1 });
    body["meta"] = json!({ "resourceType": "Nonsense" });
    body["id"] = json!("mine");
    body["password"] = json!("not-kept-anywhere");
    let reply = endpoint.public.post("/scim/v2/Users", &body).await;
    assert_eq!(reply.status, 201, "{}", reply.text);
    for ignored in ["misspeled", "urn:example", "Nonsense", "\"mine\"", "not-kept"] {
        assert!(!reply.text.contains(ignored), "{ignored}: {}", reply.text);
    }
}

#[tokio::test]
async fn a_user_cannot_be_renamed_to_a_name_that_is_taken() {
    let endpoint = Endpoint::start(Vec::new()).await;
    endpoint.user("ana@example.com").await;
    let path = format!("/scim/v2/Users/{}", endpoint.user("bram@example.com").await);
    let before = endpoint.public.get(&path).await.json();
    for name in ["ana@example.com", "ANA@Example.com"] {
        let detail = taken("userName", name, "user");
        let by_path = json!([{ "op": "Replace", "path": "userName", "value": name }]);
        let by_key = json!([{ "op": "replace", "value": { "title": "Lead", "userName": name } }]);
        for operations in [by_path, by_key] {
            assert_refused(&endpoint.public.patch(&path, &operations).await, 409, "uniqueness", &detail);
        }
        let replaced = endpoint.public.json("PUT", &path, &user_body(name)).await;
        assert_refused(&replaced, 409, "uniqueness", &detail);
    }
    assert_eq!(endpoint.public.get(&path).await.json(), before, "the title is not there either");
    let own = json!([{ "op": "Replace", "path": "userName", "value": "BRAM@example.com" }]);
    let renamed = endpoint.public.patch(&path, &own).await;
    assert_eq!((renamed.status, &renamed.json()["userName"]), (200, &json!("BRAM@example.com")), "its own name");
}

#[tokio::test]
async fn a_group_cannot_be_renamed_to_a_name_that_is_taken() {
    let endpoint = Endpoint::start(Vec::new()).await;
    endpoint.group("Designers", &[]).await;
    let ana = endpoint.user("ana@example.com").await;
    let path = format!("/scim/v2/Groups/{}", endpoint.group("Developers", &[]).await);
    let before = endpoint.public.get(&path).await.json();
    for name in ["Designers", "DESIGNERS"] {
        let detail = taken("displayName", name, "group");
        let by_path = json!([
            { "op": "Add", "path": "members", "value": [{ "value": ana }] },
            { "op": "Replace", "path": "displayName", "value": name },
        ]);
        let by_key = json!([{ "op": "replace", "value": { "externalId": "x", "displayName": name } }]);
        for operations in [by_path, by_key] {
            assert_refused(&endpoint.public.patch(&path, &operations).await, 409, "uniqueness", &detail);
        }
        let replaced = endpoint.public.json("PUT", &path, &group_body(name, from_ref(&ana))).await;
        assert_refused(&replaced, 409, "uniqueness", &detail);
    }
    assert_eq!(endpoint.public.get(&path).await.json(), before, "nobody joined either");
    let own = json!([{ "op": "Replace", "path": "displayName", "value": "DEVELOPERS" }]);
    assert_eq!(endpoint.public.patch(&path, &own).await.shown(), "204", "its own name");
}

#[tokio::test]
async fn a_patch_of_an_attribute_that_nobody_knows_is_taken_and_changes_nothing() {
    let endpoint = Endpoint::start(Vec::new()).await;
    let user = format!("/scim/v2/Users/{}", endpoint.user("ana@example.com").await);
    let group = format!("/scim/v2/Groups/{}", endpoint.group("Designers", &[]).await);
    let before = (endpoint.public.get(&user).await.json(), endpoint.public.get(&group).await.json());
    let paths = ["shoeSize", "name.shoeSize", "urn:example:2.0:Thing:size", "shoes[kind eq \"left\"].size"];
    for path in paths {
        for op in ["add", "replace", "remove"] {
            let operations = json!([{ "op": op, "path": path, "value": "43" }]);
            let reply = endpoint.public.patch(&user, &operations).await;
            assert_eq!((reply.status, &reply.json()), (200, &before.0), "{op} {path}");
            assert_eq!(endpoint.public.patch(&group, &operations).await.shown(), "204", "{op} {path}");
        }
    }
    assert_eq!((endpoint.public.get(&user).await.json(), endpoint.public.get(&group).await.json()), before);
    // What comes along with it counts.
    let both = json!([{ "op": "replace", "value": { "shoeSize": 43, "title": "Lead" } }]);
    let reply = endpoint.public.patch(&user, &both).await;
    assert_eq!((reply.status, &reply.json()["title"]), (200, &json!("Lead")));
    assert!(!reply.text.contains("shoeSize"), "{}", reply.text);
}

#[tokio::test]
async fn a_filter_has_256_comparisons_and_8192_bytes_at_most() {
    let endpoint = Endpoint::start(Vec::new()).await;
    let asked = async |path: &str, filter: &str| {
        finish(endpoint.public.request("GET", path).query(&[("filter", filter)])).await
    };
    let terms = |count: usize| vec!["id pr"; count].join(" or ");
    let bytes = |count: usize| format!("id eq \"{}\"", "x".repeat(count - "id eq \"\"".len()));
    for path in ["/scim/v2/Users", "/scim/v2/Groups"] {
        for fits in [terms(256), bytes(8192)] {
            let reply = asked(path, &fits).await;
            assert_eq!((reply.status, &reply.json()["totalResults"]), (200, &json!(0)), "{path}: {}", reply.text);
        }
        // The place is where the comparison too many begins.
        let detail = "filter, character 2305: more than 256 comparisons; ask in several requests";
        assert_refused(&asked(path, &terms(257)).await, 400, "invalidFilter", detail);
        let detail = "the filter is longer than 8192 bytes; ask in several requests";
        assert_refused(&asked(path, &bytes(8193)).await, 400, "invalidFilter", detail);
    }
}
