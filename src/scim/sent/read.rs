//! JSON as a door may let it in, whole or condensed: no key twice in one object, no deeper than a limit.
//!
//! serde_json alone keeps the last of two equal keys, so that a body could mean different things to two readers
//! (RFC 8259 §4), and allows 128 levels.

use super::element::ElementSeed;
use super::operation::condense_operation;
use super::{Condensed, Sent};
use crate::scim::Attributes;
use crate::scim::resource::VALUES_MAX;
use indexmap::IndexMap;
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Number, Value};
use std::fmt;

/// The value of a JSON text, or what is wrong with it: a sentence with line and column.
pub fn read_json(text: &[u8], depth_max: usize) -> Result<Value, String> {
    read(text, depth_max, Place::Whole).map(Sent::into_value)
}

impl Sent {
    /// Reads the JSON text of a message about a group: the body of a POST or PUT, or a PatchOp message. `depth_max` is
    /// at most what such a message may nest: nothing asks again how deep a condensed list is.
    ///
    /// # Errors
    /// As [`read_json`].
    pub fn read(text: &[u8], depth_max: usize) -> Result<Self, String> {
        read(text, depth_max, Place::Message)
    }
}

fn read(text: &[u8], depth_max: usize, place: Place) -> Result<Sent, String> {
    let mut reader = serde_json::Deserializer::from_slice(text);
    let node = Node { place, levels: Levels { left: depth_max, max: depth_max } };
    let sent = node.deserialize(&mut reader).map_err(|error| error.to_string())?;
    reader.end().map_err(|error| error.to_string())?;
    Ok(sent)
}

/// How many levels of lists and objects may still come.
#[derive(Clone, Copy)]
pub(super) struct Levels {
    left: usize,
    max: usize,
}

impl Levels {
    /// Within one more.
    pub(super) fn inner<E: Error>(self) -> Result<Self, E> {
        match self.left.checked_sub(1) {
            Some(left) => Ok(Self { left, ..self }),
            None => Err(E::custom(format!("nested deeper than {} levels", self.max))),
        }
    }
}

/// What a value is within a message.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Nothing here is condensed.
    Whole,
    /// The message.
    Message,
    /// The list of operations, each of which counts.
    Operations,
    /// One operation.
    Operation,
    /// Anything else: a long list is condensed.
    Inner,
}

impl Place {
    /// The values of a list.
    fn item(self) -> Self {
        match self {
            Self::Whole => Self::Whole,
            Self::Operations => Self::Operation,
            Self::Message | Self::Operation | Self::Inner => Self::Inner,
        }
    }

    /// The part of an object under this key.
    fn part(self, key: &str) -> Self {
        match self {
            Self::Whole => Self::Whole,
            Self::Message if key.eq_ignore_ascii_case("Operations") => Self::Operations,
            Self::Message if key.eq_ignore_ascii_case("schemas") => Self::Whole,
            Self::Message | Self::Operations | Self::Operation | Self::Inner => Self::Inner,
        }
    }

    fn condenses(self) -> bool {
        !matches!(self, Self::Whole | Self::Operations)
    }
}

#[derive(Clone, Copy)]
struct Node {
    place: Place,
    levels: Levels,
}

impl<'de> DeserializeSeed<'de> for Node {
    type Value = Sent;

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<Sent, D::Error> {
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Node {
    type Value = Sent;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a JSON value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Sent, E> {
        Ok(Value::Bool(value).into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Sent, E> {
        Ok(Value::Number(value.into()).into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Sent, E> {
        Ok(Value::Number(value.into()).into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Sent, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number).into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Sent, E> {
        Ok(Value::String(value.to_owned()).into())
    }

    fn visit_string<E>(self, value: String) -> Result<Sent, E> {
        Ok(Value::String(value).into())
    }

    fn visit_unit<E>(self) -> Result<Sent, E> {
        Ok(Value::Null.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Sent, A::Error> {
        let levels = self.levels.inner()?;
        let inner = Self { place: self.place.item(), levels };
        let mut list = List::Whole(Vec::new());
        while let Some(item) = items.next_element_seed(inner)? {
            list.push(item);
            if self.place.condenses() && list.len() > VALUES_MAX {
                let mut condensed = list.condensed();
                while let Some(element) = items.next_element_seed(ElementSeed::new(levels))? {
                    condensed.push(element);
                }
                return Ok(Sent::List(Box::new(condensed)));
            }
        }
        Ok(list.sent())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Sent, A::Error> {
        let levels = self.levels.inner()?;
        let mut object = Object::Whole(Attributes::new());
        while let Some(key) = entries.next_key::<String>()? {
            if object.contains(&key) {
                return Err(A::Error::custom(format!("the key `{key}` occurs twice in one object")));
            }
            let inner = Self { place: self.place.part(&key), levels };
            let part = entries.next_value_seed(inner)?;
            object.insert(key, part);
        }
        Ok(match (self.place, object) {
            (Place::Operation, Object::Whole(operation)) => condense_operation(operation),
            (_, object) => object.sent(),
        })
    }
}

/// A list while it is read: whole until something condensed comes.
enum List {
    Whole(Vec<Value>),
    Mixed(Vec<Sent>),
}

impl List {
    fn push(&mut self, item: Sent) {
        match (&mut *self, item) {
            (Self::Whole(values), Sent::Value(value)) => values.push(value),
            (Self::Whole(values), item) => {
                let mut items: Vec<Sent> = std::mem::take(values).into_iter().map(Sent::Value).collect();
                items.push(item);
                *self = Self::Mixed(items);
            }
            (Self::Mixed(items), item) => items.push(item),
        }
    }

    fn len(&self) -> usize {
        match self {
            Self::Whole(values) => values.len(),
            Self::Mixed(items) => items.len(),
        }
    }

    fn condensed(self) -> Condensed {
        self.sent().given().items().map_or_else(Condensed::default, Condensed::of)
    }

    fn sent(self) -> Sent {
        match self {
            Self::Whole(values) => Sent::Value(Value::Array(values)),
            Self::Mixed(items) => Sent::Array(items),
        }
    }
}

/// An object while it is read: whole until something condensed comes.
enum Object {
    Whole(Attributes),
    Mixed(IndexMap<String, Sent>),
}

impl Object {
    fn contains(&self, key: &str) -> bool {
        match self {
            Self::Whole(parts) => parts.contains_key(key),
            Self::Mixed(parts) => parts.contains_key(key),
        }
    }

    fn insert(&mut self, key: String, part: Sent) {
        match (&mut *self, part) {
            (Self::Whole(parts), Sent::Value(value)) => drop(parts.insert(key, value)),
            (Self::Whole(parts), part) => {
                let mut parts: IndexMap<String, Sent> =
                    std::mem::take(parts).into_iter().map(|(name, value)| (name, Sent::Value(value))).collect();
                parts.insert(key, part);
                *self = Self::Mixed(parts);
            }
            (Self::Mixed(parts), part) => drop(parts.insert(key, part)),
        }
    }

    fn sent(self) -> Sent {
        match self {
            Self::Whole(parts) => Sent::Value(Value::Object(parts)),
            Self::Mixed(parts) => Sent::Object(parts),
        }
    }
}
