//! Whether every error that the sources can answer is among the answers in `tests/golden/errors`.
//!
//! Wherever an error is made, its words stand in the source as literals. A place is shown when some answer's `detail`
//! has the words of all its literals, in their order; what stands between them is anything. Places without words of
//! their own pass on what others say: they are counted, a file at a time, so that a new one is looked at.

mod words;

use serde_json::Value;
use std::path::{Path, PathBuf};
use words::{Place, places, says};

/// Where errors of SCIM requests are made.
const ROOMS: [&str; 14] = [
    "src/scim",
    "src/directory/user.rs",
    "src/directory/group.rs",
    "src/directory/resource.rs",
    "src/directory/query.rs",
    "src/directory/user_change.rs",
    "src/directory/group_change.rs",
    "src/directory/resource_change.rs",
    "src/endpoint/answer.rs",
    "src/endpoint/body.rs",
    "src/endpoint/gate.rs",
    "src/endpoint/json.rs",
    "src/endpoint/query.rs",
    "src/endpoint/scim",
];

/// Errors that no request brings about: the file, how their words begin, and why.
const UNREACHED: &[(&str, &str, &str)] = &[
    ("src/endpoint/gate.rs", "the request ended in a panic", "for the log; no request makes it panic"),
    ("src/endpoint/gate.rs", "The endpoint's database is not available", "needs a database: tests/postgres"),
    ("src/endpoint/scim/call.rs", "a route is not behind the gate", "for the log; all routes are"),
    ("src/endpoint/scim/cursor.rs", "the cursor is older than", "needs an hour to pass: shown beside the code"),
    ("src/endpoint/scim/members.rs", "a group cannot be written as JSON", "for the log; strings can be written"),
    ("src/endpoint/scim/members.rs", "the members could not be read", "breaks an answer off that has begun"),
    ("src/scim/patch/apply.rs", "a `path` is missing", "the message is refused before it is carried out"),
    ("src/scim/resource/reader.rs", "the body nests deeper than", "the endpoint's own parser stops at the same depth"),
];

/// How many places of a file have no words of their own, and where those come from.
const PASSED_ON: &[(&str, usize, &str)] = &[
    ("src/scim/error.rs", 1, "the form of every detail"),
    ("src/scim/filter/parser.rs", 3, "`OPERATORS`, and what closes a bracket: rows of filter.rs"),
    ("src/scim/filter/typing.rs", 1, "what `typed` says"),
    ("src/scim/path/attribute.rs", 5, "what `name` and `uri` expect: rows of filter.rs"),
    ("src/scim/projection.rs", 1, "what a path says"),
    ("src/scim/resource/immutable.rs", 2, "its own `refused`"),
    ("src/directory/user_change.rs", 5, "`taken`, `taken_by_account`, and what reading and patching say"),
    ("src/directory/group_change.rs", 2, "`taken`, `unknown_members`, and what reading and patching say"),
    ("src/directory/resource_change.rs", 1, "what reading and patching say"),
    ("src/endpoint/body.rs", 1, "a fault of this side: for the log"),
    ("src/endpoint/gate.rs", 8, "the table in `Refusal::answer` and the forms of errors: rows of auth.rs"),
    ("src/endpoint/scim/call.rs", 2, "what `Query::integer` says"),
    ("src/endpoint/scim/discovery.rs", 1, "its own error"),
    ("src/endpoint/scim/failure.rs", 9, "turns the errors of others into answers"),
    ("src/endpoint/scim/members.rs", 1, "what `Query::integer` says"),
];

/// All details in the answers of a page.
fn details(page: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut open: Vec<Value> = page.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    while let Some(value) = open.pop() {
        match value {
            Value::Object(parts) => {
                found.extend(parts.get("detail").and_then(Value::as_str).map(str::to_owned));
                open.extend(parts.into_iter().map(|(_, part)| part));
            }
            Value::Array(values) => open.extend(values),
            _ => {}
        }
    }
    found
}

