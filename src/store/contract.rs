//! The contract every engine keeps: decide once, purely, from facts; write the effects in the same transaction.
//!
//! `decide` is repeatable: an engine may call it again with more facts, or after a retry, and it must answer the same
//! for the same facts. Facts never contain a group's whole member list unless it is shorter than
//! [`EVALUATED_AT_ONCE_MAX`](crate::directory::EVALUATED_AT_ONCE_MAX), or all of it is replaced: then who leaves.

use super::row::{
    Account, AccountKey, Counter, FailedRow, GroupId, GroupRow, Identity, IdentityKey, Record, ResourceId, ResourceKey,
    ResourceRow, RunRow, UserFacts, UserId, UserRow,
};
use crate::access::{GroupSelector, RuleSet, TenantAccess};
use crate::config::{Document, Enforced, TokenUse, UserChange, Verifier, Waiting};
use crate::scim::Types;
use indexmap::{IndexMap, IndexSet};
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use uuid::Uuid;

/// Failed events that are kept at most; the oldest go first.
pub const FAILED_KEPT: u32 = 1_000;

/// A change to the store, decided purely.
pub trait Change: Send + Sync + 'static {
    /// What the caller is answered.
    type Outcome: Send + 'static;
    /// The lease under which this is done; when another process has it by now, nothing is written
    /// ([`StoreError::LeaseLost`](super::StoreError::LeaseLost)).
    fn fence(&self) -> Option<&Fence> {
        None
    }
    /// What must be loaded before the first [`Change::decide`].
    fn needs(&self) -> Needs;
    /// Decides from the facts: more facts, or what to write and answer.
    fn decide(&self, facts: &Facts) -> Decision<Self::Outcome>;
}

/// What a change answers when asked.
#[derive(Debug)]
pub enum Decision<O> {
    /// Load these as well and ask again.
    More(Box<Needs>),
    /// Write these (perhaps nothing), then answer.
    Done(Effects, O),
}

/// A lease as it was taken: its work is refused once the epoch has passed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fence {
    /// Which lease.
    pub lease: &'static str,
    /// Who took it.
    pub holder: String,
    /// Which time it was taken; grows whenever it changes hands.
    pub epoch: u64,
}

/// How the configuration in force is held while a change is decided and written.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Hold {
    /// Another one may come into force meanwhile.
    #[default]
    Free,
    /// It stays as it is.
    Shared,
    /// It will be replaced: nobody else holds it.
    Alone,
}

/// What to load, and what must stand still until the change is written.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Needs {
    /// How the configuration is held.
    pub configuration: Hold,
    /// The group whose attributes, existence or whole membership this change decides: nobody changes its members
    /// meanwhile.
    pub alone: Option<GroupId>,
    /// Users by id, with memberships and grants.
    pub users: BTreeSet<UserId>,
    /// Who bears these folded user names.
    pub user_names: BTreeSet<String>,
    /// Groups by id.
    pub groups: BTreeSet<GroupId>,
    /// Which groups bear these folded names.
    pub group_names: BTreeSet<String>,
    /// Resources of defined types by id.
    pub resources: BTreeSet<ResourceId>,
    /// Which resources have these values in unique attributes.
    pub resource_keys: BTreeSet<ResourceKey>,
    /// What a change of members comes to.
    pub delta: Option<MemberIds>,
    /// The first members of a group, and whether there are more than `limit`.
    pub members: Option<(GroupId, usize)>,
    /// A run by uid, and every run of a name.
    pub run: Option<(String, String)>,
    /// Whether what those runs cover is read too; it can be long. Else [`RunRow::covers`] is empty.
    pub covers: bool,
    /// Accounts of people who are no SCIM users.
    pub accounts: BTreeSet<AccountKey>,
    /// Who has signed in.
    pub identities: BTreeSet<IdentityKey>,
    /// Whether any user holds something that no rule gave.
    pub by_hand: bool,
}

/// A change of a group's members, as asked for: from the current ones (or none), remove, then add.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct MemberIds {
    /// The group; need not exist yet.
    pub group: Option<GroupId>,
    /// Start from none.
    pub clear: bool,
    /// To be members afterwards.
    pub add: IndexSet<UserId>,
    /// Not to be members afterwards.
    pub remove: IndexSet<UserId>,
}

