//! `POST /scim/v2/Bulk`: many operations in one message. RFC 7644 §3.7.
//!
//! Each operation is its own transaction and answers for itself, as the RFC has it. Those that wait for each other are
//! carried out without what is not there yet, and completed once it is.

use super::call::{BulkBody, Call};
use super::{Answer, Failure, precondition, respond};
use crate::directory::Message;
use crate::scim::discovery::BULK_OPERATIONS_MAX;
use crate::scim::{Attributes, Bulk, BulkMethod, BulkOperation, Error, Made, ResourceKind, bulk_response};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// What became of an operation.
struct Done {
    status: u16,
    resource: Option<Attributes>,
}

/// `POST /Bulk`: 200, whatever became of the operations.
pub(super) async fn bulk(call: Call, BulkBody(body): BulkBody) -> Answer {
    let bulk = Bulk::read(body.value, BULK_OPERATIONS_MAX)?;
    let mut left: Vec<usize> = (0..bulk.operations.len()).collect();
    let (mut made, mut answers, mut errors) = (Made::default(), BTreeMap::new(), 0_u64);
    let mut unfinished: Vec<(usize, String)> = Vec::new();
    for next in bulk.order() {
        // What names something that nobody makes is refused as a whole.
        let completes = bulk.completes(next, &left, &made);
        left.retain(|index| *index != next);
        let Some(operation) = bulk.operations.get(next) else { break };
        let (outcome, partly) = carry_out(&call, operation, completes, &mut made).await;
        if let (true, Ok(Done { resource: Some(resource), .. })) = (partly, &outcome) {
            unfinished.extend(id(resource).map(|id| (next, id)));
        }
        errors += u64::from(outcome.is_err());
        answers.insert(next, answer(operation, location(&call, operation, &made), outcome)?);
        if bulk.fail_on_errors.is_some_and(|limit| errors >= limit) {
            break;
        }
    }
    for (index, id) in unfinished {
        let Some(operation) = bulk.operations.get(index) else { continue };
        if let Err(failure) = complete(&call, operation, &id, &made).await {
            answers.insert(index, answer(operation, None, Err(failure))?);
        } else if let Some(answer) = answers.get_mut(&index).and_then(Value::as_object_mut) {
            // The version is one further by now.
            answer.shift_remove("version");
        }
    }
    Ok(respond::ok(&bulk_response(answers.into_values().collect())))
}

/// Carries an operation out; one that can be completed later, without what is not there yet. Whether something was left
/// out.
async fn carry_out(
    call: &Call,
    operation: &BulkOperation,
    completes: bool,
    made: &mut Made,
) -> (Result<Done, Failure>, bool) {
    let mut data = operation.data.clone();
    let mut partly = false;
    if let Err(error) = made.fill_in(&mut data) {
        data = operation.data.clone();
        partly = completes && operation.method == BulkMethod::Post && made.leave_out(&mut data);
        if !partly {
            return (Err(error.into()), false);
        }
        if let Err(error) = made.fill_in(&mut data) {
            return (Err(error.into()), false);
        }
    }
    let outcome = match made.path(&operation.path) {
        Ok(path) => send(call, operation, &path, data).await,
        Err(error) => Err(error.into()),
    };
    if let (Ok(Done { resource: Some(resource), .. }), Some(name)) = (&outcome, &operation.bulk_id)
        && let Some(id) = id(resource)
    {
        made.note(name, &id);
    }
    (outcome, partly)
}

/// Gives a resource what was left out when it was made.
async fn complete(call: &Call, operation: &BulkOperation, id: &str, made: &Made) -> Result<(), Failure> {
    let mut data = operation.data.clone();
    made.fill_in(&mut data)?;
    let replace = BulkOperation { method: BulkMethod::Put, version: None, ..operation.clone() };
    send(call, &replace, &format!("{}/{id}", operation.path.trim_end_matches('/')), data).await.map(drop)
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
    Some(format!("{}/{}", call.base_url().trim_end_matches('/'), path.trim_start_matches('/')))
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
