//! The store of a directory, whichever engine keeps it. No more than the choice: each call goes to the engine as it is.

use super::contract::{Change, Fence, InForce};
use super::error::StoreError;
#[cfg(test)]
use super::model::ModelStore;
use super::postgres::{Address, PostgresStore};
use super::question::{
    Among, Each, Figures, Found, GroupSelect, Keep, ListedGroup, ListedUser, Page, ResourceSelect, UserSelect,
};
use super::row::{
    AccessFacts, Account, AccountKey, Causes, Extent, FailedRow, GroupId, Identity, IdentityKey, KeptRecord,
    ResourceId, ResourceRow, RunRow, StoredRuleState, UserId, UserSummary,
};
use super::sqlite::SqliteStore;
use crate::access::GroupSelector;
use crate::config::{AuditRetention, UserChange};
use crate::scim::Reference;
use jiff::Timestamp;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use uuid::Uuid;

/// Where a store is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Location {
    /// SQLite in this folder; made when missing, locked while open.
    Folder(PathBuf),
    /// A PostgreSQL database, shared with other processes.
    Database(Address),
}

/// An open store. Cheap to clone; all clones are the same store.
#[derive(Clone)]
pub enum Store {
    /// SQLite, one process.
    Sqlite(SqliteStore),
    /// PostgreSQL, several processes.
    Postgres(PostgresStore),
    /// In memory, to compare the others with.
    #[cfg(test)]
    Model(ModelStore),
}

/// Calls the same method of whichever engine it is.
macro_rules! engine {
    ($store:expr, $engine:ident => $call:expr) => {
        match $store {
            Store::Sqlite($engine) => $call,
            Store::Postgres($engine) => $call,
            #[cfg(test)]
            Store::Model($engine) => $call,
        }
    };
}

impl Store {
    /// Opens the store, making it where there is none.
    pub async fn open(location: &Location) -> Result<Self, StoreError> {
        match location {
            Location::Folder(data) => SqliteStore::open(data).await.map(Self::Sqlite),
            Location::Database(address) => PostgresStore::open(address).await.map(Self::Postgres),
        }
    }

    /// Identifies this store; made with it, kept in it.
    pub fn store_id(&self) -> &str {
        engine!(self, engine => engine.store_id())
    }

    /// 32 random bytes, made with the store and kept in it.
    pub fn secret(&self) -> &[u8; 32] {
        engine!(self, engine => engine.secret())
    }

    /// How many members a group has.
    pub async fn member_count(&self, group: GroupId) -> Result<u64, StoreError> {
        engine!(self, engine => engine.member_count(group).await)
    }

    /// The configuration in force, as last seen. Reading it takes no lock.
    pub fn in_force(&self) -> Arc<InForce> {
        engine!(self, engine => engine.in_force())
    }

    /// Whether [`Store::in_force`] is recent enough to let anybody in by it: a revocation may have been published
    /// elsewhere meanwhile.
    pub fn is_current(&self) -> bool {
        match self {
            Self::Sqlite(_) => true,
            Self::Postgres(engine) => engine.is_current(),
            #[cfg(test)]
            Self::Model(_) => true,
        }
    }

    /// Counts what other processes did that somebody may wait for; `None` when there are no others.
    pub fn elsewhere(&self) -> Option<watch::Receiver<u64>> {
        match self {
            Self::Sqlite(_) => None,
            Self::Postgres(engine) => Some(engine.elsewhere()),
            #[cfg(test)]
            Self::Model(_) => None,
        }
    }

    /// Carries out a change in one durable transaction and answers its outcome.
    pub async fn transact<C: Change>(&self, change: C) -> Result<C::Outcome, StoreError> {
        engine!(self, engine => engine.transact(change).await)
    }

