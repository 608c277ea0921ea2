//! Accounts of people who are no users, and failed events.

use super::beside::{account, account_id, failed, failed_id, manual};
use super::change::{ask, attempt, tell};
use super::home::Home;
use super::people::at;
use crate::store::{Account, AccountKey, Counter, FAILED_KEPT, FailedRow, Needs, Store, Write};
use std::collections::BTreeSet;
use uuid::Uuid;

fn name(name: &str) -> AccountKey {
    AccountKey::Name(name.to_owned())
}

pub(super) async fn b083_an_account_is_what_was_written_last_and_has_its_name_alone(home: &Home) {
    let store = home.open().await;
    let (one, two) = (account(1, "Zoë@Example.com", vec![manual("hr")]), account(2, "b@example.com", Vec::new()));
    tell(&store, vec![Write::PutAccount(two.clone()), Write::PutAccount(one.clone())]).await;
    for key in [AccountKey::Id(account_id(1)), name("zoë@example.com")] {
        assert_eq!(store.account(key).await.unwrap().as_ref(), Some(&one));
    }
    assert_eq!(store.account(name("Zoë@Example.com")).await.unwrap(), None, "keys are folded");
    assert_eq!(store.accounts(None, 10).await.unwrap(), [one.clone(), two.clone()]);
    assert_eq!(store.accounts(None, 1).await.unwrap(), std::slice::from_ref(&one));
    assert_eq!(store.accounts(Some(account_id(1)), 10).await.unwrap(), std::slice::from_ref(&two));
    // Whoever takes another one's name without looking is stopped, with all of the change.
    if !matches!(store, Store::Postgres(_)) {
        let taken = Write::PutAccount(account(3, "B@example.COM", Vec::new()));
        assert!(attempt(&store, vec![Write::Count(Counter::Created), taken]).await.is_err());
        assert_eq!(store.figures().await.unwrap().provisioning.created, 0);
    }
    let more = Account { grants: vec![manual("hr"), manual("sales")], created: at(9), ..one };
    let renamed = Account { user_name: "c@example.com".to_owned(), ..two };
    tell(&store, vec![Write::PutAccount(more.clone()), Write::PutAccount(renamed.clone())]).await;
    let store = home.reopen(store).await;
    assert_eq!(store.accounts(None, 10).await.unwrap(), [more, renamed]);
    tell(&store, vec![Write::DeleteAccount(account_id(1)), Write::DeleteAccount(account_id(9))]).await;
    assert_eq!(store.account(name("zoë@example.com")).await.unwrap(), None);
    assert_eq!(store.accounts(None, 10).await.unwrap().len(), 1);
    let free = account(4, "ZOË@example.com", Vec::new());
    tell(&store, vec![Write::PutAccount(free.clone())]).await;
    assert_eq!(store.account(name("zoë@example.com")).await.unwrap(), Some(free));
}

pub(super) async fn accounts_are_loaded_by_id_and_by_name_also_when_there_is_none(home: &Home) {
    let store = home.open().await;
    let one = account(1, "One@example.com", vec![manual("hr")]);
    tell(&store, vec![Write::PutAccount(one.clone())]).await;
    let keys = [AccountKey::Id(account_id(1)), AccountKey::Id(account_id(2)), name("one@example.com"), name("two")];
    let facts = ask(&store, Needs { accounts: BTreeSet::from(keys.clone()), ..Needs::default() }).await;
    let found: Vec<Option<Account>> = keys.iter().map(|key| facts.accounts[key].clone()).collect();
    assert_eq!(found, [Some(one.clone()), None, Some(one), None]);
}

/// The ids of these, as numbers.
fn numbers(rows: &[FailedRow]) -> Vec<u128> {
    rows.iter().map(|row| row.id.as_u128() - failed_id(0).as_u128()).collect()
}

async fn listed(store: &Store, before: Option<Uuid>, limit: u32) -> Vec<u128> {
    numbers(&store.failed(before, limit).await.unwrap())
}

