//! What the schema of a directory's own resource type refuses: kinds, what is required, unique or not for clients.

use super::custom::{CORE, EXTENSION, KIND, full, made, serving};
use super::{assert_error, at, speaking};
use crate::support::endpoint::Endpoint;
use scim_operator::scim::Dialect;
use serde_json::{Value, json};

async fn posted(endpoint: &Endpoint, body: &Value) -> crate::support::reply::Reply {
    endpoint.public.post(&format!("/scim/v2/{KIND}"), body).await
}

async fn count(endpoint: &Endpoint) -> Value {
    endpoint.public.get(&format!("/scim/v2/{KIND}?count=0")).await.json()["totalResults"].clone()
}

#[tokio::test]
async fn i5_06_a_value_of_another_kind_is_refused() {
    let endpoint = serving("Strict").await;
    for (name, value) in [
        ("identifier", json!(5)),
        ("caseExactString", json!(["a"])),
        ("integerAttr", json!("42")),
        ("integerAttr", json!(4.5)),
        ("decimalAttr", json!("2.5")),
        ("booleanAttr", json!("true")),
        ("dateTimeAttr", json!(2026)),
        ("dateTimeAttr", json!("yesterday")),
        ("binaryAttr", json!(1)),
        ("binaryAttr", json!("not base64!")),
        ("referenceAttr", json!(true)),
        ("multiStrings", json!("one")),
        ("multiStrings", json!([1])),
        ("complexAttr", json!("text")),
        ("complexAttr", json!({ "sub2": "7" })),
        ("complexAttr", json!({ "sub3": 1 })),
        ("multiComplex", json!({ "value": "a" })),
        ("multiComplex", json!([{ "primary": "yes" }])),
        (EXTENSION, json!({ "extRequired": "there", "extInteger": "3" })),
        (EXTENSION, json!("there")),
    ] {
        let mut body = full("one");
        body[name] = value.clone();
        let reply = posted(&endpoint, &body).await;
        assert_eq!(reply.status, 400, "{name}: {value}");
        assert_error(&reply, 400, Some("invalidValue"));
    }
    let mut body = full("one");
    body["misspelt"] = json!("x");
    assert_error(&posted(&endpoint, &body).await, 400, Some("invalidSyntax"));
    assert_eq!(count(&endpoint).await, 0);
}

#[tokio::test]
async fn i5_07_what_is_required_must_be_there_and_stay() {
    let endpoint = serving("Strict").await;
    let without = |pointer: &str, name: &str| {
        let mut body = full("one");
        body.pointer_mut(pointer).and_then(Value::as_object_mut).unwrap().shift_remove(name);
        body
    };
    let inside = format!("/{}", EXTENSION.replace('/', "~1"));
    for body in [without("", "identifier"), without("", EXTENSION), without(&inside, "extRequired")] {
        let reply = posted(&endpoint, &body).await;
        assert_error(&reply, 400, Some("invalidValue"));
    }
    let path = at(KIND, &made(&endpoint, "one").await);
    for gone in ["identifier".to_owned(), format!("{EXTENSION}:extRequired")] {
        let reply = endpoint.public.patch(&path, &json!([{ "op": "remove", "path": gone }])).await;
        assert_error(&reply, 400, Some("mutability"));
    }
    let whole = endpoint.public.patch(&path, &json!([{ "op": "remove", "path": EXTENSION }])).await;
    assert_error(&whole, 400, Some("invalidValue"));
    let bare = json!({ "schemas": [CORE], "identifier": "one", "immutableAttr": "first" });
    assert_error(&endpoint.public.json("PUT", &path, &bare).await, 400, Some("invalidValue"));
    assert_eq!(endpoint.public.get(&path).await.json()[EXTENSION]["extRequired"], "there");
}

