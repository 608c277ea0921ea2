//! Versions: RFC 7644 §3.14, where the server says that it has them.

use super::answer::Answer;
use super::verdict::{Outcome, Verdict, ensure, equal, failed, text};
use super::{Check, PATCH_OP, Session, check};
use crate::client::Method;
use crate::client::raw::RawRequest;
use serde_json::{Value, json};

const AT: &str = "RFC 7644 §3.14";
const OLD: &str = "W/\"check-no-such-version\"";

pub(super) const CHECKS: &[Check] = &[
    check!("etag-get", AT, "GET has an ETag, which is meta.version", [Etag], of_get),
    check!("etag-post", AT, "the answer to POST has the ETag too", [Etag], of_post),
    check!("etag-moves", AT, "a change makes another version", [Etag, Patch], moves),
    check!("etag-none-match", AT, "If-None-Match with the version in force is 304", [Etag], none_match),
    check!("etag-none-match-old", AT, "If-None-Match with another version is 200", [Etag], none_match_old),
    check!("etag-match", AT, "If-Match with the version in force is carried out", [Etag, Patch], matching),
    check!("etag-patch-412", AT, "PATCH with another version is 412, and changes nothing", [Etag, Patch], patch_old),
    check!("etag-put-412", AT, "PUT with another version is 412", [Etag], put_old),
    check!("etag-delete-412", AT, "DELETE with another version is 412", [Etag], delete_old),
];

fn etag(answer: &Answer) -> Result<String, Verdict> {
    answer.header("etag").map(str::to_owned).ok_or_else(|| failed("a header ETag", "none"))
}

/// The path of a new user, and the answer to its GET.
async fn someone(s: &mut Session) -> Result<(String, Answer), Verdict> {
    let path = s.user_id().await.map(|id| s.users(&id))?;
    let answer = s.get(&path).await?;
    answer.is(200)?;
    Ok((path, answer))
}

async fn of_get(s: &mut Session) -> Outcome {
    let (_, answer) = someone(s).await?;
    equal(&answer.body, "/meta/version", &json!(etag(&answer)?))
}

async fn of_post(s: &mut Session) -> Outcome {
    let body = s.user_body(&Value::Null);
    let answer = s.create(super::made::Kind::User, &body).await?;
    answer.is(201)?;
    let version = text(&answer.body, "/meta/version")?;
    let header = etag(&answer)?;
    ensure(header == version, format!("ETag: {version}"), format!("ETag: {header}"))
}

fn title(method: Method, path: &str) -> RawRequest {
    let operations = json!([{ "op": "replace", "path": "title", "value": "Changed" }]);
    RawRequest::new(method, path).json(&json!({ "schemas": [PATCH_OP], "Operations": operations }))
}

async fn moves(s: &mut Session) -> Outcome {
    let (path, before) = someone(s).await?;
    s.send(title(Method::PATCH, &path)).await?.any_of(&[200, 204])?;
    let (before, after) = (etag(&before)?, etag(&s.get(&path).await?)?);
    ensure(before != after, "another ETag", format!("still {after}"))
}

async fn none_match(s: &mut Session) -> Outcome {
    let (path, answer) = someone(s).await?;
    let request = RawRequest::new(Method::GET, path).header("if-none-match", etag(&answer)?);
    s.send(request).await?.is(304)
}

async fn none_match_old(s: &mut Session) -> Outcome {
    let (path, _) = someone(s).await?;
    s.send(RawRequest::new(Method::GET, path).header("if-none-match", OLD)).await?.is(200)
}

async fn matching(s: &mut Session) -> Outcome {
    let (path, answer) = someone(s).await?;
    let request = title(Method::PATCH, &path).header("if-match", etag(&answer)?);
    s.send(request).await?.any_of(&[200, 204])
}

async fn patch_old(s: &mut Session) -> Outcome {
    let (path, _) = someone(s).await?;
    s.send(title(Method::PATCH, &path).header("if-match", OLD)).await?.is(412)?;
    super::verdict::absent(&s.read(&path).await?, "/title")
}

async fn put_old(s: &mut Session) -> Outcome {
    let (path, answer) = someone(s).await?;
    s.send(RawRequest::new(Method::PUT, path).json(&answer.body).header("if-match", OLD)).await?.is(412)
}

async fn delete_old(s: &mut Session) -> Outcome {
    let (path, _) = someone(s).await?;
    s.send(RawRequest::new(Method::DELETE, path.clone()).header("if-match", OLD)).await?.is(412)?;
    s.get(&path).await?.is(200)
}
