//! Operations on a list: on all of it, on the values that a filter selects, or on a part of those. RFC 7644 §3.5.2.
//!
//! When nothing is selected, adding makes the value that the filter describes; so does replacing where the dialect has
//! it (else 400 `noTarget`). Entra ID relies on it: `addresses[type eq "work"].formatted`.

use super::Verb;
use super::membership::removal_with_value;
use super::write::{Aim, clears, merge, split_cleared};
use crate::scim::dialect::{Quirk, Reading};
use crate::scim::filter::{Expression, Literal, Operator};
use crate::scim::resource::{VALUES_MAX, read_attribute, read_value, settle};
use crate::scim::{Attributes, Error};
use serde_json::Value;
use std::collections::{HashMap, HashSet};

/// The values of a list while they are changed.
struct List {
    values: Vec<Value>,
    /// Positions that this operation wrote.
    fresh: HashSet<usize>,
}

pub(super) fn write(
    container: &mut Attributes,
    aim: &Aim<'_>,
    verb: Verb,
    value: Option<&Value>,
    how: &Reading,
) -> Result<(), Error> {
    let values = match container.get_mut(aim.attribute.name).map(Value::take) {
        Some(Value::Array(values)) => values,
        _ => Vec::new(),
    };
    let mut list = List { values, fresh: HashSet::new() };
    match (aim.selector, aim.part) {
        (None, None) => list.change_whole(aim, verb, value, how)?,
        (Some(selector), None) => list.change_selected(aim, selector, verb, value, how)?,
        (_, Some(_)) => list.change_parts(aim, verb, value, how)?,
    }
    let List { values, fresh } = list;
    let values = settle(aim.attribute, values, |index| fresh.contains(&index));
    if values.len() > VALUES_MAX {
        return Err(Error::invalid_value(format!("`{}` would have more than {VALUES_MAX} values", aim.place)));
    }
    if values.is_empty() {
        container.shift_remove(aim.attribute.name);
    } else {
        container.insert(aim.attribute.name.to_owned(), Value::Array(values));
    }
    Ok(())
}

impl List {
    fn change_whole(&mut self, aim: &Aim<'_>, verb: Verb, value: Option<&Value>, how: &Reading) -> Result<(), Error> {
        let given = match value {
            None => None,
            Some(value) => read_attribute(aim.place, aim.attribute, value.clone(), how)?,
        };
        let given = match given {
            Some(Value::Array(given)) => given,
            _ => Vec::new(),
        };
        match verb {
            Verb::Add => given.into_iter().for_each(|value| self.push(value)),
            Verb::Replace => {
                self.values.clear();
                given.into_iter().for_each(|value| self.push(value));
            }
            Verb::Remove if value.is_none_or(Value::is_null) => self.values.clear(),
            Verb::Remove if how.tolerates(Quirk::RemoveByValue) => self.remove_given(given),
            Verb::Remove => return Err(removal_with_value()),
        }
        Ok(())
    }

    /// Takes away what is given: found by `value` and `type`, which no two of a list share, and not by comparing all
    /// with all, since both lists may be long.
    fn remove_given(&mut self, given: Vec<Value>) {
        let mut by_key: HashMap<(Option<String>, Option<String>), Vec<Value>> = HashMap::new();
        let text = |value: &Value, name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
        for given in given {
            by_key.entry((text(&given, "value"), text(&given, "type"))).or_default().push(given);
        }
        self.values.retain(|value| {
            let (found, kind) = (text(value, "value"), text(value, "type"));
            let keys = [(found.clone(), kind.clone()), (found, None), (None, kind), (None, None)];
            let mut given = keys.iter().filter_map(|key| by_key.get(key)).flatten();
            !given.any(|given| is_meant(value, given))
        });
    }

    fn change_selected(
        &mut self,
        aim: &Aim<'_>,
        selector: &Expression,
        verb: Verb,
        value: Option<&Value>,
        how: &Reading,
    ) -> Result<(), Error> {
        let selected = self.selected(Some(selector));
        let Some(value) = value.filter(|value| !clears(verb, Some(value), how)) else {
            return self.remove_selected(aim, &selected, how);
        };
        let (value, cleared) = split_cleared(aim.attribute, only(value, how), how);
        let new = match read_value(aim.place, aim.attribute, value, how)? {
            Some(Value::Object(new)) => new,
            _ => Attributes::new(),
        };
        if selected.is_empty() {
            return self.make(aim, verb, new, how);
        }
        for index in selected {
            if let Some(Value::Object(old)) = self.values.get_mut(index) {
                if verb == Verb::Replace && !how.would_tolerate(Quirk::ValuePathMerges) {
                    old.clear();
                }
                merge(aim.attribute, old, new.clone(), &cleared);
                self.fresh.insert(index);
            }
        }
        self.values.retain(|value| value.as_object().is_none_or(|parts| !parts.is_empty()));
        Ok(())
    }

