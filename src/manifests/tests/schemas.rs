//! The walker and the schemas it walks over stay in step.

use super::super::schema::{bounds, rules};
use crate::api::crds;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// What the walker, or kube's CEL engine, holds values to.
const HELD: [&str; 20] = [
    "type",
    "properties",
    "required",
    "items",
    "additionalProperties",
    "enum",
    "pattern",
    "format",
    "minLength",
    "maxLength",
    "minimum",
    "maximum",
    "minItems",
    "maxItems",
    "minProperties",
    "maxProperties",
    "x-kubernetes-int-or-string",
    "x-kubernetes-list-type",
    "x-kubernetes-preserve-unknown-fields",
    "x-kubernetes-validations",
];

/// What says nothing about a single value of a file: texts, merge keys, the default of `status`, the alternatives that
/// int-or-string spells out, and the null that only server-side apply makes (a null in a file is a mistake everywhere).
const SILENT: [&str; 7] = [
    "description",
    "default",
    "anyOf",
    "nullable",
    "x-kubernetes-list-map-keys",
    "x-kubernetes-map-type",
    "uniqueItems",
];

fn words(schema: &Value, out: &mut BTreeSet<String>) {
    let Some(fields) = schema.as_object() else { return };
    for (word, value) in fields {
        out.insert(word.clone());
        match word.as_str() {
            "properties" => value.as_object().into_iter().flatten().for_each(|(_, schema)| words(schema, out)),
            "items" | "additionalProperties" => words(value, out),
            _ => {}
        }
    }
}

#[test]
fn no_word_of_the_definitions_is_unknown_to_the_walker() {
    let mut used = BTreeSet::new();
    for crd in crds() {
        for version in crd.spec.versions {
            let schema = version.schema.and_then(|schema| schema.open_api_v3_schema).expect("a schema");
            words(&serde_json::to_value(schema).expect("JSON"), &mut used);
        }
    }
    let known = |word: &&String| HELD.contains(&word.as_str()) || SILENT.contains(&word.as_str());
    let unknown: Vec<_> = used.iter().filter(|word| !known(word)).collect();
    assert!(unknown.is_empty(), "teach the walker {unknown:?}");
    assert!(!used.contains("uniqueItems"), "sets are marked by x-kubernetes-list-type");
}

/// Whether the value is refused under the schema.
fn refused(schema: &Value, value: &Value) -> bool {
    !bounds(schema, value, "x").is_empty()
}

#[test]
fn every_bound_refuses_just_beyond_itself() {
    let text = |more: Value| {
        let mut schema = json!({"type": "string"});
        schema.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        schema
    };
    let cases = [
        (text(json!({"minLength": 2})), json!("ab"), json!("a")),
        (text(json!({"maxLength": 2})), json!("äö"), json!("äöü")),
        (text(json!({"pattern": "^a"})), json!("ab"), json!("ba")),
        (text(json!({"enum": ["a"]})), json!("a"), json!("b")),
        (json!({"type": "integer", "minimum": 1}), json!(1), json!(0)),
        (json!({"type": "integer", "maximum": 1}), json!(1), json!(2)),
        (json!({"type": "integer", "format": "int32"}), json!(2_147_483_647), json!(2_147_483_648_i64)),
        (json!({"type": "integer"}), json!(1), json!(1.5)),
        (json!({"type": "number"}), json!(1.5), json!("1.5")),
        (json!({"type": "boolean"}), json!(false), json!("false")),
        (json!({"type": "array", "minItems": 1}), json!([1]), json!([])),
        (json!({"type": "array", "maxItems": 1}), json!([1]), json!([1, 2])),
        (json!({"type": "array", "x-kubernetes-list-type": "set"}), json!([1, 2]), json!([1, 1])),
        (json!({"type": "array", "items": {"type": "string"}}), json!(["a"]), json!(["a", 1])),
        (json!({"type": "object", "required": ["a"], "properties": {"a": {}}}), json!({"a": 1}), json!({})),
        (json!({"type": "object", "properties": {"a": {}}}), json!({"a": 1}), json!({"b": 1})),
        (json!({"type": "object", "additionalProperties": {"type": "string"}}), json!({"a": "b"}), json!({"a": 1})),
        (
            json!({"type": "object", "maxProperties": 1, "additionalProperties": true}),
            json!({}),
            json!({"a": 1, "b": 1}),
        ),
        (json!({"x-kubernetes-int-or-string": true, "pattern": "^[0-9]+m$"}), json!("1m"), json!("m")),
        (json!({"x-kubernetes-int-or-string": true}), json!(1), json!(true)),
    ];
    for (schema, good, bad) in cases {
        assert!(!refused(&schema, &good), "{schema} {good}");
        assert!(refused(&schema, &bad), "{schema} {bad}");
    }
}

#[test]
fn a_rule_about_a_change_is_asked_only_with_an_old_value() {
    let rule = json!([{"rule": "self == oldSelf", "message": "x is immutable"}]);
    let schema = json!({"type": "object", "properties": {"x": {"type": "string", "x-kubernetes-validations": rule}}});
    let (a, b) = (json!({"x": "a"}), json!({"x": "b"}));
    assert!(rules(&schema, &a, None).is_empty());
    assert!(rules(&schema, &a, Some(&a)).is_empty());
    let problems = rules(&schema, &a, Some(&b));
    assert_eq!(problems.first().map(|problem| problem.field.as_str()), Some("x"));
}
