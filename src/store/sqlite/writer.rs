//! The writer thread: changes queue, up to [`BATCH_MAX`] share one commit, each in a savepoint of its own. One that
//! comes while others are written still shares theirs; but a step of a run does not join messages, which would wait
//! for it.
//!
//! A change that fails rolls back alone. Nothing is answered before the commit has returned. A full disk is answered by
//! its name to everybody in the batch; the next batch tries again. Each record gets its position and its link of the
//! chain as it is written; where the chain ends is written down once a batch (C005).

use super::super::contract::{Change, Decision, Effects, Facts, InForce, Write};
use super::super::error::StoreError;
use super::chain::{self, Head};
use super::checkpoint::{Checkpoints, LOG_PAGES_MAX, write_back};
use super::open::{Opened, is_full};
use super::{effects, facts, record};
use crate::config::AuditRetention;
use arc_swap::ArcSwap;
use jiff::Timestamp;
use rusqlite::Connection;
use std::fs::File;
use std::path::PathBuf;
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot, watch};

/// Changes that wait; a caller beyond waits for room.
const QUEUE_MAX: usize = 1_024;
/// Changes that share one commit.
const BATCH_MAX: usize = 128;
/// Rounds of loading more facts before a change is called broken.
const ROUNDS_MAX: usize = 16;

/// The way to the writer thread.
#[derive(Clone)]
pub(super) struct Writer {
    queue: mpsc::Sender<Message>,
    ended: watch::Receiver<bool>,
    /// The number of the last record that is committed.
    appended: watch::Receiver<u64>,
}

enum Message {
    Change(Box<dyn Job>),
    Close,
}

/// A change with the caller that waits for it.
trait Job: Send {
    /// Whether nobody minds when it waits for the next commit.
    fn is_patient(&self) -> bool;
    /// Decides and writes; on an error nothing of it remains.
    fn run(&mut self, transaction: &mut Transaction<'_>) -> Result<(), StoreError>;
    /// Answers the caller, after the commit.
    fn answer(self: Box<Self>, committed: Result<(), StoreError>);
}

/// The open transaction, and the configuration and the end of the chain as this transaction sees them.
struct Transaction<'a> {
    connection: &'a Connection,
    config: Arc<InForce>,
    incarnation: u32,
    head: Head,
}

struct Waiting<C: Change> {
    change: C,
    outcome: Option<C::Outcome>,
    caller: oneshot::Sender<Result<C::Outcome, StoreError>>,
}

/// Somebody who waits for the oldest records to be cut off.
struct Cutting {
    keep: AuditRetention,
    now: Timestamp,
    gone: u64,
    caller: oneshot::Sender<Result<u64, StoreError>>,
}

impl Writer {
    /// Starts the thread; it owns the connection and the lock.
    pub fn start(opened: Opened, in_force: Arc<ArcSwap<InForce>>) -> Result<Self, StoreError> {
        let (queue, receiver) = mpsc::channel(QUEUE_MAX);
        let (gone, ended) = watch::channel(false);
        let thread = Thread::new(opened, in_force, receiver)?;
        let appended = thread.appended.subscribe();
        std::thread::Builder::new()
            .name("store-writer".to_owned())
            .spawn(move || {
                thread.run();
                gone.send_replace(true);
            })
            .map_err(|source| StoreError::Folder { path: "store-writer".to_owned(), source })?;
        Ok(Self { queue, ended, appended })
    }

    /// See [`super::SqliteStore::transact`].
    pub async fn transact<C: Change>(&self, change: C) -> Result<C::Outcome, StoreError> {
        let (caller, answer) = oneshot::channel();
        let job = Box::new(Waiting { change, outcome: None, caller });
        self.queue.send(Message::Change(job)).await.map_err(|_| StoreError::Closed)?;
        answer.await.map_err(|_| StoreError::Closed)?
    }

    /// See [`super::SqliteStore::cut`].
    pub async fn cut(&self, keep: AuditRetention, now: Timestamp) -> Result<u64, StoreError> {
        let (caller, answer) = oneshot::channel();
        let job = Box::new(Cutting { keep, now, gone: 0, caller });
        self.queue.send(Message::Change(job)).await.map_err(|_| StoreError::Closed)?;
        answer.await.map_err(|_| StoreError::Closed)?
    }

    /// See [`super::SqliteStore::appended`].
    pub fn appended(&self) -> watch::Receiver<u64> {
        self.appended.clone()
    }

    /// See [`super::SqliteStore::close`].
    pub async fn close(&self) {
        // A closed queue means that the writer is ending already.
        let _ = self.queue.send(Message::Close).await;
        self.ended().await;
    }

