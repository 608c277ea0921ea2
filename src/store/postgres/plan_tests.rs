//! Every statement of this engine with its plan, in a golden file: none looks at every row unless that is meant.
//!
//! With scans of tables switched off the planner takes an index wherever one serves, however few rows there are: a scan
//! that is left is one that none serves. Plans are for any values, as those of prepared statements become. PostgreSQL's
//! versions word plans differently: on another one than the file's, only the full scans are looked at.

use super::super::address::Address;
use super::super::connection::session;
use super::super::migrate::migrate;
use super::ALL;
use crate::store::sql_tests::{Meant, complaints, hold, path};
use crate::store::tests::Schema;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::Write as _;
use tokio_postgres::{Client, SimpleQueryMessage};

const GOLDEN: &str = "postgres.txt";

/// Leaves the planner no choice that depends on how much there is.
const SETTINGS: &str = "SET enable_seqscan = off; SET enable_bitmapscan = off; SET enable_hashjoin = off; \
    SET enable_mergejoin = off; SET enable_material = off; SET enable_memoize = off; SET jit = off; \
    SET max_parallel_workers_per_gather = 0; SET plan_cache_mode = force_generic_plan";

/// Scans that are no scans of tables.
const OF_NO_TABLE: &[&str] = &["Subquery Scan", "Function Scan", "Values Scan", "CTE Scan", "WorkTable Scan"];

const COUNTED: &str = "all are counted";
const PAGED: &str = "a page by its number: read in the order of ids, up to its end";

/// Full scans that are meant.
const MEANT: &[Meant] = &[
    Meant { statement: "RELEASE_LEASES", table: "lease", why: "a handful of rows, once, at the end" },
    Meant { statement: "USERS_PAGE", table: "user", why: PAGED },
    Meant { statement: "GROUP_IDS_PAGE", table: "group", why: PAGED },
    Meant { statement: "COUNT_USERS", table: "user", why: COUNTED },
    Meant { statement: "COUNT_GROUPS", table: "group", why: COUNTED },
    Meant { statement: "FIGURES", table: "user", why: COUNTED },
    Meant { statement: "FIGURES", table: "group", why: COUNTED },
    Meant { statement: "FIGURES", table: "holding", why: COUNTED },
    Meant { statement: "FIGURES", table: "pending", why: COUNTED },
    Meant { statement: "FIGURES", table: "failed_event", why: COUNTED },
    Meant { statement: "DELETE_FAILED_THAT_SAY", table: "failed_event", why: "somebody is erased; few are kept" },
    Meant { statement: "FORGET_FAILED", table: "failed_event", why: "the newest ones, as many as are kept" },
    Meant { statement: "COUNTERS", table: "counter", why: "a few rows for each of a few names" },
    Meant { statement: "END_ALL_SESSIONS", table: "identity", why: "after a restore nobody is signed in any more" },
    Meant { statement: "TOKEN_USES", table: "token_use", why: "a row for each token, and all are asked for" },
    Meant { statement: "BY_HAND", table: "access", why: "this index has only what no rule gave, and one is enough" },
    Meant { statement: "PENDING_USERS", table: "pending", why: "the first ones, up to the limit" },
    Meant { statement: "RULE_STATES", table: "rule_state", why: "a row for each rule, and all are asked for" },
    Meant { statement: "ALL_RUNS", table: "run", why: "all are asked for; few are kept" },
    Meant { statement: "UNNUMBERED", table: "record", why: "this index has only what waits for its number" },
];

/// The first column of what a text of SQL gives.
async fn column(client: &Client, sql: &str) -> Vec<String> {
    let messages = client.simple_query(sql).await.unwrap_or_else(|error| panic!("{sql}: {error:?}"));
    let text = |message: &SimpleQueryMessage| match message {
        SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
        _ => None,
    };
    messages.iter().filter_map(text).collect()
}

/// The lines of a statement's plan; nothing for a word that has none.
async fn plan(client: &Client, name: &str, sql: &str) -> Vec<String> {
    if ["BEGIN", "COMMIT", "ROLLBACK"].iter().any(|word| sql.starts_with(word)) {
        return Vec::new();
    }
    let values = client.prepare(sql).await.unwrap_or_else(|error| panic!("{name}: {error:?}")).params().len();
    let values = if values == 0 { String::new() } else { format!("({})", vec!["NULL"; values].join(", ")) };
    column(client, &format!("PREPARE \"{name}\" AS {sql}")).await;
    column(client, &format!("EXPLAIN (COSTS OFF) EXECUTE \"{name}\"{values}")).await
}

