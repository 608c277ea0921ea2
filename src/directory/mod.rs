//! One directory's life as use cases: provision a user, patch a group, run a sync, read access.
//!
//! Every write is one [`crate::store`] transaction: resource, memberships, grants and record are durable together
//! before anything is answered. This room knows no HTTP and no SQL; the clock and the ids are values to its decisions.

mod access;
mod arrived;
mod audit;
mod batch;
mod begin;
mod error;
mod evaluation;
mod explain;
mod failed_event;
mod feed;
mod group;
mod group_change;
mod held;
mod judge;
mod kept;
mod list;
mod listing;
mod manual_grant;
mod newcomers;
mod pace;
mod plan;
mod publication;
mod query;
mod record;
mod resource;
mod resource_change;
mod run;
mod runner;
mod sign_in;
mod sign_in_change;
mod state;
#[cfg(test)]
mod tests;
mod token;
mod user;
mod user_change;
mod weigh;

pub use error::Error;
pub use evaluation::EVALUATED_AT_ONCE_MAX;
pub use query::{
    AccessPage, AccessQuery, Actor, AuditQuery, Begin, Failed, IfMatch, ListQuery, Message, Page, Position, Token,
};
pub use sign_in::{Session, SignInRefusal, SignedIn, Vouched};

pub use crate::store::{FailedMessage, FailedRow, InForce};

use crate::scim::ResourceKind;
use crate::store::{Change, Location, Store};
use jiff::Timestamp;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;

/// What time it is; a test gives its own.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// Where a directory lives and what time it is there.
#[derive(Clone)]
pub struct Settings {
    /// Where the store is kept.
    pub store: Location,
    /// What time it is.
    pub clock: Clock,
}

impl Settings {
    /// The store in `data`, the machine's clock.
    pub fn new(data: impl Into<PathBuf>) -> Self {
        Self::over(Location::Folder(data.into()))
    }

    /// The store at a location, the machine's clock.
    pub fn over(store: Location) -> Self {
        Self { store, clock: Arc::new(Timestamp::now) }
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings").field("store", &self.store).finish_non_exhaustive()
    }
}

/// An open directory. Cheap to clone; all clones are the same directory.
#[derive(Clone)]
pub struct Directory {
    inner: Arc<Inner>,
}

struct Inner {
    store: Store,
    clock: Clock,
    uses: token::Uses,
    /// Whether there may be failed events to look for.
    failed_kept: failed_event::Hint,
    /// Accounts that sign-ins have made lately.
    newcomers: newcomers::Newcomers,
    /// People from whom the provider has taken access since the process began.
    taken: AtomicU64,
    /// Messages of the provider since the process began.
    messages: AtomicU64,
    /// Counts what a waiting [`Directory::state`] wants to know of.
    moved: watch::Sender<u64>,
    /// Distinguishes the positions of this process from those of an earlier one.
    boot: String,
    /// Something to do for the runner.
    work: Notify,
    /// The tasks of this directory, joined when it closes.
    tasks: tokio::sync::Mutex<Vec<tokio::task::JoinHandle<()>>>,
    /// Cancelled when one of them has ended, however it ended.
    task_ended: CancellationToken,
    closing: CancellationToken,
}

impl Directory {
    /// Opens the store, reads the configuration in force and starts the task that carries out runs.
    pub async fn open(settings: Settings) -> Result<Self, Error> {
        let Settings { store, clock } = settings;
        let store = Store::open(&store).await?;
        let inner = Arc::new(Inner {
            store,
            clock,
            uses: token::Uses::default(),
            failed_kept: failed_event::Hint::default(),
            newcomers: newcomers::Newcomers::default(),
            taken: AtomicU64::new(0),
            messages: AtomicU64::new(0),
            moved: watch::Sender::new(0),
            boot: uuid::Uuid::now_v7().simple().to_string(),
            work: Notify::new(),
            tasks: tokio::sync::Mutex::default(),
            task_ended: CancellationToken::new(),
            closing: CancellationToken::new(),
        });
        let directory = Self { inner };
        let mut tasks = vec![directory.spawn(runner::run(directory.clone()))];
        if let Some(elsewhere) = directory.inner.store.elsewhere() {
            tasks.push(directory.spawn(follow(directory.clone(), elsewhere)));
        }
        *directory.inner.tasks.lock().await = tasks;
        Ok(directory)
    }

    fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) -> tokio::task::JoinHandle<()> {
        let ended = self.inner.task_ended.clone().drop_guard();
        tokio::spawn(async move {
            let _ended = ended;
            work.await;
        })
    }

    /// The configuration in force right now. Takes no lock.
    pub fn in_force(&self) -> Arc<InForce> {
        self.inner.store.in_force()
    }

    /// Whether the configuration in force is known to be the newest. While it is not, nobody can be let in: a token may
    /// have been revoked (B127).
    pub fn is_current(&self) -> bool {
        self.inner.store.is_current()
    }

    /// Identifies the store; made with it, kept in it.
    pub fn store_id(&self) -> &str {
        self.inner.store.store_id()
    }

    /// 32 random bytes of this store, for what is given out and must come back unchanged.
    pub fn secret(&self) -> &[u8; 32] {
        self.inner.store.secret()
    }

    /// Finishes the batch a run is in, takes no more writes, and closes the store.
    pub async fn close(&self) {
        self.inner.closing.cancel();
        for task in std::mem::take(&mut *self.inner.tasks.lock().await) {
            if let Err(error) = task.await {
                tracing::error!(%error, "a task of the directory did not end well");
            }
        }
        self.inner.store.close().await;
    }

    /// Completes when the store's writer or the runner has ended by itself, which they never should:
    /// the process then ends.
    pub async fn failed(&self) -> Error {
        let ended = tokio::select! {
            () = self.inner.store.ended() => "the store has ended",
            () = self.inner.task_ended.cancelled() => "a task of the directory has ended",
        };
        if self.inner.closing.is_cancelled() {
            return std::future::pending().await;
        }
        Error::Store(ended.to_owned())
    }

    /// How often a message of the provider has taken effective access from somebody, since this process began; one
    /// message can do it to many. The guard never holds those (reading 23): they are counted, for an alert.
    pub fn revoked_by_provider(&self) -> u64 {
        self.inner.taken.load(Ordering::Relaxed)
    }

    /// Carries out a message of the provider.
    async fn told<C: Change>(&self, change: C) -> Result<C::Outcome, Error> {
        self.inner.messages.fetch_add(1, Ordering::Relaxed);
        Ok(self.inner.store.transact(change).await?)
    }

    fn count_taken(&self, people: u64) {
        self.inner.taken.fetch_add(people, Ordering::Relaxed);
    }

    fn now(&self) -> Timestamp {
        (self.inner.clock)()
    }

    /// What requests are served under; nothing is before the first publication.
    fn serving(&self) -> Result<Serving, Error> {
        let in_force = self.in_force();
        if in_force.document.is_some() { Ok(Serving { in_force }) } else { Err(Error::NotConfigured) }
    }

    /// Tells whoever waits for the state that it has moved.
    fn moved(&self) {
        self.inner.moved.send_modify(|count| *count += 1);
    }
}

/// The configuration that one request is served under, from its beginning to its end.
struct Serving {
    in_force: Arc<InForce>,
}

impl Serving {
    /// The public SCIM base.
    fn base_url(&self) -> &str {
        self.in_force.document.as_ref().map_or("", |document| &document.profile.base_url)
    }

    /// What users are.
    fn users(&self) -> ResourceKind {
        self.in_force.types.user()
    }

    /// What groups are.
    fn groups(&self) -> ResourceKind {
        self.in_force.types.group()
    }
}

/// Passes on what other processes over the same store did: a configuration published, a group named, a run asked for.
async fn follow(directory: Directory, mut elsewhere: watch::Receiver<u64>) {
    loop {
        tokio::select! {
            moved = elsewhere.changed() => if moved.is_err() { break },
            () = directory.inner.closing.cancelled() => break,
        }
        directory.moved();
        directory.inner.work.notify_one();
    }
}
