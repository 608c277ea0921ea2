//! Reading a request's body: bounded in bytes, in time and in how many large ones are in memory at once.
//!
//! Bytes are counted as they arrive, so a chunked body or a wrong `Content-Length` cannot get past. After a refusal a
//! bounded rest is read and thrown away: a peer that is still writing would otherwise see a reset, not the answer.

use super::json;
use super::limits::Limits;
use super::shared::Shared;
use crate::scim::Sent;
use axum::body::{Body, BodyDataStream};
use axum::http::{HeaderMap, StatusCode, header};
use futures::StreamExt;
use serde_json::Value;
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

/// Above this many bytes, parsing leaves the thread that serves other requests.
const PARSE_INLINE_BYTES_MAX: usize = 256 * 1024;

/// Why a body was not read.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BodyError {
    /// More bytes than this kind of body may have.
    #[error("the body is larger than {max} bytes; send less at once")]
    TooLarge {
        /// The limit.
        max: usize,
    },
    /// It did not arrive in time.
    #[error("the body did not arrive in time")]
    Slow,
    /// The connection broke while it was read.
    #[error("the body broke off")]
    Broken,
    /// Not JSON as [`json::parse`] takes it.
    #[error("the body is not valid JSON: {0}")]
    Syntax(String),
    /// Reading it failed on this side.
    #[error("{0}")]
    Internal(String),
}