/// The tables of which a plan looks at every row: by the table, or by an index without a condition.
fn scanned(plan: &[String]) -> BTreeSet<String> {
    let node = |line: &str| line.trim_start().trim_start_matches("->").trim_start().to_owned();
    let begins_another = |line: &str| {
        let line = line.trim_start();
        line.starts_with("->") || line.starts_with("SubPlan") || line.starts_with("InitPlan")
    };
    let mut tables = BTreeSet::new();
    for (at, line) in plan.iter().enumerate() {
        let node = node(line);
        let Some((kind, table)) = node.split_once(" on ").filter(|(kind, _)| kind.contains("Scan")) else { continue };
        if OF_NO_TABLE.iter().any(|other| kind.starts_with(other)) {
            continue;
        }
        let mut details = plan[at + 1..].iter().take_while(|line| !begins_another(line));
        let searched = details.any(|line| line.trim_start().starts_with("Index Cond:"));
        if !searched {
            let table = table.split(' ').next().unwrap_or_default();
            tables.insert(table.trim_matches('"').to_owned());
        }
    }
    tables
}

/// In a schema of its own, without a row: the server's version, the plans, and which statement scans which table.
async fn plans(address: &Address) -> (String, String, BTreeSet<(String, String)>) {
    migrate(address).await.unwrap();
    let client = session(address).await.unwrap();
    client.batch_execute(SETTINGS).await.unwrap();
    let number: u32 = column(&client, "SHOW server_version_num").await.concat().parse().unwrap();
    let version = format!("PostgreSQL {}", number / 10_000);
    let (mut text, mut scans) = (format!("{version}\n"), BTreeSet::new());
    for (name, sql) in ALL {
        let plan = plan(&client, name, sql).await;
        if !plan.is_empty() {
            writeln!(text, "\n{name}\n{sql}").unwrap();
        }
        for line in &plan {
            writeln!(text, "    {line}").unwrap();
        }
        scans.extend(scanned(&plan).into_iter().map(|table| ((*name).to_owned(), table)));
    }
    column(&client, &format!("DROP SCHEMA \"{}\" CASCADE", address.schema)).await;
    (version, text, scans)
}

#[tokio::test]
async fn every_statement_has_the_plan_it_had_and_looks_at_every_row_only_where_that_is_meant() {
    let Some(schema) = Schema::of_its_own("plans of statements") else { return };
    let (version, text, scans) = plans(&schema.address).await;
    let complaints = complaints(&scans, MEANT);
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
    let golden = std::fs::read_to_string(path("tests/golden/sql").join(GOLDEN)).unwrap_or_default();
    let same = golden.lines().next() == Some(version.as_str());
    if same || std::env::var_os("UPDATE").is_some() {
        hold(GOLDEN, &text);
    } else {
        assert!(!golden.is_empty(), "there is no {GOLDEN}: `make generate` writes it");
        let _ = writeln!(std::io::stderr(), "{GOLDEN} is not of {version}: only its full scans were looked at");
    }
}

#[test]
fn a_scan_of_a_table_or_of_an_index_without_a_condition_is_found_and_a_search_is_not() {
    let tables = |plan: &str| scanned(&plan.lines().map(str::to_owned).collect::<Vec<_>>());
    let of = |tables: &[&str]| tables.iter().map(|table| (*table).to_owned()).collect::<BTreeSet<_>>();
    assert_eq!(tables("Update on lease\n  ->  Seq Scan on lease\n        Filter: (holder = $1)"), of(&["lease"]));
    assert_eq!(tables("Limit\n  ->  Index Only Scan Backward using user_pkey on \"user\""), of(&["user"]));
    assert_eq!(tables("Parallel Seq Scan on run r\n  SubPlan 1\n    ->  Result"), of(&["run"]));
    let searched = "Index Scan using head_pkey on head h\n  Index Cond: (one = 1)\n  InitPlan 1 (returns $0)\n    \
        ->  Subquery Scan on x\n          ->  Index Only Scan using meta_pkey on meta\n                \
        Index Cond: (key = 'a')";
    assert_eq!(tables(searched), of(&[]));
    let of_another = "Index Scan using a_pkey on a\n  Filter: (x = $1)\n  SubPlan 1\n    \
        ->  Index Scan using b_pkey on b\n          Index Cond: (id = a.id)";
    assert_eq!(tables(of_another), of(&["a"]), "the condition is of another node");
}