    fn change_parts(&mut self, aim: &Aim<'_>, verb: Verb, value: Option<&Value>, how: &Reading) -> Result<(), Error> {
        let Some(part) = aim.part else { return Ok(()) };
        let selected = self.selected(aim.selector);
        let new = match value.filter(|value| !clears(verb, Some(value), how)) {
            None => None,
            Some(value) => read_value(aim.place, part, value.clone(), how)?,
        };
        let Some(new) = new else {
            let missed = selected.is_empty() && aim.selector.is_some() && !how.tolerates(Quirk::RemoveNothing);
            for index in selected {
                if let Some(Value::Object(parts)) = self.values.get_mut(index) {
                    parts.shift_remove(part.name);
                }
            }
            self.values.retain(says_something);
            return if missed { Err(no_match(aim)) } else { Ok(()) };
        };
        let new = Attributes::from_iter([(part.name.to_owned(), new)]);
        if selected.is_empty() {
            return self.make(aim, verb, new, how);
        }
        for index in selected {
            if let Some(Value::Object(parts)) = self.values.get_mut(index) {
                merge(aim.attribute, parts, new.clone(), &[]);
                self.fresh.insert(index);
            }
        }
        Ok(())
    }

    fn remove_selected(&mut self, aim: &Aim<'_>, selected: &[usize], how: &Reading) -> Result<(), Error> {
        if selected.is_empty() && !how.tolerates(Quirk::RemoveNothing) {
            return Err(no_match(aim));
        }
        let mut index = 0;
        self.values.retain(|_| {
            index += 1;
            selected.binary_search(&(index - 1)).is_err()
        });
        Ok(())
    }

    /// Makes the value that the selector describes, with these parts.
    fn make(&mut self, aim: &Aim<'_>, verb: Verb, parts: Attributes, how: &Reading) -> Result<(), Error> {
        let mut made = Attributes::new();
        if let Some(selector) = aim.selector
            && (verb == Verb::Replace && !how.tolerates(Quirk::ReplaceCreates) || !describe(selector, &mut made))
        {
            return Err(no_match(aim));
        }
        made.extend(parts);
        self.push(Value::Object(made));
        Ok(())
    }

    fn push(&mut self, value: Value) {
        self.fresh.insert(self.values.len());
        self.values.push(value);
    }

    /// The positions of the values that the selector matches, ascending.
    fn selected(&self, selector: Option<&Expression>) -> Vec<usize> {
        let matches = |value: &Value| match (selector, value) {
            (None, value) => value.is_object(),
            (Some(selector), Value::Object(parts)) => selector.matches(parts, None),
            (Some(_), _) => false,
        };
        self.values.iter().enumerate().filter(|(_, value)| matches(value)).map(|(index, _)| index).collect()
    }
}

fn no_match(aim: &Aim<'_>) -> Error {
    Error::no_target(format!("no value of `{}` matches the filter in the path", aim.attribute.name))
}

/// A list of one stands for its value.
fn only<'a>(value: &'a Value, how: &Reading) -> &'a Value {
    match value {
        Value::Array(values) if values.len() == 1 && how.tolerates(Quirk::ListForValue) => {
            values.first().unwrap_or(value)
        }
        value => value,
    }
}

/// Whether a value is the one that a removal gives: all parts it gives are the same, `primary` aside.
fn is_meant(value: &Value, given: &Value) -> bool {
    match (value, given) {
        (Value::Object(value), Value::Object(given)) => {
            let mut named = given.iter().filter(|(name, _)| *name != "primary").peekable();
            named.peek().is_some() && named.all(|(name, part)| value.get(name) == Some(part))
        }
        (value, given) => value == given,
    }
}

/// Whether more is left of a value than what kind it is.
fn says_something(value: &Value) -> bool {
    let beside = |parts: &Attributes| parts.keys().any(|name| !matches!(name.as_str(), "type" | "primary" | "display"));
    value.as_object().is_none_or(beside)
}

/// The parts that a value must have to match: possible for `eq` joined by `and`.
fn describe(selector: &Expression, made: &mut Attributes) -> bool {
    match selector {
        Expression::And(terms) => terms.iter().all(|term| describe(term, made)),
        Expression::Compare(comparison) if comparison.operator == Operator::Eq => {
            let value = match &comparison.literal {
                Literal::Text(text) | Literal::Time(_, text) => Value::from(&**text),
                Literal::Boolean(boolean) => Value::from(*boolean),
                Literal::Number(number, _) => Value::Number(number.clone()),
                Literal::Null => return false,
            };
            comparison.path.leaf().is_some_and(|leaf| {
                made.insert(leaf.name.to_owned(), value);
                true
            })
        }
        _ => false,
    }
}
