//! What all resources share: RFC 7643 §2 and §3.

use super::made::Kind;
use super::verdict::{Outcome, absent, ensure, equal, failed, list, text, values, values_are};
use super::{Check, ENTERPRISE, NOBODY, Session, USER, check};
use serde_json::{Value, json};

pub(super) const CHECKS: &[Check] = &[
    check!("names-any-case", "RFC 7643 §2.1", "attribute names are read in any case", [], any_case),
    check!("read-only-ignored", "RFC 7643 §2.2", "id and meta in a POST are ignored", [], read_only),
    check!("type-string", "RFC 7643 §2.3.1", "a text in any script comes back as it was sent", [], string),
    check!("type-boolean", "RFC 7643 §2.3.2", "active is a JSON boolean", [], boolean),
    check!("type-date-time", "RFC 7643 §2.3.5", "meta.created and meta.lastModified are dateTimes", [], date_time),
    check!("type-reference", "RFC 7643 §2.3.7", "a URI comes back as it was sent", [], reference),
    check!("type-wrong", "RFC 7643 §2.3", "an object where a text belongs is 400", [], wrong_type),
    check!("multi-value", "RFC 7643 §2.4", "all entries of a multi-valued attribute come back", [], multi),
    check!("multi-primary", "RFC 7643 §2.4", "at most one entry is primary", [], primary),
    check!("multi-duplicate", "RFC 7643 §2.4", "the same type and value is not returned twice", [], duplicate),
    check!("null-is-nothing", "RFC 7643 §2.5", "null and an empty list are no value", [], null),
    check!("schemas-of-resource", "RFC 7643 §3", "schemas names the schema of users", [], schemas),
    check!("schemas-of-extension", "RFC 7643 §3.3", "schemas names the extension in use", [Enterprise], extension),
    check!("id-unique", "RFC 7643 §3.1", "id is a text, and no two resources share one", [], id),
    check!("external-id", "RFC 7643 §3.1", "externalId comes back as it was sent", [], external_id),
    check!("meta-type", "RFC 7643 §3.1", "meta.resourceType is User", [], meta_type),
    check!("meta-times", "RFC 7643 §3.1", "meta has created and lastModified, equal at first", [], meta_times),
    check!("meta-location", "RFC 7643 §3.1", "meta.location is the whole address of the resource", [], location),
];

async fn any_case(s: &mut Session) -> Outcome {
    let body = s.user_body(&json!({ "userName": null, "NICKNAME": "Nick" }));
    let name = format!("{}@example.com", s.name());
    let body = super::made::over(body, &json!({ "USERNAME": name }));
    let answer = s.create(Kind::User, &body).await?;
    answer.is(201)?;
    equal(&answer.body, "/userName", &json!(name))?;
    equal(&answer.body, "/nickName", &json!("Nick"))
}

async fn read_only(s: &mut Session) -> Outcome {
    let meta = json!({ "resourceType": "Nonsense", "created": "2001-01-01T00:00:00Z", "version": "none" });
    let body = s.user_body(&json!({ "id": NOBODY, "meta": meta }));
    let answer = s.create(Kind::User, &body).await?;
    answer.is(201)?;
    ensure(answer.id()? != NOBODY, "an id that the server has chosen", NOBODY)?;
    equal(&answer.body, "/meta/resourceType", &json!("User"))?;
    let created = text(&answer.body, "/meta/created")?;
    ensure(!created.starts_with("2001"), "meta.created is the time of the POST", created)
}

async fn string(s: &mut Session) -> Outcome {
    for name in ["Żółć Ünïcode", "日本語 テスト", "O'Brien \"the\" \\ 2nd", "emoji 🎉"] {
        let user = s.user(json!({ "displayName": name })).await?;
        let path = s.users(text(&user, "/id")?);
        equal(&s.read(&path).await?, "/displayName", &json!(name))?;
    }
    Ok(())
}

async fn boolean(s: &mut Session) -> Outcome {
    let user = s.user(json!({ "active": false })).await?;
    equal(&user, "/active", &json!(false))
}

async fn date_time(s: &mut Session) -> Outcome {
    let user = s.reader().await?;
    for pointer in ["/meta/created", "/meta/lastModified"] {
        let found = text(&user, pointer)?;
        let good = found.contains('T') && found.parse::<jiff::Timestamp>().is_ok();
        ensure(good, "an xsd:dateTime with its zone, 2008-01-23T04:56:22Z", format!("{pointer} {found}"))?;
    }
    Ok(())
}

async fn reference(s: &mut Session) -> Outcome {
    let address = "https://login.example.com/people/Ada?x=1#top";
    let user = s.user(json!({ "profileUrl": address })).await?;
    equal(&user, "/profileUrl", &json!(address))
}

