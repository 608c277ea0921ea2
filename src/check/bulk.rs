//! Bulk: RFC 7644 §3.7, where the server says that it has it.

use super::answer::Answer;
use super::made::Kind;
use super::verdict::{Outcome, Verdict, ensure, equal, list, skipped, text, values_are};
use super::{Check, NOBODY, Session, check};
use crate::client::Method;
use crate::client::raw::RawRequest;
use serde_json::{Value, json};

const AT: &str = "RFC 7644 §3.7";
const REQUEST: &str = "urn:ietf:params:scim:api:messages:2.0:BulkRequest";
const RESPONSE: &str = "urn:ietf:params:scim:api:messages:2.0:BulkResponse";
/// The most operations and bytes that this room sends to go over a limit.
const OPERATIONS_MAX: u64 = 5_000;
const BYTES_MAX: u64 = 8 << 20;

pub(super) const CHECKS: &[Check] = &[
    check!("bulk-create", AT, "POST in a bulk answers 201, location and bulkId", [Bulk], create),
    check!("bulk-all-verbs", AT, "PUT, PATCH and DELETE in a bulk", [Bulk, Patch], verbs),
    check!("bulk-id-resolved", "RFC 7644 §3.7.2", "bulkId:… is the id made before", [Bulk, Groups], resolved),
    check!("bulk-id-later", "RFC 7644 §3.7.2", "bulkId:… may name what is made later", [Bulk, Groups], later),
    check!("bulk-fail-on-errors", "RFC 7644 §3.7.3", "failOnErrors 1 ends at the first error", [Bulk], fail_on_errors),
    check!("bulk-goes-on", "RFC 7644 §3.7.3", "without failOnErrors the rest goes on", [Bulk], goes_on),
    check!("bulk-error-body", "RFC 7644 §3.7.3", "a failed operation carries the error", [Bulk], error_body),
    check!("bulk-too-many", "RFC 7644 §3.7.4", "more than maxOperations is 413", [Bulk], too_many),
    check!("bulk-too-large", "RFC 7644 §3.7.4", "more than maxPayloadSize is 413", [Bulk], too_large),
];

async fn bulk(s: &mut Session, operations: Value, fail_on_errors: Option<u32>) -> Result<Answer, Verdict> {
    let mut body = json!({ "schemas": [REQUEST], "Operations": operations });
    if let Some(count) = fail_on_errors {
        body["failOnErrors"] = json!(count);
    }
    s.send(RawRequest::new(Method::POST, "Bulk").json(&body)).await
}

/// The operation that makes a new user, written down before.
fn post(s: &mut Session, bulk_id: &str) -> Value {
    let body = s.user_body(&Value::Null);
    s.announce(Kind::User, &body);
    json!({ "method": "POST", "path": format!("/{}", s.users("")), "bulkId": bulk_id, "data": body })
}

fn nonsense(s: &Session) -> Value {
    json!({ "method": "DELETE", "path": format!("/{}", s.users(NOBODY)) })
}

/// The operations of the answer, which must be this many.
fn operations(answer: &Answer, count: usize) -> Result<&Vec<Value>, Verdict> {
    answer.is(200)?;
    let schemas = list(&answer.body, "/schemas")?;
    ensure(schemas.contains(&json!(RESPONSE)), format!("schemas has {RESPONSE}"), json!(schemas).to_string())?;
    let operations = list(&answer.body, "/Operations")?;
    ensure(operations.len() == count, format!("{count} operations"), format!("{}", operations.len()))?;
    Ok(operations)
}

/// The status of an operation, which is a text; older servers write an object or a number.
fn status(operation: &Value, wanted: &str) -> Outcome {
    equal(operation, "/status", &json!(wanted))
}

async fn create(s: &mut Session) -> Outcome {
    let operation = post(s, "one");
    let answer = bulk(s, json!([operation]), None).await?;
    let [one] = operations(&answer, 1)?.as_slice() else { return Ok(()) };
    status(one, "201")?;
    equal(one, "/bulkId", &json!("one"))?;
    equal(one, "/method", &json!("POST"))?;
    let location = text(one, "/location")?;
    let id = location.rsplit('/').next().unwrap_or_default();
    let path = s.users(id);
    s.get(&path).await?.is(200)
}

