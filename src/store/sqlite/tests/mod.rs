//! The engine over real files: damage, backups, restores.

pub(super) mod audit;
mod backup;
mod cut;
mod damage;
mod erase;
mod migrate;
mod plans;
mod restore;

use super::open::{FILE, connect};
use super::{Inventory, SqliteStore, check};
use crate::scim::{Reading, ResourceKind, User};
use crate::store::{Change, Decision, Effects, Facts, Needs, UserId, UserRow, Write};
use jiff::Timestamp;
use serde_json::json;
use std::path::Path;

/// A change that makes users.
pub(super) struct Add(pub Vec<UserRow>);

impl Change for Add {
    type Outcome = usize;

    fn needs(&self) -> Needs {
        Needs::default()
    }

    fn decide(&self, _facts: &Facts) -> Decision<usize> {
        let writes = self.0.iter().cloned().map(Write::InsertUser).collect();
        Decision::Done(Effects { writes, record: None }, self.0.len())
    }
}

/// The user of this number.
pub(super) fn user(number: usize) -> UserRow {
    let address = format!("user-{number}@example.com");
    let body = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "userName": address,
        "name": { "givenName": "Given", "familyName": "Family" },
        "emails": [{ "type": "work", "primary": true, "value": address }],
    });
    UserRow {
        id: UserId(uuid::Uuid::now_v7()),
        user: User::read(body, ResourceKind::USER, &Reading::default()).unwrap(),
        account_enabled: true,
        reenabled: None,
        created: Timestamp::UNIX_EPOCH,
        modified: Timestamp::UNIX_EPOCH,
        version: 1,
    }
}

/// A store with users of these numbers, open.
async fn store(data: &Path, numbers: std::ops::Range<usize>) -> SqliteStore {
    let store = SqliteStore::open(data).await.unwrap();
    store.transact(Add(numbers.map(user).collect())).await.unwrap();
    store
}

/// The same, closed: all of it is in the one file.
async fn closed(data: &Path, users: usize) -> Inventory {
    store(data, 0..users).await.close().await;
    let inventory = check(data).unwrap();
    assert_eq!(inventory.users, users as u64);
    inventory
}

/// The files in a folder, sorted.
fn files(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// Runs a statement on the closed store in a folder.
fn change(data: &Path, sql: &str) {
    connect(&data.join(FILE)).unwrap().execute_batch(sql).unwrap();
}

/// Overwrites, with nothing, the first page of a tree in the second half of a database.
fn damage(file: &Path) {
    const PAGE: usize = 4_096;
    let mut bytes = std::fs::read(file).unwrap();
    let middle = bytes.len() / PAGE / 2;
    // What a page of a tree begins with: an inner page or a leaf, of an index or a table.
    let tree = |page: &usize| [2, 5, 10, 13].contains(&bytes[page * PAGE]);
    let page = (middle..bytes.len() / PAGE).find(tree).unwrap();
    bytes[page * PAGE..(page + 1) * PAGE].fill(0);
    std::fs::write(file, bytes).unwrap();
}
