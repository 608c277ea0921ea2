//! Records as they are read again: in their order, by id, as they come; and the oldest of them cut off.

use super::change::{Tell, attempt};
use super::home::Home;
use super::people::{at, user};
use crate::config::AuditRetention;
use crate::store::{Anchor, Effects, Extent, KeptRecord, Record, Store, StoreError, Write, contents};
use futures::future::join_all;
use jiff::Timestamp;
use serde_json::json;
use std::collections::BTreeSet;
use std::time::Duration;
use tokio::sync::watch;
use uuid::Uuid;

/// How long a record may take until it has its number.
const PATIENCE: Duration = Duration::from_secs(20);

/// The record of this number; it was made as many seconds after 1970 began.
fn note(number: u64) -> Record {
    let id = Uuid::from_u128(u128::from(number * 1_000) << 80 | 0x7000_8000_0000_0000_0000 | u128::from(number));
    Record { id, seed: Uuid::from_u128(7), head: json!({ "operation": "note", "number": number }), people: Vec::new() }
}

async fn tell(store: &Store, record: Record) {
    let effects = Effects { writes: Vec::new(), record: Some(record) };
    store.transact(Tell { effects, ..Tell::default() }).await.unwrap();
}

/// Appends these, one after the other, and waits until the last has its number.
async fn notes(store: &Store, numbers: std::ops::RangeInclusive<u64>) {
    let (mut appended, before) = (store.appended(), *store.appended().borrow());
    let last = before + numbers.clone().count() as u64;
    for number in numbers {
        tell(store, note(number)).await;
    }
    until(&mut appended, last).await;
}

async fn until(appended: &mut watch::Receiver<u64>, number: u64) {
    let there = tokio::time::timeout(PATIENCE, appended.wait_for(|last| *last >= number)).await;
    assert_eq!(*there.unwrap().unwrap(), number);
}

async fn behind(store: &Store, after: u64, limit: u32) -> Vec<KeptRecord> {
    store.records(after, limit).await.unwrap()
}

fn numbers(records: &[KeptRecord]) -> Vec<u64> {
    records.iter().map(|record| record.position.number).collect()
}

async fn extent(store: &Store) -> (u64, u64) {
    let Extent { cut, last } = store.extent().await.unwrap();
    (cut, last.number)
}

pub(super) async fn c006_records_are_read_in_their_order_from_anywhere(home: &Home) {
    let store = home.open().await;
    assert_eq!((behind(&store, 0, 10).await, extent(&store).await), (vec![], (0, 0)));
    assert_eq!(*store.appended().borrow(), 0);
    notes(&store, 1..=5).await;
    let all = behind(&store, 0, 10).await;
    assert_eq!((numbers(&all), extent(&store).await), (vec![1, 2, 3, 4, 5], (0, 5)));
    assert_eq!(store.extent().await.unwrap().last, all[4].position);
    for (record, number) in all.iter().zip(1..) {
        assert_eq!(record.id, note(number).id);
        assert_eq!(contents(&record.body).unwrap().head, note(number).head);
    }
    assert_eq!(behind(&store, 2, 2).await, all[2..4]);
    assert_eq!((behind(&store, 5, 2).await, behind(&store, u64::MAX, 2).await), (vec![], vec![]));
    let store = home.reopen(store).await;
    assert_eq!(behind(&store, 0, 10).await, all);
    until(&mut store.appended(), 5).await;
    notes(&store, 6..=6).await;
    assert_eq!(numbers(&behind(&store, 4, 10).await), [5, 6]);
}

pub(super) async fn c006_whoever_waits_hears_of_every_record_and_of_none_that_failed(home: &Home) {
    let store = home.open().await;
    let mut appended = store.appended();
    let seen = {
        let store = store.clone();
        tokio::spawn(async move {
            let mut seen = Vec::new();
            while seen.len() < 60 {
                let last = seen.last().copied().unwrap_or(0);
                tokio::time::timeout(PATIENCE, appended.wait_for(|number| *number > last)).await.unwrap().unwrap();
                seen.extend(numbers(&behind(&store, last, 7).await));
            }
            seen
        })
    };
    let done = join_all((1..=80_u64).map(|number| {
        // Every fourth fails: one user twice.
        let add = || Write::InsertUser(user(number.into()));
        let writes = if number.is_multiple_of(4) { vec![add(), add()] } else { Vec::new() };
        let effects = Effects { writes, record: Some(note(number)) };
        store.transact(Tell { effects, ..Tell::default() })
    }))
    .await;
    assert_eq!(done.iter().filter(|done| done.is_ok()).count(), 60);
    assert_eq!(seen.await.unwrap(), (1..=60).collect::<Vec<u64>>(), "none is lost, doubled or out of order");
    let ids: BTreeSet<Uuid> = behind(&store, 0, 100).await.into_iter().map(|record| record.id).collect();
    assert_eq!(ids, (1..=80_u64).filter(|number| !number.is_multiple_of(4)).map(|number| note(number).id).collect());
}

