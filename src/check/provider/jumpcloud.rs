//! JumpCloud: its connection test makes and deletes a user; afterwards it always PUTs the whole resource.

use super::{
    Check, Kind, Outcome, Session, Value, absent, accepted, check, equal, group_of, json, lookup_nobody, over,
    values_are,
};

pub(super) const CHECKS: &[Check] = &[
    check!(JumpCloud: "jumpcloud-test", "the connection test: lookup, POST, DELETE, and nothing is left", [], test),
    check!(JumpCloud: "jumpcloud-update", "PUT of the whole user; what is left out is cleared", [], update),
    check!(JumpCloud: "jumpcloud-disable", "PUT with active false", [], disable),
    check!(JumpCloud: "jumpcloud-group", "PUT of a group with all its members", [Groups], group),
];

async fn test(s: &mut Session) -> Outcome {
    let body = s.user_body(&Value::Null);
    let users = s.users("");
    let filter = format!("userName eq \"{}\"", body["userName"].as_str().unwrap_or_default());
    lookup_nobody(s, &users, &[("filter", &filter)]).await?;
    let path = accepted(s, Kind::User, &body).await.and_then(|answer| Ok(s.users(answer.id()?)))?;
    s.delete(&path).await?.is(204)?;
    lookup_nobody(s, &users, &[("filter", &filter)]).await
}

async fn update(s: &mut Session) -> Outcome {
    let body = s.user_body(&json!({ "title": "Lead" }));
    let path = accepted(s, Kind::User, &body).await.and_then(|answer| Ok(s.users(answer.id()?)))?;
    let put = s.put(&path, &over(body, &json!({ "title": null, "nickName": "Nick" }))).await?;
    put.is(200)?;
    let user = s.read(&path).await?;
    equal(&user, "/nickName", &json!("Nick"))?;
    absent(&user, "/title")
}

async fn disable(s: &mut Session) -> Outcome {
    let body = s.user_body(&Value::Null);
    let path = accepted(s, Kind::User, &body).await.and_then(|answer| Ok(s.users(answer.id()?)))?;
    s.put(&path, &over(body, &json!({ "active": false }))).await?.is(200)?;
    equal(&s.read(&path).await?, "/active", &json!(false))
}

async fn group(s: &mut Session) -> Outcome {
    let (one, two) = (s.user_id().await?, s.user_id().await?);
    let path = group_of(s, &[&one]).await?;
    let group = s.read(&path).await?;
    s.put(&path, &over(group, &json!({ "members": [{ "value": two }] }))).await?.is(200)?;
    values_are(&s.read(&path).await?, "/members", "value", &[&two])
}