/// What a change of members comes to: who really joins and who really leaves.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Delta {
    /// Were no members, will be.
    pub joined: Vec<UserId>,
    /// Were members, will not be.
    pub left: Vec<UserId>,
    /// Asked to be added, but nobody has this id.
    pub unknown: Vec<UserId>,
}

/// What was loaded. A key that was asked for is present, with `None` where there is nothing.
#[derive(Debug, Clone)]
pub struct Facts {
    /// The configuration in force.
    pub config: Arc<InForce>,
    /// See [`Needs::configuration`].
    pub configuration: Hold,
    /// See [`Needs::alone`].
    pub alone: Option<GroupId>,
    /// Users by id.
    pub users: BTreeMap<UserId, Option<UserFacts>>,
    /// Bearers of user names.
    pub user_names: BTreeMap<String, Option<UserId>>,
    /// Groups by id.
    pub groups: BTreeMap<GroupId, Option<GroupRow>>,
    /// Bearers of group names.
    pub group_names: BTreeMap<String, Option<GroupId>>,
    /// Resources of defined types by id.
    pub resources: BTreeMap<ResourceId, Option<ResourceRow>>,
    /// Bearers of values in unique attributes.
    pub resource_keys: BTreeMap<ResourceKey, Option<ResourceId>>,
    /// See [`Needs::delta`].
    pub delta: Option<Delta>,
    /// See [`Needs::members`]: the ids, and whether there are more.
    pub members: Option<(Vec<UserId>, bool)>,
    /// See [`Needs::run`], newest first.
    pub runs: Option<Vec<RunRow>>,
    /// Accounts of people who are no SCIM users.
    pub accounts: BTreeMap<AccountKey, Option<Account>>,
    /// Who has signed in.
    pub identities: BTreeMap<IdentityKey, Option<Identity>>,
    /// See [`Needs::by_hand`].
    pub by_hand: Option<bool>,
}

/// The configuration in force and what is made of it once.
#[derive(Debug, Clone)]
pub struct InForce {
    /// Its revision; 0 = nothing published yet.
    pub revision: u64,
    /// [`Document::content_hash`]; empty at revision 0.
    pub content_hash: String,
    /// The highest writer's epoch seen.
    pub epoch: u64,
    /// Absent at revision 0.
    pub document: Option<Document>,
    /// What of it is in force: all of it but changes that the guard has not let through.
    pub enforced: Enforced,
    /// The rules in force, ready to be evaluated.
    pub rules: RuleSet,
    /// The resource types that the document defines, beside the built-in ones.
    pub types: Types,
    /// The document's tokens by id.
    pub verifiers: IndexMap<String, Verifier>,
}

/// What a change writes.
#[derive(Debug, Default, Clone)]
pub struct Effects {
    /// In this order.
    pub writes: Vec<Write>,
    /// The transaction's record; `None` when nothing happened that anybody could ask about.
    pub record: Option<Record>,
}

