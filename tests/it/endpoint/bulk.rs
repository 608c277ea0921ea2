//! Bulk messages: many operations in one, some of them about what others make. RFC 7644 §3.7.

use crate::support::endpoint::{BASE_URL, Endpoint, assert_error, user_body};
use crate::support::reply::Reply;
use serde_json::{Value, json};

const BULK: &str = "/scim/v2/Bulk";
const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
const NOBODY: &str = "01890000-0000-7000-8000-000000000000";

fn message(operations: &Value) -> Value {
    json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"], "Operations": operations })
}

/// Sends operations.
pub(super) async fn bulk(endpoint: &Endpoint, operations: &Value) -> Reply {
    endpoint.public.post(BULK, &message(operations)).await
}

/// What a message was answered for each of its operations.
#[track_caller]
pub(super) fn operations(reply: &Reply) -> Vec<Value> {
    let body = reply.json();
    assert_eq!((reply.status, reply.header("content-type")), (200, "application/scim+json"), "{}", reply.text);
    assert_eq!(body["schemas"], json!(["urn:ietf:params:scim:api:messages:2.0:BulkResponse"]));
    body["Operations"].as_array().expect("a list of operations").clone()
}

fn statuses(reply: &Reply) -> Vec<String> {
    operations(reply).iter().map(|answer| answer["status"].as_str().expect("a status").to_owned()).collect()
}

/// The address below `/scim/v2` of what an operation made.
fn made_at(answer: &Value) -> String {
    let location = answer["location"].as_str().unwrap_or_else(|| panic!("no location in {answer}"));
    format!("/scim/v2{}", location.strip_prefix(BASE_URL).expect("an address below the base URL"))
}

fn id_of(answer: &Value) -> String {
    made_at(answer).rsplit('/').next().unwrap().to_owned()
}

fn post(name: &str) -> Value {
    json!({ "method": "POST", "path": "/Users", "bulkId": name, "data": user_body(&format!("{name}@example.com")) })
}

/// A user whose manager is another one of the message.
fn post_below(name: &str, manager: &str) -> Value {
    let mut operation = post(name);
    operation["data"][ENTERPRISE] = json!({ "manager": { "value": format!("bulkId:{manager}") } });
    operation
}

fn patch(path: &str, operations: &Value) -> Value {
    let data = json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": operations });
    json!({ "method": "PATCH", "path": path, "data": data })
}

async fn manager_of(endpoint: &Endpoint, answer: &Value) -> Value {
    endpoint.public.get(&made_at(answer)).await.json()[ENTERPRISE]["manager"]["value"].clone()
}

async fn number_of_users(endpoint: &Endpoint) -> Value {
    endpoint.public.get("/scim/v2/Users?count=0").await.json()["totalResults"].clone()
}

#[tokio::test]
async fn b024_one_message_makes_changes_replaces_and_deletes() {
    let endpoint = Endpoint::start(Vec::new()).await;
    let (kept, gone) = (endpoint.user("ana@example.com").await, endpoint.user("ben@example.com").await);
    let group = endpoint.group("Designers", &[]).await;
    let mut replaced = user_body("ana@example.com");
    replaced["title"] = json!("Lead");
    let join = json!([{ "op": "add", "path": "members", "value": [{ "value": "bulkId:new" }] }]);
    let reply = bulk(
        &endpoint,
        &json!([
            post("new"),
            patch(&format!("/Groups/{group}"), &join),
            { "method": "put", "path": format!("/Users/{kept}"), "bulkId": "its-own", "data": replaced },
            { "method": "DELETE", "path": format!("/Users/{gone}") },
        ]),
    )
    .await;
    let answers = operations(&reply);
    assert_eq!(statuses(&reply), ["201", "200", "200", "204"], "{}", reply.text);
    let methods: Vec<&Value> = answers.iter().map(|answer| &answer["method"]).collect();
    assert_eq!(methods, ["POST", "PATCH", "PUT", "DELETE"]);
    let names: Vec<Option<&Value>> = answers.iter().map(|answer| answer.get("bulkId")).collect();
    assert_eq!(names, [Some(&json!("new")), None, Some(&json!("its-own")), None]);
    for (index, path) in [(1, format!("/Groups/{group}")), (2, format!("/Users/{kept}")), (3, format!("/Users/{gone}"))]
    {
        assert_eq!(answers[index]["location"], format!("{BASE_URL}{path}"));
    }
    assert!(answers.iter().all(|answer| answer.get("response").is_none()), "{}", reply.text);

    let new = endpoint.public.get(&made_at(&answers[0])).await.json();
    assert_eq!((&new["userName"], &new["groups"][0]["value"]), (&json!("new@example.com"), &json!(group)));
    assert_eq!(answers[0]["version"], "W/\"1\"", "before it joined the group");
    let of_group = endpoint.public.get(&format!("/scim/v2/Groups/{group}")).await;
    assert_eq!(answers[1]["version"], of_group.header("etag"));
    let put = endpoint.public.get(&format!("/scim/v2/Users/{kept}")).await;
    assert_eq!((&put.json()["title"], &answers[2]["version"]), (&json!("Lead"), &json!(put.header("etag"))));
    assert_eq!(answers[3].get("version"), None);
    assert_eq!(endpoint.public.get(&format!("/scim/v2/Users/{gone}")).await.status, 404);
}

