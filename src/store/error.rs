//! How a store fails. The text is for logs and for who runs a command; no client ever sees it.

use std::path::Path;

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
    #[error(
        "the store in {data} is damaged ({problem}): \
         put a backup back with `scim-operator store restore --data {data} --from FILE`"
    )]
    Corrupt {
        /// The data folder.
        data: String,
        /// What does not fit.
        problem: String,
    },
    /// The chain of records is not what was written: a record, or where the chain ends, was changed or is missing.
    #[error("the records in {data} are not what was written: at position {position}: {problem}")]
    Broken {
        /// The data folder.
        data: String,
        /// The first position that does not fit.
        position: String,
        /// What does not fit.
        problem: String,
    },
    /// The store was last opened by a version whose records were no chain.
    #[error(
        "the store in {data} has schema version {found}, and its records are a chain since version {needed}: \
         start this version over it once"
    )]
    Unchained {
        /// The data folder.
        data: String,
        /// What the store says.
        found: i64,
        /// The first version with a chain.
        needed: i64,
    },
    /// A person who is to be erased is a user still, or has an account.
    #[error("{who} {is}, then erase")]
    StillThere {
        /// As asked for.
        who: String,
        /// What they are, and what to do about that.
        is: &'static str,
    },
    /// A person who is to be erased is in no record.
    #[error("no record says anything of {who}: give the user's id, or a userName that the user once had")]
    Nobody {
        /// As asked for.
        who: String,
    },
    /// A name that several users had.
    #[error("several users had the name {who}: choose one by id: {ids}")]
    Several {
        /// As asked for.
        who: String,
        /// Their ids.
        ids: String,
    },
    /// A person was erased from the records, and the file was not cleaned of what it had deleted.
    #[error(
        "{user} is erased from the records, but the file may have traces still ({problem}): \
         run `scim-operator audit erase --data {data} --user {user}` again"
    )]
    Traces {
        /// The data folder.
        data: String,
        /// The person's id.
        user: String,
        /// Why.
        problem: String,
    },
    /// A restore did not come to its end: what is in the folder is neither the old store nor the backup.
    #[error("a restore into {data} was cut short: run `scim-operator store restore --data {data} --from FILE` again")]
    Unfinished {
        /// The data folder.
        data: String,
    },
    /// A backup that cannot be put back.
    #[error("{path} is no whole backup ({problem}): take another one")]
    BadBackup {
        /// The file.
        path: String,
        /// What does not fit.
        problem: String,
    },
    /// A file that some other program made.
    #[error("{path} is no store of scim-operator")]
    Foreign {
        /// The file.
        path: String,
    },
    /// A file that would have been overwritten.
    #[error("{path} is there already and nothing is overwritten: choose another name, or remove it")]
    Exists {
        /// The file.
        path: String,
    },
    /// Somebody else works on the file in a way that leaves no room for a copy.
    #[error("{path} is busy: try again")]
    Busy {
        /// The file.
        path: String,
    },
    /// There is no room for a write.
    #[error(
        "the disk that holds {path} is full: nothing was changed, reads go on; \
         make room or enlarge the volume, and writes go on by themselves"
    )]
    Full {
        /// The database file.
        path: String,
    },
    /// The database does not answer, or not in time.
    #[error("the database is not available: {0}")]
    Unavailable(String),
    /// The database refuses what no second try would change.
    #[error("the database refuses: {0}")]
    Postgres(String),
    /// The address of the database, or its certificate authority, cannot be used.
    #[error("{what}: {problem}")]
    Address {
        /// Which file.
        what: String,
        /// What to change.
        problem: String,
    },
    /// Another process has the lease by now; nothing was written.
    #[error("the lease {lease} has passed to another process")]
    LeaseLost {
        /// Which lease.
        lease: &'static str,
    },
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
    /// The data folder, or a file beside or in it, cannot be used.
    #[error("{path}: {source}")]
    Folder {
        /// The folder or file.
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
    /// A folder or file that cannot be used.
    pub(super) fn file(path: &Path, source: std::io::Error) -> Self {
        Self::Folder { path: path.display().to_string(), source }
    }

    /// A bounded name for metrics.
    pub fn category(&self) -> &'static str {
        match self {
            Self::Locked { .. } => "locked",
            Self::Newer { .. } => "newer",
            Self::Corrupt { .. } => "corrupt",
            Self::Broken { .. } => "broken",
            Self::Unchained { .. } => "unchained",
            Self::StillThere { .. } => "still_there",
            Self::Nobody { .. } => "nobody",
            Self::Several { .. } => "several",
            Self::Traces { .. } => "traces",
            Self::Unfinished { .. } => "unfinished",
            Self::BadBackup { .. } => "bad_backup",
            Self::Foreign { .. } => "foreign",
            Self::Exists { .. } => "exists",
            Self::Busy { .. } => "busy",
            Self::Full { .. } => "full",
            Self::Unavailable(_) => "unavailable",
            Self::Postgres(_) => "postgres",
            Self::Address { .. } => "address",
            Self::LeaseLost { .. } => "lease_lost",
            Self::Closed => "closed",
            Self::NotCommitted(_) => "not_committed",
            Self::Undecided { .. } => "undecided",
            Self::Folder { .. } => "folder",
            Self::Sqlite(_) => "sqlite",
            Self::Unreadable { .. } => "unreadable",
        }
    }
}
