//! Which part of a filter an index can serve.

use super::expression::{Comparison, Expression, Literal, Operator, Within};
use crate::scim::ResourceKind;
use crate::scim::path::AttributePath;
use crate::scim::schema::Attribute;

/// A conjunct that an index serves. The value is as the client wrote it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Indexed {
    /// `id eq "…"`: exact.
    Id(String),
    /// `userName eq "…"`: compared without regard to case (see [`crate::scim::folded`]).
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

impl Indexed {
    /// What is looked up.
    pub fn value(&self) -> &str {
        match self {
            Self::Id(value)
            | Self::UserName(value)
            | Self::ExternalId(value)
            | Self::DisplayName(value)
            | Self::Member(value)
            | Self::Email(value) => value,
        }
    }

    /// The cheapest first. A member comes before all: a user is in few groups, and a group found by its member need not
    /// carry its members (Entra asks `id eq "…" and members eq "…"` of groups of any size).
    fn rank(&self) -> u8 {
        match self {
            Self::Member(_) => 0,
            Self::Id(_) => 1,
            Self::UserName(_) => 2,
            Self::ExternalId(_) => 3,
            Self::DisplayName(_) => 4,
            Self::Email(_) => 5,
        }
    }
}

impl Expression {
    /// The best conjunct that every match fulfils; nothing under `or` or `not` is one.
    pub fn indexed(&self, kind: ResourceKind) -> Option<Indexed> {
        match self {
            Self::And(parts) => parts.iter().filter_map(|part| part.indexed(kind)).min_by_key(Indexed::rank),
            Self::Compare(comparison) => index_of(comparison).filter(|found| found.serves(kind)),
            Self::Within(within) => within.indexed().filter(|found| found.serves(kind)),
            Self::Or(_) | Self::Not(_) | Self::Present(_) => None,
        }
    }

    /// Whether the expression is nothing but an indexed conjunct.
    pub fn is_exactly_indexed(&self, kind: ResourceKind) -> bool {
        match self {
            Self::Compare(_) => self.indexed(kind).is_some(),
            Self::Within(within) => {
                matches!(within.filter, Self::Compare(_)) && within.part.is_none() && self.indexed(kind).is_some()
            }
            _ => false,
        }
    }
}

impl Indexed {
    /// Which kinds have the index; a user's `displayName` is not unique.
    fn serves(&self, kind: ResourceKind) -> bool {
        match self {
            Self::Id(_) | Self::ExternalId(_) => true,
            Self::UserName(_) | Self::Email(_) => kind.is_user(),
            Self::DisplayName(_) | Self::Member(_) => kind.is_group(),
        }
    }
}

impl Within {
    fn indexed(&self) -> Option<Indexed> {
        let conjuncts = match &self.filter {
            Expression::And(parts) => parts.as_slice(),
            one => std::slice::from_ref(one),
        };
        conjuncts.iter().chain(&self.part).find_map(|part| match part {
            Expression::Compare(comparison) => self.index_of_value(comparison),
            _ => None,
        })
    }

    /// `value eq "…"` in the brackets of an attribute whose values are indexed.
    pub(super) fn index_of_value(&self, comparison: &Comparison) -> Option<Indexed> {
        let AttributePath::Known { extension: None, attribute, sub: None } = self.attribute else { return None };
        let AttributePath::Known { attribute: part, .. } = comparison.path else { return None };
        index(attribute, Some(part), comparison)
    }
}

/// The index that serves a comparison of a whole resource.
pub(super) fn index_of(comparison: &Comparison) -> Option<Indexed> {
    let AttributePath::Known { extension: None, attribute, sub } = comparison.path else { return None };
    index(attribute, sub, comparison)
}

fn index(attribute: &Attribute, sub: Option<&Attribute>, comparison: &Comparison) -> Option<Indexed> {
    let (Operator::Eq, Literal::Text(value)) = (comparison.operator, &comparison.literal) else { return None };
    let make: fn(String) -> Indexed = match (attribute.name, sub.map(|sub| sub.name)) {
        ("id", None) => Indexed::Id,
        ("userName", None) => Indexed::UserName,
        ("externalId", None) => Indexed::ExternalId,
        ("displayName", None) => Indexed::DisplayName,
        ("members", Some("value")) => Indexed::Member,
        ("emails", Some("value")) => Indexed::Email,
        _ => return None,
    };
    Some(make(value.to_string()))
}
