//! Pages of users and groups: which, in which order, and how many.

use super::change::{grant, tell};
use super::home::Home;
use super::people::{called, cause, group, group_id, group_of, named, user, user_id, user_of};
use super::view::{ALL, View, agrees, even};
use crate::store::{
    Found, GroupSelect, Keep, ListedGroup, ListedUser, Page, RuleChange, Start, Store, UserSelect, UserSummary, Write,
};
use serde_json::json;

const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";

/// So many users and groups; each group has the users of its number and those before. The later half of everything has
/// one external id.
async fn some_people(home: &Home, count: u128) -> Store {
    let store = home.open().await;
    let mut writes = Vec::new();
    for number in (1..=count).rev() {
        let mut person = json!({ "schemas": [USER], "userName": format!("User-{number}@example.com") });
        let mut group = json!({ "schemas": [GROUP], "displayName": format!("Group {number}") });
        if number > count / 2 {
            person["externalId"] = json!("Same");
            group["externalId"] = json!("Same");
        }
        writes.push(Write::InsertUser(user_of(number, person)));
        writes.push(Write::InsertGroup(group_of(number, group)));
        writes.push(Write::AddMembers(group_id(number), (1..=number).map(user_id).collect(), cause(0)));
    }
    tell(&store, writes).await;
    store
}

fn window(offset: u64, limit: u64) -> Page {
    Page { start: Start::Offset(offset), limit, count_all: true }
}

/// The numbers of users, and how many match in all.
fn users(found: Found<ListedUser>) -> (Vec<u128>, u64) {
    let numbers = found.rows.iter().map(|(row, _)| row.id.0.as_u128() - user_id(0).0.as_u128());
    (numbers.collect(), found.total.unwrap())
}

/// The numbers of groups, and how many match in all.
fn groups(found: Found<ListedGroup>) -> (Vec<u128>, u64) {
    let numbers = found.rows.iter().map(|(row, _)| row.id.0.as_u128() - group_id(0).0.as_u128());
    (numbers.collect(), found.total.unwrap())
}

pub(super) async fn pages_come_in_the_order_of_ids_and_say_how_many_there_are(home: &Home) {
    let store = some_people(home, 8).await;
    let cases: [(Page, &[u128]); 6] = [
        (window(0, 3), &[1, 2, 3]),
        (window(3, 3), &[4, 5, 6]),
        (window(6, 3), &[7, 8]),
        (window(9, 3), &[]),
        (window(0, 0), &[]),
        (window(5, u64::MAX), &[6, 7, 8]),
    ];
    for (window, expected) in cases {
        let page = (expected.to_vec(), 8);
        assert_eq!(users(store.users(UserSelect::All, window, true, None).await.unwrap()), page);
        assert_eq!(groups(store.groups(GroupSelect::All, window, true, None).await.unwrap()), page);
        // The same when everything has to be looked at.
        let all: Keep<ListedUser> = Box::new(|_| true);
        assert_eq!(users(store.users(UserSelect::All, window, false, Some(all)).await.unwrap()), page);
        let all: Keep<ListedGroup> = Box::new(|_| true);
        assert_eq!(groups(store.groups(GroupSelect::All, window, false, Some(all)).await.unwrap()), page);
    }
    let view = View::of(&store).await;
    assert_eq!((view.user(3).unwrap().1.len(), view.members(3).len()), (6, 3));
    agrees(&store, &view).await;
}

pub(super) async fn a_filter_sees_what_it_needs_and_the_window_counts_what_it_keeps(home: &Home) {
    let store = some_people(home, 9).await;
    assert_eq!(users(store.users(UserSelect::All, window(1, 2), false, even()).await.unwrap()), (vec![4, 6], 4));
    assert_eq!(users(store.users(UserSelect::All, window(4, 2), false, even()).await.unwrap()), (vec![], 4));
    let after = UserSelect::After(user_id(4));
    assert_eq!(users(store.users(after, window(0, 1), false, even()).await.unwrap()), (vec![6], 2));
    let many: Keep<ListedUser> = Box::new(|(_, groups)| groups.len() > 7);
    assert_eq!(users(store.users(UserSelect::All, ALL, true, Some(many)).await.unwrap()), (vec![1, 2], 2));
    let few: Keep<ListedGroup> = Box::new(|(_, members)| members.as_ref().is_some_and(|m| m.len() < 3));
    assert_eq!(groups(store.groups(GroupSelect::All, window(1, 5), true, Some(few)).await.unwrap()), (vec![2], 2));
    let first =
        |limit| store.summaries(UserSelect::All, limit, Some(Box::new(|s: &UserSummary| s.row.id > user_id(2))));
    let (two, all) = (first(2).await.unwrap(), first(100).await.unwrap());
    assert_eq!(two.iter().map(|summary| summary.row.id).collect::<Vec<_>>(), [user_id(3), user_id(4)]);
    assert_eq!((all.len(), first(0).await.unwrap().len()), (7, 0));
}

