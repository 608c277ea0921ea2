//! Records cut off while a run is under way and messages come in: what they told of is not lost with them, and whoever
//! follows is told where that ends. B063, C002, C005, C006.

use super::causes::{member, request};
use super::feed::cut;
use super::{World, all, document, rule};
use crate::access::{Code, TenantAccess};
use crate::config::{AuditRetention, Document, Phase, RunStatus};
use crate::directory::{AccessQuery, Actor, Error};
use crate::store::audit;
use serde_json::json;
use std::collections::BTreeMap;
use std::time::Duration;

/// More changes than any question here is answered with.
const MANY: u64 = 1_000;

/// What everybody holds who holds anything.
type Holdings = BTreeMap<String, Vec<TenantAccess>>;

/// So many people in a group, none of whom has what its rule gives, for that was published after they came.
async fn out_of_sync(count: usize) -> (World, Vec<String>, String) {
    let world = World::with(&[]).await;
    let mut people = world.users(count).await;
    let group = world.group("Designers", &people.iter().map(String::as_str).collect::<Vec<_>>()).await;
    world.publish(&[rule("d", "Designers", "Designer")]).await;
    people.sort_unstable();
    (world, people, group)
}

async fn status(world: &World, uid: &str) -> RunStatus {
    world.directory.run(uid).await.unwrap().unwrap()
}

/// Everybody whom the run says that it changed.
async fn reported(world: &World, run: &str) -> Vec<String> {
    let report = world.directory.run_changes(run, None, MANY).await.unwrap().unwrap();
    assert_eq!(report.next, None);
    report.changes.into_iter().map(|change| change.id).collect()
}

/// What the access API says of everybody.
async fn snapshot(world: &World) -> Holdings {
    let (mut found, mut cursor) = (Holdings::new(), None);
    loop {
        let query = AccessQuery { count: MANY, cursor, ..AccessQuery::default() };
        let page = world.directory.access_page(&query).await.unwrap();
        found.extend(page.users.into_iter().map(|view| (view.id, view.tenants)));
        match page.next {
            Some(next) => cursor = Some(next),
            None => break,
        }
    }
    found.retain(|_, grants| !grants.is_empty());
    found
}

/// An application that follows as the guide says: a snapshot first, then what came after, and anew where that is gone.
struct Follower {
    since: String,
    holds: Holdings,
}

impl Follower {
    async fn begin(world: &World) -> Self {
        let since = world.directory.feed_position().await.unwrap();
        Self { since, holds: snapshot(world).await }
    }

    /// Reads all there is.
    async fn read(&mut self, world: &World) {
        let answer = world.directory.changes(Some(&self.since), Duration::ZERO, MANY).await;
        match answer {
            Ok(told) => {
                assert!((told.changes.len() as u64) < MANY, "that is all");
                self.holds.extend(told.changes.into_iter().map(|change| (change.user.id, change.after)));
                self.holds.retain(|_, grants| !grants.is_empty());
                self.since = told.next;
            }
            Err(Error::Gone(_)) => *self = Self::begin(world).await,
            Err(other) => panic!("{other}"),
        }
    }
}

/// Fails unless that somebody got something is told once behind this position.
async fn told_once(world: &World, since: &str, user: &str) {
    let told = world.directory.changes(Some(since), Duration::ZERO, MANY).await.unwrap();
    let about: Vec<_> = told.changes.iter().filter(|change| change.user.id == user).collect();
    assert_eq!(about.len(), 1, "{told:?}");
    assert_eq!((about[0].before.len(), about[0].after.len()), (0, 1));
}

async fn is_gone(world: &World, since: &str) {
    let answer = world.directory.changes(Some(since), Duration::ZERO, MANY).await;
    assert!(matches!(&answer, Err(Error::Gone(why)) if why.contains("GET /access/v1/users")), "{since}: {answer:?}");
}

/// The chain is whole, and what is kept of it begins behind the cut.
async fn verifies(world: &World) {
    let cut = async || world.directory.inner.store.extent().await.unwrap().cut;
    let (before, verified, after) = (cut().await, audit::verify(world.data.path(), None).unwrap(), cut().await);
    let first = verified.first.unwrap().number;
    // One and the same number, unless the directory cuts at this very moment.
    assert!(before < first && first <= after + 1, "{before} {first} {after}");
}

