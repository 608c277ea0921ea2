//! A chain whose beginning was cut off, as `verify` and `erase` see it, and a cut that was interrupted.

use super::super::connection::session;
use super::super::{begin_anew, erase, verify};
use super::*;
use crate::store::tests::Schema;
use crate::store::{Change, Decision, Effects, Facts, Needs, Record, UserId};
use serde_json::json;

/// Appends a record, which may say something of somebody.
struct Say(Option<UserId>);

impl Change for Say {
    type Outcome = ();

    fn needs(&self) -> Needs {
        Needs::default()
    }

    fn decide(&self, _facts: &Facts) -> Decision<()> {
        let people = self.0.iter().map(|user| (*user, json!({ "userName": "Ada@example.com" }))).collect();
        let head = json!({ "operation": "test" });
        let record = Record { id: Uuid::now_v7(), seed: Uuid::new_v4(), head, people };
        Decision::Done(Effects { writes: Vec::new(), record: Some(record) }, ())
    }
}

const LIMIT: Duration = Duration::from_secs(20);

async fn numbered(store: &PostgresStore, last: u64) {
    let mut appended = store.appended();
    let came = timeout(LIMIT, appended.wait_for(|number| *number >= last)).await;
    assert!(came.is_ok_and(|came| came.is_ok()), "record {last} has a number");
}

fn records(count: u64) -> AuditRetention {
    AuditRetention { max_records: Some(count), ..AuditRetention::default() }
}

fn now() -> Timestamp {
    Timestamp::now()
}

/// A store with ten records, of which the second and the ninth say something of this person.
async fn ten(schema: &Schema, user: UserId) -> PostgresStore {
    let store = schema.open().await;
    for number in 1..=10 {
        store.transact(Say([2, 9].contains(&number).then_some(user))).await.unwrap();
    }
    numbered(&store, 10).await;
    store
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c005_a_chain_whose_beginning_was_cut_off_verifies_from_there_and_people_are_erased_from_the_rest() {
    let Some(schema) = Schema::of_its_own("a chain that was cut off") else { return };
    let (user, address) = (UserId(Uuid::now_v7()), &schema.address);
    let store = ten(&schema, user).await;
    let whole = verify(address, None).await.unwrap();
    assert_eq!(store.cut(AuditRetention::default(), now()).await.unwrap(), 0);
    // Five are kept with the record that says so.
    assert_eq!(store.cut(records(5), now()).await.unwrap(), 6);
    assert_eq!(store.cut(records(5), now()).await.unwrap(), 0);
    let extent = store.extent().await.unwrap();
    assert_eq!((extent.cut, extent.last.number), (6, 11));
    let kept = store.records(0, 100).await.unwrap();
    assert_eq!(kept.iter().map(|record| record.position.number).collect::<Vec<_>>(), [7, 8, 9, 10, 11]);
    let verified = verify(address, whole.last).await.unwrap();
    assert_eq!((verified.records, verified.first.map(|first| first.number)), (5, Some(7)));
    let erased = erase(address, "ADA@example.com", now()).await.unwrap();
    assert_eq!((erased.user, erased.records), (user, 1));
    let (incarnation, _) = begin_anew(address).await.unwrap();
    store.transact(Say(None)).await.unwrap();
    numbered(&store, 13).await;
    let last = verify(address, None).await.unwrap().last.map(|Anchor { position, .. }| position);
    assert_eq!(last, Some(Position { incarnation, number: 13 }));
    // Whoever takes records away without a record of it is found.
    let client = session(address).await.unwrap();
    client
        .batch_execute(
            "UPDATE chain_cut SET position = 8, hash = (SELECT hash FROM record WHERE position = 8); \
             DELETE FROM record WHERE position <= 8",
        )
        .await
        .unwrap();
    let StoreError::Broken { problem, .. } = verify(address, None).await.unwrap_err() else { panic!("another error") };
    assert!(problem.contains("none says that they were cut off"), "{problem}");
    schema.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c005_records_go_once_the_record_that_says_so_stands_in_the_chain_whoever_began_it() {
    let Some(schema) = Schema::of_its_own("a cut in two steps") else { return };
    let store = ten(&schema, UserId(Uuid::now_v7())).await;
    assert!(matches!(store.step(records(4), now()).await, Ok(Step::Announced)), "it is on record first");
    let extent = store.extent().await.unwrap();
    assert_eq!((extent.cut, store.records(0, 1).await.unwrap()[0].position.number), (0, 1));
    assert!(verify(&schema.address, None).await.is_ok(), "what is announced may be there still");
    // The process ends, and another one goes on, even when more are to be kept by now.
    store.close().await;
    let other = schema.open().await;
    numbered(&other, 11).await;
    assert_eq!(other.cut(records(9), now()).await.unwrap(), 7);
    assert_eq!(other.extent().await.unwrap().cut, 7);
    assert_eq!(verify(&schema.address, None).await.unwrap().records, 4);
    // Two that cut at once cut once.
    for _ in 0..6 {
        other.transact(Say(None)).await.unwrap();
    }
    numbered(&other, 17).await;
    let third = schema.open().await;
    let (one, two) = tokio::join!(other.cut(records(5), now()), third.cut(records(5), now()));
    assert_eq!(one.unwrap() + two.unwrap(), 6);
    assert_eq!(verify(&schema.address, None).await.unwrap().records, 5);
    schema.end().await;
}
