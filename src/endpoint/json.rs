//! JSON as a door may let it in: no key twice in one object, no deeper than a limit, valid UTF-8, nothing behind it.

use crate::scim::{self, Sent};
use serde_json::Value;

/// The value of a JSON text, or what is wrong with it: a sentence with line and column.
pub(crate) fn parse(text: &[u8], depth_max: usize) -> Result<Value, String> {
    scim::read_json(text, depth_max)
}

/// The same of a message about a group, which may have a million members.
pub(crate) fn parse_group(text: &[u8], depth_max: usize) -> Result<Sent, String> {
    Sent::read(text, depth_max)
}

#[cfg(test)]
mod tests {
    use super::parse;
    use insta::assert_snapshot;
    use proptest::prelude::*;

    fn refused(text: &[u8]) -> String {
        parse(text, 4).expect_err("should be refused")
    }

    #[test]
    fn ok_equal_keys_in_different_objects() {
        let value = parse(br#"{"a":{"a":1},"b":[{"a":2},{"a":3.5},null,true,"x",-1]}"#, 4).unwrap();
        assert_eq!(value, serde_json::json!({"a":{"a":1},"b":[{"a":2},{"a":3.5},null,true,"x",-1]}));
    }

    #[test]
    fn err_a_key_twice() {
        assert_snapshot!(refused(b"{\"a\":1,\n \"a\":2}"), @"the key `a` occurs twice in one object at line 2 column 4");
    }

    #[test]
    fn err_a_key_twice_when_one_is_escaped() {
        assert_snapshot!(refused(br#"{"a":1,"\u0061":2}"#), @"the key `a` occurs twice in one object at line 1 column 15");
    }

    #[test]
    fn ok_as_deep_as_allowed_and_err_one_deeper() {
        assert!(parse(b"[[[[1]]]]", 4).is_ok());
        assert_snapshot!(refused(b"[[[[[1]]]]]"), @"nested deeper than 4 levels at line 1 column 5");
    }

    #[test]
    fn err_far_too_deep_does_not_use_the_stack() {
        let text = "[".repeat(1_000_000);
        assert_snapshot!(refused(text.as_bytes()), @"nested deeper than 4 levels at line 1 column 5");
    }

    #[test]
    fn err_not_utf_8() {
        assert_snapshot!(refused(b"{\"a\":\"\xff\"}"), @"invalid unicode code point at line 1 column 7");
    }

    #[test]
    fn err_empty_cut_off_or_with_something_behind() {
        assert_snapshot!(refused(b""), @"EOF while parsing a value at line 1 column 0");
        assert_snapshot!(refused(b"{\"a\":"), @"EOF while parsing a value at line 1 column 5");
        assert_snapshot!(refused(b"{} {}"), @"trailing characters at line 1 column 4");
    }

    proptest! {
        #[test]
        fn reads_what_serde_json_reads(text in r#"[\[\]{}:,"a0-9. ntrue\\-]{0,24}"#) {
            let theirs = serde_json::from_str::<serde_json::Value>(&text);
            match parse(text.as_bytes(), 32) {
                Ok(ours) => prop_assert_eq!(Some(ours), theirs.ok()),
                Err(why) => prop_assert!(theirs.is_err() || why.contains("occurs twice"), "{} on {}", why, text),
            }
        }
    }
}
