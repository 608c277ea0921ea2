//! SQL that CockroachDB (24, 25) or YugabyteDB (2024, 2025) lack, or take for something else, is refused: in every
//! statement, in the migrations, and in what is sent around them. They are not tested on; this keeps the way open.
//!
//! A rule is a row of words. `*` stands for one word, a word that ends in `*` for all that begin so, `^` for the
//! beginning of a statement. Beside each stands what it must find, so that no rule is there that cannot fail.

use super::ALL;
use crate::store::sql_tests::{files, is_statement, literals};

/// What is refused.
struct Rule {
    /// Who lacks it, and what happens there instead.
    why: &'static str,
    /// Rows of words, each with SQL in which it must be found.
    words: &'static [(&'static str, &'static str)],
}

/// Where SQL may stand; each of these files is read by the lint.
const HOMES: &[&str] = &["postgres/statement.rs", "postgres/migrate.rs", "postgres/connection.rs"];

const RULES: &[Rule] = &[
    Rule {
        why: "neither tells sessions of events: ask again instead",
        words: &[
            ("^ listen", "LISTEN moved"),
            ("^ unlisten", "UNLISTEN *"),
            ("^ notify", "SELECT 1; NOTIFY moved"),
            ("pg_notify", "SELECT pg_notify('moved', $1)"),
        ],
    },
    Rule {
        why: "CockroachDB accepts advisory locks and locks nothing, YugabyteDB has them only lately: lock a row",
        words: &[
            ("pg_advisory_*", "SELECT pg_advisory_xact_lock($1)"),
            ("pg_try_advisory_*", "SELECT pg_try_advisory_lock($1)"),
        ],
    },
    Rule {
        why: "one counter for all nodes is slow in both, and CockroachDB's serial is none: make ids in the program",
        words: &[
            ("create sequence", "CREATE SEQUENCE positions"),
            ("nextval", "SELECT nextval('positions')"),
            ("currval", "SELECT currval('positions')"),
            ("setval", "SELECT setval('positions', 1)"),
            ("serial", "CREATE TABLE t (id SERIAL PRIMARY KEY)"),
            ("bigserial", "CREATE TABLE t (id BIGSERIAL PRIMARY KEY)"),
            ("as identity", "CREATE TABLE t (id BIGINT GENERATED ALWAYS AS IDENTITY)"),
        ],
    },
    Rule {
        why: "CockroachDB has a part of it, and only in late versions: do it in the program",
        words: &[
            ("trigger", "CREATE TRIGGER t BEFORE INSERT ON run EXECUTE FUNCTION f()"),
            ("create function", "CREATE FUNCTION f() RETURNS INT LANGUAGE SQL AS 'SELECT 1'"),
            ("create or replace", "CREATE OR REPLACE FUNCTION f() RETURNS INT LANGUAGE SQL AS 'SELECT 1'"),
            ("create procedure", "CREATE PROCEDURE p() LANGUAGE SQL AS 'SELECT 1'"),
            ("create rule", "CREATE RULE r AS ON INSERT TO run DO NOTHING"),
            ("^ do", "DO 'BEGIN END'"),
            ("^ call", "CALL p()"),
            ("$$*", "SELECT $$text$$"),
        ],
    },
    Rule {
        why: "CockroachDB has no lock of a table, YugabyteDB only lately: lock a row",
        words: &[("^ lock", "LOCK TABLE run IN EXCLUSIVE MODE")],
    },
    Rule {
        why: "CockroachDB takes a stronger lock without a word: say FOR UPDATE or FOR SHARE",
        words: &[
            ("for no key update", "SELECT 1 FROM run FOR NO KEY UPDATE"),
            ("for key share", "SELECT 1 FROM run FOR KEY SHARE"),
        ],
    },
    Rule {
        why: "in both a change of the schema, which other transactions fail over: delete rows",
        words: &[("^ truncate", "TRUNCATE run_user")],
    },
    Rule {
        why: "both keep such a table like any other, or refuse it",
        words: &[("unlogged", "CREATE UNLOGGED TABLE t (id UUID PRIMARY KEY)")],
    },
    Rule {
        why: "in CockroachDB an experiment that is switched off",
        words: &[
            ("temp", "CREATE TEMP TABLE t (id UUID)"),
            ("temporary", "CREATE TEMPORARY TABLE t (id UUID)"),
            ("on commit drop", "CREATE TABLE t (id UUID) ON COMMIT DROP"),
        ],
    },
    Rule {
        why: "no transaction may hold it, and the migrations are one; CockroachDB ignores the word",
        words: &[("concurrently", "CREATE INDEX CONCURRENTLY i ON run (name)")],
    },
    Rule {
        why: "each has other collations, and other names for them: sort by bytes in the program",
        words: &[("collate", "SELECT name FROM run ORDER BY name COLLATE \"C\"")],
    },
    Rule {
        why: "CockroachDB has no domains, ranges or arrays of arrays, and composite types in part",
        words: &[
            ("create type", "CREATE TYPE pair AS (a INT, b INT)"),
            ("create domain", "CREATE DOMAIN name AS TEXT"),
            ("row (", "SELECT ROW(1, 2)"),
            ("[ ] [ ]", "SELECT $1::TEXT[][]"),
            ("int8range", "SELECT $1::INT8RANGE"),
            ("tstzrange", "SELECT $1::TSTZRANGE"),
            ("money", "SELECT $1::MONEY"),
            ("xml*", "SELECT xmlparse(DOCUMENT $1)"),
        ],
    },
    Rule {
        why: "columns of PostgreSQL's own storage, which neither has",
        words: &[
            ("ctid", "SELECT ctid FROM run"),
            ("xmin", "SELECT xmin FROM run"),
            ("xmax", "SELECT run.xmax FROM run"),
            ("cmin", "SELECT cmin FROM run"),
            ("cmax", "SELECT cmax FROM run"),
        ],
    },
    Rule {
        why: "numbers of PostgreSQL's own transactions, which mean nothing elsewhere",
        words: &[
            ("txid_*", "SELECT txid_current()"),
            ("pg_current_*", "SELECT pg_current_xact_id()"),
            ("pg_snapshot_*", "SELECT pg_snapshot_xmin($1)"),
            ("pg_export_snapshot", "SELECT pg_export_snapshot()"),
        ],
    },
    Rule {
        why: "neither checks a constraint at the end of a transaction",
        words: &[
            ("deferrable", "CREATE TABLE t (id UUID UNIQUE DEFERRABLE)"),
            ("initially deferred", "CREATE TABLE t (id UUID UNIQUE INITIALLY DEFERRED)"),
            ("set constraints", "SET CONSTRAINTS ALL DEFERRED"),
        ],
    },
    Rule {
        why: "neither has exclusion constraints",
        words: &[("exclude using", "CREATE TABLE t (r TEXT, EXCLUDE USING gist (r WITH &&))")],
    },
    Rule {
        why: "PostgreSQL has it since 18, the others do not",
        words: &[
            ("returning old", "DELETE FROM run RETURNING OLD.uid"),
            ("returning new", "UPDATE run SET name = $1 RETURNING new.uid"),
            ("returning with", "UPDATE run SET name = $1 RETURNING WITH (OLD AS o) o.uid"),
        ],
    },
    Rule {
        why: "CockroachDB has no such statement: INSERT … ON CONFLICT",
        words: &[("^ merge", "MERGE INTO run USING run_user ON true WHEN MATCHED THEN DELETE")],
    },
    Rule {
        why: "a unique index is a constraint in CockroachDB and none in PostgreSQL: name the columns",
        words: &[("on conflict on constraint", "INSERT INTO t VALUES (1) ON CONFLICT ON CONSTRAINT t_pkey DO NOTHING")],
    },
    Rule {
        why: "CockroachDB knows only columns there",
        words: &[("on conflict ( * (", "INSERT INTO t (a) VALUES ($1) ON CONFLICT (lower(a)) DO NOTHING")],
    },
    Rule {
        why: "YugabyteDB has none before 2025.1: compute it in the program",
        words: &[("generated always as (", "CREATE TABLE t (a INT, b INT GENERATED ALWAYS AS (a + 1) STORED)")],
    },
    Rule {
        why: "neither has more than a few of them",
        words: &[("create extension", "CREATE EXTENSION pgcrypto"), ("uuid_generate_*", "SELECT uuid_generate_v4()")],
    },
    Rule {
        why: "neither has tables that inherit; each has its own way to spread one",
        words: &[
            ("inherits (", "CREATE TABLE t (a INT) INHERITS (run)"),
            (") partition by", "CREATE TABLE t (a INT) PARTITION BY RANGE (a)"),
        ],
    },
    Rule {
        why: "an index of such a kind is missing in one of them",
        words: &[
            ("using gist", "CREATE INDEX i ON run USING gist (name)"),
            ("using spgist", "CREATE INDEX i ON run USING spgist (name)"),
            ("using brin", "CREATE INDEX i ON run USING brin (name)"),
            ("using gin", "CREATE INDEX i ON run USING gin (name)"),
            ("using hash", "CREATE INDEX i ON run USING hash (name)"),
        ],
    },
    Rule {
        why: "one of them has no transaction in two phases",
        words: &[("^ prepare transaction", "PREPARE TRANSACTION 'a'"), ("^ commit prepared", "COMMIT PREPARED 'a'")],
    },
    Rule {
        why: "cursors are limited in both: ask for the next rows by their key",
        words: &[
            ("^ declare", "DECLARE c CURSOR FOR SELECT 1"),
            ("^ fetch", "FETCH 10 FROM c"),
            ("where current of", "DELETE FROM run WHERE CURRENT OF c"),
        ],
    },
    Rule {
        why: "CockroachDB's COPY has other options and another atomicity: INSERT with unnest",
        words: &[("^ copy", "COPY run FROM STDIN")],
    },
    Rule {
        why: "care of PostgreSQL's own storage, and no work of this program",
        words: &[
            ("^ vacuum", "VACUUM run"),
            ("^ cluster", "CLUSTER run"),
            ("^ reindex", "REINDEX TABLE run"),
            ("lo_*", "SELECT lo_create(0)"),
        ],
    },
    Rule {
        why: "CockroachDB has no such query",
        words: &[
            ("tablesample", "SELECT 1 FROM run TABLESAMPLE SYSTEM (1)"),
            ("with ties", "SELECT 1 FROM run ORDER BY name FETCH FIRST 1 ROW WITH TIES"),
            ("grouping sets", "SELECT count(*) FROM run GROUP BY GROUPING SETS ((name), ())"),
            ("rollup (", "SELECT count(*) FROM run GROUP BY ROLLUP (name)"),
            ("cube (", "SELECT count(*) FROM run GROUP BY CUBE (name)"),
        ],
    },
    Rule {
        why: "of two whole numbers CockroachDB makes a fraction: divide in the program",
        words: &[("/", "SELECT count(*) / 2 FROM run")],
    },
    Rule {
        why: "both write the table anew for it, CockroachDB not in a transaction: add a column, and move over",
        words: &[
            ("alter column * type", "ALTER TABLE run ALTER COLUMN name TYPE BIGINT"),
            ("set data type", "ALTER TABLE run ALTER name SET DATA TYPE BIGINT"),
        ],
    },
];

