//! Who may know whom: the arrows of `docs/architecture.md`, and what each room may use from outside.

use crate::source::{Source, is_word, words};

/// room ← the rooms it may know. `cli` may know all; `lib` only declares; `main` only calls `cli`.
const ARROWS: &[(&str, &[&str])] = &[
    ("scim", &[]),
    ("access", &[]),
    ("telemetry", &[]),
    ("api", &[]),
    ("config", &["access", "scim"]),
    ("manifests", &["api", "config", "access", "scim"]),
    ("store", &["config", "scim", "access", "telemetry"]),
    ("directory", &["store", "config", "scim", "access", "telemetry"]),
    ("endpoint", &["directory", "config", "scim", "access", "telemetry"]),
    ("client", &["config", "scim", "access"]),
    ("operator", &["api", "manifests", "config", "client", "telemetry"]),
    ("standalone", &["api", "manifests", "config", "store", "directory", "endpoint", "telemetry"]),
    ("simulate", &["client", "scim"]),
    ("check", &["client", "scim"]),
    (
        "cli",
        &[
            "scim",
            "access",
            "telemetry",
            "api",
            "config",
            "manifests",
            "store",
            "directory",
            "endpoint",
            "client",
            "operator",
            "standalone",
            "simulate",
            "check",
        ],
    ),
    ("main", &["cli"]),
    ("lib", &[]),
];

/// The rooms without `async`, clock, randomness and I/O.
const PURE: &[&str] = &["scim", "access", "config", "manifests"];

/// What a pure room may not say, and what stands in for it.
const IMPURE: &[(&str, &str)] = &[
    ("async", "pure rooms only compute"),
    ("tokio", "pure rooms only compute"),
    ("SystemTime", "time comes in as a value"),
    ("Instant::now", "time comes in as a value"),
    ("Timestamp::now", "time comes in as a value"),
    ("Zoned::now", "time comes in as a value"),
    ("rand", "randomness comes in as a value"),
    ("getrandom", "randomness comes in as a value"),
    ("Uuid::now_v7", "ids come in as values"),
    ("Uuid::new_v4", "ids come in as values"),
    ("std::fs", "texts come in as values"),
    ("std::net", "pure rooms know no network"),
    ("std::env", "settings come in as values"),
    ("std::thread", "pure rooms only compute"),
    ("std::process", "pure rooms only compute"),
];

/// crate → the rooms that may use it.
const DRIVERS: &[(&str, &[&str])] = &[
    ("rusqlite", &["store"]),
    ("kube", &["api", "manifests", "operator", "cli"]),
    ("k8s_openapi", &["api", "manifests", "operator", "cli"]),
    ("clap", &["cli"]),
    ("anyhow", &["cli", "main"]),
    ("reqwest", &["client", "endpoint", "simulate", "cli"]),
    ("jsonwebtoken", &["endpoint"]),
    ("askama", &["endpoint"]),
];

/// Every path out of a room leads to a room it may know.
pub fn arrows(file: &Source) -> Vec<String> {
    let Some(room) = file.room() else { return Vec::new() };
    let Some((_, allowed)) = ARROWS.iter().find(|(name, _)| *name == room) else {
        return vec![format!("{}: the room `{room}` has no arrows: add it to tests/tidy/rooms.rs", file.path)];
    };
    let seen = mentions(file);
    let wrong = seen.into_iter().filter(|(_, other)| other != room && !allowed.contains(&other.as_str()));
    let known = if allowed.is_empty() { "no other room".to_owned() } else { allowed.join(", ") };
    wrong.map(|(at, other)| format!("{}: `{room}` knows `{other}`; it may know {known}", file.at(at))).collect()
}

/// Pure rooms stay pure; their tests may read fixtures.
pub fn purity(file: &Source) -> Vec<String> {
    let Some(room) = file.room().filter(|room| PURE.contains(room)) else { return Vec::new() };
    let code = file.shipped();
    let found = IMPURE.iter().flat_map(|(word, why)| words(&code, word).into_iter().map(move |at| (at, word, why)));
    found.map(|(at, word, why)| format!("{}: `{word}` in the pure room `{room}`: {why}", file.at(at))).collect()
}

/// Drivers are used where they belong: no SQL outside the store, no cluster outside the operator.
pub fn drivers(file: &Source) -> Vec<String> {
    let Some(room) = file.room() else { return Vec::new() };
    let mut out = Vec::new();
    for (driver, rooms) in DRIVERS.iter().filter(|(_, rooms)| !rooms.contains(&room)) {
        let paths = words(&file.code, driver).into_iter().filter(|at| file.code[at + driver.len()..].starts_with("::"));
        out.extend(paths.map(|at| format!("{}: `{driver}` belongs to {}", file.at(at), rooms.join(", "))));
    }
    out
}

