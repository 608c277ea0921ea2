//! The change feed: nothing lost, nothing doubled, in the order of commits (C006).

use super::causes::member;
use super::{World, rule};
use crate::access::TenantAccess;
use crate::config::{AccessChange, AuditRetention, Changes};
use crate::directory::kept::Place;
use crate::directory::{AccessQuery, Actor, Error};
use serde_json::json;
use std::collections::BTreeMap;
use std::time::Duration;

/// Longer than any test waits for a change that comes.
const LONG: Duration = Duration::from_secs(60);

async fn read(world: &World, since: Option<&str>, count: u64) -> Changes {
    world.directory.changes(since, Duration::ZERO, count).await.unwrap()
}

/// All changes behind a position, read in pages of `count`.
async fn all(world: &World, since: Option<&str>, count: u64) -> (Vec<AccessChange>, String) {
    let (mut changes, mut since) = (Vec::new(), since.map(str::to_owned));
    loop {
        let page = read(world, since.as_deref(), count).await;
        assert!(page.changes.len() as u64 <= count);
        if page.changes.is_empty() {
            return (changes, page.next);
        }
        changes.extend(page.changes);
        since = Some(page.next);
    }
}

fn roles(grants: &[TenantAccess]) -> Vec<String> {
    grants.iter().map(|grant| format!("{}={}", grant.tenant, grant.role)).collect()
}

fn moves(changes: &[AccessChange]) -> Vec<(Vec<String>, Vec<String>)> {
    changes.iter().map(|change| (roles(&change.before), roles(&change.after))).collect()
}

fn designer() -> Vec<String> {
    vec!["main=Designer".to_owned()]
}

/// What a reader that has read these changes believes of everybody.
fn believed(changes: &[AccessChange]) -> BTreeMap<String, Vec<TenantAccess>> {
    let mut now: BTreeMap<String, Vec<TenantAccess>> = BTreeMap::new();
    for change in changes {
        let before = now.insert(change.user.id.clone(), change.after.clone()).unwrap_or_default();
        assert_eq!(before, change.before, "each change begins where the one before it ended: {change:?}");
    }
    now.retain(|_, grants| !grants.is_empty());
    now
}

async fn really(world: &World) -> BTreeMap<String, Vec<TenantAccess>> {
    let page = world.directory.access_page(&AccessQuery { count: 1_000, ..AccessQuery::default() }).await.unwrap();
    assert_eq!(page.next, None);
    page.users.into_iter().map(|view| (view.id, view.tenants)).filter(|(_, tenants)| !tenants.is_empty()).collect()
}

#[tokio::test]
async fn c006_following_the_feed_gives_what_the_access_api_says_over_a_restart_and_in_any_pages() {
    let world = World::with(&[rule("d", "Designers", "Designer"), rule("p", "Participants", "Participant")]).await;
    let mut users = Vec::new();
    for n in 0..12 {
        users.push(world.user(&format!("user{n}")).await);
    }
    let ids: Vec<&str> = users.iter().map(String::as_str).collect();
    let designers = world.group("Designers", &ids[..8]).await;
    world.group("Participants", &ids[4..]).await;
    let (first, resume) = all(&world, None, 1).await;
    assert_eq!(believed(&first), really(&world).await);
    let world = world.restarted().await;
    world.patch_group_as("out", &designers, member("remove", &users[5])).await;
    let off = json!([{ "op": "replace", "path": "active", "value": false }]);
    world.patch_user_as("off", &users[1], off).await;
    world.directory.delete_user(&Actor::default(), &users[2]).await.unwrap();
    world.directory.delete_group(&Actor::default(), &designers).await.unwrap();
    let (rest, end) = all(&world, Some(&resume), 3).await;
    let together: Vec<AccessChange> = first.into_iter().chain(rest).collect();
    for count in [1, 2, 5, 1_000] {
        assert_eq!(all(&world, None, count).await, (together.clone(), end.clone()), "in pages of {count}");
    }
    assert_eq!(believed(&together), really(&world).await);
    assert!(together.iter().map(|change| &change.position).is_sorted());
    assert!(together.last().unwrap().position < end);
    for (n, change) in together.iter().enumerate() {
        let (behind, _) = all(&world, Some(&change.position), 4).await;
        assert_eq!(behind, together[n + 1..], "behind each one comes the next");
    }
}

