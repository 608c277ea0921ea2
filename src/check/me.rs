//! `/Me`: RFC 7644 §3.11.

use super::verdict::{Outcome, ensure, text};
use super::{Check, Session, check};

pub(super) const CHECKS: &[Check] =
    &[check!("me", "RFC 7644 §3.11", "GET /Me is 200 with a resource, 308 with its address, or 501", [], me)];

async fn me(s: &mut Session) -> Outcome {
    let answer = s.get("Me").await?;
    answer.any_of(&[200, 308, 501])?;
    match answer.status {
        200 => text(&answer.body, "/id").map(drop),
        308 => ensure(answer.header("location").is_some(), "a header Location", "none"),
        _ => Ok(()),
    }
}
