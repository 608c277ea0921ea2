//! What is refused, and in which words: status and body of every kind of refusal. RFC 7644 §3.12.

use crate::support::endpoint::{Endpoint, user_body};
use crate::support::reply::{Reply, finish};
use insta::assert_snapshot;
use serde_json::{Value, json};

const NOBODY: &str = "01890000-0000-7000-8000-000000000000";

async fn raw(endpoint: &Endpoint, body: impl Into<reqwest::Body>) -> Reply {
    endpoint.public.send("POST", "/scim/v2/Users", "application/scim+json", body).await
}

#[tokio::test]
async fn a_body_that_is_not_json_is_refused_with_its_place() {
    let endpoint = Endpoint::start(Vec::new()).await;
    assert_snapshot!(raw(&endpoint, "{\"userName\":\n}").await.shown(), @r#"
    400 application/scim+json
    {
      "schemas": [
        "urn:ietf:params:scim:api:messages:2.0:Error"
      ],
      "status": "400",
      "scimType": "invalidSyntax",
      "detail": "the body is not valid JSON: expected value at line 2 column 1"
    }
    "#);
    assert_snapshot!(raw(&endpoint, "").await.shown(), @r#"
    400 application/scim+json
    {
      "schemas": [
        "urn:ietf:params:scim:api:messages:2.0:Error"
      ],
      "status": "400",
      "scimType": "invalidSyntax",
      "detail": "the body is not valid JSON: EOF while parsing a value at line 1 column 0"
    }
    "#);
    assert_snapshot!(raw(&endpoint, b"{\"userName\":\"\xff\"}".to_vec()).await.shown(), @r#"
    400 application/scim+json
    {
      "schemas": [
        "urn:ietf:params:scim:api:messages:2.0:Error"
      ],
      "status": "400",
      "scimType": "invalidSyntax",
      "detail": "the body is not valid JSON: invalid unicode code point at line 1 column 14"
    }
    "#);
    assert_snapshot!(raw(&endpoint, r#"{"userName":"a","userName":"b"}"#).await.shown(), @r#"
    400 application/scim+json
    {
      "schemas": [
        "urn:ietf:params:scim:api:messages:2.0:Error"
      ],
      "status": "400",
      "scimType": "invalidSyntax",
      "detail": "the body is not valid JSON: the key `userName` occurs twice in one object at line 1 column
          26"
    }
    "#);
}

#[tokio::test]
async fn a_body_that_is_too_deep_or_not_an_object_is_refused() {
    let endpoint = Endpoint::start(Vec::new()).await;
    let deep = format!("{{\"x\":{}1{}}}", "[".repeat(32), "]".repeat(32));
    assert_snapshot!(raw(&endpoint, deep).await.shown(), @r#"
    400 application/scim+json
    {
      "schemas": [
        "urn:ietf:params:scim:api:messages:2.0:Error"
      ],
      "status": "400",
      "scimType": "invalidSyntax",
      "detail": "the body is not valid JSON: nested deeper than 32 levels at line 1 column 37"
    }
    "#);
    assert_snapshot!(raw(&endpoint, "[]").await.shown(), @r#"
    400 application/scim+json
    {
      "schemas": [
        "urn:ietf:params:scim:api:messages:2.0:Error"
      ],
      "status": "400",
      "scimType": "invalidSyntax",
      "detail": "the body must be a JSON object: a User"
    }
    "#);
}

#[tokio::test]
async fn a_body_of_another_media_type_is_not_read() {
    let endpoint = Endpoint::start(Vec::new()).await;
    let body = user_body("ana@example.com").to_string();
    let reply = endpoint.public.send("POST", "/scim/v2/Users", "text/xml", body.clone()).await;
    assert_snapshot!(reply.shown(), @r#"
    415 application/scim+json
    {
      "schemas": [
        "urn:ietf:params:scim:api:messages:2.0:Error"
      ],
      "status": "415",
      "detail": "Send the body as application/scim+json (or application/json) and say so in Content-Type."
    }
    "#);
    let unsaid = endpoint.public.request("POST", "/scim/v2/Users").body(body.clone());
    assert_eq!(finish(unsaid).await.status, 415);
    for (n, media_type) in ["application/json", "application/scim+json; charset=utf-8"].into_iter().enumerate() {
        let body = user_body(&format!("{n}@example.com")).to_string();
        let reply = endpoint.public.send("POST", "/scim/v2/Users", media_type, body).await;
        assert_eq!((reply.status, reply.header("content-type")), (201, "application/scim+json"), "{media_type}");
    }
}

#[tokio::test]
async fn a_method_or_path_that_is_not_served_is_named() {
    let endpoint = Endpoint::start(Vec::new()).await;
    let wrong = endpoint.public.json("POST", "/scim/v2/Schemas", &json!({})).await;
    assert_eq!(wrong.header("allow"), "GET,HEAD");
    assert_snapshot!(wrong.shown(), @r#"
    405 application/scim+json
    {
      "schemas": [
        "urn:ietf:params:scim:api:messages:2.0:Error"
      ],
      "status": "405",
      "detail": "POST is not served at this path; the header Allow lists what is."
    }
    "#);
    let wrong = endpoint.public.delete("/scim/v2/Users").await;
    assert_eq!((wrong.status, wrong.header("allow")), (405, "GET,HEAD,POST"));
    assert_snapshot!(endpoint.public.get("/scim/v2/Unknown").await.shown(), @r#"
    404 application/scim+json
    {
      "schemas": [
        "urn:ietf:params:scim:api:messages:2.0:Error"
      ],
      "status": "404",
      "detail": "Nothing is served at this path."
    }
    "#);
    assert_eq!(endpoint.public.get("/scim/v1/Users").await.status, 404);
    for path in ["/scim/v2/Bulk", "/scim/v2/Users/.search", "/scim/v2/.search"] {
        assert_eq!(endpoint.public.post(path, &json!({})).await.status, 501, "{path}");
    }
    assert_snapshot!(endpoint.public.get("/scim/v2/Me").await.shown(), @r#"
    501 application/scim+json
    {
      "schemas": [
        "urn:ietf:params:scim:api:messages:2.0:Error"
      ],
      "status": "501",
      "detail": "This part of SCIM is not served; /ServiceProviderConfig lists what is."
    }
    "#);
    let access = endpoint.access.json("PUT", "/access/v1/users", &json!({})).await;
    assert_eq!(access.status, 403, "a reader may not write, whatever the path");
    assert_snapshot!(endpoint.access.get("/access/v1/unknown").await.shown(), @r#"
    404 application/problem+json
    {
      "type": "https://scim-operator.dev/problems/not-found",
      "title": "Nothing is here",
      "status": 404,
      "detail": "Nothing is served at this path."
    }
    "#);
}

#[tokio::test]
async fn what_is_not_there_is_404_in_the_form_of_its_api() {
    let endpoint = Endpoint::start(Vec::new()).await;
    for path in [format!("/scim/v2/Users/{NOBODY}"), "/scim/v2/Users/not-an-id".to_owned()] {
        assert_eq!(endpoint.public.get(&path).await.status, 404, "{path}");
        assert_eq!(endpoint.public.delete(&path).await.status, 404, "{path}");
        assert_eq!(endpoint.public.json("PUT", &path, &user_body("x@example.com")).await.status, 404, "{path}");
    }
    assert_snapshot!(endpoint.public.get(&format!("/scim/v2/Groups/{NOBODY}")).await.shown(), @r#"
    404 application/scim+json
    {
      "schemas": [
        "urn:ietf:params:scim:api:messages:2.0:Error"
      ],
      "status": "404",
      "detail": "Group `01890000-0000-7000-8000-000000000000` does not exist in this directory"
    }
    "#);
    assert_eq!(endpoint.public.get("/scim/v2/Users/%ff").await.status, 404);
    assert_snapshot!(endpoint.access.get("/access/v1/users/nobody@example.com").await.shown(), @r#"
    404 application/problem+json
    {
      "type": "https://scim-operator.dev/problems/not-found",
      "title": "Nothing is here",
      "status": 404,
      "detail": "Nobody of this id or userName is in the directory."
    }
    "#);
    assert_eq!(endpoint.public.get("/scim/v2/Schemas/urn:unknown").await.status, 404);
}

#[tokio::test]
async fn names_are_unique_whatever_their_case() {
    let endpoint = Endpoint::start(Vec::new()).await;
    endpoint.user("ana@example.com").await;
    let other = endpoint.user("bram@example.com").await;
    assert_snapshot!(endpoint.public.post("/scim/v2/Users", &user_body("ANA@example.com")).await.shown(), @r#"
    409 application/scim+json
    {
      "schemas": [
        "urn:ietf:params:scim:api:messages:2.0:Error"
      ],
      "status": "409",
      "scimType": "uniqueness",
      "detail": "userName: \"ANA@example.com\" is taken by another user; names are compared without regard
          to case. Look the user up by filter and update it instead"
    }
    "#);
    let rename = json!([{ "op": "Replace", "path": "userName", "value": "Ana@Example.com" }]);
    let reply = endpoint.public.patch(&format!("/scim/v2/Users/{other}"), &rename).await;
    assert_eq!((reply.status, &reply.json()["scimType"]), (409, &json!("uniqueness")));
    endpoint.group("Designers", &[]).await;
    let other = endpoint.group("Developers", &[]).await;
    let body = json!({ "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": "designers" });
    assert_snapshot!(endpoint.public.post("/scim/v2/Groups", &body).await.shown(), @r#"
    409 application/scim+json
    {
      "schemas": [
        "urn:ietf:params:scim:api:messages:2.0:Error"
      ],
      "status": "409",
      "scimType": "uniqueness",
      "detail": "displayName: \"designers\" is taken by another group; names are compared without regard to
          case. Look the group up by filter and update it instead"
    }
    "#);
    let rename = json!([{ "op": "Replace", "path": "displayName", "value": "DESIGNERS" }]);
    assert_eq!(endpoint.public.patch(&format!("/scim/v2/Groups/{other}"), &rename).await.status, 409);
}

#[tokio::test]
async fn unknown_members_are_named_and_nothing_of_the_request_is_done() {
    let endpoint = Endpoint::start(Vec::new()).await;
    let ana = endpoint.user("ana@example.com").await;
    let group = endpoint.group("Designers", &[]).await;
    let add = json!([{ "op": "Add", "path": "members", "value": [{ "value": ana }, { "value": NOBODY }] }]);
    assert_snapshot!(endpoint.public.patch(&format!("/scim/v2/Groups/{group}"), &add).await.shown(), @r#"
    400 application/scim+json
    {
      "schemas": [
        "urn:ietf:params:scim:api:messages:2.0:Error"
      ],
      "status": "400",
      "scimType": "invalidValue",
      "detail": "members: no user has the id \"01890000-0000-7000-8000-000000000000\". Members are ids of
          users of this directory, as answered when they were created; groups cannot be members. Provision
          the users first, then the group"
    }
    "#);
    let members = endpoint.public.get(&format!("/scim/v2/Groups/{group}")).await.json()["members"].clone();
    assert_eq!(members.as_array().map_or(0, Vec::len), 0, "never half a PATCH (reading 12)");
    let remove = json!([{ "op": "Remove", "path": "members", "value": [{ "value": NOBODY }] }]);
    assert_eq!(endpoint.public.patch(&format!("/scim/v2/Groups/{group}"), &remove).await.status, 204);
}

#[tokio::test]
async fn a_patch_that_cannot_be_meant_is_refused_whole() {
    let endpoint = Endpoint::start(Vec::new()).await;
    let user = format!("/scim/v2/Users/{}", endpoint.user("ana@example.com").await);
    let refused = async |operations: Value| endpoint.public.patch(&user, &operations).await.refusal();
    assert_snapshot!(refused(json!([{ "op": "replace", "path": "name.", "value": "x" }])).await, @r"
    400 invalidPath
    Operations[0]: path, character 6: expected the name of an attribute
    ");
    assert_snapshot!(refused(json!([{ "op": "replace", "path": "emails[type eq", "value": "x" }])).await, @r"
    400 invalidFilter
    Operations[0]: path, character 15: expected a value: a string in double quotes, a number, true, false or
          null, found the end
    ");
    assert_snapshot!(refused(json!([{ "op": "remove" }])).await, @r"
    400 noTarget
    Operations[0]: a removal needs a `path` that names what to remove
    ");
    assert_snapshot!(refused(json!([{ "op": "move", "path": "title", "value": "x" }])).await, @r#"
    400 invalidSyntax
    Operations[0]: `op` must be "add", "replace" or "remove"
    "#);
    assert_snapshot!(refused(json!([{ "op": "remove", "path": "userName" }])).await, @r"
    400 mutability
    Operations[0]: `userName` is required and cannot be removed; replace it
    ");
    let first_fits = json!([{ "op": "replace", "path": "title", "value": "x" }, { "op": "remove" }]);
    assert!(refused(first_fits).await.starts_with("400"));
    assert_eq!(endpoint.public.get(&user).await.json()["title"], Value::Null, "all operations or none");
    assert_snapshot!(endpoint.public.json("PATCH", &user, &json!({ "active": false })).await.shown(), @r#"
    400 application/scim+json
    {
      "schemas": [
        "urn:ietf:params:scim:api:messages:2.0:Error"
      ],
      "status": "400",
      "scimType": "invalidSyntax",
      "detail": "`Operations` is missing; send a list of operations"
    }
    "#);
}

#[tokio::test]
async fn a_filter_that_cannot_be_meant_is_refused() {
    let endpoint = Endpoint::start(Vec::new()).await;
    let refused = async |filter: &str| {
        let request = endpoint.public.request("GET", "/scim/v2/Users").query(&[("filter", filter)]);
        finish(request).await.refusal()
    };
    assert_snapshot!(refused("userName eq").await, @r"
    400 invalidFilter
    filter, character 12: expected a value: a string in double quotes, a number, true, false or null, found
          the end
    ");
    assert_snapshot!(refused("userName is \"ana\"").await, @r"
    400 invalidFilter
    filter, character 10: expected an operator (eq, ne, co, sw, ew, gt, ge, lt, le, pr), found `is`
    ");
    assert_snapshot!(refused("active gt true").await, @r"
    400 invalidFilter
    filter, character 11: `active` is a boolean: `gt` does not compare it
    ");
    let deep = format!("{}active eq true{}", "(".repeat(200), ")".repeat(200));
    assert_snapshot!(refused(&deep).await, @r"
    400 invalidFilter
    filter, character 33: nested deeper than 32 levels; ask in several requests
    ");
    let reply = endpoint.public.get("/scim/v2/Users?filter=%ff").await;
    assert_snapshot!(reply.shown(), @r#"
    400 application/scim+json
    {
      "schemas": [
        "urn:ietf:params:scim:api:messages:2.0:Error"
      ],
      "status": "400",
      "scimType": "invalidValue",
      "detail": "the query string is not percent-encoded UTF-8 near `%ff`"
    }
    "#);
    assert_eq!(endpoint.public.get("/scim/v2/Users?count=many").await.status, 400);
}

#[tokio::test]
async fn unknown_attributes_and_schemas_are_ignored() {
    let endpoint = Endpoint::start(Vec::new()).await;
    let mut body = user_body("ana@example.com");
    body["misspeled"] = json!("x");
    body["urn:example:unknown:2.0:User"] = json!({ "a": 1 });
    body["meta"] = json!({ "resourceType": "Nonsense" });
    body["id"] = json!("mine");
    body["password"] = json!("not-kept-anywhere");
    let reply = endpoint.public.post("/scim/v2/Users", &body).await;
    assert_eq!(reply.status, 201, "{}", reply.text);
    for ignored in ["misspeled", "urn:example", "Nonsense", "\"mine\"", "not-kept"] {
        assert!(!reply.text.contains(ignored), "{ignored}: {}", reply.text);
    }
}

#[tokio::test]
async fn discovery_answers_a_filter_with_403_where_the_rfc_says_so() {
    let endpoint = Endpoint::start(Vec::new()).await;
    for path in ["/scim/v2/Schemas", "/scim/v2/ResourceTypes"] {
        assert_eq!(endpoint.public.get(path).await.status, 200);
        assert_eq!(endpoint.public.get(&format!("{path}?Filter=id%20pr")).await.status, 403);
    }
    let ignored = "/scim/v2/ServiceProviderConfig?filter=invalid&sortBy=id&startIndex=999";
    assert_eq!(endpoint.public.get(ignored).await.status, 200);
    let urn = "urn:ietf:params:scim:schemas:core:2.0:User";
    assert_eq!(endpoint.public.get(&format!("/scim/v2/Schemas/{urn}")).await.json()["id"], urn);
    assert_eq!(endpoint.public.get("/scim/v2/ResourceTypes/User").await.json()["endpoint"], "/Users");
}
