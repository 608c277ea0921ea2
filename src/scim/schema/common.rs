//! The attributes of every resource. RFC 7643 §3, §3.1. Discovery does not list them.

use super::attribute::{Attribute, Kind, Mutability, Returned};

const META: &[Attribute] = &[
    Attribute::text("resourceType", "The kind of resource.").exact().written(Mutability::ReadOnly),
    Attribute::new("created", Kind::DateTime, "When the resource was made.").written(Mutability::ReadOnly),
    Attribute::new("lastModified", Kind::DateTime, "When the resource last changed.").written(Mutability::ReadOnly),
    Attribute::reference("location", &["uri"], "The address of the resource.").written(Mutability::ReadOnly),
    Attribute::text("version", "Counts the changes of the resource.").exact().written(Mutability::ReadOnly),
];

/// `schemas`, `id`, `externalId` and `meta`.
pub static COMMON: &[Attribute] = &[
    Attribute::reference("schemas", &["uri"], "The schemas of the resource.")
        .many()
        .required()
        .answered(Returned::Always),
    Attribute::text("id", "The identifier of the resource at this server.")
        .exact()
        .unique()
        .written(Mutability::ReadOnly)
        .answered(Returned::Always),
    Attribute::text("externalId", "The identifier of the resource at the client.").exact(),
    Attribute::complex("meta", META, "About the resource.").written(Mutability::ReadOnly),
];
