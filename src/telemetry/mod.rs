//! Logs and metrics of the process. Knows no other room, so that every room may use it.
//!
//! Never in a log line or a label: bodies, mail addresses, user names, token values. Labels are closed enums, so that
//! no caller can make a new time series; ids appear in logs only (`request_id`, `token_id`).

mod label;
pub mod log;
mod metrics;

pub use label::{AuthFailure, Operation, Outcome, Resource, SignInOutcome, StatusClass};
pub use metrics::{Metrics, OPENMETRICS};
