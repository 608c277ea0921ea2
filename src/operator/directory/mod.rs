//! ScimDirectory: its endpoint workload and the configuration that is in force there.

pub mod build;
mod drift;
pub mod names;