    /// Completes when the thread has ended.
    pub async fn ended(&self) {
        let mut ended = self.ended.clone();
        // The sender drops only with the thread.
        let _ = ended.wait_for(|ended| *ended).await;
    }
}

struct Thread {
    // Ends before the lock of the folder goes, however the thread ends.
    checkpoints: Checkpoints,
    connection: Connection,
    file: PathBuf,
    incarnation: u32,
    /// Where the committed chain ends.
    head: Head,
    /// Its number, for those who wait for records.
    appended: watch::Sender<u64>,
    in_force: Arc<ArcSwap<InForce>>,
    queue: Queue,
    lock: File,
}

/// Who waits to be written.
struct Queue {
    receiver: mpsc::Receiver<Message>,
    /// A patient one that came while others were written.
    kept: Option<Box<dyn Job>>,
    /// Whether more may come.
    open: bool,
}

impl Thread {
    fn new(
        opened: Opened,
        in_force: Arc<ArcSwap<InForce>>,
        receiver: mpsc::Receiver<Message>,
    ) -> Result<Self, StoreError> {
        let Opened { connection, file, store_id: _, secret: _, incarnation, head, lock } = opened;
        let appended = watch::Sender::new(head.number);
        connection.pragma_update(None, "wal_autocheckpoint", LOG_PAGES_MAX)?;
        let checkpoints = Checkpoints::start(&file)?;
        let queue = Queue { receiver, kept: None, open: true };
        Ok(Self { connection, lock, file, incarnation, head, appended, in_force, queue, checkpoints })
    }

    fn run(mut self) {
        while let Some(jobs) = self.queue.wait() {
            self.commit(jobs);
        }
        self.queue.receiver.close();
        drop(self.checkpoints);
        let _ = write_back(&self.connection, "TRUNCATE");
        drop(self.connection);
        drop(self.lock);
    }

    /// One durable transaction for all jobs, and for those who come before it is committed; then everybody is answered.
    fn commit(&mut self, mut jobs: Vec<Box<dyn Job>>) {
        let before = self.in_force.load_full();
        let Self { incarnation, head, .. } = *self;
        let mut transaction = Transaction { connection: &self.connection, config: before.clone(), incarnation, head };
        let mut results = Vec::with_capacity(jobs.len());
        let committed = run(&self.connection, "BEGIN IMMEDIATE").map_err(StoreError::from).and_then(|()| {
            for job in &mut jobs {
                results.push(in_savepoint(&mut transaction, job.as_mut())?);
            }
            while jobs.len() < BATCH_MAX
                && let Some(late) = self.queue.late()
            {
                // Among the others first: whatever happens, it is answered.
                jobs.push(late);
                if let Some(job) = jobs.last_mut() {
                    results.push(in_savepoint(&mut transaction, job.as_mut())?);
                }
            }
            if transaction.head != head {
                chain::put_head(&self.connection, transaction.head)?;
            }
            Ok(run(&self.connection, "COMMIT")?)
        });
        let (config, head) = (transaction.config, transaction.head);
        let committed = committed.map_err(|error| self.by_name(error));
        if let Err(error) = &committed {
            tracing::error!(%error, changes = jobs.len(), "a transaction could not be committed");
            // Without an open transaction this answers an error, which says nothing new.
            let _ = self.connection.execute_batch("ROLLBACK");
        } else {
            self.head = head;
            self.checkpoints.written();
            if !Arc::ptr_eq(&before, &config) {
                self.in_force.store(config);
            }
            self.appended.send_if_modified(|number| std::mem::replace(number, head.number) != head.number);
        }
        let mut results = results.into_iter();
        for job in jobs {
            let own = results.next().unwrap_or(Err(StoreError::Closed));
            match &committed {
                Ok(()) => job.answer(own.map_err(|error| self.by_name(error))),
                Err(StoreError::Full { path }) => job.answer(Err(StoreError::Full { path: path.clone() })),
                Err(error) => job.answer(Err(StoreError::NotCommitted(error.to_string()))),
            }
        }
    }

    /// A full disk by its name, everything else as it is.
    fn by_name(&self, error: StoreError) -> StoreError {
        match error {
            StoreError::Sqlite(error) if is_full(&error) => StoreError::Full { path: self.file.display().to_string() },
            other => other,
        }
    }
}

/// A statement that opens or closes a transaction; each is parsed once.
fn run(connection: &Connection, statement: &str) -> Result<(), rusqlite::Error> {
    connection.prepare_cached(statement)?.execute([]).map(|_| ())
}

