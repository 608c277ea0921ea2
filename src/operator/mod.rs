//! The operator: controllers that turn manifests into an endpoint workload and the configuration it enforces.
//!
//! Each controller is dereference (all reads) → validate (pure) → build (pure) → apply → update status. Holds no user
//! data; writes no `spec`; a converged operator writes nothing at all. No finalizers.

mod context;
pub mod directory;
mod error;
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
pub use runtime::Namespaces;
