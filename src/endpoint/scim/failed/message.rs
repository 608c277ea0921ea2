//! What a message asks for and whom it names, read from its JSON; and the same JSON without passwords. Pure.
//!
//! Two messages ask for the same when these texts are the same, whatever else they say: values that differ are how a
//! message that failed is mended. Only of members each value counts, since each of them is asked for by itself.

use serde_json::Value;
use std::collections::BTreeSet;

/// What is said in front of an attribute of users and groups, where it is said at all.
const CORE_URNS: [&str; 2] =
    ["urn:ietf:params:scim:schemas:core:2.0:user:", "urn:ietf:params:scim:schemas:core:2.0:group:"];

/// An operation of a PATCH: what it does, where, and with what.
struct Operation<'a> {
    /// `add`, `replace`, `remove`, in lower case.
    op: String,
    /// The path, or the attribute of a value without one, in lower case.
    path: String,
    value: Option<&'a Value>,
}

/// An attribute that an object has under a name in any case.
pub(super) fn attribute<'a>(object: &'a Value, name: &str) -> Option<&'a Value> {
    object.as_object()?.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

/// The text under a name in any case, unless it is empty.
pub(super) fn text<'a>(object: &'a Value, name: &str) -> Option<&'a str> {
    attribute(object, name)?.as_str().filter(|text| !text.is_empty())
}

/// The text that a PATCH gives an attribute.
pub(super) fn patched<'a>(message: &'a Value, name: &str) -> Option<&'a str> {
    let is_it = |operation: &Operation<'a>| operation.path.eq_ignore_ascii_case(name);
    operations(message).into_iter().filter(is_it).find_map(|operation| operation.value?.as_str())
}

/// What a PATCH asks for.
pub(super) fn asked_of_patch(message: &Value) -> BTreeSet<String> {
    let mut asked = BTreeSet::new();
    for Operation { op, path, value } in operations(message) {
        if let Some(member) = member_of(&path) {
            asked.insert(format!("{op} members {member}"));
            continue;
        }
        let members = if path == "members" && op != "replace" { members(value) } else { Vec::new() };
        if members.is_empty() {
            asked.insert(format!("{op} {path}"));
        }
        asked.extend(members.into_iter().map(|member| format!("{op} members {member}")));
    }
    asked
}

/// Takes the values of every `password` out, at any depth: attributes, and operations of a PATCH that are about one.
pub(super) fn forget_passwords(value: &mut Value) {
    match value {
        Value::Object(parts) => {
            let about_one = parts.iter().any(|(name, value)| is_path_to_one(name, value));
            parts.retain(|name, _| !(is_one(name) || (about_one && name.eq_ignore_ascii_case("value"))));
            parts.values_mut().for_each(forget_passwords);
        }
        Value::Array(items) => {
            let is_about_one = |item: &Value| {
                item.as_object().is_some_and(|parts| parts.iter().any(|(name, value)| is_path_to_one(name, value)))
            };
            items.retain(|item| !is_about_one(item));
            items.iter_mut().for_each(forget_passwords);
        }
        _ => {}
    }
}

fn is_path_to_one(name: &str, value: &Value) -> bool {
    name.eq_ignore_ascii_case("path") && value.as_str().is_some_and(is_one)
}

/// Whether a name or a path says `password`, with whatever stands around it.
fn is_one(name: &str) -> bool {
    let stands_apart = |c: char| !(c.is_alphanumeric() || matches!(c, '_' | '-' | '$'));
    name.split(stands_apart).any(|word| word.eq_ignore_ascii_case("password"))
}

fn operations(message: &Value) -> Vec<Operation<'_>> {
    let mut found = Vec::new();
    for sent in attribute(message, "Operations").and_then(Value::as_array).into_iter().flatten() {
        let op = text(sent, "op").unwrap_or_default().to_ascii_lowercase();
        let value = attribute(sent, "value");
        match (text(sent, "path"), value) {
            (Some(path), value) => found.push(Operation { op, path: plain(path), value }),
            (None, Some(Value::Object(parts))) => {
                found.extend(parts.iter().map(|(name, value)| Operation {
                    op: op.clone(),
                    path: plain(name),
                    value: Some(value),
                }));
            }
            (None, value) => found.push(Operation { op, path: String::new(), value }),
        }
    }
    found
}

fn plain(path: &str) -> String {
    let path = path.trim().to_ascii_lowercase();
    let without = CORE_URNS.iter().find_map(|urn| path.strip_prefix(urn)).map(str::to_owned);
    without.unwrap_or(path)
}