/// The words of SQL in small letters, names in quotes as they are, signs one by one; comments and texts are left out.
fn words(sql: &str) -> Vec<String> {
    let part = |sign: char| sign.is_alphanumeric() || sign == '_' || sign == '$';
    let (mut words, mut rest) = (Vec::new(), sql.trim_start());
    while let Some(sign) = rest.chars().next() {
        let length = match sign {
            '-' if rest.starts_with("--") => rest.find('\n').unwrap_or(rest.len()),
            '\'' | '"' => rest[1..].find(sign).map_or(rest.len(), |at| at + 2),
            _ if part(sign) => rest.find(|other| !part(other)).unwrap_or(rest.len()),
            _ => sign.len_utf8(),
        };
        let word = &rest[..length];
        match sign {
            '-' if length > 1 => {}
            '\'' => words.push("''".to_owned()),
            '"' => words.push(word.to_owned()),
            _ => words.push(word.to_lowercase()),
        }
        rest = rest[length..].trim_start();
    }
    words
}

/// Whether the words have this row in them.
fn has(words: &[String], row: &str) -> bool {
    let (at_beginning, row) = row.strip_prefix("^ ").map_or((false, row), |row| (true, row));
    let row: Vec<&str> = row.split(' ').collect();
    let fits = |(word, wanted): (&String, &&str)| match wanted.strip_suffix('*') {
        Some(beginning) => word.starts_with(beginning),
        None => word == wanted,
    };
    let begins = |at: usize| at == 0 || words.get(at - 1).is_some_and(|before| before == ";");
    let mut windows = words.windows(row.len()).enumerate();
    windows.any(|(at, window)| (!at_beginning || begins(at)) && window.iter().zip(&row).all(fits))
}

