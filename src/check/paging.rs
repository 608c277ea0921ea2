//! Cursors: RFC 9865, where the server says that it has them.

use super::answer::Answer;
use super::filter::people;
use super::verdict::{Outcome, Verdict, ensure, equal, text, values};
use super::{Check, Session, check};
use serde_json::{Value, json};

const AT: &str = "RFC 9865 §2";

pub(super) const CHECKS: &[Check] = &[
    check!("cursor-config", "RFC 9865 §4", "pagination says cursor and index as booleans", [Cursor], config),
    check!("cursor-first", AT, "an empty cursor answers the first page and nextCursor", [Cursor, Filter], first),
    check!("cursor-walk", AT, "following nextCursor shows everybody once, and ends", [Cursor, Filter], walk),
    check!("cursor-bad", "RFC 9865 §2.1", "a cursor nobody gave out is 400 invalidCursor", [Cursor], bad),
    check!("cursor-urlsafe", AT, "nextCursor goes into a URL as it is", [Cursor, Filter], url_safe),
];

async fn page(s: &mut Session, cursor: &str) -> Result<Answer, Verdict> {
    let filter = format!("externalId sw \"{}-\"", people(s).await?.prefix);
    let users = s.users("");
    let answer = s.query(&users, &[("filter", &filter), ("count", "2"), ("cursor", cursor)]).await?;
    answer.is(200)?;
    Ok(answer)
}

async fn config(s: &mut Session) -> Outcome {
    let config = s.read("ServiceProviderConfig").await?;
    for name in ["cursor", "index"] {
        let found = config.pointer(&format!("/pagination/{name}"));
        ensure(found.is_some_and(Value::is_boolean), format!("pagination.{name} is a boolean"), format!("{found:?}"))?;
    }
    Ok(())
}

async fn first(s: &mut Session) -> Outcome {
    let answer = page(s, "").await?;
    let (_, resources) = answer.list()?;
    ensure(resources.len() == 2, "2 resources", format!("{}", resources.len()))?;
    text(&answer.body, "/nextCursor").map(drop)
}

async fn walk(s: &mut Session) -> Outcome {
    let first = page(s, "").await?;
    let next = text(&first.body, "/nextCursor")?.to_owned();
    let second = page(s, &next).await?;
    let mut seen = values(&first.body, "/Resources", "id");
    seen.extend(values(&second.body, "/Resources", "id"));
    seen.sort();
    seen.dedup();
    ensure(seen.len() == 3, "three people on two pages", format!("{}", seen.len()))?;
    let more = second.body.get("nextCursor").and_then(Value::as_str).unwrap_or_default();
    ensure(more.is_empty(), "no nextCursor on the last page", more)
}

async fn bad(s: &mut Session) -> Outcome {
    let users = s.users("");
    let answer = s.query(&users, &[("count", "2"), ("cursor", "check-no-such-cursor")]).await?;
    answer.refused(400, "invalidCursor")?;
    equal(&answer.body, "/status", &json!("400"))
}

async fn url_safe(s: &mut Session) -> Outcome {
    let answer = page(s, "").await?;
    let next = text(&answer.body, "/nextCursor")?;
    let safe = next.chars().all(|c| c.is_ascii_alphanumeric() || "-._~".contains(c));
    ensure(safe, "only unreserved characters (RFC 3986 §2.3)", next)
}
