//! JSON as a door may let it in: no key twice in one object, no deeper than a limit,
//! valid UTF-8, nothing after the end.
//!
//! serde_json alone keeps the last of two equal keys, so that a body could mean different things to two readers
//! (RFC 8259 §4), and allows 128 levels.

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};
use std::fmt;

/// The value of a JSON text, or what is wrong with it: a sentence with line and column.
pub(crate) fn parse(text: &[u8], depth_max: usize) -> Result<Value, String> {
    let mut reader = serde_json::Deserializer::from_slice(text);
    let node = Node { depth_left: depth_max, depth_max };
    let value = node.deserialize(&mut reader).map_err(|error| error.to_string())?;
    reader.end().map_err(|error| error.to_string())?;
    Ok(value)
}

#[derive(Clone, Copy)]
struct Node {
    depth_left: usize,
    depth_max: usize,
}

impl Node {
    fn inner<E: Error>(self) -> Result<Self, E> {
        match self.depth_left.checked_sub(1) {
            Some(depth_left) => Ok(Self { depth_left, ..self }),
            None => Err(E::custom(format!("nested deeper than {} levels", self.depth_max))),
        }
    }
}

impl<'de> DeserializeSeed<'de> for Node {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<Value, D::Error> {
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Node {
    type Value = Value;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a JSON value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let inner = self.inner()?;
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(inner)? {
            list.push(item);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let inner = self.inner()?;
        let mut object = Map::new();
        while let Some(key) = entries.next_key::<String>()? {
            if object.contains_key(&key) {
                return Err(A::Error::custom(format!("the key `{key}` occurs twice in one object")));
            }
            object.insert(key, entries.next_value_seed(inner)?);
        }
        Ok(Value::Object(object))
    }
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
