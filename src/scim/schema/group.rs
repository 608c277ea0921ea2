//! The Group schema. RFC 7643 §4.2, §8.7.1.

use super::Schema;
use super::attribute::{Attribute, Mutability, Returned};

const MEMBER: &[Attribute] = &[
    Attribute::text("value", "The id of the member.").exact().written(Mutability::Immutable),
    Attribute::reference("$ref", &["User"], "The address of the member.").written(Mutability::Immutable),
    Attribute::text("display", "The member's name for display; answered when it is asked for.")
        .written(Mutability::ReadOnly)
        .answered(Returned::Request),
    Attribute::text("type", "The kind of member.").canonical(&["User"]).written(Mutability::Immutable),
];

/// The Group schema.
pub static GROUP: Schema = Schema {
    urn: "urn:ietf:params:scim:schemas:core:2.0:Group",
    name: "Group",
    description: "Group",
    attributes: &[
        Attribute::text("displayName", "The name of the group, unique in the directory in any case.")
            .required()
            .unique(),
        Attribute::list("members", MEMBER, "The members of the group."),
    ],
};
