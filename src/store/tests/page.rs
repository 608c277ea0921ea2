//! Pages behind and before an id, whole passes, e-mail addresses, and the members of a group page by page.

use super::change::tell;
use super::home::Home;
use super::people::{cause, group, group_id, user, user_id, user_of};
use super::view::{ALL, View, agrees, even};
use crate::store::{
    Each, Found, GroupSelect, Keep, ListedGroup, ListedUser, Page, Start, Store, UserRow, UserSelect, Write, email_key,
};
use serde_json::json;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";

/// So many users and groups; each group has the users of its number and those before.
async fn some_people(home: &Home, count: u128) -> Store {
    let store = home.open().await;
    let mut writes: Vec<Write> = (1..=count).map(|number| Write::InsertUser(user(number))).collect();
    writes.extend((1..=count).map(|number| Write::InsertGroup(group(number))));
    writes.extend((1..=count).map(|of| Write::AddMembers(group_id(of), (1..=of).map(user_id).collect(), cause(0))));
    tell(&store, writes).await;
    store
}

fn after(number: u128, limit: u64) -> Page {
    Page { start: Start::After(user_id(number).0), limit, count_all: false }
}

fn before(number: u128, limit: u64) -> Page {
    Page { start: Start::Before(user_id(number).0), limit, count_all: false }
}

fn from(offset: u64, limit: u64) -> Page {
    Page { start: Start::Offset(offset), limit, count_all: false }
}

fn number(row: &UserRow) -> u128 {
    row.id.0.as_u128() - user_id(0).0.as_u128()
}

/// The numbers of users, whether there are more, and how many match in all.
fn users(found: Found<ListedUser>) -> (Vec<u128>, bool, Option<u64>) {
    (found.rows.iter().map(|(row, _)| number(row)).collect(), found.more, found.total)
}

fn groups(found: Found<ListedGroup>) -> (Vec<u128>, bool, Option<u64>) {
    let numbers = found.rows.iter().map(|(row, _)| row.id.0.as_u128() - group_id(0).0.as_u128());
    (numbers.collect(), found.more, found.total)
}

/// The same page of groups.
fn of_groups(page: Page) -> Page {
    let same = |id: uuid::Uuid| group_id(id.as_u128() - user_id(0).0.as_u128()).0;
    let start = match page.start {
        Start::Offset(offset) => Start::Offset(offset),
        Start::After(id) => Start::After(same(id)),
        Start::Before(id) => Start::Before(same(id)),
    };
    Page { start, ..page }
}

pub(super) async fn a_page_goes_on_behind_an_id_and_back_before_one_and_says_whether_there_is_more(home: &Home) {
    let store = some_people(home, 8).await;
    let cases: [(Page, &[u128], bool); 15] = [
        (from(0, 3), &[1, 2, 3], true),
        (from(5, 3), &[6, 7, 8], false),
        (from(9, 3), &[], false),
        (from(3, 0), &[], true),
        (after(0, 3), &[1, 2, 3], true),
        (after(3, 4), &[4, 5, 6, 7], true),
        (after(3, 5), &[4, 5, 6, 7, 8], false),
        (after(8, 5), &[], false),
        (after(3, 0), &[], true),
        (after(3, u64::MAX), &[4, 5, 6, 7, 8], false),
        (before(9, 3), &[6, 7, 8], true),
        (before(4, 3), &[1, 2, 3], false),
        (before(4, 2), &[2, 3], true),
        (before(1, 2), &[], false),
        (before(4, 0), &[], true),
    ];
    for (page, expected, more) in cases {
        for count_all in [false, true] {
            let page = Page { count_all, ..page };
            let expected = (expected.to_vec(), more, count_all.then_some(8));
            assert_eq!(users(store.users(UserSelect::All, page, true, None).await.unwrap()), expected, "{page:?}");
            let other = of_groups(page);
            assert_eq!(groups(store.groups(GroupSelect::All, other, true, None).await.unwrap()), expected, "{page:?}");
            // The same when everything has to be looked at.
            let all: Keep<ListedUser> = Box::new(|_| true);
            let kept = store.users(UserSelect::All, page, false, Some(all)).await.unwrap();
            assert_eq!(users(kept), expected, "{page:?}");
            let all: Keep<ListedGroup> = Box::new(|_| true);
            let kept = store.groups(GroupSelect::All, other, false, Some(all)).await.unwrap();
            assert_eq!(groups(kept), expected, "{page:?}");
        }
    }
}

