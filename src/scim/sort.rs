//! `sortBy` and `sortOrder`. RFC 7644 §3.4.2.3.
//!
//! Strings are compared as the attribute says (`caseExact`), of a list the primary value counts, else the first. What
//! has no value comes last in ascending order and first in descending order.

use super::dialect::Reading;
use super::filter::time;
use super::path::{AttributePath, Scope};
use super::schema::Kind;
use super::text::folded;
use super::{Attributes, Error, ResourceKind};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::cmp::Ordering;

/// How many characters of a text count; those that are equal so far are in the order of ids.
const KEY_CHARS: usize = 256;

/// In which order a list is answered.
#[derive(Debug, Clone, PartialEq)]
pub struct Sort {
    path: AttributePath,
    /// Largest first.
    pub descending: bool,
}

/// What a resource is sorted by.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum SortKey {
    /// A boolean, or a whole number, or a time in microseconds.
    Whole(i64),
    /// A number with a fraction.
    Number(f64),
    /// A string, folded unless case counts.
    Text(String),
    /// No value.
    Nothing,
}

impl Sort {
    /// Reads both parameters; nothing without `sortBy`.
    ///
    /// # Errors
    /// 400 `invalidPath` for what is no path, 400 `invalidValue` for an order that is neither.
    pub fn parse(
        sort_by: Option<&str>,
        sort_order: Option<&str>,
        kind: ResourceKind,
        how: &Reading,
    ) -> Result<Option<Self>, Error> {
        let descending = match sort_order {
            None => false,
            Some(order) if order.eq_ignore_ascii_case("ascending") => false,
            Some(order) if order.eq_ignore_ascii_case("descending") => true,
            Some(_) => return Err(Error::invalid_value("`sortOrder` must be `ascending` or `descending`")),
        };
        let Some(text) = sort_by else { return Ok(None) };
        let path = AttributePath::parse(text, Scope::Resource(kind), how).map_err(|fault| {
            Error::invalid_path(format!("`sortBy`, character {}: expected {}", fault.at + 1, fault.expected))
        })?;
        Ok(Some(Self { path: simple(path)?, descending }))
    }

    /// Whether the order depends on this top-level attribute.
    pub fn mentions(&self, attribute: &str) -> bool {
        self.path.names(attribute)
    }

    /// What a rendered resource is sorted by.
    pub fn key(&self, resource: &Attributes) -> SortKey {
        let AttributePath::Known { extension, attribute, sub } = &self.path else { return SortKey::Nothing };
        let container = match extension {
            None => Some(resource),
            Some(schema) => resource.get(schema.urn).and_then(Value::as_object),
        };
        let value = container.and_then(|container| container.get(attribute.name));
        let value = match value {
            Some(Value::Array(values)) => {
                let primary = |value: &&Value| value.get("primary") == Some(&Value::Bool(true));
                values.iter().find(primary).or_else(|| values.first())
            }
            value => value,
        };
        let (leaf, value) = match sub {
            None => (*attribute, value),
            Some(sub) => (*sub, value.and_then(|value| value.get(sub.name))),
        };
        match value {
            Some(Value::Bool(value)) => SortKey::Whole(i64::from(*value)),
            Some(Value::Number(number)) => match number.as_i64() {
                Some(whole) => SortKey::Whole(whole),
                None => number.as_f64().map_or(SortKey::Nothing, SortKey::Number),
            },
            Some(Value::String(text)) if leaf.kind == Kind::DateTime => {
                time(text).map_or(SortKey::Nothing, |time| SortKey::Whole(time.as_microsecond()))
            }
            Some(Value::String(text)) if leaf.case_exact => SortKey::Text(cut(text.clone())),
            Some(Value::String(text)) => SortKey::Text(cut(folded(text))),
            _ => SortKey::Nothing,
        }
    }

    /// The order of two keys in the list.
    pub fn compare(&self, left: &SortKey, right: &SortKey) -> Ordering {
        let ascending = ascending(left, right);
        if self.descending { ascending.reverse() } else { ascending }
    }
}

/// The beginning of a text, by which it is sorted: a key is kept for each match, and stands in cursors.
fn cut(mut text: String) -> String {
    if let Some((at, _)) = text.char_indices().nth(KEY_CHARS) {
        text.truncate(at);
    }
    text
}

