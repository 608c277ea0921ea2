//! The SCIM protocol, pure: resources over a schema, filters, paths, PATCH, projections, errors, discovery.
//! RFC 7643, RFC 7644. Knows no other room.

mod bulk;
mod dialect;
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
mod search;
mod sent;
mod sort;
mod text;

pub use bulk::{Bulk, BulkMethod, BulkOperation, Made, bulk_response};
pub use dialect::{Dialect, Evidence, Quirk, QuirkRow, Reading};
pub use error::{ERROR_URN, Error, ScimType};
pub use filter::{Filter, Indexed};
pub use page::{cursor_response, list_response};
pub use patch::{MembershipChange, PATCH_URN, Patch};
pub use projection::Projection;
pub use render::{Meta, Reference, location, render_group, render_members, render_resource, render_user};
pub use resource::{Group, Resource, User, check_immutable};
pub use schema::{
    Attribute, AttributeDefinition, DefinitionProblem, ExtensionDefinition, PartDefinition, ResourceKind,
    ResourceTypeDefinition, Schema, SchemaDefinition, Types,
};
pub use search::read_search;
pub use sent::{MemberId, Sent, read_json};
pub use sort::{Sort, SortKey};
pub use text::folded;

/// A SCIM resource as JSON attributes.
pub type Attributes = serde_json::Map<String, serde_json::Value>;