#[tokio::test]
async fn b024_what_a_message_makes_can_be_named_before_and_behind() {
    let endpoint = Endpoint::start(Vec::new()).await;
    let members = json!([{ "value": "bulkId:ana" }, { "value": "bulkId:ben" }]);
    let schemas = ["urn:ietf:params:scim:schemas:core:2.0:Group"];
    let group = json!({ "schemas": schemas, "displayName": "Designers", "members": members });
    let title = json!([{ "op": "replace", "path": "title", "value": "Lead" }]);
    let reply = bulk(
        &endpoint,
        &json!([
            { "method": "POST", "path": "/Groups", "bulkId": "designers", "data": group },
            post_below("ana", "ben"),
            post("ben"),
            post_below("cem", "ana"),
            patch("/Users/bulkId:cem", &title),
            post("dan"),
            { "method": "DELETE", "path": "/Users/bulkId:dan" },
        ]),
    )
    .await;
    assert_eq!(statuses(&reply), ["201", "201", "201", "201", "200", "201", "204"], "{}", reply.text);
    let answers = operations(&reply);
    let (ana, ben) = (id_of(&answers[1]), id_of(&answers[2]));
    let group = endpoint.public.get(&made_at(&answers[0])).await.json();
    let mut there: Vec<&str> =
        group["members"].as_array().unwrap().iter().map(|member| member["value"].as_str().unwrap()).collect();
    let mut expected = [ana.as_str(), ben.as_str()];
    there.sort_unstable();
    expected.sort_unstable();
    assert_eq!(there, expected);
    assert_eq!(manager_of(&endpoint, &answers[1]).await, json!(ben), "named before it was there");
    assert_eq!(manager_of(&endpoint, &answers[3]).await, json!(ana), "named behind it");
    assert_eq!(endpoint.public.get(&made_at(&answers[3])).await.json()["title"], "Lead");
    assert_eq!(answers[4]["location"], answers[3]["location"]);
    assert_eq!(answers[6]["location"], answers[5]["location"]);
    assert_eq!(number_of_users(&endpoint).await, 3);
}

#[tokio::test]
async fn b024_users_who_are_each_others_managers_are_complete_at_the_end() {
    let endpoint = Endpoint::start(Vec::new()).await;
    let circle = json!([post_below("ana", "ben"), post_below("ben", "ana"), post_below("own", "own")]);
    let reply = bulk(&endpoint, &circle).await;
    assert_eq!(statuses(&reply), ["201", "201", "201"], "{}", reply.text);
    let answers = operations(&reply);
    for (of, manager) in [(0, 1), (1, 0), (2, 2)] {
        assert_eq!(manager_of(&endpoint, &answers[of]).await, json!(id_of(&answers[manager])), "{of}");
        let tag = endpoint.public.get(&made_at(&answers[of])).await.header("etag").to_owned();
        assert!(answers[of].get("version").is_none_or(|version| *version == tag), "{of}: no version of the past");
    }
}

