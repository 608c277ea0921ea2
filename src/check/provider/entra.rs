//! Microsoft Entra ID and users: the shapes of both settings of `aadOptscim062020`, which a server cannot see.

use super::{
    Check, ENTERPRISE, Kind, Method, Outcome, RawRequest, Session, USER, Value, absent, accepted, check, ensure, equal,
    json, lookup, lookup_nobody, over, person, text, unauthorized, values_are,
};

pub(super) const CHECKS: &[Check] = &[
    check!(Entra: "entra-test-connection", "a lookup of nobody is 200 and empty", [], test_connection),
    check!(Entra: "entra-bad-token", "a wrong token is 401", [], bad_token),
    check!(Entra: "entra-tenant-flag", "?aadOptscim062020 behind every address does no harm", [], tenant_flag),
    check!(Entra: "entra-create", "POST with roles [], meta and the enterprise URN", [], create),
    check!(Entra: "entra-create-nulls", "POST with null for what is unknown", [], create_nulls),
    check!(Entra: "entra-duplicate", "POST of a userName that is taken is 409", [], duplicate),
    check!(Entra: "entra-by-user-name", "lookup by userName, also in capitals", [], by_user_name),
    check!(Entra: "entra-by-external-id", "lookup by externalId", [], by_external_id),
    check!(Entra: "entra-by-email", "lookup by emails[type eq \"work\"].value", [], by_email),
    check!(Entra: "entra-inactive", "who is inactive is still found", [], inactive),
    check!(Entra: "entra-verbatim", "values are kept as they were sent", [], verbatim),
    check!(Entra: "entra-disable", "Replace active \"False\", a text", [], disable),
    check!(Entra: "entra-disable-flag", "replace active false, a boolean", [], disable_flag),
    check!(Entra: "entra-add", "Add nickName, with a capital", [], add),
    check!(Entra: "entra-no-path", "dotted and URN keys in a value without a path", [Enterprise], no_path),
    check!(Entra: "entra-value-path-creates", "Add to a value path that finds nothing makes the entry", [], creates),
    check!(Entra: "entra-manager", "manager as text, as list, with a dot, and \"\" to clear it", [Enterprise], manager),
    check!(Entra: "entra-manager-check", "lookup by id and manager", [Enterprise], manager_check),
    check!(Entra: "entra-clear", "replace with \"\" and with null clears", [], clear),
    check!(Entra: "entra-roles", "roles[primary eq \"True\"].value, with a text for true", [], roles),
    check!(Entra: "entra-delete", "DELETE is 204, and again 404", [], delete),
];

async fn test_connection(s: &mut Session) -> Outcome {
    let users = s.users("");
    let filter = format!("userName eq \"{}\"", uuid::Uuid::new_v4());
    lookup_nobody(s, &users, &[("filter", &filter)]).await
}

async fn bad_token(s: &mut Session) -> Outcome {
    unauthorized(s).await.map(drop)
}

async fn tenant_flag(s: &mut Session) -> Outcome {
    let users = s.users("");
    lookup_nobody(s, &users, &[("aadOptscim062020", ""), ("filter", "userName eq \"nobody@example.com\"")]).await
}

async fn create(s: &mut Session) -> Outcome {
    let more = json!({ "schemas": [USER, ENTERPRISE], "meta": { "resourceType": "User" }, "roles": [] });
    let body = s.user_body(&more);
    let answer = accepted(s, Kind::User, &body).await?;
    equal(&answer.body, "/userName", &body["userName"])?;
    equal(&answer.body, "/externalId", &body["externalId"])
}

async fn create_nulls(s: &mut Session) -> Outcome {
    let mut body = s.user_body(&json!({ "schemas": [USER, ENTERPRISE] }));
    for name in ["addresses", "phoneNumbers", "title"] {
        body[name] = Value::Null;
    }
    body[ENTERPRISE] = json!({ "manager": null, "department": null });
    accepted(s, Kind::User, &body).await.map(drop)
}

async fn duplicate(s: &mut Session) -> Outcome {
    let first = s.reader().await?;
    let body = s.user_body(&json!({ "userName": first["userName"] }));
    s.create(Kind::User, &body).await?.is(409)
}

async fn found_by(s: &mut Session, user: &Value, filter: &str) -> Outcome {
    let users = s.users("");
    equal(&lookup(s, &users, &[("filter", filter)]).await?, "/id", &user["id"])
}

async fn by_user_name(s: &mut Session) -> Outcome {
    let user = s.reader().await?;
    let name = text(&user, "/userName")?;
    found_by(s, &user, &format!("userName eq \"{name}\"")).await?;
    found_by(s, &user, &format!("userName eq \"{}\"", name.to_uppercase())).await
}

async fn by_external_id(s: &mut Session) -> Outcome {
    let user = s.reader().await?;
    found_by(s, &user, &format!("externalId eq \"{}\"", text(&user, "/externalId")?)).await
}

async fn by_email(s: &mut Session) -> Outcome {
    let user = s.reader().await?;
    let filter = format!("emails[type eq \"work\"].value eq \"{}\"", text(&user, "/emails/0/value")?);
    found_by(s, &user, &filter).await
}

async fn inactive(s: &mut Session) -> Outcome {
    let user = s.user(json!({ "active": false })).await?;
    found_by(s, &user, &format!("userName eq \"{}\"", text(&user, "/userName")?)).await?;
    let path = s.users(text(&user, "/id")?);
    equal(&s.read(&path).await?, "/active", &json!(false))
}

