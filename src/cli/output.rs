//! What the commands write to standard output: aligned columns, JSON, YAML, one object a line.

use anyhow::Context;
use serde::Serialize;
use std::io::Write;

/// Writes a text as it is. A reader that went away is an error, not a panic.
pub fn put(text: &str) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).context("standard output cannot be written")
}

/// Writes one JSON object, for people who read it too.
pub fn put_json(value: &impl Serialize) -> anyhow::Result<()> {
    put(&(serde_json::to_string_pretty(value)? + "\n"))
}

/// Writes one YAML document.
pub fn put_yaml(value: &impl Serialize) -> anyhow::Result<()> {
    let text = serde_saphyr::to_string(&serde_json::to_value(value)?)?;
    put(&(text.trim_end().to_owned() + "\n"))
}

/// Writes one JSON object on a line of its own (NDJSON).
pub fn put_line(value: &impl Serialize) -> anyhow::Result<()> {
    put(&(serde_json::to_string(value)? + "\n"))
}

/// Rows whose columns stand below each other, two spaces between them; the last one is as long as it is.
pub fn columns<const N: usize>(rows: &[[String; N]]) -> String {
    let mut widths = [0; N];
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = cell.chars().count().max(*width);
        }
    }
    let mut out = String::new();
    for row in rows {
        let cells = row.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}"));
        out += cells.collect::<Vec<_>>().join("  ").trim_end();
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::columns;

    #[test]
    fn columns_stand_below_each_other() {
        let rows = [["NAME", "ROLE"], ["ada", "Designer"], ["maia.bakker", "-"]];
        let rows = rows.map(|row| row.map(str::to_owned));
        assert_eq!(columns(&rows), "NAME         ROLE\nada          Designer\nmaia.bakker  -\n");
    }
}
