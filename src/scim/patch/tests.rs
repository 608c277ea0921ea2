//! What operations do to users and groups, and what is refused.

use super::*;
use crate::scim::{Dialect, ScimType};
use serde_json::{Value, json};

const EU: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
const URN: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
fn tolerant() -> Reading {
    Reading::default()
}

fn strictly() -> Reading {
    Reading::new(Dialect::Strict)
}

fn babs() -> User {
    let body = json!({
        "userName": "babs", "title": "VP", "name": {"givenName": "Barbara", "familyName": "Jensen"},
        "emails": [{"type": "work", "value": "w@x", "primary": true}, {"type": "home", "value": "h@x"}],
        EU: {"department": "Tours", "manager": {"value": "m1", "$ref": "../Users/m1"}}
    });
    User::read(body, ResourceKind::USER, &tolerant()).unwrap()
}

fn patch(operations: Value, how: &Reading) -> Result<Patch, Error> {
    Patch::read(json!({"schemas": [URN], "Operations": operations}), ResourceKind::USER, how)
}

fn with(operations: Value, how: &Reading) -> Result<User, Error> {
    patch(operations, how)?.apply_to_user(&babs())
}

/// Babs after one operation.
#[track_caller]
fn after(operation: Value) -> User {
    with(json!([operation]), &tolerant()).unwrap()
}

#[track_caller]
fn now(user: &User, pointer: &str) -> Value {
    let all = Value::Object(user.attributes.clone());
    all.pointer(pointer).cloned().unwrap_or(Value::Null)
}

#[track_caller]
fn refused(operation: Value, how: &Reading) -> (u16, Option<ScimType>) {
    let error = with(json!([operation]), how).unwrap_err();
    (error.status, error.scim_type)
}

fn of(scim_type: ScimType) -> (u16, Option<ScimType>) {
    (400, Some(scim_type))
}

#[test]
fn ok_simple_attributes() {
    assert_eq!(now(&after(json!({"op": "Add", "path": "NICKNAME", "value": "Babs"})), "/nickName"), json!("Babs"));
    assert_eq!(now(&after(json!({"op": "replace", "path": "title", "value": "CEO"})), "/title"), json!("CEO"));
    for clear in [
        json!({"op": "Remove", "path": "title"}),
        json!({"op": "replace", "path": "title", "value": null}),
        json!({"op": "Replace", "path": "title", "value": ""}),
    ] {
        assert_eq!(now(&after(clear), "/title"), Value::Null);
    }
}

#[test]
fn b050_disable_in_every_form() {
    for operation in [
        json!({"op": "Replace", "path": "active", "value": "False"}),
        json!({"op": "replace", "path": "active", "value": false}),
        json!({"op": "replace", "value": {"active": false}}),
        json!({"op": "Add", "path": "urn:ietf:params:scim:schemas:core:2.0:User:active", "value": false}),
    ] {
        assert!(!after(operation).active());
    }
    assert_eq!(
        refused(json!({"op": "replace", "path": "active", "value": "False"}), &strictly()),
        of(ScimType::InvalidValue)
    );
}

#[test]
fn nobody_is_enabled_by_removing_active() {
    let inactive = with(json!([{"op": "replace", "path": "active", "value": false}]), &tolerant()).unwrap();
    let remove = json!([{"op": "remove", "path": "active"}]);
    assert_eq!(patch(remove.clone(), &tolerant()).unwrap().apply_to_user(&inactive).unwrap(), inactive);
    let removed = patch(remove.clone(), &strictly()).unwrap().apply_to_user(&inactive).unwrap();
    assert_eq!((removed.active(), now(&removed, "/active")), (false, Value::Null));
    let again = patch(remove.clone(), &strictly()).unwrap().apply_to_user(&removed).unwrap();
    assert_eq!(again, removed);
    let active = patch(remove, &strictly()).unwrap().apply_to_user(&babs()).unwrap();
    assert_eq!((active.active(), active.attributes.get("active")), (true, None));
}

#[test]
fn ok_complex_attributes_are_merged() {
    let user = after(json!({"op": "replace", "path": "name", "value": {"givenName": "B", "middleName": "J"}}));
    assert_eq!(now(&user, "/name"), json!({"givenName": "B", "familyName": "Jensen", "middleName": "J"}));
    let user = after(json!({"op": "replace", "path": "name.FamilyName", "value": "Smith"}));
    assert_eq!(now(&user, "/name"), json!({"givenName": "Barbara", "familyName": "Smith"}));
    let user = after(json!({"op": "add", "path": "name", "value": {"givenName": null, "familyName": ""}}));
    assert_eq!(now(&user, "/name"), Value::Null);
}

