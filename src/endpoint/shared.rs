//! What all listeners of an endpoint share, and the question whether it may serve at all.

use super::limits::Limits;
use crate::directory::Directory;
use crate::telemetry::Metrics;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::{Semaphore, watch};
use tokio_util::sync::CancellationToken;

/// The state behind every route.
pub(crate) struct Shared {
    /// The directory served.
    pub(crate) directory: Directory,
    /// What is counted.
    pub(crate) metrics: Arc<Metrics>,
    /// What a request may use.
    pub(crate) limits: Limits,
    /// Cancelled when the endpoint is told to stop: long polls end at once.
    pub(crate) stopping: CancellationToken,
    /// Places for large bodies.
    pub(crate) large_bodies: Arc<Semaphore>,
    /// The lowest configuration revision that may be served; see [`super::floor`].
    pub(crate) revocation_floor: AtomicU64,
    /// What else must hold before `/readyz` is 200; `None` = nothing else.
    pub(crate) prepared: Option<watch::Receiver<bool>>,
}

impl Shared {
    /// Whether a configuration of this directory is in force that is new enough to know all revocations.
    /// Until then nothing behind a token is served: who may come in is not known.
    pub(crate) fn may_serve(&self) -> bool {
        let in_force = self.directory.in_force();
        let floor = self.revocation_floor.load(Ordering::Acquire);
        in_force.document.is_some() && in_force.revision > 0 && in_force.revision >= floor
    }

    /// Whether `/readyz` is 200. A paused directory is ready.
    pub(crate) fn ready(&self) -> bool {
        self.may_serve() && self.prepared.as_ref().is_none_or(|prepared| *prepared.borrow())
    }
}
