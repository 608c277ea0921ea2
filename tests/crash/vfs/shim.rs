//! The VFS: the system's own with six functions of it replaced, so that everything else passes by untouched.
//!
//! `xOpen` and `xDelete` are replaced in the VFS; `xWrite`, `xTruncate`, `xSync` and `xClose` in the table of methods
//! that the system's VFS gives to a file of a watched folder. Memory-mapped access is taken out of that table, since it
//! would pass by `xWrite`. The four find what they know of a file by its address, which SQLite never moves.

use super::{Event, Log, held, watched};
use rusqlite::ffi;
use std::collections::HashMap;
use std::ffi::{CStr, OsStr, c_char, c_int, c_void};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::ptr;
use std::sync::{Arc, LazyLock, Mutex, OnceLock};

/// What a VFS knows of a file that is not one of its own.
const UNKNOWN: c_int = ffi::SQLITE_MISUSE;
/// The kinds of files with whose first sync the system's VFS makes the names of their folder durable.
const JOURNALS: c_int = ffi::SQLITE_OPEN_MAIN_JOURNAL | ffi::SQLITE_OPEN_SUPER_JOURNAL | ffi::SQLITE_OPEN_WAL;

/// A file of a watched folder that SQLite has open.
#[derive(Clone)]
struct Opened {
    /// The methods of the system's VFS.
    system: &'static ffi::sqlite3_io_methods,
    log: Arc<Log>,
    handle: u64,
}

/// Address of the file → what is known of it.
static OPENED: LazyLock<Mutex<HashMap<usize, Opened>>> = LazyLock::new(Mutex::default);
/// Address of the system's methods → the same with ours among them. The system has a few such tables.
static METHODS: LazyLock<Mutex<HashMap<usize, &'static ffi::sqlite3_io_methods>>> = LazyLock::new(Mutex::default);

/// Makes the recording VFS the default one, once in a process. Fails with SQLite's code.
pub fn install() -> Result<(), c_int> {
    static INSTALLED: OnceLock<c_int> = OnceLock::new();
    match *INSTALLED.get_or_init(register) {
        ffi::SQLITE_OK => Ok(()),
        code => Err(code),
    }
}

fn register() -> c_int {
    // SAFETY: a null name asks for the default VFS.
    let system = unsafe { ffi::sqlite3_vfs_find(ptr::null()) };
    if system.is_null() {
        return ffi::SQLITE_ERROR;
    }
    // SAFETY: a VFS that SQLite has found is whole, and stays where it is for as long as the process lives.
    let copy = unsafe { *system };
    // The functions taken over look at none of the fields changed here.
    let ours = Box::leak(Box::new(ffi::sqlite3_vfs {
        pNext: ptr::null_mut(),
        zName: c"power-cut".as_ptr(),
        pAppData: system.cast(),
        xOpen: Some(open),
        xDelete: Some(delete),
        ..copy
    }));
    // SAFETY: `ours` and its name are never freed nor moved.
    unsafe { ffi::sqlite3_vfs_register(ours, 1) }
}

