//! `POST /scim/v2/Bulk`: many operations in one message. RFC 7644 §3.7.
//!
//! Each operation is its own transaction and answers for itself, as the RFC has it. Those that wait for each other are
//! carried out without what is not there yet, and given just that at the end: what other operations of the message did
//! to them stays. An operation that is refused is kept like a message of its own (C004); one that waits in vain for
//! what another did not make is not: that other one is.

use super::call::{BulkBody, Call};
use super::failed::{self, Write};
use super::{Answer, Failure, precondition, respond};
use crate::directory::Message;
use crate::scim::discovery::BULK_OPERATIONS_MAX;
use crate::scim::{
    Attribute, Attributes, Bulk, BulkMethod, BulkOperation, Error, Made, PATCH_URN, ResourceKind, bulk_response,
};
use axum::extract::RawQuery;
use axum::http::{HeaderMap, Method};
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashSet};

/// What became of an operation.
struct Done {
    status: u16,
    resource: Option<Attributes>,
}

/// `POST /Bulk`: 200, whatever became of the operations.
pub(super) async fn bulk(
    call: Call,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
    BulkBody(body): BulkBody,
) -> Answer {
    let agent = failed::user_agent(&headers, query.as_deref());
    let bulk = Bulk::read(body.value, BULK_OPERATIONS_MAX)?;
    let mut pending = bulk.makers();
    let (mut made, mut answers, mut errors) = (Made::default(), BTreeMap::new(), 0_u64);
    let mut unfinished: Vec<(usize, String, Vec<String>)> = Vec::new();
    for next in bulk.order() {
        let Some(operation) = bulk.operations.get(next) else { break };
        let (outcome, left_out) = carry_out(&call, &agent, operation, &pending, &mut made).await;
        if let (false, Ok(Done { resource: Some(resource), .. })) = (left_out.is_empty(), &outcome) {
            unfinished.extend(id(resource).map(|id| (next, id, left_out)));
        }
        if let Some(name) = operation.bulk_id.as_deref().filter(|_| operation.method == BulkMethod::Post) {
            pending.remove(name);
        }
        errors += u64::from(outcome.is_err());
        answers.insert(next, answer(operation, location(&call, operation, &made), outcome)?);
        if bulk.fail_on_errors.is_some_and(|limit| errors >= limit) {
            break;
        }
    }
    for (index, id, keys) in unfinished {
        let Some(operation) = bulk.operations.get(index) else { continue };
        let path = format!("{}/{id}", operation.path.trim_end_matches('/'));
        if let Err(failure) = complete(&call, &agent, operation, &path, &keys, &made).await {
            let error = failure.refusal()?;
            // Gone again by the same message: then it was made all the same.
            if error.status != 404 {
                answers.insert(index, answer(operation, Some(address(&call, &path)), Err(error.into()))?);
            }
        } else if let Some(answer) = answers.get_mut(&index).and_then(Value::as_object_mut) {
            // The version is one further by now.
            answer.shift_remove("version");
        }
    }
    Ok(respond::ok(&bulk_response(answers.into_values().collect())))
}

/// Carries an operation out; one that can be completed later, without what is not there yet. Which attributes that is
/// about.
async fn carry_out(
    call: &Call,
    agent: &str,
    operation: &BulkOperation,
    pending: &HashSet<String>,
    made: &mut Made,
) -> (Result<Done, Failure>, Vec<String>) {
    let mut data = operation.data.clone();
    let mut left_out = Vec::new();
    if let Err(error) = made.fill_in(&mut data) {
        data = operation.data.clone();
        // What names something that nobody makes is refused as a whole.
        if operation.method != BulkMethod::Post || !made.will_have(operation, pending) {
            return (Err(error.into()), Vec::new());
        }
        left_out = made.leave_out(&mut data);
        if let Err(error) = made.fill_in(&mut data) {
            return (Err(error.into()), Vec::new());
        }
    }
    let outcome = match made.path(&operation.path) {
        Ok(path) => {
            let whole = || {
                let mut data = operation.data.clone();
                (left_out.is_empty() && made.fill_in(&mut data).is_ok()).then_some(data)
            };
            watched(call, agent, operation, &path, data, whole).await
        }
        Err(error) => Err(error.into()),
    };
    if let (Ok(Done { resource: Some(resource), .. }), Some(name)) = (&outcome, &operation.bulk_id)
        && let Some(id) = id(resource)
    {
        made.note(name, &id);
    }
    (outcome, left_out)
}

/// Gives a resource what was left out of these attributes when it was made.
async fn complete(
    call: &Call,
    agent: &str,
    operation: &BulkOperation,
    path: &str,
    keys: &[String],
    made: &Made,
) -> Result<(), Failure> {
    let (kind, _) = target(call, BulkMethod::Patch, path)?;
    let mut operations = Vec::new();
    for key in keys.iter().filter(|key| !kind.attribute(key).is_some_and(Attribute::is_read_only)) {
        let mut value = operation.data.get(key).cloned().unwrap_or_default();
        made.fill_in(&mut value)?;
        operations.push(json!({ "op": "add", "path": key, "value": value }));
    }
    if operations.is_empty() {
        return Ok(());
    }
    let patch = BulkOperation { method: BulkMethod::Patch, version: None, ..operation.clone() };
    let message = json!({ "schemas": [PATCH_URN], "Operations": operations });
    watched(call, agent, &patch, path, message.clone(), || Some(message)).await.map(drop)
}

