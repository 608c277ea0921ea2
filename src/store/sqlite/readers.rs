//! Readers: a few read-only connections beside the writer, each in use by one query at a time.

use super::super::error::StoreError;
use super::open::connect;
use rusqlite::Connection;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::Semaphore;

/// Queries at a time; more wait.
const READERS_MAX: usize = 8;

/// How much a query may look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    /// One resource, by a unique key: done in microseconds where it is asked for, sooner than another thread wakes up.
    Point,
    /// Who knows how many: done off the async threads.
    Wide,
}

/// The pool.
#[derive(Clone)]
pub(super) struct Readers {
    file: Arc<PathBuf>,
    idle: Arc<Mutex<Vec<Connection>>>,
    permits: Arc<Semaphore>,
}

impl Readers {
    /// No connection is made before the first query.
    pub fn new(file: &Path) -> Self {
        Self { file: Arc::new(file.to_owned()), idle: Arc::default(), permits: Arc::new(Semaphore::new(READERS_MAX)) }
    }

    /// Runs `query` on a connection of its own, in one read transaction.
    pub async fn read<T, F>(&self, reach: Reach, query: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    {
        let permit = self.permits.clone().acquire_owned().await.map_err(|_| StoreError::Closed)?;
        if reach == Reach::Point {
            return self.run(query);
        }
        let pool = self.clone();
        tokio::task::spawn_blocking(move || {
            let _permit = permit;
            pool.run(query)
        })
        .await
        .map_err(|_| StoreError::Closed)?
    }

    fn run<T>(&self, query: impl FnOnce(&Connection) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let connection = self.take()?;
        let result = snapshot(&connection, query);
        self.give_back(connection);
        result
    }

    fn take(&self) -> Result<Connection, StoreError> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        match idle {
            Some(connection) => Ok(connection),
            None => {
                let connection = connect(&self.file)?;
                connection.pragma_update(None, "query_only", "ON")?;
                Ok(connection)
            }
        }
    }

    fn give_back(&self, connection: Connection) {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
    }
}

fn snapshot<T>(
    connection: &Connection,
    query: impl FnOnce(&Connection) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    connection.prepare_cached("BEGIN")?.execute([])?;
    let result = query(connection);
    connection.prepare_cached("COMMIT")?.execute([])?;
    result
}
