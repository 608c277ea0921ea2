//! The schemas and resource types of a directory, and those that stay in force when they make no sense (C008).
//!
//! They count together or not at all: a type without its schema would be another type. What they mean is judged in
//! `scim`, where they are enforced; here its complaints get the places that a manifest has.

use super::verdict::Refusal;
use crate::api::directory as api;
use crate::api::reason::INVALID_SPEC;
use crate::config::Document;
use crate::scim::{
    AttributeDefinition, DefinitionProblem, ExtensionDefinition, PartDefinition, ResourceTypeDefinition,
    SchemaDefinition, Types,
};
use serde::Serialize;

/// How many problems a refusal tells of.
pub const TOLD_MAX: usize = 5;

/// Schemas and the types made of them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Definitions {
    /// The schemas that are not built in.
    pub schemas: Vec<SchemaDefinition>,
    /// The resource types that are not built in, and what extends those that are.
    pub resource_types: Vec<ResourceTypeDefinition>,
}

/// What will be in force: what is wanted, or what was in force before when that makes no sense.
pub fn in_force(wanted: &api::Provisioning, previous: Option<&Document>) -> (Definitions, Option<Refusal>) {
    let wanted = Definitions {
        schemas: wanted.schemas.iter().map(schema).collect(),
        resource_types: wanted.resource_types.iter().map(resource_type).collect(),
    };
    let Err(problems) = Types::compile(&wanted.schemas, &wanted.resource_types) else { return (wanted, None) };
    let kept = previous.map(|document| Definitions {
        schemas: document.profile.schemas.clone(),
        resource_types: document.profile.resource_types.clone(),
    });
    (kept.unwrap_or_default(), Some(refusal(&problems)))
}

/// The field of the first problem, and what is wrong there and elsewhere.
fn refusal(problems: &[DefinitionProblem]) -> Refusal {
    let field = |problem: &DefinitionProblem| format!("spec.provisioning.{}", problem.place);
    let told = problems.iter().take(TOLD_MAX).map(|problem| format!("{}: {}", field(problem), problem.message));
    let mut message = told.collect::<Vec<_>>().join("; ");
    if let Some(more) = problems.len().checked_sub(TOLD_MAX).filter(|more| *more > 0) {
        message.push_str(&format!("; and {more} more"));
    }
    Refusal::new(INVALID_SPEC, &problems.first().map(field).unwrap_or_default(), message)
}

fn schema(definition: &api::SchemaDefinition) -> SchemaDefinition {
    let api::SchemaDefinition { id, name, description, attributes } = definition;
    SchemaDefinition {
        id: id.clone(),
        name: name.clone(),
        description: description.clone(),
        attributes: attributes.iter().map(attribute).collect(),
    }
}

fn attribute(definition: &api::AttributeDefinition) -> AttributeDefinition {
    let api::AttributeDefinition {
        name,
        type_,
        multi_valued,
        description,
        required,
        canonical_values,
        case_exact,
        mutability,
        returned,
        uniqueness,
        reference_types,
        sub_attributes,
    } = definition;
    AttributeDefinition {
        part: PartDefinition {
            name: name.clone(),
            kind: word(*type_, "string"),
            multi_valued: multi_valued.unwrap_or(false),
            description: description.clone(),
            required: required.unwrap_or(false),
            canonical_values: canonical_values.clone(),
            case_exact: case_exact.unwrap_or(false),
            mutability: word(*mutability, "readWrite"),
            // What is only written is not answered by default; elsewhere `default` says nothing.
            returned: word(*returned, unsaid(*mutability)),
            uniqueness: word(*uniqueness, "none"),
            reference_types: reference_types.clone(),
        },
        sub_attributes: sub_attributes.iter().map(sub_attribute).collect(),
    }
}

fn sub_attribute(definition: &api::SubAttributeDefinition) -> PartDefinition {
    let api::SubAttributeDefinition {
        name,
        type_,
        multi_valued,
        description,
        required,
        canonical_values,
        case_exact,
        mutability,
        returned,
        uniqueness,
        reference_types,
    } = definition;
    PartDefinition {
        name: name.clone(),
        kind: word(*type_, "string"),
        multi_valued: multi_valued.unwrap_or(false),
        description: description.clone(),
        required: required.unwrap_or(false),
        canonical_values: canonical_values.clone(),
        case_exact: case_exact.unwrap_or(false),
        mutability: word(*mutability, "readWrite"),
        returned: word(*returned, unsaid(*mutability)),
        uniqueness: word(*uniqueness, "none"),
        reference_types: reference_types.clone(),
    }
}

fn resource_type(definition: &api::ResourceTypeDefinition) -> ResourceTypeDefinition {
    let api::ResourceTypeDefinition { name, endpoint, description, schema, schema_extensions } = definition;
    let extension = |api::SchemaExtension { schema, required }: &api::SchemaExtension| ExtensionDefinition {
        schema: schema.clone(),
        required: required.unwrap_or(false),
    };
    ResourceTypeDefinition {
        name: name.clone(),
        endpoint: endpoint.clone(),
        description: description.clone(),
        schema: schema.clone(),
        schema_extensions: schema_extensions.iter().map(extension).collect(),
    }
}

/// The word as it is written; none where it is the default, so that saying it is no change of content.
fn word(written: Option<impl Serialize>, default: &str) -> Option<String> {
    // Each of these is an enum of plain words: the field's name in JSON is the word.
    let word = serde_json::to_value(written?).ok()?;
    word.as_str().filter(|word| *word != default).map(str::to_owned)
}

/// The `returned` that an attribute has when it says none.
fn unsaid(mutability: Option<api::Mutability>) -> &'static str {
    if mutability == Some(api::Mutability::WriteOnly) { "never" } else { "default" }
}