pub(super) async fn a_filtered_page_has_what_an_unfiltered_one_has_of_it(home: &Home) {
    let store = some_people(home, 9).await;
    let cases: [(Page, &[u128], bool); 6] = [
        (from(1, 2), &[4, 6], true),
        (after(3, 2), &[4, 6], true),
        (after(4, 2), &[6, 8], false),
        (before(8, 2), &[4, 6], true),
        (before(8, 3), &[2, 4, 6], false),
        (before(2, 3), &[], false),
    ];
    for (page, expected, more) in cases {
        for count_all in [false, true] {
            let page = Page { count_all, ..page };
            let expected = (expected.to_vec(), more, count_all.then_some(4));
            assert_eq!(users(store.users(UserSelect::All, page, false, even()).await.unwrap()), expected, "{page:?}");
        }
    }
    // Selected by an index, too.
    let member = || GroupSelect::Member(user_id(6));
    let two = of_groups(before(9, 2));
    assert_eq!(groups(store.groups(member(), two, false, None).await.unwrap()), (vec![7, 8], true, None));
    let two = of_groups(after(6, 2));
    assert_eq!(groups(store.groups(member(), two, true, None).await.unwrap()), (vec![7, 8], true, None));
    let behind = UserSelect::After(user_id(4));
    assert_eq!(users(store.users(behind.clone(), before(7, 5), true, None).await.unwrap()), (vec![5, 6], false, None));
    assert_eq!(users(store.users(behind, after(2, 1), true, None).await.unwrap()), (vec![5], true, None));
}

pub(super) async fn nothing_is_skipped_or_repeated_while_others_insert_and_delete(home: &Home) {
    let store = some_people(home, 9).await;
    let first = users(store.users(UserSelect::All, after(0, 4), false, None).await.unwrap());
    assert_eq!(first, (vec![1, 2, 3, 4], true, None));
    // The last of the page goes, and so do some before it; somebody comes before it and somebody behind it.
    let mut writes: Vec<Write> = [1, 3, 4].map(|gone| Write::DeleteUser(user_id(gone))).into();
    writes.extend([0, 10].map(|new| Write::InsertUser(user(new))));
    tell(&store, writes).await;
    let second = users(store.users(UserSelect::All, after(4, 4), false, None).await.unwrap());
    assert_eq!(second, (vec![5, 6, 7, 8], true, None));
    let third = users(store.users(UserSelect::All, after(8, 4), false, None).await.unwrap());
    assert_eq!(third, (vec![9, 10], false, None));
    let back = users(store.users(UserSelect::All, before(5, 4), false, None).await.unwrap());
    assert_eq!(back, (vec![0, 2], false, None));
}

pub(super) async fn a_pass_ends_with_its_page_unless_all_are_counted(home: &Home) {
    let store = home.open().await;
    tell(&store, (1..=1_100).map(|number| Write::InsertUser(user(number))).collect()).await;
    let looked = |count_all: bool| {
        let (seen, store) = (Arc::new(AtomicUsize::new(0)), store.clone());
        async move {
            let counter = seen.clone();
            let keep: Keep<ListedUser> = Box::new(move |_| {
                counter.fetch_add(1, Ordering::SeqCst);
                true
            });
            let page = Page { count_all, ..from(1, 2) };
            let found = store.users(UserSelect::All, page, false, Some(keep)).await.unwrap();
            assert_eq!(users(found), (vec![2, 3], true, count_all.then_some(1_100)));
            seen.load(Ordering::SeqCst)
        }
    };
    assert_eq!(looked(true).await, 1_100);
    // Block by block, an engine may look at more than the page and one more; only the model looks at everything.
    let most = if matches!(store, Store::Model(_)) { 1_100 } else { 500 };
    assert!((4..=most).contains(&looked(false).await));
}

