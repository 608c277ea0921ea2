//! A filter as a tree, and how it is printed: reading what was printed gives the same tree. RFC 7644 §3.4.2.2.

use crate::scim::path::AttributePath;
use jiff::Timestamp;
use serde_json::Number;
use std::fmt;

/// A filter, or a part of one.
#[derive(Debug, Clone, PartialEq)]
pub enum Expression {
    /// All of these (two or more).
    And(Vec<Expression>),
    /// Any of these (two or more).
    Or(Vec<Expression>),
    /// Not this.
    Not(Box<Expression>),
    /// The attribute has a value.
    Present(AttributePath),
    /// The attribute compares so.
    Compare(Comparison),
    /// One and the same value of a complex attribute matches.
    Within(Box<Within>),
}

/// `attribute[filter]`, and `attribute[filter].part eq "…"`.
#[derive(Debug, Clone, PartialEq)]
pub struct Within {
    /// The complex attribute.
    pub attribute: AttributePath,
    /// What a value of it must match.
    pub filter: Expression,
    /// What a part of the same value must match in addition: a [`Expression::Compare`] or [`Expression::Present`].
    pub part: Option<Expression>,
}

/// `attribute eq "…"`. Types were checked against the schema.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    /// What is compared: never a complex attribute as a whole.
    pub path: AttributePath,
    /// How.
    pub operator: Operator,
    /// With what.
    pub literal: Literal,
}

/// How two values are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    /// Equal.
    Eq,
    /// Not equal.
    Ne,
    /// Contains.
    Co,
    /// Starts with.
    Sw,
    /// Ends with.
    Ew,
    /// Greater, or later.
    Gt,
    /// Greater or equal.
    Ge,
    /// Less, or earlier.
    Lt,
    /// Less or equal.
    Le,
}

/// What an attribute is compared with.
#[derive(Debug, Clone, PartialEq)]
pub enum Literal {
    /// A string.
    Text(Box<str>),
    /// A time, and how it was written.
    Time(Timestamp, Box<str>),
    /// A number, and how it was written.
    Number(Number, Box<str>),
    /// A boolean.
    Boolean(bool),
    /// No value.
    Null,
}

impl Operator {
    const NAMES: [(&'static str, Self); 9] = [
        ("eq", Self::Eq),
        ("ne", Self::Ne),
        ("co", Self::Co),
        ("sw", Self::Sw),
        ("ew", Self::Ew),
        ("gt", Self::Gt),
        ("ge", Self::Ge),
        ("lt", Self::Lt),
        ("le", Self::Le),
    ];

    /// The operator of this name, in any case.
    pub fn named(name: &str) -> Option<Self> {
        Self::NAMES.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, operator)| *operator)
    }

    /// Its name.
    pub fn as_str(self) -> &'static str {
        Self::NAMES.iter().find(|(_, known)| *known == self).map_or("eq", |(name, _)| name)
    }

    /// `gt`, `ge`, `lt`, `le`.
    pub fn is_ordering(self) -> bool {
        matches!(self, Self::Gt | Self::Ge | Self::Lt | Self::Le)
    }

    /// `co`, `sw`, `ew`.
    pub fn is_partial(self) -> bool {
        matches!(self, Self::Co | Self::Sw | Self::Ew)
    }
}

impl Expression {
    /// Every path of the filter, with `emails` and `type` for `emails[type eq "work"]`.
    pub fn any_path(&self, test: &mut dyn FnMut(&AttributePath) -> bool) -> bool {
        match self {
            Self::And(parts) | Self::Or(parts) => parts.iter().any(|part| part.any_path(test)),
            Self::Not(inner) => inner.any_path(test),
            Self::Present(path) => test(path),
            Self::Compare(comparison) => test(&comparison.path),
            Self::Within(within) => test(&within.attribute),
        }
    }

    fn joined(f: &mut fmt::Formatter<'_>, parts: &[Self], word: &str, wrap: fn(&Self) -> bool) -> fmt::Result {
        for (index, part) in parts.iter().enumerate() {
            if index > 0 {
                write!(f, " {word} ")?;
            }
            if wrap(part) { write!(f, "({part})") } else { write!(f, "{part}") }?;
        }
        Ok(())
    }
}

impl fmt::Display for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::And(parts) => Self::joined(f, parts, "and", |part| matches!(part, Self::And(_) | Self::Or(_))),
            Self::Or(parts) => Self::joined(f, parts, "or", |part| matches!(part, Self::Or(_))),
            Self::Not(inner) => write!(f, "not ({inner})"),
            Self::Present(path) => write!(f, "{path} pr"),
            Self::Compare(comparison) => write!(f, "{comparison}"),
            Self::Within(within) => write!(f, "{within}"),
        }
    }
}

impl fmt::Display for Within {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}[{}]", self.attribute, self.filter)?;
        self.part.as_ref().map_or(Ok(()), |part| write!(f, ".{part}"))
    }
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.path, self.operator.as_str(), self.literal)
    }
}

impl fmt::Display for Literal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) | Self::Time(_, text) => {
                f.write_str(&serde_json::to_string(text).map_err(|_| fmt::Error)?)
            }
            Self::Number(_, text) => f.write_str(text),
            Self::Boolean(boolean) => write!(f, "{boolean}"),
            Self::Null => f.write_str("null"),
        }
    }
}