impl Queue {
    /// Waits for somebody; all who are there then. `None` = nobody comes any more.
    fn wait(&mut self) -> Option<Vec<Box<dyn Job>>> {
        let first = match self.kept.take() {
            Some(kept) => kept,
            None if self.open => {
                let came = self.receiver.blocking_recv();
                self.taken(came)?
            }
            None => return None,
        };
        let mut jobs = vec![first];
        while jobs.len() < BATCH_MAX
            && let Some(job) = self.next()
        {
            jobs.push(job);
        }
        Some(jobs)
    }

    /// Somebody who came while others are written, and may be written with them.
    fn late(&mut self) -> Option<Box<dyn Job>> {
        while let Some(job) = self.next() {
            if self.kept.is_some() || !job.is_patient() {
                return Some(job);
            }
            self.kept = Some(job);
        }
        None
    }

    /// Somebody who is there.
    fn next(&mut self) -> Option<Box<dyn Job>> {
        if !self.open {
            return None;
        }
        let came = self.receiver.try_recv();
        if matches!(came, Err(mpsc::error::TryRecvError::Empty)) { None } else { self.taken(came.ok()) }
    }

    fn taken(&mut self, came: Option<Message>) -> Option<Box<dyn Job>> {
        match came {
            Some(Message::Change(job)) => Some(job),
            Some(Message::Close) | None => {
                self.open = false;
                None
            }
        }
    }
}

/// Runs one job in a savepoint. The outer error ends the whole batch, the inner one only this job.
fn in_savepoint(transaction: &mut Transaction<'_>, job: &mut dyn Job) -> Result<Result<(), StoreError>, StoreError> {
    let (config, head) = (transaction.config.clone(), transaction.head);
    run(transaction.connection, "SAVEPOINT change")?;
    let result = job.run(transaction);
    if result.is_err() && transaction.connection.is_autocommit() {
        // SQLite has rolled the whole transaction back by itself, as it does when the disk is full: nothing is left of
        // the other jobs either.
        return result.map(Ok);
    }
    if result.is_err() {
        (transaction.config, transaction.head) = (config, head);
        run(transaction.connection, "ROLLBACK TO change")?;
    }
    run(transaction.connection, "RELEASE change")?;
    Ok(result)
}

impl<C: Change> Job for Waiting<C> {
    fn is_patient(&self) -> bool {
        // Who has a lease works in the background.
        self.change.fence().is_some()
    }

    fn run(&mut self, transaction: &mut Transaction<'_>) -> Result<(), StoreError> {
        let mut loaded = Facts::new(transaction.config.clone());
        let mut needs = self.change.needs();
        for _ in 0..ROUNDS_MAX {
            facts::load(transaction.connection, &needs, &mut loaded)?;
            match self.change.decide(&loaded) {
                Decision::More(more) => needs = *more,
                Decision::Done(effects, outcome) => {
                    transaction.write(&effects)?;
                    self.outcome = Some(outcome);
                    return Ok(());
                }
            }
        }
        Err(StoreError::Undecided { rounds: ROUNDS_MAX })
    }

    fn answer(self: Box<Self>, committed: Result<(), StoreError>) {
        let Self { outcome, caller, .. } = *self;
        let answer = committed.and_then(|()| outcome.ok_or(StoreError::Closed));
        // A caller that went away does not want to know; the change stands.
        let _ = caller.send(answer);
    }
}

impl Job for Cutting {
    fn is_patient(&self) -> bool {
        true
    }

    fn run(&mut self, transaction: &mut Transaction<'_>) -> Result<(), StoreError> {
        let Transaction { connection, config: _, incarnation, head } = transaction;
        (*head, self.gone) = record::cut(connection, self.keep, self.now, *incarnation, *head)?;
        Ok(())
    }

    fn answer(self: Box<Self>, committed: Result<(), StoreError>) {
        let Self { gone, caller, .. } = *self;
        // As above: what was cut off stays cut off.
        let _ = caller.send(committed.map(|()| gone));
    }
}

impl Transaction<'_> {
    fn write(&mut self, effects: &Effects) -> Result<(), StoreError> {
        for write in &effects.writes {
            effects::write(self.connection, write)?;
            if let Write::PutConfig { config, .. } = write {
                self.config = config.clone();
            }
        }
        if let Some(record) = &effects.record {
            self.head = chain::append(self.connection, record, self.incarnation, self.head)?;
        }
        Ok(())
    }
}

#[cfg(test)]
#[path = "writer_tests.rs"]
mod tests;
