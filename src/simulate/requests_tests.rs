//! The bodies of interop.md §3 and §4, letter by letter. What is sent over whole cycles is compared in `tests/it`.

use super::{Member, Wanted, page, patch_group_name, patch_user};
use crate::client::Request;
use crate::simulate::{Dialect, JUMPCLOUD, KEYCLOAK, OKTA_AIW, OKTA_OIN, ONELOGIN, PINGONE, People, Profile};
use serde_json::{Value, json};

fn ada(more: &str) -> Profile {
    let text = format!(
        "people: [{{ userName: ada, objectId: 00u1, givenName: Ada, familyName: Marsh, mail: ada@example.com{more} }}]"
    );
    Profile::of(People::from_yaml(&text).unwrap().people().next().unwrap())
}

fn body(request: Request) -> Value {
    request.body.unwrap()
}

fn member(id: &str) -> Member {
    Member { id: id.to_owned(), user_name: format!("{id}@example.com") }
}

#[test]
fn c014_okta_looks_for_a_name_and_creates_with_groups_password_and_locale() {
    let query = OKTA_OIN.look_up("test.user@okta.local").query;
    let pairs = [("filter", "userName eq \"test.user@okta.local\""), ("startIndex", "1"), ("count", "100")];
    assert_eq!(query, pairs.map(|(name, value)| (name, value.to_owned())));
    for dialect in [&OKTA_OIN, &OKTA_AIW] {
        let expected = json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
            "userName": "ada",
            "name": { "givenName": "Ada", "familyName": "Marsh" },
            "emails": [{ "primary": true, "value": "ada@example.com", "type": "work" }],
            "displayName": "Ada Marsh",
            "locale": "en-US",
            "externalId": "00u1",
            "groups": [],
            "password": "1mz050nq",
            "active": true,
        });
        assert_eq!(body(dialect.create_user(&ada(""), "1mz050nq")), expected);
    }
}

#[test]
fn c014_okta_puts_what_it_read_with_id_groups_and_meta() {
    let extension = crate::simulate::profile::ENTERPRISE;
    let read = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", extension],
        "id": "u1", "userName": "old", "title": "Gone", "password": "never", "nickName": "Kept",
        "groups": [{ "value": "g1" }], "meta": { "resourceType": "User" },
        extension: { "department": "Gone", "costCenter": "Kept" },
    });
    let put = OKTA_AIW.put_user("u1", Some(&read), &ada(""), false);
    assert_eq!(put.path, ["Users", "u1"]);
    let expected = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", extension],
        "id": "u1",
        "userName": "ada",
        "name": { "givenName": "Ada", "familyName": "Marsh" },
        "emails": [{ "primary": true, "value": "ada@example.com", "type": "work" }],
        "displayName": "Ada Marsh",
        "nickName": "Kept",
        "locale": "en-US",
        "externalId": "00u1",
        "groups": [{ "value": "g1" }],
        "meta": { "resourceType": "User" },
        "active": false,
        extension: { "costCenter": "Kept" },
    });
    assert_eq!(body(put), expected);
}

#[test]
fn c014_okta_patches_active_and_password_without_a_path() {
    let operations = |request: Request| body(request)["Operations"].clone();
    let active = operations(patch_user("u1", "active", false));
    assert_eq!(active, json!([{ "op": "replace", "value": { "active": false } }]));
    let password = operations(patch_user("u1", "password", "1mz050nq"));
    assert_eq!(password, json!([{ "op": "replace", "value": { "password": "1mz050nq" } }]));
}

#[test]
fn c014_okta_pushes_groups_by_patch_or_whole() {
    let group = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": "Test SCIMv2", "members": [],
    });
    let members = [member("a"), member("b")];
    let wanted = Wanted { display_name: "Test SCIMv2", external_id: "00g1", members: &members };
    assert_eq!(body(OKTA_OIN.create_group(&wanted)), group);
    let name = json!([{ "op": "replace", "value": { "id": "g1", "displayName": "Group SCIMv2" } }]);
    assert_eq!(body(patch_group_name("g1", "Group SCIMv2"))["Operations"], name);
    let shown = |id: &str| json!({ "value": id, "display": format!("{id}@example.com") });
    assert_eq!(
        OKTA_OIN.change_members(&["x".to_owned()], &members[..1]),
        [
            json!({ "op": "remove", "path": "members[value eq \"x\"]" }),
            json!({ "op": "add", "path": "members", "value": [shown("a")] }),
        ]
    );
    let all = json!([shown("a"), shown("b")]);
    assert_eq!(OKTA_OIN.replace_members(&members), json!({ "op": "replace", "path": "members", "value": all }));
    let mut whole = group;
    whole["id"] = json!("g1");
    whole["members"] = all;
    assert_eq!(body(OKTA_AIW.put_group("g1", &wanted)), whole);
    assert_eq!(page("Groups", 101, 100).query, [("startIndex", "101".to_owned()), ("count", "100".to_owned())]);
}

#[test]
fn c014_onelogin_writes_the_urns_of_a_draft() {
    let urns = ["urn:scim:schemas:core:2.0", "urn:scim:schemas:extension:enterprise:2.0"];
    let user = body(ONELOGIN.create_user(&ada(", department: Studio"), "unused"));
    assert_eq!(user["schemas"], json!(urns));
    assert_eq!(user[urns[1]], json!({ "department": "Studio" }));
    assert_eq!(user.get("password"), None);
}

#[test]
fn c014_pingone_takes_the_address_for_the_name() {
    assert_eq!(PINGONE.user_name(&ada("")), "ada@example.com");
    assert_eq!(body(PINGONE.create_user(&ada(""), "unused"))["userName"], "ada@example.com");
}

#[test]
fn c014_whoever_puts_groups_whole_also_creates_them_whole() {
    let members = [member("a")];
    let wanted = Wanted { display_name: "Makers", external_id: "g", members: &members };
    let sent = |dialect: &Dialect| (body(dialect.create_group(&wanted)), body(dialect.put_group("g1", &wanted)));
    for dialect in [&JUMPCLOUD, &PINGONE, &KEYCLOAK] {
        let (created, put) = sent(dialect);
        assert_eq!((&created["members"], &put["members"]), (&json!([{ "value": "a" }]), &json!([{ "value": "a" }])));
        assert_eq!((created.get("id"), put.get("id").is_some()), (None, *dialect == KEYCLOAK));
    }
    assert_eq!(sent(&KEYCLOAK).0["externalId"], "g");
}
