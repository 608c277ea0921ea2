//! `docs/reference/behaviours.md` against the tests there are: every row present, every named test real, none unlisted.
//!
//! With `UPDATE=1` in the environment (`make generate`) the test column is rewritten from the code instead.

use crate::source::{Source, functions};
use std::collections::{BTreeMap, BTreeSet};

const PAGE: &str = "docs/reference/behaviours.md";

/// Stands in the test column of a row that nothing shows yet.
const LATER: &str = "later";
/// Stands there in a row that only documents.
const DOCS: &str = "docs";

/// The rows that may still say so. Entries only ever leave this list: what was shown once stays shown.
const MAY_BE_LATER: &[&str] = &["B132", "B139", "B142", "B143"];

/// id → the names of the tests that carry it, sorted.
type Tests = BTreeMap<String, BTreeSet<String>>;

/// Fails when the page is not whole and true, or brings its test column up to date.
pub fn hold(files: &[Source]) {
    let page = files.iter().find(|file| file.path == PAGE).expect("the page of behaviours is there");
    let tests = tests(files);
    if std::env::var_os("UPDATE").is_some() {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(PAGE);
        std::fs::write(path, refreshed(&page.text, &tests)).expect("the page can be written");
        return;
    }
    let complaints = complaints(&page.text, &tests);
    assert!(complaints.is_empty(), "{} complaints:\n{}", complaints.len(), complaints.join("\n"));
}

/// The tests that carry ids at the front of their names: `b047_role_goes_down`, `b014_b015_…`.
fn tests(files: &[Source]) -> Tests {
    let mut out = Tests::new();
    let rust = files.iter().filter(|file| file.is_rust() && !file.path.starts_with("tests/tidy"));
    for function in rust.flat_map(|file| functions(&file.code)) {
        for id in ids(&function.name) {
            out.entry(id).or_default().insert(function.name.clone());
        }
    }
    out
}

/// The ids at the front of a test's name, as the page writes them.
fn ids(name: &str) -> Vec<String> {
    name.split('_').take_while(|part| is_id(part)).map(str::to_uppercase).collect()
}

fn is_id(part: &str) -> bool {
    part.len() == 4 && part.starts_with(['b', 'c']) && part.chars().skip(1).all(|c| c.is_ascii_digit())
}

/// B001–B144 and C001–C014.
fn all_ids() -> impl Iterator<Item = String> {
    (1..=144).map(|n| format!("B{n:03}")).chain((1..=14).map(|n| format!("C{n:03}")))
}

/// The cells of a row of behaviours: id, sentence, tests.
fn cells(line: &str) -> Option<(&str, &str, &str)> {
    let mut cells = line.strip_prefix('|')?.strip_suffix('|')?.split('|').map(str::trim);
    let (id, sentence, tests) = (cells.next()?, cells.next()?, cells.next()?);
    (is_id(&id.to_lowercase()) && cells.next().is_none()).then_some((id, sentence, tests))
}

/// What the test column of a row should say: the tests, or what stands in for them.
fn column(id: &str, old: &str, tests: &Tests) -> String {
    match tests.get(id) {
        Some(names) => names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", "),
        None if old == DOCS => DOCS.to_owned(),
        None => LATER.to_owned(),
    }
}

fn refreshed(page: &str, tests: &Tests) -> String {
    let line = |line: &str| match cells(line) {
        Some((id, sentence, old)) => format!("| {id} | {sentence} | {} |\n", column(id, old, tests)),
        None => format!("{line}\n"),
    };
    page.lines().map(line).collect()
}

fn complaints(page: &str, tests: &Tests) -> Vec<String> {
    let mut out = Vec::new();
    let mut seen = BTreeSet::new();
    for (number, line) in page.lines().enumerate() {
        let Some((id, sentence, old)) = cells(line) else { continue };
        let at = format!("{PAGE}:{}: {id}", number + 1);
        if !seen.insert(id.to_owned()) {
            out.push(format!("{at}: a second row of this id"));
        }
        if !sentence.ends_with('.') || sentence.len() < 10 {
            out.push(format!("{at}: say the behaviour in a sentence"));
        }
        let new = column(id, old, tests);
        if new == LATER && !MAY_BE_LATER.contains(&id) {
            out.push(format!("{at}: no test shows it any more"));
        }
        if new != LATER && MAY_BE_LATER.contains(&id) {
            out.push(format!("{at}: it has its tests: take it out of MAY_BE_LATER in tests/tidy/behaviours.rs"));
        }
        if new != old {
            out.push(format!("{at}: run `make generate`: the tests are {new} and the page says {old}"));
        }
    }
    out.extend(all_ids().filter(|id| !seen.contains(id)).map(|id| format!("{PAGE}: no row for {id}")));
    let unknown = tests.iter().filter(|(id, _)| !seen.contains(*id));
    out.extend(unknown.map(|(id, names)| format!("{names:?}: there is no behaviour {id}")));
    out
}

#[cfg(test)]
fn a_page(rows: &str) -> String {
    let stand_in = |id: &String| if MAY_BE_LATER.contains(&id.as_str()) { LATER } else { DOCS };
    all_ids().map(|id| format!("| {id} | It does something. | {} |\n", stand_in(&id))).collect::<String>() + rows
}

#[cfg(test)]
fn some_tests(code: &str) -> Tests {
    tests(&[Source::new("tests/it/a.rs", code)])
}

#[test]
fn the_page_fails_for_what_is_missing_unlisted_or_not_there() {
    let none = Tests::new();
    assert_eq!(complaints(&a_page(""), &none), Vec::<String>::new());
    assert_eq!(complaints(&a_page("").replace("| B047 ", "| X "), &none).len(), 1, "a row is missing");
    assert_eq!(complaints(&a_page("| B047 | It does something. | docs |\n"), &none).len(), 1, "a row is double");
    assert_eq!(complaints(&a_page("").replace("something.", ""), &none).len(), 158, "no sentence");
    let unlisted = some_tests("fn b047_role_goes_down() {}");
    assert_eq!(complaints(&a_page(""), &unlisted).len(), 1, "a test is unlisted");
    let named = a_page("").replace("| B143 | It does something. | later |", "| B143 | It does it. | `b143_gone` |");
    assert_eq!(complaints(&named, &none).len(), 1, "a named test is not there");
    assert_eq!(complaints(&a_page(""), &some_tests("fn b999_what() {}")).len(), 1, "an id is unknown");
    let lost = a_page("").replace("| B047 | It does something. | docs |", "| B047 | It does something. | later |");
    assert_eq!(complaints(&lost, &none).len(), 1, "what was shown is not shown any more");
    let shown = a_page("").replace("| B143 | It does something. | later |", "| B143 | It does it. | `b143_flat` |");
    assert_eq!(complaints(&shown, &some_tests("fn b143_flat() {}")).len(), 1, "what is shown is on the list still");
}

#[test]
fn the_page_is_refreshed_from_the_tests() {
    let tests = some_tests("fn b014_b015_all_worlds() {} fn b015_pairs() {} fn b016() {} fn bare() {} fn b1_x() {}");
    let page = "# Title\n| B010 | Words. | docs |\n| B014 | Rules. | later |\n| B015 | Highest. | `b015_old` |\n";
    let expected = "# Title\n| B010 | Words. | docs |\n| B014 | Rules. | `b014_b015_all_worlds` |\n\
                    | B015 | Highest. | `b014_b015_all_worlds`, `b015_pairs` |\n";
    assert_eq!(refreshed(page, &tests), expected);
}
