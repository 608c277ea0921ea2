//! A chain whose beginning was cut off is whole only as it was cut: nothing else may be missing, and nothing changed.

use super::super::audit::{Verified, erase, verify};
use super::super::open::{FILE, connect};
use super::audit::{Note, notes};
use super::change;
use crate::config::AuditRetention;
use crate::store::sqlite::{SqliteStore, backup, check, restore};
use crate::store::{Anchor, Hash, Position, StoreError, UserId};
use jiff::Timestamp;
use std::path::Path;
use uuid::Uuid;

/// Whom the notes are about.
const ADA: UserId = UserId(Uuid::from_u128(7));

async fn cut(store: &SqliteStore, wanted: u64) -> u64 {
    let keep = AuditRetention { max_records: Some(wanted), max_age_s: None };
    store.cut(keep, Timestamp::UNIX_EPOCH).await.unwrap()
}

/// A closed store of which the records 1 to 6 of 10 were cut off: 11 says so, and 12 is the last.
async fn world() -> (tempfile::TempDir, Verified) {
    let data = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(data.path()).await.unwrap();
    notes(&store, 10).await;
    assert_eq!(cut(&store, 5).await, 6);
    notes(&store, 1).await;
    store.close().await;
    let verified = verify(data.path(), None).unwrap();
    assert_eq!((verified.records, verified.first.map(|first| first.number)), (6, Some(7)));
    (data, verified)
}

fn copy(from: &Path) -> tempfile::TempDir {
    let data = tempfile::tempdir().unwrap();
    std::fs::copy(from.join(FILE), data.path().join(FILE)).unwrap();
    data
}

