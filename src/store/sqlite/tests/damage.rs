//! Damage is found at the start, and the way out is named.

use super::{closed, damage, files};
use crate::store::sqlite::{SqliteStore, check, open};
use crate::store::{StoreError, restore};
use jiff::Timestamp;
use std::path::Path;

/// What a start over this folder fails with.
async fn refusal(data: &Path) -> String {
    match SqliteStore::open(data).await {
        Ok(_) => panic!("a damaged store was opened"),
        Err(error) => error.to_string(),
    }
}

/// The end of every complaint about a damaged store.
fn remedy(data: &Path) -> String {
    let data = data.display();
    format!("): put a backup back with `scim-operator store restore --data {data} --from FILE`")
}

#[tokio::test]
async fn c011_a_damaged_page_is_refused_at_the_start_with_the_command_that_heals_it() {
    let data = tempfile::tempdir().unwrap();
    closed(data.path(), 2_000).await;
    damage(&data.path().join("scim.db"));
    let text = refusal(data.path()).await;
    assert!(text.starts_with(&format!("the store in {} is damaged (", data.path().display())), "{text}");
    assert!(text.to_lowercase().contains("page") && text.ends_with(&remedy(data.path())), "{text}");
    assert_eq!(text.lines().count(), 1, "{text}");
    let found = check(data.path()).unwrap_err();
    assert!(matches!(&found, StoreError::Corrupt { .. }), "{found}");
    assert!(found.to_string().ends_with(&remedy(data.path())), "{found}");
}

#[tokio::test]
async fn c011_a_file_without_its_head_or_its_end_is_refused_with_the_command_too() {
    let data = tempfile::tempdir().unwrap();
    closed(data.path(), 200).await;
    let file = data.path().join("scim.db");
    let whole = std::fs::read(&file).unwrap();
    let mut headless = whole.clone();
    headless[..4_096].fill(0);
    for bytes in [&whole[..whole.len() / 2], headless.as_slice(), vec![0x5a; 8_192].as_slice()] {
        std::fs::write(&file, bytes).unwrap();
        let text = refusal(data.path()).await;
        assert!(text.ends_with(&remedy(data.path())), "{text}");
    }
}

#[tokio::test]
async fn a_whole_store_is_said_to_be_whole_also_while_it_is_open() {
    let data = tempfile::tempdir().unwrap();
    let store = super::store(data.path(), 0..7).await;
    let inventory = check(data.path()).unwrap();
    assert_eq!((inventory.store_id.as_str(), inventory.users, inventory.groups), (store.store_id(), 7, 0));
    assert_eq!((inventory.schema_version, inventory.revision), (6, 0));
    store.close().await;
    assert_eq!(check(data.path()).unwrap(), inventory);
}

#[test]
fn c009_looking_for_a_store_makes_none() {
    let data = tempfile::tempdir().unwrap();
    let error = check(data.path()).unwrap_err();
    let file = data.path().join(open::FILE);
    assert_eq!(error.to_string(), format!("{}: No such file or directory (os error 2)", file.display()));
    assert_eq!(files(data.path()), [""; 0]);
    std::fs::write(&file, "").unwrap();
    assert_eq!(check(data.path()).unwrap_err().to_string(), format!("{} is no store of scim-operator", file.display()));
}

#[tokio::test]
async fn c011_a_restore_heals_a_damaged_store() {
    let (data, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let before = closed(data.path(), 2_000).await;
    let backup = elsewhere.path().join("backup.db");
    assert_eq!(crate::store::backup(data.path(), &backup).unwrap(), before);
    damage(&data.path().join("scim.db"));
    let restored = restore(data.path(), &backup, Timestamp::UNIX_EPOCH).unwrap();
    assert_eq!(restored.inventory, before);
    let store = SqliteStore::open(data.path()).await.unwrap();
    assert_eq!((store.store_id(), store.figures().await.unwrap().users.total), (before.store_id.as_str(), 2_000));
    store.close().await;
    assert_eq!(check(data.path()).unwrap(), before);
}
