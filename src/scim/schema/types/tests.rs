//! What becomes of definitions, and what is said of those that are wrong.

use super::Types;
use crate::scim::schema::{Kind, Mutability, ResourceTypeDefinition, Returned, Schema, SchemaDefinition};
use serde_json::{Value, json};

const BADGE: &str = "urn:example:params:scim:schemas:2.0:Badge";
const EXTRA: &str = "urn:example:params:scim:schemas:extension:2.0:Badge";
const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

fn schemas(definitions: Value) -> Vec<SchemaDefinition> {
    serde_json::from_value(definitions).unwrap()
}

fn compile(schemas: Value, types: Value) -> Result<Types, Vec<super::DefinitionProblem>> {
    let types: Vec<ResourceTypeDefinition> = serde_json::from_value(types).unwrap();
    Types::compile(&self::schemas(schemas), &types)
}

/// `place: message` of each problem.
fn problems(schemas: Value, types: Value) -> Vec<String> {
    let problems = compile(schemas, types).expect_err("there is a problem");
    problems.into_iter().map(|problem| format!("{}: {}", problem.place, problem.message)).collect()
}

/// The one problem of a schema with these attributes.
fn of_attributes(attributes: Value) -> String {
    let found = problems(json!([{"id": BADGE, "attributes": attributes}]), json!([]));
    let [only] = found.as_slice() else { panic!("{found:?}") };
    only.clone()
}

/// The problems of these types over the schemas `BADGE` and `EXTRA`.
fn of_types(types: Value) -> Vec<String> {
    problems(two(), types)
}

fn two() -> Value {
    let attributes = json!([{"name": "number"}]);
    json!([{"id": BADGE, "attributes": attributes}, {"id": EXTRA, "attributes": attributes}])
}

fn badges() -> Value {
    json!({"name": "Badge", "endpoint": "/Badges", "schema": BADGE, "schemaExtensions": [
        {"schema": EXTRA, "required": true}, {"schema": ENTERPRISE},
    ]})
}

#[test]
fn without_definitions_there_are_users_and_groups() {
    let types = Types::default();
    assert_eq!(types.all().map(|kind| kind.name()).collect::<Vec<_>>(), ["User", "Group"]);
    assert_eq!(types.schemas().map(|schema| schema.name).collect::<Vec<_>>(), ["User", "EnterpriseUser", "Group"]);
    assert!(types.custom().is_empty() && types.at("Badges").is_none());
    assert_eq!(types.at("Users").map(|kind| kind.name()), Some("User"));
    assert_eq!(types.at("users"), None, "a path is what it is");
    let none = Types::compile(&[], &[]).unwrap();
    assert_eq!(none.all().count(), 2);
}

#[test]
fn a_type_has_its_schema_and_its_extensions() {
    let types = compile(two(), json!([badges()])).unwrap();
    let badge = types.at("Badges").unwrap();
    assert_eq!((badge.name(), badge.core().urn, badge.core().name), ("Badge", BADGE, "Badge"));
    let extensions: Vec<_> = badge.extensions().iter().map(|e| (e.schema.urn, e.required)).collect();
    assert_eq!(extensions, [(EXTRA, true), (ENTERPRISE, false)]);
    assert_eq!(types.custom(), [badge]);
    assert_eq!(types.user().extensions().len(), 1, "users are as before");
    assert_eq!(types.schemas().count(), 5);
}

#[test]
fn a_built_in_type_takes_extensions_beside_its_own() {
    let types = json!([
        {"name": "User", "schemaExtensions": [{"schema": EXTRA}, {"schema": ENTERPRISE, "required": true}]},
        {"name": "Group", "endpoint": "/Groups", "schemaExtensions": [{"schema": EXTRA, "required": true}]},
    ]);
    let types = compile(two(), types).unwrap();
    let of = |kind: crate::scim::ResourceKind| -> Vec<_> {
        kind.extensions().iter().map(|e| (e.schema.urn, e.required)).collect()
    };
    assert_eq!(of(types.user()), [(ENTERPRISE, true), (EXTRA, false)]);
    assert_eq!(of(types.group()), [(EXTRA, true)]);
    assert!(types.custom().is_empty() && types.user().is_user() && types.group().is_group());
    assert_eq!((types.user().endpoint(), types.user().description()), ("/Users", "User Account"));
}

