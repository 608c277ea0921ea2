//! What bodies are read as, and what is refused.

use super::*;
use crate::scim::{Dialect, Error, Reading, ResourceKind, ScimType};
use proptest::prelude::*;
use serde_json::{Value, json};

const EU: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
const CORE: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
fn tolerant() -> Reading {
    Reading::default()
}

fn strictly() -> Reading {
    Reading::new(Dialect::Strict)
}

fn user(body: Value) -> Value {
    Value::Object(User::read(body, ResourceKind::USER, &tolerant()).unwrap().attributes)
}

/// What is kept of an attribute of a user.
fn kept(attribute: &str, value: Value) -> Option<Value> {
    User::read(json!({"userName": "a", attribute: value}), ResourceKind::USER, &tolerant())
        .unwrap()
        .attributes
        .get(attribute)
        .cloned()
}

fn strict(attribute: &str, value: Value) -> Result<User, Error> {
    User::read(json!({"schemas": [CORE], "userName": "a", attribute: value}), ResourceKind::USER, &strictly())
}

fn group(body: Value) -> Result<(Group, Vec<String>), Error> {
    let (group, members) = Group::read(body, ResourceKind::GROUP, &tolerant())?;
    Ok((group, members.iter().map(ToString::to_string).collect()))
}

#[test]
fn ok_names_are_normalised_and_values_are_verbatim() {
    let body = json!({"USERNAME": " Bob ", "NAME": {"familyname": "O'Neil", "GivenName": "BOB"}, "active": false});
    assert_eq!(
        user(body),
        json!({"schemas": [CORE], "userName": " Bob ", "name": {"familyName": "O'Neil", "givenName": "BOB"},
               "active": false})
    );
}

#[test]
fn ok_what_the_server_writes_and_passwords_are_dropped() {
    let body = json!({
        "id": "x", "meta": {"resourceType": "User"}, "groups": [{"value": "g"}], "userName": "a", "password": "secret",
        EU: {"manager": {"value": "m", "displayName": "Boss"}}
    });
    assert_eq!(
        user(body),
        json!({"schemas": [CORE, EU], "userName": "a", "active": true, EU: {"manager": {"value": "m"}}})
    );
}

#[test]
fn ok_null_and_empty_lists_are_absent_and_so_are_unknown_names() {
    let body = json!({
        "schemas": [CORE, "urn:x:unknown"], "userName": "a", "title": null, "emails": [], "phoneNumbers": [null],
        "name": {}, EU: {"manager": null, "department": null}, "shoeSize": 42, "urn:x:unknown": {"a": 1}, "active": null
    });
    assert_eq!(user(body), json!({"schemas": [CORE], "userName": "a", "active": true}));
}

#[test]
fn ok_booleans_as_strings_unless_strict() {
    assert_eq!(kept("active", json!("False")), Some(json!(false)));
    assert_eq!(kept("active", json!("TRUE")), Some(json!(true)));
    assert_eq!(strict("active", json!("False")).unwrap_err().scim_type, Some(ScimType::InvalidValue));
}

#[test]
fn ok_at_most_one_primary_the_last_written_wins() {
    let emails = json!([
        {"value": "a@x", "primary": true}, {"value": "b@x", "primary": "True"}, {"value": "c@x", "primary": false}
    ]);
    let expected = json!([
        {"value": "a@x", "primary": false}, {"value": "b@x", "primary": true}, {"value": "c@x", "primary": false}
    ]);
    assert_eq!(kept("emails", emails), Some(expected));
}

#[test]
fn ok_the_same_value_of_the_same_type_is_kept_once() {
    let emails = json!([
        {"value": "a@x", "type": "work"}, {"value": "A@X", "type": "Work", "display": "A"}, {"value": "a@x"},
        {"value": "a@x", "type": "home"}
    ]);
    let expected = json!([
        {"value": "A@X", "type": "Work", "display": "A"}, {"value": "a@x"}, {"value": "a@x", "type": "home"}
    ]);
    assert_eq!(kept("emails", emails), Some(expected));
}

