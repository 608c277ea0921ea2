//! The shapes of interop.md §2, letter by letter. What is sent over a whole cycle is compared in `tests/it`.

use super::{Change, Shapes, create_group, match_group, match_user};
use crate::simulate::profile::WORK_MAIL;
use serde_json::{Value, json};

fn change(path: &str, to: Option<&str>, had_value: bool) -> Change {
    Change { path: path.to_owned(), to: to.map(str::to_owned), had_value }
}

fn operations(request: crate::client::Request) -> Value {
    let body = request.body.unwrap();
    assert_eq!(body["schemas"], json!(["urn:ietf:params:scim:api:messages:2.0:PatchOp"]));
    body["Operations"].clone()
}

#[test]
fn c014_disable_and_reactivate_in_both_shapes() {
    let sent = |shapes: Shapes, active| operations(shapes.update_user("1", &[], Some(active)));
    let classic = |text: &str| json!([{ "op": "Replace", "path": "active", "value": text }]);
    assert_eq!(sent(Shapes::Classic, false), classic("False"));
    assert_eq!(sent(Shapes::Classic, true), classic("True"));
    assert_eq!(sent(Shapes::Flagged, false), json!([{ "op": "replace", "path": "active", "value": false }]));
}

#[test]
fn c014_attributes_one_by_one_or_together() {
    let changes = [
        change(WORK_MAIL, Some("new@example.com"), true),
        change("displayName", Some("Bjfe"), true),
        change("name.givenName", Some("Kkom"), true),
        change("title", Some("Lead"), false),
    ];
    assert_eq!(
        operations(Shapes::Classic.update_user("1", &changes, None)),
        json!([
            { "op": "Replace", "path": "emails[type eq \"work\"].value", "value": "new@example.com" },
            { "op": "Replace", "path": "displayName", "value": "Bjfe" },
            { "op": "Replace", "path": "name.givenName", "value": "Kkom" },
            { "op": "Add", "path": "title", "value": "Lead" },
        ])
    );
    assert_eq!(
        operations(Shapes::Flagged.update_user("1", &changes, None)),
        json!([
            { "op": "replace", "path": "emails[type eq \"work\"].value", "value": "new@example.com" },
            { "op": "replace", "value": { "displayName": "Bjfe", "name.givenName": "Kkom" } },
            { "op": "add", "value": { "title": "Lead" } },
        ])
    );
}

#[test]
fn c014_members_in_both_shapes() {
    let one = json!([{ "$ref": null, "value": "f6" }]);
    assert_eq!(
        operations(Shapes::Classic.add_member("g", "f6")),
        json!([{ "op": "Add", "path": "members", "value": one }])
    );
    let remove = json!([{ "op": "Remove", "path": "members", "value": one }]);
    assert_eq!(operations(Shapes::Classic.remove_member("g", "f6")), remove);
    let filtered = json!([{ "op": "remove", "path": "members[value eq \"f6\"]" }]);
    assert_eq!(operations(Shapes::Flagged.remove_member("g", "f6")), filtered);
}

#[test]
fn c014_manager_is_set_by_reference_and_cleared_by_an_empty_text() {
    let path = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager";
    let reference = json!([{ "$ref": "http://h/scim/v2/Users/28", "value": "28" }]);
    let sent = |manager| operations(Shapes::Classic.set_manager("1", manager, "http://h/scim/v2/"));
    assert_eq!(sent(Some("28")), json!([{ "op": "Add", "path": path, "value": reference }]));
    assert_eq!(sent(None), json!([{ "op": "replace", "path": path, "value": "" }]));
}

#[test]
fn c014_groups_are_matched_without_members_and_made_without_members() {
    let query = match_group("HR \"Designers\"").query;
    let filter = "displayName eq \"HR \\\"Designers\\\"\"".to_owned();
    assert_eq!(query, [("excludedAttributes", "members".to_owned()), ("filter", filter)]);
    assert!(create_group("g", "1").body.unwrap().get("members").is_none());
    assert_eq!(match_user("a@b").query, [("filter", "userName eq \"a@b\"".to_owned())]);
}
