//! Okta and users: the twelve requests of its SPEC test, then both kinds of app. OIN apps deactivate by PATCH, those of
//! the App Integration Wizard (AIW) by PUT.

use super::{
    Check, Kind, Method, NOBODY, Outcome, RawRequest, Session, Value, Verdict, accepted, check, ensure, equal, json,
    list, lookup, lookup_nobody, over, person, text, unauthorized,
};
use crate::check::answer::{Answer, ERROR};

const AGENT: &str = "Okta SCIM Client 1.0.0";

pub(super) const CHECKS: &[Check] = &[
    check!(Okta: "okta-spec-list", "SPEC 1: a page of users with names, active and an e-mail", [], spec_list),
    check!(Okta: "okta-spec-get", "SPEC 2: GET by id", [], spec_get),
    check!(Okta: "okta-spec-nobody", "SPEC 3 and 5: an unknown userName is 200 with totalResults 0", [], nobody),
    check!(Okta: "okta-spec-404", "SPEC 4: an unknown id is 404 with detail and the Error schema", [], spec_404),
    check!(Okta: "okta-spec-create", "SPEC 6 and 7: POST is 201, GET the same", [], spec_create),
    check!(Okta: "okta-spec-409", "SPEC 8: POST again is 409", [], spec_409),
    check!(Okta: "okta-spec-capitals", "SPEC 9: a filter in capitals is 200", [], capitals),
    check!(Okta: "okta-spec-groups", "SPEC 10: GET /Groups is 200 in less than 600 ms", [Groups], spec_groups),
    check!(Okta: "okta-spec-401", "SPEC 11: a wrong token is 401 with detail and status \"401\"", [], spec_401),
    check!(Okta: "okta-lookup", "lookup by userName with startIndex and count", [], by_name),
    check!(Okta: "okta-create", "POST with groups [], password, locale and displayName", [], create),
    check!(Okta: "okta-oin-deactivate", "OIN: PATCH replace {active: false}, without a path", [], deactivate),
    check!(Okta: "okta-oin-reactivate", "OIN: and active true again", [], reactivate),
    check!(Okta: "okta-aiw-update", "AIW: PUT of the whole profile; what is left out is cleared", [], update),
    check!(Okta: "okta-aiw-deactivate", "AIW: PUT with active false, echoed with id and meta", [], put_inactive),
    check!(Okta: "okta-reassign", "POST for somebody inactive is 409, or 201 with them active again", [], reassign),
    check!(Okta: "okta-import", "import: pages in a stable order", [Filter], import),
];