async fn verbs(s: &mut Session) -> Outcome {
    let (one, two, three) = (s.user(Value::Null).await?, s.user_id().await?, s.user_id().await?);
    let patch = json!({ "schemas": [super::PATCH_OP], "Operations": [{ "op": "add", "path": "title", "value": "B" }] });
    let put = super::made::over(one.clone(), &json!({ "title": "A" }));
    let path = |s: &Session, id: &str| format!("/{}", s.users(id));
    let sent = json!([
        { "method": "PUT", "path": path(s, text(&one, "/id")?), "data": put },
        { "method": "PATCH", "path": path(s, &two), "data": patch },
        { "method": "DELETE", "path": path(s, &three) },
    ]);
    let answer = bulk(s, sent, None).await?;
    let done = operations(&answer, 3)?;
    for (operation, wanted) in done.iter().zip([&["200"][..], &["200", "204"], &["204"]]) {
        let found = operation["status"].as_str().unwrap_or_default();
        ensure(wanted.contains(&found), format!("status {}", wanted.join(" or ")), operation.to_string())?;
    }
    let (first, second, third) = (s.users(text(&one, "/id")?), s.users(&two), s.users(&three));
    equal(&s.read(&first).await?, "/title", &json!("A"))?;
    equal(&s.read(&second).await?, "/title", &json!("B"))?;
    s.get(&third).await?.is(404)
}

/// A group and its one member made together, in this order.
async fn together(s: &mut Session, user_first: bool) -> Outcome {
    let user = post(s, "user");
    let body = s.group_body(&["bulkId:user"], &Value::Null);
    s.announce(Kind::Group, &body);
    let group = json!({ "method": "POST", "path": format!("/{}", s.groups("")), "bulkId": "group", "data": body });
    let sent = if user_first { json!([user, group]) } else { json!([group, user]) };
    let answer = bulk(s, sent, None).await?;
    let done = operations(&answer, 2)?;
    let id = |bulk_id: &str| -> Result<String, Verdict> {
        let operation = done.iter().find(|one| one["bulkId"].as_str() == Some(bulk_id)).cloned().unwrap_or_default();
        status(&operation, "201")?;
        Ok(text(&operation, "/location")?.rsplit('/').next().unwrap_or_default().to_owned())
    };
    let (user, group) = (id("user")?, id("group")?);
    let path = s.groups(&group);
    values_are(&s.read(&path).await?, "/members", "value", &[&user])
}

async fn resolved(s: &mut Session) -> Outcome {
    together(s, true).await
}

async fn later(s: &mut Session) -> Outcome {
    together(s, false).await
}

async fn fail_on_errors(s: &mut Session) -> Outcome {
    let sent = json!([nonsense(s), post(s, "never")]);
    let answer = bulk(s, sent, Some(1)).await?;
    let done = operations(&answer, 1)?;
    status(done.first().unwrap_or(&Value::Null), "404")
}

async fn goes_on(s: &mut Session) -> Outcome {
    let sent = json!([nonsense(s), post(s, "still")]);
    let answer = bulk(s, sent, None).await?;
    let done = operations(&answer, 2)?;
    status(done.first().unwrap_or(&Value::Null), "404")?;
    status(done.last().unwrap_or(&Value::Null), "201")
}

async fn error_body(s: &mut Session) -> Outcome {
    let sent = json!([nonsense(s)]);
    let answer = bulk(s, sent, None).await?;
    let done = operations(&answer, 1)?;
    let response = done.first().and_then(|one| one.get("response")).cloned().unwrap_or_default();
    equal(&response, "/status", &json!("404"))?;
    list(&response, "/schemas").map(drop)
}

async fn too_many(s: &mut Session) -> Outcome {
    let limit = s.features.operations_max;
    if limit == 0 || limit > OPERATIONS_MAX {
        return Err(skipped(format!("maxOperations {limit}: not tried")));
    }
    // Deleting nobody does no harm, should the server carry it out after all.
    let sent: Vec<Value> = (0..=limit).map(|_| nonsense(s)).collect();
    bulk(s, json!(sent), None).await?.is(413)
}

async fn too_large(s: &mut Session) -> Outcome {
    let limit = s.features.payload_bytes_max;
    if limit == 0 || limit > BYTES_MAX {
        return Err(skipped(format!("maxPayloadSize {limit}: not tried")));
    }
    let padding = "x".repeat(usize::try_from(limit).unwrap_or_default());
    let mut operation = nonsense(s);
    operation["padding"] = json!(padding);
    bulk(s, json!([operation]), None).await?.is(413)
}
