//! Every statement of this engine with its plan, in a golden file: none looks at every row unless that is meant.
//!
//! The statements are the literals of the sources. What is put together while running is a few conditions and one name,
//! and each of them is tried. Plans are those of tables without statistics, which is what a store has.

use super::super::user::COLUMNS;
use crate::store::sql_tests::{Meant, complaints, files, hold, is_statement, literals};
use rusqlite::Connection;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

/// What a statement with a plan begins with.
const PLANNED: &[&str] = &["SELECT", "INSERT", "UPDATE", "DELETE", "REPLACE", "WITH"];
/// Calls that are given a statement first.
const CALLS: &[&str] = &["prepare(", "prepare_cached(", "query_row(", "execute(", "execute_batch("];

const EVERYBODY: &str = "everybody is asked for, in the order of the table";
const COUNTED: &str = "all are counted";
const NEVER: &str = "the condition is never true: it ends before the first row";
const NEWEST: &str = "it ends at the first row, which is the newest";

/// Full scans that are meant.
const MEANT: &[Meant] = &[
    Meant {
        statement: "SELECT id, account_enabled, reenabled, created, modified, version, body FROM user \
            WHERE 1 ORDER BY id",
        table: "user",
        why: EVERYBODY,
    },
    Meant {
        statement: "SELECT id, created, modified, version, body FROM \"group\" WHERE 1 ORDER BY id",
        table: "group",
        why: EVERYBODY,
    },
    Meant {
        statement: "SELECT id, account_enabled, reenabled, created, modified, version, body FROM user \
            WHERE 0 ORDER BY id",
        table: "user",
        why: NEVER,
    },
    Meant {
        statement: "SELECT id, account_enabled, reenabled, created, modified, version, body FROM user \
            WHERE 0 AND id > ? AND id < ? ORDER BY id ASC LIMIT ? OFFSET ?",
        table: "user",
        why: NEVER,
    },
    Meant {
        statement: "SELECT id, account_enabled, reenabled, created, modified, version, body FROM user \
            WHERE 0 AND id > ? AND id < ? ORDER BY id DESC LIMIT ? OFFSET ?",
        table: "user",
        why: NEVER,
    },
    Meant {
        statement: "SELECT id, created, modified, version, body FROM \"group\" WHERE 0 ORDER BY id",
        table: "group",
        why: NEVER,
    },
    Meant {
        statement: "SELECT id, created, modified, version, body FROM \"group\" \
            WHERE 0 AND id > ? AND id < ? ORDER BY id ASC LIMIT ? OFFSET ?",
        table: "group",
        why: NEVER,
    },
    Meant {
        statement: "SELECT id, created, modified, version, body FROM \"group\" \
            WHERE 0 AND id > ? AND id < ? ORDER BY id DESC LIMIT ? OFFSET ?",
        table: "group",
        why: NEVER,
    },
    Meant {
        statement: "SELECT id, type, created, modified, version, body FROM resource \
            WHERE type = ?1 AND 0 ORDER BY id",
        table: "resource",
        why: NEVER,
    },
    Meant {
        statement: "SELECT id, type, created, modified, version, body FROM resource \
            WHERE type = ?1 AND 0 AND id > ? AND id < ? ORDER BY id ASC LIMIT ? OFFSET ?",
        table: "resource",
        why: NEVER,
    },
    Meant {
        statement: "SELECT id, type, created, modified, version, body FROM resource \
            WHERE type = ?1 AND 0 AND id > ? AND id < ? ORDER BY id DESC LIMIT ? OFFSET ?",
        table: "resource",
        why: NEVER,
    },
    Meant { statement: "SELECT count(*) FROM resource WHERE type = ?1 AND 0", table: "resource", why: NEVER },
    Meant { statement: "SELECT count(*) FROM user WHERE 0", table: "user", why: NEVER },
    Meant { statement: "SELECT count(*) FROM \"group\" WHERE 0", table: "group", why: NEVER },
    Meant { statement: "SELECT count(*) FROM user WHERE 1", table: "user", why: COUNTED },
    Meant { statement: "SELECT count(*) FROM \"group\" WHERE 1", table: "group", why: COUNTED },
    Meant { statement: "SELECT count(*) FROM user", table: "user", why: COUNTED },
    Meant { statement: "SELECT count(*) FROM \"group\"", table: "group", why: COUNTED },
    Meant { statement: "SELECT count(*) FROM pending", table: "pending", why: COUNTED },
    Meant { statement: "SELECT count(DISTINCT user_id) FROM holding", table: "holding", why: COUNTED },
    Meant { statement: "SELECT count(*) FROM failed_event", table: "failed_event", why: COUNTED },
    Meant { statement: "SELECT id FROM user", table: "user", why: "everybody is asked for, and sorted afterwards" },
    Meant {
        statement: "UPDATE identity SET session = NULL",
        table: "identity",
        why: "a backup takes the store's place: nobody is signed in any more",
    },
    Meant {
        statement: "DELETE FROM failed_event WHERE id IN \
            (SELECT id FROM failed_event ORDER BY id DESC LIMIT -1 OFFSET ?1)",
        table: "failed_event",
        why: "one more than are kept, at most",
    },
    Meant {
        statement: "DELETE FROM failed_event WHERE instr(lower(message), ?1) > 0",
        table: "failed_event",
        why: "somebody is erased: every message is read; few are kept",
    },
    Meant {
        statement: "SELECT 1 FROM access WHERE source <> '\"Rules\"' LIMIT 1",
        table: "access",
        why: "this index has only what no rule gave, and one is enough",
    },
    Meant { statement: "SELECT user_id FROM pending LIMIT ?1", table: "pending", why: "any will do, up to the limit" },
    Meant {
        statement: "SELECT count(*) FROM sqlite_schema \
            WHERE type = 'table' AND name IN ('meta', 'config', 'user', 'group')",
        table: "sqlite_schema",
        why: "a row for each table and index",
    },
    Meant {
        statement: "SELECT revision, content_hash, epoch, document, enforced FROM config \
            ORDER BY revision DESC LIMIT 1",
        table: "config",
        why: NEWEST,
    },
    Meant {
        statement: "SELECT position, incarnation, hash FROM record ORDER BY position DESC LIMIT 1",
        table: "record",
        why: NEWEST,
    },
    Meant {
        statement: "SELECT position, incarnation FROM record ORDER BY position DESC LIMIT 1",
        table: "record",
        why: NEWEST,
    },
    Meant {
        statement: "SELECT position, incarnation, id, body, digest, hash FROM record ORDER BY position",
        table: "record",
        why: "the whole chain is verified",
    },
    Meant {
        statement: "SELECT rule, synced_hash, synced_roles, last_sync, \
            EXISTS (SELECT 1 FROM holding h WHERE h.rule = rule_state.rule) FROM rule_state ORDER BY rule",
        table: "rule_state",
        why: "a row for each rule, and all are asked for",
    },
    Meant {
        statement: "SELECT spec_hash, cursor, '[]', status, weighed FROM run ORDER BY created DESC, uid DESC",
        table: "run",
        why: "all are asked for; few are kept",
    },
    Meant {
        statement: "SELECT token_id, used FROM token_use ORDER BY token_id",
        table: "token_use",
        why: "a row for each token, and all are asked for",
    },
];

