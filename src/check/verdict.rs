//! What a check says, and the small questions that lead to it.
//!
//! A check ends with `?` at the first answer that is not what the standard says; [`Outcome`] carries the verdict.

use serde::Serialize;
use serde_json::Value;

/// The longest text of a server that a verdict repeats, in characters.
const FOUND_CHARS_MAX: usize = 240;

/// What came of one check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "verdict", rename_all = "lowercase")]
pub enum Verdict {
    /// The server does what the sentence says.
    Passed,
    /// It does something else.
    Failed {
        /// What the sentence asks for.
        expected: String,
        /// What the server did.
        found: String,
    },
    /// The server does not claim to have this, or may leave it out.
    Skipped {
        /// Why.
        why: String,
    },
    /// Nothing can be said: no answer, or what the check needs could not be made.
    Error {
        /// Why.
        why: String,
    },
}

/// How a check ends: `Ok` = passed.
pub(super) type Outcome = Result<(), Verdict>;

impl From<Outcome> for Verdict {
    fn from(outcome: Outcome) -> Self {
        outcome.err().unwrap_or(Self::Passed)
    }
}

/// The server did something else.
pub(super) fn failed(expected: impl Into<String>, found: impl Into<String>) -> Verdict {
    Verdict::Failed { expected: expected.into(), found: shortened(&found.into()) }
}

/// The server may leave this out, and does.
pub(super) fn skipped(why: impl Into<String>) -> Verdict {
    Verdict::Skipped { why: why.into() }
}

/// Nothing can be said.
pub(super) fn undecided(why: impl Into<String>) -> Verdict {
    Verdict::Error { why: shortened(&why.into()) }
}

/// Passes when it holds.
pub(super) fn ensure(holds: bool, expected: impl Into<String>, found: impl Into<String>) -> Outcome {
    if holds { Ok(()) } else { Err(failed(expected, found)) }
}

/// The value at a JSON pointer (`/name/givenName`) is this one.
pub(super) fn equal(body: &Value, pointer: &str, wanted: &Value) -> Outcome {
    let found = body.pointer(pointer);
    ensure(found == Some(wanted), format!("{} = {wanted}", dotted(pointer)), shown(pointer, found))
}

/// Nothing is at a JSON pointer: absent, null or an empty list, which RFC 7643 §2.5 says are the same.
pub(super) fn absent(body: &Value, pointer: &str) -> Outcome {
    let found = body.pointer(pointer);
    ensure(is_unassigned(found), format!("no {}", dotted(pointer)), shown(pointer, found))
}

/// The text at a JSON pointer; an empty one is none.
pub(super) fn text<'a>(body: &'a Value, pointer: &str) -> Result<&'a str, Verdict> {
    let found = body.pointer(pointer);
    let text = found.and_then(Value::as_str).filter(|text| !text.is_empty());
    text.ok_or_else(|| failed(format!("{} is a text", dotted(pointer)), shown(pointer, found)))
}

/// The list at a JSON pointer.
pub(super) fn list<'a>(body: &'a Value, pointer: &str) -> Result<&'a Vec<Value>, Verdict> {
    let found = body.pointer(pointer);
    let list = found.and_then(Value::as_array);
    list.ok_or_else(|| failed(format!("{} is a list", dotted(pointer)), shown(pointer, found)))
}

/// The values of one sub-attribute in the list at a pointer, sorted: what `emails[].value` says.
pub(super) fn values(body: &Value, pointer: &str, part: &str) -> Vec<String> {
    let entries = body.pointer(pointer).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let mut out: Vec<String> =
        entries.iter().filter_map(|entry| entry.get(part)?.as_str().map(str::to_owned)).collect();
    out.sort();
    out
}

/// The values of one sub-attribute in the list at a pointer are these, in any order.
pub(super) fn values_are(body: &Value, pointer: &str, part: &str, wanted: &[&str]) -> Outcome {
    let mut wanted: Vec<String> = wanted.iter().map(|&value| value.to_owned()).collect();
    wanted.sort();
    let found = values(body, pointer, part);
    ensure(
        found == wanted,
        format!("{}.{part} = {}", dotted(pointer), named(&wanted)),
        format!("{}.{part} = {}", dotted(pointer), named(&found)),
    )
}

/// Texts for a sentence: `[a, b]`.
pub(super) fn named(texts: &[String]) -> String {
    format!("[{}]", texts.join(", "))
}

/// Whether RFC 7643 §2.5 takes it for nothing.
pub(super) fn is_unassigned(value: Option<&Value>) -> bool {
    match value {
        None | Some(Value::Null) => true,
        Some(Value::Array(items)) => items.is_empty(),
        Some(_) => false,
    }
}

fn dotted(pointer: &str) -> String {
    let path = pointer.trim_start_matches('/').replace('/', ".");
    if path.is_empty() { "the body".to_owned() } else { path }
}

fn shown(pointer: &str, found: Option<&Value>) -> String {
    match found {
        None => format!("no {}", dotted(pointer)),
        Some(value) => format!("{} = {value}", dotted(pointer)),
    }
}

/// A server's text on one line of a terminal: without control characters, and not longer than a person reads.
pub(super) fn shortened(text: &str) -> String {
    let clean: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(FOUND_CHARS_MAX).collect();
    if text.chars().count() > FOUND_CHARS_MAX { format!("{clean}…") } else { clean }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_difference_is_told_in_the_words_of_the_attribute() {
        let body = json!({ "name": { "givenName": "Ada" }, "emails": [{ "value": "b" }, { "value": "a" }] });
        assert_eq!(equal(&body, "/name/givenName", &json!("Ada")), Ok(()));
        assert_eq!(
            equal(&body, "/name/givenName", &json!("Bea")),
            Err(failed("name.givenName = \"Bea\"", "name.givenName = \"Ada\""))
        );
        assert_eq!(equal(&body, "/title", &json!("x")), Err(failed("title = \"x\"", "no title")));
        assert_eq!(values_are(&body, "/emails", "value", &["a", "b"]), Ok(()));
        assert_eq!(
            values_are(&body, "/emails", "value", &["a"]),
            Err(failed("emails.value = [a]", "emails.value = [a, b]"))
        );
    }

    #[test]
    fn nothing_null_and_an_empty_list_are_the_same_and_an_empty_text_is_none() {
        let body = json!({ "a": null, "b": [], "c": "", "d": false });
        for pointer in ["/a", "/b", "/e"] {
            assert_eq!(absent(&body, pointer), Ok(()), "{pointer}");
        }
        assert!(absent(&body, "/d").is_err());
        assert!(text(&body, "/c").is_err());
    }

    #[test]
    fn a_servers_words_cannot_move_the_cursor_or_fill_the_screen() {
        assert_eq!(shortened("a\u{1b}[2Jb\nc"), "a [2Jb c");
        assert_eq!(shortened(&"ä".repeat(1000)).chars().count(), FOUND_CHARS_MAX + 1);
    }

    #[test]
    fn an_outcome_without_a_complaint_is_passed() {
        assert_eq!(Verdict::from(Ok(())), Verdict::Passed);
        assert_eq!(Verdict::from(ensure(false, "a", "b")), failed("a", "b"));
    }
}