#[test]
fn what_is_left_out_is_what_the_rfc_says() {
    let bare = json!([{"id": BADGE, "attributes": [{"name": "bare"}]}]);
    let types = compile(bare, json!([{"name": "Badge", "endpoint": "/Badges", "schema": BADGE}])).unwrap();
    let bare = types.at("Badges").and_then(|kind| kind.attribute("BARE")).unwrap();
    assert_eq!((bare.kind, bare.multi_valued, bare.required, bare.case_exact), (Kind::Text, false, false, false));
    assert_eq!((bare.mutability, bare.returned, bare.unique), (Mutability::ReadWrite, Returned::Default, false));
}

#[test]
fn every_word_of_the_rfc_is_understood() {
    let attributes = json!([
        {"name": "a", "type": "boolean", "mutability": "readOnly", "returned": "always", "uniqueness": "none"},
        {"name": "b", "type": "decimal", "mutability": "immutable", "returned": "request", "uniqueness": "server"},
        {"name": "c", "type": "integer", "mutability": "writeOnly", "uniqueness": "global"},
        {"name": "d", "type": "dateTime", "mutability": "readWrite", "returned": "never"},
        {"name": "e", "type": "binary", "returned": "default"},
        {"name": "f", "type": "reference", "referenceTypes": ["User", "external"]},
        {"name": "g", "type": "complex", "multiValued": true, "subAttributes": [
            {"name": "value", "type": "string", "canonicalValues": ["x"]}, {"name": "primary", "type": "boolean"},
        ]},
    ]);
    let types = compile(json!([{"id": BADGE, "name": "Badge", "attributes": attributes}]), json!([])).unwrap();
    let schema = types.schemas().last().unwrap();
    let of = |name| schema.attribute(name).unwrap();
    let kinds: Vec<_> = schema.attributes.iter().map(|attribute| attribute.kind.as_str()).collect();
    assert_eq!(kinds.join(" "), "boolean decimal integer dateTime binary reference complex");
    assert_eq!((of("a").mutability, of("a").returned, of("a").unique), (Mutability::ReadOnly, Returned::Always, false));
    assert_eq!(
        (of("b").mutability, of("b").returned, of("b").unique),
        (Mutability::Immutable, Returned::Request, true)
    );
    assert_eq!((of("c").returned, of("c").unique), (Returned::Never, true), "what is only written is not read");
    assert_eq!(of("d").returned, Returned::Never);
    assert!(of("e").case_exact && of("f").case_exact && !of("d").case_exact);
    assert_eq!(of("f").reference_types, ["User", "external"]);
    assert_eq!(of("g").value_sub().map(|sub| sub.canonical_values), Some(&["x"][..]));
}

#[test]
fn equal_definitions_are_the_same_schema_and_other_ones_are_not() {
    let made = |description: &str| -> (&'static Schema, crate::scim::ResourceKind) {
        let badge = json!([{"id": BADGE, "description": description, "attributes": [{"name": "number"}]}]);
        let types = json!([{"name": "Badge", "endpoint": "/Badges", "schema": BADGE}]);
        let kind = compile(badge, types).unwrap().at("Badges").unwrap();
        (kind.core(), kind)
    };
    let ((one, _), (same, _), (other, other_kind)) = (made("one"), made("one"), made("other"));
    assert!(std::ptr::eq(one, same), "nothing is made twice");
    assert!(!std::ptr::eq(one, other) && one == other, "the URN is the same, the content is not");
    assert!(std::ptr::eq(other_kind.core(), other), "a type has the schema of its own compilation");
    assert_eq!((one.description, other.description), ("one", "other"), "whoever holds the old one still reads it");
}

