//! Lists: pages, cursors, order, what is returned, and searches in a body. RFC 7644 §3.4.2–§3.4.3, RFC 9865 §2.

use super::{Answers, SEARCH, USER};
use crate::support::endpoint::Endpoint;
use serde_json::json;

/// What is wrong, and the query.
const OF_USERS: &[(&str, &str)] = &[
    ("a count that is no number", "count=many"),
    ("a beginning that is no number", "startIndex=first"),
    ("a count that is no number, with a cursor", "cursor&count=many"),
    ("a cursor that was not given out", "cursor=AAAA"),
    ("an order that is neither", "sortBy=userName&sortOrder=up"),
    ("sorted by what is no name", "sortBy=user%20name"),
    ("sorted by what has parts", "sortBy=name"),
    ("what is no name among the attributes", "attributes=userName,user%20name"),
    ("what is no name among the excluded", "excludedAttributes=9lives"),
    ("an encoding that is not UTF-8", "filter=%ff"),
    ("an encoding that is cut off", "filter=%4"),
];

#[tokio::test]
async fn every_error_of_a_list() {
    let endpoint = Endpoint::start(Vec::new()).await;
    let mut answers = Answers::of(&endpoint);
    for (what, query) in OF_USERS {
        answers.get(what, &format!("/scim/v2/Users?{query}")).await;
    }
    answers.query("sorted by a schema", "/scim/v2/Users", "sortBy", USER).await;
    answers.query("attributes without end", "/scim/v2/Users", "attributes", &"x".repeat(8193)).await;
    let members = format!("/scim/v2/Groups/{}/members", endpoint.group("Designers", &[]).await);
    answers.get("a count of members that is no number", &format!("{members}?count=many")).await;
    answers.get("a cursor of members that was not given out", &format!("{members}?cursor=AAAA")).await;
    answers.golden("paging");
}

#[tokio::test]
async fn every_error_of_a_search_in_a_body() {
    let endpoint = Endpoint::start(Vec::new()).await;
    let mut answers = Answers::of(&endpoint);
    for (what, body) in [
        ("no object", json!([])),
        ("no URN", json!({ "filter": "title pr" })),
        ("attributes that are no strings", json!({ "schemas": [SEARCH], "attributes": [1] })),
        ("a count in quotes", json!({ "schemas": [SEARCH], "count": "10" })),
        ("a count that is a fraction", json!({ "schemas": [SEARCH], "count": 1.5 })),
        ("a filter that is no string", json!({ "schemas": [SEARCH], "filter": true })),
    ] {
        answers.ask(what, "POST", "/scim/v2/Users/.search", &body).await;
    }
    let cursor = json!({ "schemas": [SEARCH], "cursor": "" });
    answers.ask("cursors over several types", "POST", "/scim/v2/.search", &cursor).await;
    answers.golden("search");
}
