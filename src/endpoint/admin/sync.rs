//! `/admin/v1/syncs/{uid}`: the runs that RuleSync resources ask for.

use super::{Answer, read_body};
use crate::config::RunRequest;
use crate::directory::Actor;
use crate::endpoint::access::Name;
use crate::endpoint::answer::plain_json;
use crate::endpoint::problem::Problem;
use crate::endpoint::shared::Shared;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use std::sync::Arc;

/// `PUT`: asks for the run, or answers how it stands when it was asked for before.
pub(super) async fn request(State(shared): State<Arc<Shared>>, Name(uid): Name, request: Request) -> Answer {
    let asked: RunRequest = read_body(&shared, request, shared.limits.user_body_bytes_max).await?;
    let by = Actor { token_id: "operator".to_owned(), ..Actor::default() };
    Ok(plain_json(StatusCode::OK, &shared.directory.request_run(Some(&uid), asked, &by).await?))
}

/// `GET`.
pub(super) async fn read(State(shared): State<Arc<Shared>>, Name(uid): Name) -> Answer {
    match shared.directory.run(&uid).await? {
        Some(run) => Ok(plain_json(StatusCode::OK, &run)),
        None => Err(Problem::not_found("No run of this uid is kept.")),
    }
}

/// `DELETE`: 204, also for a run that is not known.
pub(super) async fn cancel(State(shared): State<Arc<Shared>>, Name(uid): Name) -> Answer {
    shared.directory.cancel_run(&uid).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
