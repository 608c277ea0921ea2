//! Resources of a type that the directory defines, through what every type has: tags, cursors, searches, bulk messages.
//! What its schema says of values is in `interop`.

use super::bulk::{bulk, operations};
use super::paging::{ids, walked};
use crate::support::endpoint::{BASE_URL, Endpoint, assert_error};
use serde_json::{Value, json};

/// The schema of the type.
pub(super) const DEVICE: &str = "urn:example:params:scim:schemas:2.0:Device";
/// Where its resources are.
pub(super) const DEVICES: &str = "/scim/v2/Devices";

/// The fields of a profile that define the type.
pub(super) fn definitions() -> Value {
    json!({
        "schemas": [{ "id": DEVICE, "attributes": [
            { "name": "serial", "required": true, "caseExact": true, "uniqueness": "server" },
            { "name": "slots", "type": "integer" },
            { "name": "weight", "type": "decimal" },
            { "name": "maker", "mutability": "immutable" },
            { "name": "shape", "type": "complex", "subAttributes": [
                { "name": "colour" }, { "name": "mould", "mutability": "immutable" } ] },
            { "name": "note", "returned": "request" },
        ] }],
        "resourceTypes": [{ "name": "Device", "endpoint": "/Devices", "schema": DEVICE }],
    })
}

/// A body with nothing but what is required.
pub(super) fn device(serial: &str) -> Value {
    json!({ "schemas": [DEVICE], "serial": serial })
}

#[tokio::test]
async fn b023_what_is_immutable_stays_when_a_put_leaves_it_out() {
    let endpoint = Endpoint::profiled(&definitions()).await;
    let mut body = device("S-1");
    body["maker"] = json!("Acme");
    body["slots"] = json!(4);
    body["shape"] = json!({ "colour": "red", "mould": "M1" });
    let path = format!("{DEVICES}/{}", endpoint.public.created(DEVICES, &body).await);
    let put = async |body: Value| endpoint.public.json("PUT", &path, &body).await;

    let fewer = put(device("S-1")).await;
    assert_eq!(fewer.status, 200, "{}", fewer.text);
    let kept = endpoint.public.get(&path).await.json();
    assert_eq!((&kept["maker"], kept.get("slots")), (&json!("Acme"), None), "only what is immutable is kept");
    assert_eq!(kept["shape"], json!({ "mould": "M1" }), "a part of a complex attribute, too");
    assert_eq!(kept, fewer.json());

    let mut other = device("S-1");
    other["shape"] = json!({ "colour": "blue", "mould": "M2" });
    assert_error(&put(other.clone()).await, 400, "mutability");
    other["shape"]["mould"] = json!("M1");
    assert_eq!(put(other).await.json()["shape"], json!({ "colour": "blue", "mould": "M1" }));
    for path_of in ["maker", "shape", "shape.mould"] {
        let reply = endpoint.public.patch(&path, &json!([{ "op": "remove", "path": path_of }])).await;
        assert_error(&reply, 400, "mutability");
    }
    assert_eq!(endpoint.public.get(&path).await.json()["maker"], "Acme");
}

#[tokio::test]
async fn b023_b024_what_is_returned_on_request_is_found_and_answered_when_it_is_named() {
    let endpoint = Endpoint::profiled(&definitions()).await;
    let mut body = device("S-1");
    body["note"] = json!("in the cellar");
    let made = endpoint.public.post(&format!("{DEVICES}?attributes=note"), &body).await;
    assert_eq!((made.status, &made.json()["note"]), (201, &json!("in the cellar")));
    assert_eq!(made.json().get("serial"), None, "nothing but what is asked for: {}", made.text);
    let found = endpoint.ask(DEVICES, &[("filter", "note co \"cellar\"")]).await.json();
    assert_eq!((&found["totalResults"], found["Resources"][0].get("note")), (&json!(1), None));
    let asked = endpoint.ask(DEVICES, &[("attributes", &format!("{DEVICE}:note"))]).await.json();
    assert_eq!(asked["Resources"][0]["note"], "in the cellar");
}

