//! What can go wrong with one attempt, and whether another one may go well.

use super::super::error::StoreError;
use std::error::Error;
use tokio_postgres::error::SqlState;

/// Why an attempt did not come to its end.
#[derive(Debug)]
pub(super) enum Setback {
    /// Nothing was written; another attempt may go well.
    Again(String),
    /// The commit was sent and no answer came: it may have been carried out.
    Doubt(String),
    /// More must be locked than the order of locks allows from here: start again with all of it.
    Reorder,
    /// No other attempt would go better.
    Final(StoreError),
}

impl From<StoreError> for Setback {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable(cause) => Self::Again(cause),
            other => Self::Final(other),
        }
    }
}

impl From<tokio_postgres::Error> for Setback {
    fn from(error: tokio_postgres::Error) -> Self {
        let Some(state) = error.code() else { return Self::Again(text(&error)) };
        let class = state.code().get(..2).unwrap_or_default();
        let again = [
            // Serialisation, deadlock: the other one goes first. A unique key: the other one was first, decide again.
            SqlState::T_R_SERIALIZATION_FAILURE,
            SqlState::T_R_DEADLOCK_DETECTED,
            SqlState::UNIQUE_VIOLATION,
            SqlState::LOCK_NOT_AVAILABLE,
            // Said of what was sent in one go with a statement that failed: that one's word may come second.
            SqlState::IN_FAILED_SQL_TRANSACTION,
            // Somebody else made it at the same time, which IF NOT EXISTS does not see: the next attempt finds it.
            SqlState::DUPLICATE_SCHEMA,
            SqlState::DUPLICATE_TABLE,
            SqlState::DUPLICATE_OBJECT,
            // Overloaded, restarting, or no primary any more.
            SqlState::QUERY_CANCELED,
            SqlState::TOO_MANY_CONNECTIONS,
            SqlState::READ_ONLY_SQL_TRANSACTION,
            SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT,
            SqlState::ADMIN_SHUTDOWN,
            SqlState::CRASH_SHUTDOWN,
            SqlState::CANNOT_CONNECT_NOW,
        ];
        // 08: the connection. 53: resources.
        if again.contains(state) || class == "08" || class == "53" {
            return Self::Again(text(&error));
        }
        Self::Final(StoreError::Postgres(text(&error)))
    }
}

impl From<Setback> for StoreError {
    fn from(setback: Setback) -> Self {
        match setback {
            Setback::Again(cause) => Self::Unavailable(cause),
            Setback::Doubt(cause) => Self::Unavailable(format!("whether it was written is not known: {cause}")),
            Setback::Reorder => Self::Unavailable("its locks could not be taken in order".to_owned()),
            Setback::Final(error) => error,
        }
    }
}

/// What the database said, without the detail, which quotes stored values.
pub(super) fn text(error: &tokio_postgres::Error) -> String {
    match (error.as_db_error(), error.source()) {
        (Some(said), _) => format!("{} ({})", said.message(), said.code().code()),
        (None, Some(source)) => format!("{error}: {source}"),
        (None, None) => error.to_string(),
    }
}