/// Sends an operation, and keeps it when it is refused; `whole` is its body once more, unless it was not sent whole.
async fn watched(
    call: &Call,
    agent: &str,
    operation: &BulkOperation,
    path: &str,
    data: Value,
    whole: impl FnOnce() -> Option<Value>,
) -> Result<Done, Failure> {
    let method = match operation.method {
        BulkMethod::Post => Method::POST,
        BulkMethod::Put => Method::PUT,
        BulkMethod::Patch => Method::PATCH,
        BulkMethod::Delete => Method::DELETE,
    };
    let request_id = call.actor.request_id.clone();
    let Some(write) = Write::of(&call.in_force().types, &method, path, request_id, agent.to_owned()) else {
        return send(call, operation, path, data).await;
    };
    let digest = write.digest(&data);
    let (mut about, asked) = (write.subjects(Some(&data), None, &digest), write.asked(Some(&data), &digest));
    let outcome = send(call, operation, path, data).await;
    match &outcome {
        Ok(Done { resource, .. }) => {
            let name = resource.as_ref().and_then(respond::name);
            about.extend(name.map(|respond::Name(name)| write.called(&name)));
            write.settled(call.directory(), about, &asked).await;
        }
        Err(failure) if failed::is_kept(failure.error().status) => {
            write.keep(call.directory(), failure.error(), whole(), &digest).await;
        }
        Err(_) => {}
    }
    outcome
}

async fn send(call: &Call, operation: &BulkOperation, path: &str, data: Value) -> Result<Done, Failure> {
    let (kind, id) = target(call, operation.method, path)?;
    let if_match = operation.version.as_deref().map(precondition::read).unwrap_or_default();
    let message = Message { if_match, ..call.message() };
    let directory = call.directory();
    let resource = match (operation.method, kind) {
        (BulkMethod::Post, kind) if kind.is_user() => directory.create_user(message, data).await,
        (BulkMethod::Post, kind) if kind.is_group() => directory.create_group(message, data).await,
        (BulkMethod::Post, kind) => directory.create_resource(message, kind, data).await,
        (BulkMethod::Put, kind) if kind.is_user() => directory.replace_user(message, &id, data).await,
        (BulkMethod::Put, kind) if kind.is_group() => directory.replace_group(message, &id, data).await,
        (BulkMethod::Put, kind) => directory.replace_resource(message, kind, &id, data).await,
        (BulkMethod::Patch, kind) if kind.is_user() => directory.patch_user(message, &id, data).await,
        (BulkMethod::Patch, kind) if kind.is_group() => directory.patch_group(message, &id, data).await,
        (BulkMethod::Patch, kind) => directory.patch_resource(message, kind, &id, data).await,
        (BulkMethod::Delete, kind) => {
            match kind {
                kind if kind.is_user() => directory.delete_user(message, &id).await?,
                kind if kind.is_group() => directory.delete_group(message, &id).await?,
                kind => directory.delete_resource(message, kind, &id).await?,
            }
            return Ok(Done { status: 204, resource: None });
        }
    };
    let status = if operation.method == BulkMethod::Post { 201 } else { 200 };
    Ok(Done { status, resource: Some(resource?) })
}

/// What `/Users` and `/Users/{id}` name.
fn target(call: &Call, method: BulkMethod, path: &str) -> Result<(ResourceKind, String), Failure> {
    let mut segments = path.trim_start_matches('/').splitn(2, '/');
    let (segment, id) = (segments.next().unwrap_or_default(), segments.next().unwrap_or_default());
    let Some(kind) = call.in_force().types.at(segment) else {
        return Err(Error::plain(404, "`path` names no resource type; send one such as /Users or /Users/<id>").into());
    };
    if kind.is_group() {
        call.groups()?;
    }
    match (method, id.is_empty()) {
        (BulkMethod::Post, false) => Err(Error::plain(405, "a POST goes to a resource type, such as /Users").into()),
        (BulkMethod::Put | BulkMethod::Patch | BulkMethod::Delete, true) => {
            Err(Error::plain(405, "`path` names no resource; send one such as /Users/<id>").into())
        }
        _ => Ok((kind, id.to_owned())),
    }
}

/// Where the resource is that an operation names: part of every answer but that of a POST which failed (§3.7.3).
fn location(call: &Call, operation: &BulkOperation, made: &Made) -> Option<String> {
    let path = made.path(&operation.path).ok().filter(|_| operation.method != BulkMethod::Post)?;
    Some(address(call, &path))
}

fn address(call: &Call, path: &str) -> String {
    format!("{}/{}", call.base_url().trim_end_matches('/'), path.trim_start_matches('/'))
}

/// An operation's part of the answer. What the endpoint failed at ends the message: nothing is known of the rest.
fn answer(
    operation: &BulkOperation,
    location: Option<String>,
    outcome: Result<Done, Failure>,
) -> Result<Value, Failure> {
    let mut answer = json!({ "method": operation.method.as_str() });
    if let Some(name) = &operation.bulk_id {
        answer["bulkId"] = json!(name);
    }
    if let Some(location) = location {
        answer["location"] = json!(location);
    }
    match outcome {
        Ok(Done { status, resource }) => {
            answer["status"] = json!(status.to_string());
            if let Some(resource) = &resource {
                answer["location"] = json!(respond::meta(resource, "location"));
                answer["version"] = json!(respond::meta(resource, "version"));
            }
        }
        Err(failure) => {
            let error = failure.refusal()?;
            answer["status"] = json!(error.status.to_string());
            answer["response"] = error.to_json();
        }
    }
    Ok(answer)
}

fn id(resource: &Attributes) -> Option<String> {
    resource.get("id").and_then(Value::as_str).map(str::to_owned)
}
