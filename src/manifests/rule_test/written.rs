//! Tests of rules as people write them into files: documents of the kind `RuleTest`, read as strictly as manifests.

use crate::access::GroupFacts;
use crate::api::{GROUP, VERSION};
use crate::manifests::manifest;
use crate::manifests::problem::Problem;
use crate::manifests::schema;
use crate::manifests::yaml::{Document, Places};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// The kind of these documents. No cluster knows it.
const KIND: &str = "RuleTest";

/// A test and where its fields stand in its file.
#[derive(Debug, Clone, PartialEq)]
pub struct Written {
    /// `metadata.name`.
    pub name: String,
    /// What is claimed.
    pub spec: Spec,
    /// The lines of its fields.
    pub places: Places,
}

/// What a test claims.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Spec {
    /// Whose rules; `None` = there is one directory only.
    pub directory: Option<String>,
    /// The person.
    pub given: Given,
    /// What the person may do.
    pub expect: Expect,
}

/// Somebody.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Given {
    /// The groups that the person is in, and no others.
    #[serde(default)]
    pub groups: Vec<GivenGroup>,
    /// Whether the provider says that the person is active.
    #[serde(default = "yes")]
    pub active: bool,
}

/// A group: its name, or what is known of it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum GivenGroup {
    /// By name.
    Name(String),
    /// By anything that a rule can name it by.
    Facts(NamedGroup),
}

/// A group by anything that a rule can name it by; at least one of them.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NamedGroup {
    /// Its name.
    pub display_name: Option<String>,
    /// The provider's id of it.
    pub external_id: Option<String>,
    /// The endpoint's id of it.
    pub id: Option<String>,
}

/// All access that the person has; no tenant = none.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Expect {
    /// One entry for each tenant.
    pub tenants: Vec<Expected>,
}

/// The access in one tenant. What is not written may be anything.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Expected {
    /// Where.
    pub tenant: String,
    /// Exactly this role.
    pub role: String,
    /// Exactly these application groups.
    pub application_groups: Option<BTreeSet<String>>,
    /// From exactly these rules.
    pub rules: Option<BTreeSet<String>>,
}

fn yes() -> bool {
    true
}

impl GivenGroup {
    /// The group as the evaluation sees it. What is not written matches no rule: a rule names a group by text, never by
    /// none.
    pub fn facts(&self) -> GroupFacts {
        match self {
            Self::Name(name) => GroupFacts { id: String::new(), display_name: name.clone(), external_id: None },
            Self::Facts(NamedGroup { display_name, external_id, id }) => GroupFacts {
                id: id.clone().unwrap_or_default(),
                display_name: display_name.clone().unwrap_or_default(),
                external_id: external_id.clone(),
            },
        }
    }
}

/// Whether the document is a test of rules, well written or not.
pub fn is_test(document: &Value) -> bool {
    let is = |field, text: &str| document.get(field).and_then(Value::as_str) == Some(text);
    is("kind", KIND) && is("apiVersion", &format!("{GROUP}/{VERSION}"))
}

/// Reads a document that [`is_test`].
///
/// # Errors
/// All that is wrong with it, with lines.
pub fn read(document: Document) -> Result<Written, Vec<Problem>> {
    let Document { value, places } = document;
    let lined = |problem: Problem| Problem { line: places.line(&problem.field), ..problem };
    let problems = problems(&value);
    if !problems.is_empty() {
        return Err(problems.into_iter().map(lined).collect());
    }
    let name = value.pointer("/metadata/name").and_then(Value::as_str).unwrap_or_default().to_owned();
    let spec = value.get("spec").cloned().unwrap_or_default();
    match serde_json::from_value(spec) {
        Ok(spec) => Ok(Written { name, spec, places }),
        Err(error) => Err(vec![lined(Problem::new("spec", error.to_string()))]),
    }
}

/// Everything that the document may not say, in the order of the fields.
fn problems(document: &Value) -> Vec<Problem> {
    let mut bare = document.clone();
    if let Some(fields) = bare.as_object_mut() {
        fields.retain(|name, _| name != "metadata");
    }
    let mut out = manifest::metadata(document.get("metadata"));
    out.extend(schema::bounds(&shape(), &bare, ""));
    let groups = document.pointer("/spec/given/groups").and_then(Value::as_array);
    for (i, group) in groups.into_iter().flatten().enumerate() {
        let shape = if group.is_object() { group_shape() } else { text() };
        out.extend(schema::bounds(&shape, group, &format!("spec.given.groups[{i}]")));
    }
    let tenants = document.pointer("/spec/expect/tenants").and_then(Value::as_array);
    let mut seen = BTreeSet::new();
    for (i, tenant) in tenants.into_iter().flatten().filter_map(|entry| entry.get("tenant")).enumerate() {
        if !seen.insert(tenant.to_string()) {
            out.push(Problem::new(format!("spec.expect.tenants[{i}].tenant"), "write each tenant once").found(tenant));
        }
    }
    out
}

fn text() -> Value {
    json!({"type": "string", "minLength": 1})
}

fn set() -> Value {
    json!({"type": "array", "x-kubernetes-list-type": "set", "items": text()})
}

fn object(required: &[&str], properties: &Value) -> Value {
    json!({"type": "object", "required": required, "properties": properties})
}

fn group_shape() -> Value {
    let mut shape = object(&[], &json!({"displayName": text(), "externalId": text(), "id": text()}));
    if let Some(words) = shape.as_object_mut() {
        words.insert("minProperties".to_owned(), 1.into());
    }
    shape
}

/// The schema of such a document without its metadata. What is in a list of groups is looked at apart.
fn shape() -> Value {
    let access = object(
        &["tenant", "role"],
        &json!({"tenant": text(), "role": text(), "applicationGroups": set(), "rules": set()}),
    );
    let given = object(&[], &json!({"groups": {"type": "array"}, "active": {"type": "boolean"}}));
    let expect = object(&["tenants"], &json!({"tenants": {"type": "array", "items": access}}));
    let spec = object(&["given", "expect"], &json!({"directory": text(), "given": given, "expect": expect}));
    object(&["spec"], &json!({"apiVersion": text(), "kind": text(), "spec": spec}))
}