async fn verbatim(s: &mut Session) -> Outcome {
    let numbers = json!([{ "type": "work", "value": "+1 (425) 555-0100 x2 " }]);
    let path = person(s, json!({ "phoneNumbers": numbers, "displayName": "  Two  Spaces " })).await?;
    let user = s.read(&path).await?;
    equal(&user, "/phoneNumbers/0/value", &json!("+1 (425) 555-0100 x2 "))?;
    equal(&user, "/displayName", &json!("  Two  Spaces "))
}

async fn patched_to(s: &mut Session, operation: Value, pointer: &str, wanted: Value) -> Outcome {
    let path = person(s, Value::Null).await?;
    let user = s.patched(&path, json!([operation])).await?;
    equal(&user, pointer, &wanted)
}

async fn disable(s: &mut Session) -> Outcome {
    patched_to(s, json!({ "op": "Replace", "path": "active", "value": "False" }), "/active", json!(false)).await
}

async fn disable_flag(s: &mut Session) -> Outcome {
    patched_to(s, json!({ "op": "replace", "path": "active", "value": false }), "/active", json!(false)).await
}

async fn add(s: &mut Session) -> Outcome {
    patched_to(s, json!({ "op": "Add", "path": "nickName", "value": "Babs" }), "/nickName", json!("Babs")).await
}

async fn no_path(s: &mut Session) -> Outcome {
    let path = person(s, Value::Null).await?;
    let email = format!("{}@example.org", s.name());
    let number = format!("{ENTERPRISE}:employeeNumber");
    let value = json!({ "displayName": "Bjfe", "name.givenName": "Kkom", "name.familyName": "Unua", number: "Aklq" });
    let operations = json!([
        { "op": "replace", "path": "emails[type eq \"work\"].value", "value": email },
        { "op": "replace", "value": value },
    ]);
    let user = s.patched(&path, operations).await?;
    equal(&user, "/displayName", &json!("Bjfe"))?;
    equal(&user, "/name/givenName", &json!("Kkom"))?;
    equal(&user, "/name/familyName", &json!("Unua"))?;
    equal(&user, &format!("/{ENTERPRISE}/employeeNumber"), &json!("Aklq"))?;
    values_are(&user, "/emails", "value", &[&email])
}

async fn creates(s: &mut Session) -> Outcome {
    let path = person(s, Value::Null).await?;
    let operation = json!({ "op": "Add", "path": "addresses[type eq \"work\"].formatted", "value": "1 St" });
    let user = s.patched(&path, json!([operation])).await?;
    equal(&user, "/addresses/0/type", &json!("work"))?;
    equal(&user, "/addresses/0/formatted", &json!("1 St"))
}

async fn manager(s: &mut Session) -> Outcome {
    let chief = s.user_id().await?;
    let path = person(s, Value::Null).await?;
    let at = format!("/{ENTERPRISE}/manager/value");
    let colon = format!("{ENTERPRISE}:manager");
    let reference = json!([{ "$ref": format!("http://example.com/Users/{chief}"), "value": chief }]);
    for (name, value) in
        [(colon.clone(), json!(chief)), (colon.clone(), reference), (format!("{ENTERPRISE}.manager"), json!(chief))]
    {
        let user = s.patched(&path, json!([{ "op": "Add", "path": name, "value": value }])).await?;
        equal(&user, &at, &json!(chief))?;
        let user = s.patched(&path, json!([{ "op": "replace", "path": colon, "value": "" }])).await?;
        absent(&user, &at)?;
    }
    Ok(())
}

async fn manager_check(s: &mut Session) -> Outcome {
    let chief = s.user_id().await?;
    let extension = json!({ "manager": { "value": chief } });
    let user = s.user(json!({ "schemas": [USER, ENTERPRISE], ENTERPRISE: extension })).await?;
    let id = text(&user, "/id")?;
    let users = s.users("");
    let filter = format!("id eq \"{id}\" and manager eq \"{chief}\"");
    equal(&lookup(s, &users, &[("filter", &filter), ("attributes", "id")]).await?, "/id", &json!(id))?;
    let filter = format!("id eq \"{id}\" and manager eq \"{id}\"");
    lookup_nobody(s, &users, &[("filter", &filter), ("attributes", "id")]).await
}

async fn clear(s: &mut Session) -> Outcome {
    for value in [json!(""), Value::Null] {
        let path = person(s, json!({ "title": "Lead" })).await?;
        let user = s.patched(&path, json!([{ "op": "replace", "path": "title", "value": value }])).await?;
        let cleared = absent(&user, "/title").is_ok() || user["title"] == json!("");
        ensure(cleared, "no title", format!("title = {}", user["title"]))?;
    }
    Ok(())
}

async fn roles(s: &mut Session) -> Outcome {
    let roles = json!([{ "value": "User", "primary": true }, { "value": "Reader", "primary": false }]);
    let path = person(s, json!({ "roles": roles })).await?;
    let operation = json!([{ "op": "Replace", "path": "roles[primary eq \"True\"].value", "value": "Admin" }]);
    values_are(&s.patched(&path, operation).await?, "/roles", "value", &["Admin", "Reader"])
}

async fn delete(s: &mut Session) -> Outcome {
    let body = over(s.user_body(&Value::Null), &json!({ "active": false }));
    let path = accepted(s, Kind::User, &body).await.and_then(|answer| Ok(s.users(answer.id()?)))?;
    s.send(RawRequest::new(Method::DELETE, path.clone())).await?.is(204)?;
    s.send(RawRequest::new(Method::DELETE, path)).await?.is(404)
}