#[tokio::test]
async fn c006_what_counts_is_what_somebody_may_do() {
    let world = World::with(&[rule("d", "Designers", "Designer")]).await;
    let ada = world.user("ada").await;
    let designers = world.group("Designers", &[&ada]).await;
    let active = |active: bool| json!([{ "op": "replace", "path": "active", "value": active }]);
    world.patch_user_as("off", &ada, active(false)).await;
    world.patch_user_as("off again", &ada, active(false)).await;
    // What is stored moves, what she may do does not.
    world.patch_group_as("out", &designers, member("remove", &ada)).await;
    world.patch_group_as("in", &designers, member("add", &ada)).await;
    world.patch_user_as("on", &ada, active(true)).await;
    world.directory.delete_user(&super::causes::request("gone"), &ada).await.unwrap();
    let (changes, _) = all(&world, None, 10).await;
    let (none, some) = (Vec::new, designer);
    assert_eq!(
        moves(&changes),
        [(none(), some()), (some(), none()), (none(), some()), (some(), none())],
        "made, disabled, enabled, deleted"
    );
    let causes: Vec<(&str, &str)> =
        changes.iter().map(|change| (change.cause.operation.as_str(), change.cause.request_id.as_str())).collect();
    assert_eq!(causes, [("group.create", ""), ("user.update", "off"), ("user.update", "on"), ("user.delete", "gone")]);
    assert!(changes.iter().all(|change| change.user.id == ada && change.user.user_name.as_deref() == Some("ada")));
}

#[tokio::test]
async fn c006_of_a_run_the_run_is_named() {
    let world = World::with(&[]).await;
    let ada = world.user("ada").await;
    world.group("Designers", &[&ada]).await;
    world.publish(&[rule("d", "Designers", "Designer")]).await;
    let request = serde_json::from_value(json!({ "name": "r", "scope": { "all": {} } })).unwrap();
    world.directory.request_run(Some("uid-1"), request, &Actor::default()).await.unwrap();
    world.ended("uid-1").await;
    let (changes, _) = all(&world, None, 10).await;
    assert_eq!(changes.len(), 1);
    assert_eq!((changes[0].cause.operation.as_str(), changes[0].cause.run.as_deref()), ("run", Some("uid-1")));
}

#[tokio::test]
async fn c006_who_waits_is_told_of_the_first_change_and_nothing_else_wakes_for_good() {
    let world = World::with(&[rule("d", "Designers", "Designer")]).await;
    let designers = world.group("Designers", &[]).await;
    let end = world.directory.feed_position().await.unwrap();
    let waiting = world.directory.changes(Some(&end), LONG, 10);
    let writing = async {
        // A write that gives nobody anything is no change of access.
        let ada = world.user("ada").await;
        world.patch_group_as("in", &designers, member("add", &ada)).await;
    };
    let (told, ()) = tokio::join!(waiting, writing);
    assert_eq!(moves(&told.unwrap().changes), [(Vec::new(), designer())]);
    let quiet = world.directory.feed_position().await.unwrap();
    let told = world.directory.changes(Some(&quiet), Duration::from_millis(20), 10).await.unwrap();
    assert_eq!((told.changes.len(), told.next.as_str()), (0, quiet.as_str()));
}

#[tokio::test]
async fn c006_who_waits_when_the_directory_closes_is_answered() {
    let world = World::with(&[]).await;
    let end = world.directory.feed_position().await.unwrap();
    let (told, ()) = tokio::join!(world.directory.changes(Some(&end), LONG, 10), world.directory.close());
    assert!(told.is_ok_and(|told| told.changes.is_empty() && told.next == end));
}

