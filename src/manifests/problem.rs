//! What is wrong with a manifest, for the person who wrote it: line, field, value, and what to write instead.

use std::fmt;

/// One mistake in a manifest.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct Problem {
    /// The line in the file, from 1; absent where there is no file.
    pub line: Option<u64>,
    /// The field, such as `spec.tenants[1]`; empty when it is the whole object.
    pub field: String,
    /// The value found there, shortened; absent where the field is missing or no scalar.
    pub value: Option<String>,
    /// What is wrong, and what to write.
    pub message: String,
}

impl Problem {
    /// A problem of a field.
    pub fn new(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self { line: None, field: field.into(), value: None, message: message.into() }
    }

    /// The same with the value that was found.
    pub fn found(self, value: &serde_json::Value) -> Self {
        let value = match value {
            serde_json::Value::Array(_) | serde_json::Value::Object(_) => None,
            scalar => Some(shortened(&scalar.to_string())),
        };
        Self { value, ..self }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(line) = self.line {
            write!(f, "line {line}: ")?;
        }
        // A sentence that opens with the field needs it only once: `spec.tenant is immutable`.
        if self.field.is_empty() || !self.message.starts_with(&self.field) {
            let value = self.value.as_deref();
            for part in [self.field.as_str(), value.unwrap_or_default()].iter().filter(|part| !part.is_empty()) {
                write!(f, "{part}: ")?;
            }
        }
        f.write_str(&self.message)
    }
}

/// Long values are cut: a message is a line in a log.
fn shortened(value: &str) -> String {
    const CHARS_MAX: usize = 80;
    match value.char_indices().nth(CHARS_MAX) {
        None => value.to_owned(),
        Some((end, _)) => format!("{}…", value.get(..end).unwrap_or_default()),
    }
}