/// What of this SQL is refused, and why.
fn complaints(place: &str, sql: &str) -> Vec<String> {
    let words = words(sql);
    let rows = RULES.iter().flat_map(|rule| rule.words.iter().map(move |(row, _)| (row, rule.why)));
    rows.filter(|(row, _)| has(&words, row)).map(|(row, why)| format!("{place}: `{row}`: {why}")).collect()
}

/// The literals of a source that are SQL.
fn sql_of(source: &str) -> Vec<String> {
    let texts = literals(source).into_iter().map(|literal| literal.text);
    texts.filter(|text| is_statement(text) || text.contains("$1")).collect()
}

#[test]
fn no_sql_is_sent_that_cockroachdb_or_yugabytedb_lack() {
    let mut sent: Vec<(String, String)> = Vec::new();
    sent.extend(ALL.iter().map(|(name, sql)| ((*name).to_owned(), (*sql).to_owned())));
    for (name, source) in files("postgres", ".rs") {
        sent.extend(sql_of(&source).into_iter().map(|sql| (name.clone(), sql)));
    }
    sent.extend(files("migrations/postgres", ".sql"));
    for home in HOMES.iter().chain(&["migrations/postgres/0001.sql"]) {
        assert!(sent.iter().any(|(place, _)| place == home), "no SQL was found in {home}");
    }
    let complaints: Vec<String> = sent.iter().flat_map(|(place, sql)| complaints(place, sql)).collect();
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

#[test]
fn sql_stands_only_where_it_is_prepared_or_migrated() {
    let strays = files("postgres", ".rs").into_iter().filter(|(name, _)| !HOMES.contains(&name.as_str()));
    let strays: Vec<String> = strays
        .flat_map(|(name, source)| sql_of(&source).into_iter().map(move |sql| format!("{name}: {sql}")))
        .collect();
    assert!(strays.is_empty(), "statements belong in statement.rs:\n{}", strays.join("\n"));
    let planted = "run(\"SELECT 1\"); run(\"id = $1\"); run(\"select a from b\"); say(\"no SQL\"); // \"SELECT 2\"";
    assert_eq!(sql_of(planted), ["SELECT 1", "id = $1", "select a from b"]);
}

#[test]
fn each_rule_finds_what_was_planted_for_it() {
    for (row, planted) in RULES.iter().flat_map(|rule| rule.words) {
        let found = complaints("planted", planted);
        assert!(found.iter().any(|complaint| complaint.contains(&format!("`{row}`"))), "{row}: {planted}");
    }
}

#[test]
fn words_in_texts_comments_and_names_are_no_statements() {
    let fine = "-- LISTEN, nextval('a')\nSELECT \"collate\", 'it''s a TRUNCATE', lock, \"group\" FROM config \
        WHERE copy = $1 AND moneys <> 'ctid' ORDER BY position; COMMIT";
    assert_eq!(complaints("fine", fine), Vec::<String>::new());
    assert_eq!(words("a.B = $1::TEXT[] -- c\n, \"D\"").join(" "), "a . b = $1 : : text [ ] , \"D\"");
}
