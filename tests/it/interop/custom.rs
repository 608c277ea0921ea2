//! A resource type that the directory defines: discovered, made, read, found, changed and deleted. RFC 7643 §6, §7.
//!
//! Every kind of value, mutability and `returned`, a unique attribute and a required extension; what is refused of it
//! is in `custom_limits`.

use super::{assert_error, at, found, with};
use crate::support::endpoint::{BASE_URL, Endpoint};
use serde_json::{Value, json};

pub(super) const CORE: &str = "urn:ietf:params:scim:schemas:test:2.0:TestResource";
pub(super) const EXTENSION: &str = "urn:ietf:params:scim:schemas:extension:test:2.0:TestResource";
pub(super) const KIND: &str = "TestResources";

/// The fields of the profile that define the type: those of the example's manifest, and one attribute of the kind that
/// it leaves out.
fn definitions() -> Value {
    let text = std::fs::read_to_string(super::root().join("examples/custom-resource/directory.yaml")).unwrap();
    let manifest: Value = serde_saphyr::from_str(&text).unwrap();
    let provisioning = &manifest["spec"]["provisioning"];
    let mut schemas = provisioning["schemas"].clone();
    let core = schemas.as_array_mut().unwrap().iter_mut().find(|schema| schema["id"] == CORE).unwrap();
    core["attributes"].as_array_mut().unwrap().push(json!({ "name": "decimalAttr", "type": "decimal" }));
    json!({ "schemas": schemas, "resourceTypes": provisioning["resourceTypes"] })
}

/// The attributes of the type as they are defined.
fn attributes() -> Value {
    definitions()["schemas"].as_array().unwrap().iter().find(|schema| schema["id"] == CORE).unwrap()["attributes"]
        .clone()
}

/// An endpoint that serves the type in a dialect.
pub(super) async fn serving(dialect: &str) -> Endpoint {
    let mut fields = definitions();
    fields["dialect"] = json!(dialect);
    with(fields).await
}

/// A body with a value of every kind.
pub(super) fn full(identifier: &str) -> Value {
    json!({
        "schemas": [CORE, EXTENSION],
        "identifier": identifier,
        "caseExactString": "Exact",
        "caseInsensitiveString": "Loose",
        "integerAttr": 42,
        "decimalAttr": 2.5,
        "booleanAttr": true,
        "dateTimeAttr": "2026-01-02T03:04:05Z",
        "binaryAttr": "aGVsbG8=",
        "referenceAttr": "https://example.com/thing",
        "immutableAttr": "first",
        "alwaysReturnedAttr": "always",
        "multiStrings": ["one", "two"],
        "complexAttr": { "sub1": "text", "sub2": 7, "sub3": false },
        "multiComplex": [{ "value": "a", "type": "work", "primary": true }, { "value": "b", "type": "home" }],
        EXTENSION: { "extString": "more", "extRequired": "there", "extInteger": 3 },
    })
}

pub(super) async fn made(endpoint: &Endpoint, identifier: &str) -> String {
    endpoint.public.created(&format!("/scim/v2/{KIND}"), &full(identifier)).await
}

