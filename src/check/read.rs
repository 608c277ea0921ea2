//! GET of one resource: RFC 7644 §3.4.1; and what of it is wanted: §3.9.

use super::made::Kind;
use super::verdict::{Outcome, Verdict, absent, ensure, equal, text};
use super::{Check, ENTERPRISE, NOBODY, Session, USER, check};
use crate::client::Method;
use crate::client::raw::RawRequest;
use serde_json::{Value, json};

pub(super) const CHECKS: &[Check] = &[
    check!("read-200", "RFC 7644 §3.4.1", "GET answers 200 with the resource", [], one),
    check!("read-404", "RFC 7644 §3.4.1", "GET of an unknown id is 404", [], unknown),
    check!("read-group-404", "RFC 7644 §3.4.1", "GET of an unknown group is 404", [Groups], unknown_group),
    check!("attributes", "RFC 7644 §3.9", "attributes: what is asked for, id and schemas, nothing else", [], wanted),
    check!("attributes-part", "RFC 7644 §3.9", "attributes may name a sub-attribute", [], part),
    check!("attributes-case", "RFC 7644 §3.9", "attributes are named in any case", [], any_case),
    check!("attributes-urn", "RFC 7644 §3.10", "attributes may be named with their schema", [], by_urn),
    check!("attributes-extension", "RFC 7644 §3.10", "attributes of an extension by URN", [Enterprise], extension),
    check!("excluded", "RFC 7644 §3.9", "excludedAttributes are left out", [], excluded),
    check!("excluded-always", "RFC 7644 §3.9", "id and schemas cannot be left out", [], always),
    check!("attributes-post", "RFC 7644 §3.9", "attributes hold for the answer to POST", [], at_post),
    check!("excluded-put", "RFC 7644 §3.9", "excludedAttributes hold for the answer to PUT", [], at_put),
    check!("attributes-group", "RFC 7644 §3.9", "members of a group can be left out", [Groups], of_group),
];

async fn one(s: &mut Session) -> Outcome {
    let user = s.reader().await?;
    let path = s.users(text(&user, "/id")?);
    let read = s.read(&path).await?;
    equal(&read, "/id", &user["id"])?;
    equal(&read, "/userName", &user["userName"])
}

async fn unknown(s: &mut Session) -> Outcome {
    let path = s.users(NOBODY);
    s.get(&path).await?.is(404)
}

async fn unknown_group(s: &mut Session) -> Outcome {
    let path = s.groups(NOBODY);
    s.get(&path).await?.is(404)
}

/// A user of everything, read with one query pair.
async fn read_with(s: &mut Session, name: &'static str, value: &str) -> Result<Value, Verdict> {
    let path = s.reader().await.and_then(|user| Ok(s.users(text(&user, "/id")?)))?;
    let answer = s.query(&path, &[(name, value)]).await?;
    answer.is(200)?;
    Ok(answer.body)
}

async fn wanted(s: &mut Session) -> Outcome {
    let user = read_with(s, "attributes", "userName").await?;
    for pointer in ["/userName", "/id"] {
        text(&user, pointer)?;
    }
    ensure(user["schemas"].is_array(), "schemas, which are always returned", "none")?;
    for pointer in ["/name", "/emails", "/displayName", "/active"] {
        absent(&user, pointer)?;
    }
    Ok(())
}

async fn part(s: &mut Session) -> Outcome {
    let user = read_with(s, "attributes", "name.givenName,userName").await?;
    text(&user, "/name/givenName")?;
    text(&user, "/userName")?;
    absent(&user, "/name/familyName")?;
    absent(&user, "/emails")
}

async fn any_case(s: &mut Session) -> Outcome {
    let user = read_with(s, "attributes", "USERNAME").await?;
    text(&user, "/userName")?;
    absent(&user, "/emails")
}

async fn by_urn(s: &mut Session) -> Outcome {
    let user = read_with(s, "attributes", &format!("{USER}:userName")).await?;
    text(&user, "/userName")?;
    absent(&user, "/emails")
}

async fn extension(s: &mut Session) -> Outcome {
    let parts = json!({ "department": "Tests", "division": "Checks" });
    let user = s.user(json!({ "schemas": [USER, ENTERPRISE], ENTERPRISE: parts })).await?;
    let path = s.users(text(&user, "/id")?);
    let read = s.query(&path, &[("attributes", &format!("{ENTERPRISE}:department"))]).await?;
    read.is(200)?;
    equal(&read.body, &format!("/{ENTERPRISE}/department"), &json!("Tests"))?;
    absent(&read.body, &format!("/{ENTERPRISE}/division"))?;
    absent(&read.body, "/userName")
}

async fn excluded(s: &mut Session) -> Outcome {
    let user = read_with(s, "excludedAttributes", "emails,name.familyName").await?;
    absent(&user, "/emails")?;
    absent(&user, "/name/familyName")?;
    text(&user, "/name/givenName")?;
    text(&user, "/userName").map(drop)
}

async fn always(s: &mut Session) -> Outcome {
    let user = read_with(s, "excludedAttributes", "id,schemas").await?;
    text(&user, "/id")?;
    ensure(user["schemas"].is_array(), "schemas, which are always returned", "none")
}

async fn at_post(s: &mut Session) -> Outcome {
    let body = s.user_body(&Value::Null);
    let request = RawRequest::new(Method::POST, s.users("")).with("attributes", "userName").json(&body);
    let answer = s.create_by(Kind::User, request, &body).await?;
    answer.is(201)?;
    answer.id()?;
    equal(&answer.body, "/userName", &body["userName"])?;
    absent(&answer.body, "/emails")
}

async fn at_put(s: &mut Session) -> Outcome {
    let body = s.user_body(&Value::Null);
    let answer = s.create(Kind::User, &body).await?;
    answer.is(201)?;
    let request = RawRequest::new(Method::PUT, s.users(answer.id()?)).with("excludedAttributes", "emails");
    let answer = s.send(request.json(&body)).await?;
    answer.is(200)?;
    equal(&answer.body, "/userName", &body["userName"])?;
    absent(&answer.body, "/emails")
}

async fn of_group(s: &mut Session) -> Outcome {
    let user = s.user_id().await?;
    let group = s.group_id(&[&user]).await?;
    let path = s.groups(&group);
    let answer = s.query(&path, &[("excludedAttributes", "members")]).await?;
    answer.is(200)?;
    absent(&answer.body, "/members")?;
    text(&answer.body, "/displayName").map(drop)
}
