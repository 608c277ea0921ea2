//! What holds among the values of a list: one primary at most, none twice. RFC 7643 §2.4, RFC 7644 §3.5.2.
//!
//! Two values with the same `type` and `value` are one; the parts of the later go over those of the earlier. Of several
//! primaries the one written last stays, the others are set to false.

use crate::scim::schema::Attribute;
use crate::scim::text::folded;
use serde_json::Value;
use std::collections::HashMap;

/// A kept value, and when it was written: `None` for one that was there before.
struct Entry {
    value: Value,
    written: Option<usize>,
}

/// The values without doubles and with one primary at most. `fresh` tells which positions this request wrote.
pub fn settle(attribute: &Attribute, values: Vec<Value>, fresh: impl Fn(usize) -> bool) -> Vec<Value> {
    let mut entries: Vec<Entry> = Vec::with_capacity(values.len());
    let mut seen: HashMap<String, usize> = HashMap::with_capacity(values.len());
    for (index, value) in values.into_iter().enumerate() {
        let written = fresh(index).then_some(index);
        let position = *seen.entry(key(attribute, &value)).or_insert(entries.len());
        match entries.get_mut(position) {
            None => entries.push(Entry { value, written }),
            Some(earlier) => {
                earlier.written = earlier.written.max(written);
                overlay(&mut earlier.value, value);
            }
        }
    }
    keep_one_primary(&mut entries);
    entries.into_iter().map(|entry| entry.value).collect()
}

fn keep_one_primary(entries: &mut [Entry]) {
    let primaries = entries.iter().enumerate().filter(|(_, entry)| is_primary(&entry.value));
    let Some(winner) = primaries.max_by_key(|(index, entry)| (entry.written, *index)).map(|(index, _)| index) else {
        return;
    };
    for (index, entry) in entries.iter_mut().enumerate() {
        if index != winner
            && let Some(primary) = entry.value.get_mut("primary")
        {
            *primary = Value::Bool(false);
        }
    }
}

fn is_primary(value: &Value) -> bool {
    value.get("primary").and_then(Value::as_bool).unwrap_or(false)
}

fn overlay(earlier: &mut Value, later: Value) {
    match (earlier, later) {
        (Value::Object(earlier), Value::Object(later)) => earlier.extend(later),
        (earlier, later) => *earlier = later,
    }
}

/// What makes a value the same as another: its type and value, or all of it but `primary` where it has no value.
/// `primary` changes after doubles were looked for: with it in the key, what is kept would hold some.
fn key(attribute: &Attribute, value: &Value) -> String {
    let text = |name: &str| value.get(name).and_then(Value::as_str);
    match (text("value"), attribute.value_sub()) {
        (Some(found), Some(sub)) => {
            let kind = text("type").map_or_else(String::new, |kind| format!("={}", folded(kind)));
            let found = if sub.case_exact { found.to_owned() } else { folded(found) };
            format!("{kind}\0{found}")
        }
        _ => match value {
            Value::Object(parts) => {
                let mut parts = parts.clone();
                parts.shift_remove("primary");
                Value::Object(parts).to_string()
            }
            value => value.to_string(),
        },
    }
}
