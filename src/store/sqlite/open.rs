//! Opening a store: folder, lock, pragmas, migrations, integrity.

use super::super::error::StoreError;
use rusqlite::{Connection, OptionalExtension};
use std::fs::{File, TryLockError};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The migrations in order; the position plus one is the schema version. Forward only.
const MIGRATIONS: [&str; 1] = [include_str!("../migrations/0001.sql")];

/// A store that was opened for writing.
pub(super) struct Opened {
    /// The only connection that writes.
    pub connection: Connection,
    /// The database file.
    pub file: PathBuf,
    /// Identifies the store.
    pub store_id: String,
    /// Held while the store is open; the lock goes with the process, however it ends.
    pub lock: File,
}

/// Opens or makes the store in the folder `data`.
pub(super) fn open(data: &Path) -> Result<Opened, StoreError> {
    let folder = |source| StoreError::Folder { path: data.display().to_string(), source };
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(data).map_err(folder)?;
    let lock = lock(data)?;
    let file = data.join("scim.db");
    let mut connection = connect(&file)?;
    check(&connection)?;
    migrate(&mut connection)?;
    let store_id = store_id(&connection)?;
    Ok(Opened { connection, file, store_id, lock })
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
    connection.set_prepared_statement_cache_capacity(96);
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

fn check(connection: &Connection) -> Result<(), StoreError> {
    let answer: String = connection
        .query_row("PRAGMA quick_check(1)", [], |row| row.get(0))
        .map_err(|error| StoreError::Corrupt(error.to_string()))?;
    if answer == "ok" { Ok(()) } else { Err(StoreError::Corrupt(answer)) }
}

fn migrate(connection: &mut Connection) -> Result<(), StoreError> {
    let known = MIGRATIONS.len() as i64;
    let found: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if found > known {
        return Err(StoreError::Newer { found, known });
    }
    for (version, sql) in (1_i64..).zip(MIGRATIONS).filter(|(version, _)| *version > found) {
        let transaction = connection.transaction()?;
        transaction.execute_batch(sql)?;
        transaction.pragma_update(None, "user_version", version)?;
        transaction.commit()?;
    }
    Ok(())
}

fn store_id(connection: &Connection) -> Result<String, StoreError> {
    let found: Option<String> =
        connection.query_row("SELECT value FROM meta WHERE key = 'store_id'", [], |row| row.get(0)).optional()?;
    if let Some(id) = found {
        return Ok(id);
    }
    let id = uuid::Uuid::now_v7().to_string();
    connection.execute("INSERT INTO meta (key, value) VALUES ('store_id', ?1)", [&id])?;
    Ok(id)
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

    #[test]
    fn a_damaged_file_is_refused() {
        let data = tempfile::tempdir().unwrap();
        drop(open(data.path()).unwrap());
        std::fs::remove_file(data.path().join("scim.db-wal")).ok();
        std::fs::write(data.path().join("scim.db"), vec![0x5a; 8192]).unwrap();
        assert!(open(data.path()).is_err());
    }
}