pub(super) async fn every_way_to_select_users_finds_the_same_people(home: &Home) {
    let store = some_people(home, 6).await;
    let cases: [(UserSelect, &[u128]); 11] = [
        (UserSelect::All, &[1, 2, 3, 4, 5, 6]),
        (UserSelect::After(user_id(4)), &[5, 6]),
        (UserSelect::After(user_id(6)), &[]),
        (UserSelect::Id(user_id(2)), &[2]),
        (UserSelect::Id(user_id(7)), &[]),
        (UserSelect::Name("user-2@example.com".to_owned()), &[2]),
        (UserSelect::Name("User-2@example.com".to_owned()), &[]),
        (UserSelect::ExternalId("Same".to_owned()), &[4, 5, 6]),
        (UserSelect::ExternalId("same".to_owned()), &[]),
        (UserSelect::ExternalId(String::new()), &[]),
        (UserSelect::Nobody, &[]),
    ];
    for (select, expected) in cases {
        let total = expected.len() as u64;
        let page = users(store.users(select.clone(), ALL, false, None).await.unwrap());
        assert_eq!(page, (expected.to_vec(), total), "{select:?}");
        let kept = users(store.users(select.clone(), window(1, 1), true, Some(Box::new(|_| true))).await.unwrap());
        assert_eq!(kept, (expected.iter().skip(1).take(1).copied().collect(), total), "{select:?}");
        let summaries = store.summaries(select.clone(), u64::MAX, None).await.unwrap();
        let summaries: Vec<_> = summaries.into_iter().map(|summary| summary.row.id).collect();
        assert_eq!(summaries, expected.iter().map(|number| user_id(*number)).collect::<Vec<_>>(), "{select:?}");
    }
}

pub(super) async fn every_way_to_select_groups_finds_the_same_groups(home: &Home) {
    let store = some_people(home, 6).await;
    let cases: [(GroupSelect, &[u128]); 13] = [
        (GroupSelect::All, &[1, 2, 3, 4, 5, 6]),
        (GroupSelect::Id(group_id(2)), &[2]),
        (GroupSelect::Id(group_id(7)), &[]),
        (GroupSelect::Name("group 2".to_owned()), &[2]),
        (GroupSelect::Name("Group 2".to_owned()), &[]),
        (GroupSelect::ExternalId("Same".to_owned()), &[4, 5, 6]),
        (GroupSelect::ExternalId("same".to_owned()), &[]),
        (GroupSelect::Member(user_id(4)), &[4, 5, 6]),
        (GroupSelect::Member(user_id(7)), &[]),
        (GroupSelect::IdWithMember(group_id(4), user_id(4)), &[4]),
        (GroupSelect::IdWithMember(group_id(3), user_id(4)), &[]),
        (GroupSelect::IdWithMember(group_id(7), user_id(4)), &[]),
        (GroupSelect::Nothing, &[]),
    ];
    for (select, expected) in cases {
        let total = expected.len() as u64;
        let page = groups(store.groups(select.clone(), ALL, true, None).await.unwrap());
        assert_eq!(page, (expected.to_vec(), total), "{select:?}");
        let kept = groups(store.groups(select.clone(), window(1, 1), false, Some(Box::new(|_| true))).await.unwrap());
        assert_eq!(kept, (expected.iter().skip(1).take(1).copied().collect(), total), "{select:?}");
    }
}

