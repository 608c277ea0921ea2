//! The operator's side of port 8443: who is called, what is known of them, and the long poll that keeps it fresh.

pub mod dial;
mod memory;
pub mod poll;

pub use dial::{Dialler, Pod};
pub use memory::{Link, Links, Report};
