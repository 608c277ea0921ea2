//! `/access/v1/plan`: what changed rules would give and take, before anything is written (C001, C003).

use super::{Answer, Asked, read_body};
use crate::config::PlanRequest;
use crate::endpoint::answer::plain_json;
use crate::endpoint::problem::Problem;
use crate::endpoint::shared::Shared;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use std::sync::Arc;

/// People that are named unless it is said otherwise, and at most.
const COUNT_DEFAULT: u64 = 100;
const COUNT_MAX: u64 = 10_000;

/// `POST /plan?count=`: the numbers are those of everybody, whoever is named.
pub(super) async fn plan(State(shared): State<Arc<Shared>>, Asked(query): Asked, request: Request) -> Answer {
    let count = query.count(COUNT_DEFAULT, 0..=COUNT_MAX).map_err(Problem::bad_request)?;
    let asked: PlanRequest = read_body(&shared, request, "plan").await?;
    Ok(plain_json(StatusCode::OK, &shared.directory.plan(asked, count).await?))
}
