//! Why a server cannot be checked at all. What it does wrong is a verdict, not an error.

use crate::client;

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The token would go over the network as plain text.
    #[error("{url} is plain HTTP to another machine, where others read the token; use https or --insecure-http")]
    Insecure {
        /// The base URL.
        url: String,
    },
    /// The token is not accepted, so nothing else can be learned.
    #[error("the server answers {status} to the token: {detail}")]
    Unauthorized {
        /// 401 or 403.
        status: u16,
        /// The server's words.
        detail: String,
    },
    /// No check has this id or section.
    #[error("no check is chosen by {chosen}: give an id, or a section like 3.5.2 or \"RFC 7643\"")]
    NothingChosen {
        /// What was given.
        chosen: String,
    },
    /// The server does not answer.
    #[error("the server cannot be asked: {0}")]
    NoAnswer(String),
    /// The client cannot be made.
    #[error(transparent)]
    Client(#[from] client::Error),
}
