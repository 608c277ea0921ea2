//! An answer as checks look at it: what came back, and the questions that every section asks of it.

use super::verdict::{Outcome, Verdict, ensure, failed, list, text};
use crate::client::raw::RawAnswer;
use serde_json::Value;

/// The schema of an error body (RFC 7644 §3.12).
pub(super) const ERROR: &str = "urn:ietf:params:scim:api:messages:2.0:Error";
/// The schema of a list (RFC 7644 §3.4.2).
pub(super) const LIST: &str = "urn:ietf:params:scim:api:messages:2.0:ListResponse";

/// One answer.
#[derive(Debug, Clone)]
pub(super) struct Answer {
    /// The HTTP status.
    pub(super) status: u16,
    /// The body; `Null` when it is empty or no JSON.
    pub(super) body: Value,
    raw: RawAnswer,
}

impl Answer {
    /// What the client read.
    pub(super) fn new(raw: RawAnswer) -> Self {
        Self { status: raw.status, body: serde_json::from_str(&raw.text).unwrap_or(Value::Null), raw }
    }

    /// A header; `None` when it is absent.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.raw.header(name)
    }

    /// The body as it came.
    pub(super) fn text(&self) -> &str {
        &self.raw.text
    }

    /// 2xx.
    pub(super) fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The status is this one.
    pub(super) fn is(&self, status: u16) -> Outcome {
        self.any_of(&[status])
    }

    /// The status is one of these.
    pub(super) fn any_of(&self, statuses: &[u16]) -> Outcome {
        let wanted: Vec<String> = statuses.iter().map(u16::to_string).collect();
        ensure(statuses.contains(&self.status), format!("status {}", wanted.join(" or ")), self.told())
    }

    /// Refused with this status and, where one is given, this `scimType` (RFC 7644 §3.12).
    pub(super) fn refused(&self, status: u16, scim_type: &str) -> Outcome {
        let found = self.body.get("scimType").and_then(Value::as_str).unwrap_or_default();
        let good = self.status == status && (scim_type.is_empty() || found.eq_ignore_ascii_case(scim_type));
        ensure(good, format!("status {status} {scim_type}").trim_end(), self.told())
    }

    /// The resources of a list and how many there are in all.
    pub(super) fn list(&self) -> Result<(u64, Vec<Value>), Verdict> {
        self.is(200)?;
        let total = self.body.get("totalResults").and_then(Value::as_u64);
        let total = total.ok_or_else(|| failed("a list with the number totalResults", self.told()))?;
        let resources = match self.body.get("Resources") {
            None | Some(Value::Null) => Vec::new(),
            Some(_) => list(&self.body, "/Resources")?.clone(),
        };
        Ok((total, resources))
    }

    /// The id in the body.
    pub(super) fn id(&self) -> Result<&str, Verdict> {
        text(&self.body, "/id")
    }

    /// Status and the server's words.
    pub(super) fn told(&self) -> String {
        let text = |name: &str| self.body.get(name).and_then(Value::as_str);
        let status = self.status;
        match (text("scimType"), text("detail")) {
            (Some(kind), Some(detail)) => format!("status {status} {kind}: {detail}"),
            (Some(kind), None) => format!("status {status} {kind}"),
            (None, Some(detail)) => format!("status {status}: {detail}"),
            (None, None) if self.raw.text.trim().is_empty() => format!("status {status}, no body"),
            (None, None) => format!("status {status}: {}", self.raw.text),
        }
    }
}

#[cfg(test)]
pub(super) fn answer(status: u16, body: &str) -> Answer {
    let headers = Default::default();
    Answer::new(RawAnswer { status, headers, text: body.to_owned(), took: std::time::Duration::ZERO })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_needs_status_and_keyword() {
        let taken = answer(409, r#"{"scimType":"uniqueness","detail":"taken"}"#);
        assert_eq!(taken.refused(409, "uniqueness"), Ok(()));
        assert_eq!(taken.refused(409, ""), Ok(()));
        let found = "status 409 uniqueness: taken";
        assert_eq!(taken.refused(400, "invalidValue"), Err(failed("status 400 invalidValue", found)));
        assert_eq!(answer(409, "").refused(409, "uniqueness").unwrap_err(), {
            failed("status 409 uniqueness", "status 409, no body")
        });
    }

    #[test]
    fn a_list_without_resources_is_empty_and_without_a_number_it_is_none() {
        assert_eq!(answer(200, r#"{"totalResults":0}"#).list(), Ok((0, vec![])));
        assert!(answer(200, r#"{"totalResults":"0"}"#).list().is_err());
        assert!(answer(200, r#"{"totalResults":1,"Resources":{}}"#).list().is_err());
        assert!(answer(404, r#"{"totalResults":0}"#).list().is_err());
        assert!(answer(200, "<html>").list().is_err());
    }
}
