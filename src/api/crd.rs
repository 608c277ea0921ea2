//! The CustomResourceDefinitions as they are installed: what the derive makes, with the few corrections that it has
//! no word for.
//!
//! Corrections: `nullable` stays on objects only (server-side apply of Kubernetes 1.35 turns an object that lost its
//! last field into null, kubernetes/kubernetes#135841; elsewhere a null is a mistake); the `oneOf` of a union goes,
//! since a CEL rule says the same in words that help; line breaks inside a paragraph of a description go; and the
//! one schema default, `status: {observedGeneration: -1}`, comes, without which GitOps tools call a new object
//! healthy at once.

use super::{RuleSync, ScimAccessToken, ScimDirectory, UserManagementRule};
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::{
    CustomResourceDefinition, JSON, JSONSchemaProps, JSONSchemaPropsOrArray, JSONSchemaPropsOrBool,
};
use kube::CustomResourceExt;

/// The four definitions, in the order in which a reader meets the kinds.
pub fn crds() -> Vec<CustomResourceDefinition> {
    [ScimDirectory::crd(), UserManagementRule::crd(), RuleSync::crd(), ScimAccessToken::crd()].map(installed).to_vec()
}

/// The definition as YAML, the way it is stored in `crds/`.
///
/// # Errors
/// When a value cannot be written as YAML, which none of ours is.
pub fn yaml(crd: &CustomResourceDefinition) -> Result<String, serde_saphyr::ser::Error> {
    serde_saphyr::to_string(crd)
}

fn installed(mut crd: CustomResourceDefinition) -> CustomResourceDefinition {
    for version in &mut crd.spec.versions {
        if let Some(root) = version.schema.as_mut().and_then(|schema| schema.open_api_v3_schema.as_mut()) {
            correct(root);
            root.title = None;
            if let Some(status) = root.properties.as_mut().and_then(|p| p.get_mut("status")) {
                status.default = Some(JSON(serde_json::json!({"observedGeneration": -1})));
            }
        }
    }
    crd
}

fn correct(schema: &mut JSONSchemaProps) {
    if schema.type_.as_deref() != Some("object") {
        schema.nullable = None;
    }
    schema.one_of = None;
    schema.description = schema.description.take().map(|text| paragraphs(&text));
    for property in schema.properties.iter_mut().flat_map(|properties| properties.values_mut()) {
        correct(property);
    }
    match schema.items.as_mut() {
        Some(JSONSchemaPropsOrArray::Schema(items)) => correct(items),
        Some(JSONSchemaPropsOrArray::Schemas(items)) => items.iter_mut().for_each(correct),
        None => {}
    }
    if let Some(JSONSchemaPropsOrBool::Schema(values)) = schema.additional_properties.as_mut() {
        correct(values);
    }
}

/// Takes a type's own description out of its schema, so that the field's description is the one that people read.
/// For enums of plain words: their doc comment would win over the field's.
pub(super) fn undescribed(schema: &mut schemars::Schema) {
    schema.remove("description");
}

/// Joins the lines of each paragraph; an empty line still separates paragraphs.
fn paragraphs(text: &str) -> String {
    let joined = text.split("\n\n").map(|paragraph| {
        paragraph.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" ")
    });
    joined.collect::<Vec<_>>().join("\n\n")
}