#[test]
fn ok_without_path_every_key_is_a_path() {
    let user = after(json!({"op": "replace", "value": {
        "displayName": "Bjfe", "name.givenName": "Kkom", format!("{EU}:employeeNumber"): "Aklq", "id": "ignored",
        EU: {"department": "New"}, "emails[type eq \"work\"].value": "new@x", "groups": [], "no such key!": 1,
        "shoeSize": 1, "password": "x"
    }}));
    assert_eq!(now(&user, "/displayName"), json!("Bjfe"));
    assert_eq!(now(&user, "/name/givenName"), json!("Kkom"));
    assert_eq!(now(&user, "/name/familyName"), json!("Jensen"));
    assert_eq!(now(&user, "/emails/0/value"), json!("new@x"));
    let expected = json!({"employeeNumber": "Aklq", "department": "New",
        "manager": {"value": "m1", "$ref": "../Users/m1"}});
    assert_eq!(user.attributes.get(EU), Some(&expected));
    assert!(!user.attributes.contains_key("id") && !user.attributes.contains_key("password"));
}

#[test]
fn ok_the_manager_in_every_shape() {
    let manager = |operation: Value| after(operation).attributes[EU].get("manager").cloned();
    let path = format!("{EU}:manager");
    for value in
        [json!([{"$ref": "http://x/Users/m2", "value": "m2"}]), json!({"$ref": "http://x/Users/m2", "value": "m2"})]
    {
        let found = manager(json!({"op": "Add", "path": path, "value": value}));
        assert_eq!(found, Some(json!({"value": "m2", "$ref": "http://x/Users/m2"})));
    }
    let found = manager(json!({"op": "Add", "path": path, "value": "m2"}));
    assert_eq!(found, Some(json!({"value": "m2"})), "the reference to the old manager goes");
    assert_eq!(manager(json!({"op": "replace", "path": format!("{EU}.manager"), "value": "m2"})), found);
    assert_eq!(manager(json!({"op": "replace", "path": format!("{path}.value"), "value": "m2"})), found);
    for value in [json!(""), json!(null), json!([])] {
        assert_eq!(manager(json!({"op": "replace", "path": path, "value": value})), None);
    }
    assert_eq!(manager(json!({"op": "remove", "path": path})), None);
}

#[test]
fn ok_an_extension_goes_with_its_last_attribute() {
    let user = with(
        json!([
            {"op": "remove", "path": format!("{EU}:manager")},
            {"op": "remove", "path": format!("{EU}:department")},
        ]),
        &tolerant(),
    );
    let user = user.unwrap();
    assert_eq!(now(&user, "/schemas"), json!(["urn:ietf:params:scim:schemas:core:2.0:User"]));
    assert_eq!(after(json!({"op": "remove", "path": EU})), user);
}

#[test]
fn ok_values_of_lists_are_added_once() {
    let user =
        after(json!({"op": "add", "path": "emails", "value": [{"type": "work", "value": "W@x"}, {"value": "n@x"}]}));
    assert_eq!(
        now(&user, "/emails"),
        json!([{"type": "work", "value": "W@x", "primary": true}, {"type": "home", "value": "h@x"}, {"value": "n@x"}])
    );
    let user = after(json!({"op": "replace", "path": "emails", "value": {"value": "only@x"}}));
    assert_eq!(now(&user, "/emails"), json!([{"value": "only@x"}]));
}

#[test]
fn ok_values_selected_by_a_filter() {
    let user = after(json!({"op": "replace", "path": "emails[type eq \"work\"].value", "value": "new@x"}));
    assert_eq!(now(&user, "/emails/0"), json!({"type": "work", "value": "new@x", "primary": true}));
    let user = after(json!({"op": "replace", "path": "emails[type eq \"home\"]", "value": {"display": "H"}}));
    assert_eq!(now(&user, "/emails/1"), json!({"type": "home", "value": "h@x", "display": "H"}));
    let user = after(json!({"op": "remove", "path": "emails[type eq \"work\" and value ew \"x\"]"}));
    assert_eq!(now(&user, "/emails"), json!([{"type": "home", "value": "h@x"}]));
    let user = after(json!({"op": "replace", "path": "emails[type eq \"home\"].value", "value": ""}));
    assert_eq!(
        now(&user, "/emails"),
        json!([{"type": "work", "value": "w@x", "primary": true}]),
        "no value, no e-mail"
    );
    let user = after(json!({"op": "remove", "path": "emails", "value": [{"type": "home", "value": "h@x"}]}));
    assert_eq!(now(&user, "/emails"), json!([{"type": "work", "value": "w@x", "primary": true}]));
    let user = after(json!({"op": "add", "path": "emails.display", "value": "all"}));
    assert_eq!((now(&user, "/emails/0/display"), now(&user, "/emails/1/display")), (json!("all"), json!("all")));
}

