//! An online backup: the store as one read transaction sees it, in one file, made beside whoever writes.
//!
//! SQLite's backup API over a connection that cannot write: no lock of the folder is taken, no writer waits, and of the
//! live store nothing changes. The copy has its name only once it is whole, checked and durable (C011).

use super::super::error::StoreError;
use super::inventory::{Depth, Inspection, Inventory, found, inspect, read_only};
use super::open::FILE;
use rusqlite::Connection;
use rusqlite::backup::{Backup, StepResult};
use std::ffi::OsString;
use std::fs::File;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// Copies the store in `data` to the file `to`, which must not exist. The store may be in use meanwhile: the copy has
/// everything acknowledged before it began.
///
/// Fails with [`StoreError::Corrupt`] when the store is damaged; then there is no file `to`.
pub fn backup(data: &Path, to: &Path) -> Result<Inventory, StoreError> {
    match copy(&data.join(FILE), to)? {
        Inspection::Whole(inventory) => Ok(inventory),
        Inspection::Damaged(problem) => Err(StoreError::Corrupt { data: data.display().to_string(), problem }),
    }
}

/// Copies a store's file. When the copy is not whole, or cannot be made, there is no file `to`.
pub(super) fn copy(from: &Path, to: &Path) -> Result<Inspection, StoreError> {
    refuse_existing(to)?;
    let partial = beside(to, ".part");
    make(&partial)?;
    let copied = fill(from, &partial).and_then(|()| inspect(&partial, Depth::Quick)).or_else(found);
    let kept = copied.and_then(|inspection| {
        if let Inspection::Whole(_) = inspection {
            keep(&partial, to)?;
        }
        Ok(inspection)
    });
    if !matches!(kept, Ok(Inspection::Whole(_))) {
        discard(&partial);
    }
    kept
}

/// The same file name with an ending.
pub(super) fn beside(file: &Path, ending: &str) -> PathBuf {
    let mut name = OsString::from(file);
    name.push(ending);
    PathBuf::from(name)
}

/// Fails when there is a file of this name.
pub(super) fn refuse_existing(file: &Path) -> Result<(), StoreError> {
    match std::fs::symlink_metadata(file) {
        Ok(_) => Err(StoreError::Exists { path: file.display().to_string() }),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(source) => Err(StoreError::file(file, source)),
    }
}

/// Removes a copy that is of no use, with what SQLite may have put beside it.
pub(super) fn discard(file: &Path) {
    for ending in ["", "-wal", "-shm", "-journal"] {
        // That something is not there, or cannot be removed, changes nothing of why it is not wanted.
        let _ = std::fs::remove_file(beside(file, ending));
    }
}

/// Makes what was renamed in a folder durable.
pub(super) fn sync_folder(folder: &Path) -> Result<(), StoreError> {
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(|source| StoreError::file(folder, source))
}

/// An empty file that only its owner may read: it will hold everybody's names.
fn make(partial: &Path) -> Result<(), StoreError> {
    match File::options().write(true).create_new(true).mode(0o600).open(partial) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            Err(StoreError::Exists { path: partial.display().to_string() })
        }
        Err(source) => Err(StoreError::file(partial, source)),
    }
}

fn fill(from: &Path, partial: &Path) -> Result<(), StoreError> {
    let source = read_only(from)?;
    {
        let mut target = Connection::open(partial)?;
        // A copy that is cut short is thrown away: there is nothing to roll back to.
        target.pragma_update(None, "journal_mode", "OFF")?;
        let backup = Backup::new(&source, &mut target)?;
        // All at once: in steps, every write in between would begin the copy anew. With a log nobody waits for it.
        if backup.step(-1)? != StepResult::Done {
            return Err(StoreError::Busy { path: from.display().to_string() });
        }
    }
    // Out of the mode with a log: one file then, which can be read where nothing can be written.
    let target = Connection::open(partial)?;
    target.pragma_update(None, "journal_mode", "DELETE")?;
    Ok(())
}

fn keep(partial: &Path, to: &Path) -> Result<(), StoreError> {
    let synced = File::open(partial).and_then(|file| file.sync_all());
    synced.map_err(|source| StoreError::file(partial, source))?;
    refuse_existing(to)?;
    std::fs::rename(partial, to).map_err(|source| StoreError::file(to, source))?;
    let folder = to.parent().filter(|folder| !folder.as_os_str().is_empty());
    sync_folder(folder.unwrap_or(Path::new(".")))
}
