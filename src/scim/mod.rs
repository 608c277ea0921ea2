//! The SCIM protocol, pure: resources over a schema, filters, paths, PATCH, projections, errors, discovery.
//! RFC 7643, RFC 7644. Knows no other room.

pub mod discovery;
mod error;
mod filter;
#[cfg(test)]
mod fixture_tests;
mod page;
mod patch;
mod path;
mod projection;
mod render;
mod resource;
mod schema;
mod text;

pub use error::{ERROR_URN, Error, ScimType};
pub use filter::{Filter, Indexed};
pub use page::list_response;
pub use patch::{MembershipChange, Patch};
pub use projection::Projection;
pub use render::{Meta, Reference, location, render_group, render_user};
pub use resource::{Group, Reading, User};
pub use schema::ResourceKind;
pub use text::folded;

/// A SCIM resource as JSON attributes.
pub type Attributes = serde_json::Map<String, serde_json::Value>;