#[test]
fn ok_the_primary_written_last_stays() {
    let user = after(json!({"op": "replace", "path": "emails[type eq \"home\"].primary", "value": "True"}));
    assert_eq!((now(&user, "/emails/0/primary"), now(&user, "/emails/1/primary")), (json!(false), json!(true)));
    let user = with(
        json!([
            {"op": "add", "path": "emails", "value": {"value": "n@x", "primary": true}},
            {"op": "add", "path": "emails[type eq \"work\"].primary", "value": true}
        ]),
        &tolerant(),
    )
    .unwrap();
    assert_eq!((now(&user, "/emails/0/primary"), now(&user, "/emails/2/primary")), (json!(true), json!(false)));
}

#[test]
fn ok_a_value_that_nothing_matches_is_made() {
    for op in ["Add", "Replace"] {
        let user = after(json!({"op": op, "path": "addresses[type eq \"work\"].formatted", "value": "1 St"}));
        assert_eq!(now(&user, "/addresses"), json!([{"type": "work", "formatted": "1 St"}]));
        let user = after(json!({"op": op, "path": "roles[primary eq \"True\"].value", "value": "Admin"}));
        assert_eq!(now(&user, "/roles"), json!([{"primary": true, "value": "Admin"}]));
        let user = after(json!({"op": op, "path": "phoneNumbers[type eq \"work\"]", "value": {"value": "1"}}));
        assert_eq!(now(&user, "/phoneNumbers"), json!([{"type": "work", "value": "1"}]));
    }
    let nothing = json!({"op": "replace", "path": "addresses[type eq \"work\"].formatted", "value": null});
    assert_eq!(after(nothing), babs());
    let unclear = json!({"op": "add", "path": "addresses[type ne \"work\"].formatted", "value": "1 St"});
    assert_eq!(refused(unclear, &tolerant()), of(ScimType::NoTarget));
}

#[test]
fn err_strict_needs_a_match() {
    for operation in [
        json!({"op": "replace", "path": "addresses[type eq \"work\"].formatted", "value": "1 St"}),
        json!({"op": "replace", "path": "addresses[type eq \"work\"]", "value": {"formatted": "1 St"}}),
        json!({"op": "remove", "path": "addresses[type eq \"work\"]"}),
        json!({"op": "remove", "path": "emails[type eq \"other\"].value"}),
    ] {
        assert_eq!(refused(operation, &strictly()), of(ScimType::NoTarget));
    }
    let add = json!({"op": "add", "path": "addresses[type eq \"work\"].formatted", "value": "1 St"});
    assert_eq!(now(&with(json!([add]), &strictly()).unwrap(), "/addresses/0/type"), json!("work"));
    assert_eq!(after(json!({"op": "remove", "path": "addresses[type eq \"work\"]"})), babs());
}

#[test]
fn ok_a_change_to_the_same_is_no_change() {
    for operation in [
        json!({"op": "replace", "path": "title", "value": "VP"}),
        json!({"op": "add", "path": "emails", "value": [{"type": "home", "value": "h@x"}]}),
        json!({"op": "add", "path": "schemas", "value": ["urn:x"]}),
        json!({"op": "replace", "path": "password", "value": "secret"}),
        json!({"op": "replace", "path": "shoeSize", "value": 42}),
        json!({"op": "remove", "path": "nickName"}),
    ] {
        assert_eq!(after(operation.clone()), babs(), "{operation}");
    }
}

