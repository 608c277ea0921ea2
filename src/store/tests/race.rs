//! Changes that meet: whatever their order, nothing acknowledged is lost and no name is given twice.

use super::change::{Create, Join, Tell, attempt, grants, tell};
use super::home::Home;
use super::people::{at, configuration, group, group_id, named, user, user_id};
use super::view::View;
use crate::store::{Change, Decision, Effects, Facts, Hold, Needs, StoreError, Write};
use futures::future::join_all;

pub(super) async fn two_changes_that_want_one_name_are_decided_one_after_the_other(home: &Home) {
    let store = home.open().await;
    for round in 0..20 {
        // Four ids, one name, written differently.
        let rows = [0, 1, 2, 3].map(|of| {
            let name = if of % 2 == 0 { format!("Ada-{round}@x.com") } else { format!("ada-{round}@X.com") };
            named(round * 10 + of, &name)
        });
        let all = join_all(rows.clone().map(|row| store.transact(Create(row)))).await;
        let won: Vec<bool> = all.into_iter().map(Result::unwrap).collect();
        assert_eq!(won.iter().filter(|won| **won).count(), 1, "{won:?}");
        let winner = won.iter().position(|won| *won).unwrap();
        let found =
            store.users(crate::store::UserSelect::Name(rows[0].name_key()), super::view::ALL, false, None).await;
        assert_eq!(found.unwrap(), super::view::whole(vec![(rows[winner].clone(), Vec::new())]));
    }
}

pub(super) async fn c011_eighty_members_who_join_one_group_at_once_are_all_there(home: &Home) {
    let store = home.open().await;
    let mut writes: Vec<Write> = (1..=80).map(|number| Write::InsertUser(user(number))).collect();
    writes.push(Write::InsertGroup(group(1)));
    tell(&store, writes).await;
    let join = |number| store.transact(Join { user: user_id(number), group: group_id(1), meeting: None });
    for joined in join_all((1..=80).map(join)).await {
        joined.unwrap();
    }
    let store = home.reopen(store).await;
    let view = View::of(&store).await;
    assert_eq!(view.members(1), (1..=80).map(|number| user_id(number).to_string()).collect::<Vec<_>>());
    let (row, _) = view.group(1).unwrap();
    assert_eq!((row.version, row.modified), (81, at(1_000)));
    assert!(view.summaries.iter().all(|summary| summary.grants == grants(["Group-1"].into_iter())));
    assert_eq!(view.figures.users.managed, 80);
}

pub(super) async fn b068_c011_many_groups_at_once_and_every_grant_is_there(home: &Home) {
    let store = home.open().await;
    let mut writes: Vec<Write> = (1..=4).map(|number| Write::InsertUser(user(number))).collect();
    writes.extend((1..=12).map(|number| Write::InsertGroup(group(number))));
    tell(&store, writes).await;
    let pairs = (1..=12).flat_map(|group| (1..=4).map(move |user| (user, group)));
    let join = |(user, group)| store.transact(Join { user: user_id(user), group: group_id(group), meeting: None });
    for joined in join_all(pairs.map(join)).await {
        joined.unwrap();
    }
    let names: Vec<String> = (1..=12).map(|number| format!("Group-{number}")).collect();
    let expected = grants(names.iter().map(String::as_str));
    let view = View::of(&store).await;
    for number in 1..=4 {
        assert_eq!(view.user(number).unwrap().1.len(), 12);
        assert_eq!(view.summary(number).unwrap().grants, expected);
    }
    assert!(view.groups.iter().all(|(row, _)| row.version == 5));
}

/// Publishes whatever comes next.
struct Next;

impl Change for Next {
    type Outcome = u64;

    fn needs(&self) -> Needs {
        Needs { configuration: Hold::Alone, ..Needs::default() }
    }

    fn decide(&self, facts: &Facts) -> Decision<u64> {
        let revision = facts.config.revision + 1;
        let config = configuration(revision, 0, &[]);
        let writes = vec![Write::PutConfig { config, changed: Vec::new(), at: at(1) }];
        Decision::Done(Effects { writes, record: None }, revision)
    }
}

pub(super) async fn b127_publications_at_once_have_revisions_of_their_own(home: &Home) {
    let store = home.open().await;
    let published = join_all((0..30).map(|_| store.transact(Next))).await;
    let mut revisions: Vec<u64> = published.into_iter().map(Result::unwrap).collect();
    revisions.sort_unstable();
    assert_eq!(revisions, (1..=30).collect::<Vec<_>>());
    assert_eq!(store.in_force().revision, 30);
}

pub(super) async fn a_closed_store_writes_nothing_more(home: &Home) {
    let store = home.open().await;
    let accepted = join_all((1..=20).map(|number| store.transact(Create(user(number)))));
    // What was accepted before is finished: of these, nobody is told that it was written and then is not there.
    let (accepted, ()) = tokio::join!(accepted, store.close());
    store.ended().await;
    let written = accepted.iter().filter(|done| matches!(done, Ok(true))).count() as u64;
    assert!(accepted.iter().all(|done| matches!(done, Ok(true) | Err(StoreError::Closed))), "{accepted:?}");
    assert!(matches!(store.transact(Tell::default()).await, Err(StoreError::Closed)));
    assert!(attempt(&store, vec![Write::InsertUser(user(99))]).await.is_err());
    let store = home.open().await;
    assert_eq!(store.figures().await.unwrap().users.total, written);
}
