//! A body as it is read by somebody else: its pieces are shared, not copied, and let go once there are too many.

use crate::endpoint::json;
use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::Method;
use futures::TryStreamExt;
use serde_json::Value;
use std::hash::{DefaultHasher, Hasher};
use std::sync::{Arc, Mutex, PoisonError};

/// Bytes of a body that is kept.
const KEPT_BYTES_MAX: usize = 64 * 1024;

/// What was seen of a body.
#[derive(Clone, Default)]
pub(super) struct Seen(Arc<Mutex<Pieces>>);

#[derive(Default)]
struct Pieces {
    pieces: Vec<Bytes>,
    bytes: usize,
    /// Of all pieces, once they are too many to be held.
    digest: Option<DefaultHasher>,
}

impl Seen {
    /// The request, and what will be seen of its body while it is read.
    pub(super) fn in_passing(request: Request, method: &Method) -> (Request, Self) {
        let seen = Self::default();
        if *method == Method::DELETE {
            return (request, seen);
        }
        let (parts, body) = request.into_parts();
        let watching = seen.clone();
        let watched = body.into_data_stream().inspect_ok(move |piece| watching.note(piece));
        (Request::from_parts(parts, Body::from_stream(watched)), seen)
    }

    fn note(&self, piece: &Bytes) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).note(piece);
    }

    /// The body, when it is not too large and is JSON; and what tells it from others.
    pub(super) fn whole(self, depth_max: usize) -> (Option<Value>, String) {
        let pieces = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        let Pieces { pieces, bytes: _, digest } = pieces;
        let text: Vec<u8> = pieces.concat();
        let body = if digest.is_none() { json::parse(&text, depth_max).ok() } else { None };
        (body, digest.map_or_else(|| self::digest(&text), |digest| shown(&digest)))
    }
}

/// What tells a text from others.
pub(super) fn digest(text: &[u8]) -> String {
    let mut digest = DefaultHasher::new();
    digest.write(text);
    shown(&digest)
}

fn shown(digest: &DefaultHasher) -> String {
    format!("{:016x}", digest.finish())
}

impl Pieces {
    fn note(&mut self, piece: &Bytes) {
        self.bytes = self.bytes.saturating_add(piece.len());
        if let Some(digest) = &mut self.digest {
            digest.write(piece);
        } else if self.bytes <= KEPT_BYTES_MAX {
            self.pieces.push(piece.clone());
        } else {
            let mut digest = DefaultHasher::new();
            std::mem::take(&mut self.pieces).iter().chain([piece]).for_each(|piece| digest.write(piece));
            self.digest = Some(digest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(pieces: &[&[u8]]) -> (Option<Value>, String) {
        let seen = Seen::default();
        pieces.iter().for_each(|piece| seen.note(&Bytes::copy_from_slice(piece)));
        seen.whole(8)
    }

    #[test]
    fn a_body_is_put_together_from_its_pieces() {
        let (body, digest) = seen(&[b"{\"a\":", b"1}"]);
        assert_eq!(body, Some(serde_json::json!({ "a": 1 })));
        assert_eq!(seen(&[b"{\"a\":1}"]).1, digest, "however it arrives");
        assert_ne!(seen(&[b"{\"a\":2}"]).1, digest);
        assert_eq!(seen(&[b"{\"a\":1,\"a\":2}"]).0, None, "what the endpoint does not read is not kept");
        assert_eq!(seen(&[b"[[[[[[[[[1]]]]]]]]]"]).0, None);
    }

    #[test]
    fn a_large_body_is_let_go_and_still_told_from_others() {
        let body = |last: u8| [vec![b' '; KEPT_BYTES_MAX], vec![last]].concat();
        let (whole, digest) = seen(&[&body(b'1')]);
        assert_eq!(whole, None);
        assert_eq!(seen(&[&body(b'1')[..70], &body(b'1')[70..]]).1, digest, "however it arrives");
        assert_ne!(seen(&[&body(b'2')]).1, digest);
        assert_eq!(seen(&[&body(b'1')[1..]]).0, Some(Value::from(1)), "as large as may be");
    }

    #[tokio::test]
    async fn whoever_reads_the_body_reads_all_of_it() {
        let request = axum::http::Request::builder().method("PUT").body(Body::from("{\"a\":1}")).unwrap();
        let (request, seen) = Seen::in_passing(request, &Method::PUT);
        assert_eq!(axum::body::to_bytes(request.into_body(), 100).await.unwrap(), "{\"a\":1}");
        assert_eq!(seen.whole(8).0, Some(serde_json::json!({ "a": 1 })));
    }
}