#[test]
fn ok_the_same_replacement_twice_is_once() {
    for operation in [
        json!({"op": "replace", "path": "emails[type eq \"work\"].value", "value": "new@x"}),
        json!({"op": "replace", "path": "emails", "value": [{"value": "a", "primary": true}]}),
        json!({"op": "replace", "path": "addresses[type eq \"work\"].region", "value": "r"}),
        json!({"op": "replace", "value": {"name.givenName": "x", EU: {"manager": "m"}}}),
        json!({"op": "add", "path": "ims", "value": [{"value": "a"}]}),
    ] {
        let entra = Reading::new(Dialect::Entra);
        let once = with(json!([operation]), &entra).unwrap();
        let twice = patch(json!([operation]), &entra).unwrap().apply_to_user(&once).unwrap();
        assert_eq!(twice, once);
    }
}

#[test]
fn err_each_with_its_keyword() {
    use ScimType::{InvalidFilter, InvalidPath, InvalidSyntax, InvalidValue, Mutability, NoTarget};
    for (operation, expected) in [
        (json!({"op": "remove"}), NoTarget),
        (json!({"op": "remove", "path": "userName"}), Mutability),
        (json!({"op": "replace", "path": "userName", "value": ""}), Mutability),
        (json!({"op": "replace", "path": "userName", "value": 7}), InvalidValue),
        (json!({"op": "replace", "path": "id", "value": "x"}), Mutability),
        (json!({"op": "add", "path": "groups", "value": []}), Mutability),
        (json!({"op": "add", "path": "meta.version", "value": "1"}), Mutability),
        (json!({"op": "replace", "path": format!("{EU}:manager.displayName"), "value": "x"}), Mutability),
        (json!({"op": "add", "path": "user name", "value": "x"}), InvalidPath),
        (json!({"op": "add", "path": "/title", "value": "x"}), InvalidPath),
        (json!({"op": "add", "path": "name[familyName eq \"x\"]", "value": {}}), InvalidPath),
        (json!({"op": "add", "path": "emails[type]", "value": "x"}), InvalidFilter),
        (json!({"op": "add", "path": "emails[type eq \"x\"", "value": "x"}), InvalidFilter),
        (json!({"op": "add", "path": "emails[primary gt true].value", "value": "x"}), InvalidFilter),
        (json!({"op": "add", "value": "x"}), InvalidValue),
        (json!({"op": "add", "path": "title"}), InvalidValue),
        (json!({"op": "move", "path": "title", "value": "x"}), InvalidSyntax),
        (json!({"path": "title", "value": "x"}), InvalidSyntax),
        (json!("remove"), InvalidSyntax),
    ] {
        assert_eq!(refused(operation.clone(), &tolerant()), of(expected), "{operation}");
    }
    for operation in [
        json!({"op": "replace", "path": "shoeSize", "value": 1}),
        json!({"op": "replace", "path": "emails[type eq \"work\"].shoe", "value": 1}),
        json!({"op": "replace", "value": {"shoeSize": 1}}),
    ] {
        assert_eq!(refused(operation, &strictly()), of(InvalidPath));
    }
}