/// A complex attribute stands for its `value`.
fn simple(path: AttributePath) -> Result<AttributePath, Error> {
    match path {
        AttributePath::Known { extension, attribute, sub: None } if attribute.kind == Kind::Complex => {
            match attribute.value_sub() {
                Some(sub) => Ok(AttributePath::Known { extension, attribute, sub: Some(sub) }),
                None => Err(Error::invalid_path(format!(
                    "`sortBy`: `{}` has parts; name one of them, such as `{0}.{}`",
                    attribute.name,
                    attribute.sub_attributes.first().map_or("", |sub| sub.name)
                ))),
            }
        }
        AttributePath::Whole(schema) => {
            Err(Error::invalid_path(format!("`sortBy`: `{}` is a schema; name one of its attributes", schema.urn)))
        }
        path => Ok(path),
    }
}

fn ascending(left: &SortKey, right: &SortKey) -> Ordering {
    use SortKey::{Number, Text, Whole};
    #[expect(clippy::cast_precision_loss, reason = "whole numbers beside fractions are compared as fractions")]
    match (left, right) {
        (Whole(left), Whole(right)) => left.cmp(right),
        (Number(left), Number(right)) => left.total_cmp(right),
        (Whole(left), Number(right)) => (*left as f64).total_cmp(right),
        (Number(left), Whole(right)) => left.total_cmp(&(*right as f64)),
        (Text(left), Text(right)) => left.cmp(right),
        (left, right) => rank(left).cmp(&rank(right)),
    }
}

/// Of values of different kinds, which an attribute of the schema does not have, numbers come first.
fn rank(key: &SortKey) -> u8 {
    match key {
        SortKey::Whole(_) | SortKey::Number(_) => 0,
        SortKey::Text(_) => 1,
        SortKey::Nothing => 2,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn sort(by: &str, order: &str) -> Sort {
        Sort::parse(Some(by), Some(order), ResourceKind::USER, &Reading::default()).unwrap().unwrap()
    }

    fn sorted(by: &str, order: &str) -> Vec<u64> {
        let sort = sort(by, order);
        let mut all = [
            json!({"n": 1, "userName": "b", "active": true,
                "emails": [{"value": "z"}, {"value": "a", "primary": true}]}),
            json!({"n": 2, "userName": "A", "active": false, "meta": {"created": "2026-01-01T00:00:00Z"}}),
            json!({"n": 3, "userName": "c", "emails": [{"value": "B"}],
                "meta": {"created": "2025-12-31T23:00:00-02:00"}}),
        ];
        let key = |value: &Value| sort.key(value.as_object().unwrap());
        all.sort_by(|left, right| sort.compare(&key(left), &key(right)));
        all.iter().map(|value| value["n"].as_u64().unwrap()).collect()
    }

    #[test]
    fn b024_lists_are_sorted_by_any_attribute_and_what_has_no_value_is_last_or_first() {
        assert_eq!(sorted("userName", "ascending"), [2, 1, 3]);
        assert_eq!(sorted("USERNAME", "Descending"), [3, 1, 2]);
        assert_eq!(sorted("emails", "ascending"), [1, 3, 2], "the primary one counts");
        assert_eq!(sorted("emails.value", "descending"), [2, 3, 1]);
        assert_eq!(sorted("meta.created", "ascending"), [2, 3, 1]);
        assert_eq!(sorted("active", "ascending"), [2, 1, 3]);
        assert_eq!(sorted("shoeSize", "ascending"), [1, 2, 3], "an unknown attribute sorts nothing");
    }

    #[test]
    fn b024_of_a_long_text_the_beginning_counts() {
        let long = json!({ "userName": "Ä".repeat(2_000) });
        assert_eq!(sort("userName", "ascending").key(long.as_object().unwrap()), SortKey::Text("ä".repeat(KEY_CHARS)));
    }

    #[test]
    fn b096_what_cannot_be_sorted_by_is_refused_with_what_can() {
        let refused = |by: &str, order: &str| {
            Sort::parse(Some(by), Some(order), ResourceKind::USER, &Reading::default()).unwrap_err().detail
        };
        assert!(refused("name", "ascending").contains("`name.formatted`"));
        assert!(refused("user name", "ascending").contains("character 5"));
        assert!(refused("userName", "up").contains("ascending"));
        assert_eq!(Sort::parse(None, Some("descending"), ResourceKind::USER, &Reading::default()).unwrap(), None);
    }
}
