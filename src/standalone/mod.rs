//! The same manifests from a folder instead of a cluster: one directory, its rules and its tokens.
//!
//! A loop lists the folder, reads what changed, judges it ([`judge`]), makes the keys it asks for ([`keys`]) and
//! publishes the document, as the operator would. Invariant (C008): what cannot be listed, read, parsed or accepted
//! changes nothing; only a file that is gone in two complete listings at least a second apart is gone.
//! No Kubernetes, no admin port: the directory is opened in this very process.

mod accepted;
mod error;
mod folder;
mod follow;
mod judge;
mod keys;
mod mint;
mod private_file;
mod serve;
mod settling;
mod sign_in;

pub use error::Error;
pub use serve::{Settings, serve};