pub(super) async fn c002_records_are_found_by_their_ids_at_once(home: &Home) {
    let store = home.open().await;
    for number in 1..=3 {
        tell(&store, note(number)).await;
    }
    let ids = vec![note(3).id, Uuid::nil(), note(1).id];
    let found = store.records_by_id(ids).await.unwrap();
    assert_eq!(found.iter().map(|(id, _)| *id).collect::<Vec<_>>(), [note(3).id, note(1).id]);
    for ((_, body), number) in found.iter().zip([3, 1]) {
        assert_eq!(contents(body).unwrap().head["number"], number);
    }
}

fn keep(max_records: Option<u64>, max_age_s: Option<u64>) -> AuditRetention {
    AuditRetention { max_age_s, max_records }
}

/// What the last record says was cut off: up to which number, and how many.
async fn said(store: &Store) -> (u64, u64) {
    let last = store.extent().await.unwrap().last.number;
    let records = behind(store, last - 1, 1).await;
    let head = contents(&records[0].body).unwrap().head;
    assert_eq!(head["operation"], "audit.cut");
    let anchor: Anchor = head["what"]["upTo"].as_str().unwrap().parse().unwrap();
    (anchor.position.number, head["what"]["records"].as_u64().unwrap())
}

pub(super) async fn c005_the_oldest_records_are_cut_off_by_number_and_that_is_on_record(home: &Home) {
    let store = home.open().await;
    notes(&store, 1..=10).await;
    let cut = async |store: &Store, wanted| store.cut(keep(wanted, None), at(1_000)).await.unwrap();
    assert_eq!((cut(&store, None).await, cut(&store, Some(10)).await, extent(&store).await), (0, 0, (0, 10)));
    assert_eq!(cut(&store, Some(4)).await, 7);
    // Those that are kept, and the record of the cut.
    assert_eq!((numbers(&behind(&store, 0, 20).await), extent(&store).await), (vec![8, 9, 10, 11], (7, 11)));
    assert_eq!((said(&store).await, home.records().await), ((7, 7), 4));
    assert_eq!(store.records_by_id(vec![note(7).id, note(8).id]).await.unwrap().len(), 1);
    assert_eq!(cut(&store, Some(4)).await, 0, "there is nothing more to cut");
    let store = home.reopen(store).await;
    assert_eq!((extent(&store).await, cut(&store, Some(4)).await), ((7, 11), 0));
    until(&mut store.appended(), 11).await;
    notes(&store, 12..=13).await;
    // However few are wanted, the last one stays.
    assert_eq!((cut(&store, Some(0)).await, extent(&store).await), (5, (12, 14)));
    assert_eq!((said(&store).await, home.records().await, cut(&store, Some(0)).await), ((12, 5), 2, 0));
}

pub(super) async fn c005_the_oldest_records_are_cut_off_by_age(home: &Home) {
    let store = home.open().await;
    notes(&store, 1..=10).await;
    let cut = async |seconds, now| store.cut(keep(None, Some(seconds)), now).await.unwrap();
    assert_eq!((cut(10, at(11)).await, cut(100, at(50)).await), (0, 0));
    assert_eq!((cut(5, at(9)).await, extent(&store).await), (3, (3, 11)));
    assert_eq!((said(&store).await, cut(5, at(9)).await), ((3, 3), 0));
    // Long after, all but the last; then what was the last; then nothing but records of cuts would go.
    let (late, mut gone) = (Timestamp::from_second(32_000_000_000).unwrap(), Vec::new());
    while gone.last() != Some(&0) {
        gone.push(cut(1, late).await);
        assert!(gone.len() < 10, "{gone:?}");
    }
    assert_eq!(home.records().await, 2);
    let ids = (1..=10).map(|number| note(number).id).collect();
    assert_eq!(store.records_by_id(ids).await.unwrap(), []);
}

pub(super) async fn a_closed_store_cuts_nothing(home: &Home) {
    let store = home.open().await;
    notes(&store, 1..=3).await;
    store.close().await;
    assert!(store.cut(keep(Some(1), None), at(1)).await.is_err());
    assert!(matches!(attempt(&store, Vec::new()).await, Err(StoreError::Closed)));
    let store = home.open().await;
    assert_eq!(extent(&store).await, (0, 3));
}
