//! Okta and groups: Group Push.

use super::{Check, Kind, Outcome, Session, Value, accepted, check, equal, group_of, json, list, text, values_are};

pub(super) const CHECKS: &[Check] = &[
    check!(Okta: "okta-group-create", "POST of a group with members and their display", [Groups], create),
    check!(Okta: "okta-group-push", "replace {id, displayName} without a path, at every push", [Groups], push),
    check!(Okta: "okta-group-members", "remove one and add one member in a single PATCH", [Groups], exchange),
    check!(Okta: "okta-group-replace", "replace of all members", [Groups], replace),
    check!(Okta: "okta-group-put", "PUT of a group with its members", [Groups], put),
    check!(Okta: "okta-group-delete", "DELETE of a group is 204", [Groups], delete),
];

async fn create(s: &mut Session) -> Outcome {
    let user = s.user(Value::Null).await?;
    let member = json!({ "value": user["id"], "display": user["userName"] });
    let body = s.group_body(&[], &json!({ "members": [member] }));
    let answer = accepted(s, Kind::Group, &body).await?;
    let path = s.groups(answer.id()?);
    values_are(&s.read(&path).await?, "/members", "value", &[text(&user, "/id")?])
}

async fn push(s: &mut Session) -> Outcome {
    let user = s.user_id().await?;
    let id = s.group_id(&[&user]).await?;
    let path = s.groups(&id);
    let name = s.name();
    for _ in 0..2 {
        let operation = json!([{ "op": "replace", "value": { "id": id, "displayName": name } }]);
        let group = s.patched(&path, operation).await?;
        equal(&group, "/displayName", &json!(name))?;
        values_are(&group, "/members", "value", &[&user])?;
    }
    Ok(())
}

async fn exchange(s: &mut Session) -> Outcome {
    let (one, two) = (s.user_id().await?, s.user(Value::Null).await?);
    let path = group_of(s, &[&one]).await?;
    let added = json!([{ "value": two["id"], "display": two["userName"] }]);
    let operations = json!([
        { "op": "remove", "path": format!("members[value eq \"{one}\"]") },
        { "op": "add", "path": "members", "value": added },
    ]);
    values_are(&s.patched(&path, operations).await?, "/members", "value", &[text(&two, "/id")?])
}

async fn replace(s: &mut Session) -> Outcome {
    let (one, two) = (s.user_id().await?, s.user(Value::Null).await?);
    let path = group_of(s, &[&one]).await?;
    let all = json!([{ "value": two["id"], "display": two["userName"] }]);
    let group = s.patched(&path, json!([{ "op": "replace", "path": "members", "value": all }])).await?;
    values_are(&group, "/members", "value", &[text(&two, "/id")?])
}

async fn put(s: &mut Session) -> Outcome {
    let (one, two) = (s.user_id().await?, s.user_id().await?);
    let path = group_of(s, &[&one]).await?;
    let group = s.read(&path).await?;
    let members = json!([{ "value": one }, { "value": two }]);
    s.put(&path, &super::over(group, &json!({ "members": members }))).await?.is(200)?;
    let group = s.read(&path).await?;
    list(&group, "/members")?;
    values_are(&group, "/members", "value", &[&one, &two])
}

async fn delete(s: &mut Session) -> Outcome {
    let path = group_of(s, &[]).await?;
    s.delete(&path).await?.is(204)
}
