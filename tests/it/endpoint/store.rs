//! `scim-operator store` beside an endpoint and over its folder, and one folder for one process. B127, C009, C011.

use crate::support::endpoint::{Endpoint, rule, token, user_body};
use crate::support::program::{Outcome, run};
use scim_operator::config::Scope;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::ops::Range;
use std::path::Path;

/// Enough that the store has hundreds of pages.
const PEOPLE: usize = 2_000;
/// Callers that make people at the same time.
const CALLERS: usize = 8;

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// The last line that a command wrote to standard error.
fn reason(outcome: &Outcome) -> &str {
    outcome.err.lines().last().unwrap_or_default()
}

/// The number behind a word in what a command says of a store.
fn said(outcome: &Outcome, what: &str) -> usize {
    let (_, rest) = outcome.out.split_once(&format!("{what} ")).expect("the command says it");
    rest.split(|c: char| !c.is_ascii_digit()).next().unwrap().parse().expect("a number")
}

async fn backup(data: &Path, to: &Path) -> Outcome {
    run(&["store", "backup", "--data", text(data), "--to", text(to)]).await
}

async fn restore(data: &Path, from: &Path) -> Outcome {
    run(&["store", "restore", "--data", text(data), "--from", text(from)]).await
}

async fn check(data: &Path) -> Outcome {
    run(&["store", "check", "--data", text(data)]).await
}

/// Makes the people of these numbers, some at a time; their ids.
async fn people(endpoint: &Endpoint, numbers: Range<usize>) -> Vec<String> {
    let callers = (0..CALLERS).map(|first| {
        let (caller, own) = (endpoint.public.clone(), numbers.clone().skip(first).step_by(CALLERS));
        tokio::spawn(async move {
            let mut ids = Vec::new();
            for number in own {
                let body = user_body(&format!("user-{number}@example.com"));
                ids.push(caller.created("/scim/v2/Users", &body).await);
            }
            ids
        })
    });
    let callers: Vec<_> = callers.collect();
    let mut ids = Vec::new();
    for caller in callers {
        ids.extend(caller.await.unwrap());
    }
    ids
}

