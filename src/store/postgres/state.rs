//! Figures and states for the operator: counts, how far rules have come, the queue of runs, last uses.

use super::super::error::StoreError;
use super::super::question::Figures;
use super::super::row::{GroupId, RunRow, StoredRuleState, UserId};
use super::PostgresStore;
use super::ask::{asked, together};
use super::connection::Connection;
use super::row::{count, get, number, time, users};
use super::setback::Setback;
use super::{group, rule, run, statement as sql};
use crate::access::GroupSelector;
use crate::config::{ProvisioningCounts, TokenUse, UserCounts};
use jiff::Timestamp;
use std::collections::BTreeMap;

impl PostgresStore {
    /// Counts of what the store holds.
    pub async fn figures(&self) -> Result<Figures, StoreError> {
        asked!(self, connection => figures(connection).await)
    }

    /// How far rules have come, and the group each selector names now, in the order asked.
    pub async fn rules(
        &self,
        selectors: Vec<GroupSelector>,
    ) -> Result<(Vec<StoredRuleState>, Vec<Option<GroupId>>), StoreError> {
        asked!(self, connection => {
            let (states, groups) =
                together!(rule::states(connection), group::named_by_each(connection, &selectors))?;
            let groups = groups.into_iter().map(|groups| groups.first().copied()).collect();
            Ok((states, groups))
        })
    }

    /// The run to work on, if any; not what it covers.
    pub async fn next_run(&self) -> Result<Option<RunRow>, StoreError> {
        let runs = asked!(self, connection => run::parse(connection.rows(sql::NEXT_RUN, &[]).await?))?;
        Ok(runs.into_iter().next())
    }

    /// Runs, newest first; `unfinished` leaves the final ones out.
    pub async fn runs(&self, unfinished: bool) -> Result<Vec<RunRow>, StoreError> {
        let statement = if unfinished { sql::UNFINISHED_RUNS } else { sql::ALL_RUNS };
        asked!(self, connection => run::parse(connection.rows(statement, &[]).await?))
    }

    /// The run of this uid and all of this name, newest first.
    pub async fn runs_of(&self, uid: &str, name: &str) -> Result<Vec<RunRow>, StoreError> {
        asked!(self, connection => run::parse(connection.rows(sql::RUNS_OF, &[&uid, &name]).await?))
    }

    /// The next users of a run after its cursor.
    pub async fn run_users(&self, run: RunRow, limit: u32) -> Result<Vec<UserId>, StoreError> {
        asked!(self, connection => run::next_users(connection, &run, limit).await)
    }

    /// The first users whose evaluation is queued.
    pub async fn pending_users(&self, limit: u32) -> Result<Vec<UserId>, StoreError> {
        let limit = number(limit.into());
        asked!(self, connection => users(&connection.rows(sql::PENDING_USERS, &[&limit]).await?))
    }
}

async fn figures(connection: &Connection) -> Result<Figures, Setback> {
    let (row, counters, uses) = together!(
        connection.row(sql::FIGURES, &[]),
        connection.rows(sql::COUNTERS, &[]),
        connection.rows(sql::TOKEN_USES, &[]),
    )?;
    let Some(row) = row else { return Ok(Figures::default()) };
    let mut sums: BTreeMap<String, (u64, i64)> = BTreeMap::new();
    for row in &counters {
        sums.insert(get(row, 0)?, (count(row, 1)?, get(row, 2)?));
    }
    let sum = |name: &str| sums.get(name).map_or(0, |(sum, _)| *sum);
    let last = sums.get("last_request").map(|(_, last)| *last);
    let mut tokens = Vec::with_capacity(uses.len());
    for row in &uses {
        tokens.push(TokenUse { token_id: get(row, 0)?, last_used_at: time(row, 1)? });
    }
    tokens.sort_by(|a, b| a.token_id.cmp(&b.token_id));
    Ok(Figures {
        users: UserCounts { total: count(&row, 0)?, active: count(&row, 1)?, managed: count(&row, 2)? },
        groups: count(&row, 3)?,
        pending: count(&row, 4)?,
        failed: count(&row, 5)?,
        provisioning: ProvisioningCounts {
            created: sum("created"),
            updated: sum("updated"),
            disabled: sum("disabled"),
            deleted: sum("deleted"),
            failed: sum("failed"),
            last_request_time: last.filter(|at| *at > 0).and_then(|at| Timestamp::from_microsecond(at).ok()),
        },
        tokens,
    })
}

/// What was counted in memory since the last time: token uses, refusals, the provider's last request.
pub(super) async fn put_uses(
    connection: &Connection,
    uses: &[TokenUse],
    refused: u64,
    last_request: Option<Timestamp>,
) -> Result<(), Setback> {
    for token in uses {
        connection.run(sql::TOKEN_USED, &[&token.token_id, &token.last_used_at.as_microsecond()]).await?;
    }
    if refused > 0 {
        connection.run(sql::COUNT, &[&"failed", &group::stripe(), &number(refused)]).await?;
    }
    if let Some(at) = last_request {
        connection.run(sql::LATEST, &[&"last_request", &at.as_microsecond()]).await?;
    }
    Ok(())
}
