//! Why a simulation cannot begin or go on. A refusal of one person or group is no error: it is reported and the rest
//! goes on, as the provider does.

use crate::client;
use std::path::PathBuf;

/// Why a simulation stopped.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file or folder cannot be read or written.
    #[error("cannot use {}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A people file is no people file.
    #[error("{} is no people file: {reason}", path.display())]
    Syntax {
        /// The file.
        path: PathBuf,
        /// Line, column and what was expected.
        reason: String,
    },
    /// The people contradict themselves.
    #[error("the people file does not hold together: {0}")]
    People(String),
    /// The saved state is none, or belongs to another service.
    #[error("{} is not the state of this service: {reason}; `restart` forgets it", path.display())]
    State {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// Nobody or nothing of that name.
    #[error("the people file has no {kind} {name:?}")]
    Unknown {
        /// `person` or `group`.
        kind: &'static str,
        /// What was asked for.
        name: String,
    },
    /// The service refuses everything: wrong token, paused, overloaded.
    #[error("stopped: the service answers {status}: {detail}{}", retry(*retry_after))]
    Stopped {
        /// The HTTP status.
        status: u16,
        /// The service's words.
        detail: String,
        /// Seconds, where the service named them.
        retry_after: Option<u64>,
    },
    /// The service cannot be asked.
    #[error(transparent)]
    Client(#[from] client::Error),
    /// The report cannot be written.
    #[error("cannot write the report")]
    Report(#[source] std::io::Error),
}

fn retry(after: Option<u64>) -> String {
    after.map(|seconds| format!(" (try again in {seconds} s)")).unwrap_or_default()
}
