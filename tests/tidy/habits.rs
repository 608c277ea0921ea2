//! Habits of the house: documentation first, no panics that ship, no words for later, no sleeping tests.

use crate::source::{Source, functions, is_word, words};

/// Calls and macros that may not ship, and what to do instead.
const PANICS: &[(&str, &str)] = &[
    (".unwrap()", "return an error that says what to do"),
    (".expect(", "return an error that says what to do"),
    (".unwrap_err()", "match on the result"),
    ("panic!", "return an error"),
    ("todo!", "write it, or leave the function out"),
    ("unimplemented!", "write it, or leave the function out"),
    ("unreachable!", "make it unsayable in the types, or return an error"),
];

/// What stays out of all code. Written in two halves, so that this table does not complain about itself.
const BANNED: &[(&str, &str, &str)] = &[
    ("set_", "var(", "settings come in as values"),
    ("remove_", "var(", "settings come in as values"),
    ("#[all", "ow(", "use #[expect(…, reason = \"…\")]"),
    ("#![all", "ow(", "use #![expect(…, reason = \"…\")]"),
    ("#[ign", "ore", "a test runs, or it is not there"),
    ("db", "g!(", "log it, or leave it"),
];

/// Words that promise work for later; the work is done or written down where it is planned.
const LATER: &[(&str, &str)] = &[("FIX", "ME"), ("TO", "DO"), ("XX", "X"), ("HA", "CK")];

/// Parts of names that say nothing.
const EMPTY_NAMES: &[&str] = &["Manager", "Helper", "Util", "manager", "helper", "util"];

/// Where tests may wait: the one place that waits for a condition, with a limit.
const WAITING: &str = "tests/support/";

/// Every Rust file opens with what it is for.
pub fn module_doc(file: &Source) -> Vec<String> {
    let opens = file.text.trim_start().starts_with("//!");
    if !file.is_rust() || opens {
        return Vec::new();
    }
    vec![format!("{}: begin with `//!`: what it is for, what it never does", file.path)]
}

/// Nothing that ships panics on purpose.
pub fn panics(file: &Source) -> Vec<String> {
    if file.room().is_none() {
        return Vec::new();
    }
    let code = file.shipped();
    let found =
        PANICS.iter().flat_map(|(call, instead)| words(&code, call).into_iter().map(move |at| (at, call, instead)));
    found.map(|(at, call, instead)| format!("{}: `{call}`: {instead}", file.at(at))).collect()
}

/// Banned calls and attributes in code, and words for later anywhere.
pub fn banned(file: &Source) -> Vec<String> {
    let mut out = Vec::new();
    if file.is_rust() {
        for (first, second, instead) in BANNED {
            let call = format!("{first}{second}");
            let found = file.code.match_indices(&call);
            out.extend(found.map(|(at, _)| format!("{}: `{call}`: {instead}", file.at(at))));
        }
    }
    for (first, second) in LATER {
        let word = format!("{first}{second}");
        let found = words(&file.text, &word);
        out.extend(found.into_iter().map(|at| format!("{}: `{word}`: do it now or leave it out", file.at(at))));
    }
    out
}

/// Types and modules are called by what they are; tests are claims without `test_`.
pub fn names(file: &Source) -> Vec<String> {
    if !file.is_rust() {
        return Vec::new();
    }
    let mut out = Vec::new();
    for keyword in ["struct", "enum", "trait", "type", "mod"] {
        for at in words(&file.code, keyword) {
            let rest = file.code[at + keyword.len()..].trim_start();
            let name: String = rest.chars().take_while(|c| is_word(*c)).collect();
            if EMPTY_NAMES.iter().any(|empty| name.contains(empty)) {
                out.push(format!("{}: `{name}`: say what it is, a noun that a user would say", file.at(at)));
            }
        }
    }
    for function in functions(&file.code).into_iter().filter(|function| function.name.starts_with("test_")) {
        let above = file.code.lines().take(function.line - 1).last().unwrap_or_default();
        if above.trim_end().ends_with("test]") {
            let (path, line, name) = (&file.path, function.line, function.name);
            out.push(format!("{path}:{line}: `{name}`: a test is a claim, without `test_`"));
        }
    }
    out
}