#[test]
fn what_is_wrong_with_a_schema_is_named() {
    let of_ids = |ids: &[&str]| {
        let schemas = ids.iter().map(|id| json!({"id": id, "attributes": [{"name": "a"}]})).collect::<Vec<_>>();
        problems(schemas.into(), json!([]))
    };
    for id in ["Badge", "urn:x", "urn:-x:y", "urn:x:", "urn:x:a b", "urn:x:a,b", "urn:x:a.", "uri:x:y"] {
        let found = of_ids(&[id]);
        assert!(found[0].starts_with(&format!("schemas[0].id: {id:?} is no URN that a path could name")), "{found:?}");
    }
    let taken = "urn:ietf:params:scim:schemas:core:2.0:ResourceType";
    let message = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
    let found = of_ids(&[BADGE, &BADGE.to_uppercase(), ENTERPRISE, taken, message]);
    let (name, upper) = ("write a URN of your own", BADGE.to_uppercase());
    assert_eq!(
        found,
        [
            format!("schemas[1].id: {upper:?} is defined before: write each schema once"),
            format!("schemas[2].id: {ENTERPRISE:?} is built in: {name}, and extend the resource type by it"),
            format!("schemas[3].id: {taken:?} belongs to the protocol: {name}"),
            format!("schemas[4].id: {message:?} belongs to the protocol: {name}"),
        ]
    );
    let empty = problems(json!([{"id": BADGE, "attributes": []}]), json!([]));
    assert!(empty[0].starts_with("schemas[0].attributes: a schema without attributes"), "{empty:?}");
}

#[test]
fn what_is_wrong_with_an_attribute_is_named_with_its_field() {
    let part = |part: Value| json!([{"name": "a", "type": "complex", "subAttributes": [part]}]);
    let cases = [
        (json!([{"name": "9lives"}]), "name: \"9lives\" is no name"),
        (json!([{"name": "SCHEMAS"}]), "name: \"SCHEMAS\" is an attribute of every resource"),
        (json!([{"name": "a", "type": "text"}]), "type: \"text\" is not known: write one of string, boolean, decimal"),
        (
            json!([{"name": "a", "mutability": "rw"}]),
            "mutability: \"rw\" is not known: write one of readWrite, readOnly",
        ),
        (json!([{"name": "a", "returned": "no"}]), "returned: \"no\" is not known: write one of default, always"),
        (json!([{"name": "a", "uniqueness": "yes"}]), "uniqueness: \"yes\" is not known: write one of none, server"),
        (json!([{"name": "a", "type": "complex"}]), "subAttributes: a complex attribute consists of others"),
        (json!([{"name": "a", "subAttributes": [{"name": "b"}]}]), "subAttributes: \"string\" has no parts"),
        (json!([{"name": "a", "multiValued": true, "uniqueness": "server"}]), "uniqueness: only an attribute with one"),
        (
            json!([{"name": "a", "mutability": "writeOnly", "returned": "always"}]),
            "returned: what is writeOnly is never",
        ),
        (
            json!([{"name": "a", "mutability": "readOnly", "required": true}]),
            "required: nobody can give what is readOnly",
        ),
        (json!([{"name": "a", "referenceTypes": ["User"]}]), "referenceTypes: \"string\" refers to nothing"),
        (part(json!({"name": "b", "type": "complex"})), "subAttributes[0].type: a part of a complex attribute has no"),
        (
            part(json!({"name": "b", "multiValued": true})),
            "subAttributes[0].multiValued: a part of a complex attribute",
        ),
        (
            part(json!({"name": "b", "uniqueness": "server"})),
            "subAttributes[0].uniqueness: uniqueness is held of whole",
        ),
        (part(json!({"name": "Primary"})), "subAttributes[0].type: `primary` marks the preferred value"),
        (part(json!({"name": ""})), "subAttributes[0].name: \"\" is no name"),
    ];
    for (attributes, expected) in cases {
        let found = of_attributes(attributes);
        assert!(found.starts_with(&format!("schemas[0].attributes[0].{expected}")), "{found}\n{expected}");
    }
    let twice = of_attributes(json!([{"name": "a"}, {"name": "A"}]));
    assert!(twice.starts_with("schemas[0].attributes[1].name: \"A\" is there before"), "{twice}");
    let complex = json!([{"name": "a", "type": "complex", "uniqueness": "server", "subAttributes": [{"name": "id"}]}]);
    assert!(of_attributes(complex).starts_with("schemas[0].attributes[0].uniqueness:"), "a part may be called id");
}

