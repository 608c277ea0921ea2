//! Following the database: which configuration is in force there, whether something moved that others wait for, and
//! how far the chain of records goes.
//!
//! A process that has not seen the configuration for two seconds does not know of revocations: it lets nobody in
//! (B127), which the endpoint answers with 503.

use super::PostgresStore;
use super::connection::Session;
use super::row::{count, get};
use super::setback::Setback;
use super::{config, statement as sql};
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// How often the database is looked at: a publication is in force everywhere within 250 ms.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// How long one look may take.
const LOOK_WITHIN: Duration = Duration::from_millis(900);
/// How old the last look may be.
const CURRENT_FOR: Duration = Duration::from_secs(2);

/// What was seen last.
pub(super) struct Sight {
    /// When the last look that succeeded began.
    seen: Mutex<Instant>,
    moved: watch::Sender<u64>,
    /// The number of the last record.
    appended: watch::Sender<u64>,
}

impl Sight {
    /// Just seen: opening has read the configuration, and the number of the last record.
    pub fn new(last: u64) -> Self {
        let (moved, appended) = (watch::Sender::new(0), watch::Sender::new(last));
        Self { seen: Mutex::new(Instant::now()), moved, appended }
    }

    /// Whether the last look is recent.
    pub fn is_current(&self) -> bool {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).elapsed() < CURRENT_FOR
    }

    /// Counts what moved.
    pub fn moved(&self) -> watch::Receiver<u64> {
        self.moved.subscribe()
    }

    /// The number of the last record.
    pub fn appended(&self) -> watch::Receiver<u64> {
        self.appended.subscribe()
    }

    /// This process has numbered records up to this one.
    pub fn numbered(&self, last: u64) {
        self.appended.send_if_modified(|known| {
            let further = last > *known;
            *known = last.max(*known);
            further
        });
    }

    /// The chain was seen to go up to `last`, by a look that began when this process knew it up to `before`. Only a
    /// database that was put back to an earlier moment has less by then.
    fn saw_chain(&self, before: u64, last: u64) {
        if last >= before {
            return self.numbered(last);
        }
        self.appended.send_replace(last);
    }

    fn saw(&self, began: Instant) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        *seen = began.max(*seen);
    }
}

/// Looks until the store closes, or until it is another store.
pub(super) async fn follow(store: PostgresStore) {
    let mut session: Option<Session> = None;
    let mut known = None;
    let mut reported = false;
    loop {
        tokio::select! {
            () = tokio::time::sleep(LOOK_EVERY) => {}
            () = store.inner.closing.cancelled() => return,
        }
        let began = Instant::now();
        match tokio::time::timeout(LOOK_WITHIN, look(&store, &mut session, &mut known)).await {
            Ok(Ok(true)) => {
                store.inner.sight.saw(began);
                if std::mem::take(&mut reported) {
                    tracing::info!("the database is available again");
                }
            }
            Ok(Ok(false)) => {
                tracing::error!("the database holds another store than the one that was opened: the process ends");
                return;
            }
            failed => {
                session = None;
                let cause = failed.map_or_else(|_| "no answer in time".to_owned(), |looked| why(looked.err()));
                if !std::mem::replace(&mut reported, true) {
                    tracing::warn!(cause, "the database is not available; soon nobody is let in while that lasts");
                }
            }
        }
    }
}

fn why(setback: Option<Setback>) -> String {
    setback.map(|setback| super::StoreError::from(setback).to_string()).unwrap_or_default()
}

/// One look; `false` when the database holds another store by now.
async fn look(store: &PostgresStore, session: &mut Option<Session>, known: &mut Option<u64>) -> Result<bool, Setback> {
    let session = match session {
        Some(session) => session,
        None => {
            let session = session.insert(store.inner.connections.take().await?);
            // Given up on while it waits for an answer, this connection is of no use to anybody else.
            session.begin();
            session
        }
    };
    let connection = session.connection()?;
    let before = *store.inner.sight.appended.borrow();
    let Some(row) = connection.row(sql::FOLLOW, &[]).await? else { return Ok(false) };
    let (revision, epoch, moved, last) = (count(&row, 0)?, count(&row, 1)?, count(&row, 3)?, count(&row, 4)?);
    let store_id: Option<String> = get(&row, 2)?;
    if store_id.as_deref() != Some(store.store_id()) {
        return Ok(false);
    }
    store.inner.sight.saw_chain(before, last);
    let in_force = store.in_force();
    if (in_force.revision, in_force.epoch) != (revision, epoch) {
        let newer = config::in_force(connection).await?;
        tracing::info!(revision = newer.revision, "configuration in force");
        store.inner.adopt(Arc::new(newer));
    }
    // The first look counts: whoever asked before it did not hear of what came in between.
    if known.replace(moved) != Some(moved) || in_force.revision != revision {
        store.inner.sight.moved.send_modify(|count| *count += 1);
    }
    Ok(true)
}