/// Tests wait on a condition with a limit, in one place; nothing blocks a thread.
pub fn sleeps(file: &Source) -> Vec<String> {
    if !file.is_rust() || file.path.starts_with(WAITING) {
        return Vec::new();
    }
    let shipped = file.shipped();
    let in_tests = |at: &usize| shipped.get(*at..*at + 5) != Some("sleep");
    let blocking = |at: &usize| file.code[..*at].ends_with("thread::");
    let calls = words(&file.code, "sleep").into_iter().filter(|at| file.code[at + 5..].trim_start().starts_with('('));
    calls
        .filter(|at| in_tests(at) || blocking(at))
        .map(|at| format!("{}: `sleep`: wait on a condition, with a limit ({WAITING})", file.at(at)))
        .collect()
}

#[cfg(test)]
fn found(rule: fn(&Source) -> Vec<String>, path: &str, text: &str) -> usize {
    rule(&Source::new(path, text)).len()
}

#[test]
fn a_file_without_a_module_doc_is_found() {
    assert_eq!(found(module_doc, "src/a.rs", "/// Not a module doc.\nfn f() {}"), 1);
    assert_eq!(found(module_doc, "src/a.rs", "//! What it is for.\nfn f() {}"), 0);
}

#[test]
fn a_panic_that_ships_is_found_and_one_in_a_test_is_not() {
    for (call, _) in PANICS {
        let text = format!("fn f() {{ x{}{call} ) }}", if call.starts_with('.') { "" } else { "; " });
        assert_eq!(found(panics, "src/a/b.rs", &text), 1, "{call}");
        assert_eq!(found(panics, "src/a/b.rs", &format!("#[cfg(test)]\nmod tests {{ {text} }}")), 0, "{call}");
        assert_eq!(found(panics, "tests/it/b.rs", &text), 0, "{call}");
        assert_eq!(found(panics, "src/a/b.rs", &format!("// {call}\nlet s = \"{call}\";")), 0, "{call}");
    }
    assert_eq!(found(panics, "src/a/b.rs", "x.unwrap_or_default()"), 0);
}

#[test]
fn banned_calls_and_words_for_later_are_found() {
    for (first, second, _) in BANNED {
        let text = format!("{first}{second}dead_code)]\nfn f() {{}}");
        assert_eq!(found(banned, "src/a.rs", &text), 1, "{first}{second}");
        assert_eq!(found(banned, "docs/a.md", &text), 0, "{first}{second}");
    }
    for (first, second) in LATER {
        assert_eq!(found(banned, "src/a.rs", &format!("// {first}{second}: more")), 1);
        assert_eq!(found(banned, "docs/a.md", &format!("{first}{second}")), 1);
        assert_eq!(found(banned, "docs/a.md", &format!("A{first}{second}B")), 0);
    }
}

#[test]
fn empty_names_are_found() {
    assert_eq!(found(names, "src/a.rs", "struct TokenManager; mod utils; type HelperFn = fn();"), 3);
    assert_eq!(found(names, "src/a.rs", "#[tokio::test]\nasync fn test_it() {}"), 1);
    assert_eq!(found(names, "src/a.rs", "struct Token; mod tests; fn test_connection() {}"), 0);
}

#[test]
fn a_test_that_sleeps_is_found_and_a_backoff_is_not() {
    let call = format!("fn f() {{ tokio::time::sl{}(x).await; }}", "eep");
    assert_eq!(found(sleeps, "tests/it/a.rs", &call), 1);
    assert_eq!(found(sleeps, "src/operator/a.rs", &format!("#[cfg(test)]\nmod tests {{ {call} }}")), 1);
    assert_eq!(found(sleeps, "src/operator/a.rs", &call), 0);
    assert_eq!(found(sleeps, "tests/support/wait.rs", &call), 0);
    assert_eq!(found(sleeps, "src/operator/a.rs", &format!("fn f() {{ std::thread::sl{}(x); }}", "eep")), 1);
}
