//! One value of a condensed list, read without being kept: what it says of a member, with everything checked that a
//! value in full would be.

use super::list::{Element, Fault, is_value};
use super::read::Levels;
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;

/// Reads a value.
#[derive(Clone, Copy)]
pub(super) struct ElementSeed {
    levels: Levels,
    /// Whether its text matters; else it is only checked.
    wanted: bool,
}

impl ElementSeed {
    pub(super) fn new(levels: Levels) -> Self {
        Self { levels, wanted: true }
    }
}

impl<'de> DeserializeSeed<'de> for ElementSeed {
    type Value = Element;

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<Element, D::Error> {
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for ElementSeed {
    type Value = Element;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a JSON value")
    }

    fn visit_bool<E>(self, _: bool) -> Result<Element, E> {
        Ok(Element::Wrong(Fault::Member("a boolean")))
    }

    fn visit_i64<E>(self, _: i64) -> Result<Element, E> {
        Ok(Element::Wrong(Fault::Member("a number")))
    }

    fn visit_u64<E>(self, _: u64) -> Result<Element, E> {
        Ok(Element::Wrong(Fault::Member("a number")))
    }

    fn visit_f64<E>(self, _: f64) -> Result<Element, E> {
        Ok(Element::Wrong(Fault::Member("a number")))
    }

    fn visit_str<E>(self, text: &str) -> Result<Element, E> {
        Ok(if self.wanted { Element::text(text) } else { Element::Empty })
    }

    fn visit_unit<E>(self) -> Result<Element, E> {
        Ok(Element::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Element, A::Error> {
        let inner = Self { levels: self.levels.inner()?, wanted: false };
        while items.next_element_seed(inner)?.is_some() {}
        Ok(Element::Wrong(Fault::Member("a list")))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Element, A::Error> {
        let levels = self.levels.inner()?;
        let mut seen = BTreeSet::new();
        let mut value = None;
        while let Some(key) = entries.next_key_seed(Key)? {
            if seen.contains(&key) {
                return Err(A::Error::custom(format!("the key `{key}` occurs twice in one object")));
            }
            let is_id = self.wanted && value.is_none() && is_value(&key);
            seen.insert(key);
            let part = entries.next_value_seed(Self { levels, wanted: is_id })?;
            if is_id {
                value = Some(part);
            }
        }
        Ok(value.map_or(Element::Wrong(Fault::Missing), Element::with_value))
    }
}

/// A key, copied only where it is not in the text as it is.
struct Key;

impl<'de> DeserializeSeed<'de> for Key {
    type Value = Cow<'de, str>;

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<Cow<'de, str>, D::Error> {
        reader.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for Key {
    type Value = Cow<'de, str>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a key")
    }

    fn visit_borrowed_str<E>(self, key: &'de str) -> Result<Cow<'de, str>, E> {
        Ok(Cow::Borrowed(key))
    }

    fn visit_str<E>(self, key: &str) -> Result<Cow<'de, str>, E> {
        Ok(Cow::Owned(key.to_owned()))
    }
}
