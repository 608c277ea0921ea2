//! The engine for several processes: PostgreSQL at READ COMMITTED, with the locks that keep what people hold.
//!
//! READ COMMITTED alone loses grants: two sessions that add one user to two groups would each evaluate without the
//! other's membership, and nothing would raise an error. So a write locks the group (with others; alone for what
//! changes the group itself), then the users it names in the order of ids, and reads memberships after that. It reads
//! the configuration's revision after its locks too, and decides again when its own is old (C011, B065).
//!
//! Nothing is acknowledged before its commit is; one that was cut while it committed is asked after by its record's id.

mod account;
mod address;
mod ask;
mod audit;
mod blocks;
mod cause;
mod config;
mod connection;
mod cut;
mod effects;
mod erase;
mod facts;
mod failed;
mod follow;
mod gate;
mod group;
mod identity;
mod lease;
mod list;
mod migrate;
mod pass;
mod record;
mod resource;
mod row;
mod rule;
mod run;
mod sequencer;
mod setback;
mod state;
mod statement;
mod transaction;
mod user;

pub use address::Address;
pub use audit::{begin_anew, verify};
pub use erase::erase;

use super::contract::{Change, InForce};
use super::error::StoreError;
use arc_swap::ArcSwap;
use connection::{Connection, Connections};
use follow::Sight;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// How long opening tries when the database does not answer.
const OPEN_WITHIN: Duration = Duration::from_secs(20);
/// How long to wait before opening is tried again.
const OPEN_AGAIN_AFTER: Duration = Duration::from_millis(500);

/// An open PostgreSQL store. Cheap to clone; all clones share connections and leases.
#[derive(Clone)]
pub struct PostgresStore {
    inner: Arc<Inner>,
}

struct Inner {
    store_id: String,
    secret: [u8; 32],
    /// Names this process in leases.
    holder: String,
    connections: Connections,
    in_force: ArcSwap<InForce>,
    sight: Sight,
    /// Transactions under way, and the task that follows the database.
    tasks: TaskTracker,
    closing: CancellationToken,
    ended: CancellationToken,
    #[cfg(test)]
    users_left_free: std::sync::atomic::AtomicBool,
}

impl PostgresStore {
    /// Opens the store, making schema and tables where they are missing.
    ///
    /// Tries for twenty seconds when the database does not answer. Fails at once when a newer program made the tables.
    pub async fn open(address: &Address) -> Result<Self, StoreError> {
        let began = tokio::time::Instant::now();
        let mut told = String::new();
        let (store_id, secret) = loop {
            match migrate::migrate(address).await {
                Err(StoreError::Unavailable(cause)) if began.elapsed() < OPEN_WITHIN => {
                    if told != cause {
                        tracing::warn!(cause, "the database is not available; it is tried again");
                        told = cause;
                    }
                    tokio::time::sleep(OPEN_AGAIN_AFTER).await;
                }
                other => break other?,
            }
        };
        let connections = Connections::new(address.clone())?;
        let (in_force, last) = found(connections.take().await?.connection()?).await?;
        let inner = Inner {
            store_id,
            secret,
            holder: uuid::Uuid::now_v7().to_string(),
            connections,
            in_force: ArcSwap::from_pointee(in_force),
            sight: Sight::new(last),
            tasks: TaskTracker::new(),
            closing: CancellationToken::new(),
            ended: CancellationToken::new(),
            #[cfg(test)]
            users_left_free: std::sync::atomic::AtomicBool::new(false),
        };
        tracing::info!(store_id = inner.store_id, holder = inner.holder, schema = address.schema, "database opened");
        let store = Self { inner: Arc::new(inner) };
        let ended = store.inner.ended.clone().drop_guard();
        let following = follow::follow(store.clone());
        let numbering = sequencer::run(store.clone());
        store.inner.tasks.spawn(async move {
            let _ended = ended;
            // Both end when the store closes; when one ends before, so does the process.
            tokio::select! {
                () = following => {}
                () = numbering => {}
            }
        });
        Ok(store)
    }

    /// Identifies this store; made with it, kept in it.
    pub fn store_id(&self) -> &str {
        &self.inner.store_id
    }

    /// See [`super::Store::secret`].
    pub fn secret(&self) -> &[u8; 32] {
        &self.inner.secret
    }

    /// The configuration in force, as last seen.
    pub fn in_force(&self) -> Arc<InForce> {
        self.inner.in_force.load_full()
    }

    /// Whether the configuration was looked at a moment ago.
    pub fn is_current(&self) -> bool {
        self.inner.sight.is_current()
    }

    /// Counts what other processes published, named or queued.
    pub fn elsewhere(&self) -> watch::Receiver<u64> {
        self.inner.sight.moved()
    }

    /// Carries out a change in one durable transaction and answers its outcome; tries again where that may help.
    pub async fn transact<C: Change>(&self, change: C) -> Result<C::Outcome, StoreError> {
        if self.inner.closing.is_cancelled() {
            return Err(StoreError::Closed);
        }
        let store = self.clone();
        // In a task of its own: a caller that goes away leaves no transaction half way.
        let work = self.inner.tasks.spawn(async move { transaction::carry_out(&store, change).await });
        work.await.map_err(|_| StoreError::Closed)?
    }

    /// Finishes what was accepted, gives up leases, closes the connections.
    pub async fn close(&self) {
        self.inner.closing.cancel();
        self.inner.tasks.close();
        self.inner.tasks.wait().await;
        if let Err(error) = self.release().await {
            tracing::debug!(%error, "leases were not given up; they end by themselves");
        }
        self.inner.connections.close();
    }

    /// From now on no user is locked: what goes wrong then is what the locks are for.
    #[cfg(test)]
    pub fn leave_users_free(&self) {
        self.inner.users_left_free.store(true, std::sync::atomic::Ordering::Relaxed);
    }

    /// Completes when the database is no longer followed.
    pub async fn ended(&self) {
        self.inner.ended.cancelled().await;
    }
}

/// The configuration in force, and the number of the last record.
async fn found(connection: &Connection) -> Result<(InForce, u64), setback::Setback> {
    let head = sequencer::head(connection.row(statement::READ_CHAIN_HEAD, &[]).await?.as_ref())?;
    Ok((config::in_force(connection).await?, head.number))
}
