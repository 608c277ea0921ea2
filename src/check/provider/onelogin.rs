//! OneLogin: the URNs of the time before the standard, no User-Agent, and addresses that end in `?` or `&`.

use super::{
    Check, ENTERPRISE, Kind, Method, Outcome, RawRequest, Session, Value, accepted, check, equal, group_of, json,
    person, text, values_are,
};

pub(super) const CHECKS: &[Check] = &[
    check!(OneLogin: "onelogin-create", "POST with urn:scim:schemas:core:2.0 instead of the RFC's URNs", [], create),
    check!(OneLogin: "onelogin-stray-mark", "an address that ends in ?", [], stray_mark),
    check!(OneLogin: "onelogin-stray-ampersand", "a query that ends in &", [], stray_ampersand),
    check!(OneLogin: "onelogin-no-agent", "an empty User-Agent", [], no_agent),
    check!(OneLogin: "onelogin-update", "PUT of the whole user", [], update),
    check!(OneLogin: "onelogin-disable", "PATCH replace active false", [], disable),
    check!(OneLogin: "onelogin-members", "groups only by PATCH: add and remove of members", [Groups], members),
];

/// The URNs of its POST.
fn old() -> Value {
    json!({ "schemas": ["urn:scim:schemas:core:2.0", "urn:scim:schemas:extension:enterprise:2.0"] })
}

async fn create(s: &mut Session) -> Outcome {
    let body = s.user_body(&old());
    let answer = accepted(s, Kind::User, &body).await?;
    equal(&answer.body, "/userName", &body["userName"])?;
    equal(&answer.body, "/name/familyName", &body["name"]["familyName"])
}

async fn stray_mark(s: &mut Session) -> Outcome {
    let path = s.reader().await.and_then(|user| Ok(s.users(text(&user, "/id")?)))?;
    s.send(RawRequest { tail: "?", ..RawRequest::new(Method::GET, path) }).await?.is(200)
}

async fn stray_ampersand(s: &mut Session) -> Outcome {
    let user = s.reader().await?;
    let filter = format!("userName eq \"{}\"", text(&user, "/userName")?);
    let request = RawRequest::new(Method::GET, s.users("")).with("filter", filter);
    let answer = s.send(RawRequest { tail: "&", ..request }).await?;
    answer.is(200)?;
    equal(&answer.body, "/Resources/0/id", &user["id"])
}

async fn no_agent(s: &mut Session) -> Outcome {
    let body = s.user_body(&old());
    let request = RawRequest::new(Method::POST, s.users("")).json(&body).header("user-agent", "");
    s.create_by(Kind::User, request, &body).await?.is(201)
}

async fn update(s: &mut Session) -> Outcome {
    let body = s.user_body(&old());
    let path = accepted(s, Kind::User, &body).await.and_then(|answer| Ok(s.users(answer.id()?)))?;
    let changed = json!({ "title": "New", ENTERPRISE: { "department": "Tests" } });
    s.put(&path, &super::over(body, &changed)).await?.is(200)?;
    equal(&s.read(&path).await?, "/title", &json!("New"))
}

async fn disable(s: &mut Session) -> Outcome {
    let path = person(s, Value::Null).await?;
    let user = s.patched(&path, json!([{ "op": "replace", "path": "active", "value": false }])).await?;
    equal(&user, "/active", &json!(false))
}

async fn members(s: &mut Session) -> Outcome {
    let (one, two) = (s.user_id().await?, s.user_id().await?);
    let path = group_of(s, &[&one]).await?;
    let added = json!([{ "value": two }]);
    let group = s.patched(&path, json!([{ "op": "add", "path": "members", "value": added }])).await?;
    values_are(&group, "/members", "value", &[&one, &two])?;
    let filter = format!("members[value eq \"{one}\"]");
    let group = s.patched(&path, json!([{ "op": "remove", "path": filter }])).await?;
    values_are(&group, "/members", "value", &[&two])
}
