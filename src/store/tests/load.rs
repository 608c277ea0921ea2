//! What a change is given: everything that it asked for, and nothing twice.

use super::beside::manual;
use super::change::{ask, grant, tell};
use super::home::Home;
use super::people::{at, cause, group, group_id, run, user, user_id};
use crate::access::TenantAccess;
use crate::config::RunScope;
use crate::store::{
    Change, Decision, Delta, Effects, Facts, GroupId, Hold, MemberIds, Needs, Store, StoreError, UserId, Write,
};
use std::collections::BTreeSet;

/// Ten users; those of even numbers are in the first group, which is the only one.
async fn some_people(home: &Home) -> Store {
    let store = home.open().await;
    let mut writes: Vec<Write> = (0..10).map(|number| Write::InsertUser(user(number))).collect();
    writes.push(Write::InsertGroup(group(1)));
    writes.push(Write::AddMembers(group_id(1), ids([0, 2, 4, 6, 8]), cause(0)));
    tell(&store, writes).await;
    store
}

fn ids<C: FromIterator<UserId>>(numbers: impl IntoIterator<Item = u128>) -> C {
    numbers.into_iter().map(user_id).collect()
}

fn names<const N: usize>(names: [&str; N]) -> BTreeSet<String> {
    names.map(str::to_owned).into()
}

pub(super) async fn whatever_is_asked_for_is_there_also_when_it_is_nothing(home: &Home) {
    let store = some_people(home).await;
    let held = [grant("hr", &["r"])];
    let put = Write::PutGrants { user: user_id(2), before: Vec::new(), after: held.to_vec() };
    tell(&store, vec![put, Write::QueueUsers(vec![user_id(2)])]).await;
    let facts = ask(
        &store,
        Needs {
            users: ids([2, 3, 77]),
            user_names: names(["user-3@example.com", "nobody@example.com"]),
            groups: BTreeSet::from([group_id(1), group_id(7)]),
            group_names: names(["group-1", "group-7"]),
            configuration: Hold::Shared,
            alone: Some(group_id(1)),
            ..Needs::default()
        },
    )
    .await;
    assert_eq!(facts.users.keys().copied().collect::<Vec<_>>(), ids::<Vec<_>>([2, 3, 77]));
    let (member, other) = (facts.user(user_id(2)).unwrap(), facts.user(user_id(3)).unwrap());
    assert_eq!((&member.row, &member.groups, &member.grants[..]), (&user(2), &vec![group(1).facts()], &held[..]));
    assert_eq!((member.pending, other.pending, other.groups.len(), other.grants.len()), (true, false, 0, 0));
    assert_eq!(facts.users[&user_id(77)], None);
    assert_eq!(
        facts.user_names.into_iter().collect::<Vec<_>>(),
        [("nobody@example.com".to_owned(), None), ("user-3@example.com".to_owned(), Some(user_id(3)))]
    );
    assert_eq!(facts.groups.into_iter().collect::<Vec<_>>(), [(group_id(1), Some(group(1))), (group_id(7), None)]);
    let bearers: Vec<Option<GroupId>> = facts.group_names.into_values().collect();
    assert_eq!(bearers, [Some(group_id(1)), None]);
    assert_eq!((facts.configuration, facts.alone), (Hold::Shared, Some(group_id(1))));
    assert!(facts.delta.is_none() && facts.members.is_none() && facts.runs.is_none());
}

pub(super) async fn b095_a_change_of_members_says_who_joins_who_leaves_and_who_is_unknown(home: &Home) {
    let store = some_people(home).await;
    let delta = async |group: Option<GroupId>, clear: bool, add: &[u128], remove: &[u128]| {
        let (add, remove) = (ids(add.iter().copied()), ids(remove.iter().copied()));
        let delta = Some(MemberIds { group, clear, add, remove });
        let alone = group.filter(|_| clear);
        ask(&store, Needs { delta, alone, ..Needs::default() }).await.delta.unwrap()
    };
    let expected = |joined: &[u128], left: &[u128], unknown: &[u128]| Delta {
        joined: ids(joined.iter().copied()),
        left: ids(left.iter().copied()),
        unknown: ids(unknown.iter().copied()),
    };
    let one = Some(group_id(1));
    assert_eq!(delta(one, false, &[7, 2, 99, 1], &[8, 3, 0, 98]).await, expected(&[7, 1], &[8, 0], &[99]));
    assert_eq!(delta(one, true, &[7, 2], &[4]).await, expected(&[7], &[0, 4, 6, 8], &[]));
    assert_eq!(delta(one, true, &[], &[]).await, expected(&[], &[0, 2, 4, 6, 8], &[]));
    assert_eq!(delta(one, false, &[2], &[2]).await, expected(&[], &[2], &[]));
    // A group that is still to come has no members.
    assert_eq!(delta(None, false, &[2, 3, 99], &[4]).await, expected(&[2, 3], &[], &[99]));
    assert_eq!(delta(None, true, &[2], &[]).await, expected(&[2], &[], &[]));
    assert_eq!(delta(Some(group_id(9)), false, &[2], &[4]).await, expected(&[2], &[], &[]));
}

