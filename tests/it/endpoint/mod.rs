//! `scim-operator endpoint` as a process: SCIM in front, access and admin beside it.

mod access;
mod admin;
mod audit;
mod auth;
mod coverage;
mod durability;
mod errors;
mod exchanges;
mod group;
mod lifecycle;
mod limits;
mod list;
mod metrics;
mod moves;
mod refused;
mod routes;
mod rules;
mod secrets;
mod store;
mod sync;
