//! Judges resource types: where they are, what they consist of, and that a path can tell their schemas apart.

use super::words::Words;
use super::{Found, built_in, built_in_kind};
use crate::scim::schema::{ENTERPRISE_USER, ResourceKind, ResourceTypeDefinition, SchemaDefinition};

/// Endpoints of the protocol (RFC 7644 §3.2) and of the built-in types.
const TAKEN: [&str; 8] =
    ["/Users", "/Groups", "/Schemas", "/ResourceTypes", "/ServiceProviderConfig", "/Bulk", "/Me", "/.search"];
/// What `meta.resourceType` says of resources that the protocol itself has, and of the built-in types.
const TAKEN_NAMES: [&str; 5] = ["User", "Group", "Schema", "ResourceType", "ServiceProviderConfig"];

/// Notes everything that is wrong with these types, which are made of these schemas.
pub fn judge(types: &[ResourceTypeDefinition], schemas: &[SchemaDefinition], found: &mut Found) {
    for (index, definition) in types.iter().enumerate() {
        let place = format!("resourceTypes[{index}]");
        let earlier = || types.iter().take(index);
        name(&place, definition, earlier(), found);
        let core = match built_in_kind(&definition.name) {
            Some(kind) => {
                fixed(&place, kind, definition, found);
                kind.core().urn
            }
            None => {
                endpoint(&place, definition, earlier(), found);
                core(&place, definition, schemas, found);
                definition.schema.as_deref().unwrap_or_default()
            }
        };
        extensions(&place, core, definition, schemas, found);
    }
}

fn name<'a>(
    place: &str,
    definition: &ResourceTypeDefinition,
    mut earlier: impl Iterator<Item = &'a ResourceTypeDefinition>,
    found: &mut Found,
) {
    let name = definition.name.as_str();
    let taken = TAKEN_NAMES.iter().any(|taken| taken.eq_ignore_ascii_case(name)) && built_in_kind(name).is_none();
    let message = if !name.starts_with(|c: char| c.is_ascii_alphabetic())
        || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
    {
        "is no name: write letters, digits and _-, beginning with a letter"
    } else if taken {
        "is taken: write another name"
    } else if earlier.any(|other| other.name.eq_ignore_ascii_case(name)) {
        "is there before: write each type once"
    } else {
        return;
    };
    found.note(format!("{place}.name"), format!("{name:?} {message}"));
}

/// Of a built-in type only extensions and description can be said.
fn fixed(place: &str, kind: ResourceKind, definition: &ResourceTypeDefinition, found: &mut Found) {
    let (name, urn, path) = (kind.name(), kind.core().urn, kind.endpoint());
    if let Some(other) = definition.endpoint.as_deref().filter(|endpoint| *endpoint != path) {
        let message = format!("{other:?}: the endpoint of {name} is {path}: write that, or leave it out");
        found.note(format!("{place}.endpoint"), message);
    }
    if let Some(other) = definition.schema.as_deref().filter(|schema| !schema.eq_ignore_ascii_case(urn)) {
        let message = format!("{other:?}: the schema of {name} is {urn}: write that, or leave it out");
        found.note(format!("{place}.schema"), message);
    }
}

fn endpoint<'a>(
    place: &str,
    definition: &ResourceTypeDefinition,
    mut earlier: impl Iterator<Item = &'a ResourceTypeDefinition>,
    found: &mut Found,
) {
    let place = format!("{place}.endpoint");
    let Some(endpoint) = definition.endpoint.as_deref() else {
        found.note(place, format!("{:?} needs an endpoint: write a path such as /Badges", definition.name));
        return;
    };
    let path = endpoint.strip_prefix('/').unwrap_or_default();
    let begins = path.bytes().next().is_some_and(|byte| byte.is_ascii_uppercase());
    let well_formed = begins && path.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let same = |other: &ResourceTypeDefinition| {
        other.endpoint.as_deref().is_some_and(|taken| taken.eq_ignore_ascii_case(endpoint))
    };
    let message = if TAKEN.iter().any(|taken| taken.eq_ignore_ascii_case(endpoint)) {
        "is taken by the protocol: write another path"
    } else if !well_formed {
        "is no endpoint: write `/`, a capital letter, and letters and digits, such as /Badges"
    } else if earlier.any(same) {
        "is taken by a type before: write another path"
    } else {
        return;
    };
    found.note(place, format!("{endpoint:?} {message}"));
}

fn core(place: &str, definition: &ResourceTypeDefinition, schemas: &[SchemaDefinition], found: &mut Found) {
    let place = format!("{place}.schema");
    let Some(urn) = definition.schema.as_deref() else {
        found.note(place, format!("{:?} needs a schema: write the id of one that is defined here", definition.name));
        return;
    };
    if built_in(urn).is_some() {
        found.note(place, format!("{urn:?} belongs to a built-in type: write the id of a schema that is defined here"));
    } else if !is_defined(urn, schemas) {
        found.note(place, unknown(urn));
    }
}

fn extensions(
    place: &str,
    core: &str,
    definition: &ResourceTypeDefinition,
    schemas: &[SchemaDefinition],
    found: &mut Found,
) {
    let of_users = (definition.name == ResourceKind::USER.name()).then_some(ENTERPRISE_USER.urn);
    for (index, extension) in definition.schema_extensions.iter().enumerate() {
        let urn = extension.schema.as_str();
        let place = format!("{place}.schemaExtensions[{index}].schema");
        let same = |other: &str| other.eq_ignore_ascii_case(urn);
        let earlier = definition.schema_extensions.iter().take(index).map(|other| other.schema.as_str());
        if same(core) {
            found.note(place, format!("{urn:?} is the schema of the type itself: leave it out"));
        } else if earlier.clone().any(same) {
            found.note(place, format!("{urn:?} is there before: write each extension once"));
        } else if !is_defined(urn, schemas) && !same(ENTERPRISE_USER.urn) {
            found.note(place, unknown(urn));
        } else if let Some(other) = [core].into_iter().chain(of_users).chain(earlier).find(|other| overlap(urn, other))
        {
            let message = format!("{urn:?} and {other:?} begin alike, so a path could mean either: write another URN");
            found.note(place, message);
        } else if built_in_kind(&definition.name).is_some()
            && let Some(unique) = unique_attribute(urn, schemas)
        {
            let message = format!(
                "{urn:?} promises that {unique:?} is unique, which is not held of {}: write none, or leave it out",
                definition.name
            );
            found.note(place, message);
        }
    }
}

fn unknown(urn: &str) -> String {
    format!("{urn:?} is defined nowhere: write the id of one of the schemas here, or define it")
}

fn is_defined(urn: &str, schemas: &[SchemaDefinition]) -> bool {
    schemas.iter().any(|schema| schema.id.eq_ignore_ascii_case(urn))
}

/// Whether one URN is the other and a `:` or `.` and more, so that it reads like an attribute of the other.
fn overlap(one: &str, other: &str) -> bool {
    let (short, long) = if one.len() < other.len() { (one, other) } else { (other, one) };
    long.split_at_checked(short.len())
        .is_some_and(|(head, rest)| head.eq_ignore_ascii_case(short) && rest.starts_with([':', '.']))
}

/// The name of an attribute that this schema promises to be unique.
fn unique_attribute<'a>(urn: &str, schemas: &'a [SchemaDefinition]) -> Option<&'a str> {
    let schema = schemas.iter().find(|schema| schema.id.eq_ignore_ascii_case(urn))?;
    let unique = schema.attributes.iter().find(|attribute| Words::read(&attribute.part, &mut |_, _| ()).unique)?;
    Some(&unique.part.name)
}
