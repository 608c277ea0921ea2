//! `/access/v1/audit`: who did what to whom, record by record (C005). A page of them, or all of them as lines.

use super::{Answer, Asked};
use crate::config::AuditPage;
use crate::directory::{AuditQuery, Directory};
use crate::endpoint::answer::plain_json;
use crate::endpoint::shared::Shared;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::header::{ACCEPT, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::Response;
use futures::stream;
use std::io;
use std::sync::Arc;

/// The media type of JSON values, a line each.
const LINES: &str = "application/x-ndjson";
/// Records that are read at once for lines.
const AT_ONCE: u64 = 500;

/// `GET /audit?since=&user=&operation=&count=`: oldest first. With `Accept: application/x-ndjson` every record behind
/// `since`, with no more of them in memory than a page.
pub(super) async fn list(State(shared): State<Arc<Shared>>, headers: HeaderMap, asked: Asked) -> Answer {
    let count = asked.count()?;
    let Asked(query) = asked;
    let [since, user, operation] = ["since", "user", "operation"].map(|name| query.owned(name));
    let mut wanted = AuditQuery { since, user, operation, count };
    if !wants_lines(&headers) {
        return Ok(plain_json(StatusCode::OK, &shared.directory.audit(&wanted).await?));
    }
    wanted.count = AT_ONCE;
    // What is wrong with the question is told before the answer begins.
    let first = shared.directory.audit(&wanted).await?;
    let mut response = Response::new(lines(shared.directory.clone(), wanted, first));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(LINES));
    Ok(response)
}

fn wants_lines(headers: &HeaderMap) -> bool {
    let sent = headers.get_all(ACCEPT).into_iter().filter_map(|value| value.to_str().ok());
    sent.flat_map(|value| value.split(','))
        .any(|kind| kind.split(';').next().is_some_and(|essence| essence.trim().eq_ignore_ascii_case(LINES)))
}

/// Page by page: where the next one begins is known when this one was sent.
fn lines(directory: Directory, wanted: AuditQuery, first: AuditPage) -> Body {
    let state = Some((directory, wanted, Some(first)));
    Body::from_stream(stream::try_unfold(state, |state| async move {
        let Some((directory, mut wanted, page)) = state else { return Ok(None) };
        let page = match page {
            Some(page) => page,
            None => directory.audit(&wanted).await.map_err(broken_off)?,
        };
        let text = text(&page)?;
        wanted.since = page.next;
        let rest = wanted.since.is_some().then_some((directory, wanted, None));
        Ok::<_, io::Error>(Some((text, rest)))
    }))
}

fn text(page: &AuditPage) -> Result<Bytes, io::Error> {
    let mut text = Vec::new();
    for record in &page.records {
        serde_json::to_writer(&mut text, record)?;
        text.push(b'\n');
    }
    Ok(Bytes::from(text))
}

fn broken_off(error: crate::directory::Error) -> io::Error {
    tracing::error!(%error, "the records could not be read to their end; the answer breaks off");
    io::Error::other("the records could not be read")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_wanted_by_whoever_says_so() {
        let wants = |sent: &'static str| wants_lines(&HeaderMap::from_iter([(ACCEPT, HeaderValue::from_static(sent))]));
        assert!(wants(LINES) && wants("application/json;q=0.5, Application/X-NDJSON;q=1"));
        assert!(!wants("application/json") && !wants("*/*") && !wants_lines(&HeaderMap::new()));
    }
}