#[test]
fn ok_the_manager_in_every_shape_that_entra_sends() {
    for shape in [json!("m"), json!({"value": "m"}), json!([{"value": "m"}]), json!({"Value": "m", "$ref": null})] {
        assert_eq!(kept(EU, json!({"manager": shape})), Some(json!({"manager": {"value": "m"}})));
    }
    assert_eq!(kept(EU, json!({"manager": ""})), None);
    assert!(strict(EU, json!({"manager": "m"})).is_err());
}

#[test]
fn ok_the_urns_that_providers_write_instead() {
    for urn in
        ["urn:ietf:params:scim:schemas:extension:enterprise:2.0User", "urn:scim:schemas:extension:enterprise:2.0"]
    {
        let body = json!({"userName": "a", urn: {"department": "d"}});
        assert_eq!(
            user(body),
            json!({"schemas": [CORE, EU], "userName": "a", "active": true, EU: {"department": "d"}})
        );
    }
}

#[test]
fn ok_one_value_for_a_list_and_bare_values_for_objects_unless_strict() {
    assert_eq!(kept("emails", json!({"value": "a@x"})), Some(json!([{"value": "a@x"}])));
    assert_eq!(kept("emails", json!(["a@x", "b@x"])), Some(json!([{"value": "a@x"}, {"value": "b@x"}])));
    assert!(strict("emails", json!({"value": "a@x"})).is_err());
    assert!(strict("emails", json!(["a@x"])).is_err());
}