pub(super) async fn whole_blocks_are_gone_through_backwards_too(home: &Home) {
    let store = home.open().await;
    // As many as an engine may look at in one go, and twice as many.
    tell(&store, (1..=1_000).map(|number| Write::InsertUser(user(number))).collect()).await;
    let everybody = || -> Option<Keep<ListedUser>> { Some(Box::new(|_| true)) };
    let back = users(store.users(UserSelect::All, before(1_001, 700), false, everybody()).await.unwrap());
    assert_eq!(back, ((301..=1_000).collect(), true, None));
    let back = users(store.users(UserSelect::All, before(1_001, 1_000), false, everybody()).await.unwrap());
    assert_eq!(back, ((1..=1_000).collect(), false, None));
    let first: Keep<ListedUser> = Box::new(|(row, _)| row.id == user_id(1));
    let back = users(store.users(UserSelect::All, before(502, 5), false, Some(first)).await.unwrap());
    assert_eq!(back, (vec![1], false, None));
    let all: Each<ListedUser, u64> = Box::new(|count, _| {
        *count += 1;
        ControlFlow::Continue(())
    });
    assert_eq!(store.users_all(UserSelect::All, true, all).await.unwrap(), 1_000);
}

pub(super) async fn everything_is_gone_through_once_and_what_was_chosen_is_read_in_its_order(home: &Home) {
    let store = some_people(home, 6).await;
    let each: Each<ListedUser, Vec<(u128, usize)>> = Box::new(|all, (row, groups)| {
        all.push((number(&row), groups.len()));
        if all.len() == 4 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    let all = store.users_all(UserSelect::All, true, each).await.unwrap();
    assert_eq!(all, [(1, 6), (2, 5), (3, 4), (4, 3)], "in the order of ids, and no further than told");
    let each: Each<ListedGroup, Vec<usize>> = Box::new(|all, (_, members)| {
        all.push(members.map_or(0, |members| members.len()));
        ControlFlow::Continue(())
    });
    assert_eq!(store.groups_all(GroupSelect::Member(user_id(5)), true, each).await.unwrap(), [5, 6]);
    let view = View::of(&store).await;
    let chosen = store.users_by_ids([4, 77, 2].map(user_id).into(), true).await.unwrap();
    assert_eq!(chosen, [view.user(4).unwrap().clone(), view.user(2).unwrap().clone()]);
    let chosen = store.groups_by_ids([6, 77, 1].map(group_id).into(), true).await.unwrap();
    assert_eq!(chosen, [view.group(6).unwrap().clone(), view.group(1).unwrap().clone()]);
    assert!(store.users_by_ids(Vec::new(), true).await.unwrap().is_empty());
    assert!(store.groups_by_ids(Vec::new(), true).await.unwrap().is_empty());
}

/// The user of this number with these addresses.
fn reached(number: u128, addresses: &[&str]) -> UserRow {
    let name = format!("user-{number}@example.com");
    let mut emails = Vec::new();
    for (address, kind) in addresses.iter().zip(["work", "home", "other"]) {
        emails.push(json!({ "value": address, "type": kind }));
    }
    user_of(number, json!({ "schemas": [USER], "userName": name, "emails": emails }))
}

/// Who is found by an address.
async fn found(store: &Store, address: &str) -> Vec<u128> {
    users(store.users(UserSelect::Email(email_key(address)), ALL, false, None).await.unwrap()).0
}

pub(super) async fn people_are_found_by_each_of_their_addresses_in_any_case(home: &Home) {
    let store = home.open().await;
    let long = format!("{}@example.com", "ж".repeat(3_000));
    let rows = [
        reached(3, &["Team@Example.com", "Zoë@example.com"]),
        reached(1, &["team@example.com", "TEAM@example.com"]),
        reached(2, &["a\0b@example.com", &long]),
        reached(4, &[]),
    ];
    tell(&store, rows.into_iter().map(Write::InsertUser).collect()).await;
    for (address, expected) in [
        ("tEAM@example.COM", vec![1, 3]),
        ("ZOË@EXAMPLE.com", vec![3]),
        (long.as_str(), vec![2]),
        ("a\0b@example.com", vec![2]),
        ("team", vec![]),
        ("", vec![]),
    ] {
        assert_eq!(found(&store, address).await, expected, "{address}");
    }
    let team = || UserSelect::Email(email_key("team@example.com"));
    let odd: Keep<ListedUser> = Box::new(|(row, _)| row.id == user_id(3));
    assert_eq!(users(store.users(team(), from(0, 5), true, Some(odd)).await.unwrap()), (vec![3], false, None));
    assert_eq!(users(store.users(team(), before(3, 5), true, None).await.unwrap()), (vec![1], false, None));
    assert_eq!(store.summaries(team(), 1, None).await.unwrap().len(), 1);
    let view = View::of(&store).await;
    agrees(&store, &view).await;
}

pub(super) async fn addresses_follow_their_user(home: &Home) {
    let store = home.open().await;
    tell(&store, vec![Write::InsertUser(reached(1, &["old@x.com", "kept@x.com"])), Write::InsertUser(user(2))]).await;
    let changed = UserRow { version: 2, ..reached(1, &["Kept@x.com", "new@x.com"]) };
    tell(&store, vec![Write::UpdateUser(changed)]).await;
    for (address, expected) in [("old@x.com", vec![]), ("kept@x.com", vec![1]), ("new@x.com", vec![1])] {
        assert_eq!(found(&store, address).await, expected, "{address}");
    }
    tell(&store, vec![Write::UpdateUser(UserRow { version: 3, ..reached(1, &[]) })]).await;
    assert_eq!(found(&store, "kept@x.com").await, Vec::<u128>::new());
    tell(&store, vec![Write::UpdateUser(UserRow { version: 4, ..reached(1, &["again@x.com"]) })]).await;
    assert_eq!(found(&store, "again@x.com").await, [1]);
    tell(&store, vec![Write::DeleteUser(user_id(1))]).await;
    // Somebody of the same id has none of them.
    tell(&store, vec![Write::InsertUser(user(1))]).await;
    assert_eq!(found(&store, "again@x.com").await, Vec::<u128>::new());
    let store = home.reopen(store).await;
    assert_eq!(found(&store, "again@x.com").await, Vec::<u128>::new());
}

pub(super) async fn members_are_gone_through_page_by_page(home: &Home) {
    let store = some_people(home, 7).await;
    let numbers = async |group: u128, behind: Option<u128>, limit: u32| {
        let members = store.members(group_id(group), behind.map(user_id), limit).await.unwrap();
        let view = View::of(&store).await;
        let all = view.group(group).and_then(|(_, members)| members.clone()).unwrap_or_default();
        assert!(members.iter().all(|member| all.contains(member)), "{members:?}");
        members.iter().map(|m| m.value.clone()).collect::<Vec<_>>()
    };
    let ids = |numbers: &[u128]| numbers.iter().map(|number| user_id(*number).to_string()).collect::<Vec<_>>();
    assert_eq!(numbers(7, None, 3).await, ids(&[1, 2, 3]));
    // The last of the page leaves, and somebody who was shown already: the rest comes as it would have come.
    tell(&store, vec![Write::RemoveMembers(group_id(7), [1, 3].map(user_id).into(), cause(0))]).await;
    assert_eq!(numbers(7, Some(3), 3).await, ids(&[4, 5, 6]));
    assert_eq!(numbers(7, Some(6), 3).await, ids(&[7]));
    assert_eq!(numbers(7, Some(7), 3).await, ids(&[]));
    assert_eq!(numbers(7, None, 0).await, ids(&[]));
    assert_eq!(numbers(77, None, 3).await, ids(&[]));
    assert_eq!(numbers(2, None, u32::MAX).await, ids(&[1, 2]));
}
