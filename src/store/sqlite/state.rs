//! Figures and states for the operator: counts, how far rules have come, the queue of runs, last uses.

use super::super::error::StoreError;
use super::super::question::Figures;
use super::super::row::{GroupId, RunRow, StoredRuleState, UserId};
use super::readers::Reach;
use super::row::{id, time};
use super::{SqliteStore, rule, run};
use crate::access::GroupSelector;
use crate::config::{ProvisioningCounts, TokenUse, UserChange, UserCounts};
use jiff::Timestamp;
use rusqlite::{Connection, params};

impl SqliteStore {
    /// Counts of what the store holds.
    pub async fn figures(&self) -> Result<Figures, StoreError> {
        self.readers.read(Reach::Wide, figures).await
    }

    /// How far rules have come, and the group each selector names now, in the order asked.
    pub async fn rules(
        &self,
        selectors: Vec<GroupSelector>,
    ) -> Result<(Vec<StoredRuleState>, Vec<Option<GroupId>>), StoreError> {
        self.readers
            .read(Reach::Wide, move |connection| {
                let first = |selector| Ok::<_, StoreError>(rule::named(connection, selector)?.first().copied());
                let groups = selectors.iter().map(first).collect::<Result<_, _>>()?;
                Ok((rule::states(connection)?, groups))
            })
            .await
    }

    /// The run to work on, if any.
    pub async fn next_run(&self) -> Result<Option<RunRow>, StoreError> {
        self.readers.read(Reach::Wide, run::next).await
    }

    /// Runs, newest first; `unfinished` leaves the final ones out.
    pub async fn runs(&self, unfinished: bool) -> Result<Vec<RunRow>, StoreError> {
        self.readers.read(Reach::Wide, move |connection| run::list(connection, unfinished)).await
    }

    /// The run of this uid and all of this name, newest first.
    pub async fn runs_of(&self, uid: &str, name: &str) -> Result<Vec<RunRow>, StoreError> {
        let (uid, name) = (uid.to_owned(), name.to_owned());
        self.readers.read(Reach::Wide, move |connection| run::by_uid_or_name(connection, &uid, &name, false)).await
    }

    /// The next users of a run after its cursor.
    pub async fn run_users(&self, run: RunRow, limit: u32) -> Result<Vec<UserId>, StoreError> {
        self.readers.read(Reach::Wide, move |connection| run::next_users(connection, &run, limit)).await
    }

    /// Whom a run changed, or would change: the first `limit` behind `after`, by id.
    pub async fn run_changes(
        &self,
        uid: &str,
        after: Option<UserId>,
        limit: u32,
    ) -> Result<Vec<UserChange>, StoreError> {
        let uid = uid.to_owned();
        self.readers.read(Reach::Wide, move |connection| run::changes(connection, &uid, after, limit)).await
    }

    /// The first users whose evaluation is queued.
    pub async fn pending_users(&self, limit: u32) -> Result<Vec<UserId>, StoreError> {
        self.readers
            .read(Reach::Wide, move |connection| {
                let mut statement = connection.prepare_cached("SELECT user_id FROM pending LIMIT ?1")?;
                let ids = statement.query_map([limit], |row| id(row, 0))?;
                Ok(ids.map(|id| id.map(UserId)).collect::<Result<_, _>>()?)
            })
            .await
    }
}

fn figures(connection: &Connection) -> Result<Figures, StoreError> {
    let count = |sql: &str| connection.prepare_cached(sql)?.query_row([], |row| row.get::<_, u64>(0));
    let counter = |name: &str| count(&format!("SELECT coalesce(max(value), 0) FROM counter WHERE name = '{name}'"));
    let last: u64 = counter("last_request")?;
    let mut statement = connection.prepare_cached("SELECT token_id, used FROM token_use ORDER BY token_id")?;
    let tokens = statement
        .query_map([], |row| Ok(TokenUse { token_id: row.get(0)?, last_used_at: time(row, 1)? }))?
        .collect::<Result<_, _>>()?;
    Ok(Figures {
        users: UserCounts {
            total: count("SELECT count(*) FROM user")?,
            active: count("SELECT count(*) FROM user WHERE active = 1")?,
            managed: count("SELECT count(DISTINCT user_id) FROM holding")?,
        },
        groups: count("SELECT count(*) FROM \"group\"")?,
        pending: count("SELECT count(*) FROM pending")?,
        failed: count("SELECT count(*) FROM failed_event")?,
        provisioning: ProvisioningCounts {
            created: counter("created")?,
            updated: counter("updated")?,
            disabled: counter("disabled")?,
            deleted: counter("deleted")?,
            failed: counter("failed")?,
            last_request_time: i64::try_from(last)
                .ok()
                .filter(|at| *at > 0)
                .and_then(|at| Timestamp::from_microsecond(at).ok()),
        },
        tokens,
    })
}

/// What was counted in memory since the last time: token uses, refusals, the provider's last request.
pub(super) fn put_uses(
    connection: &Connection,
    uses: &[TokenUse],
    refused: u64,
    last_request: Option<Timestamp>,
) -> Result<(), StoreError> {
    for token in uses {
        connection
            .prepare_cached(
                "INSERT INTO token_use (token_id, used) VALUES (?1, ?2) \
                 ON CONFLICT (token_id) DO UPDATE SET used = max(used, excluded.used)",
            )?
            .execute(params![token.token_id, token.last_used_at.as_microsecond()])?;
    }
    if refused > 0 {
        connection
            .prepare_cached(
                "INSERT INTO counter (name, value) VALUES ('failed', ?1) \
                 ON CONFLICT (name) DO UPDATE SET value = value + excluded.value",
            )?
            .execute([refused])?;
    }
    if let Some(at) = last_request {
        connection
            .prepare_cached(
                "INSERT INTO counter (name, value) VALUES ('last_request', ?1) \
                 ON CONFLICT (name) DO UPDATE SET value = max(value, excluded.value)",
            )?
            .execute([at.as_microsecond()])?;
    }
    Ok(())
}
