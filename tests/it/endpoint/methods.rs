//! Methods that a path does not serve. RFC 7644 §3.2, RFC 9110 §15.5.6.

use super::custom::{DEVICES, definitions, device};
use crate::support::endpoint::{Endpoint, assert_error};
use crate::support::reply::Reply;
use serde_json::{Value, json};

const METHODS: [&str; 8] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"];
const READ: &[&str] = &["GET", "HEAD"];
const SEARCH: &[&str] = &["POST"];
const COLLECTION: &[&str] = &["GET", "HEAD", "POST"];
const RESOURCE: &[&str] = &["GET", "HEAD", "PUT", "PATCH", "DELETE"];

async fn sent(endpoint: &Endpoint, method: &str, path: &str) -> Reply {
    let has_body = matches!(method, "POST" | "PUT" | "PATCH");
    let body = if has_body { json!({}) } else { Value::Null };
    endpoint.with_header(method, path, ("accept", "application/scim+json"), &body).await
}

#[tokio::test]
async fn b024_a_method_that_a_path_does_not_serve_is_405_and_told_which_ones_it_does() {
    let endpoint = Endpoint::profiled(&definitions()).await;
    let user = endpoint.user("ana@example.com").await;
    let group = endpoint.group("Designers", &[&user]).await;
    let thing = endpoint.public.created(DEVICES, &device("S-1")).await;
    let paths = [
        ("/scim/v2".to_owned(), READ),
        ("/scim/v2/.search".to_owned(), SEARCH),
        ("/scim/v2/Bulk".to_owned(), SEARCH),
        ("/scim/v2/Users".to_owned(), COLLECTION),
        ("/scim/v2/Users/.search".to_owned(), SEARCH),
        (format!("/scim/v2/Users/{user}"), RESOURCE),
        ("/scim/v2/Groups".to_owned(), COLLECTION),
        ("/scim/v2/Groups/.search".to_owned(), SEARCH),
        (format!("/scim/v2/Groups/{group}"), RESOURCE),
        (format!("/scim/v2/Groups/{group}/members"), READ),
        (DEVICES.to_owned(), COLLECTION),
        (format!("{DEVICES}/.search"), SEARCH),
        (format!("{DEVICES}/{thing}"), RESOURCE),
        ("/scim/v2/ServiceProviderConfig".to_owned(), READ),
        ("/scim/v2/Schemas".to_owned(), READ),
        ("/scim/v2/Schemas/urn:ietf:params:scim:schemas:core:2.0:User".to_owned(), READ),
        ("/scim/v2/ResourceTypes".to_owned(), READ),
        ("/scim/v2/ResourceTypes/User".to_owned(), READ),
    ];
    let mut refused = 0;
    for (path, served) in &paths {
        for method in METHODS.into_iter().filter(|method| !served.contains(method)) {
            let reply = sent(&endpoint, method, path).await;
            let mut allowed: Vec<&str> = reply.header("allow").split(',').map(str::trim).collect();
            let mut expected = served.to_vec();
            allowed.sort_unstable();
            expected.sort_unstable();
            assert_eq!((reply.status, allowed), (405, expected), "{method} {path}");
            if method == "HEAD" {
                assert_eq!(reply.text, "", "{path}");
            } else {
                assert_error(&reply, 405, "");
            }
            refused += 1;
        }
    }
    assert_eq!(refused, 5 * 7 + 3 * 5 + 3 * 3 + 7 * 6);
    assert_eq!(endpoint.public.get("/scim/v2/Users").await.json()["totalResults"], 1, "and nothing was done");
    for path in [format!("/scim/v2/Users/{user}"), format!("/scim/v2/Groups/{group}"), format!("{DEVICES}/{thing}")] {
        assert_eq!(sent(&endpoint, "HEAD", &path).await.status, 200, "{path}");
    }
}

#[tokio::test]
async fn b024_me_is_not_served_by_any_method() {
    let endpoint = Endpoint::start(Vec::new()).await;
    for method in ["GET", "POST", "PUT", "PATCH", "DELETE"] {
        assert_error(&sent(&endpoint, method, "/scim/v2/Me").await, 501, "");
    }
}

#[tokio::test]
async fn b024_a_path_of_nothing_is_404_by_every_method() {
    let endpoint = Endpoint::profiled(&definitions()).await;
    for path in ["/scim/v2/Things", "/scim/v2/Things/1", "/scim/v2/devices", "/scim/v2/Users/1/2/3", "/scim/v2/Me/1"] {
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE"] {
            assert_error(&sent(&endpoint, method, path).await, 404, "");
        }
    }
}
