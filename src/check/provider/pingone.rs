//! PingOne: looks people up by a userName that is their e-mail address, and sends groups whole, with their members.

use super::{
    Check, Kind, Outcome, Session, Value, accepted, check, equal, group_of, json, lookup, lookup_nobody, over, text,
    values_are,
};

pub(super) const CHECKS: &[Check] = &[
    check!(PingOne: "pingone-lookup", "lookup by a userName that is an e-mail address", [], by_address),
    check!(PingOne: "pingone-nobody", "lookup of nobody is 200 and empty", [], nobody),
    check!(PingOne: "pingone-update", "PUT of the whole user", [], update),
    check!(PingOne: "pingone-group-create", "POST of a group with members", [Groups], create_group),
    check!(PingOne: "pingone-group-update", "PUT of a group with members", [Groups], update_group),
];

async fn by_address(s: &mut Session) -> Outcome {
    let user = s.reader().await?;
    let address = text(&user, "/emails/0/value")?;
    let users = s.users("");
    equal(&lookup(s, &users, &[("filter", &format!("userName eq \"{address}\""))]).await?, "/id", &user["id"])
}

async fn nobody(s: &mut Session) -> Outcome {
    let users = s.users("");
    let filter = format!("userName eq \"{}@example.com\"", s.name());
    lookup_nobody(s, &users, &[("filter", &filter)]).await
}

async fn update(s: &mut Session) -> Outcome {
    let body = s.user_body(&Value::Null);
    let path = accepted(s, Kind::User, &body).await.and_then(|answer| Ok(s.users(answer.id()?)))?;
    s.put(&path, &over(body, &json!({ "title": "New" }))).await?.is(200)?;
    equal(&s.read(&path).await?, "/title", &json!("New"))
}

async fn create_group(s: &mut Session) -> Outcome {
    let user = s.user_id().await?;
    let body = s.group_body(&[&user], &Value::Null);
    let path = accepted(s, Kind::Group, &body).await.and_then(|answer| Ok(s.groups(answer.id()?)))?;
    values_are(&s.read(&path).await?, "/members", "value", &[&user])
}

async fn update_group(s: &mut Session) -> Outcome {
    let (one, two) = (s.user_id().await?, s.user_id().await?);
    let path = group_of(s, &[&one]).await?;
    let group = s.read(&path).await?;
    let members = json!([{ "value": one }, { "value": two }]);
    s.put(&path, &over(group, &json!({ "members": members }))).await?.is(200)?;
    values_are(&s.read(&path).await?, "/members", "value", &[&one, &two])
}
