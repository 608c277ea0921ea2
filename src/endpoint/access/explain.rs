//! `/access/v1/users/{id or userName}/explain`: why somebody has a role in a tenant, or has not (C002, B090–B093).

use super::{Answer, Asked, Name};
use crate::access::Question;
use crate::endpoint::answer::plain_json;
use crate::endpoint::shared::Shared;
use axum::extract::State;
use axum::http::StatusCode;
use std::sync::Arc;

/// `GET`: 200 also for somebody who is not known. Without `tenant` it is about the directory's own.
pub(super) async fn explain(State(shared): State<Arc<Shared>>, Name(who): Name, Asked(query): Asked) -> Answer {
    let tenant = query.owned("tenant").unwrap_or_else(|| {
        let in_force = shared.directory.in_force();
        in_force.document.as_ref().map(|document| document.tenant.clone()).unwrap_or_default()
    });
    let question = Question { tenant, role: query.owned("role") };
    Ok(plain_json(StatusCode::OK, &shared.directory.explain(&who, &question).await?))
}
