//! YAML as values that remember their lines.
//!
//! YAML 1.2 as serde-saphyr reads it: `y` and `no` are text and no booleans, several documents make a file, empty ones
//! are skipped, a key written twice is an error, aliases are bounded. No file is read in part: one mistake of form
//! refuses it.

use super::problem::Problem;
use serde::Deserialize;
use serde::de::{Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::Value;
use serde_saphyr::Spanned;
use std::collections::BTreeMap;
use std::fmt;

/// One document: its value and where each field of it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    /// The content.
    pub value: Value,
    /// The lines of its fields.
    pub places: Places,
}

/// Field → line, from 1. Fields are written `spec.tenants[1]`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Places(BTreeMap<String, u64>);

impl Places {
    /// The line of a field, or of the nearest field around it that is there.
    pub fn line(&self, field: &str) -> Option<u64> {
        let mut field = field;
        loop {
            if let Some(line) = self.0.get(field) {
                return Some(*line);
            }
            if field.is_empty() {
                return None;
            }
            field = field.rfind(['.', '[']).and_then(|end| field.get(..end)).unwrap_or_default();
        }
    }
}

/// Reads all documents of a text.
///
/// # Errors
/// When the text is no YAML, or has a key twice; the problem names the line.
pub fn documents(text: &str) -> Result<Vec<Document>, Problem> {
    let options = serde_saphyr::options! { with_snippet: false, strict_booleans: true };
    let trees: Vec<Spanned<Tree>> = serde_saphyr::from_multiple_with_options(text, options).map_err(|error| {
        Problem { line: error.location().map(|at| at.line()), ..Problem::new("", error.without_snippet().to_string()) }
    })?;
    Ok(trees
        .into_iter()
        .map(|tree| {
            let mut places = Places::default();
            places.0.insert(String::new(), tree.referenced.line());
            let value = place(tree.value, "", &mut places);
            Document { value, places }
        })
        .collect())
}

/// The path of `key` in the object at `path`.
pub fn member(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}

/// Takes the lines out of a tree.
fn place(tree: Tree, path: &str, places: &mut Places) -> Value {
    match tree {
        Tree::Scalar(value) => value,
        Tree::List(items) => {
            let items = items.into_iter().enumerate().map(|(i, item)| {
                let path = format!("{path}[{i}]");
                places.0.insert(path.clone(), item.referenced.line());
                place(item.value, &path, places)
            });
            Value::Array(items.collect())
        }
        Tree::Map(entries) => {
            let entries = entries.into_iter().map(|(key, item)| {
                let path = member(path, &key.value);
                // The key's line: where the value is a map or a list it begins a line below.
                places.0.insert(path.clone(), key.referenced.line());
                (key.value, place(item.value, &path, places))
            });
            Value::Object(entries.collect())
        }
    }
}

enum Tree {
    Scalar(Value),
    List(Vec<Spanned<Tree>>),
    Map(Vec<(Spanned<String>, Spanned<Tree>)>),
}

impl<'de> Deserialize<'de> for Tree {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TreeVisitor)
    }
}

struct TreeVisitor;

impl<'de> Visitor<'de> for TreeVisitor {
    type Value = Tree;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a YAML value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Tree, E> {
        Ok(Tree::Scalar(value.into()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Tree, E> {
        Ok(Tree::Scalar(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Tree, E> {
        Ok(Tree::Scalar(value.into()))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Tree, E> {
        serde_json::Number::from_f64(value)
            .map(|number| Tree::Scalar(Value::Number(number)))
            .ok_or_else(|| E::custom("write a finite number"))
    }

    fn visit_str<E>(self, value: &str) -> Result<Tree, E> {
        Ok(Tree::Scalar(value.into()))
    }

    fn visit_unit<E>(self) -> Result<Tree, E> {
        Ok(Tree::Scalar(Value::Null))
    }

    fn visit_none<E>(self) -> Result<Tree, E> {
        Ok(Tree::Scalar(Value::Null))
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Tree, D::Error> {
        Tree::deserialize(deserializer)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Tree, A::Error> {
        let mut out = Vec::new();
        while let Some(item) = items.next_element()? {
            out.push(item);
        }
        Ok(Tree::List(out))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Tree, A::Error> {
        let mut out = Vec::new();
        while let Some(entry) = entries.next_entry()? {
            out.push(entry);
        }
        Ok(Tree::Map(out))
    }
}