#[tokio::test]
async fn b024_a_resource_has_a_tag_and_a_write_may_name_it() {
    let endpoint = Endpoint::profiled(&definitions()).await;
    let made = endpoint.public.post(DEVICES, &device("S-1")).await;
    let path = format!("{DEVICES}/{}", made.json()["id"].as_str().unwrap());
    let first = made.header("etag").to_owned();
    assert_eq!(made.json()["meta"]["version"], json!(first));
    assert_eq!(endpoint.with_header("GET", &path, ("if-none-match", &first), &Value::Null).await.status, 304);
    let mut changed = device("S-1");
    changed["slots"] = json!(1);
    let put = endpoint.with_header("PUT", &path, ("if-match", &first), &changed).await;
    assert_eq!((put.status, put.header("etag") == first), (200, false), "{}", put.text);
    changed["slots"] = json!(2);
    for (method, body) in [("PUT", changed), ("DELETE", Value::Null)] {
        assert_error(&endpoint.with_header(method, &path, ("if-match", &first), &body).await, 412, "");
    }
    let now = endpoint.public.get(&path).await;
    assert_eq!((&now.json()["slots"], now.header("etag")), (&json!(1), put.header("etag")));
    assert_eq!(endpoint.with_header("DELETE", &path, ("if-match", put.header("etag")), &Value::Null).await.status, 204);
}

#[tokio::test]
async fn b024_resources_are_listed_by_index_by_cursor_and_by_search_beside_users_and_groups() {
    let endpoint = Endpoint::profiled(&definitions()).await;
    endpoint.user("ana@example.com").await;
    endpoint.group("Designers", &[]).await;
    let mut made = Vec::new();
    for n in 0..7 {
        made.push(endpoint.public.created(DEVICES, &device(&format!("S-{n}"))).await);
    }
    assert_eq!(ids(&walked(&endpoint, DEVICES, &[("count", "3")]).await), made);
    let schemas = ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"];
    let search = json!({ "schemas": schemas, "filter": "serial sw \"S-\"", "startIndex": 6, "count": 5 });
    let found = endpoint.public.post(&format!("{DEVICES}/.search"), &search).await.json();
    let query = [("filter", "serial sw \"S-\""), ("startIndex", "6"), ("count", "5")];
    assert_eq!(found, endpoint.ask(DEVICES, &query).await.json());
    assert_eq!((&found["totalResults"], found["Resources"].as_array().unwrap().len()), (&json!(7), 2));
    let everything = endpoint.public.get("/scim/v2").await.json();
    assert_eq!(everything["totalResults"], 9);
    let kind = |resource: &Value| resource["meta"]["resourceType"].as_str().unwrap().to_owned();
    let kinds: Vec<String> = everything["Resources"].as_array().unwrap().iter().map(kind).collect();
    assert_eq!(kinds, [vec!["User", "Group"], vec!["Device"; 7]].concat());
    let by_serial = endpoint.ask("/scim/v2", &[("filter", "serial eq \"S-4\"")]).await.json();
    assert_eq!((&by_serial["totalResults"], &by_serial["Resources"][0]["id"]), (&json!(1), &json!(made[4])));
}

#[tokio::test]
async fn b024_a_bulk_message_makes_changes_and_deletes_resources() {
    let endpoint = Endpoint::profiled(&definitions()).await;
    let old = endpoint.public.created(DEVICES, &device("S-0")).await;
    let patch = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
        "Operations": [{ "op": "replace", "path": "slots", "value": 3 }],
    });
    let reply = bulk(
        &endpoint,
        &json!([
            { "method": "PATCH", "path": "/Devices/bulkId:new", "data": patch },
            { "method": "POST", "path": "/Devices", "bulkId": "new", "data": device("S-1") },
            { "method": "POST", "path": "/Devices", "bulkId": "again", "data": device("S-1") },
            { "method": "DELETE", "path": format!("/Devices/{old}") },
        ]),
    )
    .await;
    let answers = operations(&reply);
    let statuses: Vec<&str> = answers.iter().map(|answer| answer["status"].as_str().unwrap()).collect();
    assert_eq!(statuses, ["200", "201", "409", "204"], "{}", reply.text);
    assert_eq!(answers[0]["location"], answers[1]["location"]);
    let left = endpoint.public.get(DEVICES).await.json();
    assert_eq!((&left["totalResults"], &left["Resources"][0]["slots"]), (&json!(1), &json!(3)));
    assert_eq!(left["Resources"][0]["meta"]["location"], answers[1]["location"]);
    assert_eq!(answers[3]["location"], format!("{BASE_URL}/Devices/{old}"));
}

#[tokio::test]
async fn b023_of_several_that_make_the_same_unique_value_at_once_one_succeeds() {
    let endpoint = Endpoint::profiled(&definitions()).await;
    let tries = (0..8).map(|_| {
        let caller = endpoint.public.clone();
        tokio::spawn(async move { caller.post(DEVICES, &device("S-1")).await.status })
    });
    let mut statuses: Vec<u16> = Vec::new();
    for one in tries.collect::<Vec<_>>() {
        statuses.push(one.await.unwrap());
    }
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409, 409, 409, 409, 409, 409, 409]);
    assert_eq!(endpoint.public.get(DEVICES).await.json()["totalResults"], 1);
}