/// One write.
#[derive(Debug, Clone)]
pub enum Write {
    /// A new user.
    InsertUser(UserRow),
    /// A user's new attributes.
    UpdateUser(UserRow),
    /// A user, with memberships, grants, queued evaluation and what bound it to somebody who signs in.
    DeleteUser(UserId),
    /// A new group.
    InsertGroup(GroupRow),
    /// A group's new attributes and version.
    UpdateGroup(GroupRow),
    /// A group's members changed, nothing else of it: its version grows by one, its time of change moves on to this.
    TouchGroup(GroupId, Timestamp),
    /// A group and its memberships.
    DeleteGroup(GroupId),
    /// Rules cannot name a group by this key (a folded name, or an id behind U+0001) any more, by the record of this
    /// id. Whatever else a
    /// group is known by may stand here too: to the store it is a text of any length.
    NameGone(String, Uuid),
    /// A new resource of a defined type. With a key that another one has, nothing of the change is written: several
    /// processes may have decided at once, and it is decided again.
    InsertResource(ResourceRow),
    /// A resource's new attributes and keys; the same holds.
    UpdateResource(ResourceRow),
    /// A resource and its keys.
    DeleteResource(ResourceId),
    /// New members, by the record of this id; those who are members already stay as they are.
    AddMembers(GroupId, Vec<UserId>, Uuid),
    /// Members who leave, by the record of this id, which is kept as what made each of them leave.
    RemoveMembers(GroupId, Vec<UserId>, Uuid),
    /// The record of this id made the user active or inactive.
    PutStatus(UserId, Uuid),
    /// An account as it now stands, new or not. With a name that another account has, nothing of the change is written,
    /// and it is decided again.
    PutAccount(Account),
    /// An account is gone, or has become a user; what bound it to somebody who signs in goes with it.
    DeleteAccount(UserId),
    /// Whom a subject stands for, replacing what the user or account had. With a subject that stands for somebody else,
    /// nothing of the change is written, and it is decided again.
    PutIdentity(Identity),
    /// Every session of the person ends; whom the subject stands for stays.
    EndSessions(UserId),
    /// A user's grants, replacing all earlier ones.
    PutGrants {
        /// Whose.
        user: UserId,
        /// Held before; tells the engine which holdings go.
        before: Vec<TenantAccess>,
        /// Held from now on.
        after: Vec<TenantAccess>,
    },
    /// The rules were applied to a user.
    Evaluated {
        /// Whose.
        user: UserId,
        /// When.
        at: Timestamp,
        /// Whether a queued evaluation is hereby done: the one that the loaded facts say waits. Whoever is queued again
        /// meanwhile waits still.
        was_pending: bool,
    },
    /// Every member of a group waits for an evaluation.
    QueueMembers(GroupId),
    /// These users wait for an evaluation.
    QueueUsers(Vec<UserId>),
    /// This user, who is gone, waits for no evaluation any more.
    Unqueue(UserId),
    /// A new configuration.
    PutConfig {
        /// It, complete with its revision.
        config: Arc<InForce>,
        /// The rules whose content differs from the configuration before.
        changed: Vec<RuleChange>,
        /// When it was published.
        at: Timestamp,
    },
    /// A new run.
    InsertRun(RunRow),
    /// A run's phase, progress, result, cursor, and by what it was weighed; what it covers is fixed by its start.
    UpdateRun(RunRow),
    /// Fixes whom a run evaluates, counts them, and notes the rules' content.
    StartRun {
        /// The run.
        run: RunRow,
        /// The groups its rules name now.
        selectors: Vec<GroupSelector>,
    },
    /// The rules a run covered have reached everybody.
    MarkSynced {
        /// The run.
        run: RunRow,
        /// The hash of the ladder at its start.
        roles: String,
        /// The selectors of the covered rules that still exist, by name.
        selectors: Vec<(String, GroupSelector)>,
    },
    /// Whom a run changed, or would change; those that are noted for it already stay.
    PutRunChanges(String, Vec<UserChange>),
    /// What was noted of whom a run would change counts no more: it is weighed anew, or begins.
    ForgetRunChanges(String),
    /// Everybody who was there at this time has been evaluated then or later: a full run came to its end.
    AllEvaluated(Timestamp),
    /// A failed event as it now stands, new or not. The oldest go when there are more than [`FAILED_KEPT`].
    PutFailed(FailedRow),
    /// Failed events that are over, by id.
    DeleteFailed(Vec<Uuid>),
    /// One more of something.
    Count(Counter),
    /// What was counted in memory since the last time.
    Uses {
        /// Last use per token.
        tokens: Vec<TokenUse>,
        /// Requests refused.
        refused: u64,
        /// The provider's last authorised request.
        last_request: Option<Timestamp>,
    },
}

/// A rule whose content differs between two configurations, or the ladder under it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleChange {
    /// Its name.
    pub name: String,
    /// The hash of the new content; `None` = the rule is gone.
    pub hash: Option<String>,
    /// Whether its content differs; else the ladder of roles does, and nothing of the rule.
    pub content: bool,
    /// The hash of the ladder of roles.
    pub roles: String,
    /// The group named before, where the rule existed.
    pub before: Option<GroupSelector>,
    /// The group named now, where the rule exists.
    pub after: Option<GroupSelector>,
}

