//! HTTP in front of `directory`: who may ask, what a request means, what an answer looks like. No SQL, no rules.
//!
//! | listener | paths | who |
//! |---|---|---|
//! | public (8080) | `/scim/v2/…`; `/access/v1/…` too when it has no listener of its own | bearer token |
//! | public (8080) | `/sso/…`, `/console…` | people, by the identity provider and then by a session |
//! | access (8081) | `/access/v1/…` | bearer token |
//! | admin (8443) | `/admin/v1/…` | mutual TLS |
//! | metrics (9090) | `/metrics` | nobody is asked; never exposed |
//! | each of them | `/healthz`, `/readyz` | nobody is asked |
//!
//! `/metrics` is on no other listener: it says how many people are provisioned. [`serve`] starts them all; when told to
//! stop it takes no more connections, ends long polls, finishes what is under way and then closes the directory.

mod access;
mod admin;
mod answer;
mod area;
mod body;
mod console;
mod floor;
mod gate;
mod json;
mod limits;
mod listen;
mod probe;
mod problem;
mod query;
mod request_id;
mod running;
mod scim;
mod seal;
mod shared;
mod sso;
mod tls;

pub use limits::Limits;
pub use running::{Addresses, Running, Stopper, serve};

use std::net::SocketAddr;
use std::path::PathBuf;
use tokio::sync::watch;

/// What to serve, and where. Port 0 takes any free port.
#[derive(Debug, Clone)]
pub struct Settings {
    /// `/scim/v2`.
    pub public: SocketAddr,
    /// `/access/v1`; `None` = on the public listener.
    pub access: Option<SocketAddr>,
    /// `/admin/v1`; `None` = not served.
    pub admin: Option<AdminSettings>,
    /// `/metrics`; `None` = not served.
    pub metrics: Option<SocketAddr>,
    /// The mounted `verifiers.json`, whose `revocationFloor` is the lowest revision that may serve.
    pub verifiers: Option<PathBuf>,
    /// What else must hold before `/readyz` is 200; `None` = nothing else.
    pub prepared: Option<watch::Receiver<bool>>,
    /// What the sign-in of people needs beside the configuration.
    pub sign_in: SignInSettings,
    /// What requests may use.
    pub limits: Limits,
}

impl Settings {
    /// One listener for SCIM and the access API, as `standalone` has it.
    pub fn one_listener(public: SocketAddr) -> Self {
        Self {
            public,
            access: None,
            admin: None,
            metrics: None,
            verifiers: None,
            prepared: None,
            sign_in: SignInSettings::default(),
            limits: Limits::default(),
        }
    }
}

/// What the sign-in of people needs beside the configuration; both files are read again at each use.
#[derive(Debug, Clone, Default)]
pub struct SignInSettings {
    /// The file with the client secret that the identity provider has given out; `None` = there is none.
    pub client_secret: Option<PathBuf>,
    /// PEM roots to trust for the identity provider instead of the system's.
    pub ca: Option<PathBuf>,
}

/// The admin listener.
#[derive(Debug, Clone)]
pub struct AdminSettings {
    /// Where.
    pub listen: SocketAddr,
    /// The folder with `tls.crt`, `tls.key` and `ca.crt`.
    pub tls: PathBuf,
}

/// Why an endpoint did not start, or ended by itself.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// An address that cannot be listened on.
    #[error("{address} cannot be listened on: {source}")]
    Bind {
        /// The address.
        address: SocketAddr,
        /// Why.
        source: std::io::Error,
    },
    /// Certificates that cannot be used; names the file.
    #[error("admin certificates: {0}")]
    Tls(String),
    /// A verifiers file that cannot be read.
    #[error("{0}")]
    Verifiers(String),
    /// A task that never ends did.
    #[error("the {task} ended: {reason}")]
    Ended {
        /// Which.
        task: &'static str,
        /// Why.
        reason: String,
    },
    /// The directory can no longer serve.
    #[error(transparent)]
    Directory(#[from] crate::directory::Error),
}
