//! Lists: filters, pages, projections, as providers ask. RFC 7644 §3.4.2; interop.md.

use crate::support::endpoint::Endpoint;
use serde_json::{Value, json};

async fn five() -> (Endpoint, Vec<String>) {
    let endpoint = Endpoint::start(Vec::new()).await;
    let mut ids = Vec::new();
    for n in 0..5 {
        ids.push(endpoint.user(&format!("User-{n}@example.com")).await);
    }
    (endpoint, ids)
}

fn names(list: &Value) -> Vec<&str> {
    list["Resources"].as_array().unwrap().iter().map(|user| user["userName"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_filter_without_a_match_is_an_empty_list() {
    let (endpoint, _) = five().await;
    let none = endpoint.public.get("/scim/v2/Users?filter=userName%20eq%20%22nobody%22&startIndex=1&count=100").await;
    let empty = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"],
        "totalResults": 0, "startIndex": 1, "itemsPerPage": 0, "Resources": [],
    });
    assert_eq!((none.status, none.json()), (200, empty));
    let found = endpoint.public.get("/scim/v2/Users?filter=userName+eq+%22USER-3%40EXAMPLE.COM%22").await.json();
    assert_eq!(names(&found), ["User-3@example.com"]);
}

#[tokio::test]
async fn pages_are_stable_and_their_numbers_are_numbers() {
    let (endpoint, _) = five().await;
    let page = async |query: &str| endpoint.public.get(&format!("/scim/v2/Users?{query}")).await.json();
    let second = page("startindex=3&COUNT=2&aadOptscim062020").await;
    assert_eq!(names(&second), ["User-2@example.com", "User-3@example.com"]);
    assert_eq!((&second["totalResults"], &second["startIndex"]), (&json!(5), &json!(3)));
    assert_eq!(second["itemsPerPage"], json!(2));
    for first in ["startIndex=0", "startIndex=-5", "count=1000000", "", "&", "?"] {
        assert_eq!(names(&page(first).await).len(), 5, "{first}");
    }
    for none in ["count=0", "count=-1", "startIndex=6"] {
        let list = page(none).await;
        assert_eq!((&list["totalResults"], names(&list).len()), (&json!(5), 0), "{none}");
    }
}

#[tokio::test]
async fn what_is_not_asked_for_is_left_out() {
    let (endpoint, ids) = five().await;
    let group = endpoint.group("Designers", &[&ids[0], &ids[1]]).await;
    let get = async |path: String| endpoint.public.get(&path).await.json();
    let whole = get(format!("/scim/v2/Groups/{group}")).await;
    assert_eq!(whole["members"].as_array().unwrap().len(), 2);
    let without = get(format!("/scim/v2/Groups/{group}?excludedAttributes=members")).await;
    assert_eq!((&without["displayName"], without.get("members")), (&json!("Designers"), None));
    let only = get(format!("/scim/v2/Users/{}?attributes=userName", ids[0])).await;
    let mut keys: Vec<&str> = only.as_object().unwrap().keys().map(String::as_str).collect();
    keys.sort_unstable();
    assert_eq!(keys, ["id", "schemas", "userName"]);
    let check =
        format!("/scim/v2/Groups?filter=id%20eq%20%22{group}%22%20and%20members%20eq%20%22{}%22&attributes=id", ids[1]);
    assert_eq!(get(check).await["totalResults"], 1, "Entra's reference check");
    let listed =
        get("/scim/v2/Groups?excludedAttributes=members&filter=displayName%20eq%20%22designers%22".into()).await;
    assert_eq!(listed["Resources"][0].get("members"), None);
}
