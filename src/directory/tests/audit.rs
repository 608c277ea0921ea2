//! Reading the audit trail: whole, by person, by operation, page by page (C005).

use super::causes::{member, request};
use super::feed::cut;
use super::{World, document, partial, rule};
use crate::access::{Guard, Rule};
use crate::config::{AuditRecord, Document, SyncPolicy};
use crate::directory::{AuditQuery, Error};
use crate::store::{Change, Decision, Effects, Facts, Needs, Record, UserId};
use serde_json::json;
use uuid::Uuid;

async fn all(world: &World, query: AuditQuery) -> Vec<AuditRecord> {
    let (mut records, mut query) = (Vec::new(), query);
    loop {
        let page = world.directory.audit(&query).await.unwrap();
        assert!(page.records.len() as u64 <= query.count);
        records.extend(page.records);
        match page.next {
            Some(next) => query.since = Some(next),
            None => return records,
        }
    }
}

fn operations(records: &[AuditRecord]) -> Vec<&str> {
    records.iter().map(|record| record.head["operation"].as_str().unwrap()).collect()
}

/// Ada comes, becomes a designer, and is married; Bob comes.
async fn world() -> (World, String) {
    let world = World::with(&[rule("d", "Designers", "Designer")]).await;
    let ada = world.user("ada").await;
    let designers = world.group("Designers", &[]).await;
    world.patch_group_as("in", &designers, member("add", &ada)).await;
    world.user("bob").await;
    let name = json!([
        { "op": "replace", "path": "name.familyName", "value": "Byron" },
        { "op": "replace", "path": "userName", "value": "byron" },
    ]);
    world.patch_user_as("wedding", &ada, name).await;
    (world, ada)
}

#[tokio::test]
async fn c005_every_write_is_there_in_order_and_in_pages() {
    let (world, _) = world().await;
    let query = |count| AuditQuery { count, ..AuditQuery::default() };
    let records = all(&world, query(1_000)).await;
    let expected = ["configuration", "user.create", "group.create", "group.update", "user.create", "user.update"];
    assert_eq!(operations(&records), expected);
    assert!(records.iter().map(|record| &record.position).is_sorted());
    assert_eq!(records[3].head["actor"]["requestId"], "in");
    for count in [1, 2, 4] {
        assert_eq!(all(&world, query(count)).await, records, "in pages of {count}");
    }
    let since = AuditQuery { since: Some(records[2].position.clone()), ..query(10) };
    assert_eq!(all(&world, since).await, records[3..]);
    let foreign = AuditQuery { since: Some("7".to_owned()), ..query(10) };
    assert!(matches!(world.directory.audit(&foreign).await, Err(Error::Gone(_))));
}

#[tokio::test]
async fn c005_a_person_is_found_by_id_and_by_every_name_they_had() {
    let (world, ada) = world().await;
    let about = async |user: &str| {
        let query = AuditQuery { user: Some(user.to_owned()), count: 100, ..AuditQuery::default() };
        all(&world, query).await
    };
    let by_id = about(&ada.to_uppercase()).await;
    assert_eq!(operations(&by_id), ["user.create", "group.update", "user.update"]);
    assert_eq!(about("ADA").await, by_id);
    assert_eq!(operations(&about("byron").await), ["user.update"]);
    assert!(about("nobody").await.is_empty());
}

#[tokio::test]
async fn c005_operations_are_found_by_name_and_by_kind() {
    let (world, _) = world().await;
    let of = async |operation: &str| {
        let query = AuditQuery { operation: Some(operation.to_owned()), count: 100, ..AuditQuery::default() };
        all(&world, query).await
    };
    assert_eq!(operations(&of("user").await), ["user.create", "user.create", "user.update"]);
    assert_eq!(operations(&of("user.update").await), ["user.update"]);
    assert!(of("use").await.is_empty() && of("user.up").await.is_empty());
}

#[tokio::test]
async fn c005_a_record_names_what_changed_and_tells_no_value_of_it() {
    let (world, ada) = world().await;
    let query = AuditQuery { operation: Some("user.update".to_owned()), count: 1, ..AuditQuery::default() };
    let record = world.directory.audit(&query).await.unwrap().records.remove(0);
    let person = &record.people[0];
    let said = person.said.as_ref().unwrap();
    assert_eq!((person.user.as_str(), &said["changed"]), (ada.as_str(), &json!(["name.familyName"])));
    assert_eq!((&said["userName"], &said["attributes"]["before"]["userName"]), (&json!("byron"), &json!("ada")));
    let text = serde_json::to_string(&record).unwrap();
    assert!(!text.contains("Byron") && !text.contains("Lovelace") && !text.contains("@example.com"), "{text}");
}

