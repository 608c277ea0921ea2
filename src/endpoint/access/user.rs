//! `/access/v1/users`: who may do what.

use super::{Answer, COUNT_DEFAULT, COUNT_MAX, Name};
use crate::access::AccessView;
use crate::directory::{AccessPage, AccessQuery};
use crate::endpoint::answer::plain_json;
use crate::endpoint::problem::Problem;
use crate::endpoint::query::Query;
use crate::endpoint::shared::Shared;
use crate::scim::{Filter, Reading, ResourceKind};
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use serde::Serialize;
use std::sync::Arc;

#[derive(Serialize)]
struct Users {
    users: Vec<AccessView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
    /// Where the change feed stood before the page was read.
    position: String,
}

/// `GET /users`: keyset pages; `next` is absent on the last one. Whoever follows the change feed from the `position` of
/// the first page misses nothing that a page does not have yet.
pub(super) async fn list(State(shared): State<Arc<Shared>>, RawQuery(raw): RawQuery) -> Answer {
    let users = shared.directory.in_force().types.user();
    let query = read_query(raw.as_deref(), users).map_err(Problem::bad_request)?;
    let position = shared.directory.feed_position().await?;
    let AccessPage { users, next } = shared.directory.access_page(&query).await?;
    Ok(plain_json(StatusCode::OK, &Users { users, next, position }))
}

/// `GET /users/{id or userName}`.
pub(super) async fn read(State(shared): State<Arc<Shared>>, Name(who): Name) -> Answer {
    match shared.directory.access(&who).await? {
        Some(view) => Ok(plain_json(StatusCode::OK, &view)),
        None => Err(Problem::not_found("Nobody of this id or userName is in the directory.")),
    }
}

fn read_query(raw: Option<&str>, kind: ResourceKind) -> Result<AccessQuery, String> {
    let query = Query::parse(raw).map_err(|error| error.to_string())?;
    let filter = query.get("filter").map(|text| Filter::parse(text, kind, &Reading::default())).transpose();
    let managed = match query.get("managed") {
        None => None,
        Some("true") => Some(true),
        Some("false") => Some(false),
        Some(_) => return Err("managed is `true` or `false`".to_owned()),
    };
    let count = query.count(COUNT_DEFAULT, 1..=COUNT_MAX)?;
    Ok(AccessQuery {
        filter: filter.map_err(|error| error.detail)?,
        tenant: query.owned("tenant"),
        role: query.owned("role"),
        managed,
        cursor: query.owned("cursor"),
        count,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_every_parameter() {
        let read =
            read_query(Some("tenant=hr&role=Automation%20Admin&managed=true&cursor=abc&count=7"), ResourceKind::USER)
                .unwrap();
        assert_eq!((read.tenant.as_deref(), read.role.as_deref()), (Some("hr"), Some("Automation Admin")));
        assert_eq!((read.managed, read.cursor.as_deref(), read.count), (Some(true), Some("abc"), 7));
        assert_eq!(read_query(None, ResourceKind::USER).unwrap().count, 100);
    }

    #[test]
    fn err_out_of_range_or_not_what_it_should_be() {
        for raw in ["count=0", "count=1001", "count=-1", "count=x", "managed=yes", "tenant=%ff"] {
            assert!(read_query(Some(raw), ResourceKind::USER).is_err(), "{raw}");
        }
    }
}
