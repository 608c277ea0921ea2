//! Several processes on one database: what only PostgreSQL has to keep.
//!
//! Two open stores stand for two processes: each has connections, a holder of leases and a sight of its own.

use super::beside::identity;
use super::change::{Join, Meeting, Tell, grants};
use super::home::Schema;
use super::people::{at, configuration, group, group_id, user, user_id};
use crate::access::TenantAccess;
use crate::store::postgres::PostgresStore;
use crate::store::{
    Change, Decision, Effects, Facts, Fence, Identity, IdentityKey, Needs, StoreError, Write, begin_anew,
};
use futures::future::join_all;
use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

/// How long one who has read waits for the other to have read too.
const MEETING: Duration = Duration::from_millis(100);

async fn tell(store: &PostgresStore, writes: Vec<Write>) {
    store.transact(Tell { effects: Effects { writes, record: None }, ..Tell::default() }).await.unwrap();
}

async fn held(store: &PostgresStore, user: u128) -> Vec<TenantAccess> {
    let needs = Needs { users: BTreeSet::from([user_id(user)]), ..Needs::default() };
    let facts = store.transact(Tell { needs, ..Tell::default() }).await.unwrap();
    facts.user(user_id(user)).unwrap().grants.clone()
}

/// Both sessions put each of these users into a group of its own at the same time; how many users then hold less than
/// both groups give.
async fn lost(first: &PostgresStore, second: &PostgresStore, users: u128, meet: bool) -> usize {
    let mut writes: Vec<Write> = (1..=users).map(|number| Write::InsertUser(user(number))).collect();
    writes.extend([Write::InsertGroup(group(1)), Write::InsertGroup(group(2))]);
    tell(first, writes).await;
    let expected = grants(["Group-1", "Group-2"].into_iter());
    let mut lost = 0;
    for number in 1..=users {
        let meeting = meet.then(|| Meeting::new(MEETING));
        let join = |to| Join { user: user_id(number), group: group_id(to), meeting: meeting.clone() };
        let (one, two) = tokio::join!(first.transact(join(1)), second.transact(join(2)));
        one.and(two).unwrap();
        lost += usize::from(held(first, number).await != expected);
    }
    lost
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn b068_c011_two_sessions_that_change_one_user_lose_no_grant() {
    let Some(schema) = Schema::of_its_own("two sessions that change one user") else { return };
    let (first, second) = (schema.open().await, schema.open().await);
    assert_eq!(lost(&first, &second, 200, false).await, 0);
    schema.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn b068_c011_no_grant_is_lost_either_when_both_want_to_read_before_they_write() {
    let Some(schema) = Schema::of_its_own("two sessions that meet") else { return };
    let (first, second) = (schema.open().await, schema.open().await);
    assert_eq!(lost(&first, &second, 5, true).await, 0);
    schema.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn c011_without_the_locks_of_users_the_same_race_loses_grants() {
    let Some(schema) = Schema::of_its_own("the race without locks") else { return };
    let (first, second) = (schema.open().await, schema.open().await);
    first.leave_users_free();
    second.leave_users_free();
    assert!(lost(&first, &second, 5, true).await > 0, "this race shows nothing: sharpen it");
    schema.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn c011_members_who_join_through_several_sessions_are_all_there() {
    let Some(schema) = Schema::of_its_own("members through several sessions") else { return };
    let stores = [schema.open().await, schema.open().await, schema.open().await];
    let mut writes: Vec<Write> = (1..=80).map(|number| Write::InsertUser(user(number))).collect();
    writes.push(Write::InsertGroup(group(1)));
    tell(&stores[0], writes).await;
    let join = |number: usize| {
        let user = user_id(number as u128);
        stores[number % stores.len()].transact(Join { user, group: group_id(1), meeting: None })
    };
    for joined in join_all((1..=80).map(join)).await {
        joined.unwrap();
    }
    for store in &stores {
        let (row, members) = store.group(group_id(1), true).await.unwrap().unwrap();
        assert_eq!((row.version, row.modified, members.map_or(0, |members| members.len())), (81, at(1_000), 80));
    }
    schema.end().await;
}

/// The first user is evaluated; between reading and writing somebody else has a turn.
struct Slow {
    read: Mutex<Option<Sender<()>>>,
    go_on: Mutex<Receiver<()>>,
    fence: Option<Fence>,
}

impl Change for Slow {
    type Outcome = bool;

    fn fence(&self) -> Option<&Fence> {
        self.fence.as_ref()
    }

    fn needs(&self) -> Needs {
        Needs { users: BTreeSet::from([user_id(1)]), ..Needs::default() }
    }

    fn decide(&self, facts: &Facts) -> Decision<bool> {
        let was_pending = facts.user(user_id(1)).unwrap().pending;
        if let Some(read) = self.read.lock().unwrap().take() {
            read.send(()).unwrap();
            let go_on = self.go_on.lock().unwrap();
            tokio::task::block_in_place(|| go_on.recv_timeout(Duration::from_secs(5)).unwrap());
        }
        let done = Write::Evaluated { user: user_id(1), at: at(9), was_pending };
        Decision::Done(Effects { writes: vec![done], record: None }, was_pending)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn b095_c011_whoever_is_queued_again_while_being_evaluated_waits_still() {
    let Some(schema) = Schema::of_its_own("queued again while evaluated") else { return };
    let (first, second) = (schema.open().await, schema.open().await);
    let member = Write::AddMembers(group_id(1), vec![user_id(1)], super::people::cause(0));
    tell(&first, vec![Write::InsertUser(user(1)), Write::InsertGroup(group(1)), member]).await;
    let queues = [Vec::new(), vec![Write::QueueMembers(group_id(1))], vec![Write::QueueUsers(vec![user_id(1)])]];
    for (again, left) in queues.into_iter().zip([0, 1, 1]) {
        tell(&first, vec![Write::QueueMembers(group_id(1))]).await;
        let ((read, has_read), (go, go_on)) = (channel(), channel());
        let slow = Slow { read: Mutex::new(Some(read)), go_on: Mutex::new(go_on), fence: None };
        let meanwhile = async {
            tokio::task::spawn_blocking(move || has_read.recv_timeout(Duration::from_secs(5)).unwrap()).await.unwrap();
            // As a rename of a large group does: it waits for nobody who is being evaluated.
            tell(&second, again).await;
            go.send(()).unwrap();
        };
        let (was_pending, ()) = tokio::join!(first.transact(slow), meanwhile);
        assert!(was_pending.unwrap());
        assert_eq!(second.pending_users(10).await.unwrap().len(), left);
    }
    schema.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn b062_c011_whoever_quiesces_waits_for_what_another_session_has_decided() {
    let Some(schema) = Schema::of_its_own("what is decided elsewhere") else { return };
    let (first, second) = (schema.open().await, schema.open().await);
    tell(&first, vec![Write::InsertUser(user(1))]).await;
    let leased = first.lease("runs", Duration::from_secs(60)).await.unwrap();
    assert!(leased.is_some());
    // Who has a lease is not waited for, which shows what makes the others wait.
    for (fence, waits) in [(None, true), (leased, false)] {
        tell(&first, vec![Write::QueueUsers(vec![user_id(1)])]).await;
        let ((read, has_read), (go, go_on)) = (channel(), channel());
        let slow = Slow { read: Mutex::new(Some(read)), go_on: Mutex::new(go_on), fence };
        let meanwhile = async {
            tokio::task::spawn_blocking(move || has_read.recv_timeout(Duration::from_secs(5)).unwrap()).await.unwrap();
            let early = tokio::time::timeout(Duration::from_millis(300), second.quiesce()).await;
            assert_eq!(early.is_err(), waits, "it was decided, and not committed");
            go.send(()).unwrap();
            second.quiesce().await.unwrap();
            assert!(!waits || second.pending_users(10).await.unwrap().is_empty(), "what was decided is there");
        };
        let (was_pending, ()) = tokio::join!(first.transact(slow), meanwhile);
        assert!(was_pending.unwrap());
    }
    schema.end().await;
}

/// A change under a lease; whether it was done.
async fn under(store: &PostgresStore, fence: &Fence, number: u128) -> bool {
    let effects = Effects { writes: vec![Write::InsertUser(user(number))], record: None };
    match store.transact(Tell { effects, fence: Some(fence.clone()), ..Tell::default() }).await {
        Ok(_) => true,
        Err(StoreError::LeaseLost { lease }) if lease == fence.lease => false,
        Err(error) => panic!("{error}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lease_has_one_holder_and_its_work_ends_with_it() {
    let Some(schema) = Schema::of_its_own("a lease") else { return };
    let (first, second) = (schema.open().await, schema.open().await);
    let minute = Duration::from_secs(60);
    let fence = first.lease("runs", minute).await.unwrap().unwrap();
    assert_eq!(second.lease("runs", minute).await.unwrap(), None);
    assert_eq!(first.lease("runs", minute).await.unwrap().as_ref(), Some(&fence), "prolonged, it is the same");
    let other = second.lease("others", minute).await.unwrap().unwrap();
    assert!(under(&first, &fence, 1).await && under(&second, &other, 2).await);
    assert!(!under(&second, &Fence { holder: other.holder.clone(), ..fence.clone() }, 3).await);
    first.release().await.unwrap();
    let taken = second.lease("runs", minute).await.unwrap().unwrap();
    assert!(taken.epoch > fence.epoch && taken.holder != fence.holder);
    assert_eq!(first.lease("runs", minute).await.unwrap(), None);
    assert!(!under(&first, &fence, 3).await, "what began under the lease is refused when another has it");
    assert!(under(&second, &taken, 4).await);
    // Closing gives it up; the first one that has it again has it anew.
    second.close().await;
    let again = first.lease("runs", minute).await.unwrap().unwrap();
    assert!(again.epoch > taken.epoch && !under(&first, &fence, 3).await && under(&first, &again, 5).await);
    assert_eq!(first.user(user_id(3)).await.unwrap(), None, "nothing of it is written");
    assert_eq!(first.figures().await.unwrap().users.total, 4);
    schema.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lease_that_is_not_prolonged_ends_by_itself() {
    let Some(schema) = Schema::of_its_own("a lease that ends") else { return };
    let (first, second) = (schema.open().await, schema.open().await);
    let fence = first.lease("runs", Duration::from_millis(300)).await.unwrap().unwrap();
    let limit = Instant::now() + Duration::from_secs(10);
    let taken = loop {
        if let Some(taken) = second.lease("runs", Duration::from_secs(60)).await.unwrap() {
            break taken;
        }
        assert!(Instant::now() < limit, "the lease never ended");
    };
    assert!(taken.epoch > fence.epoch);
    schema.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn b127_what_one_process_publishes_is_in_force_in_the_other_within_a_quarter_of_a_second() {
    let Some(schema) = Schema::of_its_own("a publication seen elsewhere") else { return };
    let (first, second) = (schema.open().await, schema.open().await);
    let mut best = Duration::MAX;
    for revision in 1..=3 {
        let mut moved = second.elsewhere();
        let config = configuration(revision, revision, &[("r", "Group-1")]);
        tell(&first, vec![Write::PutConfig { config, changed: Vec::new(), at: at(1) }]).await;
        let published = Instant::now();
        assert_eq!(first.in_force().revision, revision);
        while second.in_force().revision < revision {
            tokio::time::timeout(Duration::from_secs(10), moved.changed()).await.unwrap().unwrap();
        }
        best = best.min(published.elapsed());
        let seen = second.in_force();
        assert_eq!((seen.epoch, seen.document.as_ref().map_or(0, |d| d.rules.len())), (revision, 1));
        assert!(second.is_current());
    }
    assert!(best < Duration::from_millis(250), "{best:?}");
    schema.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_waits_hears_of_what_another_process_queues() {
    let Some(schema) = Schema::of_its_own("work queued elsewhere") else { return };
    let (first, second) = (schema.open().await, schema.open().await);
    tell(&first, vec![Write::InsertUser(user(1))]).await;
    let run = super::people::partial("run", &["r"]);
    for writes in
        [vec![Write::QueueUsers(vec![user_id(1)])], vec![Write::InsertRun(run)], vec![Write::InsertGroup(group(1))]]
    {
        let mut moved = second.elsewhere();
        tell(&first, writes).await;
        tokio::time::timeout(Duration::from_secs(10), moved.changed()).await.unwrap().unwrap();
    }
    schema.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn processes_that_open_an_empty_schema_at_once_have_one_store() {
    // What two make at once collides in several ways; which of them, if any, is a matter of luck.
    for _ in 0..10 {
        let Some(schema) = Schema::of_its_own("opening at once") else { return };
        let stores = join_all((0..6).map(|_| schema.open())).await;
        let ids: BTreeSet<&str> = stores.iter().map(PostgresStore::store_id).collect();
        assert_eq!(ids.len(), 1, "{ids:?}");
        join_all(stores.iter().map(PostgresStore::close)).await;
        schema.end().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn b133_c009_nobody_is_signed_in_any_more_in_another_incarnation() {
    let Some(schema) = Schema::of_its_own("sessions and incarnations") else { return };
    let store = schema.open().await;
    let bound = identity(user_id(1), "sub-1", 1);
    tell(&store, vec![Write::InsertUser(user(1)), Write::PutIdentity(bound.clone())]).await;
    begin_anew(&schema.address).await.unwrap();
    let found = store.identity(IdentityKey::User(user_id(1))).await.unwrap();
    assert_eq!(found, Some(Identity { session: None, ..bound }));
    schema.end().await;
}
