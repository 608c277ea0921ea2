//! What the tests of SQL share: string literals of Rust sources, which of them are SQL, and golden files of plans.
//!
//! Sources are read as text, so that a statement is found where it is written, also one that no scenario carries out.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// What a statement begins with.
const VERBS: &str = "SELECT INSERT UPDATE DELETE WITH REPLACE MERGE VALUES TABLE BEGIN START COMMIT ROLLBACK SAVEPOINT \
    RELEASE SET RESET SHOW PRAGMA CREATE ALTER DROP TRUNCATE GRANT REVOKE LOCK LISTEN NOTIFY UNLISTEN COPY DO CALL \
    DECLARE FETCH PREPARE EXECUTE EXPLAIN ANALYZE VACUUM REINDEX CLUSTER";
/// Words of which a statement in small letters has one.
const JOINTS: &[&str] = &[" from ", " into ", " set ", " table "];

/// A string literal of a Rust source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Literal {
    /// Where its first sign stands, in bytes.
    pub at: usize,
    /// What it says, with escapes resolved.
    pub text: String,
}

/// A statement that looks at every row of a table, and why that is meant.
#[derive(Debug)]
pub struct Meant {
    /// Its name, or its text where it has none.
    pub statement: &'static str,
    /// The table, without quotes.
    pub table: &'static str,
    /// Why no index helps, or none is needed.
    pub why: &'static str,
}

/// A path of the repository.
pub fn path(relative: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(relative)
}

/// The files in a folder of this room that end so, by name, with what they say; files of tests are left out.
pub fn files(folder: &str, ending: &str) -> Vec<(String, String)> {
    let entries = std::fs::read_dir(path("src/store").join(folder)).unwrap();
    let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.retain(|name| name.ends_with(ending) && !name.ends_with("_tests.rs"));
    names.sort();
    let read = |name: String| {
        let text = std::fs::read_to_string(path("src/store").join(folder).join(&name)).unwrap();
        let shipped = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default().to_owned();
        (format!("{folder}/{name}"), shipped)
    };
    names.into_iter().map(read).collect()
}

/// Whether a literal begins like a statement.
pub fn is_statement(text: &str) -> bool {
    let first: String = text.trim_start().chars().take_while(char::is_ascii_alphabetic).collect();
    let large = first.to_ascii_uppercase();
    let small = text.to_ascii_lowercase();
    VERBS.split(' ').any(|verb| verb == large) && (first == large || JOINTS.iter().any(|joint| small.contains(joint)))
}

/// The string literals of a Rust source, in their order.
pub fn literals(source: &str) -> Vec<Literal> {
    let (mut found, mut at) = (Vec::new(), 0);
    while let Some(sign) = source[at..].chars().next() {
        let rest = &source[at..];
        let after_word = source[..at].ends_with(|before: char| before.is_alphanumeric() || before == '_');
        let string = match sign {
            '"' => Some(quoted(rest)),
            'r' if !after_word => raw(rest),
            _ => None,
        };
        at += match (string, sign) {
            (Some((text, length)), _) => {
                found.push(Literal { at, text });
                length
            }
            (None, '/') if rest.starts_with("//") => rest.find('\n').unwrap_or(rest.len()),
            (None, '\'') => character(rest),
            _ => sign.len_utf8(),
        };
    }
    found
}

/// What a literal with escapes says, and how long it is.
fn quoted(rest: &str) -> (String, usize) {
    let mut text = String::new();
    let mut signs = rest.char_indices().skip(1).peekable();
    while let Some((at, sign)) = signs.next() {
        match sign {
            '"' => return (text, at + 1),
            '\\' => match signs.next() {
                Some((_, '\n')) => while signs.next_if(|(_, sign)| sign.is_whitespace()).is_some() {},
                Some((_, 'n')) => text.push('\n'),
                Some((_, escaped)) => text.push(escaped),
                None => {}
            },
            other => text.push(other),
        }
    }
    (text, rest.len())
}

