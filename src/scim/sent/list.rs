//! A list of which only what members are made of is kept: the ids, how many there are, and the first that is wrong.
//!
//! Which of the shapes are taken is for the dialect to say, and so is not decided here: what makes a value wrong in
//! every dialect ends what is kept, and the first bare id is remembered by its place.

use super::{Given, MemberId};
use serde_json::Value;

/// A list, condensed.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Condensed {
    ids: Vec<MemberId>,
    len: usize,
    bare: Option<usize>,
    wrong: Option<(usize, Fault)>,
}

/// Why a value names no member, whatever the dialect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// There is no id, or an empty one.
    Missing,
    /// The id is of this kind, not a string.
    Value(&'static str),
    /// The member is of this kind, neither an object nor a string.
    Member(&'static str),
}

/// What one value of a list says of a member.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Element {
    /// Null: nothing.
    Null,
    /// An object with this id.
    Id(MemberId),
    /// The id alone.
    Bare(MemberId),
    /// An empty string.
    Empty,
    /// No member.
    Wrong(Fault),
}

impl Element {
    pub(super) fn of(value: Given<'_>) -> Self {
        match value {
            Given::Value(Value::Null) => Self::Null,
            Given::Value(Value::String(text)) => Self::text(text),
            value => match value.entries() {
                Some(mut parts) => parts
                    .find(|(name, _)| is_value(name))
                    .map_or(Self::Wrong(Fault::Missing), |part| Self::with_value(Self::of_part(part.1))),
                None => Self::Wrong(Fault::Member(value.kind())),
            },
        }
    }

    pub(super) fn text(text: &str) -> Self {
        if text.is_empty() { Self::Empty } else { Self::Bare(MemberId::from(text)) }
    }

    /// An object whose `value` is this.
    pub(super) fn with_value(value: Self) -> Self {
        match value {
            Self::Bare(id) => Self::Id(id),
            Self::Null | Self::Empty => Self::Wrong(Fault::Missing),
            Self::Wrong(Fault::Member(kind)) => Self::Wrong(Fault::Value(kind)),
            Self::Id(_) | Self::Wrong(_) => Self::Wrong(Fault::Value("an object")),
        }
    }

    /// The same without looking into an object: as a `value` it is wrong whatever it holds.
    fn of_part(value: Given<'_>) -> Self {
        match value {
            Given::Value(Value::Null | Value::String(_)) => Self::of(value),
            value => Self::Wrong(Fault::Member(value.kind())),
        }
    }
}

/// Whether a part of a member is its id.
pub(super) fn is_value(name: &str) -> bool {
    name.eq_ignore_ascii_case("value")
}

impl Condensed {
    /// What is kept of these values.
    pub fn of<'a>(values: impl Iterator<Item = Given<'a>>) -> Self {
        let mut list = Self::default();
        values.for_each(|value| list.push(Element::of(value)));
        list
    }

    pub(super) fn push(&mut self, element: Element) {
        let index = self.len;
        self.len += 1;
        if self.wrong.is_some() {
            return;
        }
        match element {
            Element::Null => {}
            Element::Id(id) => self.ids.push(id),
            Element::Bare(id) => {
                self.bare.get_or_insert(index);
                self.ids.push(id);
            }
            Element::Empty => {
                self.bare.get_or_insert(index);
                self.wrong = Some((index, Fault::Missing));
            }
            Element::Wrong(fault) => self.wrong = Some((index, fault)),
        }
    }

    /// The ids in the order they have, doubles included, up to the first value that is wrong.
    pub fn ids(&self) -> &[MemberId] {
        &self.ids
    }

    /// The same, given away.
    pub fn into_ids(self) -> Vec<MemberId> {
        self.ids
    }

    /// How many values there were, nulls included.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Where the first id without an object around it is; never behind [`Self::wrong`].
    pub fn bare(&self) -> Option<usize> {
        self.bare
    }

    /// The first value that names no member.
    pub fn wrong(&self) -> Option<(usize, Fault)> {
        self.wrong
    }
}