/// The number of the position that does not fit, and why.
fn broken(data: &Path, expect: Option<Anchor>) -> (u64, String) {
    match verify(data, expect) {
        Err(StoreError::Broken { position, problem, .. }) => (position.parse::<Position>().unwrap().number, problem),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn c005_whatever_is_touched_of_a_chain_that_was_cut_is_found() {
    let text = "its text is not what was recorded";
    let follow = "it does not follow from the records before it";
    let missing = "this record is missing";
    let unsaid = "the records before this one are missing, and none says that they were cut off";
    let cases = [
        // One byte of a record that was kept, and of the record of the cut.
        ("UPDATE record SET body = replace(body, 'ada@', 'bda@') WHERE position = 8", 8, text),
        ("UPDATE record SET body = replace(body, 'audit.cut', 'audit.cub') WHERE position = 11", 11, text),
        ("UPDATE record SET hash = zeroblob(32) WHERE position = 7", 7, follow),
        ("DELETE FROM record WHERE position = 7", 7, missing),
        ("DELETE FROM record WHERE position = 11", 11, missing),
        ("DELETE FROM record WHERE position = 12", 12, "this record is missing: the chain goes up to number c"),
        // More is taken away than was, or the cut is denied.
        (
            "UPDATE chain_cut SET position = 8, hash = (SELECT hash FROM record WHERE position = 8); \
             DELETE FROM record WHERE position <= 8",
            9,
            unsaid,
        ),
        ("UPDATE chain_cut SET position = 5", 6, missing),
        ("UPDATE chain_cut SET hash = zeroblob(32)", 7, follow),
        ("UPDATE chain_cut SET hash = zeroblob(31)", 1, missing),
        ("DELETE FROM chain_cut", 1, missing),
    ];
    let (whole, verified) = world().await;
    for (sql, position, problem) in cases {
        let data = copy(whole.path());
        assert_eq!(verify(data.path(), verified.last).unwrap(), verified);
        change(data.path(), sql);
        assert_eq!(broken(data.path(), None), (position, problem.to_owned()), "{sql}");
    }
}

#[tokio::test]
async fn c005_a_cut_that_no_record_names_is_no_cut() {
    let data = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(data.path()).await.unwrap();
    notes(&store, 5).await;
    store.close().await;
    // All that a cut does, but its record.
    let sql = "INSERT INTO chain_cut SELECT 1, position, hash FROM record WHERE position = 2; \
        DELETE FROM record WHERE position <= 2";
    change(data.path(), sql);
    let unsaid = "the records before this one are missing, and none says that they were cut off";
    assert_eq!(broken(data.path(), None), (3, unsaid.to_owned()));
    // The record of a later one names that one alone.
    let store = SqliteStore::open(data.path()).await.unwrap();
    notes(&store, 5).await;
    assert_eq!(cut(&store, 3).await, 6);
    store.close().await;
    assert_eq!(verify(data.path(), None).unwrap().records, 3);
    let back = "UPDATE chain_cut SET position = 9, hash = (SELECT hash FROM record WHERE position = 9); \
        DELETE FROM record WHERE position <= 9";
    change(data.path(), back);
    assert_eq!(broken(data.path(), None), (10, unsaid.to_owned()));
}

#[tokio::test]
async fn c005_an_anchor_from_before_a_cut_is_met_at_its_end_and_told_apart_before() {
    let data = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(data.path()).await.unwrap();
    notes(&store, 3).await;
    let early = verify(data.path(), None).unwrap().last.unwrap();
    notes(&store, 3).await;
    let at_the_cut = verify(data.path(), None).unwrap().last.unwrap();
    notes(&store, 4).await;
    assert_eq!(cut(&store, 5).await, 6);
    let verified = verify(data.path(), Some(at_the_cut)).unwrap();
    assert_eq!(verify(data.path(), verified.last).unwrap(), verified);
    let (position, problem) = broken(data.path(), Some(early));
    assert!(position == 3 && problem.starts_with("this record was expected and has been cut off since"), "{problem}");
    let (position, problem) = broken(data.path(), Some(Anchor { hash: Hash::START, ..at_the_cut }));
    assert!(position == 6 && problem.starts_with("another record was expected here"), "{problem}");
    store.close().await;
}

#[tokio::test]
async fn c005_a_cut_among_other_changes_leaves_no_gap() {
    let data = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(data.path()).await.unwrap();
    notes(&store, 10).await;
    let note = |fails| store.transact(Note("beside", Vec::new(), fails));
    let (one, gone, failed, two) = tokio::join!(note(false), cut(&store, 4), note(true), note(false));
    assert!(one.is_ok() && two.is_ok() && failed.is_err());
    let verified = verify(data.path(), None).unwrap();
    assert_eq!(verified.records, 13 - gone);
    assert_eq!(*store.appended().borrow(), 13);
    store.close().await;
}

#[tokio::test]
async fn c005_c009_a_chain_that_was_cut_can_be_erased_from_backed_up_and_put_back() {
    let (data, verified) = world().await;
    let elsewhere = tempfile::tempdir().unwrap();
    let file = elsewhere.path().join("backup.db");
    assert_eq!(backup(data.path(), &file).unwrap(), check(data.path()).unwrap());
    let erased = erase(data.path(), "ada@example.com", Timestamp::UNIX_EPOCH).unwrap();
    assert_eq!((erased.user, erased.records), (ADA, 5));
    assert_eq!(verify(data.path(), verified.last).unwrap().records, 7);
    restore(data.path(), &file, Timestamp::now()).unwrap();
    assert_eq!(verify(data.path(), verified.last).unwrap(), verified);
    // It goes on in another incarnation, and is cut again.
    let store = SqliteStore::open(data.path()).await.unwrap();
    notes(&store, 4).await;
    let extent = store.extent().await.unwrap();
    let before = verified.last.unwrap().position;
    assert_eq!((extent.cut, extent.last.number), (6, 16));
    assert!(extent.last.incarnation > before.incarnation);
    assert_eq!(cut(&store, 3).await, 8);
    store.close().await;
    let after = verify(data.path(), None).unwrap();
    assert_eq!((after.records, after.first.unwrap().number, after.last.unwrap().position.number), (3, 15, 17));
    let connection = connect(&data.path().join(FILE)).unwrap();
    let cuts: u64 = connection.query_row("SELECT count(*) FROM chain_cut", [], |row| row.get(0)).unwrap();
    assert_eq!(cuts, 1);
}