fn asked(path: &str, pairs: &[(&'static str, &str)]) -> RawRequest {
    let request = RawRequest::new(Method::GET, path).header("user-agent", AGENT);
    pairs.iter().fold(request, |request, (name, value)| request.with(name, *value))
}

/// The first user of the list; somebody is there, since the test makes one.
async fn first_listed(s: &mut Session) -> Result<Answer, Verdict> {
    s.reader().await?;
    let users = s.users("");
    let answer = s.send(asked(&users, &[("count", "1"), ("startIndex", "1")])).await?;
    answer.is(200)?;
    Ok(answer)
}

async fn spec_list(s: &mut Session) -> Outcome {
    let answer = first_listed(s).await?;
    for name in ["itemsPerPage", "startIndex", "totalResults"] {
        let found = &answer.body[name];
        ensure(found.is_u64(), format!("{name} is a number"), found.to_string())?;
    }
    ensure(!list(&answer.body, "/Resources")?.is_empty(), "Resources is not empty", "[]")?;
    // Whoever stands first may be somebody else's, without names; one of ours is looked at for those.
    let user = s.reader().await?;
    for pointer in ["/id", "/name/familyName", "/name/givenName", "/userName", "/emails/0/value"] {
        text(&user, pointer)?;
    }
    equal(&user, "/active", &json!(true))
}

async fn spec_get(s: &mut Session) -> Outcome {
    // One of ours: whoever stands first in the list may be somebody else.
    let user = s.reader().await?;
    let id = text(&user, "/id")?;
    let path = s.users(id);
    let answer = s.send(asked(&path, &[])).await?;
    answer.is(200)?;
    equal(&answer.body, "/id", &json!(id))?;
    text(&answer.body, "/userName").map(drop)
}

async fn nobody(s: &mut Session) -> Outcome {
    let users = s.users("");
    let filter = format!("userName eq \"{}\"", s.name());
    lookup_nobody(s, &users, &[("filter", &filter)]).await
}

/// A SCIM error with words for a person.
fn error(answer: &Answer, status: u16) -> Outcome {
    answer.is(status)?;
    text(&answer.body, "/detail")?;
    let schemas = list(&answer.body, "/schemas")?;
    ensure(schemas.contains(&json!(ERROR)), format!("schemas has {ERROR}"), json!(schemas).to_string())
}

async fn spec_404(s: &mut Session) -> Outcome {
    let path = s.users(NOBODY);
    error(&s.send(asked(&path, &[])).await?, 404)
}

/// The body of a new user as Okta sends it.
fn profile(s: &mut Session) -> Value {
    let password = format!("Aa1!{}", uuid::Uuid::new_v4());
    s.user_body(&json!({ "locale": "en-US", "groups": [], "password": password }))
}

async fn spec_create(s: &mut Session) -> Outcome {
    let body = profile(s);
    let answer = accepted(s, Kind::User, &body).await?;
    let path = s.users(answer.id()?);
    for user in [&answer.body, &s.read(&path).await?] {
        for pointer in ["/userName", "/name/givenName", "/name/familyName", "/active"] {
            equal(user, pointer, body.pointer(pointer).unwrap_or(&Value::Null))?;
        }
    }
    Ok(())
}

async fn spec_409(s: &mut Session) -> Outcome {
    let body = profile(s);
    accepted(s, Kind::User, &body).await?;
    error(&s.create(Kind::User, &body).await?, 409)
}

async fn capitals(s: &mut Session) -> Outcome {
    let user = s.reader().await?;
    let users = s.users("");
    let filter = format!("userName eq \"{}\"", text(&user, "/userName")?.to_uppercase());
    equal(&lookup(s, &users, &[("filter", &filter)]).await?, "/id", &user["id"])
}

async fn spec_groups(s: &mut Session) -> Outcome {
    let groups = s.groups("");
    let start = std::time::Instant::now();
    s.send(asked(&groups, &[])).await?.is(200)?;
    let took = start.elapsed().as_millis();
    ensure(took < 600, "an answer in 600 ms", format!("{took} ms"))
}

async fn spec_401(s: &mut Session) -> Outcome {
    let answer = unauthorized(s).await?;
    equal(&answer.body, "/status", &json!("401"))?;
    error(&answer, 401)
}

async fn by_name(s: &mut Session) -> Outcome {
    let user = s.reader().await?;
    let filter = format!("userName eq \"{}\"", text(&user, "/userName")?);
    let users = s.users("");
    let answer = s.send(asked(&users, &[("filter", &filter), ("startIndex", "1"), ("count", "100")])).await?;
    answer.is(200)?;
    equal(&answer.body, "/totalResults", &json!(1))?;
    equal(&answer.body, "/Resources/0/id", &user["id"])
}

async fn create(s: &mut Session) -> Outcome {
    let body = profile(s);
    let answer = accepted(s, Kind::User, &body).await?;
    for name in ["externalId", "displayName", "locale"] {
        equal(&answer.body, &format!("/{name}"), &body[name])?;
    }
    ensure(answer.body.get("password").is_none(), "no password in the answer", "a password")
}

async fn deactivate(s: &mut Session) -> Outcome {
    let path = person(s, Value::Null).await?;
    let user = s.patched(&path, json!([{ "op": "replace", "value": { "active": false } }])).await?;
    equal(&user, "/active", &json!(false))
}

async fn reactivate(s: &mut Session) -> Outcome {
    let path = person(s, json!({ "active": false })).await?;
    let user = s.patched(&path, json!([{ "op": "replace", "value": { "active": true } }])).await?;
    equal(&user, "/active", &json!(true))
}

async fn put_over(s: &mut Session, more: &Value) -> Result<(String, Answer), Verdict> {
    let body = over(profile(s), &json!({ "title": "Lead" }));
    let answer = accepted(s, Kind::User, &body).await?;
    let path = s.users(answer.id()?);
    let body = over(body, &json!({ "id": answer.id()?, "meta": { "resourceType": "User" } }));
    let put = s.put(&path, &over(body, more)).await?;
    put.is(200)?;
    Ok((path, put))
}

async fn update(s: &mut Session) -> Outcome {
    let (path, _) = put_over(s, &json!({ "displayName": "Updated", "title": null })).await?;
    let user = s.read(&path).await?;
    equal(&user, "/displayName", &json!("Updated"))?;
    super::absent(&user, "/title")
}

async fn put_inactive(s: &mut Session) -> Outcome {
    let (path, put) = put_over(s, &json!({ "active": false })).await?;
    equal(&put.body, "/active", &json!(false))?;
    text(&put.body, "/id")?;
    equal(&put.body, "/meta/resourceType", &json!("User"))?;
    equal(&s.read(&path).await?, "/active", &json!(false))
}

async fn reassign(s: &mut Session) -> Outcome {
    let body = profile(s);
    let first = accepted(s, Kind::User, &body).await?;
    let path = s.users(first.id()?);
    s.patched(&path, json!([{ "op": "replace", "value": { "active": false } }])).await?;
    let again = s.create(Kind::User, &body).await?;
    again.any_of(&[201, 409])?;
    if again.status == 409 {
        return Ok(());
    }
    equal(&again.body, "/id", &first.body["id"])?;
    equal(&s.read(&path).await?, "/active", &json!(true))
}

async fn import(s: &mut Session) -> Outcome {
    let filter = format!("externalId sw \"{}-\"", crate::check::filter::people(s).await?.prefix);
    let users = s.users("");
    let mut walks = Vec::new();
    for _ in 0..2 {
        let mut ids = Vec::new();
        for start in ["1", "2", "3"] {
            let answer = s.send(asked(&users, &[("filter", &filter), ("startIndex", start), ("count", "1")])).await?;
            answer.is(200)?;
            ids.push(text(&answer.body, "/Resources/0/id")?.to_owned());
        }
        walks.push(ids);
    }
    ensure(walks.first() == walks.last(), "twice the same order", format!("{walks:?}"))
}
