//! What operations do to the members and the name of a group.

use super::*;
use crate::scim::{MemberId, ScimType};
use indexmap::IndexSet;
use serde_json::{Value, json};

fn tolerant() -> Reading {
    Reading::default()
}

fn patch(operations: Value) -> Result<Patch, Error> {
    Patch::read(json!({"Operations": operations}), ResourceKind::GROUP, &tolerant())
}

fn ids<const N: usize>(ids: [&str; N]) -> IndexSet<MemberId> {
    ids.into_iter().map(MemberId::from).collect()
}

pub fn members(operations: Value) -> Result<MembershipChange, Error> {
    let (group, _) = Group::read(json!({"displayName": "Designers"}), ResourceKind::GROUP, &tolerant())?;
    Ok(patch(operations)?.apply_to_group(&group)?.1)
}

#[test]
fn b013_members_are_added_and_removed_in_every_shape() {
    let added = MembershipChange { add: ids(["u"]), ..Default::default() };
    for value in
        [json!([{"$ref": null, "value": "u"}]), json!({"value": "u"}), json!("u"), json!(["u", {"value": "u"}])]
    {
        assert_eq!(members(json!([{"op": "Add", "path": "members", "value": value}])).unwrap(), added);
        assert_eq!(members(json!([{"op": "add", "value": {"members": value}}])).unwrap(), added);
    }
    let removed = MembershipChange { remove: ids(["u"]), ..Default::default() };
    for operation in [
        json!({"op": "Remove", "path": "members", "value": [{"$ref": null, "value": "u"}]}),
        json!({"op": "remove", "path": "members[value eq \"u\"]"}),
        json!({"op": "remove", "path": "MEMBERS[VALUE EQ \"u\"]", "value": [{"value": "other"}]}),
        json!({"op": "remove", "path": "urn:ietf:params:scim:schemas:core:2.0:Group:members", "value": "u"}),
    ] {
        assert_eq!(members(json!([operation])).unwrap(), removed);
    }
    let or = members(json!([{"op": "remove", "path": "members[value eq \"u\" or value eq \"v\"]"}])).unwrap();
    assert_eq!(or.remove, ids(["u", "v"]));
    assert!(members(json!([{"op": "remove", "path": "members", "value": []}])).unwrap().is_empty());
}

#[test]
fn b095_all_members_are_cleared_or_replaced() {
    let clear = MembershipChange { clear: true, ..Default::default() };
    for operation in [
        json!({"op": "remove", "path": "members"}),
        json!({"op": "replace", "path": "members", "value": []}),
        json!({"op": "replace", "path": "members", "value": null}),
    ] {
        assert_eq!(members(json!([operation])).unwrap(), clear);
    }
    let replaced = members(json!([{"op": "replace", "path": "members", "value": [{"value": "a"}, {"value": "b"}]}]));
    assert_eq!(replaced.unwrap(), MembershipChange { clear: true, add: ids(["a", "b"]), remove: ids([]) });
}

#[test]
fn b086_the_order_of_operations_is_folded_away() {
    let change = members(json!([
        {"op": "add", "path": "members", "value": ["a", "b"]},
        {"op": "remove", "path": "members[value eq \"b\"]"},
        {"op": "remove", "path": "members", "value": ["c"]},
        {"op": "add", "path": "members", "value": ["c"]}
    ]));
    assert_eq!(change.unwrap(), MembershipChange { clear: false, add: ids(["a", "c"]), remove: ids(["b"]) });
    let change = members(json!([
        {"op": "add", "path": "members", "value": ["a"]},
        {"op": "remove", "path": "members"},
        {"op": "add", "path": "members", "value": ["b", "c"]},
        {"op": "remove", "path": "members", "value": ["c", "d"]}
    ]));
    assert_eq!(change.unwrap(), MembershipChange { clear: true, add: ids(["b"]), remove: ids([]) });
}

#[test]
fn err_members_are_selected_by_value_only_and_never_changed() {
    let refused = |operation: Value| {
        let error = members(json!([operation])).unwrap_err();
        (error.scim_type, error.detail)
    };
    let (kind, detail) = refused(json!({"op": "remove", "path": "members[display eq \"x\"]"}));
    assert_eq!(kind, Some(ScimType::InvalidFilter));
    insta::assert_snapshot!(detail, @r#"Operations[0]: members can be selected by `value` only: members[value eq "<id of a user>"]"#);
    for path in ["members[value ne \"x\"]", "members[value eq \"x\" and value eq \"y\"]", "members[type eq \"User\"]"] {
        assert_eq!(refused(json!({"op": "remove", "path": path})).0, Some(ScimType::InvalidFilter), "{path}");
    }
    for path in ["members[value eq \"x\"].display", "members.value", "members[value eq \"x\"]"] {
        assert_eq!(
            refused(json!({"op": "replace", "path": path, "value": "y"})).0,
            Some(ScimType::Mutability),
            "{path}"
        );
    }
    assert_eq!(refused(json!({"op": "add", "path": "members", "value": [{}]})).0, Some(ScimType::InvalidValue));
}

#[test]
fn b137_a_group_is_renamed_as_okta_and_entra_do_it() {
    let (group, _) = Group::read(json!({"displayName": "Old"}), ResourceKind::GROUP, &tolerant()).unwrap();
    for operation in [
        json!({"op": "replace", "value": {"id": "abf4dd94", "displayName": "New"}}),
        json!({"op": "Replace", "path": "displayName", "value": "New"}),
    ] {
        let (renamed, change) = patch(json!([operation])).unwrap().apply_to_group(&group).unwrap();
        assert_eq!((renamed.display_name(), change.is_empty()), ("New", true));
    }
    let remove = patch(json!([{"op": "remove", "path": "displayName"}])).unwrap();
    assert_eq!(remove.apply_to_group(&group).unwrap_err().scim_type, Some(ScimType::Mutability));
}