#[tokio::test]
async fn c005_a_grant_by_hand_is_on_record_with_who_made_it() {
    let world = World::with(&[]).await;
    let grant = json!({ "userName": "eve", "tenant": "main", "role": "Developer" });
    let grant = serde_json::from_value(grant).unwrap();
    let made = world.directory.grant(grant, &request("by hand")).await.unwrap();
    world.directory.end_grant(&made.id, &request("no more")).await.unwrap();
    let query = AuditQuery { operation: Some("grant".to_owned()), count: 10, ..AuditQuery::default() };
    let records = all(&world, query).await;
    assert_eq!(operations(&records), ["grant.create", "grant.delete"]);
    assert_eq!(records[0].head["actor"]["requestId"], "by hand");
    let said = records[0].people[0].said.as_ref().unwrap();
    assert_eq!((&said["userName"], &said["access"]["after"][0]["role"]), (&json!("eve"), &json!("Developer")));
    assert_eq!(records[1].people[0].said.as_ref().unwrap()["access"]["after"], json!([]));
}

#[tokio::test]
async fn c005_who_confirmed_that_access_is_taken_is_on_record() {
    let world = World::with(&[rule("d", "Designers", "Designer")]).await;
    let asked = partial("confirmed", &["d"], Some(7));
    let run = world.directory.request_run(None, asked, &request("by hand")).await.unwrap();
    let query = AuditQuery { operation: Some("run.request".to_owned()), count: 10, ..AuditQuery::default() };
    let records = all(&world, query).await;
    assert_eq!(operations(&records), ["run.request"]);
    let head = &records[0].head;
    assert_eq!((&head["actor"]["requestId"], &head["what"]["run"]), (&json!("by hand"), &json!(run.uid)));
    assert_eq!(head["what"]["allowRevocations"]["upTo"], 7);
    assert!(records[0].people.is_empty());
}

#[tokio::test]
async fn c005_what_a_run_puts_in_force_is_on_record_with_the_run() {
    let world = World::with(&[]).await;
    let held = |rules: &[Rule]| Document {
        sync_policy: SyncPolicy::Automatic,
        guard: Guard { max_revoked_users: 0, max_revoked_percent: 100 },
        ..document(rules)
    };
    world.publish_document(held(&[rule("d", "Designers", "Designer")])).await;
    let ada = world.user("ada").await;
    world.group("Designers", &[&ada]).await;
    world.publish_document(held(&[])).await;
    world.judged().await;
    let run = world.run(partial("confirmed", &["d"], Some(1))).await;
    assert_eq!(run.result.revoked, 1);
    let query = AuditQuery { operation: Some("configuration".to_owned()), count: 20, ..AuditQuery::default() };
    let records = all(&world, query).await;
    let by: Vec<_> = records.iter().filter_map(|record| record.head["what"]["run"].as_str()).collect();
    assert_eq!(by, [run.uid.as_str()], "the one that came into force by it");
}

#[tokio::test]
async fn c005_what_is_cut_off_between_finding_a_position_good_and_reading_on_is_never_jumped_over_unseen() {
    let (world, _) = world().await;
    let start = world.directory.place(None).await.unwrap();
    cut(&world).await;
    let since = AuditQuery { since: Some(start.to_string()), count: 10, ..AuditQuery::default() };
    let error = world.directory.audit_behind(start, &since).await.unwrap_err();
    assert!(matches!(error, Error::Gone(_)), "{error}");
    let everything = AuditQuery { since: None, ..since };
    let page = world.directory.audit_behind(start, &everything).await.unwrap();
    assert_eq!((&page.records, page.next), (&all(&world, everything).await, None), "from where it begins now");
    assert_eq!(operations(&page.records).last(), Some(&"audit.cut"));
}

/// Leaves a record that says so much of somebody.
struct Say(Record);

impl Change for Say {
    type Outcome = ();

    fn needs(&self) -> Needs {
        Needs::default()
    }

    fn decide(&self, _facts: &Facts) -> Decision<()> {
        Decision::Done(Effects { writes: Vec::new(), record: Some(self.0.clone()) }, ())
    }
}

#[tokio::test]
async fn c005_a_page_has_a_few_megabytes_however_much_its_records_say() {
    let world = World::with(&[]).await;
    let since = world.directory.feed_position().await.unwrap();
    for _ in 0..6 {
        let people = vec![(UserId(Uuid::now_v7()), json!({ "text": "x".repeat(1024 * 1024) }))];
        let head = json!({ "time": world.directory.now(), "operation": "said" });
        let record = Record { id: Uuid::now_v7(), seed: Uuid::new_v4(), head, people };
        world.directory.inner.store.transact(Say(record)).await.unwrap();
    }
    let mut query = AuditQuery { since: Some(since), count: 100, ..AuditQuery::default() };
    let mut pages = Vec::new();
    loop {
        let page = world.directory.audit(&query).await.unwrap();
        pages.push(page.records.len());
        match page.next {
            Some(next) => query.since = Some(next),
            None => break,
        }
    }
    assert_eq!(pages, [4, 2]);
}
