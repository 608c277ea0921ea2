//! Schemas and resource types: what comes into the document, and what stays in force when they make no sense (C008).

use super::super::{Refusal, check};
use super::{compiled, directory, fixture};
use crate::api::ScimDirectory;
use crate::config::{BodyBytes, Document, OnUserDelete};
use crate::manifests::Manifest;
use crate::scim::Types;
use serde_json::json;

const BADGES: &str = "\
    schemas: [{id: 'urn:example:params:scim:schemas:2.0:Badge', attributes: [{name: number, required: true}]}], \
    resourceTypes: [{name: Badge, endpoint: /Badges, schema: 'urn:example:params:scim:schemas:2.0:Badge'}]";

/// The directory `corp` that provisions so.
fn provisioning(fields: &str) -> ScimDirectory {
    directory(&format!(", provisioning: {{{fields}}}"))
}

/// What was in force of `corp` with badges.
fn before() -> Document {
    let compiled = compiled(&provisioning(BADGES), &[], None);
    assert!(compiled.directory.accepted(), "{:?}", compiled.directory);
    compiled.document
}

/// A schema with one attribute of these fields.
fn of_attribute(attribute: &str) -> ScimDirectory {
    provisioning(&format!("schemas: [{{id: 'urn:x:y', attributes: [{{name: a}}, {{{attribute}}}]}}]"))
}

fn refusal(directory: &ScimDirectory, previous: Option<&Document>) -> Refusal {
    compiled(directory, &[], previous).directory.refusal.expect("it is refused")
}

#[test]
fn what_is_defined_comes_into_the_document_and_compiles() {
    let document = before();
    let types = Types::compile(&document.profile.schemas, &document.profile.resource_types).expect("they make sense");
    let badge = types.at("Badges").expect("the type is there");
    assert_eq!((badge.name(), badge.core().name), ("Badge", "Badge"));
    assert!(badge.attribute("number").is_some_and(|attribute| attribute.required));
}

#[test]
fn saying_a_default_is_no_other_content() {
    let bare = of_attribute("name: b");
    let said = of_attribute(
        "name: b, type: string, multiValued: false, required: false, canonicalValues: [], caseExact: false, \
         mutability: readWrite, returned: default, uniqueness: none, referenceTypes: [], subAttributes: []",
    );
    let hash = |directory: &ScimDirectory| compiled(directory, &[], None).document.content_hash();
    assert_eq!(hash(&bare), hash(&said));
    assert_eq!(hash(&directory("")), hash(&provisioning("maxBodyBytes: {users: 1048576, groups: 67108864}")));
    assert_eq!(hash(&directory("")), hash(&provisioning("serveGroups: true, onUserDelete: Delete, dialect: Auto")));
    let silent = "name: b, mutability: writeOnly";
    assert_eq!(hash(&of_attribute(silent)), hash(&of_attribute(&format!("{silent}, returned: never"))));
    assert_ne!(hash(&of_attribute(silent)), hash(&bare));
}

#[test]
fn what_is_written_about_the_door_is_what_comes_into_the_document() {
    let fields = "serveGroups: false, onUserDelete: Disable, maxBodyBytes: {users: 16384}";
    let profile = compiled(&provisioning(fields), &[], None).document.profile;
    assert!(!profile.serve_groups);
    assert_eq!(profile.on_user_delete, OnUserDelete::Disable);
    assert_eq!(profile.max_body_bytes, Some(BodyBytes { users: 16_384, groups: 64 * 1024 * 1024 }));
    assert_eq!(profile.body_bytes(), BodyBytes { users: 16_384, groups: 64 * 1024 * 1024 });
}

#[test]
fn every_dialect_of_the_schema_is_one_of_the_protocol() {
    for dialect in crate::scim::Dialect::ALL {
        let name = serde_json::to_value(dialect).expect("a word");
        let written = provisioning(&format!("dialect: {}", name.as_str().expect("a word")));
        assert_eq!(compiled(&written, &[], None).document.profile.dialect, dialect);
    }
}

