//! A restore puts back the same store, older, or changes nothing.

use super::{change, closed, damage, files, store};
use crate::store::sqlite::open::FILE;
use crate::store::sqlite::{SqliteStore, backup, check, restore};
use crate::store::{
    Change, Decision, Effects, Facts, Identity, IdentityKey, Inventory, Needs, Restored, StoreError, UserId, Write,
};
use jiff::Timestamp;
use std::path::{Path, PathBuf};
use uuid::Uuid;

/// A store with ten users, and a backup of it with seven.
struct World {
    data: tempfile::TempDir,
    elsewhere: tempfile::TempDir,
    backup: PathBuf,
    older: Inventory,
}

async fn world() -> World {
    let (data, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let backup_file = elsewhere.path().join("backup.db");
    let store = store(data.path(), 0..7).await;
    let older = backup(data.path(), &backup_file).unwrap();
    store.transact(super::Add((7..10).map(super::user).collect())).await.unwrap();
    store.close().await;
    World { data, elsewhere, backup: backup_file, older }
}

impl World {
    fn restore(&self, from: &Path) -> Result<Restored, StoreError> {
        restore(self.data.path(), from, Timestamp::from_second(1_700_000_000).unwrap())
    }

    /// Fails unless this file is refused and the store is as it was.
    fn refuses(&self, from: &Path) -> StoreError {
        let error = self.restore(from).unwrap_err();
        assert_eq!(check(self.data.path()).unwrap().users, 10, "{error}");
        let names = files(self.data.path());
        assert!(names.iter().all(|name| !name.contains("new") && !name.contains("re")), "{names:?}");
        error
    }
}

#[tokio::test]
async fn c009_a_restored_store_is_the_same_store_older_and_the_newer_one_is_kept() {
    let world = world().await;
    let data = world.data.path();
    let restored = world.restore(&world.backup).unwrap();
    assert_eq!((&restored.inventory, world.older.users), (&world.older, 7));
    let aside = data.join("scim.db.replaced-1700000000");
    assert_eq!(restored.replaced.as_ref(), Some(&aside));
    let store = SqliteStore::open(data).await.unwrap();
    assert_eq!(store.store_id(), world.older.store_id);
    assert_eq!(store.figures().await.unwrap().users.total, 7);
    store.close().await;
    let back = restore(data, &aside, Timestamp::UNIX_EPOCH).unwrap();
    assert_eq!(back.inventory.users, 10, "what was replaced can be put back");
}

#[tokio::test]
async fn c009_a_lost_store_comes_back_into_an_empty_folder() {
    let world = world().await;
    let data = world.elsewhere.path().join("new");
    let restored = restore(&data, &world.backup, Timestamp::UNIX_EPOCH).unwrap();
    assert_eq!((restored.replaced, check(&data).unwrap()), (None, world.older));
}

#[tokio::test]
async fn c011_a_log_goes_with_its_file_and_never_into_the_backup() {
    let world = world().await;
    let data = world.data.path();
    // A process that was killed leaves its log behind.
    let other = tempfile::tempdir().unwrap();
    let live = store(other.path(), 20..60).await;
    for name in ["scim.db", "scim.db-wal"] {
        std::fs::copy(other.path().join(name), data.join(name)).unwrap();
    }
    live.close().await;
    world.restore(&world.backup).unwrap();
    assert_eq!(check(data).unwrap(), world.older);
    assert!(files(data).contains(&"scim.db.replaced-1700000000-wal".to_owned()));
    let back = restore(data, &data.join("scim.db.replaced-1700000000"), Timestamp::UNIX_EPOCH).unwrap();
    assert_eq!(back.inventory.users, 40, "with what was only in the log");
}

#[tokio::test]
async fn a_store_that_is_open_is_not_replaced() {
    let world = world().await;
    let store = SqliteStore::open(world.data.path()).await.unwrap();
    let error = world.refuses(&world.backup);
    let data = world.data.path().display();
    let expected = format!("{data} is in use by another process: stop it, or give this one another data folder");
    assert_eq!(error.to_string(), expected);
    store.close().await;
    world.restore(&world.backup).unwrap();
}

#[tokio::test]
async fn c009_a_damaged_backup_is_refused() {
    let world = world().await;
    let big = world.elsewhere.path().join("big");
    closed(&big, 2_000).await;
    let file = world.elsewhere.path().join("big.db");
    backup(&big, &file).unwrap();
    damage(&file);
    let error = world.refuses(&file);
    assert!(matches!(&error, StoreError::BadBackup { path, .. } if *path == file.display().to_string()), "{error}");
    std::fs::write(&file, vec![0x5a; 8_192]).unwrap();
    assert!(matches!(world.refuses(&file), StoreError::BadBackup { .. }));
}

#[tokio::test]
async fn c009_what_is_no_store_or_a_newer_one_is_refused() {
    let world = world().await;
    let folder = world.elsewhere.path().join("other");
    std::fs::create_dir(&folder).unwrap();
    change(&folder, "CREATE TABLE t (x); PRAGMA user_version = 1");
    assert!(matches!(world.refuses(&folder.join(FILE)), StoreError::Foreign { .. }));
    std::fs::write(folder.join("empty"), "").unwrap();
    assert!(matches!(world.refuses(&folder.join("empty")), StoreError::Foreign { .. }));
    assert!(matches!(world.refuses(&folder.join("none")), StoreError::Folder { .. }));
    let newer = world.elsewhere.path().join("newer");
    closed(&newer, 1).await;
    change(&newer, "PRAGMA user_version = 99");
    assert!(matches!(world.refuses(&newer.join(FILE)), StoreError::Newer { found: 99, known: 6 }));
}

#[tokio::test]
async fn c011_a_restore_cut_short_is_not_served_and_can_be_run_again() {
    let world = world().await;
    let data = world.data.path();
    // The power went after the old files had been moved away, before the copy had its name.
    std::fs::copy(&world.backup, data.join("scim.db.restoring")).unwrap();
    std::fs::rename(data.join("scim.db"), data.join("scim.db.replaced-1")).unwrap();
    let error = SqliteStore::open(data).await.err().unwrap().to_string();
    let command = format!("run `scim-operator store restore --data {} --from FILE` again", data.display());
    assert!(error.ends_with(&command), "{error}");
    assert!(!data.join("scim.db").exists(), "no empty store is made in its place");
    let bad = world.elsewhere.path().join("bad.db");
    std::fs::write(&bad, "").unwrap();
    world.restore(&bad).unwrap_err();
    assert!(SqliteStore::open(data).await.is_err(), "a second restore that fails does not open the way");
    world.restore(&world.backup).unwrap();
    assert_eq!(SqliteStore::open(data).await.unwrap().store_id(), world.older.store_id);
    // A copy that was never finished means nothing.
    let world = self::world().await;
    for name in ["scim.db.new", "scim.db.new.part"] {
        std::fs::write(world.data.path().join(name), "half").unwrap();
    }
    assert_eq!(world.restore(&world.backup).unwrap().inventory, world.older);
    assert!(files(world.data.path()).iter().all(|name| !name.contains("new")));
}

/// A change that writes one thing.
struct Tell(Write);

impl Change for Tell {
    type Outcome = ();

    fn needs(&self) -> Needs {
        Needs::default()
    }

    fn decide(&self, _facts: &Facts) -> Decision<()> {
        Decision::Done(Effects { writes: vec![self.0.clone()], record: None }, ())
    }
}

#[tokio::test]
async fn b133_c009_whoever_was_signed_in_when_the_backup_was_made_has_to_sign_in_again() {
    let (data, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let file = elsewhere.path().join("backup.db");
    let store = store(data.path(), 0..1).await;
    let identity = Identity {
        user: UserId(Uuid::from_u128(1)),
        issuer: "https://id.example.com".to_owned(),
        subject: "sub".to_owned(),
        session: Some(Uuid::from_u128(2)),
        bound: Timestamp::UNIX_EPOCH,
    };
    store.transact(Tell(Write::PutIdentity(identity.clone()))).await.unwrap();
    backup(data.path(), &file).unwrap();
    store.close().await;
    restore(data.path(), &file, Timestamp::UNIX_EPOCH).unwrap();
    let store = SqliteStore::open(data.path()).await.unwrap();
    let found = store.identity(IdentityKey::User(identity.user)).await.unwrap();
    assert_eq!(found, Some(Identity { session: None, ..identity }));
    store.close().await;
}
