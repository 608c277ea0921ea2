//! Writing the log back into the file, beside the writer: nobody who waits for a commit waits for it.
//!
//! SQLite would do it by itself inside of every commit that finds the log long, and synchronise the file there. Here
//! another connection does it soon after something was written; the writer itself only where that one cannot keep up
//! ([`LOG_PAGES_MAX`]).

use super::super::error::StoreError;
use super::open::connect;
use rusqlite::{Connection, Row};
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

/// Pages of the log from which on the writer writes back too, so that the log does not grow for ever under readers or
/// writers that never pause: 64 MiB.
pub(super) const LOG_PAGES_MAX: u32 = 16_384;
/// How long after a commit its pages are written back; others come together with them. Longer, and more comes at once,
/// for which the disk keeps commits waiting.
const AFTER: Duration = Duration::from_millis(100);
/// How long after a failure it is tried again.
const AFTER_FAILURE: Duration = Duration::from_secs(5);

/// The thread that writes back. Dropping this ends it; what it is writing back it finishes.
pub(super) struct Checkpoints {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    /// Something is in the log that may not be in the file.
    dirty: bool,
    ending: bool,
}

impl Checkpoints {
    /// Starts the thread, over a connection of its own.
    pub fn start(file: &Path) -> Result<Self, StoreError> {
        let connection = connect(file)?;
        let shared = Arc::new(Shared::default());
        let own = shared.clone();
        let thread = std::thread::Builder::new()
            .name("store-checkpoint".to_owned())
            .spawn(move || own.run(&connection))
            .map_err(|source| StoreError::Folder { path: "store-checkpoint".to_owned(), source })?;
        Ok(Self { shared, thread: Some(thread) })
    }

    /// Something was committed.
    pub fn written(&self) {
        let mut state = self.shared.lock();
        if !std::mem::replace(&mut state.dirty, true) {
            self.shared.changed.notify_one();
        }
    }
}

impl Drop for Checkpoints {
    fn drop(&mut self) {
        self.shared.lock().ending = true;
        self.shared.changed.notify_one();
        if self.thread.take().is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("writing the log back has ended in a panic");
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn run(&self, connection: &Connection) {
        let mut pause = AFTER;
        while self.waited(pause) {
            let written = write_back(connection, "PASSIVE");
            pause = if written.is_some() { AFTER } else { AFTER_FAILURE };
            if written != Some(true) {
                self.lock().dirty = true;
            }
        }
    }

    /// Waits until there is something to write back, and a moment longer; `false` = the end.
    fn waited(&self, pause: Duration) -> bool {
        let idle = self.changed.wait_while(self.lock(), |state| !state.dirty && !state.ending);
        let dirty = idle.unwrap_or_else(PoisonError::into_inner);
        let waited = self.changed.wait_timeout_while(dirty, pause, |state| !state.ending);
        let (mut state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        state.dirty = false;
        !state.ending
    }
}

/// Writes back what nobody reads in the log any more; whether that is all of it. `None` = it failed, and lost nothing.
pub(super) fn write_back(connection: &Connection, mode: &str) -> Option<bool> {
    let all = |row: &Row<'_>| {
        let (busy, logged, written): (bool, i64, i64) = (row.get(0)?, row.get(1)?, row.get(2)?);
        Ok(!busy && logged == written)
    };
    let written = connection.query_row(&format!("PRAGMA wal_checkpoint({mode})"), [], all);
    written.inspect_err(|error| tracing::warn!(%error, "the log could not be written back")).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Instant;

    #[test]
    fn what_was_committed_is_written_back_by_itself_and_the_end_waits_for_nothing() {
        let data = tempfile::tempdir().unwrap();
        let file = data.path().join("store.db");
        let writer = connect(&file).unwrap();
        writer.pragma_update(None, "wal_autocheckpoint", 0).unwrap();
        let checkpoints = Checkpoints::start(&file).unwrap();
        writer.execute_batch("CREATE TABLE t (a); INSERT INTO t VALUES (zeroblob(100000))").unwrap();
        let before = std::fs::metadata(&file).unwrap().len();
        checkpoints.written();
        let began = Instant::now();
        while std::fs::metadata(&file).unwrap().len() <= before.max(100_000) {
            assert!(began.elapsed() < Duration::from_secs(20), "nothing was written back");
            std::thread::yield_now();
        }
        drop(checkpoints);
    }
}
