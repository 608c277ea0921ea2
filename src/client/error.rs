//! What can go wrong between asking and having an answer. A refusal by the server is an answer, not an error of this
//! room, except where a typed call cannot go on ([`Error::Refused`]).

use std::path::PathBuf;

/// Why there is no answer, or none that can be used. No message contains a credential.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The base URL is none.
    #[error("{url:?} is not a base URL: give http:// or https://, a host and a path")]
    BaseUrl {
        /// What was given.
        url: String,
    },
    /// A file cannot be read.
    #[error("cannot read {}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The credential cannot be sent as a header.
    #[error("{origin} holds no usable token: one line of printable characters is expected")]
    Token {
        /// The file or the environment variable.
        origin: String,
    },
    /// The CA file holds no certificate that can be used.
    #[error("{} is no PEM bundle of certificates", path.display())]
    Certificates {
        /// The file.
        path: PathBuf,
        /// Why.
        source: reqwest::Error,
    },
    /// The client cannot be built.
    #[error("the HTTP client cannot be started")]
    Start(#[source] reqwest::Error),
    /// No answer: unreachable, refused, timed out, broken off.
    #[error("no answer from {url}")]
    NoAnswer {
        /// Scheme, host and path of the request.
        url: String,
        /// Why.
        source: reqwest::Error,
    },
    /// The answer is larger than this client reads.
    #[error("the answer from {url} is larger than {limit} bytes; ask for less")]
    TooLarge {
        /// Scheme, host and path of the request.
        url: String,
        /// The limit.
        limit: usize,
    },
    /// The answer is not what the call promises.
    #[error("the answer from {url} cannot be understood: {reason}")]
    Unexpected {
        /// Scheme, host and path of the request.
        url: String,
        /// What was missing.
        reason: String,
    },
    /// The server refused a typed call.
    #[error("refused with {status}: {detail}")]
    Refused {
        /// The HTTP status.
        status: u16,
        /// The server's words.
        detail: String,
    },
}
