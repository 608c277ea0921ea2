//! Who is erased is nowhere in the store: neither in the records nor in what is kept beside them.

use super::beside::{account, changed, failed, identity};
use super::change::{Tell, tell};
use super::home::Home;
use super::people::{record, user, user_id};
use crate::store::sqlite::audit::Erased;
use crate::store::{Account, Effects, IdentityKey, Record, Store, StoreError, Write};
use serde_json::json;

/// Failed messages about somebody else.
const OTHERS: [&str; 4] = ["user:other@x.com", "user-external:x-3", "group:old@x.com", "user-text:0f"];

/// The first user was called otherwise before and is gone; a run changed them and others, and messages about them
/// failed.
async fn world(home: &Home) -> Store {
    let store = home.open().await;
    let said = json!({
        "userName": "New@x.com",
        "attributes": {
            "before": { "userName": "OLD@x.com", "externalId": "x-1" },
            "after": { "userName": "New@x.com", "externalId": "x-2" },
        },
    });
    let (one, two) = (user_id(1), user_id(2));
    let about = json!({ "userName": "other@x.com", "attributes": { "before": null, "after": {
        "userName": "other@x.com", "externalId": "x-3",
    } } });
    let record = Record { people: vec![(one, said), (two, about)], ..record() };
    let (hers, others) = ([format!("user-id:{one}"), format!("user-id:{}", one.0.simple())], format!("user-id:{two}"));
    let named = ["user:old@x.com", "user:new@x.com", "user-external:x-1", "user-external:x-2"];
    let subjects = named.into_iter().chain(OTHERS).map(str::to_owned).chain(hers).chain([others]);
    let mut writes: Vec<Write> =
        (1..).zip(subjects).map(|(number, subject)| Write::PutFailed(failed(number, &subject, 1))).collect();
    // Members who were to join a group, of which one is no more.
    let mut members = failed(40, "group-id:1", 1);
    members.message.body = Some(json!({ "members": [{ "value": one.to_string().to_uppercase() }] }).to_string());
    writes.push(Write::PutFailed(members));
    writes.push(Write::InsertUser(user(2)));
    writes.push(Write::PutRunChanges("run".to_owned(), vec![changed(1, 1), changed(2, 1)]));
    let effects = Effects { writes, record: Some(record) };
    store.transact(Tell { effects, ..Tell::default() }).await.unwrap();
    store
}

async fn close(store: Store) {
    store.close().await;
    store.ended().await;
}

/// Whose failed messages are kept, in the order of their texts.
async fn subjects(store: &Store) -> Vec<String> {
    let mut subjects: Vec<String> = store.failed(None, 100).await.unwrap().into_iter().map(|row| row.subject).collect();
    subjects.sort();
    subjects
}

async fn nothing_of_them_is_left_and_everything_of_others(home: &Home) {
    let mut store = world(home).await;
    let (one, two) = (user_id(1), user_id(2));
    let id = one.to_string();
    // Somebody who holds access by hand is there: by the id, or by any name that was ever theirs.
    for there in [Account { id: one, ..account(1, "third@x.com", Vec::new()) }, account(1, "Old@X.com", Vec::new())] {
        tell(&store, vec![Write::PutAccount(there.clone())]).await;
        close(store).await;
        for who in [id.as_str(), "NEW@x.com"] {
            let refused = home.erase(who).await.unwrap_err();
            let expected = format!("{who} has an account: end what no rule gave first, then erase");
            assert!(matches!(refused, StoreError::StillThere { .. }), "{refused}");
            assert_eq!(refused.to_string(), expected);
        }
        store = home.open().await;
        assert_eq!(subjects(&store).await.len(), 12, "of who is not erased everything is as before");
        assert_eq!(store.run_changes("run", None, 10).await.unwrap().len(), 2);
        tell(&store, vec![Write::DeleteAccount(there.id)]).await;
    }
    close(store).await;
    assert_eq!(home.erase(&id).await.unwrap(), Erased { user: one, records: 1 });
    let store = home.open().await;
    let mut others: Vec<String> = OTHERS.map(str::to_owned).into_iter().chain([format!("user-id:{two}")]).collect();
    others.sort();
    assert_eq!(subjects(&store).await, others);
    assert_eq!(store.run_changes("run", None, 10).await.unwrap(), [changed(2, 1)]);
    assert_eq!(home.records().await, 2, "that somebody was erased is on record");
    // What is kept later on goes as well, and by the id alone: no record says a name any more.
    let late = Write::PutFailed(failed(50, &format!("user-id:{one}"), 1));
    let bound = [identity(one, "sub-1", 1), identity(two, "sub-2", 2)].map(Write::PutIdentity);
    let changes = Write::PutRunChanges("late".to_owned(), vec![changed(1, 1)]);
    tell(&store, bound.into_iter().chain([late, changes]).collect()).await;
    close(store).await;
    assert_eq!(home.erase(&id).await.unwrap(), Erased { user: one, records: 0 });
    let store = home.open().await;
    assert_eq!((subjects(&store).await, store.run_changes("late", None, 10).await.unwrap().len()), (others, 0));
    assert_eq!(store.identity(IdentityKey::User(one)).await.unwrap(), None);
    assert_eq!(store.identity(IdentityKey::User(two)).await.unwrap(), Some(identity(two, "sub-2", 2)));
    close(store).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c005_sqlite_keeps_nothing_of_who_is_erased_beside_the_records_either() {
    nothing_of_them_is_left_and_everything_of_others(&Home::folder()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c005_postgresql_keeps_nothing_of_who_is_erased_beside_the_records_either() {
    let Some(home) = Home::schema("erasing what is beside the records") else { return };
    nothing_of_them_is_left_and_everything_of_others(&home).await;
    home.end().await;
}
