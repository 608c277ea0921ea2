//! POST: RFC 7644 §3.3.

use super::made::{Kind, over};
use super::verdict::{Outcome, ensure, equal, failed, skipped, text};
use super::{Check, Session, USER, check};
use serde_json::{Value, json};

pub(super) const CHECKS: &[Check] = &[
    check!("create-201", "RFC 7644 §3.3", "POST answers 201 with the new resource", [], created),
    check!("create-location", "RFC 7644 §3.3", "Location is there and equals meta.location", [], location),
    check!("create-readable", "RFC 7644 §3.3", "what POST answered is what GET answers", [], readable),
    check!("create-taken", "RFC 7644 §3.3", "a taken userName is 409 uniqueness", [], taken),
    check!("create-taken-case", "RFC 7643 §4.1.1", "userName is taken in any case", [], taken_in_capitals),
    check!("create-incomplete", "RFC 7644 §3.12", "a user without userName is 400 invalidValue", [], incomplete),
    check!("create-minimal", "RFC 7643 §4.1.1", "an inactive user needs nothing but userName", [], minimal),
    check!("create-same-external", "RFC 7643 §3.1", "two users may be told apart by userName alone", [], two),
];

async fn created(s: &mut Session) -> Outcome {
    let body = s.user_body(&Value::Null);
    let answer = s.create(Kind::User, &body).await?;
    answer.is(201)?;
    answer.id()?;
    for pointer in ["/userName", "/name/givenName", "/name/familyName", "/active", "/emails/0/value"] {
        equal(&answer.body, pointer, body.pointer(pointer).unwrap_or(&Value::Null))?;
    }
    Ok(())
}

async fn location(s: &mut Session) -> Outcome {
    let body = s.user_body(&Value::Null);
    let answer = s.create(Kind::User, &body).await?;
    answer.is(201)?;
    let header = answer.header("location").ok_or_else(|| failed("a header Location", "none"))?;
    let meta = text(&answer.body, "/meta/location")?;
    ensure(header == meta, format!("Location: {meta}"), format!("Location: {header}"))
}

async fn readable(s: &mut Session) -> Outcome {
    let created = s.user(json!({ "title": "Checker" })).await?;
    let path = s.users(text(&created, "/id")?);
    let read = s.read(&path).await?;
    for (name, value) in created.as_object().into_iter().flatten() {
        equal(&read, &format!("/{name}"), value)?;
    }
    Ok(())
}

async fn taken(s: &mut Session) -> Outcome {
    let first = s.reader().await?;
    let body = s.user_body(&json!({ "userName": first["userName"] }));
    s.create(Kind::User, &body).await?.refused(409, "uniqueness")
}

async fn taken_in_capitals(s: &mut Session) -> Outcome {
    let first = s.reader().await?;
    let body = s.user_body(&json!({ "userName": text(&first, "/userName")?.to_uppercase() }));
    s.create(Kind::User, &body).await?.refused(409, "uniqueness")
}

async fn incomplete(s: &mut Session) -> Outcome {
    let body = s.user_body(&json!({ "userName": null }));
    s.create(Kind::User, &body).await?.refused(400, "invalidValue")
}

async fn minimal(s: &mut Session) -> Outcome {
    let name = format!("{}@example.com", s.name());
    let body = json!({ "schemas": [USER], "userName": name, "active": false });
    let answer = s.create(Kind::User, &body).await?;
    if answer.status == 400 {
        return Err(skipped("the server requires more of its users, which it may"));
    }
    answer.is(201)
}

async fn two(s: &mut Session) -> Outcome {
    let first = s.user(Value::Null).await?;
    let more = json!({ "name": first["name"], "displayName": first["displayName"] });
    let body = over(s.user_body(&Value::Null), &more);
    s.create(Kind::User, &body).await?.is(201)
}
