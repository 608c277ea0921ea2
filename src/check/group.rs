//! Groups: RFC 7643 §4.2.

use super::made::Kind;
use super::verdict::{Outcome, absent, ensure, equal, list, skipped, text, values, values_are};
use super::{Check, GROUP, Session, check};
use serde_json::{Value, json};

pub(super) const CHECKS: &[Check] = &[
    check!("group-create", "RFC 7643 §4.2", "a group keeps displayName and externalId", [Groups], create),
    check!("group-name-required", "RFC 7643 §4.2", "a group without displayName is 400", [Groups], name_required),
    check!("group-members", "RFC 7643 §4.2", "members come back by id", [Groups], members),
    check!("group-member-type", "RFC 7643 §4.2", "type of a member, where given, is User", [Groups], member_type),
    check!("group-member-ref", "RFC 7643 §4.2", "$ref of a member, where given, leads to it", [Groups], member_ref),
    check!("group-without-members", "RFC 7643 §4.2", "a group may have no members", [Groups], empty),
    check!("group-meta", "RFC 7643 §3.1", "meta.resourceType of a group is Group", [Groups], meta),
    check!("group-member-deleted", "RFC 7643 §4.2", "a deleted user is a member no more", [Groups], deleted),
];

async fn create(s: &mut Session) -> Outcome {
    let external = s.name();
    let body = s.group_body(&[], &json!({ "externalId": external }));
    let answer = s.create(Kind::Group, &body).await?;
    answer.is(201)?;
    equal(&answer.body, "/displayName", &body["displayName"])?;
    equal(&answer.body, "/externalId", &json!(external))
}

async fn name_required(s: &mut Session) -> Outcome {
    s.create(Kind::Group, &json!({ "schemas": [GROUP] })).await?.is(400)
}

/// A group of two people, as GET shows it, and their ids.
async fn of_two(s: &mut Session) -> Result<(Value, String, String), super::Verdict> {
    let (one, two) = (s.user_id().await?, s.user_id().await?);
    let group = s.group_id(&[&one, &two]).await?;
    let path = s.groups(&group);
    Ok((s.read(&path).await?, one, two))
}

async fn members(s: &mut Session) -> Outcome {
    let (group, one, two) = of_two(s).await?;
    values_are(&group, "/members", "value", &[&one, &two])
}

async fn member_type(s: &mut Session) -> Outcome {
    let (group, ..) = of_two(s).await?;
    for member in list(&group, "/members")? {
        if let Some(kind) = member.get("type") {
            ensure(kind == "User", "type = \"User\"", kind.to_string())?;
        }
    }
    Ok(())
}

async fn member_ref(s: &mut Session) -> Outcome {
    let (group, ..) = of_two(s).await?;
    for member in list(&group, "/members")? {
        if let Some(address) = member.get("$ref").and_then(Value::as_str) {
            let wanted = s.users(text(member, "/value")?);
            ensure(address.ends_with(&wanted), format!("…/{wanted}"), address)?;
        }
    }
    Ok(())
}

async fn empty(s: &mut Session) -> Outcome {
    let body = s.group_body(&[], &json!({ "members": null }));
    let answer = s.create(Kind::Group, &body).await?;
    answer.is(201)?;
    absent(&answer.body, "/members")
}

async fn meta(s: &mut Session) -> Outcome {
    let id = s.group_id(&[]).await?;
    let path = s.groups(&id);
    let group = s.read(&path).await?;
    equal(&group, "/meta/resourceType", &json!("Group"))?;
    let location = text(&group, "/meta/location")?;
    ensure(location.ends_with(&path), format!("http(s)://…/{path}"), location)
}

async fn deleted(s: &mut Session) -> Outcome {
    let (group, one, two) = of_two(s).await?;
    let path = s.users(&one);
    s.delete(&path).await?.is(204)?;
    let path = s.groups(text(&group, "/id")?);
    let group = s.read(&path).await?;
    if values(&group, "/members", "value").contains(&one) {
        return Err(skipped("the server keeps the id of a deleted member, which the RFCs leave open"));
    }
    values_are(&group, "/members", "value", &[&two])
}
