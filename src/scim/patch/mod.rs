//! PATCH: operations read, then applied to a user or a group, all or nothing. RFC 7644 §3.5.2; B011, B013, B050, B095.
//!
//! The shapes of Entra ID and Okta are taken as they were meant where the dialect has the switch: any case of `op`,
//! dotted and URN-prefixed keys, bare ids for objects, `""` for null, a value path that selects nothing and so makes a
//! value, and the removal of members by a list of them. Applying an operation that changes nothing gives an equal
//! resource.
//!
//! A group's members are not part of the group here. What the operations do to them is folded into one
//! [`MembershipChange`], so that a change of one member costs the same in a group of any size.

mod apply;
mod many;
#[cfg(test)]
mod member_tests;
mod membership;
mod message;
mod single;
#[cfg(test)]
mod tests;
mod write;

pub use membership::MembershipChange;
pub use message::URN as PATCH_URN;

use super::path::Path;
use super::resource::{VALUES_MAX, check_immutable, finish};
use super::{Attributes, Error, Group, Reading, Resource, ResourceKind, Sent, User};
use apply::Application;

/// How many operations a message may hold.
pub const OPERATIONS_MAX: usize = 10_000;
/// How many values of lists the operations of a message may look at together; members of groups are not counted.
pub const VALUES_LOOKED_AT_MAX: usize = 200_000;

const _: () = assert!(VALUES_LOOKED_AT_MAX > OPERATIONS_MAX && VALUES_LOOKED_AT_MAX > 100 * VALUES_MAX);

/// A parsed PatchOp message.
#[derive(Debug, Clone, PartialEq)]
pub struct Patch {
    kind: ResourceKind,
    operations: Vec<Operation>,
    how: Reading,
}

/// One operation.
#[derive(Debug, Clone, PartialEq)]
struct Operation {
    verb: Verb,
    path: Option<Path>,
    value: Option<Sent>,
}

/// What an operation does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verb {
    Add,
    Replace,
    Remove,
}

impl Patch {
    /// Reads a PatchOp message about a resource of this kind.
    ///
    /// # Errors
    /// 400 `invalidSyntax` when it is none; 400 `noTarget` for a removal without path; 413 above [`OPERATIONS_MAX`].
    pub fn read(body: impl Into<Sent>, kind: ResourceKind, how: &Reading) -> Result<Self, Error> {
        Ok(Self { kind, operations: message::read(body.into(), kind, how)?, how: how.clone() })
    }

    /// The user after all operations, or the first error; an equal result is a no-op.
    ///
    /// # Errors
    /// 400 with the keyword of RFC 7644 §3.5.2; the detail begins with the operation, counted from zero. 413 when the
    /// operations would look at more than [`VALUES_LOOKED_AT_MAX`] values of lists.
    pub fn apply_to_user(&self, user: &User) -> Result<User, Error> {
        Ok(User { attributes: self.applied(&user.attributes)?.0 })
    }

    /// The resource after all operations, or the first error.
    ///
    /// # Errors
    /// As [`Self::apply_to_user`].
    pub fn apply_to_resource(&self, resource: &Resource) -> Result<Resource, Error> {
        Ok(Resource { attributes: self.applied(&resource.attributes)?.0 })
    }

    /// The group after all operations and what happens to its members, or the first error.
    ///
    /// # Errors
    /// As [`Self::apply_to_user`].
    pub fn apply_to_group(&self, group: &Group) -> Result<(Group, MembershipChange), Error> {
        let (attributes, members) = self.applied(&group.attributes)?;
        Ok((Group { attributes }, members))
    }

    fn applied(&self, before: &Attributes) -> Result<(Attributes, MembershipChange), Error> {
        let mut application = Application::new(self.kind, before.clone(), self.how.clone());
        self.run(&mut application)?;
        let mut after = finish(self.kind, application.attributes)?;
        check_immutable(self.kind, before, &mut after, false)?;
        Ok((after, application.members))
    }

    fn run(&self, application: &mut Application) -> Result<(), Error> {
        for (index, operation) in self.operations.iter().enumerate() {
            application
                .run(operation)
                .map_err(|error| Error { detail: format!("Operations[{index}]: {}", error.detail), ..error })?;
        }
        Ok(())
    }
}
