//! The program as real processes on loopback, without a cluster.

#[path = "../support/mod.rs"]
mod support;

mod endpoint;
mod recorder;
mod simulate;