/// # Safety
/// As SQLite calls `xOpen`: `vfs` is ours; `file` has room for a file of the system's VFS.
unsafe extern "C" fn open(
    vfs: *mut ffi::sqlite3_vfs,
    name: ffi::sqlite3_filename,
    file: *mut ffi::sqlite3_file,
    flags: c_int,
    out: *mut c_int,
) -> c_int {
    // SAFETY: `register` has put the system's VFS there; the arguments are SQLite's own.
    let done = unsafe {
        let system: *mut ffi::sqlite3_vfs = (*vfs).pAppData.cast();
        let Some(open) = (*system).xOpen else { return UNKNOWN };
        open(system, name, file, flags, out)
    };
    if done != ffi::SQLITE_OK {
        return done;
    }
    // SAFETY: SQLite names a file by a C string or, a temporary one, by null.
    let Some((log, name)) = (unsafe { place(name) }) else { return done };
    // SAFETY: the file is open, so it has the methods of the system's VFS, which are constants of the program.
    let Some(system) = (unsafe { (*file).pMethods.as_ref::<'static>() }) else { return UNKNOWN };
    let handle = log.open(name, flags & JOURNALS != 0 && flags & ffi::SQLITE_OPEN_CREATE != 0);
    held(&OPENED).insert(file.addr(), Opened { system, log, handle });
    // SAFETY: the table is like the one it replaces and is never freed.
    unsafe { (*file).pMethods = recording(system) };
    done
}

/// # Safety
/// As SQLite calls `xDelete`: `vfs` is ours, `name` is a C string.
unsafe extern "C" fn delete(vfs: *mut ffi::sqlite3_vfs, name: *const c_char, sync: c_int) -> c_int {
    // SAFETY: as in `open`.
    let done = unsafe {
        let system: *mut ffi::sqlite3_vfs = (*vfs).pAppData.cast();
        let Some(delete) = (*system).xDelete else { return UNKNOWN };
        delete(system, name, sync)
    };
    if done == ffi::SQLITE_OK {
        // SAFETY: SQLite names what it removes.
        if let Some((log, name)) = unsafe { place(name) } {
            log.note(Event::Delete { name, synced: sync != 0 });
        }
    }
    done
}

/// # Safety
/// As SQLite calls `xWrite` of a file that [`open`] has opened: `from` has `count` bytes.
unsafe extern "C" fn write(file: *mut ffi::sqlite3_file, from: *const c_void, count: c_int, at: i64) -> c_int {
    let Some(Opened { system, log, handle }) = opened(file) else { return UNKNOWN };
    let (Some(write), Ok(length), Ok(place)) = (system.xWrite, usize::try_from(count), usize::try_from(at)) else {
        return UNKNOWN;
    };
    // SAFETY: the call goes on as it came.
    let done = unsafe { write(file, from, count, at) };
    if done == ffi::SQLITE_OK && length > 0 {
        // SAFETY: see above; the bytes are SQLite's until this returns.
        let bytes = unsafe { std::slice::from_raw_parts(from.cast::<u8>(), length) };
        log.note(Event::Write { handle, at: place, bytes: bytes.into() });
    }
    done
}

/// # Safety
/// As SQLite calls `xTruncate` of a file that [`open`] has opened.
unsafe extern "C" fn truncate(file: *mut ffi::sqlite3_file, size: i64) -> c_int {
    let Some(Opened { system, log, handle }) = opened(file) else { return UNKNOWN };
    let (Some(truncate), Ok(length)) = (system.xTruncate, usize::try_from(size)) else { return UNKNOWN };
    // SAFETY: the call goes on as it came.
    let done = unsafe { truncate(file, size) };
    if done == ffi::SQLITE_OK {
        log.note(Event::Resize { handle, length });
    }
    done
}

/// What is durable is what the replay says, so that the machine's own disk need not be asked.
///
/// # Safety
/// As SQLite calls `xSync` of a file that [`open`] has opened.
unsafe extern "C" fn sync(file: *mut ffi::sqlite3_file, _flags: c_int) -> c_int {
    let Some(Opened { log, handle, .. }) = opened(file) else { return UNKNOWN };
    log.note(Event::Sync { handle });
    ffi::SQLITE_OK
}

/// # Safety
/// As SQLite calls `xClose` of a file that [`open`] has opened.
unsafe extern "C" fn close(file: *mut ffi::sqlite3_file) -> c_int {
    // Before the file is closed: its address may be that of another one right after.
    let known = held(&OPENED).remove(&file.addr());
    match known.and_then(|opened| opened.system.xClose) {
        // SAFETY: the call goes on as it came.
        Some(close) => unsafe { close(file) },
        None => UNKNOWN,
    }
}

fn opened(file: *mut ffi::sqlite3_file) -> Option<Opened> {
    held(&OPENED).get(&file.addr()).cloned()
}

/// The log a file belongs to and its name there.
///
/// # Safety
/// `name` is null or a C string.
unsafe fn place(name: *const c_char) -> Option<(Arc<Log>, String)> {
    if name.is_null() {
        return None;
    }
    // SAFETY: see above.
    let name = unsafe { CStr::from_ptr(name) };
    watched(Path::new(OsStr::from_bytes(name.to_bytes())))
}

/// The system's methods with ours among them.
fn recording(system: &'static ffi::sqlite3_io_methods) -> &'static ffi::sqlite3_io_methods {
    held(&METHODS).entry(ptr::from_ref(system).addr()).or_insert_with(|| {
        Box::leak(Box::new(ffi::sqlite3_io_methods {
            // The second version has shared memory, the third has mapped files.
            iVersion: system.iVersion.min(2),
            xClose: Some(close),
            xWrite: Some(write),
            xTruncate: Some(truncate),
            xSync: Some(sync),
            xFetch: None,
            xUnfetch: None,
            ..*system
        }))
    })
}