fn complaints(places: &[Place], details: &[String], passed_on: &[(&str, usize, &str)]) -> Vec<String> {
    let mut out = Vec::new();
    let is_shown = |place: &&Place| details.iter().any(|detail| place.words.iter().all(|words| says(detail, words)));
    let excused = |place: &&Place| {
        let begins = |beginning: &str| place.words.iter().any(|words| words.starts_with(beginning));
        UNREACHED.iter().any(|(file, beginning, _)| *file == place.file && begins(beginning))
    };
    let speaking = || places.iter().filter(|place| !place.words.is_empty());
    for place in speaking().filter(|place| !is_shown(place) && !excused(place)) {
        let Place { file, line, words } = place;
        out.push(format!("{file}:{line}: no answer says {words:?}: ask for it in errors/*.rs"));
    }
    for (file, beginning, _) in UNREACHED {
        let mut these = speaking().filter(|place| place.file == *file);
        if !these.any(|place| place.words.iter().any(|words| words.starts_with(beginning)) && !is_shown(&place)) {
            out.push(format!("{file}: {beginning:?} is shown, or gone: take it out of UNREACHED"));
        }
    }
    let mut files: Vec<&str> = places.iter().map(|place| place.file.as_str()).collect();
    files.dedup();
    for file in files {
        let silent = places.iter().filter(|place| place.file == file && place.words.is_empty()).count();
        let known = passed_on.iter().find(|(known, _, _)| *known == file).map_or(0, |(_, count, _)| *count);
        if silent != known {
            out.push(format!("{file}: {silent} places have no words of their own; PASSED_ON knows of {known}"));
        }
    }
    out
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// All Rust files below a folder, or the one file, tests left out.
fn rust_files(below: &str) -> Vec<String> {
    let (mut found, mut open): (Vec<String>, Vec<PathBuf>) = (Vec::new(), vec![root().join(below)]);
    while let Some(path) = open.pop() {
        if path.is_dir() {
            open.extend(std::fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
            continue;
        }
        let name = path.strip_prefix(root()).unwrap().to_str().unwrap().to_owned();
        let is_test = name.ends_with("tests.rs") || name.contains("/tests/");
        if name.ends_with(".rs") && !is_test {
            found.push(name);
        }
    }
    found.sort();
    found
}

fn all_places() -> Vec<Place> {
    let files = ROOMS.iter().flat_map(|room| rust_files(room));
    files.flat_map(|file| places(&file, &std::fs::read_to_string(root().join(&file)).unwrap())).collect()
}

fn all_details() -> Vec<String> {
    let pages = std::fs::read_dir(root().join("tests/golden/errors")).expect("`make generate` writes them");
    pages.flat_map(|page| details(&std::fs::read_to_string(page.unwrap().path()).unwrap())).collect()
}

#[test]
fn every_error_of_the_sources_has_its_answer() {
    if std::env::var_os("INSTA_FORCE_PASS").is_some() {
        // The answers are being written at this moment.
        return;
    }
    let places = all_places();
    assert!(places.len() > 150, "{} places: are they read at all?", places.len());
    let found = complaints(&places, &all_details(), PASSED_ON);
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn an_error_without_an_answer_is_found() {
    let sample = places("a.rs", words::SAMPLE);
    let page = r#"# what
GET /x
HTTP/1.1 400 Bad Request
{"detail":"User `1` does not exist in this directory"}
{"Operations":[{"response":{"detail":"`n` is \"old\"; wait {a} while"}}]}
{"detail":"`active`: expected a boolean, found a string; send true or false"}"#;
    let mut known = details(page);
    assert_eq!(known.len(), 3);
    let of_sample = |details: &[String]| {
        let found = complaints(&sample, details, &[]);
        found.into_iter().filter(|complaint| complaint.starts_with("a.rs")).collect::<Vec<_>>()
    };
    assert_eq!(of_sample(&known), Vec::<String>::new());
    known.retain(|detail| !detail.contains("a boolean"));
    let missing = "a.rs:12: no answer says [\"a boolean\", \"send true\"]: ask for it in errors/*.rs";
    assert_eq!(of_sample(&known), [missing]);
    let silent = places("a.rs", "fn f() { refuse(error) }");
    let found = complaints(&silent, &known, &[]);
    assert!(found.iter().any(|complaint| complaint.starts_with("a.rs: 1 places have no words")), "{found:?}");
    let idle = complaints(&[], &known, &[]);
    assert_eq!(idle.len(), UNREACHED.len(), "every exception stands for a place that is there");
}
