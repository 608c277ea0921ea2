//! What no bytes from outside may do to the pure rooms, as properties of any input; hack/fuzz.sh looks for inputs that
//! break one. What the rooms may cost is in [`cost`]; hack/cost.sh counts it.
//!
//! The rooms are compiled into this crate from where they are, so that building it needs nothing else of the product.
//! A property panics when it does not hold. Nothing here reads a file or a clock.

#![forbid(unsafe_code)]

#[path = "../../src/endpoint/json.rs"]
mod json;
#[path = "../../src/endpoint/query.rs"]
mod query;
#[path = "../../src/scim/mod.rs"]
pub mod scim;

pub mod cost;
pub mod fixture;
pub mod properties;

/// How deep a body may nest: `Limits::default().json_depth_max` of the endpoint.
pub const JSON_DEPTH_MAX: usize = 32;

/// A body as the endpoint's door lets it in.
fn door(body: &[u8]) -> Option<serde_json::Value> {
    json::parse(body, JSON_DEPTH_MAX).ok()
}
