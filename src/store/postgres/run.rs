//! Runs of rules: the queue, whom a run evaluates, how far it is.

use super::super::row::{GroupId, RunRow, UserId};
use super::connection::Connection;
use super::row::{count, get, number, text, users};
use super::setback::Setback;
use super::{group, row, rule, statement as sql};
use crate::access::GroupSelector;
use crate::config::UserChange;
use std::collections::BTreeSet;
use tokio_postgres::Row;

/// Final runs kept for looking back; the oldest go first.
const FINAL_KEPT: i64 = 200;
/// Final runs of which it is kept whom they changed.
const CHANGES_KEPT: i64 = 20;

/// Rows of `spec_hash, cursor, covers, status, weighed`.
pub(super) fn parse(rows: Vec<Row>) -> Result<Vec<RunRow>, Setback> {
    rows.iter().map(row::run).collect()
}

/// A new run. One of the same uid that came first is found by the next attempt.
pub(super) async fn insert(connection: &Connection, run: &RunRow) -> Result<(), Setback> {
    let status = &run.status;
    let (covers, text) = (text("run", &run.covers)?, text("run", status)?);
    let (last, cursor) = (status.phase.is_final(), run.cursor.map(|cursor| cursor.0));
    let created = status.created_at.as_microsecond();
    let RunRow { spec_hash, weighed, .. } = run;
    connection
        .run(
            sql::INSERT_RUN,
            &[&status.uid, &status.name, spec_hash, &last, &created, &cursor, &covers, &text, weighed],
        )
        .await?;
    tidy(connection, run).await
}

/// A run as it now stands. What it covers stays as it was at its start: there may be a thousand rules, and every batch
/// comes here.
pub(super) async fn update(connection: &Connection, run: &RunRow) -> Result<(), Setback> {
    let (status, text) = (&run.status, text("run", &run.status)?);
    let (last, cursor) = (status.phase.is_final(), run.cursor.map(|cursor| cursor.0));
    connection.run(sql::UPDATE_RUN, &[&status.uid, &last, &cursor, &text, &run.weighed]).await?;
    tidy(connection, run).await
}

/// A run that has ended needs its list of users no more, and pushes out the oldest one kept, and whom an older one
/// changed.
async fn tidy(connection: &Connection, run: &RunRow) -> Result<(), Setback> {
    if run.status.phase.is_final() {
        connection.run(sql::FORGET_RUN_USERS, &[&run.status.uid]).await?;
        let older = connection.rows(sql::OLDER_RUNS, &[&CHANGES_KEPT]).await?;
        let older: Vec<String> = older.iter().map(|row| get(row, 0)).collect::<Result<_, _>>()?;
        if !older.is_empty() {
            connection.run(sql::FORGET_RUN_CHANGES, &[&older]).await?;
        }
        connection.run(sql::FORGET_RUNS, &[&FINAL_KEPT]).await?;
    }
    Ok(())
}

/// Whom a run changed, or would change. Those that are noted already stay; one whose id is none is nobody's.
pub(super) async fn put_changes(connection: &Connection, uid: &String, changes: &[UserChange]) -> Result<(), Setback> {
    let (mut users, mut bodies) = (Vec::with_capacity(changes.len()), Vec::with_capacity(changes.len()));
    for change in changes {
        if let Some(user) = UserId::parse(&change.id) {
            users.push(user.0);
            bodies.push(text("change of a run", change)?);
        }
    }
    if !users.is_empty() {
        connection.run(sql::PUT_RUN_CHANGES, &[uid, &users, &bodies]).await?;
    }
    Ok(())
}

/// What was noted of whom a run would change counts no more.
pub(super) async fn forget_changes(connection: &Connection, uid: &str) -> Result<(), Setback> {
    connection.run(sql::FORGET_RUN_CHANGES, &[&vec![uid]]).await.map(drop)
}

/// Fixes whom the run evaluates and counts them: for a partial run the members of the rules' old and new groups and
/// whoever holds something from them (reading 5), for a full one everybody.
///
/// The groups are locked first: whoever adds a member to one of them under an older configuration is waited for, and
/// whoever does so afterwards decides under this one.
pub(super) async fn start(connection: &Connection, run: &RunRow, named: &[GroupSelector]) -> Result<(), Setback> {
    let mut run = run.clone();
    let uid = run.status.uid.clone();
    let rules = run.rules().map(<[String]>::to_vec);
    let mut selectors = named.to_vec();
    rule::begin_run(connection).await?;
    for rule in rules.iter().flatten() {
        selectors.extend(rule::stored(connection, rule).await?.selectors);
    }
    let groups = hold(connection, &selectors).await?;
    let total = match rules {
        None => {
            let states = rule::states(connection).await?;
            run.cover_gone(states.into_iter().map(|state| state.name));
            connection.row(sql::COUNT_USERS, &[]).await?
        }
        Some(rules) => {
            for rule in &rules {
                connection.run(sql::RUN_HOLDERS, &[&uid, rule]).await?;
            }
            for group in groups {
                connection.run(sql::RUN_MEMBERS, &[&uid, &group.0]).await?;
            }
            connection.row(sql::COUNT_RUN_USERS, &[&uid]).await?
        }
    };
    run.status.progress.total = total.map_or(Ok(0), |row| count(&row, 0))?;
    connection.run(sql::COVER_RUN, &[&uid, &text("run", &run.covers)?]).await?;
    update(connection, &run).await
}

/// Locks the groups that selectors name, so that their members stand still.
pub(super) async fn hold(connection: &Connection, selectors: &[GroupSelector]) -> Result<BTreeSet<GroupId>, Setback> {
    let groups = group::named(connection, selectors).await?;
    if !groups.is_empty() {
        let keys: Vec<_> = groups.iter().map(|id| id.0).collect();
        connection.rows(sql::HOLD_GROUPS, &[&keys]).await?;
    }
    Ok(groups)
}

/// The next users of a run after its cursor.
pub(super) async fn next_users(connection: &Connection, run: &RunRow, limit: u32) -> Result<Vec<UserId>, Setback> {
    let after = run.cursor.map_or(uuid::Uuid::nil(), |cursor| cursor.0);
    let limit = number(limit.into());
    let rows = match run.rules() {
        Some(_) => connection.rows(sql::NEXT_RUN_USERS, &[&run.status.uid, &after, &limit]).await?,
        None => connection.rows(sql::NEXT_USERS, &[&after, &limit]).await?,
    };
    users(&rows)
}
