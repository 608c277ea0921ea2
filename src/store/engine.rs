//! The store of a directory, whichever engine keeps it. No more than the choice: each call goes to the engine as it is.

use super::contract::{Change, Fence, InForce};
use super::error::StoreError;
#[cfg(test)]
use super::model::ModelStore;
use super::postgres::{Address, PostgresStore};
use super::question::{Figures, GroupSelect, Keep, ListedGroup, ListedUser, UserSelect, Window};
use super::row::{GroupId, RunRow, StoredRuleState, UserId, UserSummary};
use super::sqlite::SqliteStore;
use crate::access::GroupSelector;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

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

    /// The users in `window` of those that are selected and kept, in the order of ids, and how many there are in all.
    /// `keep` sees each user with its groups when `groups` is set.
    pub async fn users(
        &self,
        select: UserSelect,
        window: Window,
        groups: bool,
        keep: Option<Keep<ListedUser>>,
    ) -> Result<(Vec<ListedUser>, u64), StoreError> {
        engine!(self, engine => engine.users(select, window, groups, keep).await)
    }

    /// The groups in `window` of those that are selected and kept, in the order of ids, and how many there are in all.
    pub async fn groups(
        &self,
        select: GroupSelect,
        window: Window,
        members: bool,
        keep: Option<Keep<ListedGroup>>,
    ) -> Result<(Vec<ListedGroup>, u64), StoreError> {
        engine!(self, engine => engine.groups(select, window, members, keep).await)
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

    /// The run to work on, if any.
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

    /// The first users whose evaluation is queued.
    pub async fn pending_users(&self, limit: u32) -> Result<Vec<UserId>, StoreError> {
        engine!(self, engine => engine.pending_users(limit).await)
    }
}
