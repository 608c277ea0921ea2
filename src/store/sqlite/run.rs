//! Runs of rules: the queue, whom a run evaluates, how far it is. All of it survives a restart.

use super::super::error::StoreError;
use super::super::row::{RunRow, UserId};
use super::row::{id, json, key, text};
use super::rule;
use crate::access::GroupSelector;
use crate::config::UserChange;
use rusqlite::{Connection, OptionalExtension, Row, params};
use uuid::Uuid;

/// Final runs kept for looking back; the oldest go first.
const FINAL_KEPT: u32 = 200;
/// Final runs of which it is kept whom they changed.
const CHANGES_KEPT: u32 = 20;

struct Raw {
    spec_hash: String,
    cursor: Option<[u8; 16]>,
    covers: String,
    status: String,
    weighed: Option<String>,
}

impl Raw {
    fn read(row: &Row<'_>) -> Result<Self, rusqlite::Error> {
        Ok(Self {
            spec_hash: row.get(0)?,
            cursor: row.get(1)?,
            covers: row.get(2)?,
            status: row.get(3)?,
            weighed: row.get(4)?,
        })
    }

    fn parse(self) -> Result<RunRow, StoreError> {
        Ok(RunRow {
            status: json("run", &self.status)?,
            spec_hash: self.spec_hash,
            covers: json("run", &self.covers)?,
            cursor: self.cursor.map(|bytes| UserId(Uuid::from_bytes(bytes))),
            weighed: self.weighed,
        })
    }
}

/// The run of this uid and all of this name, newest first, perhaps with what they cover.
pub(super) fn by_uid_or_name(
    connection: &Connection,
    uid: &str,
    name: &str,
    covers: bool,
) -> Result<Vec<RunRow>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT spec_hash, cursor, CASE WHEN ?3 THEN covers ELSE '[]' END, status, weighed FROM run WHERE uid IN \
         (SELECT uid FROM run WHERE uid = ?1 UNION SELECT uid FROM run WHERE name = ?2) \
         ORDER BY created DESC, uid DESC",
    )?;
    collect(statement.query_map(params![uid, name, covers], Raw::read)?)
}

/// The run to work on: one that has begun, else the oldest that waits. Not what it covers.
pub(super) fn next(connection: &Connection) -> Result<Option<RunRow>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT spec_hash, cursor, '[]', status, weighed FROM run WHERE final = 0 \
         ORDER BY instr(status, '\"phase\":\"Running\"') = 0, created, uid LIMIT 1",
    )?;
    statement.query_row([], Raw::read).optional()?.map(Raw::parse).transpose()
}

/// Runs, newest first; `unfinished` leaves the final ones out. Not what they cover.
pub(super) fn list(connection: &Connection, unfinished: bool) -> Result<Vec<RunRow>, StoreError> {
    let mut statement = connection.prepare_cached(if unfinished {
        "SELECT spec_hash, cursor, '[]', status, weighed FROM run WHERE final = 0 ORDER BY created DESC, uid DESC"
    } else {
        "SELECT spec_hash, cursor, '[]', status, weighed FROM run ORDER BY created DESC, uid DESC"
    })?;
    collect(statement.query_map([], Raw::read)?)
}

fn collect(rows: impl Iterator<Item = Result<Raw, rusqlite::Error>>) -> Result<Vec<RunRow>, StoreError> {
    rows.map(|raw| raw?.parse()).collect()
}

