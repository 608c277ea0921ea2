//! Who is erased is in no byte of the folder, and the chain is as whole as before.

use super::super::audit::{Erased, erase, verify};
use super::super::open::{FILE, connect};
use super::audit::{Note, notes};
use super::{Add, change, user};
use crate::store::sqlite::SqliteStore;
use crate::store::{Change, Decision, Effects, Facts, Needs, StoreError, UserId, UserRow, Write};
use jiff::Timestamp;
use std::path::Path;
use uuid::Uuid;

/// A change that deletes a user.
struct Delete(UserId);

impl Change for Delete {
    type Outcome = ();

    fn needs(&self) -> Needs {
        Needs::default()
    }

    fn decide(&self, _facts: &Facts) -> Decision<()> {
        Decision::Done(Effects { writes: vec![Write::DeleteUser(self.0)], record: None }, ())
    }
}

/// How often a text is in the files of a folder.
fn seen(folder: &Path, text: &str) -> usize {
    let files = super::files(folder).into_iter().map(|name| std::fs::read(folder.join(name)).unwrap());
    files.map(|bytes| bytes.windows(text.len()).filter(|window| *window == text.as_bytes()).count()).sum()
}

/// A closed store: user 1 was there and is deleted, user 2 is there, and records say something of both.
async fn world() -> (tempfile::TempDir, UserRow, UserRow) {
    let data = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(data.path()).await.unwrap();
    let (gone, there) = (user(1), user(2));
    store.transact(Add((3..200).map(user).chain([gone.clone(), there.clone()]).collect())).await.unwrap();
    let both = || vec![(gone.id, "user-1@example.com"), (there.id, "user-2@example.com")];
    store.transact(Note("both", both(), false)).await.unwrap();
    notes(&store, 40).await;
    store.transact(Note("both", both(), false)).await.unwrap();
    store.transact(Note("one", vec![(there.id, "user-2@example.com")], false)).await.unwrap();
    store.transact(Delete(gone.id)).await.unwrap();
    store.close().await;
    (data, gone, there)
}

#[tokio::test]
async fn c005_an_erased_person_is_in_no_byte_and_the_chain_is_whole() {
    let (data, gone, _) = world().await;
    let before = verify(data.path(), None).unwrap();
    assert!(seen(data.path(), "user-1@example.com") >= 2);
    let others = seen(data.path(), "user-2@example.com");
    let erased = erase(data.path(), "USER-1@example.com", Timestamp::UNIX_EPOCH).unwrap();
    assert_eq!(erased, Erased { user: gone.id, records: 2 });
    assert_eq!(seen(data.path(), "user-1@example.com"), 0);
    assert!(seen(data.path(), "user-2@example.com") >= 3 && others >= 3, "nobody else is touched");
    let after = verify(data.path(), before.last).unwrap();
    assert_eq!(after.records, before.records + 1, "that somebody was erased is on record");
    let last = "SELECT body FROM record ORDER BY position DESC LIMIT 1";
    let connection = connect(&data.path().join(FILE)).unwrap();
    let body: String = connection.query_row(last, [], |row| row.get(0)).unwrap();
    assert!(body.contains("audit.erase") && body.contains(&gone.id.to_string()), "{body}");
    drop(connection);
    // Once more, by id: there is nothing left, and nothing more to record.
    let again = erase(data.path(), &gone.id.to_string(), Timestamp::UNIX_EPOCH).unwrap();
    assert_eq!(again, Erased { user: gone.id, records: 0 });
    assert_eq!(verify(data.path(), before.last).unwrap(), after);
    let store = SqliteStore::open(data.path()).await.unwrap();
    notes(&store, 1).await;
    store.close().await;
    assert_eq!(verify(data.path(), after.last).unwrap().records, after.records + 1);
}

#[tokio::test]
async fn c005_who_is_a_user_who_is_nobody_and_who_is_not_one_is_said() {
    let (data, gone, there) = world().await;
    let refused = |who: &str| erase(data.path(), who, Timestamp::UNIX_EPOCH).unwrap_err();
    for who in ["User-2@example.com", &there.id.to_string()] {
        let text = format!("{who} is a user of this store: have the provider delete the user first, then erase");
        assert_eq!(refused(who).to_string(), text);
    }
    let stranger = Uuid::from_u128(1).to_string();
    for who in ["nobody@example.com", "", stranger.as_str()] {
        assert!(matches!(refused(who), StoreError::Nobody { .. }), "{who}");
    }
    let store = SqliteStore::open(data.path()).await.unwrap();
    let locked = refused("user-1@example.com");
    assert!(matches!(locked, StoreError::Locked { .. }), "{locked}");
    let second = UserId(Uuid::from_u128(2));
    store.transact(Note("again", vec![(second, "user-1@example.com")], false)).await.unwrap();
    store.close().await;
    let several = refused("user-1@example.com").to_string();
    assert!(several.contains(&format!("{second}, {}", gone.id)), "{several}");
    erase(data.path(), &second.to_string(), Timestamp::UNIX_EPOCH).unwrap();
    assert_eq!(erase(data.path(), "user-1@example.com", Timestamp::UNIX_EPOCH).unwrap().user, gone.id);
}

#[tokio::test]
async fn c005_traces_that_a_reader_keeps_are_said_and_the_command_is_named() {
    let (data, gone, _) = world().await;
    let reader = connect(&data.path().join(FILE)).unwrap();
    reader.execute_batch("BEGIN; SELECT * FROM record").unwrap();
    let error = erase(data.path(), "user-1@example.com", Timestamp::UNIX_EPOCH).unwrap_err();
    let command = format!("run `scim-operator audit erase --data {} --user {}` again", data.path().display(), gone.id);
    assert!(matches!(&error, StoreError::Traces { .. }) && error.to_string().ends_with(&command), "{error}");
    drop(reader);
    assert_eq!(erase(data.path(), &gone.id.to_string(), Timestamp::UNIX_EPOCH).unwrap().records, 0);
    assert_eq!(seen(data.path(), "user-1@example.com"), 0);
}

#[tokio::test]
async fn c005_a_record_that_cannot_be_read_is_not_taken_for_erased() {
    let (data, gone, _) = world().await;
    change(data.path(), "UPDATE record SET body = body || ' ' WHERE position = 1");
    let error = erase(data.path(), &gone.id.to_string(), Timestamp::UNIX_EPOCH).unwrap_err();
    assert!(matches!(&error, StoreError::Broken { .. }), "{error}");
    let missing = data.path().join("missing");
    assert!(matches!(erase(&missing, "ada", Timestamp::UNIX_EPOCH), Err(StoreError::Folder { .. })));
    assert!(!missing.exists(), "looking for a store makes none");
}
