//! Judges schemas: what RFC 7643 §7 rules out, and what nothing here could hold its promise of.

use super::words::Words;
use super::{Found, built_in};
use crate::scim::schema::{
    AttributeDefinition, COMMON, Kind, Mutability, PartDefinition, Returned, SERVICE, SchemaDefinition,
};

/// How the URNs of its messages begin.
const MESSAGES: &str = "urn:ietf:params:scim:api:";

/// Notes everything that is wrong with these schemas.
pub fn judge(schemas: &[SchemaDefinition], found: &mut Found) {
    for (index, schema) in schemas.iter().enumerate() {
        let place = format!("schemas[{index}]");
        id(&place, schema, schemas.iter().take(index), found);
        if schema.attributes.is_empty() {
            found.note(format!("{place}.attributes"), "a schema without attributes says nothing: write at least one");
        }
        for (index, definition) in schema.attributes.iter().enumerate() {
            let place = format!("{place}.attributes[{index}]");
            let earlier = schema.attributes.iter().take(index).map(|other| &other.part);
            attribute(&place, definition, earlier, found);
        }
    }
}

fn id<'a>(
    place: &str,
    schema: &SchemaDefinition,
    mut earlier: impl Iterator<Item = &'a SchemaDefinition>,
    found: &mut Found,
) {
    let id = schema.id.as_str();
    let of_the_protocol = SERVICE.iter().any(|known| known.urn.eq_ignore_ascii_case(id))
        || id.get(..MESSAGES.len()).is_some_and(|head| head.eq_ignore_ascii_case(MESSAGES));
    let message = if !is_urn(id) {
        "is no URN that a path could name: write `urn:`, a namespace, `:` and more of letters, digits and -_.:$/%+~, \
         ending with a letter or digit, such as urn:example:params:scim:schemas:2.0:Badge"
    } else if built_in(id).is_some() {
        "is built in: write a URN of your own, and extend the resource type by it"
    } else if of_the_protocol {
        "belongs to the protocol: write a URN of your own"
    } else if earlier.any(|other| other.id.eq_ignore_ascii_case(id)) {
        "is defined before: write each schema once"
    } else {
        return;
    };
    found.note(format!("{place}.id"), format!("{id:?} {message}"));
}

/// `urn:`, a namespace of 1 to 32 characters, and a rest that filters and paths can be written with.
fn is_urn(text: &str) -> bool {
    let mut parts = text.splitn(3, ':');
    let (scheme, namespace, rest) = (parts.next(), parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let is_part = |text: &str, others: &str| {
        text.bytes().all(|byte| byte.is_ascii_alphanumeric() || others.as_bytes().contains(&byte))
    };
    let begins = namespace.bytes().next().is_some_and(|byte| byte.is_ascii_alphanumeric());
    let ends = rest.bytes().last().is_some_and(|byte| byte.is_ascii_alphanumeric());
    scheme.is_some_and(|scheme| scheme.eq_ignore_ascii_case("urn"))
        && (begins && namespace.len() <= 32 && is_part(namespace, "-"))
        && (ends && is_part(rest, "-_.:$/%+~"))
}

fn attribute<'a>(
    place: &str,
    definition: &AttributeDefinition,
    earlier: impl Iterator<Item = &'a PartDefinition>,
    found: &mut Found,
) {
    let part = &definition.part;
    if COMMON.iter().any(|common| common.name.eq_ignore_ascii_case(&part.name)) {
        let message = format!("{:?} is an attribute of every resource: write another name", part.name);
        found.note(format!("{place}.name"), message);
    }
    let words = read(place, part, earlier, found);
    let complex = words.kind == Kind::Complex;
    if complex && definition.sub_attributes.is_empty() {
        found.note(format!("{place}.subAttributes"), "a complex attribute consists of others: write at least one");
    }
    if !complex && !definition.sub_attributes.is_empty() {
        let message = format!("{:?} has no parts: write type complex, or leave them out", words.kind.as_str());
        found.note(format!("{place}.subAttributes"), message);
    }
    if words.unique && (complex || part.multi_valued) {
        let message = "only an attribute with one simple value can be unique: write none, or leave it out";
        found.note(format!("{place}.uniqueness"), message);
    }
    for (index, sub) in definition.sub_attributes.iter().enumerate() {
        let place = format!("{place}.subAttributes[{index}]");
        sub_attribute(&place, sub, definition.sub_attributes.iter().take(index), found);
    }
}

fn sub_attribute<'a>(
    place: &str,
    part: &PartDefinition,
    earlier: impl Iterator<Item = &'a PartDefinition>,
    found: &mut Found,
) {
    let words = read(place, part, earlier, found);
    if words.kind == Kind::Complex {
        found
            .note(format!("{place}.type"), "a part of a complex attribute has no parts of its own: write another type");
    }
    if part.multi_valued {
        let message = "a part of a complex attribute has one value: leave it out, or make the attribute itself a list";
        found.note(format!("{place}.multiValued"), message);
    }
    if words.unique {
        let message = "uniqueness is held of whole attributes: write none, or leave it out";
        found.note(format!("{place}.uniqueness"), message);
    }
    // Of the values of a list at most one is primary, and the server takes care of it (RFC 7643 §2.4).
    if part.name.eq_ignore_ascii_case("primary") && words.kind != Kind::Boolean {
        found.note(format!("{place}.type"), "`primary` marks the preferred value: write boolean, or another name");
    }
}

/// What attributes and their parts have in common.
fn read<'a>(
    place: &str,
    part: &PartDefinition,
    mut earlier: impl Iterator<Item = &'a PartDefinition>,
    found: &mut Found,
) -> Words {
    let name = &part.name;
    if !is_name(name) {
        let message = format!("{name:?} is no name: write letters, digits and $_-, beginning with none of 0-9 and -");
        found.note(format!("{place}.name"), message);
    } else if earlier.any(|other| other.name.eq_ignore_ascii_case(name)) {
        found.note(format!("{place}.name"), format!("{name:?} is there before, upper and lower case being equal"));
    }
    let words = Words::read(part, &mut |field, message| found.note(format!("{place}.{field}"), message));
    if words.mutability == Mutability::WriteOnly && words.returned != Returned::Never {
        let message = "what is writeOnly is never answered: write never, or leave it out";
        found.note(format!("{place}.returned"), message);
    }
    if words.mutability == Mutability::ReadOnly && part.required {
        let message = "nobody can give what is readOnly: leave it out, or write another mutability";
        found.note(format!("{place}.required"), message);
    }
    if words.kind != Kind::Reference && !part.reference_types.is_empty() {
        let message = format!("{:?} refers to nothing: write type reference, or leave them out", words.kind.as_str());
        found.note(format!("{place}.referenceTypes"), message);
    }
    words
}

/// RFC 7643 §2.1, and `$` and `_` in front, as in `$ref`.
fn is_name(text: &str) -> bool {
    let first = text.bytes().next().is_some_and(|byte| byte.is_ascii_alphabetic() || matches!(byte, b'$' | b'_'));
    first && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'$' | b'_' | b'-'))
}
