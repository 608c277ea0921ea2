//! `If-Match` and `If-None-Match` (RFC 7644 §3.14, RFC 9110 §13.1). Honoured, never asked for.

use crate::directory::IfMatch;
use axum::http::HeaderMap;
use axum::http::header::{HeaderName, IF_MATCH, IF_NONE_MATCH};

/// Which version a write is meant for. A tag that is none of ours is no version that there is.
pub(super) fn if_match(headers: &HeaderMap) -> IfMatch {
    match sent(headers, &IF_MATCH) {
        None => IfMatch::Any,
        Some(text) => read(&text),
    }
}

/// The same of a tag in a bulk operation.
pub(super) fn read(text: &str) -> IfMatch {
    if text.trim() == "*" {
        return IfMatch::Any;
    }
    IfMatch::Versions(text.split(',').filter_map(version).collect())
}

/// What a read is not wanted for.
pub(super) fn if_none_match(headers: &HeaderMap) -> Option<String> {
    sent(headers, &IF_NONE_MATCH)
}

/// Whether `If-None-Match` names this entity tag.
pub(super) fn names(if_none_match: &str, etag: &str) -> bool {
    let opaque = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    if_none_match.split(',').any(|tag| tag.trim() == "*" || opaque(tag) == opaque(etag))
}

fn sent(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    let values: Vec<String> =
        headers.get_all(name).iter().map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned()).collect();
    (!values.is_empty()).then(|| values.join(","))
}

/// `W/"7"` and `W/"7-9c1f22ab"` are version 7; quotes may be missing.
fn version(tag: &str) -> Option<u64> {
    let tag = tag.trim().trim_start_matches("W/").trim_matches('"');
    tag.split('-').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: HeaderName, values: &[&'static str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(name.clone(), axum::http::HeaderValue::from_static(value));
        }
        headers
    }

    #[test]
    fn ok_tags_are_versions() {
        let read = |values: &[&'static str]| if_match(&headers(IF_MATCH, values));
        assert_eq!(read(&[]), IfMatch::Any);
        assert_eq!(read(&["*"]), IfMatch::Any);
        assert_eq!(read(&["W/\"7\""]), IfMatch::Versions(vec![7]));
        assert_eq!(read(&["\"7\", W/\"8-00ff00ff\"", "9"]), IfMatch::Versions(vec![7, 8, 9]));
        assert_eq!(read(&["\"abc\""]), IfMatch::Versions(vec![]), "it matches nothing");
    }

    #[test]
    fn ok_a_tag_is_the_same_weak_or_strong() {
        assert!(names("\"7\"", "W/\"7\"") && names("W/\"6\", W/\"7\"", "W/\"7\"") && names("*", "W/\"7\""));
        assert!(!names("W/\"7\"", "W/\"7-00000001\""), "what is shown beside it counts");
    }
}