impl BodyError {
    /// The status of a refusal for this reason.
    pub(crate) fn status(&self) -> StatusCode {
        match self {
            Self::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Slow => StatusCode::REQUEST_TIMEOUT,
            Self::Broken | Self::Syntax(_) => StatusCode::BAD_REQUEST,
            Self::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

/// A JSON body, and the place it takes among the large ones until it is dropped.
#[derive(Debug)]
pub(crate) struct JsonBody<T = Value> {
    /// What was sent.
    pub(crate) value: T,
    _place: Option<OwnedSemaphorePermit>,
}

/// Reads and parses a body of at most `bytes_max` bytes.
pub(crate) async fn read_json(
    shared: &Shared,
    headers: &HeaderMap,
    body: Body,
    bytes_max: usize,
) -> Result<JsonBody, BodyError> {
    read_as(shared, headers, body, bytes_max, json::parse).await
}

/// The same of a message about a group: of a million members little more is kept than their ids.
pub(crate) async fn read_group(
    shared: &Shared,
    headers: &HeaderMap,
    body: Body,
    bytes_max: usize,
) -> Result<JsonBody<Sent>, BodyError> {
    read_as(shared, headers, body, bytes_max, json::parse_group).await
}

async fn read_as<T: Send + 'static>(
    shared: &Shared,
    headers: &HeaderMap,
    body: Body,
    bytes_max: usize,
    parse: fn(&[u8], usize) -> Result<T, String>,
) -> Result<JsonBody<T>, BodyError> {
    let limits = &shared.limits;
    let (text, place) = timeout(limits.body_timeout, read(limits, &shared.large_bodies, headers, body, bytes_max))
        .await
        .unwrap_or(Err(BodyError::Slow))?;
    let depth_max = limits.json_depth_max;
    let value = if text.len() <= PARSE_INLINE_BYTES_MAX {
        parse(&text, depth_max)
    } else {
        tokio::task::spawn_blocking(move || parse(&text, depth_max))
            .await
            .map_err(|error| BodyError::Internal(format!("the parser ended early: {error}")))?
    };
    Ok(JsonBody { value: value.map_err(BodyError::Syntax)?, _place: place })
}

async fn read(
    limits: &Limits,
    large_bodies: &Arc<Semaphore>,
    headers: &HeaderMap,
    body: Body,
    bytes_max: usize,
) -> Result<(Vec<u8>, Option<OwnedSemaphorePermit>), BodyError> {
    let mut pieces = body.into_data_stream();
    let declared = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    if declared.is_some_and(|bytes| bytes > bytes_max) {
        // A peer that asked first (100-continue) has not sent anything yet and need not.
        if !headers.contains_key(header::EXPECT) {
            drain(limits, &mut pieces).await;
        }
        return Err(BodyError::TooLarge { max: bytes_max });
    }
    let mut text = Vec::with_capacity(declared.unwrap_or(0).min(limits.user_body_bytes_max));
    let mut place = None;
    while let Some(piece) = next(limits, &mut pieces).await? {
        if text.len() + piece.len() > bytes_max {
            drop(text);
            drain(limits, &mut pieces).await;
            return Err(BodyError::TooLarge { max: bytes_max });
        }
        if place.is_none() && text.len() + piece.len() > limits.user_body_bytes_max {
            let taken = Arc::clone(large_bodies).acquire_owned().await;
            place = Some(taken.map_err(|_| BodyError::Internal("the endpoint is stopping".to_owned()))?);
            // All that was declared at once, so that what is there is not copied and copied again.
            text.reserve_exact(declared.unwrap_or(0).saturating_sub(text.len()));
        }
        text.extend_from_slice(&piece);
    }
    Ok((text, place))
}

async fn next(limits: &Limits, pieces: &mut BodyDataStream) -> Result<Option<axum::body::Bytes>, BodyError> {
    match timeout(limits.body_idle_timeout, pieces.next()).await {
        Err(_) => Err(BodyError::Slow),
        Ok(None) => Ok(None),
        Ok(Some(Err(_))) => Err(BodyError::Broken),
        Ok(Some(Ok(piece))) => Ok(Some(piece)),
    }
}

async fn drain(limits: &Limits, pieces: &mut BodyDataStream) {
    let mut left = limits.drained_bytes_max;
    while let Ok(Some(piece)) = next(limits, pieces).await {
        match left.checked_sub(piece.len()) {
            Some(less) => left = less,
            None => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::stream;
    use std::convert::Infallible;
    use std::time::Duration;

    fn narrow() -> Limits {
        Limits { user_body_bytes_max: 8, large_bodies_max: 1, ..Limits::default() }
    }

    fn chunked(pieces: Vec<&'static str>) -> Body {
        Body::from_stream(stream::iter(pieces.into_iter().map(Ok::<_, Infallible>)))
    }

    async fn read_with(limits: &Limits, headers: &HeaderMap, body: Body) -> Result<usize, BodyError> {
        let places = Arc::new(Semaphore::new(limits.large_bodies_max));
        read(limits, &places, headers, body, 10).await.map(|(text, _)| text.len())
    }

    #[tokio::test]
    async fn a_chunked_body_is_counted_as_it_arrives() {
        let headers = HeaderMap::new();
        assert_eq!(read_with(&narrow(), &headers, chunked(vec!["12345", "67890"])).await, Ok(10));
        let refused = read_with(&narrow(), &headers, chunked(vec!["12345", "67890", "1"])).await;
        assert_eq!(refused, Err(BodyError::TooLarge { max: 10 }));
    }

    #[tokio::test]
    async fn a_declared_length_is_refused_before_anything_is_kept() {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_LENGTH, 11.into());
        assert_eq!(read_with(&narrow(), &headers, chunked(vec![])).await, Err(BodyError::TooLarge { max: 10 }));
    }

    #[tokio::test]
    async fn a_body_that_stops_arriving_is_given_up() {
        let limits = Limits { body_idle_timeout: Duration::from_millis(5), ..narrow() };
        let stuck = Body::from_stream(stream::pending::<Result<&'static str, Infallible>>());
        assert_eq!(read_with(&limits, &HeaderMap::new(), stuck).await, Err(BodyError::Slow));
    }

    #[tokio::test]
    async fn a_second_large_body_waits_for_the_first() {
        let limits = narrow();
        let places = Arc::new(Semaphore::new(limits.large_bodies_max));
        let headers = HeaderMap::new();
        let (_, first) = read(&limits, &places, &headers, chunked(vec!["123456789"]), 10).await.unwrap();
        assert!(first.is_some());
        let second = read(&limits, &places, &headers, chunked(vec!["123456789"]), 10);
        tokio::pin!(second);
        assert!(futures::poll!(&mut second).is_pending(), "there is one place only");
        let (_, small) = read(&limits, &places, &headers, chunked(vec!["12345678"]), 10).await.unwrap();
        assert!(small.is_none(), "a small body needs no place");
        drop(first);
        assert!(second.await.unwrap().1.is_some());
    }
}