#[tokio::test]
async fn i5_01_the_type_and_its_schemas_are_discovered() {
    let endpoint = serving("Strict").await;
    let kind = endpoint.public.get("/scim/v2/ResourceTypes/TestResource").await.json();
    assert_eq!((&kind["endpoint"], &kind["schema"]), (&json!("/TestResources"), &json!(CORE)));
    assert_eq!(kind["schemaExtensions"], json!([{ "schema": EXTENSION, "required": true }]));
    let types = endpoint.public.get("/scim/v2/ResourceTypes").await.json();
    assert_eq!(types["totalResults"], 3, "User, Group and TestResource");
    let shown = endpoint.public.get(&format!("/scim/v2/Schemas/{CORE}")).await.json();
    let defaults = json!({
        "type": "string", "multiValued": false, "required": false, "caseExact": false, "mutability": "readWrite",
        "returned": "default", "uniqueness": "none",
    });
    for (defined, shown) in attributes().as_array().unwrap().iter().zip(shown["attributes"].as_array().unwrap()) {
        let mut expected = defaults.clone();
        // RFC 7643 §2.3.6 and §2.3.7.
        expected["caseExact"] = json!(matches!(defined["type"].as_str(), Some("binary" | "reference")));
        for (name, value) in defined.as_object().unwrap().iter().filter(|(name, _)| *name != "subAttributes") {
            expected[name] = value.clone();
        }
        for (name, value) in expected.as_object().unwrap() {
            assert_eq!(&shown[name], value, "{name} of {}", defined["name"]);
        }
        let parts = |of: &Value| of["subAttributes"].as_array().map_or(0, Vec::len);
        assert_eq!(parts(shown), parts(defined), "{}", defined["name"]);
    }
    assert_eq!(shown["attributes"].as_array().unwrap().len(), attributes().as_array().unwrap().len());
    assert_eq!(endpoint.public.get(&format!("/scim/v2/Schemas/{EXTENSION}")).await.json()["id"], EXTENSION);
}

#[tokio::test]
async fn i5_02_a_value_of_every_kind_is_kept() {
    for dialect in ["Strict", "Auto"] {
        let endpoint = serving(dialect).await;
        let made = endpoint.public.post(&format!("/scim/v2/{KIND}"), &full("one")).await;
        assert_eq!(made.status, 201, "{dialect}: {}", made.text);
        let id = made.json()["id"].as_str().unwrap().to_owned();
        assert_eq!(made.header("location"), format!("{BASE_URL}/{KIND}/{id}"));
        let kept = endpoint.public.get(&at(KIND, &id)).await.json();
        for (name, value) in full("one").as_object().unwrap() {
            assert_eq!(&kept[name], value, "{dialect}: {name}");
        }
        assert_eq!(kept["meta"]["resourceType"], "TestResource");
        assert_eq!(kept["meta"]["location"], format!("{BASE_URL}/{KIND}/{id}"));
    }
}

#[tokio::test]
async fn i5_03_it_is_listed_replaced_patched_and_deleted() {
    let endpoint = serving("Strict").await;
    let (one, _two) = (made(&endpoint, "one").await, made(&endpoint, "two").await);
    let list = endpoint.public.get(&format!("/scim/v2/{KIND}?count=1")).await.json();
    assert_eq!((&list["totalResults"], &list["itemsPerPage"]), (&json!(2), &json!(1)));
    let path = at(KIND, &one);
    let fewer = json!({
        "schemas": [CORE, EXTENSION], "identifier": "one", "immutableAttr": "first", "integerAttr": 43,
        EXTENSION: { "extRequired": "still" },
    });
    let put = endpoint.public.json("PUT", &path, &fewer).await;
    assert_eq!((put.status, &put.json()["integerAttr"]), (200, &json!(43)), "{}", put.text);
    for gone in ["multiStrings", "complexAttr", "booleanAttr"] {
        assert_eq!(put.json().get(gone), None, "{gone} was left out");
    }
    let patch = json!([
        { "op": "add", "path": "multiStrings", "value": ["three"] },
        { "op": "replace", "path": "complexAttr.sub2", "value": 8 },
        { "op": "add", "path": "multiComplex", "value": [{ "value": "c", "type": "other" }] },
        { "op": "replace", "path": "multiComplex[type eq \"other\"].value", "value": "d" },
        { "op": "replace", "path": format!("{EXTENSION}:extInteger"), "value": 4 },
        { "op": "remove", "path": "integerAttr" },
    ]);
    let patched = endpoint.public.patch(&path, &patch).await;
    assert_eq!(patched.status, 200, "{}", patched.text);
    let kept = endpoint.public.get(&path).await.json();
    assert_eq!((&kept["multiStrings"], &kept["complexAttr"]), (&json!(["three"]), &json!({ "sub2": 8 })));
    assert_eq!(kept["multiComplex"], json!([{ "value": "d", "type": "other" }]));
    assert_eq!((&kept[EXTENSION]["extInteger"], kept.get("integerAttr")), (&json!(4), None));
    assert_eq!(endpoint.public.delete(&path).await.status, 204);
    assert_error(&endpoint.public.get(&path).await, 404, None);
    assert_eq!(endpoint.public.get(&format!("/scim/v2/{KIND}")).await.json()["totalResults"], 1);
}

