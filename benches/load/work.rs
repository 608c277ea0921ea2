//! What is measured. Every answer is checked: a fast wrong answer is no figure.

use crate::connection::Connection;
use serde_json::{Value, json};
use std::cell::Cell;
use std::error::Error;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::{Duration, Instant};

/// An endpoint that is measured.
pub struct Target {
    /// Its public listener.
    pub address: SocketAddr,
    /// A token of scope `Scim`.
    pub token: String,
}

type Done = Result<(), Box<dyn Error>>;

/// Users made, and how fast.
pub struct Provisioned {
    pub ids: Vec<String>,
    pub rate: String,
}

/// Makes `count` users of about 700 bytes over 32 connections.
pub async fn provision(server: &Target, count: usize) -> Result<Provisioned, Box<dyn Error>> {
    let next = Rc::new(Cell::new(0));
    let start = Instant::now();
    let workers = (0..32).map(|_| {
        let next = next.clone();
        async move {
            let mut connection = Connection::open(server.address, &server.token).await?;
            let mut ids = Vec::new();
            while next.get() < count {
                let n = next.replace(next.get() + 1);
                let answer = connection.send("POST", "/scim/v2/Users", &user(n).to_string()).await?;
                check(answer.status == 201, "POST /Users")?;
                let body: Value = serde_json::from_slice(&answer.body)?;
                ids.push(body["id"].as_str().ok_or("no id")?.to_owned());
            }
            Ok::<_, Box<dyn Error>>(ids)
        }
    });
    let ids: Vec<String> = futures::future::try_join_all(workers).await?.concat();
    Ok(Provisioned { rate: rate(ids.len(), start.elapsed()), ids })
}

/// Makes users one after the other.
pub async fn create(server: &Target, time: Duration) -> Result<String, Box<dyn Error>> {
    measure(server, 1, time, async |connection, n| {
        // Numbers that no other row uses.
        let answer = connection.send("POST", "/scim/v2/Users", &user(1_000_000 + n).to_string()).await?;
        check(answer.status == 201, "POST /Users")
    })
    .await
}

/// A group with these members.
pub async fn group(server: &Target, members: &[String]) -> Result<String, Box<dyn Error>> {
    let mut connection = Connection::open(server.address, &server.token).await?;
    let members_json: Vec<Value> = members.iter().map(|id| json!({ "value": id })).collect();
    let body = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"],
        "displayName": format!("Group of {}", members.len()),
        "members": members_json,
    });
    // With its members the answer would be streamed, which this client does not read.
    let answer = connection.send("POST", "/scim/v2/Groups?excludedAttributes=members", &body.to_string()).await?;
    check(answer.status == 201, "POST /Groups")?;
    let body: Value = serde_json::from_slice(&answer.body)?;
    Ok(body["id"].as_str().ok_or("no id")?.to_owned())
}

/// `GET /Users/{id}` over all users in turn.
pub async fn get_by_id(
    server: &Target,
    ids: &[String],
    connections: usize,
    time: Duration,
) -> Result<String, Box<dyn Error>> {
    measure(server, connections, time, async |connection, n| {
        let id = &ids[(n * 7919) % ids.len()];
        let answer = connection.send("GET", &format!("/scim/v2/Users/{id}"), "").await?;
        let right = answer.status == 200 && contains(&answer.body, id.as_bytes());
        check(right, "GET /Users/{id}")
    })
    .await
}

/// Takes one member out and puts it in again, by turns; each request is counted.
pub async fn patch_one_member(
    server: &Target,
    group: &str,
    ids: &[String],
    connections: usize,
    time: Duration,
) -> Result<String, Box<dyn Error>> {
    let path = format!("/scim/v2/Groups/{group}");
    measure(server, connections, time, async |connection, n| {
        let op = if (n / connections).is_multiple_of(2) { "Remove" } else { "Add" };
        let member = &ids[n % connections];
        let body = json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
            "Operations": [{ "op": op, "path": "members", "value": [{ "value": member }] }],
        });
        let answer = connection.send("PATCH", &path, &body.to_string()).await?;
        check(answer.status == 204, "PATCH /Groups/{id}")
    })
    .await
}

async fn measure(
    server: &Target,
    connections: usize,
    time: Duration,
    request: impl AsyncFn(&mut Connection, usize) -> Done,
) -> Result<String, Box<dyn Error>> {
    let request = &request;
    let start = Instant::now();
    let workers = (0..connections).map(async |worker| {
        let mut connection = Connection::open(server.address, &server.token).await?;
        let mut count = 0;
        while start.elapsed() < time {
            request(&mut connection, count * connections + worker).await?;
            count += 1;
        }
        Ok::<_, Box<dyn Error>>(count)
    });
    let counts = futures::future::try_join_all(workers).await?;
    Ok(rate(counts.into_iter().sum(), start.elapsed()))
}

fn check(right: bool, what: &str) -> Done {
    if right { Ok(()) } else { Err(format!("{what} was answered wrongly").into()) }
}

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    haystack.windows(needle.len()).any(|window| window == needle)
}

pub fn rate(count: usize, time: Duration) -> String {
    format!("{:.0}/s", count as f64 / time.as_secs_f64())
}

/// A person of about 700 bytes.
pub fn user(n: usize) -> Value {
    json!({
        "schemas": [
            "urn:ietf:params:scim:schemas:core:2.0:User",
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
        ],
        "userName": format!("person{n}@example.com"),
        "externalId": format!("0a21f0f2-8d2a-4f8e-bf98-{n:012}"),
        "displayName": format!("Person Number {n}"),
        "title": "Process designer",
        "active": true,
        "name": {
            "formatted": format!("Person Number {n}"), "givenName": "Person", "familyName": format!("Number {n}")
        },
        "emails": [{ "primary": true, "type": "work", "value": format!("person{n}@example.com") }],
        "phoneNumbers": [{ "type": "work", "value": "+1 555 0100" }],
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {
            "department": "Operations", "employeeNumber": format!("{n}"), "costCenter": "4130"
        }
    })
}