impl Needs {
    /// Whether there is nothing to load.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// These and those.
    pub fn join(&mut self, other: Needs) {
        let Self {
            configuration,
            alone,
            users,
            user_names,
            groups,
            group_names,
            resources,
            resource_keys,
            delta,
            members,
            run,
            covers,
            accounts,
            identities,
            by_hand,
        } = other;
        self.configuration = self.configuration.max(configuration);
        self.alone = alone.or(self.alone);
        self.users.extend(users);
        self.user_names.extend(user_names);
        self.groups.extend(groups);
        self.group_names.extend(group_names);
        self.resources.extend(resources);
        self.resource_keys.extend(resource_keys);
        self.delta = delta.or(self.delta.take());
        self.members = members.or(self.members.take());
        self.run = run.or(self.run.take());
        self.covers |= covers;
        self.accounts.extend(accounts);
        self.identities.extend(identities);
        self.by_hand |= by_hand;
    }
}

impl Facts {
    /// Nothing loaded yet.
    pub fn new(config: Arc<InForce>) -> Self {
        Self {
            config,
            configuration: Hold::Free,
            alone: None,
            users: BTreeMap::new(),
            user_names: BTreeMap::new(),
            groups: BTreeMap::new(),
            group_names: BTreeMap::new(),
            resources: BTreeMap::new(),
            resource_keys: BTreeMap::new(),
            delta: None,
            members: None,
            runs: None,
            accounts: BTreeMap::new(),
            identities: BTreeMap::new(),
            by_hand: None,
        }
    }

    /// A user that was asked for; `None` when there is none of this id.
    pub fn user(&self, id: UserId) -> Option<&UserFacts> {
        self.users.get(&id).and_then(Option::as_ref)
    }

    /// A group that was asked for; `None` when there is none of this id.
    pub fn group(&self, id: GroupId) -> Option<&GroupRow> {
        self.groups.get(&id).and_then(Option::as_ref)
    }

    /// A resource that was asked for; `None` when there is none of this id.
    pub fn resource(&self, id: ResourceId) -> Option<&ResourceRow> {
        self.resources.get(&id).and_then(Option::as_ref)
    }
}

impl InForce {
    /// Nothing published yet.
    pub fn empty() -> Self {
        Self {
            revision: 0,
            content_hash: String::new(),
            epoch: 0,
            document: None,
            enforced: Enforced::default(),
            rules: RuleSet::default(),
            types: Types::default(),
            verifiers: IndexMap::new(),
        }
    }

    /// A published document of which everything is in force, made ready.
    pub fn new(revision: u64, content_hash: String, epoch: u64, document: Document) -> Self {
        let enforced = Enforced::all_of(&document);
        Self::enforcing(revision, content_hash, epoch, document, enforced)
    }

    /// A published document and what of it is in force, made ready.
    pub fn enforcing(revision: u64, content_hash: String, epoch: u64, document: Document, enforced: Enforced) -> Self {
        Self {
            revision,
            content_hash,
            epoch,
            rules: RuleSet::compile(&enforced.rules, &enforced.roles),
            enforced,
            types: types(&document),
            verifiers: document.verifiers.iter().map(|v| (v.token_id.clone(), v.clone())).collect(),
            document: Some(document),
        }
    }

    /// What to keep beside the document: `None` = everything is in force.
    pub fn kept_enforced(&self) -> Option<&Enforced> {
        let document = self.document.as_ref()?;
        (self.enforced != Enforced::all_of(document)).then_some(&self.enforced)
    }

    /// The changes that were published and are not in force.
    pub fn waiting(&self) -> Waiting {
        self.document.as_ref().map(|document| self.enforced.waiting(document)).unwrap_or_default()
    }
}

/// Definitions are judged before they are published. One that an earlier program took and this one does not leaves the
/// built-in types: users and groups go on.
fn types(document: &Document) -> Types {
    Types::compile(&document.profile.schemas, &document.profile.resource_types).unwrap_or_else(|problems| {
        let problems: Vec<String> = problems.iter().map(|p| format!("{}: {}", p.place, p.message)).collect();
        tracing::error!(?problems, "the defined types are not served: this program does not take their definitions");
        Types::default()
    })
}
