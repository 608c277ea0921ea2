//! What a store can be asked, whichever engine keeps it.

use super::row::{GroupId, GroupRow, ResourceId, ResourceRow, UserId, UserRow};
use crate::access::{GroupFacts, GroupSelector};
use crate::config::{ProvisioningCounts, TokenUse, UserCounts};
use crate::scim::Reference;
use std::ops::ControlFlow;
use uuid::Uuid;

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
    /// Those with an e-mail address of this key (see [`email_key`](super::email_key)): everybody who has the address,
    /// and whoever has one that differs only far behind. Look at the address too.
    Email(String),
    /// None: the id asked for cannot exist.
    Nobody,
}

/// Whom a pass of the rules is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Among {
    /// Everybody.
    All,
    /// Whoever holds something from these rules, and the members of these groups (reading 5): the groups that the
    /// selectors name now, and those that the rules named since they were last in sync.
    Affected {
        /// Rules by name, deleted ones too.
        rules: Vec<String>,
        /// Groups.
        selectors: Vec<GroupSelector>,
    },
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

/// Which resources of a defined type to look at; an index serves each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ResourceSelect {
    /// All of the type.
    All,
    /// The one of this id, if it is of the type.
    Id(ResourceId),
    /// Those of this external id.
    ExternalId(String),
    /// The one that has this value in this unique attribute (see [`ResourceRow::keys`]).
    Key(String, String),
    /// None: the id asked for cannot exist.
    Nothing,
}

/// Which of the matching resources to answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page {
    /// Where the page begins, or ends.
    pub start: Start,
    /// How many to answer at most.
    pub limit: u64,
    /// Whether to count all that match, wherever the page begins. With something to keep by that takes a look at every
    /// selected resource; without it the pass ends with the page.
    pub count_all: bool,
}

/// Where a page begins, in the order of ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// Behind so many matches. What others insert or delete meanwhile moves everything behind it.
    Offset(u64),
    /// Behind this id, which need not exist: nothing is skipped or repeated, whatever others do.
    After(Uuid),
    /// The last ones before this id, which need not exist; they are answered in the order of ids, too.
    Before(Uuid),
}

/// A page of what matches, in the order of ids.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found<T> {
    /// The page.
    pub rows: Vec<T>,
    /// How many match in all; `None` unless [`Page::count_all`].
    pub total: Option<u64>,
    /// Whether there are further matches behind the page; for [`Start::Before`], in front of it.
    pub more: bool,
}

/// A user and, where they were asked for, the groups it is in.
pub type ListedUser = (UserRow, Vec<GroupFacts>);
/// A group and, where they were asked for, its members.
pub type ListedGroup = (GroupRow, Option<Vec<Reference>>);

/// Whether a resource belongs into the answer.
pub type Keep<T> = Box<dyn Fn(&T) -> bool + Send + Sync>;

/// What a pass does with each resource it looks at: adds something to `A`, and says whether to go on. A pass that is
/// begun again begins with a new `A`.
pub type Each<T, A> = Box<dyn Fn(&mut A, T) -> ControlFlow<()> + Send + Sync>;

/// What a list is made of.
pub(super) trait Listed {
    /// By which it is in order.
    fn id(&self) -> Uuid;
}

impl Listed for ListedUser {
    fn id(&self) -> Uuid {
        self.0.id.0
    }
}

impl Listed for ListedGroup {
    fn id(&self) -> Uuid {
        self.0.id.0
    }
}

impl Listed for ResourceRow {
    fn id(&self) -> Uuid {
        self.id.0
    }
}

/// Counts of what the store holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Figures {
    /// People.
    pub users: UserCounts,
    /// Groups.
    pub groups: u64,
    /// People whose evaluation is queued.
    pub pending: u64,
    /// Failed events that are kept.
    pub failed: u64,
    /// What the provider did.
    pub provisioning: ProvisioningCounts,
    /// Last use per token.
    pub tokens: Vec<TokenUse>,
}