#[test]
fn c008_definitions_that_make_no_sense_leave_the_last_accepted_ones_in_force() {
    let good = before();
    let bad = provisioning("resourceTypes: [{name: Badge, endpoint: /Users, schema: 'urn:x:y'}], serveGroups: false");
    let after = compiled(&bad, &[], Some(&good));
    assert_eq!(after.document.profile.schemas, good.profile.schemas);
    assert_eq!(after.document.profile.resource_types, good.profile.resource_types);
    assert!(!after.document.profile.serve_groups, "what is accepted comes into force all the same");
    let refused = refusal(&bad, Some(&good));
    assert_eq!(
        (refused.reason.name, refused.field.as_str()),
        ("InvalidSpec", "spec.provisioning.resourceTypes[0].endpoint")
    );
    assert_eq!(
        refused.message,
        "spec.provisioning.resourceTypes[0].endpoint: \"/Users\" is taken by the protocol: write another path; \
         spec.provisioning.resourceTypes[0].schema: \"urn:x:y\" is defined nowhere: write the id of one of the schemas \
         here, or define it"
    );
    let still = compiled(&bad, &[], Some(&after.document));
    assert_eq!(still.document.content_hash(), after.document.content_hash(), "for as long as it takes");
    let never = compiled(&bad, &[], None).document;
    assert!(never.profile.schemas.is_empty() && never.profile.resource_types.is_empty(), "nothing was accepted yet");
    let healed = compiled(&provisioning(BADGES), &[], Some(&never));
    assert!(healed.directory.accepted() && healed.document.profile.schemas == good.profile.schemas);
}

#[test]
fn only_leaving_definitions_out_takes_them_out() {
    let gone = compiled(&directory(""), &[], Some(&before()));
    assert!(gone.directory.accepted() && gone.document.profile.schemas.is_empty());
}

#[test]
fn a_refusal_names_the_field_to_correct() {
    let cases = [
        ("name: A", "attributes[1].name"),
        ("name: id", "attributes[1].name"),
        ("name: b, type: complex", "attributes[1].subAttributes"),
        ("name: b, subAttributes: [{name: c}]", "attributes[1].subAttributes"),
        ("name: b, multiValued: true, uniqueness: server", "attributes[1].uniqueness"),
        ("name: b, mutability: writeOnly, returned: always", "attributes[1].returned"),
        ("name: b, mutability: readOnly, required: true", "attributes[1].required"),
        (
            "name: b, type: complex, subAttributes: [{name: c, multiValued: true}]",
            "attributes[1].subAttributes[0].multiValued",
        ),
    ];
    for (attribute, place) in cases {
        let refused = refusal(&of_attribute(attribute), None);
        assert_eq!(refused.field, format!("spec.provisioning.schemas[0].{place}"), "{attribute}");
        assert!(refused.message.starts_with(&format!("{}: ", refused.field)), "{}", refused.message);
    }
}

#[test]
fn of_many_problems_the_first_are_told_and_the_others_counted() {
    let attributes = ["{name: id}"; 8].join(", ");
    let refused = refusal(&provisioning(&format!("schemas: [{{id: 'urn:x:y', attributes: [{attributes}]}}]")), None);
    assert_eq!(refused.message.matches("spec.provisioning.").count(), super::super::definitions::TOLD_MAX);
    assert!(refused.message.ends_with("; and 10 more"), "{}", refused.message);
}

#[test]
fn other_refusals_of_the_directory_come_first() {
    let old = before();
    let mut moved = provisioning("resourceTypes: [{name: Badge}]");
    "other".clone_into(&mut moved.spec.tenant);
    assert_eq!(refusal(&moved, Some(&old)).field, "spec.tenant");
}

#[test]
fn the_words_of_the_definitions_are_those_of_the_protocol() {
    let manifests = fixture("explicit.yaml");
    let [Manifest::Directory(explicit)] = manifests.as_slice() else { panic!("{manifests:?}") };
    let compiled = compiled(explicit, &[], None);
    assert!(compiled.directory.accepted(), "{:?}", compiled.directory);
    let written = json!(explicit.spec.provisioning().schemas);
    assert_eq!(json!(compiled.document.profile.schemas), written, "field by field and word by word");
    let types = json!(explicit.spec.provisioning().resource_types);
    assert_eq!(json!(compiled.document.profile.resource_types), types);
}

#[test]
fn the_example_of_a_custom_type_is_accepted() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/custom-resource/directory.yaml");
    let text = std::fs::read_to_string(path).expect("it can be read");
    let written = super::read(&text).expect("it is accepted");
    let Some(Manifest::Directory(example)) = written.first().map(|one| &one.manifest) else { panic!("{written:?}") };
    let object = serde_json::to_value(example).expect("JSON");
    assert_eq!(check("ScimDirectory", &object, None), Ok(()), "the API server would take it");
    let document = compiled(example, &[], None).document;
    let types = Types::compile(&document.profile.schemas, &document.profile.resource_types).expect("they make sense");
    let kind = types.at("TestResources").expect("it is there");
    assert_eq!((kind.core().attributes.len(), kind.extensions().len()), (16, 1));
    assert!(kind.extensions().iter().all(|extension| extension.required));
}
