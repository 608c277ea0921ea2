//! A backup is the store of one moment, in one file, and nothing of the live store changes by it.

use super::{Add, change, closed, damage, files, store, user};
use crate::store::sqlite::{backup, check, open};
use crate::store::{StoreError, restore};
use jiff::Timestamp;
use std::os::unix::fs::PermissionsExt;

#[test]
fn c011_a_backup_beside_the_writer_has_what_was_acknowledged_and_nothing_unfinished() {
    let (data, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let opened = open::open(data.path()).unwrap();
    let insert = |number: usize| {
        let row = user(number);
        super::super::user::insert(&opened.connection, &row).unwrap();
    };
    insert(0);
    opened.connection.execute_batch("BEGIN IMMEDIATE").unwrap();
    insert(1);
    let copy = elsewhere.path().join("backup.db");
    let inventory = backup(data.path(), &copy).unwrap();
    assert_eq!((inventory.users, &inventory.store_id), (1, &opened.store_id));
    opened.connection.execute_batch("COMMIT").unwrap();
    assert_eq!(check(data.path()).unwrap().users, 2, "the writer went on");
    assert_eq!(files(elsewhere.path()), ["backup.db"], "one file, and nothing beside it");
    assert_eq!(std::fs::metadata(&copy).unwrap().permissions().mode() & 0o777, 0o600);
}

#[tokio::test]
async fn c011_a_backup_can_be_read_where_nothing_can_be_written() {
    let (data, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    closed(data.path(), 3).await;
    let copy = elsewhere.path().join("backup.db");
    backup(data.path(), &copy).unwrap();
    let version = &std::fs::read(&copy).unwrap()[18..20];
    assert_eq!(version, [1, 1], "a mode without a log: its reader makes no files beside it");
}

#[tokio::test]
async fn c011_a_backup_does_not_touch_the_lock_nor_the_live_files() {
    let (data, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let store = store(data.path(), 0..50).await;
    let state = || ["scim.db", "scim.db-wal"].map(|name| std::fs::read(data.path().join(name)).unwrap());
    let (before, names) = (state(), files(data.path()));
    backup(data.path(), &elsewhere.path().join("backup.db")).unwrap();
    assert_eq!((state() == before, files(data.path())), (true, names));
    let claimed = open::claim(data.path());
    assert!(matches!(claimed, Err(StoreError::Locked { .. })), "the store has its lock still");
    assert_eq!(store.transact(Add(vec![user(50)])).await.unwrap(), 1);
    store.close().await;
}

#[tokio::test]
async fn a_backup_overwrites_nothing_and_leaves_nothing_half_made() {
    let (data, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let copy = elsewhere.path().join("backup.db");
    let error = backup(data.path(), &copy).unwrap_err();
    assert!(error.to_string().ends_with("scim.db: No such file or directory (os error 2)"), "{error}");
    assert_eq!(files(elsewhere.path()), [""; 0]);
    closed(data.path(), 3).await;
    std::fs::write(&copy, "mine").unwrap();
    let error = backup(data.path(), &copy).unwrap_err();
    assert!(matches!(&error, StoreError::Exists { path } if *path == copy.display().to_string()), "{error}");
    assert_eq!(files(elsewhere.path()), ["backup.db"]);
    assert_eq!(std::fs::read_to_string(&copy).unwrap(), "mine");
}

#[tokio::test]
async fn c011_a_damaged_store_is_not_kept_as_a_backup() {
    let (data, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    closed(data.path(), 2_000).await;
    damage(&data.path().join("scim.db"));
    let error = backup(data.path(), &elsewhere.path().join("backup.db")).unwrap_err();
    assert!(matches!(&error, StoreError::Corrupt { .. }), "{error}");
    assert_eq!(files(elsewhere.path()), [""; 0]);
}

#[tokio::test]
async fn c011_a_store_with_its_log_is_a_backup_too() {
    let (data, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let store = store(data.path(), 0..5).await;
    // As a snapshot of the volume would have it: the file and its log, of a process that is not told.
    for name in ["scim.db", "scim.db-wal"] {
        std::fs::copy(data.path().join(name), other.path().join(name)).unwrap();
    }
    store.close().await;
    let snapshot = other.path().join("scim.db");
    change(data.path(), "DELETE FROM user");
    let restored = restore(data.path(), &snapshot, Timestamp::UNIX_EPOCH).unwrap();
    assert_eq!((restored.inventory.users, check(data.path()).unwrap().users), (5, 5));
}
