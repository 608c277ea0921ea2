//! A full disk, for which a limit of pages stands: SQLite answers the same SQLITE_FULL when the system refuses a write
//! for want of room.

use super::super::audit::verify;
use super::super::open::open;
use super::super::tests::audit::Note;
use super::super::tests::{Add, user};
use super::*;
use crate::store::{Fence, Needs};
use std::path::Path;

/// Users whose rows need many more pages than are left.
const TOO_MANY: std::ops::Range<usize> = 1_000..2_000;

/// The writer without its thread: the test says when it commits.
fn writer(data: &Path) -> Thread {
    with_queue(data).0
}

fn with_queue(data: &Path) -> (Thread, mpsc::Sender<Message>) {
    let (queue, receiver) = mpsc::channel(QUEUE_MAX);
    (Thread::new(open(data).unwrap(), Arc::new(ArcSwap::from_pointee(InForce::empty())), receiver).unwrap(), queue)
}

/// Changes that come while this one is decided.
struct Busy(std::sync::Mutex<Vec<Message>>, mpsc::Sender<Message>);

impl Change for Busy {
    type Outcome = ();

    fn needs(&self) -> Needs {
        Needs::default()
    }

    fn decide(&self, _: &Facts) -> Decision<()> {
        for message in self.0.lock().unwrap().drain(..) {
            assert!(self.1.try_send(message).is_ok());
        }
        Decision::Done(Effects::default(), ())
    }
}

/// A step of a run.
struct Step(Add);

impl Change for Step {
    type Outcome = usize;

    fn fence(&self) -> Option<&Fence> {
        static FENCE: Fence = Fence { lease: "runs", holder: String::new(), epoch: 0 };
        Some(&FENCE)
    }

    fn needs(&self) -> Needs {
        self.0.needs()
    }

    fn decide(&self, facts: &Facts) -> Decision<usize> {
        self.0.decide(facts)
    }
}

/// Puts a change into a message; where its answer will be.
fn sent<C: Change>(change: C) -> (Message, oneshot::Receiver<Result<C::Outcome, StoreError>>) {
    let (caller, answer) = oneshot::channel();
    (Message::Change(Box::new(Waiting { change, outcome: None, caller })), answer)
}

#[test]
fn who_comes_while_others_are_written_shares_their_commit_and_a_step_of_a_run_waits_for_the_next() {
    let data = tempfile::tempdir().unwrap();
    let (mut writer, queue) = with_queue(data.path());
    let (step, mut of_step) = sent(Step(add(0..1)));
    let (message, mut of_message) = sent(add(1..2));
    let came = std::sync::Mutex::new(vec![step, message, Message::Close]);
    assert!(matches!(commit(&mut writer, vec![Busy(came, queue)]).as_slice(), [Ok(())]));
    assert!(matches!(of_message.try_recv(), Ok(Ok(1))), "it was committed with what it met");
    assert!(of_step.try_recv().is_err());
    assert_eq!(users(&writer), 1);
    let jobs = writer.queue.wait().expect("the step waits");
    writer.commit(jobs);
    assert!(matches!(of_step.try_recv(), Ok(Ok(1))), "what came before the end is written");
    assert!(writer.queue.wait().is_none(), "nobody comes any more");
}

/// Commits changes together, and what their callers are answered.
fn commit<C: Change>(writer: &mut Thread, changes: Vec<C>) -> Vec<Result<C::Outcome, StoreError>> {
    let mut jobs: Vec<Box<dyn Job>> = Vec::new();
    let mut answers = Vec::new();
    for change in changes {
        let (caller, answer) = oneshot::channel();
        jobs.push(Box::new(Waiting { change, outcome: None, caller }));
        answers.push(answer);
    }
    writer.commit(jobs);
    answers.into_iter().map(|mut answer| answer.try_recv().unwrap()).collect()
}

fn add(numbers: impl IntoIterator<Item = usize>) -> Add {
    Add(numbers.into_iter().map(user).collect())
}

