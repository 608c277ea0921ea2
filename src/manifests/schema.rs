//! A value against the schema of its kind, as the API server would hold it, and stricter: an unknown field is a
//! mistake.
//!
//! Our own walker and not a JSON Schema crate: structural schemas are a small closed subset of JSON Schema with words
//! of their own (`x-kubernetes-int-or-string`, list types), which such crates do not know; none says which fields there
//! are instead of an unknown one; and the subset is held closed by a test over the four definitions. CEL rules are
//! evaluated by kube's own engine.

use super::problem::Problem;
use super::yaml::member;
use kube::core::cel::Validator;
use regex::Regex;
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// Everything about `value` that its schema does not allow, in the order of the fields.
pub fn bounds(schema: &Value, value: &Value, path: &str) -> Vec<Problem> {
    let mut out = Vec::new();
    walk(schema, value, path, &mut out);
    out
}

/// Every CEL rule that `value` breaks; rules about a change are asked only with an `old` value.
pub fn rules(schema: &Value, value: &Value, old: Option<&Value>) -> Vec<Problem> {
    let broken = Validator::new().validate(schema, value, old).err();
    let broken = broken.into_iter().flat_map(kube::core::cel::ValidationErrors::into_vec);
    broken.map(|error| rule_problem(value, error.field_path.trim_start_matches('.'), &error.message)).collect()
}

/// The messages of our rules open with the field they are about, which can lie deeper than where the rule sits.
fn rule_problem(value: &Value, path: &str, message: &str) -> Problem {
    let first = message.split([' ', ':']).next().unwrap_or_default();
    let named = first.starts_with("spec.") || first.starts_with("metadata.");
    let field = if named { first } else { path };
    let rest = message.strip_prefix(field).and_then(|rest| rest.strip_prefix(": ")).unwrap_or(message);
    let pointer = format!("/{}", field.replace(['.', '['], "/").replace(']', ""));
    let problem = Problem::new(field, rest);
    value.pointer(&pointer).map_or(problem.clone(), |found| problem.found(found))
}

fn walk(schema: &Value, value: &Value, path: &str, out: &mut Vec<Problem>) {
    let int_or_string = schema.get("x-kubernetes-int-or-string") == Some(&Value::Bool(true));
    let kind = if int_or_string { "int-or-string" } else { text(schema, "type") };
    if let Some(wanted) = mismatch(kind, value) {
        out.push(Problem::new(path, wanted).found(value));
        return;
    }
    if let Some(Value::Array(allowed)) = schema.get("enum")
        && !allowed.contains(value)
    {
        let list = allowed.iter().map(Value::to_string).collect::<Vec<_>>().join(", ");
        out.push(Problem::new(path, format!("write one of {list}")).found(value));
    }
    match value {
        Value::Object(fields) => object(schema, fields, path, out),
        Value::Array(items) => array(schema, items, path, out),
        Value::String(text) => out.extend(string(schema, text, path).map(|problem| problem.found(value))),
        Value::Number(number) => {
            out.extend(range(schema, number.as_f64(), path).map(|problem| problem.found(value)));
        }
        Value::Bool(_) | Value::Null => {}
    }
}

/// What to write instead, when the value is of another type.
fn mismatch(kind: &str, value: &Value) -> Option<&'static str> {
    let integer = value.is_i64() || value.is_u64();
    let (fits, wanted) = match kind {
        "string" => (value.is_string(), "write text; numbers and words like true need quotes"),
        "integer" => (integer, "write a whole number"),
        "number" => (value.is_number(), "write a number"),
        "boolean" => (value.is_boolean(), "write true or false"),
        "array" => (value.is_array(), "write a list"),
        "object" => (value.is_object(), "write fields and their values"),
        "int-or-string" => (integer || value.is_string(), "write a whole number or text"),
        _ => (true, ""),
    };
    match (fits, value) {
        (true, _) => None,
        (false, Value::Null) => Some("write a value, or leave the field out"),
        (false, _) => Some(wanted),
    }
}

