//! Filters. RFC 7644 §3.4.2.2.

use super::{Attributes, Error, ResourceKind};

/// A parsed filter.
#[derive(Debug, Clone, PartialEq)]
pub struct Filter {}

/// A conjunct that an index serves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Indexed {
    /// `id eq "…"`.
    Id(String),
    /// `userName eq "…"`: compared without regard to case.
    UserName(String),
    /// `externalId eq "…"`: exact.
    ExternalId(String),
    /// `displayName eq "…"` of a group: compared without regard to case.
    DisplayName(String),
    /// `members eq "…"` or `members.value eq "…"` of a group: exact.
    Member(String),
    /// `emails.value eq "…"`, with or without a type: compared without regard to case.
    Email(String),
}

impl Filter {
    /// Reads a filter over resources of this kind.
    pub fn parse(_text: &str, _kind: ResourceKind) -> Result<Self, Error> {
        Err(Error::not_implemented("filters are not served yet"))
    }

    /// Whether a rendered resource (with id and meta) matches.
    pub fn matches(&self, _resource: &Attributes) -> bool {
        false
    }

    /// Like [`Self::matches`] for a resource of which `known` is known to hold: an index found it, so its `members` need not be rendered.
    pub fn matches_assuming(&self, _resource: &Attributes, _known: &Indexed) -> bool {
        false
    }

    /// One necessary `eq` conjunct that an index serves.
    pub fn indexed(&self) -> Option<Indexed> {
        None
    }

    /// Whether the filter is nothing but that conjunct.
    pub fn is_exactly_indexed(&self) -> bool {
        false
    }

    /// Whether the filter looks at this top-level attribute (any case).
    pub fn mentions(&self, _attribute: &str) -> bool {
        false
    }

    /// Whether the answer depends on `members` beyond what `known` says: the caller must then render them.
    pub fn needs_members(&self, _known: Option<&Indexed>) -> bool {
        false
    }
}
