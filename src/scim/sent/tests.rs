//! A condensed message and the same message in full come to the same, whatever is in it.

use super::*;
use crate::scim::resource::tests::any_json;
use crate::scim::resource::{DEPTH_MAX, VALUES_MAX};
use crate::scim::schema::GROUP;
use crate::scim::{Dialect, Error, Group, MembershipChange, Patch, Quirk, Reading, ResourceKind};
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::json;

const ID: &str = "01890a5d-ac96-774b-bcce-b302099a8057";

/// What a message comes to: the group, its members or what happens to them, and what was tolerated.
type Meaning<T> = (Result<T, Error>, Vec<Quirk>);

fn meaning<T>(sent: Sent, dialect: Dialect, read: fn(Sent, &Reading) -> Result<T, Error>) -> Meaning<T> {
    let how = Reading::new(dialect);
    let read = read(sent, &how);
    (read, how.noticed().collect())
}

fn texts<'a>(ids: impl IntoIterator<Item = &'a MemberId>) -> Vec<String> {
    ids.into_iter().map(ToString::to_string).collect()
}

fn group(sent: Sent, how: &Reading) -> Result<(Group, Vec<String>), Error> {
    Group::read(sent, ResourceKind::GROUP, how).map(|(group, members)| (group, texts(&members)))
}

fn patch(sent: Sent, how: &Reading) -> Result<(Group, bool, Vec<String>, Vec<String>), Error> {
    let before = json!({"schemas": [GROUP.urn], "displayName": "Designers"});
    let (before, _) = Group::read(before, ResourceKind::GROUP, &Reading::default())?;
    let (group, change) = Patch::read(sent, ResourceKind::GROUP, how)?.apply_to_group(&before)?;
    let MembershipChange { clear, add, remove } = change;
    Ok((group, clear, texts(&add), texts(&remove)))
}

/// Reads a text in both ways, as the body of a POST and as a message of operations, in a tolerant dialect and a strict
/// one.
fn same(text: &[u8]) -> Result<(), TestCaseError> {
    let (whole, condensed) = (read_json(text, DEPTH_MAX), Sent::read(text, DEPTH_MAX));
    let (whole, condensed) = match (whole, condensed) {
        (Ok(whole), Ok(condensed)) => (Sent::Value(whole), condensed),
        (whole, condensed) => {
            prop_assert_eq!(whole.err(), condensed.err());
            return Ok(());
        }
    };
    for dialect in [Dialect::Auto, Dialect::Strict] {
        let of = |sent: &Sent| (meaning(sent.clone(), dialect, group), meaning(sent.clone(), dialect, patch));
        prop_assert_eq!(of(&condensed), of(&whole));
    }
    Ok(())
}

/// What may stand in a list of members.
fn member() -> impl Strategy<Value = Value> {
    prop_oneof![
        any::<u8>().prop_map(|n| json!({"value": format!("{}{n:02x}", &ID[..34])})),
        "[a-c]{0,2}".prop_map(|id| json!({"value": id, "display": "é\"\n", "$ref": null, "type": "User"})),
        "[a-c]{0,2}".prop_map(Value::from),
        proptest::sample::select(vec![
            json!(null),
            json!(""),
            json!(7),
            json!(-1.5),
            json!(true),
            json!([]),
            json!([[{"value": "a"}]]),
            json!({}),
            json!({"display": "nobody"}),
            json!({"VALUE": "b", "value": 7}),
            json!({"value": null, "Value": "b"}),
            json!({"value": ["a"]}),
            json!({"value": {"value": "a"}}),
            json!({"value": ID.to_uppercase()}),
        ]),
        any_json(),
    ]
}

/// Lists around the length from which on they are condensed, among shorter ones.
fn list() -> impl Strategy<Value = Value> {
    let long = (vec(member(), 0..3), VALUES_MAX - 2..VALUES_MAX + 3, any::<bool>(), vec(member(), 0..3));
    let long = long.prop_map(|(first, count, doubles, last)| {
        let id = |n: usize| json!({"value": format!("{}{:04x}", &ID[..32], if doubles { n % 2 } else { n })});
        Value::Array(first.into_iter().chain((0..count).map(id)).chain(last).collect())
    });
    prop_oneof![vec(member(), 0..4).prop_map(Value::from), long]
}

fn name() -> impl Strategy<Value = String> {
    let names = ["members", "MEMBERS", "displayName", "schemas", "externalId", "id", "shoes", "Operations", "value"];
    let others = [GROUP.urn.to_owned(), format!("{}:Members", GROUP.urn), "members.value".to_owned()];
    proptest::sample::select(names.into_iter().map(str::to_owned).chain(others).collect::<Vec<_>>())
}

