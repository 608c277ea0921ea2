//! The reference page of the four kinds, made from the definitions themselves so that it cannot say anything else.
//!
//! `make generate` writes it to `docs/reference/resources.md`; a test compares.

use super::reason::{CONDITION_TYPES, REASONS};
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::{
    CustomResourceDefinition, CustomResourceDefinitionVersion, JSONSchemaProps, JSONSchemaPropsOrArray, ValidationRule,
};
use std::fmt::Write as _;

const HEAD: &str = "\
# Resources

<!-- Made by `scim-operator crds --docs`; do not edit. -->

All four kinds are namespaced, in group `scim-operator.dev`, version `v1alpha1`, category `scim` (`kubectl get scim`).
A field that is left out is not filled in: its default is what the operator takes it for. `kubectl apply` refuses \
unknown
fields. A field with *required* must be written. What is in italics beside a field is checked by the API server.
";

/// The page, in Markdown.
pub fn markdown(crds: &[CustomResourceDefinition]) -> String {
    let mut page = HEAD.to_owned();
    for crd in crds {
        if let Some(version) = crd.spec.versions.first() {
            kind(&mut page, crd, version);
        }
    }
    conditions(&mut page, crds);
    page
}

fn kind(page: &mut String, crd: &CustomResourceDefinition, version: &CustomResourceDefinitionVersion) {
    let names = &crd.spec.names;
    let Some(root) = version.schema.as_ref().and_then(|schema| schema.open_api_v3_schema.as_ref()) else { return };
    let short = names.short_names.iter().flatten().next().map_or(String::new(), |short| format!(", short `{short}`"));
    let description = root.description.as_deref().unwrap_or_default();
    // Writing to a String cannot fail.
    let _ = write!(page, "\n## {}\n\n{description}\n\n`kubectl get {}`{short}. ", names.kind, names.plural);
    let columns: Vec<_> = version.additional_printer_columns.iter().flatten().collect();
    let named = |wide: bool| {
        let names = columns.iter().filter(|c| (c.priority.unwrap_or(0) > 0) == wide).map(|c| c.name.as_str());
        names.collect::<Vec<_>>().join(", ")
    };
    let _ = writeln!(page, "Columns: {}; with `-o wide` also {}.", named(false), named(true));
    let fields: Vec<_> = version.selectable_fields.iter().flatten().map(|f| format!("`{}`", f.json_path)).collect();
    if !fields.is_empty() {
        let _ = writeln!(page, "Field selectors: {}.", fields.join(", "));
    }
    for rule in rules(root) {
        let _ = writeln!(page, "\n{}.", rule.message.as_deref().unwrap_or(&rule.rule));
    }
    for part in ["spec", "status"] {
        let Some(schema) = root.properties.as_ref().and_then(|properties| properties.get(part)) else { continue };
        let _ = write!(page, "\n### {} {part}\n\n{}\n", names.kind, schema.description.as_deref().unwrap_or_default());
        for rule in rules(schema) {
            let _ = write!(page, "\n- {}\n", rule.message.as_deref().unwrap_or(&rule.rule));
        }
        let _ = write!(page, "\n| field | type | what it is |\n|---|---|---|\n");
        rows(page, "", schema);
    }
}

fn rules(schema: &JSONSchemaProps) -> impl Iterator<Item = &ValidationRule> {
    schema.x_kubernetes_validations.iter().flatten()
}

/// One row for each field below `schema`, depth first. Conditions have a section of their own.
fn rows(page: &mut String, prefix: &str, schema: &JSONSchemaProps) {
    let required = schema.required.as_deref().unwrap_or_default();
    for (name, field) in schema.properties.iter().flatten() {
        let path = format!("{prefix}{name}");
        let must = if required.contains(name) { ", *required*" } else { "" };
        let checks: String =
            rules(field).filter_map(|rule| rule.message.as_ref()).map(|m| format!(" *{m}.*")).collect();
        let what = format!("{}{checks}", field.description.as_deref().unwrap_or_default());
        let _ = writeln!(page, "| `{path}` | {}{must} | {} |", type_of(field), cell(&what));
        match field.items.as_ref() {
            Some(JSONSchemaPropsOrArray::Schema(items)) if name != "conditions" => {
                rows(page, &format!("{path}[]."), items);
            }
            _ => rows(page, &format!("{path}."), field),
        }
    }
}

fn type_of(schema: &JSONSchemaProps) -> String {
    if schema.x_kubernetes_int_or_string == Some(true) {
        return "amount".to_owned();
    }
    match (schema.type_.as_deref(), schema.format.as_deref()) {
        (Some("array"), _) => {
            let of = match schema.items.as_ref() {
                Some(JSONSchemaPropsOrArray::Schema(items)) => type_of(items),
                _ => "anything".to_owned(),
            };
            let least = schema.min_items.unwrap_or(0);
            let most = schema.max_items.map_or(String::new(), |most| format!(" of {least} to {most}"));
            let set = if schema.x_kubernetes_list_type.as_deref() == Some("set") { ", all different" } else { "" };
            format!("list{most}{set}: {of}")
        }
        (Some("string"), Some("date-time")) => "time".to_owned(),
        (Some("string"), _) => text(schema),
        (Some("integer"), _) => {
            let least = schema.minimum.map_or(String::new(), |least| format!(" from {least}"));
            let most = schema.maximum.map_or(String::new(), |most| format!(" to {most}"));
            format!("integer{least}{most}")
        }
        (Some(other), _) => other.to_owned(),
        (None, _) => "anything".to_owned(),
    }
}

fn text(schema: &JSONSchemaProps) -> String {
    if let Some(words) = &schema.enum_ {
        let words: Vec<_> = words.iter().filter_map(|word| word.0.as_str()).map(|word| format!("`{word}`")).collect();
        return words.join(" or ");
    }
    let least = schema.min_length.unwrap_or(0);
    let most = schema.max_length.map_or(String::new(), |most| format!(" of {least} to {most} characters"));
    let pattern = schema.pattern.as_deref().map_or(String::new(), |pattern| format!(", `{}`", cell(pattern)));
    format!("text{most}{pattern}")
}

/// A text as a table cell.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace("\n\n", "<br>")
}

fn conditions(page: &mut String, crds: &[CustomResourceDefinition]) {
    page.push_str("\n## Conditions\n\nAll four kinds carry `status.conditions`:\n\n");
    page.push_str("| field | type | what it is |\n|---|---|---|\n");
    let list = crds.first().and_then(|crd| crd.spec.versions.first()).and_then(|version| {
        let root = version.schema.as_ref()?.open_api_v3_schema.as_ref()?;
        root.properties.as_ref()?.get("status")?.properties.as_ref()?.get("conditions")?.items.as_ref()
    });
    if let Some(JSONSchemaPropsOrArray::Schema(items)) = list {
        rows(page, "", items);
    }
    let _ = write!(page, "\n| type | what `True` says |\n|---|---|\n");
    for condition in CONDITION_TYPES {
        let _ = writeln!(page, "| `{}` | {} |", condition.name, cell(condition.meaning));
    }
    let _ = write!(
        page,
        "\nA reason is *waiting* (heals by itself), *terminal* (needs a person) or \
         *ready* (does not stand in the way):\n\n\
         | reason | | what it says, and what to do |\n|---|---|---|\n"
    );
    for reason in REASONS {
        let _ = writeln!(page, "| `{}` | {} | {} |", reason.name, reason.outcome.as_str(), cell(reason.meaning));
    }
}
