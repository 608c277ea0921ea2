//! `scim-operator audit` beside an endpoint and over its folder. C005.

use crate::support::endpoint::{Endpoint, rule};
use crate::support::program::{Outcome, run};
use serde_json::{Value, json};
use std::path::Path;

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// The last line that a command wrote to standard error.
fn reason(outcome: &Outcome) -> &str {
    outcome.err.lines().last().unwrap_or_default()
}

async fn verify(data: &Path, more: &[&str]) -> Outcome {
    let mut arguments = vec!["audit", "verify", "--data", text(data)];
    arguments.extend(more);
    run(&arguments).await
}

async fn erase(data: &Path, user: &str) -> Outcome {
    run(&["audit", "erase", "--data", text(data), "--user", user]).await
}

/// What a chain that is whole comes to.
async fn verified(data: &Path, more: &[&str]) -> Value {
    let mut arguments = vec!["--format", "json"];
    arguments.extend(more);
    let outcome = verify(data, &arguments).await;
    assert_eq!(outcome.code, Some(0), "{}", outcome.err);
    serde_json::from_str(&outcome.out).expect("JSON")
}

/// Where a text begins in a file, each time.
fn places(file: &Path, text: &str) -> Vec<usize> {
    let bytes = std::fs::read(file).unwrap();
    let found = bytes.windows(text.len()).enumerate().filter(|(_, window)| *window == text.as_bytes());
    found.map(|(at, _)| at).collect()
}

/// The files in the folder of a store that have a text in them.
fn files_with(data: &Path, text: &str) -> Vec<String> {
    let files = std::fs::read_dir(data).unwrap().map(|entry| entry.unwrap().path());
    files.filter(|path| !places(path, text).is_empty()).map(|path| path.display().to_string()).collect()
}

/// An endpoint that was used: ada and ben have access by a group, and ada is deleted.
async fn used() -> Endpoint {
    let endpoint = Endpoint::start(vec![rule("d", "Designers", "Designer", &["main"], &[])]).await;
    let (ada, ben) = (endpoint.user("ada@example.com").await, endpoint.user("ben@example.com").await);
    endpoint.group("Designers", &[&ada, &ben]).await;
    assert_eq!(endpoint.public.delete(&format!("/scim/v2/Users/{ada}")).await.status, 204);
    endpoint
}

#[tokio::test]
async fn c005_the_records_verify_beside_a_running_endpoint_and_one_flipped_byte_is_found() {
    let endpoint = used().await;
    let data = endpoint.data();
    let seen = verified(&data, &[]).await;
    assert_eq!(seen["records"], 5, "a publication, two users, a group, a deletion: {seen}");
    let line = format!(
        "verified 5 records, positions {} to {}, head {}\n",
        seen["first"].as_str().unwrap(),
        seen["last"].as_str().unwrap(),
        seen["head"].as_str().unwrap()
    );
    assert_eq!(verify(&data, &[]).await.out, line);
    let anchor = seen["anchor"].as_str().unwrap();
    endpoint.user("cleo@example.com").await;
    assert_eq!(verified(&data, &["--expect", anchor]).await["records"], 6);

    let stopped = endpoint.stopped().await;
    let file = data.join("scim.db");
    let group_record = places(&file, "group.create");
    assert!(!group_record.is_empty(), "the record of the group");
    let mut bytes = std::fs::read(&file).unwrap();
    // A page that was split keeps what moved on in its free part: one of these is the record, others are leftovers.
    group_record.iter().for_each(|place| bytes[*place] ^= 1);
    std::fs::write(&file, bytes).unwrap();
    assert_eq!(run(&["store", "check", "--data", text(&data)]).await.code, Some(0), "SQLite does not see it");
    let (incarnation, _) = anchor.split_once('-').unwrap();
    let (fourth, problem) = (format!("{incarnation}-{:016x}", 4), "its text is not what was recorded");
    let found = verify(&data, &[]).await;
    let data_text = text(&data);
    let expected =
        format!("scim-operator: the records in {data_text} are not what was written: at position {fourth}: {problem}");
    assert_eq!((found.code, reason(&found), found.out.as_str()), (Some(1), expected.as_str(), ""));
    let found = verify(&data, &["--format", "json"]).await;
    let answer: Value = serde_json::from_str(&found.out).unwrap();
    assert_eq!((found.code, answer), (Some(1), json!({ "broken": { "position": fourth, "problem": problem } })));
    drop(stopped);
}

#[tokio::test]
async fn c005_a_deleted_user_is_erased_from_every_byte_and_the_records_verify_as_before() {
    let endpoint = used().await;
    let data = endpoint.data();
    let locked = erase(&data, "ada@example.com").await;
    assert!(locked.code == Some(1) && reason(&locked).contains("is in use by another process"), "{}", locked.err);
    let stopped = endpoint.stopped().await;
    let anchor = verified(&data, &[]).await["anchor"].as_str().unwrap().to_owned();
    assert_ne!(files_with(&data, "ada@example.com"), [""; 0]);
    let there = erase(&data, "ben@example.com").await;
    let expected = "scim-operator: ben@example.com is a user of this store: have the provider delete the user first, \
                    then erase";
    assert_eq!((there.code, reason(&there)), (Some(1), expected));

    let erased = erase(&data, "Ada@example.com").await;
    assert_eq!(erased.code, Some(0), "{}", erased.err);
    assert!(erased.out.starts_with("erased ") && erased.out.ends_with(" from 3 records\n"), "{}", erased.out);
    assert_eq!(files_with(&data, "ada@example.com"), [""; 0]);
    assert_eq!(verified(&data, &["--expect", &anchor]).await["records"], 6, "and one says that somebody was erased");

    let endpoint = stopped.start().await;
    endpoint.ready().await;
    endpoint.user("ada@example.com").await;
    assert_eq!(endpoint.access_of("ben@example.com").await, "main: Designer [] from d");
    assert_eq!(verified(&data, &["--expect", &anchor]).await["records"], 7, "and it goes on");
}
