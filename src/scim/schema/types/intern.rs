//! Definitions made into constants, once for each distinct content and for as long as the process runs.
//!
//! Paths and filters hold plain `&'static Attribute`, of built-in schemas and of others alike. What that costs is in
//! `docs/decisions/0006-schemas-are-interned.md`. Only definitions that were judged come here.

use super::words::Words;
use super::{built_in, built_in_kind};
use crate::scim::schema::{
    Attribute, AttributeDefinition, Extension, Kind, PartDefinition, ResourceType, ResourceTypeDefinition, Schema,
    SchemaDefinition,
};
use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{LazyLock, Mutex, PoisonError};

/// Content → what was made of it.
type Kept<K, V> = LazyLock<Mutex<HashMap<K, &'static V>>>;

static SCHEMAS: Kept<SchemaDefinition, Schema> = LazyLock::new(Mutex::default);
static TYPES: Kept<TypeKey, ResourceType> = LazyLock::new(Mutex::default);

/// All that a resource type consists of. Schemas go by their address: those of one URN can differ.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct TypeKey {
    name: String,
    endpoint: String,
    description: String,
    core: usize,
    extensions: Vec<(usize, bool)>,
}

/// The schema of this definition.
pub fn schema(definition: &SchemaDefinition) -> &'static Schema {
    kept(&SCHEMAS, definition.clone(), || Schema {
        urn: text(&definition.id),
        name: text(definition.name.as_deref().unwrap_or_else(|| last_part(&definition.id))),
        description: text(definition.description.as_deref().unwrap_or_default()),
        attributes: list(definition.attributes.iter().map(whole).collect()),
    })
}

/// The type of this definition, made of these schemas; `None` when it names one that is not there.
pub fn resource_type(
    definition: &ResourceTypeDefinition,
    defined: &[&'static Schema],
) -> Option<&'static ResourceType> {
    let known = |urn: &str| {
        built_in(urn).or_else(|| defined.iter().copied().find(|schema| schema.urn.eq_ignore_ascii_case(urn)))
    };
    let base = built_in_kind(&definition.name);
    let core = match base {
        Some(kind) => kind.core(),
        None => known(definition.schema.as_deref()?)?,
    };
    let mut extensions: Vec<(&'static Schema, bool)> =
        base.iter().flat_map(|kind| kind.extensions()).map(|there| (there.schema, there.required)).collect();
    for extension in &definition.schema_extensions {
        let schema = known(&extension.schema)?;
        match extensions.iter_mut().find(|(there, _)| *there == schema) {
            Some(there) => there.1 = extension.required,
            None => extensions.push((schema, extension.required)),
        }
    }
    let endpoint = base.map(|kind| kind.endpoint()).or(definition.endpoint.as_deref())?;
    let otherwise = base.map_or(core.description, |kind| kind.description());
    let description = definition.description.as_deref().unwrap_or(otherwise);
    let key = TypeKey {
        name: definition.name.clone(),
        endpoint: endpoint.to_owned(),
        description: description.to_owned(),
        core: address(core),
        extensions: extensions.iter().map(|(schema, required)| (address(schema), *required)).collect(),
    };
    Some(kept(&TYPES, key, || ResourceType {
        name: text(&definition.name),
        endpoint: text(endpoint),
        description: text(description),
        core,
        extensions: list(extensions.into_iter().map(|(schema, required)| Extension { schema, required }).collect()),
    }))
}

/// What was made of this content before, or is made of it now.
fn kept<K: Hash + Eq, V>(all: &Kept<K, V>, key: K, make: impl FnOnce() -> V) -> &'static V {
    // Whoever panicked while holding the lock left the map whole: an entry is put in when it is complete.
    let mut all = all.lock().unwrap_or_else(PoisonError::into_inner);
    all.entry(key).or_insert_with(|| Box::leak(Box::new(make())))
}

fn address(schema: &'static Schema) -> usize {
    std::ptr::from_ref(schema).addr()
}

fn whole(definition: &AttributeDefinition) -> Attribute {
    attribute(&definition.part, definition.sub_attributes.iter().map(|part| attribute(part, Vec::new())).collect())
}

fn attribute(part: &PartDefinition, parts: Vec<Attribute>) -> Attribute {
    let Words { kind, mutability, returned, unique } = Words::read(part, &mut |_, _| ());
    Attribute {
        name: text(&part.name),
        description: text(part.description.as_deref().unwrap_or_default()),
        kind,
        multi_valued: part.multi_valued,
        required: part.required,
        // RFC 7643 §2.3.6, §2.3.7: these are compared exactly, whatever the definition says.
        case_exact: part.case_exact || matches!(kind, Kind::Binary | Kind::Reference),
        mutability,
        returned,
        unique,
        canonical_values: list(part.canonical_values.iter().map(|value| text(value)).collect()),
        reference_types: list(part.reference_types.iter().map(|name| text(name)).collect()),
        sub_attributes: list(parts),
    }
}

/// What stands behind the last colon of a URN.
fn last_part(urn: &str) -> &str {
    urn.rsplit(':').next().unwrap_or(urn)
}

fn text(text: &str) -> &'static str {
    Box::leak(Box::<str>::from(text))
}

fn list<T>(items: Vec<T>) -> &'static [T] {
    Box::leak(items.into_boxed_slice())
}