/// The same of `r"…"` and `r#"…"#`.
fn raw(rest: &str) -> Option<(String, usize)> {
    let hashes = rest[1..].chars().take_while(|sign| *sign == '#').count();
    let body = rest[1 + hashes..].strip_prefix('"')?;
    let close = format!("\"{}", "#".repeat(hashes));
    let end = body.find(&close)?;
    Some((body[..end].to_owned(), 1 + hashes + 1 + end + close.len()))
}

/// How long a literal of one sign is; 1 for the mark of a lifetime.
fn character(rest: &str) -> usize {
    let mut signs = rest.char_indices().skip(1);
    let escaped = matches!(signs.next(), Some((_, '\\')));
    let mut signs = signs.skip(usize::from(escaped));
    match signs.find(|(_, sign)| !escaped || *sign == '\'') {
        Some((at, '\'')) => at + 1,
        _ => 1,
    }
}

/// What is wrong with full scans: those that nobody meant, and those that are meant and gone.
pub fn complaints(found: &BTreeSet<(String, String)>, meant: &[Meant]) -> Vec<String> {
    let is =
        |meant: &Meant, (statement, table): &(String, String)| meant.statement == statement && meant.table == table;
    let unmeant = found.iter().filter(|scan| !meant.iter().any(|meant| is(meant, scan)));
    let mut out: Vec<String> = unmeant
        .map(|(statement, table)| format!("{statement}: looks at every row of {table}: no index serves it"))
        .collect();
    let gone = meant.iter().filter(|meant| !found.iter().any(|scan| is(meant, scan)));
    out.extend(gone.map(|Meant { statement, table, why }| {
        format!("{statement}: does not look at every row of {table} any more: take it off the list ({why})")
    }));
    out
}

/// Compares with a file in `tests/golden/sql`; with `UPDATE` in the environment it is written instead.
pub fn hold(name: &str, found: &str) {
    let file = path("tests/golden/sql").join(name);
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&file, found).unwrap();
        return;
    }
    let golden = std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    if golden != found {
        let (old, new): (Vec<_>, Vec<_>) = (golden.lines().collect(), found.lines().collect());
        let line = old.iter().zip(&new).take_while(|(old, new)| old == new).count();
        let show = |lines: &[&str]| lines.iter().skip(line).take(6).copied().collect::<Vec<_>>().join("\n");
        let (was, is) = (show(&old), show(&new));
        panic!("{name}, line {}: `make generate` writes what is new. It was:\n{was}\nIt is:\n{is}", line + 1);
    }
}

#[test]
fn literals_are_found_and_comments_and_signs_are_not() {
    let source = "let a = \"SELECT 1 \\\n    FROM \\\"user\\\"\"; // \"no\"\nlet b = '\"';\n\
        let c: &'static str = r#\"x \"y\"\"#; let d = '\\''; let e = \"e\"; for r in car\"f\" {}";
    let found: Vec<String> = literals(source).into_iter().map(|literal| literal.text).collect();
    assert_eq!(found, ["SELECT 1 FROM \"user\"", "x \"y\"", "e", "f"]);
    assert_eq!(literals("x(\"a\")").first().map(|literal| literal.at), Some(2));
}

#[test]
fn statements_are_told_from_sentences() {
    for statement in ["SELECT 1", " \n UPDATE t", "COMMIT", "select a from b", "delete from t", "DO $$"] {
        assert!(is_statement(statement), "{statement}");
    }
    for other in ["select", "Set it right", "user", "{SESSION}; SET x", "SELECTED", "do it again", ""] {
        assert!(!is_statement(other), "{other}");
    }
}

#[test]
fn a_full_scan_that_nobody_meant_is_found_and_so_is_one_that_is_gone() {
    let meant = [Meant { statement: "COUNT", table: "user", why: "all are counted" }];
    let scan = |statement: &str, table: &str| BTreeSet::from([(statement.to_owned(), table.to_owned())]);
    assert_eq!(complaints(&scan("COUNT", "user"), &meant), Vec::<String>::new());
    assert_eq!(complaints(&scan("COUNT", "group"), &meant).len(), 2);
    assert_eq!(complaints(&BTreeSet::new(), &meant).len(), 1);
}