#[tokio::test]
async fn i5_08_what_is_unique_is_there_once() {
    let endpoint = serving("Strict").await;
    let one = at(KIND, &made(&endpoint, "one").await);
    let two = at(KIND, &made(&endpoint, "two").await);
    for identifier in ["one", "ONE"] {
        assert_error(&posted(&endpoint, &full(identifier)).await, 409, Some("uniqueness"));
        let patch = json!([{ "op": "replace", "path": "identifier", "value": identifier }]);
        assert_error(&endpoint.public.patch(&two, &patch).await, 409, Some("uniqueness"));
        assert_error(&endpoint.public.json("PUT", &two, &full(identifier)).await, 409, Some("uniqueness"));
    }
    assert_eq!(endpoint.public.json("PUT", &one, &full("ONE")).await.status, 200, "its own name it may keep");
    assert_eq!(endpoint.public.delete(&one).await.status, 204);
    made(&endpoint, "one").await;
    assert_eq!(count(&endpoint).await, 2);
}

#[tokio::test]
async fn i5_09_clients_write_what_they_may() {
    let endpoint = serving("Strict").await;
    let mut sent = full("one");
    sent["readOnlyAttr"] = json!("mine");
    let reply = posted(&endpoint, &sent).await;
    assert_eq!((reply.status, reply.json().get("readOnlyAttr")), (201, None), "passed over: {}", reply.text);
    let path = at(KIND, reply.json()["id"].as_str().unwrap());
    let set = |name: &str, value: &str| json!([{ "op": "replace", "path": name, "value": value }]);
    assert_error(&endpoint.public.patch(&path, &set("readOnlyAttr", "mine")).await, 400, Some("mutability"));
    assert_error(&endpoint.public.patch(&path, &set("immutableAttr", "second")).await, 400, Some("mutability"));
    let mut put = full("one");
    put["immutableAttr"] = json!("second");
    assert_error(&endpoint.public.json("PUT", &path, &put).await, 400, Some("mutability"));
    assert_eq!(endpoint.public.patch(&path, &set("immutableAttr", "first")).await.status, 200, "it is that already");
    assert_eq!(endpoint.public.get(&path).await.json()["immutableAttr"], "first");
    let mut unset = full("two");
    unset.as_object_mut().unwrap().shift_remove("immutableAttr");
    let path = at(KIND, &endpoint.public.created(&format!("/scim/v2/{KIND}"), &unset).await);
    let reply = endpoint.public.patch(&path, &set("immutableAttr", "once")).await;
    assert_eq!((reply.status, &reply.json()["immutableAttr"]), (200, &json!("once")), "what is unset may be set");
    assert_error(&endpoint.public.patch(&path, &set("immutableAttr", "twice")).await, 400, Some("mutability"));
    assert_eq!(endpoint.public.patch(&path, &set("writeOnlyAttr", "hidden")).await.status, 200);
    assert!(!endpoint.public.get(&path).await.text.contains("hidden"));
}

#[tokio::test]
async fn i5_10_of_several_primaries_the_last_stays() {
    let endpoint = serving("Strict").await;
    let path = at(KIND, &made(&endpoint, "one").await);
    let value = json!([{ "value": "c", "type": "other", "primary": true }]);
    let add = json!([{ "op": "add", "path": "multiComplex", "value": value }]);
    let reply = endpoint.public.patch(&path, &add).await;
    let values = reply.json()["multiComplex"].clone();
    let primaries: Vec<&Value> = values.as_array().unwrap().iter().filter(|value| value["primary"] == true).collect();
    assert_eq!((reply.status, primaries.len(), &primaries[0]["value"]), (200, 1, &json!("c")), "{values}");
}

#[tokio::test]
async fn i5_11_without_a_definition_there_is_nothing() {
    let endpoint = speaking(Dialect::Auto).await;
    assert_error(&endpoint.public.get(&format!("/scim/v2/{KIND}")).await, 404, None);
    assert_error(&posted(&endpoint, &full("one")).await, 404, None);
    assert_error(&endpoint.public.get(&format!("/scim/v2/Schemas/{CORE}")).await, 404, None);
    assert_eq!(endpoint.public.get("/scim/v2/ResourceTypes").await.json()["totalResults"], 2);
}