#[tokio::test]
async fn b023_a_type_that_is_not_defined_any_more_is_not_served_and_its_resources_wait() {
    let mut endpoint = Endpoint::profiled(&definitions()).await;
    let path = format!("{DEVICES}/{}", endpoint.public.created(DEVICES, &device("S-1")).await);
    let before = endpoint.public.get(&path).await.json();
    endpoint.change_profile(&json!({ "schemas": [], "resourceTypes": [] })).await;
    assert_error(&endpoint.public.get(&path).await, 404, "");
    assert_error(&endpoint.public.get(DEVICES).await, 404, "");
    assert_error(&endpoint.public.get(&format!("/scim/v2/Schemas/{DEVICE}")).await, 404, "");
    assert_eq!(endpoint.public.get("/scim/v2").await.json()["totalResults"], 0);
    endpoint.change_profile(&definitions()).await;
    assert_eq!(endpoint.public.get(&path).await.json(), before);
    assert_error(&endpoint.public.post(DEVICES, &device("S-1")).await, 409, "uniqueness");
}

#[tokio::test]
async fn b023_an_attribute_of_an_extension_is_none_of_the_built_in_ones_of_its_name() {
    let extension = "urn:example:params:scim:schemas:2.0:Names";
    let endpoint = Endpoint::profiled(&json!({
        "schemas": [{ "id": extension, "attributes": [
            { "name": "members", "multiValued": true }, { "name": "active", "type": "boolean" } ] }],
        "resourceTypes": [
            { "name": "User", "schemaExtensions": [{ "schema": extension }] },
            { "name": "Group", "schemaExtensions": [{ "schema": extension }] },
            { "name": "Club", "endpoint": "/Clubs", "schema": extension },
        ],
    }))
    .await;
    let ana = endpoint.user("ana@example.com").await;
    let group = format!("/scim/v2/Groups/{}", endpoint.group("Designers", &[&ana]).await);
    let path = format!("{extension}:members");
    let set = json!([{ "op": "add", "path": path, "value": ["x", "y"] }]);
    assert_eq!(endpoint.public.patch(&group, &set).await.status, 204);
    let shown = endpoint.public.get(&group).await.json();
    assert_eq!((&shown[extension]["members"], &shown["members"][0]["value"]), (&json!(["x", "y"]), &json!(ana)));
    assert_eq!(endpoint.public.patch(&group, &json!([{ "op": "remove", "path": path }])).await.status, 204);
    let shown = endpoint.public.get(&group).await.json();
    assert_eq!((shown.get(extension), &shown["members"][0]["value"]), (None, &json!(ana)), "nobody has left");

    let user = format!("/scim/v2/Users/{ana}");
    let path = format!("{extension}:active");
    let set = json!([{ "op": "add", "path": path, "value": false }]);
    assert_eq!(endpoint.public.patch(&user, &set).await.json()["active"], true);
    let gone = endpoint.public.patch(&user, &json!([{ "op": "remove", "path": path }])).await.json();
    assert_eq!((gone.get(extension), &gone["active"]), (None, &json!(true)));

    let body = json!({ "schemas": [extension], "members": ["x"], "active": false });
    let club = format!("/scim/v2/Clubs/{}", endpoint.public.created("/scim/v2/Clubs", &body).await);
    let shown = endpoint.public.get(&club).await.json();
    assert_eq!((&shown["members"], &shown["active"]), (&json!(["x"]), &json!(false)));
}

#[tokio::test]
async fn b023_what_is_not_defined_any_more_is_kept_and_not_shown() {
    let mut fields = definitions();
    let mut endpoint = Endpoint::profiled(&fields).await;
    let mut body = device("S-1");
    body["slots"] = json!(4);
    let path = format!("{DEVICES}/{}", endpoint.public.created(DEVICES, &body).await);
    let whole = fields["schemas"][0]["attributes"].clone();
    fields["schemas"][0]["attributes"].as_array_mut().unwrap().retain(|attribute| attribute["name"] != "slots");
    endpoint.change_profile(&fields).await;
    assert_eq!(endpoint.public.get(&path).await.json().get("slots"), None);
    let weigh = json!([{ "op": "add", "path": "weight", "value": 1.5 }]);
    assert_eq!(endpoint.public.patch(&path, &weigh).await.json()["weight"], 1.5);
    fields["schemas"][0]["attributes"] = whole;
    endpoint.change_profile(&fields).await;
    assert_eq!(endpoint.public.get(&path).await.json()["slots"], 4);
}
