//! What every controller stands on: queue and backoff, watches and stores, conditions, events, probes and metrics; and
//! the Lease, by which one of several replicas leads.
//!
//! Knows nothing of directories, rules or tokens.

pub mod backoff;
pub mod client;
pub mod conditions;
mod controller;
pub mod crds;
pub mod election;
mod events;
mod feed;
mod fence;
mod guard;
pub mod health;
mod key;
mod leadership;
mod lease;
mod metrics;
pub mod watch;

pub use controller::Controller;
pub use events::Events;
pub use feed::{Change, Feed, Invalid, Touched, Undecodable};
pub use fence::Fence;
pub use guard::Guarded;
pub use health::Readiness;
pub use key::Key;
pub use leadership::{Leadership, Overtaken};
pub use lease::{Candidate, LeaseSettings};
pub use metrics::Metrics;
pub use watch::Namespaces;

/// The field manager of everything the operator applies, and the name it signs Events with.
pub const FIELD_MANAGER: &str = "scim-operator";
/// The label of everything the operator makes; its value is the field manager.
pub const MANAGED_BY: &str = "app.kubernetes.io/managed-by";
