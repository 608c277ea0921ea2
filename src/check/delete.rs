//! DELETE: RFC 7644 §3.6.

use super::made::Kind;
use super::verdict::{Outcome, ensure, text, undecided};
use super::{Check, NOBODY, Session, check};
use serde_json::{Value, json};

const AT: &str = "RFC 7644 §3.6";

pub(super) const CHECKS: &[Check] = &[
    check!("delete-204", AT, "DELETE answers 204 without a body", [], answers),
    check!("delete-gone", AT, "GET, PUT and PATCH of what was deleted are 404", [], gone),
    check!("delete-twice", AT, "DELETE of what was deleted is 404", [], twice),
    check!("delete-unknown", AT, "DELETE of an unknown id is 404", [], unknown),
    check!("delete-unlisted", AT, "what was deleted is in no list", [Filter], unlisted),
    check!("delete-name-free", AT, "a deleted userName can be used again", [], name_free),
    check!("delete-group", AT, "a group is deleted, and its people stay", [Groups], group),
];

async fn answers(s: &mut Session) -> Outcome {
    let path = s.user_id().await.map(|id| s.users(&id))?;
    let answer = s.delete(&path).await?;
    answer.is(204)?;
    ensure(answer.text().is_empty(), "no body", answer.text())
}

async fn gone(s: &mut Session) -> Outcome {
    let body = s.user_body(&Value::Null);
    let answer = s.create(Kind::User, &body).await?;
    let path = s.users(answer.id().map_err(|_| undecided(answer.told()))?);
    s.delete(&path).await?.is(204)?;
    s.get(&path).await?.is(404)?;
    s.put(&path, &body).await?.is(404)?;
    if s.features.has(super::Feature::Patch) {
        s.patch(&path, json!([{ "op": "replace", "path": "title", "value": "x" }])).await?.is(404)?;
    }
    Ok(())
}

async fn twice(s: &mut Session) -> Outcome {
    let path = s.user_id().await.map(|id| s.users(&id))?;
    s.delete(&path).await?.is(204)?;
    s.delete(&path).await?.is(404)
}

async fn unknown(s: &mut Session) -> Outcome {
    let path = s.users(NOBODY);
    s.delete(&path).await?.is(404)
}

async fn unlisted(s: &mut Session) -> Outcome {
    let user = s.user(Value::Null).await?;
    let path = s.users(text(&user, "/id")?);
    s.delete(&path).await?.is(204)?;
    let filter = format!("userName eq \"{}\"", text(&user, "/userName")?);
    let users = s.users("");
    let (total, _) = s.query(&users, &[("filter", &filter)]).await?.list()?;
    ensure(total == 0, "totalResults 0", format!("totalResults {total}"))
}

async fn name_free(s: &mut Session) -> Outcome {
    let user = s.user(Value::Null).await?;
    let path = s.users(text(&user, "/id")?);
    s.delete(&path).await?.is(204)?;
    let body = s.user_body(&json!({ "userName": user["userName"] }));
    s.create(Kind::User, &body).await?.is(201)
}

async fn group(s: &mut Session) -> Outcome {
    let user = s.user_id().await?;
    let path = s.group_id(&[&user]).await.map(|id| s.groups(&id))?;
    s.delete(&path).await?.is(204)?;
    s.get(&path).await?.is(404)?;
    let path = s.users(&user);
    s.get(&path).await?.is(200)
}
