//! How a store fails. The text is for logs; no client ever sees it.

/// What went wrong in a store.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Another process has this data folder open.
    #[error("{path} is in use by another process: stop it, or give this one another data folder")]
    Locked {
        /// The data folder.
        path: String,
    },
    /// The store was written by a newer version of this program.
    #[error("the store has schema version {found}, this program knows up to {known}: use a newer program")]
    Newer {
        /// What the store says.
        found: i64,
        /// The newest this program knows.
        known: i64,
    },
    /// The file is damaged: nothing is served from it.
    #[error("the store is damaged ({0}): restore it from a backup")]
    Corrupt(String),
    /// The store is closing or its writer has ended.
    #[error("the store is closed")]
    Closed,
    /// A batch was rolled back; nothing of it remains.
    #[error("the transaction was rolled back: {0}")]
    NotCommitted(String),
    /// A change kept asking for more facts: a defect.
    #[error("a change was still undecided after {rounds} rounds of loading")]
    Undecided {
        /// How many rounds were made.
        rounds: usize,
    },
    /// The data folder cannot be used.
    #[error("{path}: {source}")]
    Folder {
        /// The data folder.
        path: String,
        /// Why.
        source: std::io::Error,
    },
    /// SQLite refused.
    #[error("sqlite: {0}")]
    Sqlite(#[from] rusqlite::Error),
    /// A stored text does not read back.
    #[error("a stored {what} does not read back: {source}")]
    Unreadable {
        /// What kind of row.
        what: &'static str,
        /// Why.
        source: serde_json::Error,
    },
}

impl StoreError {
    /// A bounded name for metrics.
    pub fn category(&self) -> &'static str {
        match self {
            Self::Locked { .. } => "locked",
            Self::Newer { .. } => "newer",
            Self::Corrupt(_) => "corrupt",
            Self::Closed => "closed",
            Self::NotCommitted(_) => "not_committed",
            Self::Undecided { .. } => "undecided",
            Self::Folder { .. } => "folder",
            Self::Sqlite(_) => "sqlite",
            Self::Unreadable { .. } => "unreadable",
        }
    }
}
