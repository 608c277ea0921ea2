//! What a use case can answer instead of success. Transport-free: `endpoint` makes statuses of it.

use crate::config::Published;

/// Why a use case did not succeed. `category` is bounded, for metrics.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The request breaks the protocol or a uniqueness rule; carries the SCIM status and detail.
    #[error(transparent)]
    Scim(#[from] crate::scim::Error),
    /// No configuration has been published yet: nothing can be served.
    #[error("no configuration has been published to this endpoint yet")]
    NotConfigured,
    /// A publication was made against an older revision; carries the current one.
    #[error("the configuration has moved on to revision {}", .0.revision)]
    StaleRevision(Box<Published>),
    /// A publication by a writer whose epoch has passed.
    #[error("a newer writer has published already (epoch {seen})")]
    StaleWriter {
        /// The highest epoch seen.
        seen: u64,
    },
    /// A publication for another directory, or one whose hash is not that of its document.
    #[error("{0}")]
    BadPublication(String),
    /// A run that cannot be taken.
    #[error("{0}")]
    BadRun(String),
    /// A plan that cannot be made: a role that is not on the ladder, a rule without a group.
    #[error("{0}")]
    BadPlan(String),
    /// A manual grant that makes no sense.
    #[error("{0}")]
    BadGrant(String),
    /// A manual grant for somebody whom rules manage (B083).
    #[error("{0}")]
    ManagedByRules(String),
    /// A position of the change feed or the records that is not of this store, or whose records are gone: begin anew
    /// from a snapshot.
    #[error("{0}")]
    Gone(String),
    /// An access query that cannot be answered (a cursor that is not ours, a count out of range).
    #[error("{0}")]
    BadQuery(String),
    /// There is no room for a write; nothing was changed. The text is for logs, never for a client.
    #[error("store: {0}")]
    Full(String),
    /// The store does not answer for now; the text is for logs, never for a client.
    #[error("store: {0}")]
    Unavailable(String),
    /// The store failed; the text is for logs, never for a client.
    #[error("store: {0}")]
    Store(String),
}

impl Error {
    /// A bounded name for metrics and logs.
    pub fn category(&self) -> &'static str {
        match self {
            Self::Scim(_) => "scim",
            Self::NotConfigured => "not_configured",
            Self::StaleRevision(_) => "stale_revision",
            Self::StaleWriter { .. } => "stale_writer",
            Self::BadPublication(_) => "bad_publication",
            Self::BadRun(_) => "bad_run",
            Self::BadPlan(_) => "bad_plan",
            Self::BadGrant(_) => "bad_grant",
            Self::ManagedByRules(_) => "managed_by_rules",
            Self::Gone(_) => "gone",
            Self::BadQuery(_) => "bad_query",
            Self::Full(_) => "full",
            Self::Unavailable(_) => "unavailable",
            Self::Store(_) => "store",
        }
    }
}

impl From<crate::store::StoreError> for Error {
    fn from(error: crate::store::StoreError) -> Self {
        match error {
            crate::store::StoreError::Full { .. } => Self::Full(error.to_string()),
            crate::store::StoreError::Unavailable(_) | crate::store::StoreError::LeaseLost { .. } => {
                Self::Unavailable(error.to_string())
            }
            _ => Self::Store(error.to_string()),
        }
    }
}
