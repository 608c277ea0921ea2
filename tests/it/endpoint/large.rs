//! Bodies that name very many members: what reading them costs in memory, and that they mean what a short one means.
//! B095.

use crate::support::endpoint::{Endpoint, LIMIT, rule};
use crate::support::reply::Reply;
use crate::support::wait;
use serde_json::{Value, json};
use std::fmt::Write;

/// Members of a large body; nobody of this directory.
const STRANGERS: usize = 200_000;
/// How many times the bytes of a body the process may grow while it reads and refuses it. In full, each member is some
/// 600 bytes of JSON in memory for its 52 bytes of text: twelve times as many. Half of what is allowed is the store's,
/// which looks for each of them.
const TIMES_MAX: usize = 9;

const GROUP: &str = r#""schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"displayName":"Strangers""#;
const MESSAGE: &str = r#""schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"]"#;

/// So many values of `members`, from this one on.
fn strangers(from: usize, count: usize) -> String {
    let mut text = String::with_capacity(52 * count);
    for n in from..from + count {
        let comma = if n == from { "" } else { "," };
        write!(text, "{comma}{{\"value\":\"01890a5d-ac96-774b-bcce-{n:012x}\"}}").unwrap();
    }
    text
}

/// A line of `/proc/<pid>/status`, in bytes.
fn memory(endpoint: &Endpoint, line: &str) -> usize {
    let status = std::fs::read_to_string(format!("/proc/{}/status", endpoint.program().id())).unwrap();
    let line = status.lines().find_map(|text| text.strip_prefix(line)).expect("a line of this name");
    line.split_whitespace().find_map(|word| word.parse::<usize>().ok()).expect("kilobytes") * 1024
}

async fn send(endpoint: &Endpoint, method: &str, path: &str, body: String) -> Reply {
    endpoint.public.send(method, path, "application/scim+json", body).await
}

#[tokio::test]
async fn reading_very_many_members_takes_a_few_times_the_bytes_of_the_body() {
    let all = strangers(0, STRANGERS);
    let few = |n: usize| {
        let (add, path) = (r#""op":"add""#, r#""path":"members""#);
        format!(r#"{{{add},{path},"value":[{}]}}"#, strangers(n * 1_000, 1_000))
    };
    let many = (0..STRANGERS / 1_000).map(few).collect::<Vec<_>>().join(",");
    let bodies = [
        ("POST", format!(r#"{{{GROUP},"members":[{all}]}}"#)),
        ("PUT", format!(r#"{{{GROUP},"members":[{all}]}}"#)),
        ("PATCH", format!(r#"{{{MESSAGE},"Operations":[{{"op":"add","path":"members","value":[{all}]}}]}}"#)),
        ("PATCH", format!(r#"{{{MESSAGE},"Operations":[{{"value":[{all}],"path":"members","op":"add"}}]}}"#)),
        ("PATCH", format!(r#"{{{MESSAGE},"Operations":[{{"op":"add","value":{{"members":[{all}]}}}}]}}"#)),
        ("PATCH", format!(r#"{{{MESSAGE},"Operations":[{many}]}}"#)),
    ];
    for (index, (method, body)) in bodies.into_iter().enumerate() {
        // A process of its own for each: what an earlier body left in pieces is not counted.
        let endpoint = Endpoint::start(Vec::new()).await;
        let group = format!("/scim/v2/Groups/{}", endpoint.group("Designers", &[]).await);
        let path = if method == "POST" { "/scim/v2/Groups" } else { group.as_str() };
        let (bytes, before) = (body.len(), memory(&endpoint, "VmRSS:"));
        let refused = send(&endpoint, method, path, body).await;
        let detail = refused.json()["detail"].as_str().unwrap_or_default().to_owned();
        assert_eq!(refused.status, 400, "{index}: {detail}");
        assert!(detail.contains(&format!(" and {} more", STRANGERS - 10)), "{index}: {detail}");
        let grown = memory(&endpoint, "VmHWM:").saturating_sub(before);
        assert!(grown < TIMES_MAX * bytes, "{index}: grew by {grown} bytes over a body of {bytes}");
        assert!(members(&endpoint.public.get(&group).await).is_empty(), "and nobody is a member");
    }
}

fn text(value: &Value) -> &str {
    value.as_str().expect("a string")
}

fn members(reply: &Reply) -> Vec<String> {
    let body: Value = serde_json::from_str(&reply.text).expect("one JSON document");
    body["members"].as_array().expect("members").iter().map(|member| text(&member["value"]).to_owned()).collect()
}

#[tokio::test]
async fn what_was_written_with_more_members_than_a_page_is_answered_with_all_of_them() {
    let endpoint = Endpoint::start(Vec::new()).await;
    let mut everybody = endpoint.people("member", 1_005).await;
    everybody.sort();
    let body = |members: &[String]| {
        let members: Vec<Value> = members.iter().map(|id| json!({ "value": id })).collect();
        let schemas = ["urn:ietf:params:scim:schemas:core:2.0:Group"];
        json!({ "schemas": schemas, "displayName": "Many", "members": members })
    };
    let made = endpoint.public.post("/scim/v2/Groups", &body(&everybody)).await;
    assert_eq!((made.status, members(&made)), (201, everybody.clone()));
    let group = made.json();
    assert_eq!(made.header("location"), text(&group["meta"]["location"]));
    assert_eq!(made.header("etag"), text(&group["meta"]["version"]));
    let path = format!("/scim/v2/Groups/{}", text(&group["id"]));
    let replaced = endpoint.public.json("PUT", &path, &body(&everybody[1..])).await;
    assert_eq!((replaced.status, members(&replaced), replaced.header("location")), (200, everybody[1..].to_vec(), ""));
    let without = format!("{path}?excludedAttributes=members");
    let fewer = endpoint.public.json("PUT", &without, &body(&everybody[..3])).await;
    assert_eq!((fewer.status, fewer.json().get("members")), (200, None));
    assert_eq!(members(&endpoint.public.get(&path).await), everybody[..3]);
}

#[tokio::test]
async fn b095_everybody_leaves_a_group_and_comes_back_with_one_message_each() {
    const PEOPLE: u64 = 2_500;
    let endpoint = Endpoint::start(vec![rule("d", "Designers", "Designer", &["main"], &[])]).await;
    let people = endpoint.people("member", usize::try_from(PEOPLE).unwrap()).await;
    let all: Vec<Value> = people.iter().map(|id| json!({ "value": id })).collect();
    let group = format!("/scim/v2/Groups/{}", endpoint.group("Designers", &[]).await);
    let managed = async |count: u64, why: &str| {
        let holds = async || (endpoint.state().await.users.managed == count).then_some(());
        wait::until(why, LIMIT, holds).await;
    };
    let add = json!([{ "op": "Add", "path": "members", "value": all }]);
    let remove = json!([{ "op": "Remove", "path": "members" }]);
    for _ in 0..2 {
        assert_eq!(endpoint.public.patch(&group, &add).await.status, 204);
        managed(PEOPLE, "everybody has access").await;
        assert_eq!(members(&endpoint.public.get(&group).await).len(), people.len());
        assert_eq!(endpoint.public.patch(&group, &remove).await.status, 204);
        managed(0, "nobody has access").await;
        assert_eq!(members(&endpoint.public.get(&group).await), Vec::<String>::new());
    }
}
