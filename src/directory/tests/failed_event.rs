//! Failed events: kept, counted, superseded, forgotten (C004).

use super::World;
use crate::config::FailedEvent;
use crate::directory::{Error, Failed, FailedMessage};
use std::collections::BTreeSet;

fn set(texts: &[&str]) -> BTreeSet<String> {
    texts.iter().map(|&text| text.to_owned()).collect()
}

fn failed(operation: &str, subject: &str, asked: &[&str], request_id: &str) -> Failed {
    Failed {
        operation: operation.to_owned(),
        resource: "/Users".to_owned(),
        subject: subject.to_owned(),
        user_name: Some("ada".to_owned()),
        display_name: None,
        status: 400,
        scim_type: Some("invalidValue".to_owned()),
        detail: "`emails` is missing".to_owned(),
        request_id: request_id.to_owned(),
        message: FailedMessage { user_agent: "idp".to_owned(), body: Some("{}".to_owned()), asked: set(asked) },
    }
}

async fn kept(world: &World) -> Vec<FailedEvent> {
    world.directory.failed_events(None, 100).await.unwrap().events
}

async fn requests(world: &World) -> Vec<String> {
    kept(world).await.into_iter().map(|event| event.request_id).collect()
}

#[tokio::test]
async fn c004_the_same_failure_again_is_one_event_and_counted_over_a_restart() {
    let world = World::with(&[]).await;
    for n in 0..3 {
        world.directory.note_failed(failed("POST", "user:ada", &["post"], &format!("r{n}"))).await.unwrap();
    }
    let first = kept(&world).await.remove(0);
    assert_eq!((first.attempts, first.request_id.as_str(), first.retryable), (3, "r2", true));
    let world = world.restarted().await;
    world.directory.note_failed(failed("POST", "user:ada", &["post"], "r3")).await.unwrap();
    let other = Failed { status: 409, ..failed("POST", "user:ada", &["post"], "r4") };
    world.directory.note_failed(other).await.unwrap();
    let events = kept(&world).await;
    assert_eq!((events.len(), events[1].attempts, &events[1].id), (2, 4, &first.id), "it keeps its name");
    let row = world.directory.failed_event(&first.id).await.unwrap().unwrap();
    assert_eq!((row.subject.as_str(), row.message.user_agent.as_str()), ("user:ada", "idp"));
    assert_eq!(row.event, events[1]);
}

#[tokio::test]
async fn c004_what_cannot_be_sent_again_says_so() {
    let world = World::with(&[]).await;
    let mut large = failed("PUT", "user-id:1", &["put"], "large");
    large.message.body = None;
    let mut deletion = failed("DELETE", "user-id:1", &["delete"], "deletion");
    deletion.message.body = None;
    for failed in [large, deletion] {
        world.directory.note_failed(failed).await.unwrap();
    }
    let retryable: Vec<bool> = kept(&world).await.iter().map(|event| event.retryable).collect();
    assert_eq!(retryable, [true, false], "the newest first: a deletion has no body");
}

#[tokio::test]
async fn c004_a_success_that_asks_for_as_much_supersedes_and_others_stay() {
    let world = World::with(&[]).await;
    let note = async |subject: &str, asked: &[&str], request_id: &str| {
        world.directory.note_failed(failed("PATCH", subject, asked, request_id)).await.unwrap();
    };
    note("user-id:1", &["replace active"], "active").await;
    note("user-id:1", &["replace active", "add emails"], "both").await;
    note("user-id:2", &["replace active"], "of another").await;
    note("user:ada", &["post"], "made").await;
    let subjects = || vec!["user-id:1".to_owned(), "user:ada".to_owned()];
    world.directory.supersede(subjects(), &set(&["add emails"])).await.unwrap();
    assert_eq!(requests(&world).await, ["of another", "both", "active"], "whatever succeeds, it is there");
    world.directory.supersede(subjects(), &set(&["replace active", "add title"])).await.unwrap();
    assert_eq!(requests(&world).await, ["of another", "both"]);
    world.directory.supersede(subjects(), &set(&["put"])).await.unwrap();
    assert_eq!(requests(&world).await, ["of another"]);
    world.directory.supersede(vec!["user-id:2".to_owned()], &set(&["delete"])).await.unwrap();
    assert!(kept(&world).await.is_empty());
    note("user-id:1", &["replace active"], "anew").await;
    world.directory.supersede(subjects(), &set(&["put"])).await.unwrap();
    assert!(kept(&world).await.is_empty(), "also once nothing was kept for a while");
}

#[tokio::test]
async fn c004_what_an_earlier_process_kept_is_superseded_too() {
    let world = World::with(&[]).await;
    world.directory.note_failed(failed("PATCH", "user-id:1", &["replace active"], "r")).await.unwrap();
    let world = world.restarted().await;
    world.directory.supersede(vec!["user-id:1".to_owned()], &set(&["replace active"])).await.unwrap();
    assert!(kept(&world).await.is_empty());
}

#[tokio::test]
async fn c004_events_are_paged_newest_first_and_forgotten_one_by_one() {
    let world = World::with(&[]).await;
    for n in 0..5 {
        let subject = format!("user:{n}");
        world.directory.note_failed(failed("POST", &subject, &["post"], &format!("r{n}"))).await.unwrap();
    }
    let (mut seen, mut cursor) = (Vec::new(), None::<String>);
    loop {
        let page = world.directory.failed_events(cursor.as_deref(), 2).await.unwrap();
        seen.extend(page.events.into_iter().map(|event| event.request_id));
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(seen, ["r4", "r3", "r2", "r1", "r0"]);
    let third = kept(&world).await[2].id.clone();
    world.directory.forget_failed(&third).await.unwrap();
    world.directory.forget_failed(&third).await.unwrap();
    world.directory.forget_failed("nonsense").await.unwrap();
    assert_eq!(requests(&world).await, ["r4", "r3", "r1", "r0"]);
    assert_eq!(world.directory.failed_event(&third).await.unwrap(), None);
    let error = world.directory.failed_events(Some("nonsense"), 2).await.unwrap_err();
    assert!(matches!(error, Error::BadQuery(_)), "{error}");
}
