//! Every request has an id: in the answer's `X-Request-Id`, in the log and in the record of what it changed.
//!
//! The caller's own id is taken when it is harmless in a log line; anything else is replaced by a new UUIDv7.

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use uuid::Uuid;

/// The header, in both directions.
pub(crate) const HEADER: HeaderName = HeaderName::from_static("x-request-id");

const LENGTH_MAX: usize = 64;

/// The id of the request with these headers.
pub(crate) fn of(headers: &HeaderMap) -> String {
    match headers.get(HEADER).and_then(sane) {
        Some(id) => id.to_owned(),
        None => Uuid::now_v7().to_string(),
    }
}

fn sane(value: &HeaderValue) -> Option<&str> {
    let text = value.to_str().ok()?;
    let harmless = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    (!text.is_empty() && text.len() <= LENGTH_MAX && text.chars().all(harmless)).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(id: &str) -> String {
        let mut headers = HeaderMap::new();
        headers.insert(HEADER, HeaderValue::from_str(id).unwrap());
        of(&headers)
    }

    #[test]
    fn a_sane_id_is_kept() {
        let longest = "x".repeat(LENGTH_MAX);
        for id in ["a", "3fa85f64-5717-4562-b3fc-2c963f66afa6", "req_1.2", &longest] {
            assert_eq!(given(id), id);
        }
    }

    #[test]
    fn anything_else_is_replaced() {
        let too_long = "x".repeat(LENGTH_MAX + 1);
        for id in ["", "a b", "a\tb", "{\"level\":\"error\"}", "a=b", &too_long] {
            let made = given(id);
            assert_ne!(made, id);
            assert_eq!(Uuid::parse_str(&made).unwrap().get_version_num(), 7);
        }
        assert_ne!(of(&HeaderMap::new()), of(&HeaderMap::new()));
    }
}
