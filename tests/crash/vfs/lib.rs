//! What SQLite asks of a disk, recorded: the part of the crash tests that speaks C.
//!
//! SQLite reaches files through a VFS, a table of functions. [`Recording::start`] makes the default one note, for one
//! folder, what was written and what SQLite wanted to be durable, in order. `tests/crash/disk.rs` replays such a list
//! up to a moment of power loss. Files themselves, locks and the shared index of the log stay the system's: every
//! reader and writer sees what it would see without this.
//!
//! It never decides what a disk keeps, and it never makes a watched file durable: what is durable is what the replay
//! says. It is a crate of its own because the tests' package forbids `unsafe`, and a VFS cannot be without.

mod shim;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};

/// What SQLite did to a file of a watched folder; noted once it had been done.
#[derive(Debug, Clone)]
pub enum Event {
    /// A file was opened, and made where there was none.
    Open {
        /// What later events call the open file.
        handle: u64,
        /// Its name in the folder.
        name: String,
        /// Whether it is a journal or a log to be written: with its first sync SQLite's VFS makes the names of the
        /// folder durable too.
        journal: bool,
    },
    /// Bytes were written.
    Write {
        /// The open file.
        handle: u64,
        /// Where they begin.
        at: usize,
        /// What was written.
        bytes: Arc<[u8]>,
    },
    /// A file was cut.
    Resize {
        /// The open file.
        handle: u64,
        /// Its length since, in bytes.
        length: usize,
    },
    /// Everything written to the file so far was to be durable.
    Sync {
        /// The open file.
        handle: u64,
    },
    /// A name was removed.
    Delete {
        /// The file's name in the folder.
        name: String,
        /// Whether that was to be durable, and with it all names of the folder.
        synced: bool,
    },
}

/// Notes what SQLite does to the files of one folder, for as long as it lives.
#[derive(Debug)]
pub struct Recording {
    folder: PathBuf,
    log: Arc<Log>,
}

impl Recording {
    /// Watches a folder that exists, in which SQLite has no file open.
    ///
    /// # Errors
    /// The folder cannot be found, or SQLite takes no VFS.
    pub fn start(folder: &Path) -> std::io::Result<Self> {
        shim::install().map_err(|code| std::io::Error::other(format!("SQLite takes no VFS: {code}")))?;
        // As SQLite names files: without links.
        let folder = folder.canonicalize()?;
        let log = Arc::new(Log::default());
        held(&WATCHED).insert(folder.clone(), Arc::clone(&log));
        Ok(Self { folder, log })
    }

    /// How much has been done up to now: a moment in [`Recording::events`].
    pub fn moment(&self) -> usize {
        held(&self.log.noted).events.len()
    }

    /// What was done up to now.
    pub fn events(&self) -> Vec<Event> {
        held(&self.log.noted).events.clone()
    }
}

impl Drop for Recording {
    fn drop(&mut self) {
        held(&WATCHED).remove(&self.folder);
    }
}

/// The folders that are watched.
static WATCHED: LazyLock<Mutex<BTreeMap<PathBuf, Arc<Log>>>> = LazyLock::new(Mutex::default);

#[derive(Debug, Default)]
struct Log {
    noted: Mutex<Noted>,
}

#[derive(Debug, Default)]
struct Noted {
    events: Vec<Event>,
    handles: u64,
}

impl Log {
    fn note(&self, event: Event) {
        held(&self.noted).events.push(event);
    }

    /// Notes an opened file; answers its handle.
    fn open(&self, name: String, journal: bool) -> u64 {
        let mut noted = held(&self.noted);
        noted.handles += 1;
        let handle = noted.handles;
        noted.events.push(Event::Open { handle, name, journal });
        handle
    }
}

/// The log of the folder a file lies in, if that is watched, and the file's name there.
fn watched(file: &Path) -> Option<(Arc<Log>, String)> {
    let log = held(&WATCHED).get(file.parent()?).cloned()?;
    Some((log, file.file_name()?.to_str()?.to_owned()))
}

/// What a mutex guards, also after a panic elsewhere: every step under these leaves it whole.
fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