#[test]
fn err_details_name_operation_and_place() {
    let detail = |operation: Value| {
        with(json!([{"op": "add", "path": "title", "value": "x"}, operation]), &tolerant()).unwrap_err().detail
    };
    let all = [
        json!({"op": "remove", "path": "userName"}),
        json!({"op": "remove"}),
        json!({"op": "add", "path": "emails[type eq work]", "value": "x"}),
        json!({"op": "add", "path": "na me", "value": "x"}),
        json!({"op": "add", "path": "id", "value": "x"}),
        json!({"op": "replace", "path": "name.givenName", "value": 7}),
        json!({"op": "add", "path": "addresses[type ne \"work\"].region", "value": "x"}),
    ]
    .map(detail)
    .join("\n");
    insta::assert_snapshot!(all, @r#"
    Operations[1]: `userName` is required and cannot be removed; replace it
    Operations[1]: a removal needs a `path` that names what to remove
    Operations[1]: path, character 16: expected a value: a string in double quotes, a number, true, false or null, found a word without quotes
    Operations[1]: path, character 4: expected the end of the path, found `me`
    Operations[1]: `id` is written by the server only; leave it out of the request
    Operations[1]: `name.givenName`: expected a string, found a number; send one string in double quotes
    Operations[1]: no value of `addresses` matches the filter in the path
    "#);
}

#[test]
fn err_messages_that_are_none() {
    let read = |body: Value, how: &Reading| {
        Patch::read(body, ResourceKind::USER, how).map_err(|error| (error.status, error.scim_type))
    };
    let one = json!([{"op": "add", "path": "title", "value": "x"}]);
    let syntax = Err(of(ScimType::InvalidSyntax));
    assert_eq!(read(json!([]), &tolerant()), syntax);
    assert_eq!(read(json!({"schemas": [URN]}), &tolerant()), syntax);
    assert_eq!(read(json!({"schemas": [URN], "Operations": []}), &tolerant()), syntax);
    assert_eq!(read(json!({"schemas": ["urn:x"], "Operations": one}), &tolerant()), syntax);
    assert_eq!(read(json!({"Operations": one}), &strictly()), syntax);
    assert!(read(json!({"operations": one}), &tolerant()).is_ok());
    let many = |n: usize| json!({"schemas": [URN], "Operations": vec![one[0].clone(); n]});
    assert!(read(many(OPERATIONS_MAX), &tolerant()).is_ok());
    assert_eq!(read(many(OPERATIONS_MAX + 1), &tolerant()), Err((413, None)));
}

#[test]
fn err_operations_on_long_lists_are_bounded_together() {
    let roles = json!((0..1_000).map(|i| json!({"value": i.to_string()})).collect::<Vec<_>>());
    let operations = |n: usize| {
        let again = json!({"op": "add", "path": "roles", "value": {"value": "0"}});
        let first = json!({"op": "replace", "path": "roles", "value": roles});
        Value::from([vec![first], vec![again; n]].concat())
    };
    assert!(with(operations(20), &tolerant()).is_ok());
    assert_eq!(with(operations(201), &tolerant()).unwrap_err().status, 413);
}

#[test]
fn all_or_nothing_the_first_error_is_the_answer() {
    let result = with(
        json!([{"op": "replace", "path": "title", "value": "x"}, {"op": "remove", "path": "userName"}]),
        &tolerant(),
    );
    assert_eq!(result.unwrap_err().scim_type, Some(ScimType::Mutability));
    assert_eq!(now(&babs(), "/title"), json!("VP"));
}

mod properties {
    use super::super::member_tests::members;
    use super::*;
    use crate::scim::resource::tests::any_json;
    use proptest::prelude::*;

    fn path() -> impl Strategy<Value = Value> {
        prop_oneof![
            "userName|title|active|name|name.givenName|emails|emails.value|roles|members|displayName|schemas",
            Just("emails[type eq \"a\"].value".to_owned()),
            Just("emails[type eq \"a\" or not (value pr)]".to_owned()),
            Just("addresses[type eq \"b\"].region".to_owned()),
            Just(format!("{EU}:manager")),
            Just(EU.to_owned()),
            Just("members[value eq \"a\"]".to_owned()),
        ]
        .prop_map(Value::from)
    }

    fn operation() -> impl Strategy<Value = Value> {
        (prop_oneof![Just("add"), Just("replace"), Just("remove")], proptest::option::of(path()), any_json())
            .prop_map(|(op, path, value)| json!({"op": op, "path": path, "value": value}))
    }

    proptest! {
        #[test]
        fn no_message_makes_patch_panic(body in any_json()) {
            if let Ok(patch) = Patch::read(body, ResourceKind::USER, &tolerant()) {
                let _ = patch.apply_to_user(&babs());
            }
        }

        #[test]
        fn what_operations_leave_is_a_user_that_reads_the_same(
            operations in proptest::collection::vec(operation(), 1..5), strict: bool
        ) {
            let how = if strict { strictly() } else { tolerant() };
            if let Ok(user) = with(Value::from(operations.clone()), &how) {
                let again = User::read(Value::Object(user.attributes.clone()), ResourceKind::USER, &how).unwrap();
                // Without `active` a user counts as active.
                let mut counted = user.clone();
                let active = counted.attributes.entry("active").or_insert(Value::Null);
                if active.is_null() {
                    *active = Value::Bool(true);
                }
                prop_assert_eq!(&again, &counted);
                prop_assert!(!user.user_name().is_empty());
            }
            if let Ok(change) = members(Value::from(operations)) {
                prop_assert!(change.add.is_disjoint(&change.remove));
                prop_assert!(!change.clear || change.remove.is_empty());
            }
        }

        #[test]
        fn a_replacement_twice_is_once(path in path(), value in any_json()) {
            let operation = json!([{"op": "replace", "path": path, "value": value}]);
            if let Ok(once) = with(operation.clone(), &tolerant()) {
                let twice = patch(operation, &tolerant()).unwrap().apply_to_user(&once);
                prop_assert_eq!(twice.unwrap(), once);
            }
        }
    }
}