/// The number of users as a reader beside the writer sees it.
fn users(writer: &Thread) -> u64 {
    let reader = super::super::open::connect(&writer.file).unwrap();
    reader.query_row("SELECT count(*) FROM user", [], |row| row.get(0)).unwrap()
}

/// Leaves room for so many more pages.
fn leave_room(writer: &Thread, pages: u32) {
    let used: u32 = writer.connection.pragma_query_value(None, "page_count", |row| row.get(0)).unwrap();
    writer.connection.pragma_update(None, "max_page_count", used + pages).unwrap();
}

#[test]
fn c011_a_full_disk_refuses_the_whole_batch_and_the_next_goes_on_once_there_is_room() {
    let data = tempfile::tempdir().unwrap();
    let mut writer = writer(data.path());
    assert!(matches!(commit(&mut writer, vec![add(0..1)]).as_slice(), [Ok(1)]));
    leave_room(&writer, 3);
    let file = data.path().join("scim.db").display().to_string();
    for attempt in 0..3 {
        // Of three, the second does not fit: nothing of the first remains, and the third is not begun.
        let answers = commit(&mut writer, vec![add(1..2), add(TOO_MANY), add(2..3)]);
        assert_eq!(answers.len(), 3);
        for answer in answers {
            assert!(matches!(&answer, Err(StoreError::Full { path }) if *path == file), "{attempt}: {answer:?}");
        }
        assert_eq!(users(&writer), 1, "reads go on, and see nothing half written");
    }
    leave_room(&writer, 10_000);
    let answers = commit(&mut writer, vec![add(1..2), add(TOO_MANY)]);
    assert!(matches!(answers.as_slice(), [Ok(1), Ok(1_000)]), "{answers:?}");
    assert_eq!(users(&writer), 1_002);
    let checked: String = writer.connection.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(checked, "ok");
}

#[test]
fn c011_a_change_that_fits_goes_through_although_another_did_not() {
    let data = tempfile::tempdir().unwrap();
    let mut writer = writer(data.path());
    leave_room(&writer, 3);
    assert!(matches!(commit(&mut writer, vec![add(TOO_MANY)]).as_slice(), [Err(StoreError::Full { .. })]));
    assert!(matches!(commit(&mut writer, vec![add(0..1)]).as_slice(), [Ok(1)]));
    assert_eq!(users(&writer), 1);
}

#[test]
fn c005_a_batch_that_is_rolled_back_leaves_no_gap_in_the_chain() {
    let data = tempfile::tempdir().unwrap();
    let mut writer = writer(data.path());
    let note = |text: &'static str| Note(text, Vec::new(), false);
    assert!(matches!(commit(&mut writer, vec![note("first")]).as_slice(), [Ok(())]));
    leave_room(&writer, 3);
    let too_long: &'static str = "x".repeat(1_000_000).leak();
    let answers = commit(&mut writer, vec![note("rolled back with the next"), note(too_long)]);
    assert!(matches!(answers.as_slice(), [Err(StoreError::Full { .. }), Err(StoreError::Full { .. })]), "{answers:?}");
    assert_eq!(verify(data.path(), None).unwrap().records, 1);
    leave_room(&writer, 10_000);
    assert!(matches!(commit(&mut writer, vec![note("second")]).as_slice(), [Ok(())]));
    assert_eq!(verify(data.path(), None).unwrap().records, 2);
}

#[test]
fn a_full_disk_says_which_file_and_what_happens_next() {
    let data = tempfile::tempdir().unwrap();
    let writer = writer(data.path());
    for code in [rusqlite::ffi::SQLITE_FULL, rusqlite::ffi::SQLITE_IOERR_SHMSIZE] {
        let error = rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(code), None);
        let file = data.path().join("scim.db");
        let expected = format!(
            "the disk that holds {} is full: nothing was changed, reads go on; \
             make room or enlarge the volume, and writes go on by themselves",
            file.display()
        );
        assert_eq!(writer.by_name(StoreError::Sqlite(error)).to_string(), expected);
    }
    let other = rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_IOERR), None);
    assert!(matches!(writer.by_name(StoreError::Sqlite(other)), StoreError::Sqlite(_)));
}