/// The ids of everybody.
async fn everybody(endpoint: &Endpoint) -> BTreeSet<String> {
    let mut ids = BTreeSet::new();
    for page in 0.. {
        let path = format!("/scim/v2/Users?count=1000&startIndex={}", page * 1_000 + 1);
        let list = endpoint.public.get(&path).await.json();
        let resources = list["Resources"].as_array().map(Vec::as_slice).unwrap_or_default();
        ids.extend(resources.iter().map(|user| user["id"].as_str().unwrap().to_owned()));
        if resources.len() < 1_000 {
            break;
        }
    }
    ids
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

#[tokio::test]
async fn c009_c011_a_damaged_store_is_refused_with_the_command_and_the_backup_brings_everybody_back() {
    let endpoint = Endpoint::start(vec![rule("d", "Designers", "Designer", &["main"], &[])]).await;
    let ids = people(&endpoint, 0..PEOPLE).await;
    let members: Vec<&str> = ids.iter().take(100).map(String::as_str).collect();
    let group = format!("/scim/v2/Groups/{}", endpoint.group("Designers", &members).await);
    let before = endpoint.public.get(&group).await.json();
    let (data, file) = (endpoint.data(), endpoint.folder().join("backup.db"));
    // The provider goes on meanwhile.
    let (made, _) = tokio::join!(backup(&data, &file), people(&endpoint, PEOPLE..PEOPLE + 100));
    assert_eq!(made.code, Some(0), "{}", made.err);
    let kept = said(&made, "users");
    assert!((PEOPLE..=PEOPLE + 100).contains(&kept), "{}", made.out);
    assert_eq!((said(&made, "groups"), said(&made, "revision")), (1, 1), "{}", made.out);

    let stopped = endpoint.stopped().await;
    assert_eq!(said(&check(&data).await, "users"), PEOPLE + 100);
    damage(&data.join("scim.db"));
    let command = format!("put a backup back with `scim-operator store restore --data {} --from FILE`", data.display());
    let refused = stopped.refused().await;
    assert_eq!(refused.code, Some(1), "{}", refused.err);
    let start = format!("scim-operator: the store in {0} cannot be opened: store: the store in {0} is", data.display());
    assert!(reason(&refused).starts_with(&format!("{start} damaged (")), "{}", refused.err);
    assert!(reason(&refused).ends_with(&format!("): {command}")), "{}", refused.err);
    let checked = check(&data).await;
    assert_eq!((checked.code, checked.out.as_str()), (Some(1), ""), "{}", checked.err);
    assert!(reason(&checked).ends_with(&command), "{}", checked.err);

    let restored = restore(&data, &file).await;
    assert_eq!((restored.code, said(&restored, "users")), (Some(0), kept), "{}", restored.err);
    assert!(restored.out.contains("/scim.db.replaced-"), "{}", restored.out);
    let endpoint = stopped.start().await;
    endpoint.ready().await;
    let found = everybody(&endpoint).await;
    assert_eq!((found.len(), ids.iter().filter(|id| !found.contains(*id)).count()), (kept, 0));
    assert_eq!(endpoint.public.get(&group).await.json(), before);
    assert_eq!(endpoint.access_of(&ids[0]).await, "main: Designer [] from d");
    assert_eq!(endpoint.user("after@example.com").await.len(), ids[0].len(), "and it goes on");
}

#[tokio::test]
async fn c011_a_second_process_over_the_same_folder_ends_with_the_reason_and_the_first_goes_on() {
    let endpoint = Endpoint::start(Vec::new()).await;
    let (data, file) = (endpoint.data(), endpoint.folder().join("backup.db"));
    let in_use = format!("{} is in use by another process: stop it, or give this one another data folder", text(&data));
    let second = endpoint.second().await;
    let expected = format!("scim-operator: the store in {} cannot be opened: store: {in_use}", text(&data));
    assert_eq!((second.code, reason(&second)), (Some(1), expected.as_str()));
    let listen = ["--listen", "127.0.0.1:0"];
    let arguments = ["standalone", "--manifests", text(endpoint.folder()), "--data", text(&data), listen[0], listen[1]];
    let second = run(&arguments).await;
    assert_eq!((second.code, reason(&second)), (Some(1), format!("scim-operator: store: {in_use}").as_str()));
    assert_eq!(backup(&data, &file).await.code, Some(0), "a backup needs no lock");
    let refused = restore(&data, &file).await;
    let expected = format!("scim-operator: the backup was not put back: {in_use}");
    assert_eq!((refused.code, reason(&refused), refused.out.as_str()), (Some(1), expected.as_str(), ""));
    endpoint.user("ana@example.com").await;
    assert_eq!(said(&check(&data).await, "users"), 1);
}

#[tokio::test]
async fn c011_a_backup_overwrites_nothing_and_says_so() {
    let endpoint = Endpoint::start(Vec::new()).await;
    let file = endpoint.folder().join("backup.db");
    std::fs::write(&file, "mine").unwrap();
    let refused = backup(&endpoint.data(), &file).await;
    let expected = format!(
        "scim-operator: no backup was made: {} is there already and nothing is overwritten: \
         choose another name, or remove it",
        text(&file)
    );
    assert_eq!((refused.code, reason(&refused)), (Some(1), expected.as_str()));
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "mine");
}

#[tokio::test]
async fn b127_c009_a_restored_store_below_the_floor_lets_nobody_in_until_it_is_published_to() {
    let mut endpoint = Endpoint::start(Vec::new()).await;
    let file = endpoint.folder().join("backup.db");
    let made = backup(&endpoint.data(), &file).await;
    assert_eq!((made.code, said(&made, "revision")), (Some(0), 1), "{}", made.err);
    endpoint.document.verifiers.retain(|verifier| verifier.scope != Scope::Access);
    endpoint.publish().await;
    assert_eq!(endpoint.access.get("/access/v1/users").await.status, 401, "revoked");
    let floor = json!({ "revocationFloor": endpoint.revision, "verifiers": [] }).to_string();
    std::fs::write(endpoint.folder().join("verifiers.json"), floor).unwrap();
    let stopped = endpoint.stopped().await;
    let restored = restore(&stopped.data(), &file).await;
    assert_eq!((restored.code, said(&restored, "revision")), (Some(0), 1), "{}", restored.err);

    let mut endpoint = stopped.start().await;
    let published: Value = endpoint.admin.get("/admin/v1/config").await.json();
    let names = published["document"]["verifiers"].to_string();
    let revoked = token(Scope::Access).split('_').nth(1).unwrap().to_owned();
    assert!(names.contains(&revoked), "the backup knows the token that was revoked later: {names}");
    assert_eq!(endpoint.access.get("/access/v1/users").await.status, 503);
    assert_eq!(endpoint.public.get("/scim/v2/Users").await.status, 503);
    assert_eq!(endpoint.metrics.get("/readyz").await.status, 503);
    endpoint.revision = 1;
    endpoint.publish().await;
    assert_eq!(endpoint.access.get("/access/v1/users").await.status, 401, "revoked still");
    assert_eq!(endpoint.public.get("/scim/v2/Users").await.status, 200);
}