/// The id in `members[value eq "…"]`.
fn member_of(path: &str) -> Option<&str> {
    let filter = path.strip_prefix("members[")?.strip_suffix(']')?.trim();
    let id = filter.strip_prefix("value")?.trim_start().strip_prefix("eq")?.trim();
    Some(id.trim_matches('"'))
}

/// The members of a value in any of the forms that are sent.
fn members(value: Option<&Value>) -> Vec<String> {
    let ids = |item: &Value| item.as_str().or_else(|| text(item, "value")).map(str::to_ascii_lowercase);
    match value {
        Some(Value::Array(items)) => items.iter().filter_map(ids).collect(),
        Some(other) => ids(other).into_iter().collect(),
        None => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn asked(operations: Value) -> String {
        asked_of_patch(&json!({ "Operations": operations })).into_iter().collect::<Vec<_>>().join("; ")
    }

    #[test]
    fn a_patch_asks_for_what_its_operations_name_and_for_each_member() {
        let entra = json!([
            { "op": "Add", "path": "members", "value": [{ "value": "B" }, { "value": "a" }] },
            { "op": "Replace", "path": "displayName", "value": "x" },
        ]);
        assert_eq!(asked(entra), "add members a; add members b; replace displayname");
        let okta = json!([{ "op": "replace", "value": { "active": false, "name.givenName": "x" } }]);
        assert_eq!(asked(okta), "replace active; replace name.givenname");
        assert_eq!(asked(json!([{ "op": "remove", "path": "members[value eq \"A-1\"]" }])), "remove members a-1");
        assert_eq!(asked(json!([{ "op": "remove", "path": "members" }])), "remove members");
        let all = json!([{ "op": "replace", "path": "members", "value": [{ "value": "a" }] }]);
        assert_eq!(asked(all), "replace members", "a later list stands for an earlier one");
        let urn = "urn:ietf:params:scim:schemas:core:2.0:User:title";
        assert_eq!(asked(json!([{ "op": "add", "path": urn, "value": "x" }])), "add title");
    }

    #[test]
    fn what_is_no_patch_asks_for_nothing_and_does_no_harm() {
        for message in [json!(null), json!([1]), json!({ "Operations": 1 }), json!({ "Operations": [] })] {
            assert!(asked_of_patch(&message).is_empty(), "{message}");
        }
        assert_eq!(asked(json!([1, { "op": "add" }])), " ; add ", "whatever it is, the same asks for the same");
    }

    #[test]
    fn a_name_is_found_in_every_form_of_a_patch() {
        let by_path = json!({ "Operations": [{ "op": "replace", "path": "userName", "value": "ana" }] });
        let by_value = json!({ "operations": [{ "OP": "replace", "Value": { "USERNAME": "ana" } }] });
        assert_eq!((patched(&by_path, "userName"), patched(&by_value, "userName")), (Some("ana"), Some("ana")));
        assert_eq!(patched(&by_path, "displayName"), None);
    }

    #[test]
    fn no_password_is_left_at_any_depth_in_any_case() {
        let user = "urn:ietf:params:scim:schemas:core:2.0:User";
        let mut body = json!({
            "userName": "ana", "passWord": "s3cret", format!("{user}:password"): "s3cret",
            "x": [{ "deep": { "Password": { "value": "s3cret" }, "kept": 1 } }],
            "Operations": [
                { "op": "replace", "path": "password", "value": "s3cret" },
                { "op": "replace", "Path": format!("{user}:PASSWORD"), "value": "s3cret" },
                { "op": "replace", "path": "emails[password eq \"s3cret\"].value", "value": "x" },
                { "op": "add", "value": { "password": "s3cret", "title": "Dr" } },
                { "op": "add", "path": "passwordHint", "value": "none" },
            ],
        });
        forget_passwords(&mut body);
        let left = json!({
            "userName": "ana", "x": [{ "deep": { "kept": 1 } }],
            "Operations": [
                { "op": "add", "value": { "title": "Dr" } }, { "op": "add", "path": "passwordHint", "value": "none" },
            ],
        });
        assert_eq!(body, left);
        let mut single = json!({ "Operations": { "op": "add", "path": "password", "value": "s3cret" } });
        forget_passwords(&mut single);
        assert_eq!(single, json!({ "Operations": { "op": "add", "path": "password" } }));
    }
}