#[tokio::test]
async fn c006_a_position_that_this_store_never_had_or_whose_followers_are_gone_says_begin_anew() {
    let world = World::with(&[rule("d", "Designers", "Designer")]).await;
    let ada = world.user("ada").await;
    world.group("Designers", &[&ada]).await;
    let change = all(&world, None, 10).await.0.remove(0);
    let end = world.directory.feed_position().await.unwrap();
    let (incarnation, rest) = end.split_once('-').unwrap();
    let number = rest.split_once('.').unwrap().0;
    let later = u32::from_str_radix(incarnation, 16).unwrap() + 1;
    let foreign = [
        "nonsense".to_owned(),
        format!("{later:08x}-{number}.ffff"),
        format!("00000000-{number}.ffff"),
        format!("{incarnation}-00000000000fffff.ffff"),
    ];
    for since in &foreign {
        let error = world.directory.changes(Some(since), Duration::ZERO, 10).await.unwrap_err();
        assert!(matches!(&error, Error::Gone(why) if why.contains("GET /access/v1/users")), "{since}: {error}");
    }
    assert_eq!(read(&world, Some(&end), 10).await.next, end);
    for n in 0..3 {
        world.user(&format!("other{n}")).await;
    }
    cut(&world).await;
    for since in [&change.position, &end] {
        let error = world.directory.changes(Some(since), Duration::ZERO, 10).await.unwrap_err();
        assert!(matches!(error, Error::Gone(_)), "{since}: {error}");
    }
    let (none, end) = all(&world, None, 10).await;
    assert!(none.is_empty(), "what is kept says nothing of access");
    assert_eq!(read(&world, Some(&end), 10).await.next, end, "and can be followed");
    let cut = world.directory.inner.store.extent().await.unwrap().cut;
    let very_end = format!("{incarnation}-{cut:016x}");
    assert!(world.directory.changes(Some(&very_end), Duration::ZERO, 10).await.is_ok(), "all behind it is kept");
}

/// Cuts off all records that can be.
pub(super) async fn cut(world: &World) {
    let keep = AuditRetention { max_age_s: None, max_records: Some(1) };
    assert!(world.directory.inner.store.cut(keep, world.directory.now()).await.unwrap() > 0);
}

#[tokio::test]
async fn c006_what_is_cut_off_between_finding_a_position_good_and_reading_on_is_never_jumped_over_unseen() {
    let world = World::with(&[rule("d", "Designers", "Designer")]).await;
    let ada = world.user("ada").await;
    let start = world.directory.place(None).await.unwrap();
    let quiet = world.directory.place(Some(&world.directory.feed_position().await.unwrap())).await.unwrap();
    let designers = world.group("Designers", &[&ada]).await;
    let whole = world.directory.read_changes(quiet, false, 10).await.unwrap();
    assert_eq!((moves(&whole.changes), whole.more), (vec![(Vec::new(), designer())], false));
    world.user("eve").await;
    cut(&world).await;
    // Both places were good when the question came. The change is not kept any more.
    for place in [start, quiet] {
        let error = world.directory.read_changes(place, false, 10).await.unwrap_err();
        assert!(matches!(&error, Error::Gone(why) if why.contains("GET /access/v1/users")), "{place}: {error}");
    }
    world.patch_group_as("out", &designers, member("remove", &ada)).await;
    let read = world.directory.read_changes(start, true, 10).await.unwrap();
    assert_eq!(moves(&read.changes), [(designer(), Vec::new())], "all that is kept, from where that begins now");
    assert_eq!((read.changes, read.up_to.to_string()), all(&world, None, 10).await);
    // In the middle of a record that is gone as well.
    let inside = whole.changes[0].position.clone();
    let number = whole.up_to.position;
    let error = world.directory.read_changes(Place { position: number, index: Some(0) }, false, 10).await.unwrap_err();
    assert!(matches!(&error, Error::Gone(why) if why.contains(&inside)), "{error}");
}

#[tokio::test]
async fn c006_few_records_are_held_at_once_and_none_is_left_out_between_them() {
    let world = World::with(&[rule("d", "Designers", "Designer")]).await;
    let users = world.users(40).await;
    let designers = world.group("Designers", &[]).await;
    for user in &users {
        world.patch_group_as("in", &designers, member("add", user)).await;
    }
    let start = world.directory.place(None).await.unwrap();
    assert_eq!(world.directory.records_behind(start).await.unwrap().map(|records| records.len()), Some(16));
    let (changes, _) = all(&world, None, 30).await;
    let told: Vec<&str> = changes.iter().map(|change| change.user.id.as_str()).collect();
    assert_eq!(told, users);
}