async fn wrong_type(s: &mut Session) -> Outcome {
    let body = s.user_body(&json!({ "displayName": { "nested": "object" } }));
    s.create(Kind::User, &body).await?.is(400)
}

async fn multi(s: &mut Session) -> Outcome {
    let name = s.name();
    let (work, home) = (format!("{name}@example.com"), format!("{name}@example.net"));
    let emails = json!([{ "type": "work", "value": work, "primary": true }, { "type": "home", "value": home }]);
    let user = s.user(json!({ "emails": emails })).await?;
    values_are(&user, "/emails", "value", &[&work, &home])?;
    values_are(&user, "/emails", "type", &["work", "home"])
}

async fn primary(s: &mut Session) -> Outcome {
    let name = s.name();
    let entry = |kind: &str| json!({ "type": kind, "value": format!("{name}-{kind}@example.com"), "primary": true });
    let body = s.user_body(&json!({ "emails": [entry("work"), entry("home")] }));
    let answer = s.create(Kind::User, &body).await?;
    // Refusing it is as good as mending it.
    if answer.status == 400 {
        return Ok(());
    }
    answer.is(201)?;
    let count = list(&answer.body, "/emails")?.iter().filter(|email| email["primary"] == json!(true)).count();
    ensure(count <= 1, "400, or at most one primary entry", format!("{count} primary entries"))
}

async fn duplicate(s: &mut Session) -> Outcome {
    let email = json!({ "type": "work", "value": format!("{}@example.com", s.name()) });
    let body = s.user_body(&json!({ "emails": [email, email] }));
    let answer = s.create(Kind::User, &body).await?;
    if answer.status == 400 {
        return Ok(());
    }
    answer.is(201)?;
    let found = values(&answer.body, "/emails", "value");
    ensure(found.len() == 1, "400, or one entry", format!("{} entries", found.len()))
}

async fn null(s: &mut Session) -> Outcome {
    let mut body = s.user_body(&Value::Null);
    if let Some(fields) = body.as_object_mut() {
        fields.insert("nickName".to_owned(), Value::Null);
        fields.insert("phoneNumbers".to_owned(), json!([]));
    }
    let answer = s.create(Kind::User, &body).await?;
    answer.is(201)?;
    absent(&answer.body, "/nickName")?;
    absent(&answer.body, "/phoneNumbers")
}

async fn schemas(s: &mut Session) -> Outcome {
    let user = s.reader().await?;
    let schemas = list(&user, "/schemas")?;
    ensure(schemas.contains(&json!(USER)), format!("schemas has {USER}"), json!(schemas).to_string())
}

async fn extension(s: &mut Session) -> Outcome {
    let more = json!({ "schemas": [USER, ENTERPRISE], ENTERPRISE: { "department": "Tests" } });
    let user = s.user(more).await?;
    let schemas = list(&user, "/schemas")?;
    ensure(schemas.contains(&json!(ENTERPRISE)), format!("schemas has {ENTERPRISE}"), json!(schemas).to_string())
}

async fn id(s: &mut Session) -> Outcome {
    let (one, two) = (s.user(Value::Null).await?, s.user(Value::Null).await?);
    let (one, two) = (text(&one, "/id")?, text(&two, "/id")?);
    ensure(one != two, "two ids", format!("twice {one}"))?;
    ensure(one != "bulkId", "any id but bulkId, which is reserved", one)
}

async fn external_id(s: &mut Session) -> Outcome {
    let id = format!("{}-ÄB c", s.name());
    let user = s.user(json!({ "externalId": id })).await?;
    equal(&user, "/externalId", &json!(id))
}

async fn meta_type(s: &mut Session) -> Outcome {
    let user = s.reader().await?;
    equal(&user, "/meta/resourceType", &json!("User"))
}

async fn meta_times(s: &mut Session) -> Outcome {
    let user = s.reader().await?;
    let (created, modified) = (text(&user, "/meta/created")?, text(&user, "/meta/lastModified")?);
    ensure(created == modified, "lastModified = created", format!("created {created}, lastModified {modified}"))
}

async fn location(s: &mut Session) -> Outcome {
    let user = s.reader().await?;
    let (id, found) = (text(&user, "/id")?, text(&user, "/meta/location")?);
    let whole = found.starts_with("https://") || found.starts_with("http://");
    let wanted = format!("http(s)://…/{}", s.users(id));
    ensure(whole && found.ends_with(&s.users(id)), wanted, found)?;
    let path = s.users(id);
    let again = s.read(&path).await?;
    match again.pointer("/meta/location").and_then(Value::as_str) {
        Some(same) if same == found => Ok(()),
        other => Err(failed(format!("the same address at every GET: {found}"), format!("{other:?}"))),
    }
}
