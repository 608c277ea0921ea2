//! What all listeners of an endpoint share, and the question whether it may serve at all.

use super::floor::Mounted;
use super::limits::Limits;
use super::sso;
use crate::directory::Directory;
use crate::telemetry::Metrics;
use arc_swap::ArcSwap;
use std::sync::Arc;
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
    /// Cancelled when the endpoint is told to stop: it is not ready any more, long polls end, connections are given up
    /// with their next answer.
    pub(crate) draining: CancellationToken,
    /// Cancelled when the listeners end, [`Limits::drain_delay`] later.
    pub(crate) stopping: CancellationToken,
    /// Places for large bodies.
    pub(crate) large_bodies: Arc<Semaphore>,
    /// Which configurations may be served; see [`super::floor`].
    pub(crate) mounted: ArcSwap<Mounted>,
    /// What else must hold before `/readyz` is 200; `None` = nothing else.
    pub(crate) prepared: Option<watch::Receiver<bool>>,
    /// The identity provider that vouches for people.
    pub(crate) provider: sso::Provider,
}

impl Shared {
    /// Whether a configuration of this directory is in force that is new enough to know all revocations.
    /// Until then nothing behind a token is served: who may come in is not known.
    pub(crate) fn may_serve(&self) -> bool {
        let in_force = self.directory.in_force();
        self.mounted.load().lets(in_force.revision, in_force.document.as_ref())
    }

    /// Whether `/readyz` is 200. A paused directory is ready.
    pub(crate) fn ready(&self) -> bool {
        !self.draining.is_cancelled()
            && self.may_serve()
            && self.directory.is_current()
            && self.prepared.as_ref().is_none_or(|prepared| *prepared.borrow())
    }
}
