//! `/access/v1/syncs`: runs of the rules, as RuleSync asks for them, and whom they changed (B059, B062, B066, C001).

use super::{Answer, Asked, By, Name};
use crate::config::{AllowRevocations, RunRequest, RunScope, RunStatus};
use crate::endpoint::answer::plain_json;
use crate::endpoint::body;
use crate::endpoint::problem::Problem;
use crate::endpoint::shared::Shared;
use axum::extract::{Request, State};
use axum::http::header::LOCATION;
use axum::http::{HeaderValue, StatusCode};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use uuid::Uuid;

const NAME_BYTES_MAX: usize = 253;

#[derive(Serialize)]
struct Syncs {
    syncs: Vec<RunStatus>,
}

/// RuleSync's spec without `directoryRef`, and a name. An unknown field is refused: a wish that is not understood
/// must not become a run.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct NewSync {
    #[serde(default)]
    name: Option<String>,
    scope: RunScope,
    #[serde(default)]
    nonce: String,
    #[serde(default)]
    dry_run: bool,
    #[serde(default)]
    allow_revocations: Option<AllowRevocations>,
}

/// `GET /syncs`: newest first.
pub(super) async fn list(State(shared): State<Arc<Shared>>) -> Answer {
    let syncs = shared.directory.runs().await?;
    Ok(plain_json(StatusCode::OK, &Syncs { syncs }))
}

/// `GET /syncs/{name}`: the newest run of that name.
pub(super) async fn read(State(shared): State<Arc<Shared>>, Name(name): Name) -> Answer {
    match shared.directory.run_by_name(&name).await? {
        Some(run) => Ok(plain_json(StatusCode::OK, &run)),
        None => Err(Problem::not_found("No run of this name is kept.")),
    }
}

/// `GET /syncs/{name}/changes?cursor=&count=`: by id, whom the newest run of that name changed, or would change.
pub(super) async fn changes(State(shared): State<Arc<Shared>>, Name(name): Name, asked: Asked) -> Answer {
    let count = asked.count()?;
    match shared.directory.run_changes(&name, asked.0.get("cursor"), count).await? {
        Some(changes) => Ok(plain_json(StatusCode::OK, &changes)),
        None => Err(Problem::not_found("No run of this name is kept.")),
    }
}

/// `POST /syncs`: 202 with the run.
pub(super) async fn request(State(shared): State<Arc<Shared>>, By(by): By, request: Request) -> Answer {
    let asked = read_request(&shared, request).await?;
    let run = shared.directory.request_run(None, asked, &by).await?;
    let mut response = plain_json(StatusCode::ACCEPTED, &run);
    if let Ok(location) = HeaderValue::from_str(&format!("/access/v1/syncs/{}", run.name)) {
        response.headers_mut().insert(LOCATION, location);
    }
    Ok(response)
}

async fn read_request(shared: &Shared, request: Request) -> Result<RunRequest, Problem> {
    let (parts, sent) = request.into_parts();
    let sent = body::read_json(shared, &parts.headers, sent, shared.limits.user_body_bytes_max).await?;
    let asked: NewSync = serde_json::from_value(sent.value)
        .map_err(|error| Problem::bad_request(format!("The body is not a sync: {error}")))?;
    checked(asked).map_err(Problem::bad_request)
}

fn checked(asked: NewSync) -> Result<RunRequest, String> {
    let NewSync { name, scope, nonce, dry_run, allow_revocations } = asked;
    let name = name.unwrap_or_else(|| format!("api-{}", Uuid::now_v7().simple()));
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '.');
    if name.is_empty() || name.len() > NAME_BYTES_MAX || !name.chars().all(plain) {
        return Err(format!("name has 1 to {NAME_BYTES_MAX} characters of a-z, 0-9, - and ."));
    }
    Ok(RunRequest { name, scope, nonce, dry_run, allow_revocations, created_at: None })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(body: serde_json::Value) -> Result<RunRequest, String> {
        serde_json::from_value::<NewSync>(body).map_err(|error| error.to_string()).and_then(checked)
    }

    #[test]
    fn ok_both_scopes() {
        let asked = read(json!({"name": "after-edit", "scope": {"rules": ["hr"]}, "nonce": "2"})).unwrap();
        assert_eq!((asked.name.as_str(), asked.nonce.as_str()), ("after-edit", "2"));
        assert_eq!(asked.scope, RunScope::Rules(vec!["hr".to_owned()]));
        assert!(!asked.dry_run && asked.allow_revocations.is_none());
        let confirmed = json!({"scope": {"all": {}}, "dryRun": true, "allowRevocations": {"upTo": 12}});
        let confirmed = read(confirmed).unwrap();
        assert_eq!((confirmed.dry_run, confirmed.allow_revocations), (true, Some(AllowRevocations { up_to: 12 })));
        let unnamed = read(json!({"scope": {"all": {}}})).unwrap();
        assert!(unnamed.name.starts_with("api-"));
        assert_eq!(unnamed.scope, RunScope::All {});
    }

    #[test]
    fn err_what_could_be_misread() {
        for body in [
            json!({}),
            json!({"scope": {}}),
            json!({"scope": {"all": {}, "rules": ["a"]}}),
            json!({"scope": {"all": {"except": ["a"]}}}),
            json!({"scope": {"all": {}}, "dryrun": true}),
            json!({"scope": {"all": {}}, "dryRun": "true"}),
            json!({"scope": {"all": {}}, "allowRevocations": {}}),
            json!({"scope": {"all": {}}, "allowRevocations": {"upTo": -1}}),
            json!({"scope": {"all": {}}, "allowRevocations": {"upTo": 1, "more": 1}}),
            json!({"scope": {"all": {}}, "name": "Not A Name"}),
        ] {
            assert!(read(body.clone()).is_err(), "{body}");
        }
    }
}
