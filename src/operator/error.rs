//! What can go wrong in the operator. Categories are bounded: they are metric labels.

use super::runtime::Overtaken;
use super::runtime::election::Loss;
use crate::client::admin;
use std::net::SocketAddr;
use std::time::Duration;

/// Why a reconcile, or the operator as a whole, failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No way to reach a cluster.
    #[error("no cluster to work with: {0}; run in a pod or set KUBECONFIG")]
    Config(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The API server refused or did not answer.
    #[error("could not {doing}: {source}")]
    Kube {
        /// What was tried, as in "could not …".
        doing: &'static str,
        /// What came back.
        #[source]
        source: Box<kube::Error>,
    },
    /// The endpoint refused or did not answer.
    #[error(transparent)]
    Admin(#[from] admin::Error),
    /// The endpoint has no pod that could be asked.
    #[error("the endpoint has no pod that runs yet")]
    NoPod,
    /// A certificate could not be made or read.
    #[error("could not {doing}: {detail}")]
    Certificate {
        /// What was tried.
        doing: &'static str,
        /// Why not.
        detail: String,
    },
    /// An object holds what only the operator writes, and not as the operator writes it.
    #[error("{what} cannot be read: {detail}; delete it to have it made again")]
    Damaged {
        /// Which object.
        what: String,
        /// What is wrong with it.
        detail: String,
    },
    /// The probe and metrics listener.
    #[error("cannot serve on {address}: {source}")]
    Listen {
        /// Where.
        address: SocketAddr,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// A reconcile took too long.
    #[error("gave up after {}s; it is tried again", .0.as_secs())]
    TimedOut(Duration),
    /// A reconcile panicked: a defect of the operator.
    #[error("a reconcile panicked; please report it with the log around it")]
    Panicked,
    /// Something was to be written by a process that does not lead.
    #[error("this process does not hold the Lease at this moment: nothing is written")]
    NotLeading,
    /// The Lease is somebody else's, or soon will be.
    #[error("the Lease {name} is lost: {loss}; this process ends, so that only the new leader writes")]
    LeaseLost {
        /// The Lease.
        name: String,
        /// Why.
        loss: Loss,
    },
    /// An endpoint knows a newer leader.
    #[error(transparent)]
    Overtaken(Overtaken),
    /// A task that runs as long as the process ended.
    #[error("the {0} task ended; the process ends with it")]
    TaskEnded(&'static str),
}

impl Error {
    /// The API server refused or did not answer while doing this.
    pub fn kube(doing: &'static str, source: kube::Error) -> Self {
        Self::Kube { doing, source: Box::new(source) }
    }

    /// Whether this process may not lead any more: it ends at once then.
    pub fn is_loss(&self) -> bool {
        matches!(self, Self::LeaseLost { .. } | Self::Overtaken(_))
    }

    /// A bounded word for metrics.
    pub fn category(&self) -> &'static str {
        match self {
            Self::Config(_) => "NoCluster",
            Self::Kube { .. } => "ApiServer",
            Self::Admin(error) => error.category(),
            Self::NoPod => "NoPod",
            Self::Certificate { .. } => "Certificate",
            Self::Damaged { .. } => "Damaged",
            Self::Listen { .. } => "Listen",
            Self::TimedOut(_) => "TimedOut",
            Self::Panicked => "Panicked",
            Self::NotLeading => "NotLeading",
            Self::LeaseLost { .. } => "LeaseLost",
            Self::Overtaken(_) => "StaleWriter",
            Self::TaskEnded(_) => "TaskEnded",
        }
    }
}

/// Answers of the API server that are not failures everywhere.
pub trait ApiAnswer {
    /// The object is not there (404).
    fn is_missing(&self) -> bool;
    /// Somebody was first, or the object changed meanwhile (409).
    fn is_conflict(&self) -> bool;
    /// The object that would come out of it is not valid (422).
    fn is_invalid(&self) -> bool;
}

impl ApiAnswer for kube::Error {
    fn is_missing(&self) -> bool {
        matches!(self, kube::Error::Api(status) if status.code == 404)
    }
    fn is_conflict(&self) -> bool {
        matches!(self, kube::Error::Api(status) if status.code == 409)
    }
    fn is_invalid(&self) -> bool {
        matches!(self, kube::Error::Api(status) if status.code == 422)
    }
}
