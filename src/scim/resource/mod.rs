//! Users and groups as clients write them: read, checked against the schema, normalised. RFC 7643 §2, §4.1, §4.2.
//!
//! Names take the case of the schema, values stay verbatim (a provider that reads back something else than it wrote
//! writes for ever). What only the server writes is dropped, `password` is forgotten, null and empty lists are absent.
//! Unless reading is strict, what providers get wrong is taken as it was meant (their requests are in
//! `tests/data/idp`), and what the schema does not know is left out.

mod group;
mod members;
mod multi;
mod place;
mod reader;
#[cfg(test)]
pub(in crate::scim) mod tests;
mod user;
mod value;

pub use group::Group;
pub use members::member_ids;
pub use multi::settle;
pub use place::Place;
pub use reader::{check_depth, finish};
pub use user::User;
pub use value::{read_attribute, read_value};

/// How deep a body may nest.
pub const DEPTH_MAX: usize = 32;
/// How many values a multi-valued attribute of a user may have; members of groups are not counted here.
pub const VALUES_MAX: usize = 1_000;

/// How tolerant reading is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Reading {
    /// Refuses what the RFC does not allow, also where a provider is known to send it.
    pub strict: bool,
}
