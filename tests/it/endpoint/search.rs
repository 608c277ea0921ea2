//! Searches: a query in a body is the same as one in the address, of one type and of all. RFC 7644 §3.4.2.1, §3.4.3.

use crate::support::endpoint::{Endpoint, assert_error};
use crate::support::reply::Reply;
use serde_json::{Value, json};

const ROOT: &str = "/scim/v2";
const URN: &str = "urn:ietf:params:scim:api:messages:2.0:SearchRequest";

async fn search(endpoint: &Endpoint, path: &str, parameters: &Value) -> Reply {
    let mut body = parameters.clone();
    body["schemas"] = json!([URN]);
    endpoint.public.post(&format!("{path}/.search"), &body).await
}

/// The parameters of a body as those of an address.
fn query(parameters: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| match value {
        Value::Array(names) => names.iter().map(|name| name.as_str().unwrap()).collect::<Vec<_>>().join(","),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    parameters.as_object().unwrap().iter().map(|(name, value)| (name.clone(), text(value))).collect()
}

async fn asked(endpoint: &Endpoint, path: &str, parameters: &Value) -> Reply {
    let query = query(parameters);
    let query: Vec<(&str, &str)> = query.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    endpoint.ask(path, &query).await
}

/// Five users, then four groups, the first of them with two members; the ids in this order.
async fn nine() -> (Endpoint, Vec<String>) {
    let endpoint = Endpoint::start(Vec::new()).await;
    let mut ids = Vec::new();
    for name in ["ana", "Ben", "cem", "Dan", "eva"] {
        ids.push(endpoint.user(&format!("{name}@example.com")).await);
    }
    let members = [ids[0].clone(), ids[1].clone()];
    ids.push(endpoint.group("Designers", &[&members[0], &members[1]]).await);
    for name in ["Analysts", "developers", "Everybody"] {
        ids.push(endpoint.group(name, &[]).await);
    }
    (endpoint, ids)
}

fn ids_of(list: &Value) -> Vec<&str> {
    list["Resources"].as_array().unwrap().iter().map(|resource| resource["id"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn b024_a_search_is_answered_as_the_same_query_is() {
    let (endpoint, ids) = nine().await;
    let by_member = format!("members[value eq \"{}\"]", ids[1]);
    let everywhere = [
        json!({}),
        json!({ "filter": "displayName sw \"De\"" }),
        json!({ "filter": "id pr and not (externalId pr)", "count": 3, "startIndex": 2 }),
        json!({ "count": 0 }),
        json!({ "startIndex": 100 }),
        json!({ "attributes": ["userName", "displayName", "meta.version"] }),
        json!({ "attributes": "userName,displayName" }),
        json!({ "excludedAttributes": ["emails", "members", "name.givenName"] }),
        json!({ "sortBy": "meta.created", "sortOrder": "descending" }),
    ];
    let of_users = [
        json!({ "filter": "userName sw \"ANA\"" }),
        json!({ "filter": "emails[type eq \"work\" and value co \"e\"]", "attributes": ["emails.value"] }),
        json!({ "sortBy": "userName", "sortOrder": "descending", "startIndex": 2, "count": 2 }),
        json!({ "filter": "active eq true", "excludedAttributes": ["groups"] }),
    ];
    let of_groups = [
        json!({ "filter": by_member }),
        json!({ "filter": "displayName co \"e\"", "sortBy": "displayName", "attributes": ["members"] }),
        json!({ "attributes": ["members.display"] }),
    ];
    let (users, groups) = ("/scim/v2/Users", "/scim/v2/Groups");
    let mut cases: Vec<(&str, &Value)> = Vec::new();
    for path in [ROOT, users, groups] {
        cases.extend(everywhere.iter().map(|parameters| (path, parameters)));
    }
    cases.extend(of_users.iter().map(|parameters| (users, parameters)));
    cases.extend(of_groups.iter().map(|parameters| (groups, parameters)));
    let mut found = 0;
    for (path, parameters) in cases {
        let (searched, asked) = (search(&endpoint, path, parameters).await, asked(&endpoint, path, parameters).await);
        assert_eq!(searched.status, 200, "{path} {parameters}: {}", searched.text);
        assert_eq!(searched.json(), asked.json(), "{path} {parameters}");
        found += ids_of(&searched.json()).len();
    }
    assert!(found > 60, "{found}: most of them find something");
}

#[tokio::test]
async fn b024_a_search_goes_on_by_the_cursor_of_a_query_and_back() {
    let (endpoint, ids) = nine().await;
    let begun = asked(&endpoint, "/scim/v2/Users", &json!({ "count": 2, "cursor": "" })).await.json();
    let cursor = begun["nextCursor"].as_str().unwrap();
    let second = search(&endpoint, "/scim/v2/Users", &json!({ "count": 2, "cursor": cursor })).await.json();
    assert_eq!(ids_of(&second), ids[2..4]);
    let previous = second["previousCursor"].as_str().unwrap();
    let first = asked(&endpoint, "/scim/v2/Users", &json!({ "count": 2, "cursor": previous })).await.json();
    assert_eq!(ids_of(&first), ids[..2]);
}

#[tokio::test]
async fn b024_over_all_types_the_index_counts_through_them() {
    let (endpoint, ids) = nine().await;
    let whole = [(1, 9), (1, 100), (1, 0)];
    let parts = [(1, 5), (4, 4), (5, 1), (6, 1), (6, 4), (7, 100), (9, 2), (10, 5)];
    for (start, count) in whole.into_iter().chain(parts) {
        let page = asked(&endpoint, ROOT, &json!({ "startIndex": start, "count": count })).await.json();
        let from = (start - 1).min(9);
        let expected: Vec<&str> = ids[from..].iter().take(count).map(String::as_str).collect();
        assert_eq!(ids_of(&page), expected, "{start} {count}");
        assert_eq!((&page["totalResults"], &page["startIndex"]), (&json!(9), &json!(start)), "{start} {count}");
        assert_eq!(page["itemsPerPage"], expected.len(), "{start} {count}");
    }
    let filtered = json!({ "filter": "displayName pr or userName co \"n@\"", "startIndex": 3, "count": 3 });
    let page = search(&endpoint, ROOT, &filtered).await.json();
    assert_eq!(page["totalResults"], 6, "Ben and Dan, and every group");
    assert_eq!(ids_of(&page), ids[5..8], "behind the two users who match come the groups");
}

#[tokio::test]
async fn b024_a_filter_over_all_types_matches_where_a_type_has_the_attribute() {
    for dialect in ["Auto", "Strict"] {
        let (mut endpoint, ids) = nine().await;
        endpoint.change_profile(&json!({ "dialect": dialect })).await;
        for (filter, expected) in [
            ("userName eq \"BEN@example.com\"".to_owned(), vec![1]),
            ("displayName eq \"developers\"".to_owned(), vec![7]),
            ("userName sw \"a\" or displayName sw \"a\"".to_owned(), vec![0, 6]),
            ("meta.resourceType eq \"Group\"".to_owned(), vec![5, 6, 7, 8]),
            (format!("id eq \"{}\" or id eq \"{}\"", ids[8], ids[2]), vec![2, 8]),
            (format!("members.value eq \"{}\"", ids[0]), vec![5]),
            (format!("groups.value eq \"{}\"", ids[5]), vec![0, 1]),
            ("shoeSize eq 43".to_owned(), vec![]),
        ] {
            let list = asked(&endpoint, ROOT, &json!({ "filter": filter })).await;
            assert_eq!(list.status, 200, "{dialect} {filter}: {}", list.text);
            let expected: Vec<&str> = expected.into_iter().map(|index: usize| ids[index].as_str()).collect();
            assert_eq!(ids_of(&list.json()), expected, "{dialect} {filter}");
        }
    }
}

#[tokio::test]
async fn b024_a_search_over_all_types_answers_what_is_asked_for_of_each() {
    let (endpoint, _) = nine().await;
    let only = search(&endpoint, ROOT, &json!({ "attributes": ["displayName", "userName"] })).await.json();
    for resource in only["Resources"].as_array().unwrap() {
        let named = resource["userName"].as_str().or(resource["displayName"].as_str());
        assert!(named.is_some(), "{resource}");
        assert_eq!(resource.as_object().unwrap().len(), 3, "schemas, id and a name: {resource}");
    }
    let without = search(&endpoint, ROOT, &json!({ "excludedAttributes": ["members", "emails"] })).await.json();
    for resource in without["Resources"].as_array().unwrap() {
        assert!(resource.get("members").is_none() && resource.get("emails").is_none(), "{resource}");
        assert!(resource["meta"]["location"].is_string(), "{resource}");
    }
}

#[tokio::test]
async fn b024_a_search_that_is_none_is_refused() {
    let endpoint = Endpoint::start(Vec::new()).await;
    for path in [ROOT, "/scim/v2/Users", "/scim/v2/Groups"] {
        let at = format!("{path}/.search");
        for (body, keyword) in [
            (json!([]), "invalidSyntax"),
            (json!({ "count": 5 }), "invalidSyntax"),
            (json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"] }), "invalidSyntax"),
            (json!({ "schemas": [URN], "count": "5" }), "invalidValue"),
            (json!({ "schemas": [URN], "startIndex": [1] }), "invalidValue"),
            (json!({ "schemas": [URN], "attributes": [1] }), "invalidValue"),
            (json!({ "schemas": [URN], "filter": 5 }), "invalidValue"),
            (json!({ "schemas": [URN], "filter": "userName eq" }), "invalidFilter"),
            (json!({ "schemas": [URN], "sortBy": "meta" , "sortOrder": "up" }), "invalidValue"),
            (json!({ "schemas": [URN], "cursor": "made up" }), "invalidCursor"),
        ] {
            assert_error(&endpoint.public.post(&at, &body).await, 400, keyword);
        }
        let plain = json!({ "schemas": [URN] }).to_string();
        assert_error(&endpoint.public.send("POST", &at, "text/plain", plain).await, 415, "");
    }
    let begun = asked(&endpoint, ROOT, &json!({ "cursor": "" })).await;
    assert_error(&begun, 400, "invalidCursor");
}

#[tokio::test]
async fn b024_without_groups_a_search_over_all_types_is_one_of_users() {
    let (mut endpoint, ids) = nine().await;
    endpoint.change_profile(&json!({ "serveGroups": false })).await;
    let list = search(&endpoint, ROOT, &json!({})).await.json();
    assert_eq!((&list["totalResults"], ids_of(&list)), (&json!(5), ids[..5].iter().map(String::as_str).collect()));
    assert_error(&search(&endpoint, "/scim/v2/Groups", &json!({})).await, 501, "");
}
