//! A chain that was touched is found, with the position; a chain that grows, or was restored, is whole.

use super::super::audit::{Verified, verify};
use super::super::chain::known_incarnation;
use super::super::open::{FILE, connect, open};
use super::{change, user};
use crate::store::sqlite::{SqliteStore, backup, restore};
use crate::store::{
    Anchor, Change, Decision, Effects, Facts, Hash, Needs, Position, Record, StoreError, UserId, Write,
};
use jiff::Timestamp;
use serde_json::{Value, json};
use std::path::Path;
use uuid::Uuid;

/// A change that records this of these people; the third part says whether it also makes a user twice, and so fails.
pub(in crate::store::sqlite) struct Note(pub &'static str, pub Vec<(UserId, &'static str)>, pub bool);

impl Change for Note {
    type Outcome = ();

    fn needs(&self) -> Needs {
        Needs::default()
    }

    fn decide(&self, _facts: &Facts) -> Decision<()> {
        let part = |(user, name): &(UserId, &str)| -> (UserId, Value) { (*user, json!({ "userName": name })) };
        let record = Record {
            id: Uuid::now_v7(),
            seed: Uuid::new_v4(),
            head: json!({ "operation": self.0 }),
            people: self.1.iter().map(part).collect(),
        };
        let row = user(1);
        let twice = if self.2 { vec![Write::InsertUser(row.clone()), Write::InsertUser(row)] } else { Vec::new() };
        Decision::Done(Effects { writes: twice, record: Some(record) }, ())
    }
}

/// Appends so many records.
pub(super) async fn notes(store: &SqliteStore, records: usize) {
    for _ in 0..records {
        store.transact(Note("note", vec![(UserId(Uuid::from_u128(7)), "ada@example.com")], false)).await.unwrap();
    }
}

/// A closed store with five records, and what verifying it says.
async fn five() -> (tempfile::TempDir, Verified) {
    let data = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(data.path()).await.unwrap();
    notes(&store, 5).await;
    store.close().await;
    let verified = verify(data.path(), None).unwrap();
    (data, verified)
}