#[test]
fn err_values_of_the_wrong_kind_name_attribute_and_fix() {
    let all = [
        ("title", json!(42)),
        ("active", json!("yes")),
        ("active", json!(1)),
        ("name", json!("Babs")),
        ("name", json!({"givenName": ["Babs"]})),
        ("emails", json!(7)),
        ("emails", json!([{"value": "a@x"}, {"value": "b@x", "primary": "maybe"}])),
        ("addresses", json!(["Main Street"])),
        (EU, json!("x")),
        (EU, json!({"manager": 7})),
    ]
    .map(|(name, value)| {
        let error = User::read(json!({"userName": "a", name: value}), ResourceKind::USER, &tolerant()).unwrap_err();
        assert_eq!((error.status, error.scim_type), (400, Some(ScimType::InvalidValue)));
        error.detail
    })
    .join("\n");
    insta::assert_snapshot!(all, @r#"
    `title`: expected a string, found a number; send one string in double quotes
    `active`: expected a boolean, found a string; send true or false without quotes
    `active`: expected a boolean, found a number; send true or false without quotes
    `name`: expected an object, found a string; send {"formatted": "…"}
    `name.givenName`: expected a string, found a list; send one string in double quotes
    `emails[0]`: expected an object, found a number; send {"value": "…"}
    `emails[1].primary`: expected a boolean, found a string; send true or false without quotes
    `addresses[0]`: expected an object, found a string; send {"formatted": "…"}
    `urn:ietf:params:scim:schemas:extension:enterprise:2.0:User`: expected an object of its attributes
    `urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager`: expected an object, found a number; send {"value": "…"}
    "#);
}

#[test]
fn err_a_user_without_user_name() {
    let of = |body: Value| User::read(body, ResourceKind::USER, &tolerant()).unwrap_err();
    insta::assert_snapshot!(of(json!({"active": true})).to_json(), @r#"{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":"400","scimType":"invalidValue","detail":"`userName` is missing: every User needs one; map it in the identity provider"}"#);
    for body in [json!({"userName": null}), json!({"userName": ""}), json!({"userName": "  "})] {
        assert_eq!(of(body).scim_type, Some(ScimType::InvalidValue));
    }
}

#[test]
fn err_what_is_no_resource_at_all() {
    for body in [json!([]), json!("x"), json!(null)] {
        assert_eq!(
            User::read(body, ResourceKind::USER, &tolerant()).unwrap_err().scim_type,
            Some(ScimType::InvalidSyntax)
        );
    }
}

#[test]
fn err_strict_reading_refuses_what_the_schema_does_not_know() {
    for (name, value) in
        [("shoeSize", json!(1)), ("urn:x", json!({})), (EU, json!({"shoe": 1})), ("name", json!({"x": 1}))]
    {
        assert_eq!(strict(name, value).unwrap_err().scim_type, Some(ScimType::InvalidSyntax), "{name}");
    }
    for schemas in [json!(null), json!([]), json!([EU]), json!([CORE, "urn:x"]), json!(CORE)] {
        let body = json!({"userName": "a", "schemas": schemas});
        assert!(User::read(body, ResourceKind::USER, &strictly()).is_err(), "{schemas}");
    }
    assert!(User::read(json!({"userName": "a", "schemas": [CORE, EU]}), ResourceKind::USER, &strictly()).is_ok());
    assert!(strict("id", json!("ignored")).is_ok());
}

#[test]
fn err_limits_of_depth_and_number() {
    let deep = |levels: usize| (0..levels).fold(json!(1), |inner, _| json!([inner]));
    assert!(User::read(json!({"userName": "a", "x": deep(DEPTH_MAX - 1)}), ResourceKind::USER, &tolerant()).is_ok());
    assert!(User::read(json!({"userName": "a", "x": deep(DEPTH_MAX)}), ResourceKind::USER, &tolerant()).is_err());
    let many = |n: usize| json!((0..n).map(|i| json!({"value": i.to_string()})).collect::<Vec<_>>());
    assert!(kept("roles", many(VALUES_MAX)).is_some());
    assert!(
        User::read(json!({"userName": "a", "roles": many(VALUES_MAX + 1)}), ResourceKind::USER, &tolerant()).is_err()
    );
}

#[test]
fn b091_missing_names_and_addresses_are_named() {
    let required = ["givenName", "familyName", "emails"].map(str::to_owned);
    let check = |body: Value| User::read(body, ResourceKind::USER, &tolerant()).unwrap().check_required(&required);
    insta::assert_snapshot!(check(json!({"userName": "a"})).unwrap_err().detail, @"`name.givenName`, `name.familyName`, `emails` are missing: an active user needs them; map them in the identity provider");
    let one = json!({"userName": "a", "name": {"givenName": "g", "familyName": " "}, "emails": [{"value": "a@x"}]});
    insta::assert_snapshot!(check(one).unwrap_err().detail, @"`name.familyName` is missing: an active user needs it; map it in the identity provider");
    let full = json!({"userName": "a", "name": {"givenName": "g", "familyName": "f"}, "emails": [{"value": "a@x"}]});
    assert_eq!(check(full), Ok(()));
    assert_eq!(check(json!({"userName": "a", "active": false})), Ok(()), "a leaver can always be deactivated");
    let valueless =
        json!({"userName": "a", "name": {"givenName": "g", "familyName": "f"}, "emails": [{"type": "work"}]});
    assert!(check(valueless).is_err());
}

#[test]
fn required_attributes_are_found_by_full_and_short_names() {
    let body =
        json!({"userName": "a", "title": "t", "name": {"givenName": "g"}, EU: {"department": "d", "manager": "m"}});
    let user = User::read(body, ResourceKind::USER, &tolerant()).unwrap();
    let check = |name: &str| user.check_required(&[name.to_owned()]).is_ok();
    for there in ["title", "name.givenName", "givenName", "department", "manager", &format!("{EU}:department")] {
        assert!(check(there), "{there}");
    }
    for missing in ["nickName", "familyName", "costCenter", "shoeSize", "a b"] {
        assert!(!check(missing), "{missing}");
    }
}

#[test]
fn the_e_mail_address_is_the_primary_else_the_first() {
    let email = |emails: Value| {
        User::read(json!({"userName": "a", "emails": emails}), ResourceKind::USER, &tolerant())
            .unwrap()
            .email()
            .map(str::to_owned)
    };
    assert_eq!(email(json!([{"value": "a@x"}, {"value": "b@x", "primary": true}])).as_deref(), Some("b@x"));
    assert_eq!(email(json!([{"type": "work"}, {"value": "a@x"}])).as_deref(), Some("a@x"));
    assert_eq!(email(json!([{"value": "", "primary": true}, {"value": "a@x"}])).as_deref(), Some("a@x"));
    assert_eq!(email(json!([])), None);
}

#[test]
fn b037_a_group_and_its_members_are_read_apart() {
    let body = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group",
                    "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group"],
        "externalId": "8aa1a0c0", "displayName": "Designers", "meta": {"resourceType": "Group"},
        "members": [{"value": "b", "$ref": null}, "a", {"VALUE": "b"}, null]
    });
    let (group, members) = group(body).unwrap();
    assert_eq!(members, ["b", "a"]);
    assert_eq!((group.display_name(), group.external_id()), ("Designers", Some("8aa1a0c0")));
    assert_eq!(group.attributes.keys().collect::<Vec<_>>(), ["schemas", "externalId", "displayName"]);
}

