//! The operator: controllers that turn manifests into an endpoint workload and the configuration it enforces.
//!
//! Each controller is dereference (all reads) → validate (pure) → build (pure) → apply → update status. Holds no user
//! data; writes no `spec`; a converged operator writes nothing at all. No finalizers.

pub mod directory;
mod error;
pub mod runtime;
pub mod tls;
pub mod token;

pub use error::{ApiAnswer, Error};