pub(super) async fn whole_blocks_are_read_to_their_end_and_no_further(home: &Home) {
    let store = home.open().await;
    // As many as an engine may look at in one go, and twice as many.
    let person = |number: u128| {
        let external = if number <= 500 { "first" } else { "second" };
        let name = format!("user-{number}@example.com");
        Write::InsertUser(user_of(number, json!({ "schemas": [USER], "userName": name, "externalId": external })))
    };
    tell(&store, (1..=1_000).map(person).collect()).await;
    let (first, everybody) = (UserSelect::ExternalId("first".to_owned()), UserSelect::All);
    assert_eq!(users(store.users(first.clone(), ALL, true, None).await.unwrap()), ((1..=500).collect(), 500));
    assert_eq!(store.summaries(first, u64::MAX, None).await.unwrap().len(), 500);
    assert_eq!(store.summaries(everybody.clone(), 700, None).await.unwrap().len(), 700);
    let kept = users(store.users(everybody, window(499, 3), false, Some(Box::new(|_| true))).await.unwrap());
    assert_eq!(kept, (vec![500, 501, 502], 1_000));
    let after = UserSelect::After(user_id(499));
    assert_eq!(users(store.users(after, window(0, 1), false, None).await.unwrap()), (vec![500], 501));
}

pub(super) async fn names_are_found_however_they_are_written_and_keep_their_letters(home: &Home) {
    let store = home.open().await;
    let all =
        ["Zoë@Example.com", "ЖЕНЯ@пример.рф", "ΣΊΣΥΦΟΣ", "İstanbul", "山田 太郎", "o'Brien \"x\" \\ %_", "🦀 e\u{301}"];
    let mut writes = Vec::new();
    for (number, name) in (1..).zip(all) {
        writes.push(Write::InsertUser(named(number, name)));
        writes.push(Write::InsertGroup(called(number, name)));
        writes.push(Write::AddMembers(group_id(number), vec![user_id(number)], cause(0)));
    }
    tell(&store, writes).await;
    let view = View::of(&store).await;
    agrees(&store, &view).await;
    for (number, name) in (1..).zip(all) {
        let ((row, groups), (_, members)) = (view.user(number).unwrap(), view.group(number).unwrap());
        assert_eq!((row.user.user_name(), groups[0].display_name.as_str()), (name, name));
        assert_eq!(members.as_ref().unwrap()[0].display.as_deref(), Some(name));
    }
    let (_, found) =
        store.rules(vec![crate::access::GroupSelector::DisplayName("женя@ПРИМЕР.рф".to_owned())]).await.unwrap();
    assert_eq!(found, [Some(group_id(2))]);
}

pub(super) async fn texts_are_in_the_order_of_their_bytes(home: &Home) {
    let store = home.open().await;
    let sorted = ["B", "a", "a b", "a-b", "aB", "ab", "b", "ä", "ж"];
    let held: Vec<_> = sorted.iter().rev().map(|tenant| grant(tenant, &[])).collect();
    let change = |name: &&str| RuleChange {
        name: (*name).to_owned(),
        hash: Some("h".to_owned()),
        content: true,
        roles: "r".to_owned(),
        before: None,
        after: None,
    };
    let config = super::people::configuration(1, 0, &[]);
    let tokens = sorted
        .iter()
        .rev()
        .map(|token| crate::config::TokenUse { token_id: (*token).to_owned(), last_used_at: super::people::at(1) });
    let writes = vec![
        Write::InsertUser(user(1)),
        Write::InsertGroup(group(1)),
        Write::PutGrants { user: user_id(1), before: Vec::new(), after: held },
        Write::PutConfig { config, changed: sorted.iter().rev().map(change).collect(), at: super::people::at(1) },
        Write::Uses { tokens: tokens.collect(), refused: 0, last_request: None },
    ];
    tell(&store, writes).await;
    let view = View::of(&store).await;
    let tenants: Vec<&str> = view.summary(1).unwrap().grants.iter().map(|grant| grant.tenant.as_str()).collect();
    let rules: Vec<&str> = view.rules.0.iter().map(|rule| rule.name.as_str()).collect();
    let tokens: Vec<&str> = view.figures.tokens.iter().map(|used| used.token_id.as_str()).collect();
    assert_eq!((&tenants[..], &rules[..], &tokens[..]), (&sorted[..], &sorted[..], &sorted[..]));
}
