//! The operator: controllers that turn manifests into an endpoint workload and the configuration it enforces.
//!
//! Each controller is dereference (all reads) → validate (pure) → build (pure) → apply → update status. Holds no user
//! data; writes no `spec`; a converged operator writes nothing at all. No finalizers. Of several replicas one leads;
//! the others have warm caches and write nothing.

mod cluster;
mod context;
pub mod directory;
mod error;
mod lead;
pub mod link;
mod rule;
mod rule_sync;
mod run;
pub mod runtime;
mod status;
pub mod tls;
pub mod token;
mod undecodable;
mod wake;

pub use context::Settings;
pub use error::{ApiAnswer, Error};
pub use run::run;
pub use runtime::election::Timing;
pub use runtime::{LeaseSettings, Namespaces};
