//! Against a real cluster. What needs the API server alone says so in its module; the rest needs the whole node.

#[path = "../support/mod.rs"]
mod support;

mod manifest;
mod printed;
mod refused;
mod schema;