/// Sources that ship.
fn sources() -> Vec<(String, String)> {
    let mut sources = files("sqlite", ".rs");
    sources.extend(files("sqlite/audit", ".rs"));
    sources
}

/// Tables as the migrations leave them, and those that only a step of them knows.
fn tables() -> Connection {
    let connection = Connection::open_in_memory().unwrap();
    for (_, sql) in files("migrations", ".sql") {
        connection.execute_batch(&sql).unwrap();
    }
    connection
}

/// The conditions that a function chooses from.
fn conditions(function: &str) -> Vec<String> {
    let head = format!("fn {function}(");
    let (_, source) = sources().into_iter().find(|(_, source)| source.contains(&head)).unwrap();
    let (_, body) = source.split_once(&head).unwrap();
    let (body, _) = body.split_once("\n}\n").unwrap();
    literals(body).into_iter().map(|literal| literal.text).collect()
}

/// A statement as it is carried out, in every form.
fn forms(sql: &str) -> Vec<String> {
    let sql = sql.replace("{}", COLUMNS).replace("{name}", "created");
    let conditions = match sql.contains("{condition}") {
        true if sql.contains("FROM user ") => conditions("user_condition"),
        true if sql.contains("FROM resource ") => conditions("resource_condition"),
        true => conditions("group_condition"),
        false => vec![String::new()],
    };
    let orders: &[&str] = if sql.contains("{order}") { &["ASC", "DESC"] } else { &[""] };
    let form = |condition: &String, order: &str| sql.replace("{condition}", condition).replace("{order}", order);
    conditions.iter().flat_map(|condition| orders.iter().map(move |order| form(condition, order))).collect()
}

