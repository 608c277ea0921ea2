//! Manifests as people write them into files: read strictly, checked as the API server would (C008).
//!
//! Nothing is guessed: an unknown kind, field or value refuses the file, and says line, field, value and what to write.

use super::problem::Problem;
use super::rule_test;
use super::schema;
use super::yaml::{self, Document, Places};
use crate::api::{GROUP, RuleSync, ScimAccessToken, ScimDirectory, UserManagementRule, VERSION, crds};
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::sync::LazyLock;

/// One object of one of the four kinds.
#[derive(Debug, Clone, PartialEq)]
pub enum Manifest {
    /// A directory.
    Directory(Box<ScimDirectory>),
    /// A rule.
    Rule(Box<UserManagementRule>),
    /// A run of the rules.
    Sync(Box<RuleSync>),
    /// A token.
    Token(Box<ScimAccessToken>),
}

/// A manifest and where its fields stand in its file.
#[derive(Debug, Clone, PartialEq)]
pub struct Written {
    /// The object, without `status`.
    pub manifest: Manifest,
    /// The lines of its fields, for problems that are found later: an unknown role, say.
    pub places: Places,
}

/// What `metadata` may hold: what people write, and what `kubectl get -o yaml` adds to it.
const METADATA: [&str; 14] = [
    "annotations",
    "creationTimestamp",
    "deletionGracePeriodSeconds",
    "deletionTimestamp",
    "finalizers",
    "generateName",
    "generation",
    "labels",
    "managedFields",
    "name",
    "namespace",
    "ownerReferences",
    "resourceVersion",
    "uid",
];

/// kind → its schema; made once, since it is the same for every object.
static SCHEMAS: LazyLock<Vec<(String, Value)>> = LazyLock::new(|| crds().into_iter().filter_map(schema_of).collect());

/// The schema of what people write: with the three fields that every object has, and without `status`.
fn schema_of(crd: CustomResourceDefinition) -> Option<(String, Value)> {
    let version = crd.spec.versions.into_iter().next()?;
    let mut schema = serde_json::to_value(version.schema?.open_api_v3_schema?).ok()?;
    let fields = schema.get_mut("properties")?.as_object_mut()?;
    fields.remove("status");
    for name in ["apiVersion", "kind", "metadata"] {
        fields.entry(name).or_insert_with(|| Value::Object(serde_json::Map::new()));
    }
    Some((crd.spec.names.kind, schema))
}

/// Reads all manifests of a file. Tests of rules, which may stand beside them, are passed over:
/// [`super::run_rule_tests`].
///
/// # Errors
/// All that is wrong with the file; none of its manifests counts then.
pub fn read(text: &str) -> Result<Vec<Written>, Vec<Problem>> {
    let documents = yaml::documents(text).map_err(|problem| vec![problem])?;
    decoded(documents.into_iter().filter(|document| !rule_test::is_test(&document.value)))
}

/// The manifests of some documents; all that is wrong with any of them.
pub(super) fn decoded(documents: impl IntoIterator<Item = Document>) -> Result<Vec<Written>, Vec<Problem>> {
    let (mut written, mut problems) = (Vec::new(), Vec::new());
    for Document { value, places } in documents {
        match decode(value) {
            Ok(manifest) => written.push(Written { manifest, places }),
            Err(found) => {
                let lined = |problem: Problem| Problem { line: places.line(&problem.field), ..problem };
                problems.extend(found.into_iter().map(lined));
            }
        }
    }
    if problems.is_empty() { Ok(written) } else { Err(problems) }
}

/// Whether an object may take the place of an earlier one of its name: what is immutable has not changed.
///
/// # Errors
/// The fields that may not change, with the value to write back.
pub fn check_change<K: Serialize>(kind: &str, new: &K, old: &K) -> Result<(), Vec<Problem>> {
    let json = |object: &K| serde_json::to_value(object).map_err(|error| vec![Problem::new("", error.to_string())]);
    check(kind, &json(new)?, Some(&json(old)?))
}

/// Holds an object of this kind to its schema, bounds first, then the CEL rules; with `old` also to what may change.
/// `metadata` is held to what is written by people, and `status` is left aside.
///
/// # Errors
/// Everything that the schema does not allow, in the order of the fields.
pub fn check(kind: &str, object: &Value, old: Option<&Value>) -> Result<(), Vec<Problem>> {
    let Some((_, schema)) = SCHEMAS.iter().find(|(name, _)| name == kind) else {
        return Err(vec![Problem::new("kind", format!("write one of {}", kinds()))]);
    };
    let mut bare = object.clone();
    if let Some(fields) = bare.as_object_mut() {
        fields.retain(|name, _| name != "status" && name != "metadata");
    }
    let mut problems = metadata(object.get("metadata"));
    problems.extend(schema::bounds(schema, &bare, ""));
    if problems.is_empty() {
        problems = schema::rules(schema, object, old);
    }
    if problems.is_empty() { Ok(()) } else { Err(problems) }
}

fn decode(mut object: Value) -> Result<Manifest, Vec<Problem>> {
    let Some(fields) = object.as_object_mut() else {
        return Err(vec![Problem::new("", "write an object with apiVersion, kind, metadata and spec").found(&object)]);
    };
    fields.remove("status");
    let expected = format!("{GROUP}/{VERSION}");
    let version = fields.get("apiVersion").cloned().unwrap_or_default();
    if version != expected.as_str() {
        return Err(vec![Problem::new("apiVersion", format!("write {expected}")).found(&version)]);
    }
    let kind = fields.get("kind").cloned().unwrap_or_default();
    let kind = match &kind {
        Value::String(kind) if SCHEMAS.iter().any(|(name, _)| name == kind) => kind.as_str(),
        other => return Err(vec![Problem::new("kind", format!("write one of {}", kinds())).found(other)]),
    };
    check(kind, &object, None)?;
    match kind {
        "ScimDirectory" => typed(object).map(|directory| Manifest::Directory(Box::new(directory))),
        "UserManagementRule" => typed(object).map(|rule| Manifest::Rule(Box::new(rule))),
        "RuleSync" => typed(object).map(|sync| Manifest::Sync(Box::new(sync))),
        _ => typed(object).map(|token| Manifest::Token(Box::new(token))),
    }
}

fn typed<K: DeserializeOwned>(object: Value) -> Result<K, Vec<Problem>> {
    serde_json::from_value(object).map_err(|error| vec![Problem::new("", error.to_string())])
}

/// A name, and nothing that no object has.
pub(super) fn metadata(metadata: Option<&Value>) -> Vec<Problem> {
    let Some(fields) = metadata.and_then(Value::as_object) else {
        return vec![Problem::new("metadata", "write `metadata: {name: …}`")];
    };
    let unknown = fields.keys().filter(|name| !METADATA.contains(&name.as_str()));
    let mut out: Vec<Problem> = unknown
        .map(|name| {
            Problem::new(
                yaml::member("metadata", name),
                "there is no such field: write name, namespace, labels or annotations",
            )
        })
        .collect();
    match fields.get("name") {
        Some(Value::String(name)) if !name.is_empty() => {}
        Some(other) => out.push(Problem::new("metadata.name", "write the object's name, as text").found(other)),
        None => out.push(Problem::new("metadata.name", "the field is required: add it")),
    }
    out
}

fn kinds() -> String {
    SCHEMAS.iter().map(|(kind, _)| kind.as_str()).collect::<Vec<_>>().join(", ")
}
