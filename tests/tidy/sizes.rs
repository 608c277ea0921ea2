//! A file fits in a head: lengths of files, functions and lines.

use crate::source::{Source, functions};

const FILE_LINES_MAX: usize = 500;
const FUNCTION_LINES_MAX: usize = 70;
const LINE_CHARS_MAX: usize = 120;

/// Rust files that are too long, or have a function or a line that is.
pub fn sizes(file: &Source) -> Vec<String> {
    if !file.is_rust() {
        return Vec::new();
    }
    let mut out = Vec::new();
    let lines = file.text.lines().count();
    if lines > FILE_LINES_MAX {
        out.push(format!("{}: {lines} lines, at most {FILE_LINES_MAX}: split it by meaning", file.path));
    }
    for function in functions(&file.code).iter().filter(|function| function.lines > FUNCTION_LINES_MAX) {
        let (line, name, lines) = (function.line, &function.name, function.lines);
        out.push(format!("{}:{line}: `{name}` has {lines} lines, at most {FUNCTION_LINES_MAX}", file.path));
    }
    for (i, line) in file.text.lines().enumerate().filter(|(_, line)| line.chars().count() > LINE_CHARS_MAX) {
        let chars = line.chars().count();
        out.push(format!("{}:{}: {chars} characters, at most {LINE_CHARS_MAX}", file.path, i + 1));
    }
    out
}

#[test]
fn what_is_too_long_is_found_and_what_just_fits_is_not() {
    let complaints = |text: String| sizes(&Source::new("src/a.rs", &text)).len();
    assert_eq!(complaints("//\n".repeat(FILE_LINES_MAX)), 0);
    assert_eq!(complaints("//\n".repeat(FILE_LINES_MAX + 1)), 1);
    let function = |lines: usize| format!("fn long() {{\n{}}}\n", "f();\n".repeat(lines - 2));
    assert_eq!(complaints(function(FUNCTION_LINES_MAX)), 0);
    assert_eq!(complaints(function(FUNCTION_LINES_MAX + 1)), 1);
    assert_eq!(complaints("ä".repeat(LINE_CHARS_MAX)), 0);
    assert_eq!(complaints("ä".repeat(LINE_CHARS_MAX + 1)), 1);
}