/// Somebody in the group, somebody who went out of it and somebody who was made inactive: what decides of each of
/// them, and the request that made it so.
async fn three_people(world: &World, group: &str) -> [(&'static str, Code); 3] {
    for name in ["in", "out", "off"] {
        let user = world.user(name).await;
        world.patch_group_as("in", group, member("add", &user)).await;
        if name == "out" {
            world.patch_group_as("out", group, member("remove", &user)).await;
        }
        if name == "off" {
            let off = json!([{ "op": "replace", "path": "active", "value": false }]);
            world.patch_user_as("off", &user, off).await;
        }
    }
    [("in", Code::Granted), ("out", Code::NotAMember), ("off", Code::UserInactive)]
}

/// While the run is under way somebody new comes into the group again and again, and after each of them all records are
/// cut off but the last two; who came. How often that was in the middle of the run is checked.
async fn messages_and_cuts(world: &World, uid: &str, group: &str, follower: &mut Follower) -> Vec<String> {
    let (mut came, mut beside) = (Vec::new(), 0);
    loop {
        let before = status(world, uid).await.phase;
        if before.is_final() {
            break;
        }
        let (name, behind) = (format!("new{}", came.len()), world.directory.feed_position().await.unwrap());
        let user = world.user(&name).await;
        world.patch_group_as(&name, group, member("add", &user)).await;
        told_once(world, &behind, &user).await;
        follower.read(world).await;
        // Two records at least came behind the position, and the second of them is the first that can be kept.
        cut(world).await;
        is_gone(world, &behind).await;
        verifies(world).await;
        follower.read(world).await;
        came.push(user);
        beside += u64::from((before, status(world, uid).await.phase) == (Phase::Running, Phase::Running));
    }
    assert!(beside > 0, "no record was cut off in the middle of the run");
    came
}

#[tokio::test]
async fn b063_c005_c006_nothing_that_a_run_or_a_message_did_is_lost_with_the_records_cut_off_meanwhile() {
    let (world, people, group) = out_of_sync(900).await;
    let (long_ago, mut follower) = (world.directory.feed_position().await.unwrap(), Follower::begin(&world).await);
    let run = world.directory.request_run(None, all("r"), &Actor::default()).await.unwrap();
    world.until(async || (status(&world, &run.uid).await.phase != Phase::Pending).then_some(())).await;
    let came = messages_and_cuts(&world, &run.uid, &group, &mut follower).await;
    let run = status(&world, &run.uid).await;
    assert_eq!((run.phase, run.progress.processed, run.progress.total), (Phase::Succeeded, 900, 900));
    assert_eq!((run.result.users_evaluated, run.result.users_changed, run.result.granted), (900, 900, 900));
    assert_eq!(reported(&world, "r").await, people, "each of them once, and nobody else");
    let holds = snapshot(&world).await;
    assert!(people.iter().chain(&came).all(|user| holds.get(user).is_some_and(|held| held[0].role == "Designer")));
    assert_eq!(holds.len(), people.len() + came.len());
    follower.read(&world).await;
    assert_eq!(follower.holds, holds, "who followed knows it all");
    is_gone(&world, &long_ago).await;
    // The position behind which all is kept goes on over a cut, and over a restart.
    let (here, eve) = (world.directory.feed_position().await.unwrap(), world.user("eve").await);
    is_followed_over_a_cut(&world, &group, &eve).await;
    is_gone(&world, &here).await;
    let world = world.restarted().await;
    assert_eq!((status(&world, &run.uid).await, reported(&world, "r").await), (run, people));
    follower.read(&world).await;
    assert_eq!(follower.holds, snapshot(&world).await);
    verifies(&world).await;
}

/// The last record before a message may go: what is told behind its position is the message.
async fn is_followed_over_a_cut(world: &World, group: &str, user: &str) {
    let here = world.directory.feed_position().await.unwrap();
    world.patch_group_as("eve", group, member("add", user)).await;
    cut(world).await;
    told_once(world, &here, user).await;
}

#[tokio::test]
async fn c002_c005_of_people_whose_records_were_cut_off_beside_a_run_it_is_explained_still_without_the_request() {
    let (world, _, group) = out_of_sync(300).await;
    let run = world.directory.request_run(None, all("r"), &Actor::default()).await.unwrap();
    world.until(async || (status(&world, &run.uid).await.phase != Phase::Pending).then_some(())).await;
    let decided = three_people(&world, &group).await;
    let mut times = Vec::new();
    for (name, code) in decided {
        let reason = world.first_reason(name).await;
        assert_eq!((reason.code, reason.request.as_deref()), (code, Some(name)));
        times.push(reason.time.unwrap());
    }
    // What was said last of the three is not among the last two records then.
    world.user("other").await;
    world.user("another").await;
    cut(&world).await;
    for ((name, code), time) in decided.into_iter().zip(times) {
        let reason = world.first_reason(name).await;
        assert_eq!((reason.code, reason.request), (code, None), "{name}");
        let apart = reason.time.unwrap().duration_since(time).as_millis();
        assert!(apart.abs() < 1_000, "the id tells it as well: {apart} ms apart");
    }
    let run = world.ended(&run.uid).await;
    assert_eq!((run.phase, run.result.granted), (Phase::Succeeded, 300));
    verifies(&world).await;
}

#[tokio::test]
async fn b063_c005_the_directory_cuts_by_itself_around_a_run_that_is_interrupted_and_the_run_is_whole() {
    let (world, people, group) = out_of_sync(60).await;
    let audit = AuditRetention { max_age_s: None, max_records: Some(4) };
    world.publish_document(Document { audit, ..document(&[rule("d", "Designers", "Designer")]) }).await;
    world.directory.request_run(Some("uid-1"), all("r"), &request("by hand")).await.unwrap();
    // Closed before the runner comes to it, in the middle, or after: either way it is carried out once.
    let world = world.restarted().await;
    let user = world.user("eve").await;
    world.patch_group_as("eve", &group, member("add", &user)).await;
    let run = world.ended("uid-1").await;
    assert_eq!((run.phase, run.result.granted, run.result.users_changed), (Phase::Succeeded, 60, 60));
    let is_cut = async || (world.directory.inner.store.extent().await.unwrap().cut > 0).then_some(());
    world.until(is_cut).await;
    assert_eq!((status(&world, "uid-1").await, reported(&world, "r").await), (run, people.clone()));
    assert_eq!(snapshot(&world).await.len(), people.len() + 1);
    verifies(&world).await;
    // It keeps what it was told to, and the next run and its report are there as well.
    assert_eq!(world.first_reason("user0").await.code, Code::Granted);
    let second = world.run(all("second")).await;
    assert_eq!((second.phase, second.result.users_changed, second.progress.processed), (Phase::Succeeded, 0, 61));
}
