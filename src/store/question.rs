//! What a store can be asked, whichever engine keeps it.

use super::row::{GroupId, GroupRow, UserId, UserRow};
use crate::access::GroupFacts;
use crate::config::{ProvisioningCounts, TokenUse, UserCounts};
use crate::scim::Reference;

/// Which users to look at; an index serves each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UserSelect {
    /// All of them.
    All,
    /// Those with larger ids than this, in the order of ids.
    After(UserId),
    /// The one of this id.
    Id(UserId),
    /// The one of this folded user name.
    Name(String),
    /// Those of this external id.
    ExternalId(String),
    /// None: the id asked for cannot exist.
    Nobody,
}

/// Which groups to look at; an index serves each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GroupSelect {
    /// All of them.
    All,
    /// The one of this id.
    Id(GroupId),
    /// The one of this folded name.
    Name(String),
    /// Those of this external id.
    ExternalId(String),
    /// Those the user is a member of.
    Member(UserId),
    /// This one, if the user is a member of it.
    IdWithMember(GroupId, UserId),
    /// None: the id asked for cannot exist.
    Nothing,
}

/// Which of the matching resources to answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// How many to pass over.
    pub offset: u64,
    /// How many to answer at most.
    pub limit: u64,
}

/// A user and, where they were asked for, the groups it is in.
pub type ListedUser = (UserRow, Vec<GroupFacts>);
/// A group and, where they were asked for, its members.
pub type ListedGroup = (GroupRow, Option<Vec<Reference>>);

/// Whether a resource belongs into the answer.
pub type Keep<T> = Box<dyn Fn(&T) -> bool + Send + Sync>;

/// Counts of what the store holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Figures {
    /// People.
    pub users: UserCounts,
    /// Groups.
    pub groups: u64,
    /// People whose evaluation is queued.
    pub pending: u64,
    /// What the provider did.
    pub provisioning: ProvisioningCounts,
    /// Last use per token.
    pub tokens: Vec<TokenUse>,
}
