//! `docs/reference/dialects.md` is written from the table of switches and the list of facts.
//!
//! With `UPDATE=1` in the environment (`make generate`) the test writes the page; without it, it fails for an old one.

use super::facts::{FACTS, SECTIONS};
use super::quirks::CHOICES;
use super::{root, test_of};
use scim_operator::scim::{Dialect, Quirk};
use std::fmt::Write;

const PAGE: &str = "docs/reference/dialects.md";

const OPENING: &str = "\
# Dialects

`spec.provisioning.dialect` says in whose manner the endpoint speaks SCIM. There is one strict core, and a table of
named switches for what providers send beyond the RFCs or against them; a dialect is a set of switches. `Auto`, the
default, takes every shape that contradicts no other, and lets what the request shows of its provider decide the rest.
What a switch took is counted: `scim_tolerated_total{quirk=\"…\"}` on the metrics listener.

This page is written by `make generate` from `src/scim/dialect.rs` and `tests/it/interop/facts.rs`. The requests are in
`tests/data/idp`, the tests in `tests/it/interop`.

";

const EVIDENCE: &str = "\
## What `Auto` goes by

| provider | what a request shows of it |
|---|---|
| Entra ID | `Add`, `Replace`, `Remove` with a capital; a URN with `ADSCIM`; `aadOptscim062020` in the query |
| Okta | `User-Agent: Okta SCIM Client 1.0.0` |

";

fn name(dialect: Dialect) -> String {
    format!("{dialect:?}")
}

/// A cell: what would end it is escaped.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

fn matrix(out: &mut String) {
    let names = Dialect::ALL.map(name).join(" | ");
    out.push_str("## Which dialect has which switch\n\n`if` = when the request shows the provider.\n\n");
    writeln!(out, "| switch | {names} |\n|---|{}", ":-:|".repeat(Dialect::ALL.len())).unwrap();
    for row in Quirk::TABLE {
        let marks = Dialect::ALL.map(|dialect| match (dialect.has(row.quirk), row.evidence) {
            (true, _) => "on",
            (false, Some(_)) if dialect == Dialect::Auto => "if",
            (false, _) => "–",
        });
        writeln!(out, "| [`{0}`](#{0}) | {1} |", row.id, marks.join(" | ")).unwrap();
    }
    out.push('\n');
}

fn switches(out: &mut String) {
    out.push_str("## The switches\n\n");
    for row in Quirk::TABLE {
        let on: Vec<String> = row.on.iter().copied().map(name).collect();
        let shown = row.evidence.map(|evidence| format!("; under `Auto` for a request of {}", evidence.as_str()));
        writeln!(out, "### {}\n", row.id).unwrap();
        writeln!(out, "- on: {}", row.on_means).unwrap();
        writeln!(out, "- off: {}", row.off_means).unwrap();
        let counted = if CHOICES.contains(&row.id) { "no: it is asked in every request" } else { "each request" };
        writeln!(out, "- counted: {counted}").unwrap();
        writeln!(out, "- on in: {}{}", on.join(", "), shown.unwrap_or_default()).unwrap();
        writeln!(out, "- request: `tests/data/idp/{}`; test: `{}`\n", row.fixture, test_of(row.id)).unwrap();
    }
}

fn facts(out: &mut String) {
    out.push_str("## What is known of providers, suites and clients\n");
    for (section, title) in (1..).zip(SECTIONS) {
        writeln!(out, "\n### {section}. {title}\n\n| # | fact | shown by |\n|---|---|---|").unwrap();
        for fact in FACTS.iter().filter(|fact| fact.place.0 == section) {
            let tests: Vec<String> = fact.shown_by().iter().map(|test| format!("`{test}`")).collect();
            let shown = fact.told().map_or_else(|| tests.join(", "), |why| format!("no test: {why}"));
            writeln!(out, "| {} | {} | {} |", fact.place.1, cell(fact.text), cell(&shown)).unwrap();
        }
    }
}

fn page() -> String {
    let mut out = OPENING.to_owned();
    matrix(&mut out);
    out.push_str(EVIDENCE);
    switches(&mut out);
    facts(&mut out);
    out
}

#[test]
fn the_page_of_dialects_is_current() {
    let path = root().join(PAGE);
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(path, page()).unwrap();
        return;
    }
    let there = std::fs::read_to_string(path).unwrap_or_default();
    assert!(there == page(), "{PAGE} is not current: run `make generate` and commit");
}

#[test]
fn the_page_names_every_dialect_switch_and_fact() {
    let page = page();
    for dialect in Dialect::ALL {
        assert!(page.contains(&format!("| {dialect:?} |")), "{dialect:?}");
    }
    for row in Quirk::TABLE {
        assert!(page.contains(&format!("### {}\n", row.id)) && page.contains(&test_of(row.id)), "{}", row.id);
    }
    for fact in FACTS {
        assert!(page.contains(&cell(fact.text)), "{:?}", fact.place);
    }
}
