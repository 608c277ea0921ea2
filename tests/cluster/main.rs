//! Against a real cluster. What needs the API server alone says so in its module; the rest needs the whole node.

#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    reason = "what a test cannot go on without fails it, with the reason"
)]

#[path = "../support/mod.rs"]
mod support;

mod alone;
mod conformance;
mod manifest;
mod operator;
mod printed;
mod refused;
mod schema;