/// The statements of a source that have a plan, in every form, each once.
fn statements(source: &str) -> Vec<String> {
    // A word alone is a value of a pragma.
    let planned = |text: &str| is_statement(text) && PLANNED.iter().any(|verb| text.starts_with(&format!("{verb} ")));
    let texts = literals(source).into_iter().map(|literal| literal.text).filter(|text| planned(text));
    let mut seen = BTreeSet::new();
    texts.flat_map(|text| forms(&text)).filter(|sql| seen.insert(sql.clone())).collect()
}

/// The lines of a plan, each as deep as it lies.
fn plan(connection: &Connection, sql: &str) -> Vec<String> {
    let prepared = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}"));
    let mut prepared = prepared.unwrap_or_else(|error| panic!("{sql}: {error}"));
    let mut rows = prepared.raw_query();
    let (mut depths, mut lines) = (BTreeMap::from([(0_i64, 0_usize)]), Vec::new());
    while let Some(row) = rows.next().unwrap() {
        let (id, parent, line): (i64, i64, String) = (row.get(0).unwrap(), row.get(1).unwrap(), row.get(3).unwrap());
        let depth = depths.get(&parent).copied().unwrap_or_default();
        depths.insert(id, depth + 1);
        lines.push(format!("{}{line}", "  ".repeat(depth)));
    }
    lines
}

/// The table of which a line of a plan looks at every row.
fn scanned(line: &str) -> Option<&str> {
    let name = line.trim_start().strip_prefix("SCAN ")?.split(' ').next()?;
    (name != "CONSTANT" && !name.ends_with("-ROW") && !name.starts_with('(')).then_some(name)
}

#[test]
fn every_statement_has_the_plan_it_had_and_looks_at_every_row_only_where_that_is_meant() {
    let connection = tables();
    let (mut text, mut scans) = (format!("SQLite {}\n", rusqlite::version()), BTreeSet::new());
    for (name, source) in sources() {
        let statements = statements(&source);
        if !statements.is_empty() {
            writeln!(text, "\n== src/store/{name}").unwrap();
        }
        for sql in statements {
            writeln!(text, "\n{sql}").unwrap();
            for line in plan(&connection, &sql) {
                writeln!(text, "    {line}").unwrap();
                scans.extend(scanned(&line).map(|table| (sql.clone(), table.to_owned())));
            }
        }
    }
    let complaints = complaints(&scans, MEANT);
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
    hold("sqlite.txt", &text);
}

#[test]
fn no_call_is_given_a_statement_that_is_not_known_for_one() {
    let mut calls = 0;
    for (name, source) in sources() {
        let literals = literals(&source);
        for call in CALLS {
            for (at, _) in source.match_indices(call) {
                let given = at + call.len() + source[at + call.len()..].find(|c: char| !c.is_whitespace()).unwrap_or(0);
                if let Some(literal) = literals.iter().find(|literal| literal.at == given) {
                    assert!(is_statement(&literal.text), "{name}: {}: is this SQL?", literal.text);
                    calls += 1;
                }
            }
        }
    }
    assert!(calls > 40, "only {calls} calls were found: how are statements carried out now?");
}

#[test]
fn every_condition_is_tried_and_a_full_scan_is_told_from_a_search() {
    assert_eq!(conditions("user_condition").len(), 7);
    assert_eq!(conditions("group_condition").len(), 7);
    assert_eq!(conditions("resource_condition").len(), 5);
    let forms = statements("let a = format!(\"SELECT count(*) FROM user WHERE {condition}\"); // \"SELECT 1\"");
    assert_eq!(forms.len(), 7);
    assert!(forms.contains(&"SELECT count(*) FROM user WHERE external_id = ?1".to_owned()), "{forms:?}");
    let both = statements("a(\"SELECT id FROM resource WHERE {condition} ORDER BY id {order}\");");
    assert_eq!(both.len(), 10);
    assert!(both.contains(&"SELECT id FROM resource WHERE type = ?1 ORDER BY id DESC".to_owned()), "{both:?}");
    let connection = tables();
    let scans = |sql: &str| {
        let plan = plan(&connection, sql);
        plan.iter().filter_map(|line| scanned(line)).map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(scans("SELECT id FROM user WHERE body = ?1"), ["user"]);
    assert_eq!(scans("SELECT 1 WHERE ?1 IN (SELECT body FROM \"group\" g WHERE g.created = ?2)"), ["g"]);
    assert_eq!(scans("SELECT id FROM user WHERE user_name = ?1"), Vec::<String>::new());
    assert_eq!(scans("INSERT INTO pending (user_id) VALUES (?1), (?2)"), Vec::<String>::new());
}
