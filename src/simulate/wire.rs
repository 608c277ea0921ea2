//! Sends one request, writes its line, and tells a refusal of one thing from a refusal of everything.
//!
//! Never tries again and never decides what comes next: that is the provider's part.

use super::{Error, Report};
use crate::client::{Answer, Request, scim::Found, scim::Scim};
use serde_json::Value;

/// Statuses that concern the whole job and not one resource.
const STOPPING: [u16; 4] = [401, 403, 429, 503];

/// The service, and where lines go.
pub struct Wire<'a, 'r> {
    /// The service.
    pub service: &'a Scim,
    /// Where lines go.
    pub report: &'a mut Report<'r>,
}

/// What became of a request to something that the service had before.
pub(super) enum Reached {
    /// It was done; the body of the answer.
    Done(Value),
    /// The service has it no more (404).
    Gone,
    /// It was refused, which the report says.
    Refused,
}

impl Wire<'_, '_> {
    /// A question; `None` when it was refused, which the report says.
    pub(super) async fn ask(&mut self, whom: &str, request: Request) -> Result<Option<Found>, Error> {
        let Some(answer) = self.tell(whom, request).await? else { return Ok(None) };
        let found = Found::read(&answer.body);
        if found.is_none() {
            self.report.refused(whom, &Answer { body: Value::Null, ..answer })?;
        }
        Ok(found)
    }

    /// A request that should succeed; `None` when it was refused, which the report says.
    pub(super) async fn tell(&mut self, whom: &str, request: Request) -> Result<Option<Answer>, Error> {
        let answer = self.send(&request).await?;
        if answer.is_success() {
            return Ok(Some(answer));
        }
        self.report.refused(whom, &answer)?;
        Ok(None)
    }

    /// A request to something that should still be there.
    pub(super) async fn reach(&mut self, whom: &str, request: Request) -> Result<Reached, Error> {
        let answer = self.send(&request).await?;
        if answer.status == 404 {
            self.report.note(&format!("{whom} is gone at the service"))?;
            return Ok(Reached::Gone);
        }
        if answer.is_success() {
            return Ok(Reached::Done(answer.body));
        }
        self.report.refused(whom, &answer)?;
        Ok(Reached::Refused)
    }

    /// Any request; the answer as it is, unless it ends the job.
    pub(super) async fn send(&mut self, request: &Request) -> Result<Answer, Error> {
        let answer = self.service.send(request).await?;
        self.report.request(request, &answer)?;
        if STOPPING.contains(&answer.status) {
            let detail = self.report.hidden(&answer.detail());
            let Answer { status, retry_after, .. } = answer;
            return Err(Error::Stopped { status, detail, retry_after });
        }
        Ok(answer)
    }
}

/// The id of a resource that was answered.
pub(super) fn id_of(resource: &Value) -> Option<String> {
    resource.get("id").and_then(Value::as_str).map(str::to_owned)
}