/// The number of the position that does not fit, and why.
fn broken(data: &Path, expect: Option<Anchor>) -> (u64, String) {
    match verify(data, expect) {
        Err(StoreError::Broken { position, problem, .. }) => (position.parse::<Position>().unwrap().number, problem),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn c005_the_chain_is_whole_while_it_grows_and_after() {
    let data = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(data.path()).await.unwrap();
    assert_eq!(verify(data.path(), None).unwrap(), Verified { records: 0, first: None, last: None });
    let mut earlier = None;
    for round in 1..=4 {
        // Many at once: they share commits.
        let changes = (0..50).map(|_| store.transact(Note("note", Vec::new(), false)));
        for done in futures::future::join_all(changes).await {
            done.unwrap();
        }
        let verified = verify(data.path(), earlier).unwrap();
        assert_eq!(verified.records, round * 50);
        assert_eq!(verified.last.map(|last| last.position.number), Some(round * 50));
        earlier = verified.last;
    }
    store.close().await;
    assert_eq!(verify(data.path(), earlier).unwrap().last, earlier);
}

#[tokio::test]
async fn c005_a_change_that_fails_leaves_no_gap() {
    let data = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(data.path()).await.unwrap();
    let changes = (0..60).map(|number| store.transact(Note("note", Vec::new(), number % 3 == 1)));
    let done = futures::future::join_all(changes).await;
    assert_eq!(done.iter().filter(|done| done.is_err()).count(), 20);
    assert_eq!(verify(data.path(), None).unwrap().records, 40);
    notes(&store, 1).await;
    assert_eq!(verify(data.path(), None).unwrap().records, 41);
    store.close().await;
}

#[tokio::test]
async fn c005_whatever_is_touched_is_found_and_named() {
    let text = "its text is not what was recorded";
    let follow = "it does not follow from the records before it";
    let columns = "its columns are not those of a record";
    let head = "this is the last record, and the head of the chain says that another one is";
    let missing = "this record is missing";
    let cases = [
        ("UPDATE record SET body = replace(body, 'ada@', 'bda@') WHERE position = 3", 3, text),
        ("UPDATE record SET body = CAST(body AS BLOB) WHERE position = 2", 2, text),
        ("UPDATE record SET body = CAST(x'ff' AS TEXT) WHERE position = 2", 2, text),
        ("UPDATE record SET digest = zeroblob(32) WHERE position = 5", 5, text),
        ("UPDATE record SET digest = zeroblob(31) WHERE position = 5", 5, columns),
        ("UPDATE record SET id = zeroblob(16) WHERE position = 1", 1, follow),
        ("UPDATE record SET incarnation = incarnation + 1 WHERE position = 4", 4, follow),
        (
            "UPDATE record SET incarnation = 1 WHERE position = 4",
            4,
            "a record of an earlier incarnation stands after one of a later",
        ),
        ("UPDATE record SET hash = zeroblob(32) WHERE position = 5", 5, follow),
        ("DELETE FROM record WHERE position = 1", 1, missing),
        ("DELETE FROM record WHERE position = 3", 3, missing),
        (
            "DELETE FROM record WHERE position = 3; UPDATE record SET position = position - 1 WHERE position > 3",
            3,
            follow,
        ),
        (
            "UPDATE record SET position = -2 WHERE position = 2; UPDATE record SET position = 2 WHERE position = 3; \
             UPDATE record SET position = 3 WHERE position = -2",
            2,
            follow,
        ),
        ("UPDATE record SET position = 0 WHERE position = 1", 1, missing),
        ("DELETE FROM record WHERE position > 3", 4, "this record is missing: the chain goes up to number 5"),
        ("DELETE FROM record", 1, "this record is missing: the chain goes up to number 5"),
        ("UPDATE chain_head SET position = 4", 5, head),
        ("UPDATE chain_head SET hash = zeroblob(32)", 5, head),
        ("DELETE FROM chain_head", 5, "the head of the chain is missing"),
    ];
    let (whole, _) = five().await;
    for (sql, position, problem) in cases {
        let data = tempfile::tempdir().unwrap();
        std::fs::copy(whole.path().join(FILE), data.path().join(FILE)).unwrap();
        verify(data.path(), None).unwrap();
        change(data.path(), sql);
        assert_eq!(broken(data.path(), None), (position, problem.to_owned()), "{sql}");
    }
}

#[tokio::test]
async fn c005_a_chain_written_anew_is_found_by_an_earlier_anchor() {
    let (data, earlier) = five().await;
    let (other, later) = five().await;
    let anchor = earlier.last.unwrap();
    assert_eq!(verify(data.path(), Some(anchor)).unwrap(), earlier);
    // Another chain that is whole, of the same length.
    std::fs::copy(other.path().join(FILE), data.path().join(FILE)).unwrap();
    assert_eq!(verify(data.path(), later.last).unwrap(), later);
    assert_eq!(broken(data.path(), Some(anchor)).0, 5);
    let beyond = Anchor { position: Position { number: 6, ..anchor.position }, hash: Hash::START };
    let (position, problem) = broken(data.path(), Some(beyond));
    assert!(position == 6 && problem.starts_with("this record was expected and is missing"), "{problem}");
}

#[tokio::test]
async fn c005_what_is_appended_after_a_restore_has_positions_of_its_own() {
    let (data, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let file = elsewhere.path().join("backup.db");
    let store = SqliteStore::open(data.path()).await.unwrap();
    notes(&store, 3).await;
    backup(data.path(), &file).unwrap();
    notes(&store, 2).await;
    store.close().await;
    let before = verify(data.path(), None).unwrap().last.unwrap();
    // A clock that is wrong does not bring an incarnation back, not even from one backup twice.
    let mut last = before;
    for second in 1..3 {
        restore(data.path(), &file, Timestamp::from_second(second).unwrap()).unwrap();
        let store = SqliteStore::open(data.path()).await.unwrap();
        notes(&store, 2).await;
        store.close().await;
        let verified = verify(data.path(), None).unwrap();
        assert_eq!((verified.records, verified.first), (5, Some(Position { number: 1, ..before.position })));
        let (after, problem) = (verified.last.unwrap(), broken(data.path(), Some(before)));
        assert!(after.position > last.position && after.position.number == 5, "{after} after {last}");
        assert!(problem.0 == 5 && problem.1.starts_with("another record was expected here"), "{problem:?}");
        last = after;
    }
    // Nor does a store that is lost, and cannot be asked.
    let (lost, now) = (elsewhere.path().join("lost"), Timestamp::now());
    restore(&lost, &file, now).unwrap();
    let incarnation = known_incarnation(&connect(&lost.join(FILE)).unwrap()).unwrap();
    assert!(incarnation >= u32::try_from(now.as_second()).ok() && incarnation > Some(before.position.incarnation));
}

#[tokio::test]
async fn c005_a_chain_that_nothing_could_be_appended_to_is_not_opened() {
    for sql in ["DELETE FROM record WHERE position = 5", "UPDATE chain_head SET position = 4", "DELETE FROM chain_head"]
    {
        let (data, _) = five().await;
        change(data.path(), sql);
        let error = open(data.path()).err().unwrap();
        assert!(matches!(&error, StoreError::Broken { .. }), "{error}");
    }
}
