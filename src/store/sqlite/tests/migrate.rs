//! A store of an earlier version is taken up with everything in it.
//!
//! `tests/data/store-v1.db` was written by a program with version 1 of the tables: Ada and Ben are users, Cleo was
//! deleted, a rule gives access to the members of a group, and a run changed it.

use super::super::audit::{erase, verify};
use super::super::open::{FILE, connect};
use crate::store::sqlite::{SqliteStore, backup, check, restore};
use crate::store::{GroupSelect, Page, Start, StoreError, UserSelect, chain, email_key};
use jiff::Timestamp;
use std::path::Path;

const ALL: Page = Page { start: Start::Offset(0), limit: 100, count_all: true };

/// A folder with a copy of the store of version 1.
fn old() -> tempfile::TempDir {
    let data = tempfile::tempdir().unwrap();
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/store-v1.db");
    std::fs::copy(file, data.path().join(FILE)).unwrap();
    data
}

#[tokio::test]
async fn c005_c011_a_store_of_version_1_is_read_and_its_records_are_the_beginning_of_the_chain() {
    let data = old();
    let before = check(data.path()).unwrap();
    assert_eq!((before.schema_version, before.users, before.groups, before.revision), (1, 2, 1, 2));
    let unchained = verify(data.path(), None).unwrap_err();
    assert!(matches!(unchained, StoreError::Unchained { found: 1, needed: 2, .. }), "{unchained}");
    let store = SqliteStore::open(data.path()).await.unwrap();
    assert_eq!((store.store_id(), store.in_force().revision), (before.store_id.as_str(), 2));
    let users = store.users(UserSelect::All, ALL, true, None).await.unwrap().rows;
    let names: Vec<_> = users.iter().map(|(row, groups)| (row.user.user_name(), groups.len())).collect();
    assert_eq!(names, [("ada@example.com", 1), ("ben@example.com", 1)]);
    assert!(users.iter().all(|(row, _)| row.reenabled.is_none()));
    assert_eq!(store.groups(GroupSelect::All, ALL, true, None).await.unwrap().total, Some(1));
    let by_address = UserSelect::Email(email_key("ADA@example.com"));
    let found = store.users(by_address, ALL, false, None).await.unwrap().rows;
    assert_eq!(found.iter().map(|(row, _)| row.id).collect::<Vec<_>>(), [users[0].0.id]);
    let summaries = store.summaries(UserSelect::All, 10, None).await.unwrap();
    assert!(summaries.iter().all(|summary| summary.grants[0].role == "Developer"));
    let verified = verify(data.path(), None).unwrap();
    assert_eq!((verified.records, verified.last.unwrap().position.number), (10, 10));
    super::audit::notes(&store, 1).await;
    store.close().await;
    assert_eq!(verify(data.path(), verified.last).unwrap().records, 11);
    assert_eq!(check(data.path()).unwrap().schema_version, 6);
}

#[tokio::test]
async fn c005_a_person_can_be_erased_from_the_records_of_version_1() {
    let data = old();
    SqliteStore::open(data.path()).await.unwrap().close().await;
    let connection = connect(&data.path().join(FILE)).unwrap();
    let mut statement = connection.prepare("SELECT body FROM record ORDER BY position").unwrap();
    let bodies: Vec<String> = statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    let said: Vec<_> = bodies.iter().map(|body| chain::contents(body).unwrap()).collect();
    assert!(said.iter().all(|said| !said.head.to_string().contains("@example.com")), "{said:?}");
    let deleted = said.iter().find(|said| said.head["operation"] == "user.delete").unwrap();
    let [(_, Some(part))] = deleted.people.as_slice() else { panic!("{deleted:?}") };
    assert_eq!(part["userName"], "cleo@example.com");
    assert_eq!(part["attributes"]["before"]["externalId"], "ext-cleo");
    assert_eq!(part["access"]["before"][0]["role"], "Designer");
    drop(statement);
    drop(connection);
    let before = verify(data.path(), None).unwrap();
    assert_eq!(erase(data.path(), "cleo@example.com", Timestamp::UNIX_EPOCH).unwrap().records, 3);
    verify(data.path(), before.last).unwrap();
    let bytes = std::fs::read(data.path().join(FILE)).unwrap();
    assert!(!bytes.windows(4).any(|window| window == b"cleo"));
}

#[tokio::test]
async fn c009_a_backup_of_version_1_is_put_back_and_taken_up() {
    let (from, data) = (old(), tempfile::tempdir().unwrap());
    let file = from.path().join("backup.db");
    backup(from.path(), &file).unwrap();
    assert_eq!(restore(data.path(), &file, Timestamp::now()).unwrap().inventory.schema_version, 1);
    SqliteStore::open(data.path()).await.unwrap().close().await;
    assert_eq!(verify(data.path(), None).unwrap().records, 10);
}
