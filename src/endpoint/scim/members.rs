//! The members of a group, page by page: a group of any size is answered with no more than a page of it in memory.
//!
//! Each page is a read of its own: a member who joins or leaves meanwhile may be there or not; nobody else is missing
//! or twice. `GET /Groups/{id}/members` is the same as a list with cursors; `attributes` are those of the group.

use super::call::{Call, Id};
use super::respond::{self, SCIM_JSON, put};
use super::{Answer, Failure, cursor, precondition};
use crate::directory::{Directory, Position};
use crate::scim::discovery::{RESULTS_DEFAULT, RESULTS_MAX};
use crate::scim::{Attributes, Error, Projection, Reference, ScimType, cursor_response, render_members};
use axum::body::{Body, Bytes};
use axum::http::header::{CONTENT_TYPE, ETAG, LOCATION};
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use futures::stream;
use serde_json::Value;
use std::io;
use uuid::Uuid;

/// Members read at once.
const PAGE: u32 = 1_000;

/// A group with its members; 304 when the client has this version.
pub(super) async fn whole_group(call: &Call, id: &str, projection: Projection) -> Answer {
    let (group, first) = call.directory().group_and_members(id, PAGE).await?;
    let etag = respond::meta(&group, "version");
    let sent = call.if_none_match.as_deref().zip(etag);
    if sent.is_some_and(|(sent, etag)| precondition::names(sent, etag)) {
        return Ok(respond::not_modified(etag));
    }
    answer(call, StatusCode::OK, group, first, projection)
}

/// A group that was just written, with its members.
pub(super) async fn written_group(
    call: &Call,
    status: StatusCode,
    written: &Attributes,
    projection: Projection,
) -> Answer {
    let (group, first) = call.directory().group_and_members(id_of(written), PAGE).await?;
    answer(call, status, group, first, projection)
}

fn id_of(group: &Attributes) -> &str {
    group.get("id").and_then(Value::as_str).unwrap_or_default()
}

/// The answer with all members, of which these are the first.
fn answer(
    call: &Call,
    status: StatusCode,
    mut group: Attributes,
    first: Vec<Reference>,
    projection: Projection,
) -> Answer {
    let base_url = call.base_url().to_owned();
    let is_new = status == StatusCode::CREATED;
    if u32::try_from(first.len()).is_ok_and(|read| read < PAGE) {
        let meta = group.shift_remove("meta");
        group.insert("members".to_owned(), Value::Array(render_members(&first, &base_url)));
        group.extend(meta.map(|meta| ("meta".to_owned(), meta)));
        let whole = if is_new { respond::created } else { respond::resource };
        return Ok(whole(group, &projection));
    }
    let said = |name: &str| respond::meta(&group, name).map(str::to_owned);
    let (etag, location, id) = (said("version"), said("location").filter(|_| is_new), id_of(&group).to_owned());
    let name = respond::name(&group);
    projection.apply(&mut group);
    let pages = Pages { directory: call.directory().clone(), id, base_url, projection };
    let mut response = Response::new(pages.body(&group, first)?);
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(SCIM_JSON));
    put(&mut response, ETAG, etag.as_deref());
    put(&mut response, LOCATION, location.as_deref());
    respond::called(&mut response, name);
    Ok(response)
}

/// `GET /Groups/{id}/members`: a list of members, by cursors.
pub(super) async fn list(call: Call, Id(id): Id) -> Answer {
    let kind = call.groups()?;
    let projection = call.projection(kind)?;
    let list = format!("{}/{id}/members", kind.endpoint());
    let count = call.query.integer("count").map_err(|detail| Error::of(ScimType::InvalidCount, detail))?;
    let count = count.map_or(RESULTS_DEFAULT, |count| u64::try_from(count).unwrap_or(0).clamp(1, RESULTS_MAX));
    let after = match call.query.get("cursor") {
        None => None,
        Some(sent) => Some(cursor::open(call.directory(), &list, sent)?),
    };
    let total = match &after {
        Some(position) => position.total,
        None => call.directory().member_count(&id).await?,
    };
    let limit = u32::try_from(count + 1).unwrap_or(u32::MAX);
    let mut members = call.directory().members(&id, after.map(|position| position.id), limit).await?;
    if members.is_empty() {
        // A group that is gone meanwhile is 404, not a list of nobody.
        call.directory().member_count(&id).await?;
    }
    let more = u64::try_from(members.len()).is_ok_and(|read| read > count);
    if more {
        members.pop();
    }
    let last = members.last().filter(|_| more).and_then(|member| Uuid::try_parse(&member.value).ok());
    let next =
        last.and_then(|id| cursor::seal(call.directory(), &list, Position { forward: true, id, key: None, total }));
    Ok(respond::ok(&cursor_response(shown(&members, &projection, call.base_url()), total, next, None)))
}

/// Members as a group shows them.
fn shown(members: &[Reference], projection: &Projection, base_url: &str) -> Vec<Value> {
    let rendered = Value::Array(render_members(members, base_url));
    let mut group = Attributes::from_iter([("members".to_owned(), rendered)]);
    projection.apply(&mut group);
    match group.shift_remove("members") {
        Some(Value::Array(shown)) => shown,
        _ => Vec::new(),
    }
}

/// What the rest of a group's members are read by.
struct Pages {
    directory: Directory,
    id: String,
    base_url: String,
    projection: Projection,
}

impl Pages {
    /// The group's text: its attributes, then its members as they are read, then its end.
    fn body(self, group: &Attributes, first: Vec<Reference>) -> Result<Body, Failure> {
        let broken = |error: serde_json::Error| {
            Failure::internal(crate::endpoint::answer::Fault(format!("a group cannot be written as JSON: {error}")))
        };
        let mut head = serde_json::to_vec(group).map_err(broken)?;
        // `schemas` and `id` are always there, so that a comma is right.
        head.pop();
        head.extend_from_slice(b",\"members\":[");
        let state = (self, Some(head), Some(first), None::<Uuid>);
        Ok(Body::from_stream(stream::try_unfold(state, |(pages, head, page, after)| async move {
            let page = match (page, after) {
                (Some(page), _) => page,
                (None, None) => return Ok(None),
                (None, after) => pages.read(after).await?,
            };
            let is_first = head.is_some();
            let mut text = head.unwrap_or_default();
            pages.write(&mut text, &page, is_first);
            let full = u32::try_from(page.len()).is_ok_and(|read| read >= PAGE);
            let last = page.last().filter(|_| full).and_then(|member| Uuid::try_parse(&member.value).ok());
            if last.is_none() {
                text.extend_from_slice(b"]}");
            }
            Ok::<_, io::Error>(Some((Bytes::from(text), (pages, None, None, last))))
        })))
    }

    async fn read(&self, after: Option<Uuid>) -> Result<Vec<Reference>, io::Error> {
        self.directory.members(&self.id, after, PAGE).await.map_err(|error| {
            tracing::error!(%error, "the members of a group could not be read to their end; the answer breaks off");
            io::Error::other("the members could not be read")
        })
    }

    fn write(&self, text: &mut Vec<u8>, members: &[Reference], is_first: bool) {
        for (index, member) in shown(members, &self.projection, &self.base_url).iter().enumerate() {
            if !(is_first && index == 0) {
                text.push(b',');
            }
            // Strings and objects of strings: writing them cannot fail.
            text.extend_from_slice(member.to_string().as_bytes());
        }
    }
}
