//! The program as real processes on loopback, without a cluster.

#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    reason = "what a test cannot go on without fails it, with the reason"
)]

#[path = "../support/mod.rs"]
mod support;

mod access_commands;
mod check;
mod endpoint;
mod histories;
mod interop;
mod leaks;
mod recorder;
mod simulate;
mod simulate_okta;
mod simulate_others;
mod simulate_shapes;
mod standalone;