/// Offset and room of every path that names one: `crate::…`, `scim_operator::…` and `super::…` out of the room.
fn mentions(file: &Source) -> Vec<(usize, String)> {
    let mut out = Vec::new();
    for root in ["crate", "scim_operator"] {
        for at in words(&file.code, root) {
            if let Some(rest) = file.code[at + root.len()..].strip_prefix("::") {
                out.extend(first_segments(rest).into_iter().map(|room| (at, room)));
            }
        }
    }
    for at in words(&file.code, "super") {
        let chain = file.code[at..].split("::").take_while(|part| *part == "super").count();
        let continues = file.code[..at].ends_with("::");
        if !continues && chain >= depth(file, at) {
            let rest = &file.code[at + chain * "super::".len()..];
            out.extend(first_segments(rest).into_iter().map(|room| (at, room)));
        }
    }
    out
}

/// The first segments of what follows `crate::`: one name, or those of a `{…}` group; `*` for a glob.
fn first_segments(rest: &str) -> Vec<String> {
    let segment = |text: &str| text.trim_start().chars().take_while(|c| is_word(*c) || *c == '*').collect::<String>();
    let Some(group) = rest.trim_start().strip_prefix('{') else { return vec![segment(rest)] };
    let (mut level, mut out, mut start) = (0_i32, Vec::new(), 0);
    for (at, c) in group.char_indices() {
        match c {
            '{' => level += 1,
            '}' if level > 0 => level -= 1,
            ',' | '}' if level == 0 => {
                out.push(segment(&group[start..at]));
                start = at + 1;
                if c == '}' {
                    break;
                }
            }
            _ => {}
        }
    }
    out.retain(|name| !name.is_empty());
    out
}

/// How many modules deep the code at `at` is below the crate: the file's place and the inline modules around it.
fn depth(file: &Source, at: usize) -> usize {
    let path = file.path.trim_start_matches("src/").trim_end_matches(".rs");
    let segments = path.split('/').filter(|part| !matches!(*part, "mod" | "lib" | "main")).count();
    segments + inline_modules(&file.code, at)
}

fn inline_modules(code: &str, at: usize) -> usize {
    let around = |&start: &usize| {
        let Some(open) = code[start..].find(['{', ';']).map(|i| start + i) else { return false };
        let mut level = 0_i32;
        let close = code[open..].char_indices().find_map(|(i, c)| {
            level += i32::from(c == '{') - i32::from(c == '}');
            (level == 0).then_some(open + i)
        });
        code[open..].starts_with('{') && open < at && close.is_some_and(|close| at < close)
    };
    words(code, "mod").iter().filter(|start| around(start)).count()
}

#[cfg(test)]
fn complaints(rule: fn(&Source) -> Vec<String>, path: &str, text: &str) -> usize {
    rule(&Source::new(path, text)).len()
}

#[test]
fn an_arrow_that_is_not_drawn_is_found_however_it_is_written() {
    let found = |path, text| complaints(arrows, path, text);
    assert_eq!(found("src/access/rule.rs", "use crate::config::Document;"), 1);
    assert_eq!(found("src/access/rule.rs", "use crate::{config::Document, scim::{User, Group}};"), 2);
    assert_eq!(found("src/access/rule.rs", "fn f() { let x = crate::store::open(); }"), 1);
    assert_eq!(found("src/access/rule.rs", "use super::super::config::Document;"), 1);
    assert_eq!(found("src/access/mod.rs", "use super::config;"), 1);
    assert_eq!(found("src/access/rule.rs", "mod tests { use super::super::super::config::Document; }"), 1);
    assert_eq!(found("src/access/rule.rs", "use crate::*;"), 1);
    assert_eq!(found("src/main.rs", "fn main() { scim_operator::directory::go() }"), 1);
    assert_eq!(found("src/attic/mod.rs", "//! A new room."), 1);
}

#[test]
fn an_arrow_that_is_drawn_is_no_complaint() {
    let found = |path, text| complaints(arrows, path, text);
    assert_eq!(found("src/config/document.rs", "use crate::access::Rule; use crate::scim::{User};"), 0);
    assert_eq!(found("src/access/rule.rs", "use super::view::Source; use crate::access::Ladder;"), 0);
    assert_eq!(found("src/access/rule.rs", "mod tests { use super::super::Ladder; use super::*; }"), 0);
    assert_eq!(found("src/access/rule.rs", "// crate::store is not known here\npub(crate) fn f() {}"), 0);
    assert_eq!(found("src/main.rs", "fn main() { scim_operator::cli::run() }"), 0);
}

#[test]
fn a_clock_in_a_pure_room_is_found_and_elsewhere_is_not() {
    let text = "fn f() { let t = jiff::Timestamp::now(); } async fn g() { std::fs::read(p) }";
    assert_eq!(complaints(purity, "src/access/a.rs", text), 3);
    assert_eq!(complaints(purity, "src/endpoint/a.rs", text), 0);
    assert_eq!(complaints(purity, "src/access/a.rs", "use uuid::Uuid; fn f(operand: Uuid) {}"), 0);
}

#[test]
fn a_driver_outside_its_room_is_found() {
    assert_eq!(complaints(drivers, "src/endpoint/a.rs", "use rusqlite::Connection;"), 1);
    assert_eq!(complaints(drivers, "src/store/a.rs", "use rusqlite::Connection;"), 0);
    assert_eq!(complaints(drivers, "src/directory/a.rs", "fn f(x: kube::Client) {}"), 1);
}