fn object(schema: &Value, fields: &Map<String, Value>, path: &str, out: &mut Vec<Problem>) {
    let known = schema.get("properties").and_then(Value::as_object);
    let others = schema.get("additionalProperties");
    for name in list(schema, "required").filter_map(Value::as_str).filter(|name| !fields.contains_key(*name)) {
        out.push(Problem::new(member(path, name), "the field is required: add it"));
    }
    for (name, value) in fields {
        let path = member(path, name);
        match (known.and_then(|known| known.get(name)), others) {
            (Some(schema), _) | (None, Some(schema @ Value::Object(_))) => walk(schema, value, &path, out),
            (None, Some(Value::Bool(true))) => {}
            (None, _) if schema.get("x-kubernetes-preserve-unknown-fields") == Some(&Value::Bool(true)) => {}
            (None, _) => out.push(Problem::new(path, unknown(known))),
        }
    }
    let sizes = [("minProperties", "maxProperties")];
    out.extend(sizes.iter().filter_map(|words| size(schema, *words, fields.len(), "fields", path)));
}

fn unknown(known: Option<&Map<String, Value>>) -> String {
    let names: Vec<&str> = known.into_iter().flatten().map(|(name, _)| name.as_str()).collect();
    match names.is_empty() {
        true => "there is no such field, nor any other here: leave it out".to_owned(),
        false => format!("there is no such field: the fields here are {}", names.join(", ")),
    }
}

fn array(schema: &Value, items: &[Value], path: &str, out: &mut Vec<Problem>) {
    out.extend(size(schema, ("minItems", "maxItems"), items.len(), "entries", path));
    let set = text(schema, "x-kubernetes-list-type") == "set";
    let mut seen = BTreeSet::new();
    for (i, item) in items.iter().enumerate() {
        let path = format!("{path}[{i}]");
        if set && !seen.insert(item.to_string()) {
            out.push(Problem::new(path.as_str(), "write each entry once").found(item));
        }
        if let Some(schema) = schema.get("items") {
            walk(schema, item, &path, out);
        }
    }
}

fn string(schema: &Value, value: &str, path: &str) -> Option<Problem> {
    if let Some(problem) = size(schema, ("minLength", "maxLength"), value.chars().count(), "characters", path) {
        return Some(problem);
    }
    let pattern = schema.get("pattern").and_then(Value::as_str)?;
    match Regex::new(pattern) {
        Ok(regex) if regex.is_match(value) => None,
        Ok(_) => Some(Problem::new(path, format!("write text that fits the pattern {pattern}"))),
        Err(_) => Some(Problem::new(path, format!("its pattern {pattern} cannot be evaluated here"))),
    }
}

fn range(schema: &Value, number: Option<f64>, path: &str) -> Option<Problem> {
    let (number, bound) = (number?, |word| schema.get(word).and_then(Value::as_f64));
    let low = bound("minimum").or((text(schema, "format") == "int32").then_some(f64::from(i32::MIN)));
    let high = bound("maximum").or((text(schema, "format") == "int32").then_some(f64::from(i32::MAX)));
    match (low, high) {
        (Some(low), _) if number < low => Some(Problem::new(path, format!("write a number of at least {low}"))),
        (_, Some(high)) if number > high => Some(Problem::new(path, format!("write a number of at most {high}"))),
        _ => None,
    }
}

fn size(schema: &Value, words: (&str, &str), found: usize, what: &str, path: &str) -> Option<Problem> {
    let bound = |word| schema.get(word).and_then(Value::as_u64);
    let found = found as u64;
    let (low, high) = (bound(words.0).unwrap_or(0), bound(words.1).unwrap_or(u64::MAX));
    let wanted = match (found < low, found > high) {
        (false, false) => return None,
        (true, _) => format!("at least {low}"),
        (_, true) => format!("at most {high}"),
    };
    Some(Problem::new(path, format!("write {wanted} {what}, not {found}")))
}

fn text<'a>(schema: &'a Value, word: &str) -> &'a str {
    schema.get(word).and_then(Value::as_str).unwrap_or_default()
}

fn list<'a>(schema: &'a Value, word: &str) -> impl Iterator<Item = &'a Value> {
    schema.get(word).and_then(Value::as_array).into_iter().flatten()
}