    /// Takes or prolongs a lease of this process for `time`; `None` while another process has it.
    pub async fn lease(&self, lease: &'static str, time: Duration) -> Result<Option<Fence>, StoreError> {
        match self {
            Self::Sqlite(_) => Ok(Some(Fence { lease, holder: String::new(), epoch: 0 })),
            Self::Postgres(engine) => engine.lease(lease, time).await,
            #[cfg(test)]
            Self::Model(_) => Ok(Some(Fence { lease, holder: String::new(), epoch: 0 })),
        }
    }

    /// Completes when every change that was begun before has ended, wherever it was begun: what is read afterwards is
    /// changed no more by whoever went by an earlier configuration than the one in force now.
    pub async fn quiesce(&self) -> Result<(), StoreError> {
        match self {
            // The writer decides and commits one change after the other.
            Self::Sqlite(_) => Ok(()),
            Self::Postgres(engine) => engine.quiesce().await,
            #[cfg(test)]
            Self::Model(_) => Ok(()),
        }
    }

    /// Gives up whatever leases this process has, so that nobody has to wait for their end.
    pub async fn release(&self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(_) => Ok(()),
            Self::Postgres(engine) => engine.release().await,
            #[cfg(test)]
            Self::Model(_) => Ok(()),
        }
    }

    /// Finishes what was accepted and closes. Later writes answer [`StoreError::Closed`].
    pub async fn close(&self) {
        engine!(self, engine => engine.close().await);
    }

    /// Completes when the engine has ended by itself or was closed.
    pub async fn ended(&self) {
        engine!(self, engine => engine.ended().await);
    }

    /// One user with the groups it is in.
    pub async fn user(&self, id: UserId) -> Result<Option<ListedUser>, StoreError> {
        engine!(self, engine => engine.user(id).await)
    }

    /// One group; its members only when asked for.
    pub async fn group(&self, id: GroupId, members: bool) -> Result<Option<ListedGroup>, StoreError> {
        engine!(self, engine => engine.group(id, members).await)
    }

    /// The next members of a group behind `after`, at most `limit`, in the order of ids; fewer only at the end.
    ///
    /// Each call is a read of its own, so that a group of any size is gone through in little memory: somebody who joins
    /// or leaves meanwhile may be among them or not; nobody else is skipped or repeated.
    pub async fn members(
        &self,
        group: GroupId,
        after: Option<UserId>,
        limit: u32,
    ) -> Result<Vec<Reference>, StoreError> {
        engine!(self, engine => engine.members(group, after, limit).await)
    }

    /// The page of the users that are selected and kept. `keep` sees each user with its groups when `groups` is set.
    pub async fn users(
        &self,
        select: UserSelect,
        page: Page,
        groups: bool,
        keep: Option<Keep<ListedUser>>,
    ) -> Result<Found<ListedUser>, StoreError> {
        engine!(self, engine => engine.users(select, page, groups, keep).await)
    }

    /// The page of the groups that are selected and kept. `keep` sees each one with its members when `members` is set.
    pub async fn groups(
        &self,
        select: GroupSelect,
        page: Page,
        members: bool,
        keep: Option<Keep<ListedGroup>>,
    ) -> Result<Found<ListedGroup>, StoreError> {
        engine!(self, engine => engine.groups(select, page, members, keep).await)
    }

    /// Goes once through all users that are selected, in the order of ids, without keeping them: what `each` has made
    /// of them. A list in another order is made so: their sort keys and ids first, then [`Store::users_by_ids`].
    pub async fn users_all<A: Default + Send + 'static>(
        &self,
        select: UserSelect,
        groups: bool,
        each: Each<ListedUser, A>,
    ) -> Result<A, StoreError> {
        engine!(self, engine => engine.users_all(select, groups, each).await)
    }

    /// The same with groups.
    pub async fn groups_all<A: Default + Send + 'static>(
        &self,
        select: GroupSelect,
        members: bool,
        each: Each<ListedGroup, A>,
    ) -> Result<A, StoreError> {
        engine!(self, engine => engine.groups_all(select, members, each).await)
    }

    /// These users, in the order asked; whoever is gone is left out.
    pub async fn users_by_ids(&self, ids: Vec<UserId>, groups: bool) -> Result<Vec<ListedUser>, StoreError> {
        engine!(self, engine => engine.users_by_ids(ids, groups).await)
    }

    /// These groups, in the order asked; whichever is gone is left out.
    pub async fn groups_by_ids(&self, ids: Vec<GroupId>, members: bool) -> Result<Vec<ListedGroup>, StoreError> {
        engine!(self, engine => engine.groups_by_ids(ids, members).await)
    }

    /// One resource of a defined type; `None` also when it is of another type.
    pub async fn resource(&self, kind: &str, id: ResourceId) -> Result<Option<ResourceRow>, StoreError> {
        engine!(self, engine => engine.resource(kind, id).await)
    }

    /// The page of the resources of a defined type that are selected and kept.
    pub async fn resources(
        &self,
        kind: &str,
        select: ResourceSelect,
        page: Page,
        keep: Option<Keep<ResourceRow>>,
    ) -> Result<Found<ResourceRow>, StoreError> {
        engine!(self, engine => engine.resources(kind, select, page, keep).await)
    }

    /// As [`Store::users_all`], with the resources of a defined type.
    pub async fn resources_all<A: Default + Send + 'static>(
        &self,
        kind: &str,
        select: ResourceSelect,
        each: Each<ResourceRow, A>,
    ) -> Result<A, StoreError> {
        engine!(self, engine => engine.resources_all(kind, select, each).await)
    }

    /// These resources of a defined type, in the order asked; whichever is gone, or of another type, is left out.
    pub async fn resources_by_ids(&self, kind: &str, ids: Vec<ResourceId>) -> Result<Vec<ResourceRow>, StoreError> {
        engine!(self, engine => engine.resources_by_ids(kind, ids).await)
    }

    /// The first `limit` of the selected and kept users in the order of ids, with what the access view shows.
    pub async fn summaries(
        &self,
        select: UserSelect,
        limit: u64,
        keep: Option<Keep<UserSummary>>,
    ) -> Result<Vec<UserSummary>, StoreError> {
        engine!(self, engine => engine.summaries(select, limit, keep).await)
    }

    /// Counts of what the store holds.
    pub async fn figures(&self) -> Result<Figures, StoreError> {
        engine!(self, engine => engine.figures().await)
    }

    /// How far rules have come, and the group each selector names now, in the order asked.
    pub async fn rules(
        &self,
        selectors: Vec<GroupSelector>,
    ) -> Result<(Vec<StoredRuleState>, Vec<Option<GroupId>>), StoreError> {
        engine!(self, engine => engine.rules(selectors).await)
    }

    /// The run to work on, if any: one that has begun, else the oldest that waits.
    pub async fn next_run(&self) -> Result<Option<RunRow>, StoreError> {
        engine!(self, engine => engine.next_run().await)
    }

    /// Runs, newest first; `unfinished` leaves the final ones out.
    pub async fn runs(&self, unfinished: bool) -> Result<Vec<RunRow>, StoreError> {
        engine!(self, engine => engine.runs(unfinished).await)
    }

    /// The run of this uid and all of this name, newest first.
    pub async fn runs_of(&self, uid: &str, name: &str) -> Result<Vec<RunRow>, StoreError> {
        engine!(self, engine => engine.runs_of(uid, name).await)
    }

    /// The next users of a run after its cursor.
    pub async fn run_users(&self, run: RunRow, limit: u32) -> Result<Vec<UserId>, StoreError> {
        engine!(self, engine => engine.run_users(run, limit).await)
    }

    /// The ids of the people a pass is about, in order.
    pub async fn people(&self, among: Among) -> Result<Vec<UserId>, StoreError> {
        engine!(self, engine => engine.people(among).await)
    }

    /// What a pass needs of these people, in the order asked; whoever is gone is left out.
    pub async fn access_facts(&self, ids: Vec<UserId>) -> Result<Vec<AccessFacts>, StoreError> {
        engine!(self, engine => engine.access_facts(ids).await)
    }

    /// How many people whose account may be used hold exactly this role in this tenant.
    pub async fn active_holders(&self, tenant: &str, role: &str) -> Result<u64, StoreError> {
        engine!(self, engine => engine.active_holders(tenant, role).await)
    }

    /// Whom a run changed, or would change: the first `limit` behind `after`, by id.
    pub async fn run_changes(
        &self,
        uid: &str,
        after: Option<UserId>,
        limit: u32,
    ) -> Result<Vec<UserChange>, StoreError> {
        engine!(self, engine => engine.run_changes(uid, after, limit).await)
    }

    /// One account.
    pub async fn account(&self, key: AccountKey) -> Result<Option<Account>, StoreError> {
        engine!(self, engine => engine.account(key).await)
    }

    /// The first `limit` accounts behind `after`, by id.
    pub async fn accounts(&self, after: Option<UserId>, limit: u32) -> Result<Vec<Account>, StoreError> {
        engine!(self, engine => engine.accounts(after, limit).await)
    }

    /// Whom a subject of the identity provider stands for, or by what somebody signs in.
    pub async fn identity(&self, key: IdentityKey) -> Result<Option<Identity>, StoreError> {
        engine!(self, engine => engine.identity(key).await)
    }

    /// The first `limit` failed events before `before` (all without it), the newest first.
    pub async fn failed(&self, before: Option<Uuid>, limit: u32) -> Result<Vec<FailedRow>, StoreError> {
        engine!(self, engine => engine.failed(before, limit).await)
    }

    /// One failed event.
    pub async fn failed_by_id(&self, id: Uuid) -> Result<Option<FailedRow>, StoreError> {
        engine!(self, engine => engine.failed_by_id(id).await)
    }

    /// The failed events about these subjects, oldest first.
    pub async fn failed_about(&self, subjects: Vec<String>) -> Result<Vec<FailedRow>, StoreError> {
        engine!(self, engine => engine.failed_about(subjects).await)
    }

    /// What made a user's part in these groups what it is; `names` are folded names that no group may bear now, and
    /// whatever else [`Write::NameGone`](super::Write::NameGone) was told.
    pub async fn causes(&self, user: UserId, groups: Vec<GroupId>, names: Vec<String>) -> Result<Causes, StoreError> {
        engine!(self, engine => engine.causes(user, groups, names).await)
    }

    /// The first `limit` records behind a number, in their order. Where several processes write, a record is numbered
    /// up to a second after it was committed.
    pub async fn records(&self, after: u64, limit: u32) -> Result<Vec<KeptRecord>, StoreError> {
        engine!(self, engine => engine.records(after, limit).await)
    }

    /// The bodies of these records, numbered or not; what is not kept any more is left out.
    pub async fn records_by_id(&self, ids: Vec<Uuid>) -> Result<Vec<(Uuid, String)>, StoreError> {
        engine!(self, engine => engine.records_by_id(ids).await)
    }

    /// The number of the last record that is known to be there; moves on with every one that is appended, at most a
    /// second behind where several processes write.
    pub fn appended(&self) -> watch::Receiver<u64> {
        engine!(self, engine => engine.appended())
    }

    /// Where the kept records begin and end.
    pub async fn extent(&self) -> Result<Extent, StoreError> {
        engine!(self, engine => engine.extent().await)
    }

    /// Cuts the oldest records off as far as `keep` says, and puts that on record; how many went. Never the last one,
    /// never more than a bounded number at once: call again while something went.
    pub async fn cut(&self, keep: AuditRetention, now: Timestamp) -> Result<u64, StoreError> {
        engine!(self, engine => engine.cut(keep, now).await)
    }

    /// The first users whose evaluation is queued.
    pub async fn pending_users(&self, limit: u32) -> Result<Vec<UserId>, StoreError> {
        engine!(self, engine => engine.pending_users(limit).await)
    }
}
