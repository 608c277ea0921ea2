//! A change of rules cannot take from many in silence. C003, reading 23.

use crate::support::endpoint::{Endpoint, LIMIT, rule};
use crate::support::wait;
use scim_operator::access::Guard;
use scim_operator::config::{AllowRevocations, Phase, RunRequest, RunScope, RunStatus, SyncPolicy};

/// Three designers, and a guard that lets one of them lose something.
async fn three_designers(policy: SyncPolicy) -> (Endpoint, Vec<String>, String) {
    let mut endpoint = Endpoint::start(vec![rule("d", "Designers", "Designer", &["main"], &[])]).await;
    endpoint.document.guard = Guard { max_revoked_users: 1, max_revoked_percent: 100 };
    endpoint.document.sync_policy = policy;
    endpoint.publish().await;
    let people = endpoint.people("designer", 3).await;
    let members: Vec<&str> = people.iter().map(String::as_str).collect();
    let group = endpoint.group("Designers", &members).await;
    (endpoint, people, group)
}

fn of_d(name: &str) -> RunRequest {
    RunRequest {
        name: name.to_owned(),
        scope: RunScope::Rules(vec!["d".to_owned()]),
        nonce: String::new(),
        dry_run: false,
        allow_revocations: None,
        created_at: None,
    }
}

async fn confirmed(endpoint: &Endpoint, name: &str, up_to: u64) -> RunStatus {
    endpoint.ask_for_run(RunRequest { allow_revocations: Some(AllowRevocations { up_to }), ..of_d(name) }).await
}

fn said(run: &RunStatus) -> &str {
    run.message.as_deref().unwrap_or_default()
}

#[tokio::test]
async fn c003_under_automatic_a_change_that_takes_from_too_many_stays_out_of_force_until_it_is_confirmed() {
    let (mut endpoint, mut people, group) = three_designers(SyncPolicy::Automatic).await;
    endpoint.document.rules[0].rule.enabled = false;
    endpoint.publish().await;
    let held = wait::until("the change is held", LIMIT, async || endpoint.state().await.held).await;
    assert_eq!((held.rules.as_slice(), held.users_losing), (&["d".to_owned()][..], 3));
    assert_eq!(held.reason, "3 people would lose access, and guard.maxRevokedUsers is 1");
    let state = endpoint.state().await;
    assert_eq!((state.rules[0].in_sync, state.rules[0].reason.as_deref()), (false, Some("RevocationHeld")));
    let metrics = endpoint.metrics.get("/metrics").await.text;
    assert!(metrics.lines().any(|line| line == "access_held_changes 1"), "{metrics}");

    let late = endpoint.user("late@example.com").await;
    endpoint.join(&group, &late).await;
    people.push(late);
    for person in &people {
        let access = endpoint.access_of(person).await;
        assert_eq!(access, "main: Designer [] from d", "the content before it stays in force, for messages too");
    }

    let too_few = confirmed(&endpoint, "too-few", 3).await;
    assert_eq!((too_few.phase, too_few.reason.as_deref()), (Phase::Held, Some("RevocationHeld")));
    assert_eq!(said(&too_few), "4 people would lose access, and allowRevocations.upTo is 3");
    assert!(!endpoint.access_of(&people[0]).await.is_empty(), "a run that is held writes nothing");
    let enough = confirmed(&endpoint, "enough", 4).await;
    assert_eq!((enough.phase, enough.result.revoked), (Phase::Succeeded, 4), "{}", said(&enough));
    for person in &people {
        assert_eq!(endpoint.access_of(person).await, "");
    }
    assert_eq!(endpoint.state().await.held, None);
}

#[tokio::test]
async fn c003_under_manual_the_run_is_held_and_a_dry_run_says_so() {
    let (mut endpoint, people, _) = three_designers(SyncPolicy::Manual).await;
    endpoint.document.rules[0].rule.role = "Participant".to_owned();
    endpoint.publish().await;
    let dry = endpoint.ask_for_run(RunRequest { dry_run: true, ..of_d("dry") }).await;
    assert_eq!((dry.phase, dry.would_be_held, dry.users_losing), (Phase::Succeeded, true, Some(3)));
    let run = endpoint.ask_for_run(of_d("run")).await;
    assert_eq!((run.phase, run.reason.as_deref()), (Phase::Held, Some("RevocationHeld")));
    assert_eq!(said(&run), "3 people would lose access, and guard.maxRevokedUsers is 1");
    for person in &people {
        assert_eq!(endpoint.access_of(person).await, "main: Designer [] from d");
    }
    let run = confirmed(&endpoint, "confirmed", 3).await;
    assert_eq!((run.phase, run.result.demoted), (Phase::Succeeded, 3));
    assert_eq!(endpoint.access_of(&people[0]).await, "main: Participant [] from d");
}

#[tokio::test]
async fn c003_what_the_provider_asks_for_is_never_held() {
    let (endpoint, people, group) = three_designers(SyncPolicy::Automatic).await;
    assert_eq!(endpoint.public.delete(&format!("/scim/v2/Groups/{group}")).await.status, 204);
    for person in &people {
        assert_eq!(endpoint.access_of(person).await, "");
    }
    assert_eq!(endpoint.state().await.held, None);
}
