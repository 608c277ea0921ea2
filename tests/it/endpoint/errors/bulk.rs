//! Bulk messages that are none, and operations of one that cannot be carried out. RFC 7644 §3.7.

use super::{Answers, BULK, NOBODY, USER, with};
use crate::support::endpoint::{Endpoint, user_body};
use serde_json::{Value, json};

fn bulk(operations: Value) -> Value {
    json!({ "schemas": [BULK], "Operations": operations })
}

#[tokio::test]
async fn every_error_of_a_bulk_message() {
    let endpoint = Endpoint::start(Vec::new()).await;
    let mut answers = Answers::of(&endpoint);
    let delete = json!({ "method": "DELETE", "path": format!("/Users/{NOBODY}") });
    let post = json!({ "method": "POST", "path": "/Users", "bulkId": "a", "data": user_body("ana@example.com") });
    for (what, body) in [
        ("no object", json!([])),
        ("another URN", json!({ "schemas": [USER], "Operations": [delete.clone()] })),
        ("a limit of none", json!({ "schemas": [BULK], "failOnErrors": 0, "Operations": [delete.clone()] })),
        ("no operations", json!({ "schemas": [BULK] })),
        ("too many operations", bulk(Value::from(vec![delete.clone(); 1001]))),
        ("a name twice", bulk(json!([post.clone(), post]))),
        ("an operation that is no object", bulk(json!([delete, 5]))),
        ("a path that is no string", bulk(json!([{ "method": "DELETE", "path": 5 }]))),
        ("no such method", bulk(json!([{ "method": "GET", "path": "/Users" }]))),
        ("no path", bulk(json!([{ "method": "DELETE" }]))),
        ("a POST without a name", bulk(json!([{ "method": "POST", "path": "/Users", "data": {} }]))),
        ("no body", bulk(json!([{ "method": "PUT", "path": format!("/Users/{NOBODY}") }]))),
    ] {
        answers.ask(what, "POST", "/scim/v2/Bulk", &body).await;
    }
    answers.golden("bulk");
}

#[tokio::test]
async fn every_error_of_an_operation_in_a_bulk_message() {
    let endpoint = with(|document| document.profile.serve_groups = false).await;
    let mut answers = Answers::of(&endpoint);
    for (what, operation) in [
        ("no such type", json!({ "method": "DELETE", "path": "/Keys/1" })),
        ("a POST to one", json!({ "method": "POST", "path": "/Users/1", "bulkId": "a", "data": {} })),
        ("a DELETE of all", json!({ "method": "DELETE", "path": "/Users" })),
        ("a name that nothing has", json!({ "method": "DELETE", "path": "/Users/bulkId:b" })),
        (
            "a name in a body that nothing has",
            json!({ "method": "PUT", "path": format!("/Users/{NOBODY}"), "data": { "userName": "bulkId:b" } }),
        ),
        ("a group where there are none", json!({ "method": "DELETE", "path": "/Groups/1" })),
        ("nobody", json!({ "method": "DELETE", "path": format!("/Users/{NOBODY}") })),
        ("a body that does not fit", json!({ "method": "POST", "path": "/Users", "bulkId": "a", "data": {} })),
    ] {
        answers.ask(what, "POST", "/scim/v2/Bulk", &bulk(json!([operation]))).await;
    }
    answers.golden("bulk-operation");
}