#[test]
fn what_is_wrong_with_a_resource_type_is_named_with_its_field() {
    let named = |name: &str| json!([{"name": name, "endpoint": "/Badges", "schema": BADGE}]);
    let at = |endpoint: &str| json!([{"name": "Badge", "endpoint": endpoint, "schema": BADGE}]);
    let made_of = |urn: &str| json!([{"name": "Badge", "endpoint": "/Badges", "schema": urn}]);
    let user = "urn:ietf:params:scim:schemas:core:2.0:User";
    let cases = [
        (named("a b"), "name: \"a b\" is no name"),
        (named("schema"), "name: \"schema\" is taken"),
        (named("USER"), "name: \"USER\" is taken"),
        (json!([{"name": "Badge", "schema": BADGE}]), "endpoint: \"Badge\" needs an endpoint"),
        (at("Badges"), "endpoint: \"Badges\" is no endpoint"),
        (at("/badges"), "endpoint: \"/badges\" is no endpoint"),
        (at("/Badges/All"), "endpoint: \"/Badges/All\" is no endpoint"),
        (at("/Users"), "endpoint: \"/Users\" is taken by the protocol"),
        (at("/bulk"), "endpoint: \"/bulk\" is taken by the protocol"),
        (at("/.search"), "endpoint: \"/.search\" is taken by the protocol"),
        (json!([{"name": "Badge", "endpoint": "/Badges"}]), "schema: \"Badge\" needs a schema"),
        (made_of("urn:x:y"), "schema: \"urn:x:y\" is defined nowhere"),
        (made_of(user), "schema: \"urn:ietf:params:scim:schemas:core:2.0:User\" belongs to a built-in type"),
        (json!([{"name": "User", "endpoint": "/People"}]), "endpoint: \"/People\": the endpoint of User is /Users"),
        (
            json!([{"name": "Group", "schema": BADGE}]),
            "schema: \"urn:example:params:scim:schemas:2.0:Badge\": the schema",
        ),
    ];
    for (types, expected) in cases {
        let found = of_types(types);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].starts_with(&format!("resourceTypes[0].{expected}")), "{found:?}\n{expected}");
    }
    let found = of_types(json!([badges(), {"name": "badge", "endpoint": "/BADGES", "schema": BADGE}]));
    assert!(found[0].starts_with("resourceTypes[1].name: \"badge\" is there before"), "{found:?}");
    assert!(found[1].starts_with("resourceTypes[1].endpoint: \"/BADGES\" is taken by a type before"), "{found:?}");
}

#[test]
fn what_is_wrong_with_an_extension_is_named_with_its_place() {
    let extended = |urns: &[&str]| {
        let extensions: Vec<_> = urns.iter().map(|urn| json!({"schema": urn})).collect();
        let mut definitions = two();
        let more = json!({"id": format!("{BADGE}:more"), "attributes": [{"name": "a", "uniqueness": "server"}]});
        definitions.as_array_mut().unwrap().push(more);
        let types = json!([{"name": "Badge", "endpoint": "/Badges", "schema": BADGE, "schemaExtensions": extensions},
            {"name": "User", "schemaExtensions": extensions}]);
        problems(definitions, types)
    };
    let at = |index: usize| format!("resourceTypes[0].schemaExtensions[{index}].schema: ");
    assert_eq!(extended(&["urn:x:y"]).len(), 2, "of both types");
    assert!(extended(&["urn:x:y"])[0].starts_with(&format!("{}\"urn:x:y\" is defined nowhere", at(0))));
    assert!(extended(&[BADGE])[0].starts_with(&format!("{}{BADGE:?} is the schema of the type itself", at(0))));
    assert!(extended(&[EXTRA, EXTRA])[0].starts_with(&format!("{}{EXTRA:?} is there before", at(1))));
    let found = extended(&[&format!("{BADGE}:more")]);
    assert!(found[0].contains("begin alike, so a path could mean either"), "{found:?}");
    assert!(found[1].contains("promises that \"a\" is unique, which is not held of User"), "{found:?}");
}

#[test]
fn everything_that_is_wrong_is_told_at_once_and_in_order() {
    let schemas = json!([{"id": "Badge", "attributes": [{"name": "a", "type": "text"}, {"name": "meta"}]}]);
    let found = problems(schemas, json!([{"name": "Badge", "endpoint": "/Me", "schema": "urn:x:y"}]));
    let places: Vec<_> = found.iter().filter_map(|problem| problem.split(": ").next()).collect();
    assert_eq!(
        places,
        [
            "schemas[0].id",
            "schemas[0].attributes[0].type",
            "schemas[0].attributes[1].name",
            "resourceTypes[0].endpoint",
            "resourceTypes[0].schema",
        ]
    );
}