#[test]
fn err_members_without_a_usable_id() {
    let all = [json!([{"value": "a"}, {"display": "b"}]), json!([7]), json!([{"value": 7}]), json!([{"value": ""}])]
        .map(|members| group(json!({"displayName": "d", "members": members})).unwrap_err().detail)
        .join("\n");
    insta::assert_snapshot!(all, @r#"
    `members[1].value` is missing; send {"value": "<id of a user>"}
    `members[0]`: expected an object, found a number; send {"value": "<id of a user>"}
    `members[0].value`: expected the id of a user as a string, found a number; send {"value": "<id of a user>"}
    `members[0].value` is missing; send {"value": "<id of a user>"}
    "#);
    insta::assert_snapshot!(group(json!({})).unwrap_err().detail, @"`displayName` is missing: every Group needs one; map it in the identity provider");
    let strict =
        json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": "d", "members": ["a"]});
    assert!(Group::read(strict, ResourceKind::GROUP, &strictly()).is_err());
}

/// Any JSON, with the names of attributes more often than by chance.
pub fn any_json() -> impl Strategy<Value = Value> {
    let name = prop_oneof![
        Just("userName"),
        Just("emails"),
        Just("value"),
        Just("type"),
        Just("primary"),
        Just("active"),
        Just("name"),
        Just("manager"),
        Just("members"),
        Just("displayName"),
        Just("schemas"),
        Just(EU),
        Just("op"),
        Just("path"),
        Just("Operations"),
        Just("addresses"),
        Just("roles"),
        Just("givenName"),
        Just("")
    ]
    .prop_map(str::to_owned);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        "[a-c]{0,2}".prop_map(Value::from),
        Just(json!("True")),
    ];
    leaf.prop_recursive(4, 24, 4, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::vec((name.clone(), inner), 0..5)
                .prop_map(|parts| Value::Object(parts.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn no_body_makes_a_reader_panic_and_what_was_read_reads_the_same(body in any_json(), strict: bool) {
        let how = if strict { strictly() } else { tolerant() };
        let _ = Group::read(body.clone(), ResourceKind::GROUP, &how);
        if let Ok(user) = User::read(body, ResourceKind::USER, &how) {
            let again = User::read(Value::Object(user.attributes.clone()), ResourceKind::USER, &how).unwrap();
            prop_assert_eq!(again, user);
        }
    }

    #[test]
    fn no_attribute_makes_a_reader_panic(value in any_json(), name in "userName|emails|name|active|roles|addresses") {
        let mut body = json!({"userName": "a"});
        body[name] = value;
        if let Ok(user) = User::read(body, ResourceKind::USER, &tolerant()) {
            let again = User::read(Value::Object(user.attributes.clone()), ResourceKind::USER, &tolerant()).unwrap();
            prop_assert_eq!(again, user);
        }
    }
}