#[tokio::test]
async fn b024_what_a_message_does_to_one_of_a_circle_stays_when_the_circle_is_closed() {
    let endpoint = Endpoint::start(Vec::new()).await;
    let disable = json!([{ "op": "replace", "value": { "active": false, "title": "Gone" } }]);
    let circle = json!([
        post_below("ana", "ben"),
        patch("/Users/bulkId:ana", &disable),
        post_below("ben", "ana"),
        post_below("cem", "dora"),
        { "method": "DELETE", "path": "/Users/bulkId:cem" },
        post_below("dora", "cem"),
    ]);
    let reply = bulk(&endpoint, &circle).await;
    let answers = operations(&reply);
    let ana = endpoint.public.get(&made_at(&answers[0])).await.json();
    assert_eq!((&ana["active"], &ana["title"]), (&json!(false), &json!("Gone")), "{}", reply.text);
    assert_eq!(manager_of(&endpoint, &answers[0]).await, json!(id_of(&answers[2])));
    assert_eq!(answers[3]["status"], "201", "it was made, and taken away again: {}", reply.text);
    assert_eq!(endpoint.public.get(&made_at(&answers[3])).await.status, 404);
}

#[tokio::test]
async fn b024_one_of_a_circle_whose_other_fails_is_there_and_its_answer_says_where() {
    let endpoint = Endpoint::start(Vec::new()).await;
    let mut broken = post_below("ben", "ana");
    broken["data"]["userName"] = json!("");
    let reply = bulk(&endpoint, &json!([post_below("ana", "ben"), broken])).await;
    assert_eq!(statuses(&reply), ["409", "400"], "{}", reply.text);
    assert_eq!(endpoint.public.get(&made_at(&operations(&reply)[0])).await.status, 200);
}

#[tokio::test]
async fn b024_a_name_of_nobody_is_409_and_nothing_of_that_operation_is_done() {
    let endpoint = Endpoint::start(Vec::new()).await;
    let group = endpoint.group("Designers", &[]).await;
    let join = json!([{ "op": "add", "path": "members", "value": [{ "value": "bulkId:nobody" }] }]);
    let mut broken = post("broken");
    broken["data"]["userName"] = json!("");
    let operations_sent = json!([
        post_below("ana", "nobody"),
        patch(&format!("/Groups/{group}"), &join),
        { "method": "DELETE", "path": "/Users/bulkId:nobody" },
        broken,
        post_below("ben", "broken"),
        post("cem"),
    ]);
    let reply = bulk(&endpoint, &operations_sent).await;
    assert_eq!(statuses(&reply), ["409", "409", "409", "400", "409", "201"], "{}", reply.text);
    let answers = operations(&reply);
    for index in [0, 1, 2] {
        let error = &answers[index]["response"];
        assert_eq!((&error["status"], &error["scimType"]), (&json!("409"), &json!("invalidValue")));
        assert!(error["detail"].as_str().unwrap().contains("`nobody`"), "{error}");
    }
    assert_eq!(answers[0].get("location"), None, "nothing is there");
    assert_eq!(answers[1]["location"], format!("{BASE_URL}/Groups/{group}"), "this was there all the time");
    assert_eq!(number_of_users(&endpoint).await, 1, "only the last one was made");
}

#[tokio::test]
async fn b024_each_operation_answers_for_itself() {
    let endpoint = Endpoint::start(Vec::new()).await;
    let ana = endpoint.user("ana@example.com").await;
    let version = endpoint.public.get(&format!("/scim/v2/Users/{ana}")).await.header("etag").to_owned();
    let title = |value: &str| {
        let mut operation =
            patch(&format!("/Users/{ana}"), &json!([{ "op": "replace", "path": "title", "value": value }]));
        operation["version"] = json!(version);
        operation
    };
    let reply = bulk(
        &endpoint,
        &json!([
            title("First"),
            title("Second"),
            post("ana"),
            { "method": "DELETE", "path": format!("/Users/{NOBODY}") },
            { "method": "DELETE", "path": "/Things/1" },
            { "method": "POST", "path": format!("/Users/{ana}"), "bulkId": "x", "data": {} },
            { "method": "PUT", "path": "/Users", "data": {} },
        ]),
    )
    .await;
    assert_eq!(statuses(&reply), ["200", "412", "409", "404", "404", "405", "405"], "{}", reply.text);
    for answer in &operations(&reply)[1..] {
        let error = &answer["response"];
        assert_eq!(error["schemas"], json!(["urn:ietf:params:scim:api:messages:2.0:Error"]));
        assert_eq!(error["status"], answer["status"]);
        assert_eq!(answer.get("version"), None);
    }
    assert_eq!(operations(&reply)[2]["response"]["scimType"], "uniqueness");
    assert_eq!(operations(&reply)[1]["location"], format!("{BASE_URL}/Users/{ana}"));
    assert_eq!(endpoint.public.get(&format!("/scim/v2/Users/{ana}")).await.json()["title"], "First");
}

