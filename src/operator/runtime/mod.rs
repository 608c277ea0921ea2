//! What every controller stands on: queue and backoff, watches and stores, conditions, events, probes and metrics.
//!
//! Knows nothing of directories, rules or tokens.

pub mod backoff;
pub mod client;
pub mod conditions;
mod controller;
pub mod crds;
mod events;
mod feed;
mod guard;
pub mod health;
mod key;
mod metrics;
pub mod watch;

pub use controller::Controller;
pub use events::Events;
pub use feed::{Change, Feed, Invalid, Touched, Undecodable};
pub use guard::Guarded;
pub use health::Readiness;
pub use key::Key;
pub use metrics::Metrics;
pub use watch::Namespaces;

/// The field manager of everything the operator applies, and the name it signs Events with.
pub const FIELD_MANAGER: &str = "scim-operator";