fn object(parts: Vec<(String, Value)>) -> Value {
    Value::Object(parts.into_iter().collect())
}

/// A value of an attribute, of an operation, of a body.
fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![3 => list(), 1 => member(), 1 => Just(json!("Painters"))].boxed();
    let parts = vec((name(), leaf.clone()), 0..3).prop_map(object).boxed();
    let nested = vec((name(), prop_oneof![leaf.clone(), parts.clone()]), 0..3).prop_map(object);
    let lists = vec(leaf.clone(), 0..3).prop_map(Value::from);
    prop_oneof![4 => leaf, 2 => parts, 1 => nested, 1 => lists]
}

fn operation() -> impl Strategy<Value = Value> {
    let verb = proptest::sample::select(vec!["add", "replace", "remove", "Add", "Remove"]).prop_map(Value::from);
    let paths =
        ["members", "Members", "displayName", "externalId", "members[value eq \"a\"]", "members.value", "shoes"];
    let others = [GROUP.urn.to_owned(), format!("{}:members", GROUP.urn), String::new()];
    let paths = paths.into_iter().map(str::to_owned).chain(others).map(Value::from).chain([Value::Null]);
    let path = proptest::sample::select(paths.collect::<Vec<_>>());
    let part = prop_oneof![
        2 => ("path|PATH", path).boxed(),
        3 => ("value|Value|VALUE", value()).boxed(),
        1 => (Just("shoes".to_owned()), list()).boxed(),
    ];
    (verb, vec(part, 0..4), any::<bool>()).prop_map(|(verb, mut parts, first)| {
        parts.insert(if first { 0 } else { parts.len() }, ("op".to_owned(), verb));
        object(parts)
    })
}

fn body() -> impl Strategy<Value = Value> {
    let schemas = [GROUP.urn, "urn:ietf:params:scim:api:messages:2.0:PatchOp"];
    let schemas = proptest::sample::select(schemas.to_vec());
    let group = (schemas.clone(), vec((name(), value()), 0..4)).prop_map(|(schema, parts)| {
        let known = [("schemas".to_owned(), json!([schema])), ("displayName".to_owned(), json!("Designers"))];
        object(known.into_iter().chain(parts).collect())
    });
    let message = (schemas, vec(operation(), 0..4))
        .prop_map(|(schema, operations)| json!({"schemas": [schema], "Operations": operations}));
    prop_oneof![4 => group, 6 => message, 1 => value()]
}

/// Messages of which the members are all that may be wrong.
fn about_members() -> impl Strategy<Value = Value> {
    let operations = [
        |members| json!({"op": "add", "path": "members", "value": members}),
        |members| json!({"value": members, "op": "remove", "path": "Members"}),
        |members| json!({"op": "replace", "value": {"members": members}}),
        |members| json!({"op": "add", "path": GROUP.urn, "value": {"members": members}}),
        |members| json!({"op": "add", "path": "displayName", "value": members}),
    ];
    let group = list().prop_map(|members| json!({"schemas": [GROUP.urn], "displayName": "d", "members": members}));
    let operation = (proptest::sample::select(operations.to_vec()), list()).prop_map(|(of, members)| of(members));
    let message = vec(operation, 1..3).prop_map(
        |operations| json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": operations}),
    );
    prop_oneof![group, message]
}

/// What breaks a text, or gives it another meaning.
const INSERTED: [&str; 9] = ["", "\"", "{", "]", ",", "\u{0}", "\"value\":1,", "\"a\":1,\"a\":2,", "1e999"];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn a_message_means_the_same_condensed_and_in_full(body in body()) {
        same(body.to_string().as_bytes())?;
    }

    #[test]
    fn members_are_the_same_and_the_same_is_wrong_with_them(body in about_members()) {
        same(body.to_string().as_bytes())?;
    }

    #[test]
    fn what_is_no_message_is_refused_with_the_same_words(
        body in about_members(), behind in "[{\\[,:\"]", at: proptest::sample::Index, cut in 0_usize..3,
        by in proptest::sample::select(INSERTED.to_vec()),
    ) {
        let mut text = body.to_string().into_bytes();
        let places: Vec<usize> = (0..text.len()).filter(|place| text[*place] == behind.as_bytes()[0]).collect();
        let from = at.get(&places) + 1;
        let to = text.len().min(from + cut);
        text.splice(from..to, by.bytes());
        same(&text)?;
    }
}