#[tokio::test]
async fn b024_after_so_many_errors_the_rest_is_left_alone_and_what_was_done_stays() {
    let bad = |name: &str| {
        let mut operation = post(name);
        operation["data"]["userName"] = json!(5);
        operation
    };
    let sent = json!([post("ana"), bad("b"), post("cem"), bad("d"), post("eva")]);
    for (limit, expected) in [
        (Some(1), vec!["201", "400"]),
        (Some(2), vec!["201", "400", "201", "400"]),
        (Some(3), vec!["201", "400", "201", "400", "201"]),
        (None, vec!["201", "400", "201", "400", "201"]),
    ] {
        let endpoint = Endpoint::start(Vec::new()).await;
        let mut body = message(&sent);
        if let Some(limit) = limit {
            body["failOnErrors"] = json!(limit);
        }
        let reply = endpoint.public.post(BULK, &body).await;
        assert_eq!(statuses(&reply), expected, "{limit:?}: {}", reply.text);
        let made = expected.iter().filter(|status| **status == "201").count();
        assert_eq!(number_of_users(&endpoint).await, made, "{limit:?}");
    }
}

#[tokio::test]
async fn b024_a_message_has_as_many_operations_and_bytes_as_the_provider_config_says() {
    let endpoint = Endpoint::profiled(&json!({ "maxBodyBytes": { "users": 65_536, "groups": 65_536 } })).await;
    let said = endpoint.public.get("/scim/v2/ServiceProviderConfig").await.json()["bulk"].clone();
    assert_eq!(said["supported"], true);
    let most = said["maxOperations"].as_u64().unwrap();
    let deletions = |count: u64| -> Value {
        let one = json!({ "method": "DELETE", "path": format!("/Users/{NOBODY}") });
        (0..count).map(|_| one.clone()).collect::<Vec<Value>>().into()
    };
    let whole = bulk(&endpoint, &deletions(most)).await;
    assert_eq!(statuses(&whole), vec!["404"; usize::try_from(most).unwrap()]);
    let mut too_many = deletions(most);
    too_many.as_array_mut().unwrap().insert(0, post("ana"));
    assert_error(&bulk(&endpoint, &too_many).await, 413, "");

    let bytes = usize::try_from(said["maxPayloadSize"].as_u64().unwrap()).unwrap();
    let mut body = message(&json!([post("ben")]));
    body["padding"] = json!("");
    let rest = bytes - body.to_string().len();
    body["padding"] = json!("x".repeat(rest));
    let fits = body.to_string();
    assert_eq!(fits.len(), bytes);
    let media = "application/scim+json";
    assert_error(&endpoint.public.send("POST", BULK, media, fits.replace("\"x", "\"xx")).await, 413, "");
    assert_eq!(number_of_users(&endpoint).await, 0, "nothing was begun");
    assert_eq!(statuses(&endpoint.public.send("POST", BULK, media, fits).await), ["201"]);
}

#[tokio::test]
async fn b024_groups_are_no_part_of_a_message_where_there_are_none() {
    let endpoint = Endpoint::profiled(&json!({ "serveGroups": false })).await;
    let group = json!({ "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": "Designers" });
    let sent = json!([{ "method": "POST", "path": "/Groups", "bulkId": "g", "data": group }, post("ana")]);
    assert_eq!(statuses(&bulk(&endpoint, &sent).await), ["501", "201"]);
}
