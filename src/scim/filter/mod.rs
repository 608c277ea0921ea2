//! Filters: read, printed, and matched against resources. RFC 7644 §3.4.2.2.
//!
//! The whole grammar of the RFC, with limits on length, depth and number of comparisons, so that no filter costs more
//! than reading it. Names and operators are taken in any case. An attribute the schema does not know never matches;
//! a broken filter is 400 `invalidFilter` that names the place and what was expected there.
//!
//! An index narrows a list down: [`Filter::indexed`] names a conjunct that every match fulfils, the caller looks up who
//! fulfils it, and asks [`Filter::matches_assuming`] about those, so that a group found by its member need not carry
//! its members. [`Filter::needs_members`] tells when it must all the same.

mod evaluate;
mod expression;
mod indexed;
mod lexer;
mod parser;
#[cfg(test)]
mod tests;
mod typing;

pub use expression::{Expression, Literal, Operator};
pub use indexed::Indexed;
pub use typing::time;

use super::path::{Path, Scope};
use super::{Attributes, Error, Reading, ResourceKind};
use parser::Parser;
use std::fmt;

/// The longest filter, in bytes.
pub const LENGTH_MAX: usize = 8 * 1024;
/// How deep parentheses and brackets may nest.
pub const DEPTH_MAX: usize = 32;
/// How many comparisons a filter may hold.
pub const TERMS_MAX: usize = 256;

/// A parsed filter.
#[derive(Debug, Clone, PartialEq)]
pub struct Filter {
    kind: ResourceKind,
    expression: Expression,
}

impl Filter {
    /// Reads a filter over resources of this kind. 400 `invalidFilter` names the place.
    pub fn parse(text: &str, kind: ResourceKind, how: &Reading) -> Result<Self, Error> {
        if text.len() > LENGTH_MAX {
            return Err(Error::invalid_filter(format!(
                "the filter is longer than {LENGTH_MAX} bytes; ask in several requests"
            )));
        }
        let expression = Parser::new(text, how)
            .and_then(|parser| parser.whole_filter(Scope::Resource(kind)))
            .map_err(|fault| Error::invalid_filter(fault.describe("filter", text)))?;
        Ok(Self { kind, expression })
    }

    /// Whether a rendered resource (with id and meta) matches.
    pub fn matches(&self, resource: &Attributes) -> bool {
        self.expression.matches(resource, None)
    }

    /// Like [`Self::matches`] for a resource of which `known` is a fact, because an index found it by that: every
    /// comparison that says the same is true without looking at the resource, whose `members` may then be left out
    /// unless [`Self::needs_members`].
    pub fn matches_assuming(&self, resource: &Attributes, known: &Indexed) -> bool {
        self.expression.matches(resource, Some(known))
    }

    /// One necessary `eq` conjunct that an index serves: nothing without it matches. Never from under `or` or `not`.
    pub fn indexed(&self) -> Option<Indexed> {
        self.expression.indexed(self.kind)
    }

    /// Whether the filter is nothing but that conjunct: what the index finds are the matches, and their number.
    pub fn is_exactly_indexed(&self) -> bool {
        self.expression.is_exactly_indexed(self.kind)
    }

    /// Whether the filter looks at this top-level attribute (any case).
    pub fn mentions(&self, attribute: &str) -> bool {
        self.expression.any_path(&mut |path| path.names(attribute))
    }

    /// Whether the answer depends on `members` beyond what `known` says: the resource must then carry them.
    pub fn needs_members(&self, known: Option<&Indexed>) -> bool {
        self.expression.needs_members(known)
    }
}

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.expression)
    }
}

/// What is wrong with a filter or path, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    at: usize,
    message: String,
    /// Within the brackets of a path.
    of_filter: bool,
}

impl Fault {
    fn new(at: usize, message: String) -> Self {
        Self { at, message, of_filter: false }
    }

    fn expected(at: usize, expected: &str) -> Self {
        Self::new(at, format!("expected {expected}"))
    }

    fn at_path(at: usize, fault: &super::path::Malformed) -> Self {
        Self::expected(at + fault.at, fault.expected)
    }

    fn of_filter(self) -> Self {
        Self { of_filter: true, ..self }
    }

    /// For people; characters are counted from one.
    fn describe(&self, what: &str, text: &str) -> String {
        let before = text.char_indices().take_while(|(at, _)| *at < self.at).count();
        format!("{what}, character {}: {}", before + 1, self.message)
    }
}

/// Reads the path of a PATCH operation.
pub fn parse_path(text: &str, kind: ResourceKind, how: &Reading) -> Result<Path, Error> {
    if text.len() > LENGTH_MAX {
        return Err(Error::invalid_path(format!("the path is longer than {LENGTH_MAX} bytes")));
    }
    Parser::new(text, how).and_then(|parser| parser.whole_path(Scope::Resource(kind))).map_err(|fault| {
        let detail = fault.describe("path", text);
        if fault.of_filter { Error::invalid_filter(detail) } else { Error::invalid_path(detail) }
    })
}
