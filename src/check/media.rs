//! Media types and encodings: RFC 7644 §3.1 and §8.1.

use super::made::Kind;
use super::verdict::{Outcome, ensure, equal};
use super::{Check, Session, check};
use crate::client::Method;
use crate::client::raw::RawRequest;
use serde_json::{Value, json};

pub(super) const CHECKS: &[Check] = &[
    check!("media-answer", "RFC 7644 §3.1", "answers are application/scim+json", [], answer),
    check!("media-error", "RFC 7644 §3.12", "errors are application/scim+json too", [], error),
    check!("media-plain-json", "RFC 7644 §3.1", "a body of application/json is read too", [], plain_json),
    check!("media-charset", "RFC 7644 §3.1", "a charset behind the media type does no harm", [], charset),
    check!("media-accept", "RFC 7644 §3.1", "Accept: application/json is answered with JSON", [], accept),
    check!("media-broken", "RFC 7644 §3.12", "a body that is no JSON is 400 invalidSyntax", [], broken),
    check!("media-array", "RFC 7644 §3.12", "a body that is no object is 400", [], array),
];

fn is_scim(found: Option<&str>) -> Outcome {
    let essence = found.unwrap_or_default().split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    ensure(essence == "application/scim+json", "Content-Type: application/scim+json", format!("{found:?}"))
}

async fn answer(s: &mut Session) -> Outcome {
    let users = s.users("");
    let answer = s.query(&users, &[("count", "1")]).await?;
    answer.is(200)?;
    is_scim(answer.header("content-type"))
}

async fn error(s: &mut Session) -> Outcome {
    let path = s.users(super::NOBODY);
    let answer = s.get(&path).await?;
    answer.is(404)?;
    is_scim(answer.header("content-type"))
}

async fn created_as(s: &mut Session, media_type: &'static str) -> Outcome {
    let body = s.user_body(&Value::Null);
    let request = RawRequest::new(Method::POST, s.users("")).text(media_type, body.to_string());
    let answer = s.create_by(Kind::User, request, &body).await?;
    answer.is(201)?;
    equal(&answer.body, "/userName", &body["userName"])
}

async fn plain_json(s: &mut Session) -> Outcome {
    created_as(s, "application/json").await
}

async fn charset(s: &mut Session) -> Outcome {
    created_as(s, "application/scim+json; charset=utf-8").await
}

async fn accept(s: &mut Session) -> Outcome {
    let request = RawRequest::new(Method::GET, s.users("")).with("count", "1").header("accept", "application/json");
    let answer = s.send(request).await?;
    answer.is(200)?;
    ensure(answer.body.is_object(), "a JSON object", answer.told())
}

async fn broken(s: &mut Session) -> Outcome {
    let request = RawRequest::new(Method::POST, s.users("")).text("application/scim+json", "{\"userName\": ");
    s.send(request).await?.refused(400, "invalidSyntax")
}

async fn array(s: &mut Session) -> Outcome {
    let request = RawRequest::new(Method::POST, s.users("")).json(&json!([]));
    s.send(request).await?.is(400)
}