fn members(count: usize, last: &str) -> String {
    let ids: Vec<String> = (0..count).map(|n| format!(r#"{{"value":"{}{n:04x}"}}"#, &ID[..32])).collect();
    format!("[{}{last}]", ids.join(","))
}

#[test]
fn a_list_is_condensed_when_it_is_longer_than_any_attribute_keeps() {
    let read = |count: usize| Sent::read(format!(r#"{{"members":{}}}"#, members(count, "")).as_bytes(), 4).unwrap();
    assert!(matches!(read(VALUES_MAX), Sent::Value(_)));
    let Sent::Object(parts) = read(VALUES_MAX + 1) else { panic!("nothing is condensed") };
    let Some(Sent::List(list)) = parts.get("members") else { panic!("the members are not condensed") };
    assert_eq!((list.len(), list.ids().len(), list.wrong()), (VALUES_MAX + 1, VALUES_MAX + 1, None));
}

#[test]
fn whoever_looks_for_no_members_sees_a_list_of_the_same_length() {
    let text = members(VALUES_MAX, ",7,null,8,\"a\"");
    let (whole, condensed) = (read_json(text.as_bytes(), 4).unwrap(), Sent::read(text.as_bytes(), 4).unwrap());
    assert!(matches!(condensed, Sent::List(_)));
    let length = |value: &Value| value.as_array().map(Vec::len);
    assert_eq!(length(&condensed.given().to_value()), length(&whole));
    assert_eq!(length(&condensed.into_value()), length(&whole));
}

#[test]
fn what_an_operation_lists_as_members_is_condensed_however_short_wherever_its_path_stands() {
    let value_of = |operation: &str| {
        let text = format!(r#"{{"Operations":[{operation}]}}"#);
        let Sent::Object(mut message) = Sent::read(text.as_bytes(), 8).unwrap() else { return None };
        let mut operations = message.swap_remove("Operations")?.into_items()?;
        operations.pop()?.into_entries()?.find(|(name, _)| name == "value").map(|(_, value)| value)
    };
    let condensed = |operation: &str| match value_of(operation) {
        Some(Sent::List(list)) => texts(list.ids()),
        Some(Sent::Object(parts)) => match parts.into_iter().next() {
            Some((_, Sent::List(list))) => texts(list.ids()),
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    };
    for operation in [
        r#"{"op":"add","path":"members","value":[{"value":"a"},"b",null]}"#,
        r#"{"value":[{"value":"a"},"b",null],"path":"urn:ietf:params:scim:schemas:core:2.0:Group:MEMBERS","op":"add"}"#,
        r#"{"op":"add","value":{"members":[{"value":"a"},"b",null]}}"#,
    ] {
        assert_eq!(condensed(operation), ["a", "b"], "{operation}");
    }
    for operation in [
        r#"{"op":"add","path":"shoes","value":[{"value":"a"}]}"#,
        r#"{"op":"add","path":"members","PATH":"shoes","value":[{"value":"a"}]}"#,
        r#"{"op":"add","value":{"shoes":[{"value":"a"}]}}"#,
    ] {
        assert!(value_of(operation).is_none(), "{operation}");
    }
}

#[test]
fn the_first_that_is_wrong_is_named_by_its_place_behind_any_number_that_are_right() {
    let read = |last: &str, dialect| {
        let schemas = format!(r#"["{}"]"#, GROUP.urn);
        let text = format!(r#"{{"schemas":{schemas},"displayName":"d","members":{}}}"#, members(2_000, last));
        match Sent::read(text.as_bytes(), DEPTH_MAX) {
            Ok(sent) => {
                meaning(sent, dialect, group).0.map_or_else(|error| error.detail, |(_, ids)| ids.len().to_string())
            }
            Err(syntax) => syntax,
        }
    };
    let auto =
        [r#",null,{"value":7},8"#, r#",null,"a",{}"#, ",[[]]", r#",{"value":"a","b":{"c":1,"c":2}}"#, r#",null,"a""#];
    let auto = auto.map(|last| read(last, Dialect::Auto)).join("\n");
    insta::assert_snapshot!(auto, @r#"
    `members[2001].value`: expected the id of a user as a string, found a number; send {"value": "<id of a user>"}
    `members[2002].value` is missing; send {"value": "<id of a user>"}
    `members[2000]`: expected an object, found a list; send {"value": "<id of a user>"}
    the key `c` occurs twice in one object at line 1 column 98115
    2001
    "#);
    insta::assert_snapshot!(read(r#",null,"a""#, Dialect::Strict), @r#"`members[2001]`: expected an object, found a string; send {"value": "<id of a user>"}"#);
}

#[test]
fn schemas_and_operations_count_each_however_many_there_are() {
    let message = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
    let operation = json!({"op": "add", "path": "members", "value": [{"value": ID}]});
    let of = |schema: &str, last: &str, count: usize| {
        let schemas = [vec![json!(schema); VALUES_MAX + 1], vec![json!(last)]].concat();
        json!({"schemas": schemas, "displayName": "d", "Operations": vec![operation.clone(); count]}).to_string()
    };
    let strictly = |text: &str| {
        same(text.as_bytes()).unwrap();
        Sent::read(text.as_bytes(), DEPTH_MAX).unwrap()
    };
    let refused = |text: &str, read: fn(Sent, &Reading) -> Result<(), Error>| {
        meaning(strictly(text), Dialect::Strict, read).0.err().map(|error| error.detail)
    };
    let as_group = |sent: Sent, how: &Reading| group(sent, how).map(drop);
    let as_patch = |sent: Sent, how: &Reading| patch(sent, how).map(drop);
    assert_eq!(refused(&of(message, message, VALUES_MAX + 2), as_patch), None);
    assert_eq!(refused(&of(GROUP.urn, message, VALUES_MAX + 2), as_patch), None, "the last of them is the message's");
    let many = refused(&of(message, message, 10_001), as_patch).unwrap();
    insta::assert_snapshot!(many, @"`Operations` holds 10001, at most 10000 are taken; send several requests");
    let unknown = refused(&of(GROUP.urn, "urn:x", 1).replace("\"Operations\"", "\"id\""), as_group).unwrap();
    insta::assert_snapshot!(unknown, @"`schemas` lists one that a Group does not have; see /ResourceTypes");
}

/// The ids of a list, read value by value in the plainest way.
mod plainly {
    use super::*;
    use crate::scim::resource::{into_member_ids, member_ids};

    fn ids(value: &Value, how: &Reading) -> Result<Vec<String>, Error> {
        match value {
            Value::Null => Ok(Vec::new()),
            Value::Array(members) => {
                let there = members.iter().enumerate().filter(|(_, member)| !member.is_null());
                there.map(|(index, member)| id(member, &format!("members[{index}]"), how)).collect()
            }
            only if how.tolerates(Quirk::ValueForList) => Ok(vec![id(only, "members", how)?]),
            other => Err(Error::invalid_value(format!(
                "`members`: expected a list, found {}; send the value in square brackets",
                kind_of(other)
            ))),
        }
    }

    fn id(member: &Value, place: &str, how: &Reading) -> Result<String, Error> {
        let fix = "send {\"value\": \"<id of a user>\"}";
        let refused = |text: String| Err(Error::invalid_value(format!("`{place}{text}; {fix}")));
        let id = match member {
            Value::String(id) if how.tolerates(Quirk::BareId) => id.as_str(),
            Value::Object(parts) => {
                let value = parts.iter().find(|(name, _)| name.eq_ignore_ascii_case("value")).map(|(_, value)| value);
                match value {
                    Some(Value::String(id)) => id,
                    None | Some(Value::Null) => "",
                    Some(other) => {
                        let kind = kind_of(other);
                        return refused(format!(".value`: expected the id of a user as a string, found {kind}"));
                    }
                }
            }
            other => return refused(format!("`: expected an object, found {}", kind_of(other))),
        };
        if id.is_empty() { refused(".value` is missing".to_owned()) } else { Ok(id.to_owned()) }
    }

    proptest! {
        #[test]
        fn the_ids_of_a_list_are_those_of_its_values(value in prop_oneof![4 => list(), 1 => member()]) {
            for dialect in [Dialect::Auto, Dialect::Strict] {
                let how = || Reading::new(dialect);
                let (plain, given, taken) = (how(), how(), how());
                let expected = ids(&value, &plain);
                let found = member_ids(Given::Value(&value), &given).map(|ids| texts(&*ids));
                prop_assert_eq!(&found, &expected);
                let found = into_member_ids(Sent::Value(value.clone()), &taken).map(|ids| texts(&ids));
                prop_assert_eq!(&found, &expected);
                let noticed = |how: &Reading| how.noticed().collect::<Vec<_>>();
                prop_assert_eq!((noticed(&given), noticed(&taken)), (noticed(&plain), noticed(&plain)));
            }
        }
    }
}
