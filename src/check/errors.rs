//! What an error looks like: RFC 7644 §3.12.

use super::answer::{Answer, ERROR};
use super::made::Kind;
use super::verdict::{Outcome, Verdict, ensure, list};
use super::{Check, NOBODY, Session, check};
use serde_json::json;

const AT: &str = "RFC 7644 §3.12";

/// The words of table 9, and those of RFC 9865 §2.1.
const SCIM_TYPES: [&str; 13] = [
    "invalidFilter",
    "tooMany",
    "uniqueness",
    "mutability",
    "invalidSyntax",
    "invalidPath",
    "noTarget",
    "invalidValue",
    "invalidVers",
    "sensitive",
    "invalidCursor",
    "expiredCursor",
    "invalidCount",
];

pub(super) const CHECKS: &[Check] = &[
    check!("error-404", AT, "the body of a 404 is a SCIM error", [], not_found),
    check!("error-400", AT, "the body of a 400 is a SCIM error", [], bad_request),
    check!("error-409", AT, "the body of a 409 is a SCIM error", [], conflict),
    check!("error-detail", AT, "an error says what is wrong in detail", [], detail),
    check!("error-path", AT, "a path that does not exist is 404", [], path),
];

fn is_error(answer: &Answer, status: u16) -> Outcome {
    answer.is(status)?;
    let schemas = list(&answer.body, "/schemas")?;
    ensure(schemas.contains(&json!(ERROR)), format!("schemas has {ERROR}"), json!(schemas).to_string())?;
    let wanted = json!(status.to_string());
    ensure(answer.body["status"] == wanted, format!("status is the text {wanted}"), answer.body["status"].to_string())?;
    match answer.body.get("scimType") {
        None => Ok(()),
        Some(kind) => {
            let known = kind.as_str().is_some_and(|kind| SCIM_TYPES.contains(&kind));
            ensure(known, "a scimType of table 9", kind.to_string())
        }
    }
}

async fn missing(s: &mut Session) -> Result<Answer, Verdict> {
    let path = s.users(NOBODY);
    s.get(&path).await
}

async fn not_found(s: &mut Session) -> Outcome {
    is_error(&missing(s).await?, 404)
}

async fn bad_request(s: &mut Session) -> Outcome {
    let body = s.user_body(&json!({ "userName": null }));
    is_error(&s.create(Kind::User, &body).await?, 400)
}

async fn conflict(s: &mut Session) -> Outcome {
    let first = s.reader().await?;
    let body = s.user_body(&json!({ "userName": first["userName"] }));
    is_error(&s.create(Kind::User, &body).await?, 409)
}

async fn detail(s: &mut Session) -> Outcome {
    super::verdict::text(&missing(s).await?.body, "/detail").map(drop)
}

async fn path(s: &mut Session) -> Outcome {
    s.get(NOBODY).await?.is(404)
}
