//! Keycloak with the extension keycloak-scim: POST, PUT of everything, DELETE; references and locations are relative,
//! and a DELETE has a media type.

use super::{
    Check, Kind, Method, Outcome, RawRequest, Session, Value, accepted, check, ensure, equal, json, over, values_are,
};

pub(super) const CHECKS: &[Check] = &[
    check!(Keycloak: "keycloak-create", "POST of a user with Keycloak's id as externalId", [], create),
    check!(Keycloak: "keycloak-update", "PUT with id and a relative meta.location", [], update),
    check!(Keycloak: "keycloak-group", "POST and PUT of a group, members with a relative $ref", [Groups], group),
    check!(Keycloak: "keycloak-import", "import: GET of all users without a filter", [], import),
    check!(Keycloak: "keycloak-delete", "DELETE with a media type is 204", [], delete),
];

async fn create(s: &mut Session) -> Outcome {
    let body = s.user_body(&json!({ "externalId": uuid::Uuid::new_v4().to_string() }));
    let answer = accepted(s, Kind::User, &body).await?;
    equal(&answer.body, "/externalId", &body["externalId"])
}

async fn update(s: &mut Session) -> Outcome {
    let body = s.user_body(&Value::Null);
    let answer = accepted(s, Kind::User, &body).await?;
    let id = answer.id()?;
    let path = s.users(id);
    let more = json!({ "id": id, "meta": { "location": path }, "displayName": "Updated" });
    s.put(&path, &over(body, &more)).await?.is(200)?;
    equal(&s.read(&path).await?, "/displayName", &json!("Updated"))
}

async fn group(s: &mut Session) -> Outcome {
    let (one, two) = (s.user_id().await?, s.user_id().await?);
    let member = |s: &Session, id: &str| json!({ "value": id, "$ref": s.users(id) });
    let members = json!([member(s, &one)]);
    let body = s.group_body(&[], &json!({ "members": members }));
    let answer = accepted(s, Kind::Group, &body).await?;
    let id = answer.id()?;
    let path = s.groups(id);
    values_are(&s.read(&path).await?, "/members", "value", &[&one])?;
    let members = json!([member(s, &one), member(s, &two)]);
    let more = json!({ "id": id, "meta": { "location": path }, "members": members });
    s.put(&path, &over(body, &more)).await?.is(200)?;
    values_are(&s.read(&path).await?, "/members", "value", &[&one, &two])
}

async fn import(s: &mut Session) -> Outcome {
    s.reader().await?;
    let users = s.users("");
    let (total, resources) = s.get(&users).await?.list()?;
    ensure(total > 0 && !resources.is_empty(), "at least one user", format!("totalResults {total}"))
}

async fn delete(s: &mut Session) -> Outcome {
    let path = s.user_id().await.map(|id| s.users(&id))?;
    let request = RawRequest::new(Method::DELETE, path).header("content-type", "application/scim+json");
    s.send(request).await?.is(204)
}
