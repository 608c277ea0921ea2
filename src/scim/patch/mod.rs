//! PATCH. RFC 7644 §3.5.2.

use super::{Error, Group, Reading, User};
use indexmap::IndexSet;
use serde_json::Value;

/// A parsed PatchOp message.
#[derive(Debug, Clone, PartialEq)]
pub struct Patch {}

/// What a PATCH does to a group's members, the order of operations folded away: start from the current members
/// (`clear` = false) or from none (`clear` = true), then take away `remove`, then put in `add`. The two are disjoint.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MembershipChange {
    /// Whether all current members go first.
    pub clear: bool,
    /// Ids that are members afterwards.
    pub add: IndexSet<String>,
    /// Ids that are no members afterwards.
    pub remove: IndexSet<String>,
}

impl MembershipChange {
    /// Whether nothing is asked for.
    pub fn is_empty(&self) -> bool {
        !self.clear && self.add.is_empty() && self.remove.is_empty()
    }
}

impl Patch {
    /// Reads a PatchOp message.
    pub fn read(_body: Value, _how: &Reading) -> Result<Self, Error> {
        Err(Error::not_implemented("PATCH is not served yet"))
    }

    /// The user after all operations, or the first error; an equal result is a no-op.
    pub fn apply_to_user(&self, _user: &User) -> Result<User, Error> {
        Err(Error::not_implemented("PATCH is not served yet"))
    }

    /// The group after all operations and what happens to its members, or the first error.
    pub fn apply_to_group(&self, _group: &Group) -> Result<(Group, MembershipChange), Error> {
        Err(Error::not_implemented("PATCH is not served yet"))
    }
}
