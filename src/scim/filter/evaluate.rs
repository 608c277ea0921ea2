//! Whether a resource matches. RFC 7644 §3.4.2.2.
//!
//! A list matches when one of its values does. An attribute without a value is only `ne` something and `eq null`.
//! What the schema does not know never matches.

use super::expression::{Comparison, Expression, Literal, Operator, Within};
use super::indexed::{Indexed, index_of};
use super::typing::time;
use crate::scim::Attributes;
use crate::scim::path::AttributePath;
use crate::scim::schema::{Attribute, Schema};
use crate::scim::text;
use serde_json::{Number, Value};
use std::cmp::Ordering;

impl Expression {
    /// Whether these attributes match; a comparison that `known` states is true without looking.
    pub fn matches(&self, attributes: &Attributes, known: Option<&Indexed>) -> bool {
        match self {
            Self::And(parts) => parts.iter().all(|part| part.matches(attributes, known)),
            Self::Or(parts) => parts.iter().any(|part| part.matches(attributes, known)),
            Self::Not(inner) => !inner.matches(attributes, known),
            Self::Present(path) => {
                let has_member = matches!(known, Some(Indexed::Member(_))) && path.names("members.value");
                has_member || any(path, attributes, &mut is_present)
            }
            Self::Compare(comparison) => {
                known.is_some_and(|known| known.states(comparison)) || comparison.matches(attributes)
            }
            Self::Within(within) => known.is_some_and(|known| known.is_members(within)) || within.matches(attributes),
        }
    }
}

impl Expression {
    /// Whether the answer depends on `members` beyond what `known` says.
    pub fn needs_members(&self, known: Option<&Indexed>) -> bool {
        match self {
            Self::And(parts) | Self::Or(parts) => parts.iter().any(|part| part.needs_members(known)),
            Self::Not(inner) => inner.needs_members(known),
            Self::Present(path) => {
                path.names("members") && !(path.names("members.value") && matches!(known, Some(Indexed::Member(_))))
            }
            Self::Compare(comparison) => {
                comparison.path.names("members") && !known.is_some_and(|known| known.states(comparison))
            }
            Self::Within(within) => {
                within.attribute.names("members") && !known.is_some_and(|known| known.is_members(within))
            }
        }
    }
}

impl Indexed {
    fn states(&self, comparison: &Comparison) -> bool {
        self.has_value_of(comparison) && index_of(comparison).as_ref() == Some(self)
    }

    /// Asked first, so that nothing is copied for the resources that a list looks at.
    fn has_value_of(&self, comparison: &Comparison) -> bool {
        matches!(&comparison.literal, Literal::Text(text) if **text == *self.value())
    }

    /// `members[value eq "…"]`: for an e-mail address the other conditions in the brackets must be looked at.
    fn is_members(&self, within: &Within) -> bool {
        matches!((self, &within.filter, &within.part), (Self::Member(_), Expression::Compare(comparison), None)
            if within.index_of_value(comparison).as_ref() == Some(self))
    }
}

impl Within {
    fn matches(&self, attributes: &Attributes) -> bool {
        any(&self.attribute, attributes, &mut |value| {
            value.as_object().is_some_and(|element| {
                self.filter.matches(element, None) && self.part.as_ref().is_none_or(|part| part.matches(element, None))
            })
        })
    }
}

impl Comparison {
    fn matches(&self, attributes: &Attributes) -> bool {
        let Some(leaf) = self.path.leaf() else { return false };
        let mut seen = false;
        let matched = any(&self.path, attributes, &mut |value| {
            seen |= is_present(value);
            self.holds(leaf, value)
        });
        match (self.operator, &self.literal) {
            (Operator::Eq, Literal::Null) => !seen,
            (Operator::Ne, Literal::Null) => seen,
            (Operator::Ne, _) => matched || !seen,
            _ => matched,
        }
    }

    /// Whether one value compares so.
    fn holds(&self, leaf: &Attribute, value: &Value) -> bool {
        match (&self.literal, value) {
            (Literal::Text(wanted), Value::String(found)) => text_holds(self.operator, found, wanted, leaf.case_exact),
            (Literal::Time(wanted, _), Value::String(found)) => {
                time(found).is_some_and(|found| ordered(self.operator, found.cmp(wanted)))
            }
            (Literal::Boolean(wanted), Value::Bool(found)) => ordered(self.operator, found.cmp(wanted)),
            (Literal::Number(wanted, _), Value::Number(found)) => {
                compare_numbers(found, wanted).is_some_and(|ordering| ordered(self.operator, ordering))
            }
            _ => false,
        }
    }
}

fn text_holds(operator: Operator, found: &str, wanted: &str, exact: bool) -> bool {
    match (operator, exact) {
        (Operator::Co, true) => found.contains(wanted),
        (Operator::Sw, true) => found.starts_with(wanted),
        (Operator::Ew, true) => found.ends_with(wanted),
        (Operator::Co, false) => text::folded(found).contains(&text::folded(wanted)),
        (Operator::Sw, false) => text::folded(found).starts_with(&text::folded(wanted)),
        (Operator::Ew, false) => text::folded(found).ends_with(&text::folded(wanted)),
        (_, true) => ordered(operator, found.cmp(wanted)),
        (_, false) => ordered(operator, text::compare_folded(found, wanted)),
    }
}

/// Whole numbers exactly, others as floating point.
fn compare_numbers(left: &Number, right: &Number) -> Option<Ordering> {
    match (left.as_i64(), right.as_i64()) {
        (Some(left), Some(right)) => Some(left.cmp(&right)),
        _ => left.as_f64()?.partial_cmp(&right.as_f64()?),
    }
}

fn ordered(operator: Operator, ordering: Ordering) -> bool {
    match operator {
        Operator::Eq => ordering.is_eq(),
        Operator::Ne => ordering.is_ne(),
        Operator::Gt => ordering.is_gt(),
        Operator::Ge => ordering.is_ge(),
        Operator::Lt => ordering.is_lt(),
        Operator::Le => ordering.is_le(),
        Operator::Co | Operator::Sw | Operator::Ew => false,
    }
}

/// Whether a value counts as one: null and what is empty do not.
fn is_present(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::String(text) => !text.is_empty(),
        Value::Array(values) => !values.is_empty(),
        Value::Object(parts) => !parts.is_empty(),
        Value::Number(_) | Value::Bool(_) => true,
    }
}

/// Whether any of the values at the path passes the test; lists are looked into.
fn any(path: &AttributePath, attributes: &Attributes, test: &mut dyn FnMut(&Value) -> bool) -> bool {
    match path {
        AttributePath::Known { extension, attribute, sub } => {
            let Some(value) = container(attributes, *extension).and_then(|found| found.get(attribute.name)) else {
                return false;
            };
            let mut test_one = |value: &Value| match sub {
                None => test(value),
                Some(sub) => value.get(sub.name).is_some_and(&mut *test),
            };
            match value {
                Value::Array(values) => values.iter().any(test_one),
                value => test_one(value),
            }
        }
        AttributePath::Whole(schema) => attributes.get(schema.urn).is_some_and(test),
        AttributePath::Unknown(_) => false,
    }
}

fn container<'a>(attributes: &'a Attributes, extension: Option<&Schema>) -> Option<&'a Attributes> {
    match extension {
        None => Some(attributes),
        Some(schema) => attributes.get(schema.urn)?.as_object(),
    }
}
