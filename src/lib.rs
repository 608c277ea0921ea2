//! scim-operator: an identity provider's users and groups, turned into access by rules.
//!
//! The rooms and who may know whom are in `docs/architecture.md`; `tests/tidy.rs` holds the arrows.
//! `scim`, `access` and `config` are pure: no `async`, no clock, no randomness, no I/O. Time and ids come in as values.

pub mod access;
pub mod config;
pub mod scim;

#[cfg(feature = "full")]
pub mod api;
#[cfg(feature = "full")]
pub mod check;
#[cfg(feature = "full")]
pub mod cli;
#[cfg(feature = "full")]
pub mod client;
#[cfg(feature = "full")]
pub mod directory;
#[cfg(feature = "full")]
pub mod endpoint;
#[cfg(feature = "full")]
pub mod manifests;
#[cfg(feature = "full")]
pub mod operator;
#[cfg(feature = "full")]
pub mod simulate;
#[cfg(feature = "full")]
pub mod standalone;
#[cfg(feature = "full")]
pub mod store;
#[cfg(feature = "full")]
pub mod telemetry;
