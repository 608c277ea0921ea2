//! Opening a store: folder, lock, pragmas, integrity.

use super::super::error::StoreError;
use super::super::row::{fresh_secret, secret_key};
use super::chain::{self, Head};
use super::inventory::{Depth, problems};
use super::migrate::migrate;
use super::restore::refuse_unfinished;
use jiff::Timestamp;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OptionalExtension};
use std::fs::{File, TryLockError};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The database in the data folder.
pub(super) const FILE: &str = "scim.db";

/// A store that was opened for writing.
pub(super) struct Opened {
    /// The only connection that writes.
    pub connection: Connection,
    /// The database file.
    pub file: PathBuf,
    /// Identifies the store.
    pub store_id: String,
    pub secret: [u8; 32],
    /// What the positions of new records carry.
    pub incarnation: u32,
    /// Where the chain of records ends.
    pub head: Head,
    /// Held while the store is open; the lock goes with the process, however it ends.
    pub lock: File,
}

/// Opens or makes the store in the folder `data`.
pub(super) fn open(data: &Path) -> Result<Opened, StoreError> {
    let lock = claim(data)?;
    refuse_unfinished(data)?;
    let file = data.join(FILE);
    let mut connection = connect_to_whole(data, &file)?;
    migrate(&mut connection)?;
    let store_id = kept(&connection, "store_id", || uuid::Uuid::now_v7().to_string())?;
    let secret = secret_key(&kept(&connection, "secret", fresh_secret)?);
    let incarnation = chain::incarnation(&connection, Timestamp::now())?;
    let head = chain::whole_head(&connection, data)?;
    Ok(Opened { connection, file, store_id, secret, incarnation, head, lock })
}

/// The lock of the folder `data`, which is made when missing: whoever holds it has the store alone.
pub(super) fn claim(data: &Path) -> Result<File, StoreError> {
    let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(data);
    made.map_err(|source| StoreError::file(data, source))?;
    lock(data)
}

/// Whether SQLite cannot make sense of the file.
pub(super) fn is_damage(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase))
}

/// Whether there was no room: for the file, its log, or the index of the log that the readers share.
pub(super) fn is_full(error: &rusqlite::Error) -> bool {
    error.sqlite_error_code() == Some(ErrorCode::DiskFull)
        || error.sqlite_extended_error_code() == Some(rusqlite::ffi::SQLITE_IOERR_SHMSIZE)
}

/// A connection to the store's file, which is whole.
fn connect_to_whole(data: &Path, file: &Path) -> Result<Connection, StoreError> {
    let looked = connect(file).and_then(|connection| Ok((problems(&connection, Depth::Quick)?, connection)));
    let problem = match looked {
        Ok((None, connection)) => return Ok(connection),
        Ok((Some(problem), _)) => problem,
        Err(StoreError::Sqlite(error)) if is_damage(&error) => error.to_string(),
        Err(other) => return Err(other),
    };
    Err(StoreError::Corrupt { data: data.display().to_string(), problem })
}

/// A connection with the pragmas every connection has.
pub(super) fn connect(file: &Path) -> Result<Connection, StoreError> {
    let connection = Connection::open(file)?;
    connection.busy_timeout(Duration::from_secs(10))?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    // An acknowledged write survives power loss: the log is synchronised at every commit.
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", "OFF")?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    connection.pragma_update(None, "cache_size", -8_192)?;
    // A plan does not depend on what is bound: without this some statements are prepared anew for every value.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.set_prepared_statement_cache_capacity(160);
    Ok(connection)
}

fn lock(data: &Path) -> Result<File, StoreError> {
    let path = data.display().to_string();
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .mode(0o600)
        .open(data.join("lock"))
        .map_err(|source| StoreError::Folder { path: path.clone(), source })?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(StoreError::Locked { path }),
        Err(TryLockError::Error(source)) => Err(StoreError::Folder { path, source }),
    }
}

/// What the store keeps under a key of `meta`; made where it is missing.
fn kept(connection: &Connection, key: &str, fresh: fn() -> String) -> Result<String, StoreError> {
    let found: Option<String> =
        connection.query_row("SELECT value FROM meta WHERE key = ?1", [key], |row| row.get(0)).optional()?;
    if let Some(value) = found {
        return Ok(value);
    }
    let value = fresh();
    connection.execute("INSERT INTO meta (key, value) VALUES (?1, ?2)", [key, &value])?;
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_process_cannot_open_the_same_folder() {
        let data = tempfile::tempdir().unwrap();
        let first = open(data.path()).unwrap();
        assert!(matches!(open(data.path()), Err(StoreError::Locked { .. })));
        drop(first);
        open(data.path()).unwrap();
    }

    #[test]
    fn a_store_keeps_its_id() {
        let data = tempfile::tempdir().unwrap();
        let first = open(data.path()).unwrap().store_id;
        assert_eq!(open(data.path()).unwrap().store_id, first);
    }

    #[test]
    fn a_newer_store_is_refused() {
        let data = tempfile::tempdir().unwrap();
        open(data.path()).unwrap().connection.pragma_update(None, "user_version", 99).unwrap();
        assert!(matches!(open(data.path()), Err(StoreError::Newer { found: 99, .. })));
    }
}
