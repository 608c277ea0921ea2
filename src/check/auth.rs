//! Who is let in: RFC 6750 §3, RFC 7644 §2.

use super::answer::{Answer, ERROR};
use super::verdict::{Outcome, Verdict, ensure, failed, list};
use super::{Check, Session, check};
use crate::client::Method;
use crate::client::raw::{Credential, RawRequest};
use serde_json::json;

pub(super) const CHECKS: &[Check] = &[
    check!("auth-none", "RFC 6750 §3", "without a token: 401", [], none),
    check!("auth-challenge", "RFC 6750 §3", "a 401 carries WWW-Authenticate with the scheme Bearer", [], challenge),
    check!("auth-wrong", "RFC 6750 §3.1", "with a wrong token: 401", [], wrong),
    check!("auth-write", "RFC 7644 §2", "nothing is created without a token", [], write),
    check!("auth-body", "RFC 7644 §3.12", "a 401 is a SCIM error", [], body),
];

async fn asked_as(s: &mut Session, credential: Credential) -> Result<Answer, Verdict> {
    let users = s.users("");
    s.send(RawRequest::new(Method::GET, users).with("count", "1").credential(credential)).await
}

async fn none(s: &mut Session) -> Outcome {
    asked_as(s, Credential::None).await?.is(401)
}

async fn challenge(s: &mut Session) -> Outcome {
    let answer = asked_as(s, Credential::None).await?;
    answer.is(401)?;
    let found = answer.header("www-authenticate").unwrap_or_default();
    let bearer = found.to_ascii_lowercase().contains("bearer");
    ensure(bearer, "WWW-Authenticate: Bearer …", format!("WWW-Authenticate: {found:?}"))
}

async fn wrong(s: &mut Session) -> Outcome {
    asked_as(s, Credential::Wrong).await?.is(401)
}

async fn write(s: &mut Session) -> Outcome {
    let body = s.user_body(&json!(null));
    let request = RawRequest::new(Method::POST, s.users("")).json(&body).credential(Credential::None);
    s.create_by(super::made::Kind::User, request, &body).await?.is(401)
}

async fn body(s: &mut Session) -> Outcome {
    let answer = asked_as(s, Credential::None).await?;
    answer.is(401)?;
    let schemas = list(&answer.body, "/schemas").map_err(|_| failed(format!("a body of {ERROR}"), answer.told()))?;
    ensure(schemas.contains(&json!(ERROR)), format!("schemas has {ERROR}"), json!(schemas).to_string())?;
    ensure(answer.body["status"] == json!("401"), "status is the text \"401\"", answer.body["status"].to_string())
}
