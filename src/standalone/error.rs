//! Why `standalone` cannot start, or cannot do its next step. A mistake in a manifest is no error: it is logged.

use std::path::PathBuf;

/// What went wrong, and where.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file of ours, or the folder of manifests, cannot be used.
    #[error("cannot use {}", path.display())]
    File {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A file of ours does not hold what we wrote.
    #[error("{} is damaged ({reason}): put back a backup or remove it; then {lost}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What does not fit.
        reason: String,
        /// What removing it costs.
        lost: &'static str,
    },
    /// The given API key is none.
    #[error("{} holds no API key: scim_<16 of a-z and 0-9>_<43 of base64url> is expected", path.display())]
    ApiKey {
        /// The file.
        path: PathBuf,
    },
    /// The machine has no random numbers.
    #[error("the system gives no random numbers")]
    Random,
    /// A signal cannot be listened for.
    #[error("signals cannot be listened for")]
    Signals(#[source] std::io::Error),
    /// The task that follows the folder ended, which it never should.
    #[error("the task that follows the folder of manifests has ended: {0}")]
    Ended(String),
    /// The directory.
    #[error(transparent)]
    Directory(#[from] crate::directory::Error),
    /// The listeners.
    #[error(transparent)]
    Endpoint(#[from] crate::endpoint::Error),
}
