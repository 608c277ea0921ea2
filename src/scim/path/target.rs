//! The `path` of a PATCH operation: an attribute path with a value filter. RFC 7644 §3.5.2.

use super::{AttributePath, Scope};
use crate::scim::filter::{Expression, parse_path};
use crate::scim::{Error, Reading, ResourceKind};
use std::fmt;

/// What a PATCH operation is about.
#[derive(Debug, Clone, PartialEq)]
pub struct Path {
    /// The attribute, with its part where there is no selector.
    pub attribute: AttributePath,
    /// The filter in brackets.
    pub selector: Option<Expression>,
    /// The part named behind the brackets.
    pub part: Option<AttributePath>,
}

impl Path {
    /// Reads a path. `invalidPath` tells the place; `invalidFilter` is about the filter in brackets.
    pub fn parse(text: &str, kind: ResourceKind, how: &Reading) -> Result<Self, Error> {
        parse_path(text, kind, how)
    }

    /// A path without a filter.
    pub fn plain(attribute: AttributePath) -> Self {
        Self { attribute, selector: None, part: None }
    }

    /// The scope of the names within the brackets, and behind them.
    pub fn scope_within(attribute: &AttributePath) -> Scope {
        match attribute {
            AttributePath::Known { attribute, sub: None, .. } => Scope::Element(attribute),
            _ => Scope::Unknown,
        }
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.attribute)?;
        if let Some(selector) = &self.selector {
            write!(f, "[{selector}]")?;
        }
        self.part.as_ref().map_or(Ok(()), |part| write!(f, ".{part}"))
    }
}
