//! Microsoft Entra ID and groups.

use super::{
    Check, GROUP, Kind, NOBODY, Outcome, Session, Value, Verdict, absent, accepted, check, ensure, equal, group_of,
    json, lookup, lookup_nobody, text, values_are,
};

/// What Entra puts beside the schema of groups; no schema of SCIM.
const ADSCIM: &str = "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group";

pub(super) const CHECKS: &[Check] = &[
    check!(Entra: "entra-group-create", "POST of a group with Entra's own URN and no members", [Groups], create),
    check!(Entra: "entra-group-lookup", "lookup by displayName, without members", [Groups], by_name),
    check!(Entra: "entra-group-nobody", "lookup of no group is 200 and empty", [Groups], nobody),
    check!(Entra: "entra-group-external-id", "lookup by externalId", [Groups], by_external_id),
    check!(Entra: "entra-group-get", "GET with excludedAttributes=members", [Groups], get),
    check!(Entra: "entra-group-rename", "Replace displayName and externalId", [Groups], rename),
    check!(Entra: "entra-group-patch-answer", "the answer to PATCH does not list members", [Groups], patch_answer),
    check!(Entra: "entra-member-add", "Add members with $ref null", [Groups], add),
    check!(Entra: "entra-member-remove", "Remove members with a value takes only that one", [Groups], remove),
    check!(Entra: "entra-member-remove-flag", "remove members[value eq …]", [Groups], remove_flag),
    check!(Entra: "entra-member-check", "lookup by id and members", [Groups], member_check),
    check!(Entra: "entra-member-stays", "who is disabled and enabled is still a member", [Groups], stays),
];

async fn create(s: &mut Session) -> Outcome {
    let external = s.name();
    let more = json!({
        "schemas": [GROUP, ADSCIM], "externalId": external, "meta": { "resourceType": "Group" }, "members": null,
    });
    let body = s.group_body(&[], &more);
    let answer = accepted(s, Kind::Group, &body).await?;
    equal(&answer.body, "/displayName", &body["displayName"])?;
    equal(&answer.body, "/externalId", &json!(external))
}

/// A group of one member, as GET shows it without members.
async fn group(s: &mut Session) -> Result<(String, Value), Verdict> {
    let user = s.user_id().await?;
    let body = s.group_body(&[&user], &Value::Null);
    let external = s.name();
    let body = super::over(body, &json!({ "externalId": external }));
    let answer = s.create(Kind::Group, &body).await?;
    let id = answer.id().map_err(|_| super::undecided(answer.told()))?;
    let path = s.groups(id);
    let group = s.query(&path, &[("excludedAttributes", "members")]).await?;
    group.is(200)?;
    Ok((path, group.body))
}

async fn found_by(s: &mut Session, attribute: &str) -> Outcome {
    let (_, group) = group(s).await?;
    let groups = s.groups("");
    let filter = format!("{attribute} eq \"{}\"", text(&group, &format!("/{attribute}"))?);
    let found = lookup(s, &groups, &[("excludedAttributes", "members"), ("filter", &filter)]).await?;
    equal(&found, "/id", &group["id"])?;
    absent(&found, "/members")
}

async fn by_name(s: &mut Session) -> Outcome {
    found_by(s, "displayName").await
}

async fn by_external_id(s: &mut Session) -> Outcome {
    found_by(s, "externalId").await
}

async fn nobody(s: &mut Session) -> Outcome {
    let groups = s.groups("");
    let filter = format!("displayName eq \"{}\"", s.name());
    lookup_nobody(s, &groups, &[("excludedAttributes", "members"), ("filter", &filter)]).await
}

async fn get(s: &mut Session) -> Outcome {
    let (_, group) = group(s).await?;
    absent(&group, "/members")
}

async fn rename(s: &mut Session) -> Outcome {
    let (path, _) = group(s).await?;
    let (name, external) = (s.name(), s.name());
    s.patched(&path, json!([{ "op": "Replace", "path": "displayName", "value": name }])).await?;
    let group = s.patched(&path, json!([{ "op": "Replace", "path": "externalId", "value": external }])).await?;
    equal(&group, "/displayName", &json!(name))?;
    equal(&group, "/externalId", &json!(external))
}

async fn patch_answer(s: &mut Session) -> Outcome {
    let user = s.user_id().await?;
    let (path, _) = group(s).await?;
    let value = json!([{ "$ref": null, "value": user }]);
    let answer = s.patch(&path, json!([{ "op": "Add", "path": "members", "value": value }])).await?;
    answer.any_of(&[200, 204])?;
    absent(&answer.body, "/members")
}

async fn add(s: &mut Session) -> Outcome {
    let (one, two) = (s.user_id().await?, s.user_id().await?);
    let path = group_of(s, &[&one]).await?;
    let value = json!([{ "$ref": null, "value": two }]);
    let group = s.patched(&path, json!([{ "op": "Add", "path": "members", "value": value }])).await?;
    values_are(&group, "/members", "value", &[&one, &two])
}

async fn remove(s: &mut Session) -> Outcome {
    let (one, two) = (s.user_id().await?, s.user_id().await?);
    let path = group_of(s, &[&one, &two]).await?;
    let value = json!([{ "$ref": null, "value": one }]);
    let group = s.patched(&path, json!([{ "op": "Remove", "path": "members", "value": value }])).await?;
    values_are(&group, "/members", "value", &[&two])
}

async fn remove_flag(s: &mut Session) -> Outcome {
    let (one, two) = (s.user_id().await?, s.user_id().await?);
    let path = group_of(s, &[&one, &two]).await?;
    let filter = format!("members[value eq \"{one}\"]");
    let group = s.patched(&path, json!([{ "op": "remove", "path": filter }])).await?;
    values_are(&group, "/members", "value", &[&two])
}

async fn member_check(s: &mut Session) -> Outcome {
    let user = s.user_id().await?;
    let id = s.group_id(&[&user]).await?;
    let groups = s.groups("");
    let filter = format!("id eq \"{id}\" and members eq \"{user}\"");
    equal(&lookup(s, &groups, &[("filter", &filter), ("attributes", "id")]).await?, "/id", &json!(id))?;
    let filter = format!("id eq \"{id}\" and members eq \"{NOBODY}\"");
    lookup_nobody(s, &groups, &[("filter", &filter), ("attributes", "id")]).await
}

async fn stays(s: &mut Session) -> Outcome {
    let user = s.user_id().await?;
    let group = group_of(s, &[&user]).await?;
    let path = s.users(&user);
    for active in ["False", "True"] {
        s.patched(&path, json!([{ "op": "Replace", "path": "active", "value": active }])).await?;
    }
    let group = s.read(&group).await?;
    let kept = group["members"].as_array().is_some_and(|members| !members.is_empty());
    ensure(kept, "still a member: Entra does not send it again", "no member")
}