/// A new run.
pub(super) fn insert(connection: &Connection, run: &RunRow) -> Result<(), StoreError> {
    let status = &run.status;
    connection
        .prepare_cached(
            "INSERT INTO run (uid, name, spec_hash, final, created, cursor, covers, status, weighed) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        )?
        .execute(params![
            status.uid,
            status.name,
            run.spec_hash,
            status.phase.is_final(),
            status.created_at.as_microsecond(),
            run.cursor.map(|cursor| key(cursor.0)),
            text("run", &run.covers)?,
            text("run", status)?,
            run.weighed,
        ])?;
    tidy(connection, run)
}

/// A run as it now stands. What it covers stays as it was at its start: there may be a thousand rules, and every batch
/// comes here.
pub(super) fn update(connection: &Connection, run: &RunRow) -> Result<(), StoreError> {
    connection
        .prepare_cached("UPDATE run SET final = ?2, cursor = ?3, status = ?4, weighed = ?5 WHERE uid = ?1")?
        .execute(params![
            run.status.uid,
            run.status.phase.is_final(),
            run.cursor.map(|cursor| key(cursor.0)),
            text("run", &run.status)?,
            run.weighed,
        ])?;
    tidy(connection, run)
}

/// A run that has ended needs its list of users no more, and pushes out the oldest one kept, and whom an older one
/// changed.
fn tidy(connection: &Connection, run: &RunRow) -> Result<(), StoreError> {
    let status = &run.status;
    if status.phase.is_final() {
        connection.prepare_cached("DELETE FROM run_user WHERE run_uid = ?1")?.execute([&status.uid])?;
        connection
            .prepare_cached(
                "DELETE FROM run_change WHERE run_uid IN \
                 (SELECT uid FROM run WHERE final = 1 ORDER BY created DESC, uid DESC LIMIT -1 OFFSET ?1)",
            )?
            .execute([CHANGES_KEPT])?;
        connection
            .prepare_cached(
                "DELETE FROM run WHERE final = 1 AND uid NOT IN \
                 (SELECT uid FROM run WHERE final = 1 ORDER BY created DESC, uid DESC LIMIT ?1)",
            )?
            .execute([FINAL_KEPT])?;
    }
    Ok(())
}

/// Whom a run changed, or would change. Those that are noted already stay; one whose id is none is nobody's.
pub(super) fn put_changes(connection: &Connection, uid: &str, changes: &[UserChange]) -> Result<(), StoreError> {
    let mut statement =
        connection.prepare_cached("INSERT OR IGNORE INTO run_change (run_uid, user_id, body) VALUES (?1, ?2, ?3)")?;
    for change in changes {
        if let Some(user) = UserId::parse(&change.id) {
            statement.execute(params![uid, key(user.0), text("change of a run", change)?])?;
        }
    }
    Ok(())
}

/// What was noted of whom a run would change counts no more.
pub(super) fn forget_changes(connection: &Connection, uid: &str) -> Result<(), StoreError> {
    connection.prepare_cached("DELETE FROM run_change WHERE run_uid = ?1")?.execute([uid])?;
    Ok(())
}

/// The first of them behind `after`, by id.
pub(super) fn changes(
    connection: &Connection,
    uid: &str,
    after: Option<UserId>,
    limit: u32,
) -> Result<Vec<UserChange>, StoreError> {
    let mut statement = connection
        .prepare_cached("SELECT body FROM run_change WHERE run_uid = ?1 AND user_id > ?2 ORDER BY user_id LIMIT ?3")?;
    let after = key(after.map_or(Uuid::nil(), |after| after.0));
    let rows = statement.query_map(params![uid, after, limit], |row| row.get::<_, String>(0))?;
    rows.map(|body| json("change of a run", &body?)).collect()
}

/// Fixes whom the run evaluates and counts them: for a partial run the members of the rules' old and new groups and
/// whoever holds something from them (reading 5), for a full one everybody.
pub(super) fn start(connection: &Connection, run: &RunRow, named: &[GroupSelector]) -> Result<(), StoreError> {
    rule::begin_run(connection)?;
    let mut run = run.clone();
    run.status.progress.total = match run.rules().map(<[String]>::to_vec) {
        None => {
            let states = rule::states(connection)?;
            run.cover_gone(states.into_iter().map(|state| state.name));
            connection.query_row("SELECT count(*) FROM user", [], |row| row.get(0))?
        }
        Some(rules) => {
            let uid = run.status.uid.clone();
            let mut selectors = named.to_vec();
            for rule in &rules {
                selectors.extend(rule::selectors(connection, rule)?);
                connection
                    .prepare_cached(
                        "INSERT OR IGNORE INTO run_user (run_uid, user_id) \
                         SELECT ?1, user_id FROM holding WHERE rule = ?2",
                    )?
                    .execute([&uid, rule])?;
            }
            add_members(connection, &uid, &selectors)?;
            connection.query_row("SELECT count(*) FROM run_user WHERE run_uid = ?1", [&uid], |row| row.get(0))?
        }
    };
    connection
        .prepare_cached("UPDATE run SET covers = ?2 WHERE uid = ?1")?
        .execute(params![run.status.uid, text("run", &run.covers)?])?;
    update(connection, &run)
}

fn add_members(connection: &Connection, uid: &str, selectors: &[GroupSelector]) -> Result<(), StoreError> {
    for group in rule::all_named(connection, selectors)? {
        connection
            .prepare_cached(
                "INSERT OR IGNORE INTO run_user (run_uid, user_id) \
                 SELECT ?1, user_id FROM membership WHERE group_id = ?2",
            )?
            .execute(params![uid, key(group.0)])?;
    }
    Ok(())
}

/// The next users of a run after its cursor.
pub(super) fn next_users(connection: &Connection, run: &RunRow, limit: u32) -> Result<Vec<UserId>, StoreError> {
    let after = run.cursor.map_or([0; 16], |cursor| key(cursor.0));
    let ids: Vec<Uuid> = if run.rules().is_some() {
        connection
            .prepare_cached(
                "SELECT user_id FROM run_user WHERE run_uid = ?1 AND user_id > ?2 ORDER BY user_id LIMIT ?3",
            )?
            .query_map(params![run.status.uid, after, limit], |row| id(row, 0))?
            .collect::<Result<_, _>>()?
    } else {
        connection
            .prepare_cached("SELECT id FROM user WHERE id > ?1 ORDER BY id LIMIT ?2")?
            .query_map(params![after, limit], |row| id(row, 0))?
            .collect::<Result<_, _>>()?
    };
    Ok(ids.into_iter().map(UserId).collect())
}
