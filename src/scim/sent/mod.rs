//! A message about a group as it was sent, small enough to be held when it names a million members.
//!
//! A list of more values than any attribute keeps is one of members, or refused for its length, or passed over. So
//! of such a list nothing is kept but what members are made of ([`Condensed`]), while it is read; and of a shorter one
//! too where the operation around it says that it lists members. Everything else is [`Value`] as ever.
//!
//! Whether a shape is taken is not decided here: reading a condensed message and reading the [`Value`] of the same text
//! come to the same group, the same change of members, the same error, and the same note of what was tolerated.

mod element;
mod id;
mod list;
mod operation;
mod read;
#[cfg(test)]
mod tests;

pub use id::MemberId;
pub use list::{Condensed, Fault};
pub use read::read_json;

use super::Attributes;
use super::resource::{deeper_than, kind_of};
use indexmap::IndexMap;
use serde_json::Value;
use std::borrow::Cow;

/// What was sent.
#[derive(Debug, Clone, PartialEq)]
pub enum Sent {
    /// JSON in which nothing is condensed.
    Value(Value),
    /// A condensed list.
    List(Box<Condensed>),
    /// A list with something condensed in it.
    Array(Vec<Self>),
    /// An object with something condensed in it.
    Object(IndexMap<String, Self>),
}

/// The same, borrowed.
#[derive(Debug, Clone, Copy)]
pub enum Given<'a> {
    /// See [`Sent::Value`].
    Value(&'a Value),
    /// See [`Sent::List`].
    List(&'a Condensed),
    /// See [`Sent::Array`].
    Array(&'a [Sent]),
    /// See [`Sent::Object`].
    Object(&'a IndexMap<String, Sent>),
}

/// The entries of an object, in their order.
pub type Entries<'a> = Box<dyn Iterator<Item = (&'a str, Given<'a>)> + 'a>;

impl From<Value> for Sent {
    fn from(value: Value) -> Self {
        Self::Value(value)
    }
}

impl Sent {
    /// The same, borrowed.
    pub fn given(&self) -> Given<'_> {
        match self {
            Self::Value(value) => Given::Value(value),
            Self::List(list) => Given::List(list),
            Self::Array(items) => Given::Array(items),
            Self::Object(parts) => Given::Object(parts),
        }
    }

    /// The entries of an object in their order; `None` for anything else.
    pub fn into_entries(self) -> Option<Box<dyn Iterator<Item = (String, Self)>>> {
        match self {
            Self::Value(Value::Object(parts)) => {
                Some(Box::new(parts.into_iter().map(|(name, value)| (name, Self::Value(value)))))
            }
            Self::Object(parts) => Some(Box::new(parts.into_iter())),
            Self::Value(_) | Self::List(_) | Self::Array(_) => None,
        }
    }

    /// The values of a list in their order; `None` for anything else. Of a condensed one only their number is left.
    pub fn into_items(self) -> Option<Vec<Self>> {
        match self {
            Self::Value(Value::Array(values)) => Some(values.into_iter().map(Self::Value).collect()),
            Self::Array(items) => Some(items),
            Self::List(list) => Some(vec![Self::Value(Value::Null); list.len()]),
            Self::Value(_) | Self::Object(_) => None,
        }
    }

    /// What whoever does not look for members sees: of a condensed list that it is one, and how long.
    pub fn into_value(self) -> Value {
        match self {
            Self::Value(value) => value,
            Self::List(list) => hollow(&list),
            Self::Array(items) => Value::Array(items.into_iter().map(Self::into_value).collect()),
            Self::Object(parts) => {
                Value::Object(parts.into_iter().map(|(name, value)| (name, value.into_value())).collect())
            }
        }
    }

    /// Whether lists and objects nest deeper than so many levels. Condensed lists do not: they were read no deeper.
    pub fn is_deeper_than(&self, levels: usize) -> bool {
        match self {
            Self::Value(value) => deeper_than(value, levels),
            Self::List(_) => levels == 0,
            Self::Array(items) => levels == 0 || items.iter().any(|item| item.is_deeper_than(levels - 1)),
            Self::Object(parts) => levels == 0 || parts.values().any(|part| part.is_deeper_than(levels - 1)),
        }
    }
}

impl<'a> Given<'a> {
    /// Whether it is null.
    pub fn is_null(self) -> bool {
        matches!(self, Self::Value(Value::Null))
    }

    /// The entries of an object in their order; `None` for anything else.
    pub fn entries(self) -> Option<Entries<'a>> {
        match self {
            Self::Value(Value::Object(parts)) => {
                Some(Box::new(parts.iter().map(|(name, value)| (name.as_str(), Self::Value(value)))))
            }
            Self::Object(parts) => Some(Box::new(parts.iter().map(|(name, part)| (name.as_str(), part.given())))),
            Self::Value(_) | Self::List(_) | Self::Array(_) => None,
        }
    }

    /// The values of a list in their order; `None` for anything else, and for a condensed one.
    pub fn items(self) -> Option<Box<dyn Iterator<Item = Self> + 'a>> {
        match self {
            Self::Value(Value::Array(values)) => Some(Box::new(values.iter().map(Self::Value))),
            Self::Array(items) => Some(Box::new(items.iter().map(Sent::given))),
            Self::Value(_) | Self::List(_) | Self::Object(_) => None,
        }
    }

    /// What whoever does not look for members sees; see [`Sent::into_value`].
    pub fn to_value(self) -> Cow<'a, Value> {
        match self {
            Self::Value(value) => Cow::Borrowed(value),
            Self::List(list) => Cow::Owned(hollow(list)),
            Self::Array(items) => {
                Cow::Owned(Value::Array(items.iter().map(|item| item.given().to_value().into_owned()).collect()))
            }
            Self::Object(parts) => {
                let plain = parts.iter().map(|(name, part)| (name.clone(), part.given().to_value().into_owned()));
                Cow::Owned(Value::Object(plain.collect::<Attributes>()))
            }
        }
    }

    /// How an error names it.
    pub fn kind(self) -> &'static str {
        match self {
            Self::Value(value) => kind_of(value),
            Self::List(_) | Self::Array(_) => "a list",
            Self::Object(_) => "an object",
        }
    }
}

fn hollow(list: &Condensed) -> Value {
    Value::Array(vec![Value::Null; list.len()])
}