pub(super) async fn b095_members_are_loaded_up_to_a_limit(home: &Home) {
    let store = some_people(home).await;
    let members = async |number: u128, limit: usize| {
        ask(&store, Needs { members: Some((group_id(number), limit)), ..Needs::default() }).await.members.unwrap()
    };
    assert_eq!(members(1, 0).await, (Vec::new(), true));
    assert_eq!(members(1, 3).await, (ids([0, 2, 4]), true));
    assert_eq!(members(1, 5).await, (ids([0, 2, 4, 6, 8]), false));
    assert_eq!(members(1, usize::MAX).await, (ids([0, 2, 4, 6, 8]), false));
    assert_eq!(members(9, 3).await, (Vec::new(), false));
}

pub(super) async fn runs_are_loaded_by_uid_and_by_name(home: &Home) {
    let store = some_people(home).await;
    let all = [
        run("b", "nightly", 10, RunScope::All {}),
        run("a", "nightly", 20, RunScope::All {}),
        run("c", "nightly", 20, RunScope::All {}),
        run("d", "other", 30, RunScope::All {}),
        run("e", "third", 40, RunScope::All {}),
    ];
    tell(&store, all.iter().cloned().map(Write::InsertRun).collect()).await;
    for (uid, name, expected) in [
        ("d", "nightly", vec!["d", "c", "a", "b"]),
        ("a", "nightly", vec!["c", "a", "b"]),
        ("a", "", vec!["a"]),
        ("", "third", vec!["e"]),
        ("x", "y", vec![]),
    ] {
        let needs = Needs { run: Some((uid.to_owned(), name.to_owned())), covers: true, ..Needs::default() };
        let runs = ask(&store, needs).await.runs.unwrap();
        assert_eq!(runs.iter().map(|run| run.status.uid.as_str()).collect::<Vec<_>>(), expected);
        assert_eq!(store.runs_of(uid, name).await.unwrap(), runs);
        assert!(runs.iter().all(|run| all.contains(run)));
    }
}

/// Asks for one user after the other, in the order of this list, and for the group when it has them all.
struct Curious(Vec<UserId>);

impl Change for Curious {
    type Outcome = Facts;

    fn needs(&self) -> Needs {
        Needs::default()
    }

    fn decide(&self, facts: &Facts) -> Decision<Facts> {
        let missing = self.0.iter().find(|user| !facts.users.contains_key(user));
        match missing {
            Some(user) => Decision::More(Box::new(Needs { users: BTreeSet::from([*user]), ..Needs::default() })),
            None if facts.alone.is_none() => {
                let (alone, members) = (Some(group_id(1)), Some((group_id(1), 2)));
                Decision::More(Box::new(Needs { alone, members, configuration: Hold::Alone, ..Needs::default() }))
            }
            None => {
                let touch = Write::TouchGroup(group_id(1), at(9));
                Decision::Done(Effects { writes: vec![touch], record: None }, facts.clone())
            }
        }
    }
}

pub(super) async fn a_change_may_ask_again_and_keeps_what_it_has(home: &Home) {
    let store = some_people(home).await;
    // Whatever the order is in which it asks.
    for (number, order) in [[2, 5, 77], [77, 5, 2], [5, 77, 2]].into_iter().enumerate() {
        let facts = store.transact(Curious(ids(order))).await.unwrap();
        assert_eq!(facts.users.keys().copied().collect::<Vec<_>>(), ids::<Vec<_>>([2, 5, 77]));
        assert_eq!((facts.alone, facts.configuration), (Some(group_id(1)), Hold::Alone));
        assert_eq!(facts.members, Some((ids([0, 2]), true)));
        let (row, _) = store.group(group_id(1), false).await.unwrap().unwrap();
        assert_eq!(row.version, 2 + number as u64, "written once");
    }
}

/// Never decides.
struct Endless;

impl Change for Endless {
    type Outcome = ();

    fn needs(&self) -> Needs {
        Needs::default()
    }

    fn decide(&self, _facts: &Facts) -> Decision<()> {
        Decision::More(Box::default())
    }
}

pub(super) async fn a_change_that_only_asks_is_stopped(home: &Home) {
    let store = some_people(home).await;
    let stopped = store.transact(Endless).await;
    assert!(matches!(stopped, Err(StoreError::Undecided { rounds: 16 })), "{stopped:?}");
    tell(&store, vec![Write::DeleteUser(user_id(1))]).await;
}

pub(super) async fn whether_anybody_holds_what_no_rule_gave_is_said_where_it_is_asked(home: &Home) {
    let store = some_people(home).await;
    let by_hand = async || ask(&store, Needs { by_hand: true, ..Needs::default() }).await.by_hand;
    let (ruled, given) = ([grant("hr", &["r"])], [grant("hr", &["r"]), manual("sales")]);
    let put = |before: &[TenantAccess], after: &[TenantAccess]| Write::PutGrants {
        user: user_id(2),
        before: before.to_vec(),
        after: after.to_vec(),
    };
    assert_eq!((by_hand().await, ask(&store, Needs::default()).await.by_hand), (Some(false), None));
    // An account is no user.
    let account = Write::PutAccount(super::beside::account(1, "guest@example.com", vec![manual("hr")]));
    tell(&store, vec![put(&[], &ruled), account]).await;
    assert_eq!(by_hand().await, Some(false));
    tell(&store, vec![put(&ruled, &given)]).await;
    assert_eq!(by_hand().await, Some(true));
    tell(&store, vec![put(&given, &ruled)]).await;
    assert_eq!(by_hand().await, Some(false));
}
