//! Putting a backup in the store's place, with the folder locked: no endpoint runs over it meanwhile.
//!
//! It is the same store, older: it keeps its id, and it knows nothing of what came after the backup, revocations among
//! it. Whoever starts it has to publish to it first (`revocationFloor`, B127). The files replaced are kept beside it. A
//! restore that was cut short is not served: the folder says so until it is run again (C009, C011). The records go on
//! in another incarnation: what was appended after the backup has positions of its own (C005). Nobody is signed in any
//! more: the backup does not know who has signed out since.

use super::super::error::StoreError;
use super::backup::{beside, copy, discard, refuse_existing, sync_folder};
use super::chain::begin_anew;
use super::identity::end_all_sessions;
use super::inventory::{Depth, Inspection, Inventory, inspect};
use super::open::{FILE, claim};
use jiff::Timestamp;
use std::path::{Path, PathBuf};

/// The copy of the backup while it is made. Left over, it means nothing.
const NEW: &str = "scim.db.new";
/// The copy of the backup while it takes the store's place. Left over, the folder holds no store that may be served.
const RESTORING: &str = "scim.db.restoring";
/// The database and what belongs to it: without its log a database is not what was acknowledged.
const PARTS: [&str; 3] = ["", "-wal", "-shm"];

/// What a restore came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restored {
    /// What the store holds now.
    pub inventory: Inventory,
    /// Where the store is that was there before, if one was.
    pub replaced: Option<PathBuf>,
}

/// Puts the backup `from` in the place of the store in `data`; `now` names the files that are replaced.
///
/// Changes nothing when another process has the store open, or when the backup is damaged, newer than this program or
/// no store at all.
pub fn restore(data: &Path, from: &Path, now: Timestamp) -> Result<Restored, StoreError> {
    let _lock = claim(data)?;
    whole(from, inspect(from, Depth::Full)?)?;
    let (file, new, restoring) = (data.join(FILE), data.join(NEW), data.join(RESTORING));
    let aside = beside(&file, &format!(".replaced-{}", now.as_second()));
    for part in PARTS {
        refuse_existing(&beside(&aside, part))?;
    }
    discard(&new);
    discard(&beside(&new, ".part"));
    let inventory = whole(from, copy(from, &new)?)?;
    begin_anew(&new, &file, now)?;
    end_all_sessions(&new)?;
    // From here on the folder holds no store, until the last step has been done.
    rename(&new, &restoring)?;
    sync_folder(data)?;
    let mut replaced = None;
    for part in PARTS {
        let moved = rename_if_there(&beside(&file, part), &beside(&aside, part))?;
        if moved && part.is_empty() {
            replaced = Some(aside.clone());
        }
    }
    sync_folder(data)?;
    rename(&restoring, &file)?;
    sync_folder(data)?;
    Ok(Restored { inventory, replaced })
}

/// Fails while a restore into this folder has not come to its end.
pub(super) fn refuse_unfinished(data: &Path) -> Result<(), StoreError> {
    match refuse_existing(&data.join(RESTORING)) {
        Err(StoreError::Exists { .. }) => Err(StoreError::Unfinished { data: data.display().to_string() }),
        other => other,
    }
}

fn whole(from: &Path, inspection: Inspection) -> Result<Inventory, StoreError> {
    match inspection {
        Inspection::Whole(inventory) => Ok(inventory),
        Inspection::Damaged(problem) => Err(StoreError::BadBackup { path: from.display().to_string(), problem }),
    }
}

fn rename(from: &Path, to: &Path) -> Result<(), StoreError> {
    std::fs::rename(from, to).map_err(|source| StoreError::file(from, source))
}

/// Whether there was something to rename.
fn rename_if_there(from: &Path, to: &Path) -> Result<bool, StoreError> {
    match std::fs::rename(from, to) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(false),
        Err(source) => Err(StoreError::file(from, source)),
    }
}