pub(super) async fn c004_failed_events_are_kept_by_what_they_are_about_newest_first(home: &Home) {
    let store = home.open().await;
    let subjects = [(1, "user:a"), (2, "user:ä"), (3, "user:a"), (4, "group:a")];
    tell(&store, subjects.map(|(number, subject)| Write::PutFailed(failed(number, subject, 1))).into()).await;
    assert_eq!(listed(&store, None, 10).await, [4, 3, 2, 1]);
    assert_eq!(listed(&store, None, 2).await, [4, 3]);
    assert_eq!(listed(&store, Some(failed_id(3)), 10).await, [2, 1]);
    assert_eq!(store.figures().await.unwrap().failed, 4);
    let about = async |store: &Store, subjects: &[&str]| {
        let subjects = subjects.iter().map(|subject| (*subject).to_owned()).collect();
        numbers(&store.failed_about(subjects).await.unwrap())
    };
    assert_eq!(about(&store, &["user:a", "group:a", "nothing"]).await, [1, 3, 4]);
    assert_eq!(about(&store, &["user:ä", "user:ä"]).await, [2]);
    // One that failed again is the same one.
    let again = failed(2, "user:b", 2);
    tell(&store, vec![Write::PutFailed(again.clone())]).await;
    let store = home.reopen(store).await;
    assert_eq!(store.failed_by_id(failed_id(2)).await.unwrap(), Some(again));
    assert_eq!((about(&store, &["user:ä"]).await, about(&store, &["user:b"]).await), (vec![], vec![2]));
    tell(&store, vec![Write::DeleteFailed(vec![failed_id(1), failed_id(4), failed_id(9)])]).await;
    assert_eq!((listed(&store, None, 10).await, store.figures().await.unwrap().failed), (vec![3, 2], 2));
    assert_eq!(store.failed_by_id(failed_id(1)).await.unwrap(), None);
}

/// A text of some thousands of signs that does not become shorter by packing it.
pub(super) fn long(beginning: &str, number: u128) -> String {
    let part = |at: u128| Uuid::from_u128(at.wrapping_mul(0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C835)).simple();
    (0..200).fold(beginning.to_owned(), |text, at| format!("{text}{}", part(number * 1_000 + at)))
}

pub(super) async fn c004_a_message_about_something_of_any_length_is_kept_and_found(home: &Home) {
    let store = home.open().await;
    let subjects = [long("user:", 1), long("user:", 2), "user:a\0b".to_owned(), "user:ab".to_owned()];
    let rows = (1..).zip(&subjects).map(|(number, subject)| Write::PutFailed(failed(number, subject, 1)));
    tell(&store, rows.collect()).await;
    let store = home.reopen(store).await;
    for (number, subject) in (1..).zip(&subjects) {
        let found = store.failed_about(vec![subject.clone()]).await.unwrap();
        assert_eq!(numbers(&found), [number], "{subject:?}");
        // What it is kept under leads to it as well.
        assert_eq!(store.failed_about(vec![found[0].subject.clone()]).await.unwrap(), found);
    }
    assert_eq!(listed(&store, None, 10).await, [4, 3, 2, 1]);
}

pub(super) async fn c004_of_too_many_failed_events_the_oldest_go(home: &Home) {
    let store = home.open().await;
    let kept = u128::from(FAILED_KEPT);
    tell(&store, (1..=kept).map(|number| Write::PutFailed(failed(number, "user:a", 1))).collect()).await;
    assert_eq!(store.figures().await.unwrap().failed, u64::from(FAILED_KEPT));
    // Another attempt at one that is there pushes nothing out.
    tell(&store, vec![Write::PutFailed(failed(2, "user:a", 2))]).await;
    assert_eq!(listed(&store, Some(failed_id(3)), 5).await, [2, 1]);
    let more = [kept + 1, kept + 2].map(|number| Write::PutFailed(failed(number, "user:a", 1)));
    tell(&store, more.into()).await;
    assert_eq!(listed(&store, Some(failed_id(5)), 5).await, [4, 3]);
    assert_eq!(listed(&store, None, 1).await, [kept + 2]);
    assert_eq!(store.figures().await.unwrap().failed, u64::from(FAILED_KEPT));
}
