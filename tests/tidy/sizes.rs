//! A file fits in a head: lengths of files, functions and lines.

use crate::source::{Source, functions, item_end};

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
    for (i, line) in without_snapshots(file).lines().enumerate() {
        let chars = line.chars().count();
        if chars > LINE_CHARS_MAX {
            out.push(format!("{}:{}: {chars} characters, at most {LINE_CHARS_MAX}", file.path, i + 1));
        }
    }
    out
}

/// The text, with nothing left of inline snapshots but their line breaks: what a user reads as one line stays one line.
fn without_snapshots(file: &Source) -> String {
    let (mut text, code) = (file.text.clone(), &file.code);
    // From the last to the first, so that the offsets of those still to come stay true.
    for (call, _) in code.rmatch_indices("assert_snapshot!(") {
        let Some(open) = code[call..item_end(code, call)].find("@\"").map(|at| call + at + 2) else { continue };
        let close = code[open..].find('"').map_or(code.len(), |at| open + at);
        let breaks = "\n".repeat(code[open..close].matches('\n').count());
        text.replace_range(open..close, &breaks);
    }
    text
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

#[test]
fn lines_of_inline_snapshots_may_be_long_and_no_others() {
    let complaints = |text: String| sizes(&Source::new("src/a.rs", &text));
    let long = "ä".repeat(LINE_CHARS_MAX + 1);
    for snapshot in [format!("@\"{long}\""), format!("@r#\"\n\"a\"\n{long}\n\"#")] {
        let fits = format!("insta::assert_snapshot!(f(|x| {{ x; }}, \")\"), {snapshot});\n");
        assert_eq!(complaints(fits.clone()).len(), 0);
        let found = complaints(format!("{fits}// {long}\n"));
        let line = fits.lines().count() + 1;
        assert_eq!(found, [format!("src/a.rs:{line}: 124 characters, at most 120")]);
    }
    assert_eq!(complaints(format!("assert_snapshot!({long}, @\"a\");\n")).len(), 1);
    assert_eq!(complaints(format!("assert_snapshot!(a, \"{long}\");\n")).len(), 1);
    assert_eq!(complaints(format!("assert_snapshot!(a);\nassert_eq!(a, @\"{long}\");\n")).len(), 1);
    assert_eq!(complaints(format!("assert_eq!(a, \"{long}\");\n")).len(), 1);
}