#[tokio::test]
async fn i5_04_it_is_found_by_values_of_every_kind() {
    let endpoint = serving("Strict").await;
    let one = made(&endpoint, "one").await;
    let mut other = full("two");
    other["caseExactString"] = json!("EXACT");
    for (name, value) in [("integerAttr", json!(41)), ("decimalAttr", json!(2.25)), ("booleanAttr", json!(false))] {
        other[name] = value;
    }
    other["dateTimeAttr"] = json!("2025-01-02T03:04:05Z");
    other["caseInsensitiveString"] = json!("Tight");
    other["referenceAttr"] = json!("https://example.com/other");
    other["binaryAttr"] = json!("d29ybGQ=");
    other["multiStrings"] = json!(["three"]);
    other["complexAttr"] = json!({ "sub1": "words", "sub2": 6 });
    other["multiComplex"] = json!([{ "value": "b", "type": "work" }]);
    other[EXTENSION] = json!({ "extString": "less", "extRequired": "there", "extInteger": 2 });
    endpoint.public.created(&format!("/scim/v2/{KIND}"), &other).await;
    for filter in [
        r#"identifier eq "ONE""#.to_owned(),
        r#"caseExactString eq "Exact""#.to_owned(),
        r#"caseInsensitiveString eq "lOOSE""#.to_owned(),
        "integerAttr gt 41".to_owned(),
        "decimalAttr ge 2.5".to_owned(),
        "booleanAttr eq true".to_owned(),
        r#"dateTimeAttr gt "2025-06-01T00:00:00Z""#.to_owned(),
        r#"binaryAttr eq "aGVsbG8=""#.to_owned(),
        r#"referenceAttr ew "thing""#.to_owned(),
        r#"multiStrings eq "two""#.to_owned(),
        "complexAttr.sub2 eq 7".to_owned(),
        "complexAttr.sub3 eq false".to_owned(),
        r#"multiComplex[type eq "work" and value eq "a"]"#.to_owned(),
        r#"multiComplex.type eq "home""#.to_owned(),
        format!("{EXTENSION}:extInteger eq 3"),
        format!("{CORE}:identifier sw \"on\" and meta.resourceType eq \"TestResource\""),
    ] {
        let ids: Vec<Value> = found(&endpoint, KIND, &filter).await.iter().map(|thing| thing["id"].clone()).collect();
        assert_eq!(ids, [json!(one)], "{filter}");
    }
}

#[tokio::test]
async fn i5_05_each_attribute_is_returned_when_its_schema_says() {
    let endpoint = serving("Strict").await;
    let mut sent = full("one");
    sent["writeOnlyAttr"] = json!("secret");
    sent["requestOnlyAttr"] = json!("on request");
    let path = at(KIND, &endpoint.public.created(&format!("/scim/v2/{KIND}"), &sent).await);
    for (query, there, absent) in [
        ("", vec!["alwaysReturnedAttr", "identifier", "integerAttr"], vec!["writeOnlyAttr", "requestOnlyAttr"]),
        ("?attributes=requestOnlyAttr", vec!["alwaysReturnedAttr", "requestOnlyAttr"], vec!["integerAttr"]),
        ("?attributes=writeOnlyAttr", vec!["alwaysReturnedAttr", "id"], vec!["writeOnlyAttr", "integerAttr"]),
        ("?excludedAttributes=alwaysReturnedAttr,integerAttr", vec!["alwaysReturnedAttr"], vec!["integerAttr"]),
    ] {
        let reply = endpoint.public.get(&format!("{path}{query}")).await;
        for name in there {
            assert!(reply.json().get(name).is_some(), "{query}: {name} in {}", reply.text);
        }
        for name in absent {
            assert!(reply.json().get(name).is_none(), "{query}: {name} in {}", reply.text);
        }
        assert!(!reply.text.contains("secret"), "{query}");
    }
}
