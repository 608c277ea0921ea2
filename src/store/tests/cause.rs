//! What is kept of why: by which record somebody joined, left, became inactive, and a group's name went.

use super::change::tell;
use super::home::Home;
use super::people::{cause, group, group_id, user, user_id};
use crate::store::{Causes, GroupId, Store, Write};
use std::collections::BTreeMap;

/// Three users and two groups; the first user is in the first group by the first record.
async fn some_people(home: &Home) -> Store {
    let store = home.open().await;
    let mut writes: Vec<Write> = (1..=3).map(|number| Write::InsertUser(user(number))).collect();
    writes.extend((1..=2).map(|number| Write::InsertGroup(group(number))));
    writes.push(Write::AddMembers(group_id(1), vec![user_id(1)], cause(1)));
    tell(&store, writes).await;
    store
}

/// What is known of a user in both groups and a third one, and of two names.
async fn known(store: &Store, user: u128) -> Causes {
    let groups = (1..=3).map(group_id).collect();
    store.causes(user_id(user), groups, vec!["a".to_owned(), "ä".to_owned()]).await.unwrap()
}

/// Groups by number, each with the number of a record.
fn by(pairs: &[(u128, u128)]) -> BTreeMap<GroupId, uuid::Uuid> {
    pairs.iter().map(|(group, record)| (group_id(*group), cause(*record))).collect()
}

pub(super) async fn c002_who_joined_and_who_left_is_kept_with_the_record_that_made_it(home: &Home) {
    let store = some_people(home).await;
    assert_eq!(known(&store, 1).await, Causes { joined: by(&[(1, 1)]), ..Causes::default() });
    // Who is a member already joined when they joined, and who is none does not leave.
    let again = Write::AddMembers(group_id(1), vec![user_id(1), user_id(2)], cause(2));
    tell(&store, vec![again, Write::RemoveMembers(group_id(2), vec![user_id(1)], cause(2))]).await;
    assert_eq!(known(&store, 1).await, Causes { joined: by(&[(1, 1)]), ..Causes::default() });
    assert_eq!(known(&store, 2).await.joined, by(&[(1, 2)]));
    tell(&store, vec![Write::RemoveMembers(group_id(1), vec![user_id(1), user_id(3)], cause(3))]).await;
    assert_eq!(known(&store, 1).await, Causes { left: by(&[(1, 3)]), ..Causes::default() });
    assert_eq!(known(&store, 3).await, Causes::default());
    // Of several departures the last one counts, also while the user is back.
    let back = Write::AddMembers(group_id(1), vec![user_id(1)], cause(4));
    tell(&store, vec![back, Write::AddMembers(group_id(2), vec![user_id(1)], cause(5))]).await;
    let both = Causes { joined: by(&[(1, 4), (2, 5)]), left: by(&[(1, 3)]), ..Causes::default() };
    assert_eq!(known(&store, 1).await, both);
    let store = home.reopen(store).await;
    assert_eq!(known(&store, 1).await, both);
    tell(&store, vec![Write::RemoveMembers(group_id(1), vec![user_id(1)], cause(6))]).await;
    assert_eq!(known(&store, 1).await, Causes { joined: by(&[(2, 5)]), left: by(&[(1, 6)]), ..Causes::default() });
}

pub(super) async fn c002_a_name_that_is_gone_and_a_user_who_changed_are_known_by_the_last_record(home: &Home) {
    let store = some_people(home).await;
    let gone = |name: &str, record| Write::NameGone(name.to_owned(), cause(record));
    tell(&store, vec![gone("ä", 1), Write::PutStatus(user_id(1), cause(2)), gone("ä", 3), gone("b", 4)]).await;
    let (one, two) = (known(&store, 1).await, known(&store, 2).await);
    assert_eq!(one.gone.into_iter().collect::<Vec<_>>(), [("ä".to_owned(), cause(3))]);
    assert_eq!((one.status, two.status), (Some(cause(2)), None));
    tell(&store, vec![Write::PutStatus(user_id(1), cause(5)), Write::PutStatus(user_id(2), cause(6))]).await;
    let (one, two) = (known(&store, 1).await, known(&store, 2).await);
    assert_eq!((one.status, two.status), (Some(cause(5)), Some(cause(6))));
}

pub(super) async fn what_made_a_user_what_they_were_goes_with_the_user(home: &Home) {
    let store = some_people(home).await;
    let join = Write::AddMembers(group_id(2), vec![user_id(1)], cause(2));
    let leave = Write::RemoveMembers(group_id(2), vec![user_id(1)], cause(3));
    tell(&store, vec![join, leave, Write::PutStatus(user_id(1), cause(4))]).await;
    let before = known(&store, 1).await;
    assert_eq!((before.joined.len(), before.left.len(), before.status), (1, 1, Some(cause(4))));
    tell(&store, vec![Write::DeleteUser(user_id(1))]).await;
    assert_eq!(known(&store, 1).await, Causes::default());
    tell(&store, vec![Write::InsertUser(user(1))]).await;
    assert_eq!(known(&store, 1).await, Causes::default());
}

pub(super) async fn c002_a_name_of_any_length_that_is_gone_is_known(home: &Home) {
    let store = some_people(home).await;
    let names = [super::account::long("external:", 1), super::account::long("external:", 2), "\u{1}id:1".to_owned()];
    let gone = |(name, record): (&String, u128)| Write::NameGone(name.clone(), cause(record));
    tell(&store, names.iter().zip(1..=3).map(gone).collect()).await;
    tell(&store, vec![gone((&names[1], 4))]).await;
    let asked = names.iter().cloned().chain(["id:1".to_owned(), "a\0b".to_owned()]).collect();
    let found = store.causes(user_id(1), Vec::new(), asked).await.unwrap().gone;
    let expected: BTreeMap<String, uuid::Uuid> = names.into_iter().zip([cause(1), cause(4), cause(3)]).collect();
    assert_eq!(found, expected);
}
