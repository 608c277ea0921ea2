//! Users and groups as clients write them: read, checked against the schema, normalised. RFC 7643 §2, §4.1, §4.2.
//!
//! Names take the case of the schema, values stay verbatim (a provider that reads back something else than it wrote
//! writes for ever). What only the server writes is dropped, `password` is forgotten, null and empty lists are absent.
//! What providers get wrong is taken as it was meant where the dialect has the switch for it ([`super::dialect`]; their
//! requests are in `tests/data/idp`).

mod custom;
mod group;
mod immutable;
mod members;
mod multi;
mod place;
mod reader;
#[cfg(test)]
pub(in crate::scim) mod tests;
mod user;
mod value;

pub use custom::Resource;
pub use group::Group;
pub use immutable::check_immutable;
pub use members::{into_member_ids, member_ids};
pub use multi::settle;
pub use place::Place;
pub use reader::{check_depth, check_sent_depth, deeper_than, finish};
pub use user::User;
pub use value::{kind_of, read_attribute, read_value};

/// How deep a body may nest.
pub const DEPTH_MAX: usize = 32;
/// How many values a multi-valued attribute of a user may have; members of groups are not counted here.
pub const VALUES_MAX: usize = 1_000;
