//! Discovery, and paths and methods that are not served. RFC 7644 §3.2, §4.

use super::Answers;
use crate::endpoint::wire::Request;
use crate::support::endpoint::Endpoint;
use serde_json::json;

#[tokio::test]
async fn every_error_of_discovery_and_of_paths() {
    let endpoint = Endpoint::start(Vec::new()).await;
    let mut answers = Answers::of(&endpoint);
    answers.get("schemas with a filter", "/scim/v2/Schemas?Filter=id%20pr").await;
    answers.get("types with a filter", "/scim/v2/ResourceTypes?filter=id%20pr").await;
    answers.get("a schema that is not there", "/scim/v2/Schemas/urn:unknown").await;
    answers.get("a type that is not there", "/scim/v2/ResourceTypes/Unknown").await;
    answers.ask("a schema is made", "POST", "/scim/v2/Schemas", &json!({})).await;
    let users = Request::scim("DELETE", "/scim/v2/Users");
    answers.sent("all users are deleted", "DELETE", "/scim/v2/Users", &users).await;
    answers.get("whoever asks", "/scim/v2/Me").await;
    answers.get("a path that is not there", "/scim/v2/Unknown").await;
    answers.get("a longer one", "/scim/v2/Users/1/2/3").await;
    answers.get("another version", "/scim/v1/Users").await;
    answers.golden("discovery");
}

#[tokio::test]
async fn what_describes_the_provider_is_answered_whatever_the_query_says() {
    let endpoint = Endpoint::start(Vec::new()).await;
    let ignored = "/scim/v2/ServiceProviderConfig?filter=invalid&sortBy=id&startIndex=999";
    assert_eq!(endpoint.public.get(ignored).await.status, 200);
    let urn = "urn:ietf:params:scim:schemas:core:2.0:User";
    assert_eq!(endpoint.public.get(&format!("/scim/v2/Schemas/{urn}")).await.json()["id"], urn);
    assert_eq!(endpoint.public.get("/scim/v2/ResourceTypes/User").await.json()["endpoint"], "/Users");
}
