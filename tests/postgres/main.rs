//! Endpoints as real processes over one real PostgreSQL: what replicas keep, and what a failing database does to them.

#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    reason = "what a test cannot go on without fails it, with the reason"
)]

#[path = "../support/mod.rs"]
mod support;

mod audit;
mod commit;
mod configuration;
mod failover;
mod feed;
mod filtering;
mod fleet;
mod held;
mod history;
mod membership;
mod merging;
mod owner;
mod proxy;
mod quiesce;
mod rolling;
mod server;
mod size;
mod sync;
mod writers;
