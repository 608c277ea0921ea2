//! Searches: a query in a body (RFC 7644 §3.4.3), of one type or of all, and a query of the base URL (§3.4.2.1).

use super::call::{Call, UserBody};
use super::{Answer, Failure, respond};
use crate::directory::{Begin, ListQuery, Page};
use crate::endpoint::query::Query;
use crate::endpoint::shared::Shared;
use crate::scim::discovery::{RESULTS_DEFAULT, RESULTS_MAX};
use crate::scim::{Attributes, Error, ResourceKind, ScimType, list_response, read_search};
use axum::extract::{FromRequest, Request, State};
use serde_json::Value;
use std::sync::Arc;

/// `POST /Users/.search`.
pub(super) async fn users(State(shared): State<Arc<Shared>>, call: Call, request: Request) -> Answer {
    let kind = call.users();
    in_body(call, Some(kind), &shared, request).await
}

/// `POST /Groups/.search`.
pub(super) async fn groups(State(shared): State<Arc<Shared>>, call: Call, request: Request) -> Answer {
    let kind = call.groups()?;
    in_body(call, Some(kind), &shared, request).await
}

/// `POST /.search`.
pub(super) async fn all(State(shared): State<Arc<Shared>>, call: Call, request: Request) -> Answer {
    in_body(call, None, &shared, request).await
}

/// `GET` of the base URL.
pub(super) async fn root(call: Call) -> Answer {
    everywhere(&call).await
}

/// A search of one type, or of all.
pub(super) async fn in_body(
    mut call: Call,
    kind: Option<ResourceKind>,
    shared: &Arc<Shared>,
    request: Request,
) -> Answer {
    let UserBody(body) = UserBody::from_request(request, shared).await?;
    call.asking(Query::of(read_search(body.value)?));
    let Some(kind) = kind else { return everywhere(&call).await };
    let projection = call.projection(kind)?;
    let page = list(&call, kind, &call.list_query(kind)?).await?;
    Ok(respond::page(&call, kind, page, &projection))
}

async fn list(call: &Call, kind: ResourceKind, query: &ListQuery) -> Result<Page, Failure> {
    let (directory, projection) = (call.directory(), call.projection(kind)?);
    if kind.is_user() {
        return Ok(directory.users(query, &projection).await?);
    }
    if kind.is_group() {
        return Ok(directory.groups(query, &projection).await?);
    }
    Ok(directory.resources(kind, query).await?)
}

/// All types, one behind the other; the index counts through them. Sorted within each type.
async fn everywhere(call: &Call) -> Answer {
    if call.query.has("cursor") {
        let detail = "a list over several types has no cursors; ask for one type, or use startIndex";
        return Err(Error::of(ScimType::InvalidCursor, detail).into());
    }
    let integer = |name| call.query.integer(name).map_err(Error::invalid_value);
    let index = u64::try_from(integer("startindex")?.unwrap_or(1)).unwrap_or(1).max(1);
    let count = integer("count")?.map_or(RESULTS_DEFAULT, |count| u64::try_from(count).unwrap_or(0).min(RESULTS_MAX));
    let (mut resources, mut total): (Vec<Value>, u64) = (Vec::new(), 0);
    for kind in call.kinds() {
        let mut query = call.list_query(kind)?;
        let left = count.saturating_sub(u64::try_from(resources.len()).unwrap_or(u64::MAX));
        // What is in front of the page in this type; what was in earlier types is passed already.
        query.begin = Begin::Index(index.saturating_sub(total).max(1));
        query.count = left;
        let page = list(call, kind, &query).await?;
        let projection = call.projection(kind)?;
        total += page.total;
        resources.extend(page.resources.into_iter().map(|mut resource: Attributes| {
            projection.apply(&mut resource);
            Value::Object(resource)
        }));
    }
    Ok(respond::ok(&list_response(resources, total, index)))
}
