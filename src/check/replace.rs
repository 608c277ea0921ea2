//! PUT: RFC 7644 §3.5.1.

use super::made::{Kind, over};
use super::verdict::{Outcome, Verdict, absent, ensure, equal, skipped, text, values_are};
use super::{Check, NOBODY, Session, check};
use serde_json::{Value, json};

const AT: &str = "RFC 7644 §3.5.1";

pub(super) const CHECKS: &[Check] = &[
    check!("put-200", AT, "PUT answers 200 with the resource as it is now", [], answers),
    check!("put-replaces", AT, "what is given replaces what was there", [], replaces),
    check!("put-omitted", AT, "what is left out is cleared (the server may keep it)", [], omitted),
    check!("put-id", AT, "another id in the body is ignored", [], other_id),
    check!("put-read-only", AT, "readOnly attributes in the body are ignored", [], read_only),
    check!("put-created", AT, "meta.created and meta.location stay", [], keeps_meta),
    check!("put-404", AT, "PUT of an unknown id is 404: it never creates", [], unknown),
    check!("put-taken", AT, "PUT of a taken userName is 409 uniqueness", [], taken),
    check!("put-incomplete", AT, "PUT without userName is 400 invalidValue", [], incomplete),
    check!("put-rename", AT, "userName can be replaced, and is free afterwards", [], rename),
    check!("put-group", AT, "PUT of a group replaces its members", [Groups], group),
];

/// A user with a nickName: its path, and the body that made it.
async fn someone(s: &mut Session) -> Result<(String, Value), Verdict> {
    let body = s.user_body(&json!({ "nickName": "Nick" }));
    let answer = s.create(Kind::User, &body).await?;
    match (answer.status, answer.id()) {
        (201, Ok(id)) => Ok((s.users(id), body)),
        _ => Err(super::verdict::undecided(format!("what this check needs could not be made: {}", answer.told()))),
    }
}

async fn answers(s: &mut Session) -> Outcome {
    let (path, body) = someone(s).await?;
    let answer = s.put(&path, &over(body, &json!({ "displayName": "Put" }))).await?;
    answer.is(200)?;
    answer.id()?;
    equal(&answer.body, "/displayName", &json!("Put"))
}

async fn replaces(s: &mut Session) -> Outcome {
    let (path, body) = someone(s).await?;
    let email = format!("{}@example.net", s.name());
    let changed = json!({ "title": "New", "emails": [{ "type": "home", "value": email }] });
    s.put(&path, &over(body, &changed)).await?.is(200)?;
    let user = s.read(&path).await?;
    equal(&user, "/title", &json!("New"))?;
    values_are(&user, "/emails", "value", &[&email])
}

async fn omitted(s: &mut Session) -> Outcome {
    let (path, body) = someone(s).await?;
    s.put(&path, &over(body, &json!({ "nickName": null }))).await?.is(200)?;
    match absent(&s.read(&path).await?, "/nickName") {
        Ok(()) => Ok(()),
        Err(_) => Err(skipped("the server keeps what is left out, which §3.5.1 allows")),
    }
}

async fn other_id(s: &mut Session) -> Outcome {
    let (path, body) = someone(s).await?;
    let answer = s.put(&path, &over(body, &json!({ "id": NOBODY }))).await?;
    answer.is(200)?;
    let id = answer.id()?;
    ensure(path.ends_with(id), "the id of the address", id)
}

async fn read_only(s: &mut Session) -> Outcome {
    let (path, body) = someone(s).await?;
    let meta = json!({ "resourceType": "Nonsense", "created": "2001-01-01T00:00:00Z" });
    let answer = s.put(&path, &over(body, &json!({ "meta": meta, "groups": [{ "value": NOBODY }] }))).await?;
    answer.is(200)?;
    equal(&answer.body, "/meta/resourceType", &json!("User"))?;
    absent(&answer.body, "/groups")
}

async fn keeps_meta(s: &mut Session) -> Outcome {
    let (path, body) = someone(s).await?;
    let before = s.read(&path).await?;
    s.put(&path, &over(body, &json!({ "title": "New" }))).await?.is(200)?;
    let after = s.read(&path).await?;
    for pointer in ["/meta/created", "/meta/location", "/id"] {
        equal(&after, pointer, before.pointer(pointer).unwrap_or(&Value::Null))?;
    }
    Ok(())
}

async fn unknown(s: &mut Session) -> Outcome {
    let body = s.user_body(&Value::Null);
    s.announce(Kind::User, &body);
    let path = s.users(NOBODY);
    let answer = s.put(&path, &body).await?;
    if answer.status == 404 {
        s.forget();
    }
    answer.is(404)
}

async fn taken(s: &mut Session) -> Outcome {
    let other = s.reader().await?;
    let (path, body) = someone(s).await?;
    s.put(&path, &over(body, &json!({ "userName": other["userName"] }))).await?.refused(409, "uniqueness")
}

async fn incomplete(s: &mut Session) -> Outcome {
    let (path, body) = someone(s).await?;
    s.put(&path, &over(body, &json!({ "userName": null }))).await?.refused(400, "invalidValue")
}

async fn rename(s: &mut Session) -> Outcome {
    let (path, body) = someone(s).await?;
    let name = format!("{}@example.com", s.name());
    let answer = s.put(&path, &over(body.clone(), &json!({ "userName": name }))).await?;
    answer.is(200)?;
    equal(&answer.body, "/userName", &json!(name))?;
    let old = s.user_body(&json!({ "userName": body["userName"] }));
    s.create(Kind::User, &old).await?.is(201)
}

async fn group(s: &mut Session) -> Outcome {
    let (one, two) = (s.user_id().await?, s.user_id().await?);
    let group = s.group_id(&[&one]).await?;
    let path = s.groups(&group);
    let name = s.read(&path).await?;
    let body = s.group_body(&[&two], &json!({ "displayName": text(&name, "/displayName")? }));
    s.put(&path, &body).await?.is(200)?;
    values_are(&s.read(&path).await?, "/members", "value", &[&two])
}
