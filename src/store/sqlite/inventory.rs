//! What a store's file holds, and whether it is whole: looked at read-only, also beside an endpoint that writes to it.
//!
//! Takes no lock of the folder and changes nothing of the store; beside one that nobody has open, an empty log and its
//! index may stay. Damage inside a value that is well-formed nonetheless is not seen: SQLite keeps no checksums.

use super::super::error::StoreError;
use super::migrate::SCHEMA_VERSION;
use super::open::{FILE, is_damage};
use rusqlite::{Connection, OpenFlags};
use std::path::Path;

/// Counts the tables by which a store of any version is known.
const OURS: &str =
    "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name IN ('meta', 'config', 'user', 'group')";
/// How many tables that are.
const OURS_COUNT: u64 = 4;

/// What a store holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inventory {
    /// Identifies the store.
    pub store_id: String,
    /// The version of its tables.
    pub schema_version: i64,
    /// How many users.
    pub users: u64,
    /// How many groups.
    pub groups: u64,
    /// The configuration revision in force; 0 = nothing published yet.
    pub revision: u64,
}

/// How closely a file is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Depth {
    /// Pages and rows.
    Quick,
    /// And that every index says what its table says.
    Full,
}

/// What a look at a file came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Inspection {
    /// Nothing is wrong.
    Whole(Inventory),
    /// What is wrong, in SQLite's words.
    Damaged(String),
}

/// Looks whether the store in `data` is whole and what it holds, also beside a running endpoint.
///
/// Fails with [`StoreError::Corrupt`] when it is damaged.
pub fn check(data: &Path) -> Result<Inventory, StoreError> {
    match inspect(&data.join(FILE), Depth::Full)? {
        Inspection::Whole(inventory) => Ok(inventory),
        Inspection::Damaged(problem) => Err(StoreError::Corrupt { data: data.display().to_string(), problem }),
    }
}

/// Looks at one file. Damage is a finding and no failure; a file that is no store, or a newer one, is a failure.
pub(super) fn inspect(file: &Path, depth: Depth) -> Result<Inspection, StoreError> {
    let look = || -> Result<Inspection, StoreError> {
        let connection = read_only(file)?;
        let schema_version = identify(&connection, file)?;
        match problems(&connection, depth)? {
            Some(problem) => Ok(Inspection::Damaged(problem)),
            None => Ok(Inspection::Whole(inventory(&connection, schema_version)?)),
        }
    };
    look().or_else(found)
}

/// What SQLite cannot make sense of is a finding; anything else stays a failure.
pub(super) fn found(error: StoreError) -> Result<Inspection, StoreError> {
    match error {
        StoreError::Sqlite(error) if is_damage(&error) => Ok(Inspection::Damaged(error.to_string())),
        other => Err(other),
    }
}

/// A connection that cannot write; a file that is not there is not made.
pub(super) fn read_only(file: &Path) -> Result<Connection, StoreError> {
    // SQLite would only say that it cannot open it.
    std::fs::metadata(file).map_err(|source| StoreError::file(file, source))?;
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    Ok(Connection::open_with_flags(file, flags)?)
}

/// What is wrong in the file, in one line; `None` when nothing is.
pub(super) fn problems(connection: &Connection, depth: Depth) -> Result<Option<String>, rusqlite::Error> {
    let mut statement = connection.prepare(match depth {
        Depth::Quick => "PRAGMA quick_check(3)",
        Depth::Full => "PRAGMA integrity_check(3)",
    })?;
    let answers: Vec<String> = statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
    let lines = answers.iter().flat_map(|answer| answer.lines());
    // The line of asterisks only says which database is meant, and there is one.
    let said: Vec<&str> = lines.filter(|line| *line != "ok" && !line.starts_with("***")).collect();
    Ok((!said.is_empty()).then(|| said.join("; ")))
}

/// The version of a store's tables; fails for what is no store, and for one that a newer program wrote.
pub(super) fn identify(connection: &Connection, file: &Path) -> Result<i64, StoreError> {
    let found: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let ours: u64 = connection.query_row(OURS, [], |row| row.get(0))?;
    if ours < OURS_COUNT || found < 1 {
        return Err(StoreError::Foreign { path: file.display().to_string() });
    }
    if found > SCHEMA_VERSION {
        return Err(StoreError::Newer { found, known: SCHEMA_VERSION });
    }
    Ok(found)
}

fn inventory(connection: &Connection, schema_version: i64) -> Result<Inventory, rusqlite::Error> {
    let count = |sql: &str| connection.query_row(sql, [], |row| row.get::<_, u64>(0));
    Ok(Inventory {
        store_id: connection.query_row("SELECT value FROM meta WHERE key = 'store_id'", [], |row| row.get(0))?,
        schema_version,
        users: count("SELECT count(*) FROM user")?,
        groups: count("SELECT count(*) FROM \"group\"")?,
        revision: count("SELECT coalesce(max(revision), 0) FROM config")?,
    })
}
