//! Every write of users, groups, members and grants, seen through every question.

use super::change::{Tell, ask, attempt, grant, tell, tell_knowing};
use super::home::Home;
use super::people::{at, called, cause, configuration, group, group_id, group_of, record, user, user_id, user_of};
use super::view::{View, agrees};
use crate::access::TenantAccess;
use crate::store::{Counter, Effects, GroupRow, MemberIds, Needs, RuleChange, Store, UserRow, Write};
use serde_json::json;
use std::collections::BTreeSet;

/// Three users and two groups; the first two users are in the first group.
async fn some_people(home: &Home) -> Store {
    let store = home.open().await;
    let mut writes: Vec<Write> = (1..=3).map(|number| Write::InsertUser(user(number))).collect();
    writes.extend((1..=2).map(|number| Write::InsertGroup(group(number))));
    writes.push(Write::AddMembers(group_id(1), vec![user_id(1), user_id(2)], cause(0)));
    tell(&store, writes).await;
    store
}

fn put_grants(user: u128, before: &[TenantAccess], after: &[TenantAccess]) -> Write {
    Write::PutGrants { user: user_id(user), before: before.to_vec(), after: after.to_vec() }
}

fn evaluated(user: u128, second: i64, was_pending: bool) -> Write {
    Write::Evaluated { user: user_id(user), at: at(second), was_pending }
}

pub(super) async fn a_user_is_what_was_written_last(home: &Home) {
    let store = some_people(home).await;
    let body = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "Ada@Example.com",
        "displayName": "Ada", "externalId": "x-1", "active": false,
        "name": { "givenName": "Ada", "familyName": "Lovelace" },
    });
    let row = UserRow { account_enabled: false, modified: at(7), version: 2, ..user_of(1, body) };
    tell(&store, vec![Write::UpdateUser(row.clone())]).await;
    let view = View::of(&store).await;
    assert_eq!(view.user(1).unwrap().0, row);
    assert_eq!(view.group(1).unwrap().1.as_ref().unwrap()[0].display.as_deref(), Some("Ada"));
    assert_eq!((view.figures.users.total, view.figures.users.active), (3, 2));
    agrees(&store, &view).await;
    // The name that it had is free, the one that it has is taken; in whatever case.
    let facts = ask(
        &store,
        Needs {
            user_names: BTreeSet::from(["user-1@example.com".to_owned(), "ada@example.com".to_owned()]),
            ..Needs::default()
        },
    );
    assert_eq!(facts.await.user_names.into_values().collect::<Vec<_>>(), [Some(user_id(1)), None]);
}

pub(super) async fn a_user_that_goes_takes_along_what_hangs_on_it(home: &Home) {
    let store = some_people(home).await;
    let held = [grant("hr", &["designers"])];
    let writes = vec![put_grants(1, &[], &held), evaluated(1, 5, false), Write::QueueUsers(vec![user_id(1)])];
    tell(&store, writes).await;
    let before = View::of(&store).await;
    assert_eq!((before.figures.users.managed, before.figures.pending), (1, 1));
    tell(&store, vec![Write::DeleteUser(user_id(1))]).await;
    let view = View::of(&store).await;
    assert_eq!((view.user(1), view.summary(1)), (None, None));
    assert_eq!(view.members(1), [user_id(2).to_string()]);
    assert_eq!((view.figures.users.managed, view.figures.pending), (0, 0));
    agrees(&store, &view).await;
    // Who comes back under the same id has nothing of all that.
    tell(&store, vec![Write::InsertUser(user(1))]).await;
    let view = View::of(&store).await;
    let (summary, (_, groups)) = (view.summary(1).unwrap(), view.user(1).unwrap());
    assert_eq!((summary.grants.len(), summary.evaluated, groups.len()), (0, None, 0));
    assert!(view.pending.is_empty());
}

pub(super) async fn a_group_is_what_was_written_last(home: &Home) {
    let store = some_people(home).await;
    let body = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": "Designers", "externalId": "g-1",
    });
    let row = GroupRow { modified: at(9), version: 4, ..group_of(1, body) };
    tell(&store, vec![Write::UpdateGroup(row.clone())]).await;
    let view = View::of(&store).await;
    assert_eq!(view.group(1).unwrap().0, row);
    assert_eq!(view.user(2).unwrap().1, [row.facts()]);
    assert_eq!(view.members(1).len(), 2, "its members stay");
    agrees(&store, &view).await;
}

pub(super) async fn a_group_that_goes_takes_its_memberships_along(home: &Home) {
    let store = some_people(home).await;
    tell(&store, vec![Write::TouchGroup(group_id(1), at(5)), Write::DeleteGroup(group_id(1))]).await;
    let view = View::of(&store).await;
    assert_eq!((view.group(1), view.figures.groups), (None, 1));
    assert!(view.users.iter().all(|(_, groups)| groups.is_empty()));
    agrees(&store, &view).await;
    // One of the same id and name begins anew.
    tell(&store, vec![Write::InsertGroup(group(1))]).await;
    let view = View::of(&store).await;
    assert_eq!(view.group(1), Some(&(group(1), Some(Vec::new()))));
}

pub(super) async fn b095_a_change_of_members_moves_version_and_time_and_nothing_else(home: &Home) {
    let store = some_people(home).await;
    for second in [20, 40, 30] {
        tell(&store, vec![Write::TouchGroup(group_id(1), at(second))]).await;
    }
    let touched = GroupRow { modified: at(40), version: 4, ..group(1) };
    let view = View::of(&store).await;
    assert_eq!((&view.group(1).unwrap().0, &view.group(2).unwrap().0), (&touched, &group(2)));
    let facts = ask(&store, Needs { groups: BTreeSet::from([group_id(1)]), ..Needs::default() }).await;
    assert_eq!(facts.group(group_id(1)), Some(&touched));
    // New attributes bring the version along, and it goes on from there.
    let renamed = GroupRow { version: 5, modified: at(50), ..called(1, "Renamed") };
    tell(&store, vec![Write::UpdateGroup(renamed.clone())]).await;
    assert_eq!(store.group(group_id(1), false).await.unwrap(), Some((renamed.clone(), None)));
    tell(&store, vec![Write::TouchGroup(group_id(1), at(45)), Write::TouchGroup(group_id(1), at(60))]).await;
    let touched = GroupRow { version: 7, modified: at(60), ..renamed };
    assert_eq!(store.group(group_id(1), false).await.unwrap(), Some((touched, None)));
    let store = home.reopen(store).await;
    assert_eq!(View::of(&store).await.group(1).unwrap().0.version, 7);
}

pub(super) async fn c011_members_join_and_leave_once_however_often_they_are_told_to(home: &Home) {
    let store = some_people(home).await;
    for _ in 0..2 {
        let join = Write::AddMembers(group_id(1), vec![user_id(3), user_id(2), user_id(3)], cause(0));
        tell(&store, vec![join]).await;
        let all = [1, 2, 3].map(|number| user_id(number).to_string());
        assert_eq!(View::of(&store).await.members(1), all);
    }
    for _ in 0..2 {
        tell(&store, vec![Write::RemoveMembers(group_id(1), vec![user_id(1), user_id(3)], cause(0))]).await;
        let view = View::of(&store).await;
        assert_eq!(view.members(1), [user_id(2).to_string()]);
        agrees(&store, &view).await;
    }
}

pub(super) async fn b068_b069_grants_are_replaced_and_holders_follow(home: &Home) {
    let store = some_people(home).await;
    let first = [grant("finance", &["auditors"]), grant("hr", &["designers", "everyone"])];
    let more = TenantAccess { role: "Developer".to_owned(), ..grant("hr", &["developers", "everyone"]) };
    let second = [more, grant("sales", &["sellers"])];
    tell(&store, vec![put_grants(1, &[], &first), evaluated(1, 5, false), put_grants(2, &[], &first[..1])]).await;
    let view = View::of(&store).await;
    assert_eq!(view.summary(1).unwrap().grants, first);
    assert_eq!(view.summary(1).unwrap().evaluated, Some(at(5)));
    assert_eq!((view.summary(2).unwrap().evaluated, view.figures.users.managed), (None, 2));
    tell(&store, vec![put_grants(1, &first, &second), evaluated(1, 6, false)]).await;
    let view = View::of(&store).await;
    assert_eq!((&view.summary(1).unwrap().grants[..], view.summary(1).unwrap().evaluated), (&second[..], Some(at(6))));
    let facts = ask(&store, Needs { users: BTreeSet::from([user_id(1)]), ..Needs::default() }).await;
    assert_eq!(facts.user(user_id(1)).unwrap().grants, second);
    tell(&store, vec![put_grants(1, &second, &[])]).await;
    let view = View::of(&store).await;
    assert_eq!((view.summary(1).unwrap().grants.len(), view.figures.users.managed), (0, 1));
}

pub(super) async fn c011_what_is_written_after_an_evaluation_sees_it(home: &Home) {
    let store = some_people(home).await;
    let held = [grant("hr", &["everyone"])];
    // Given and gone in one change.
    let gone = vec![put_grants(1, &[], &held), evaluated(1, 5, false), Write::DeleteUser(user_id(1))];
    tell(&store, gone).await;
    tell(&store, vec![Write::InsertUser(user(1))]).await;
    let view = View::of(&store).await;
    assert_eq!((view.summary(1).unwrap().grants.len(), view.summary(1).unwrap().evaluated), (0, None));
    assert_eq!(view.figures.users.managed, 0);
    // Evaluated at two times, and queued again after that.
    tell(&store, vec![Write::QueueUsers(vec![user_id(2)])]).await;
    let again = Write::QueueUsers(vec![user_id(2)]);
    tell_knowing(&store, [user_id(2)], vec![evaluated(2, 8, true), evaluated(3, 9, false), again]).await;
    let view = View::of(&store).await;
    assert_eq!([2, 3].map(|user| view.summary(user).unwrap().evaluated), [Some(at(8)), Some(at(9))]);
    assert_eq!(view.pending, [user_id(2)]);
    // A rule that changes together with what people hold concerns its new holders.
    let change = RuleChange {
        name: "everyone".to_owned(),
        hash: Some("h".to_owned()),
        content: true,
        roles: "r".to_owned(),
        before: None,
        after: None,
    };
    let config = Write::PutConfig { config: configuration(1, 0, &[]), changed: vec![change], at: at(1) };
    tell(&store, vec![put_grants(3, &[], &held), config]).await;
    let (states, _) = View::of(&store).await.rules;
    assert_eq!((states[0].synced_hash.as_ref(), states[0].held_by_someone), (None, true));
}

pub(super) async fn c005_a_change_has_one_record_and_one_that_fails_has_none(home: &Home) {
    let store = some_people(home).await;
    let change = |writes| Tell { effects: Effects { writes, record: Some(record()) }, ..Tell::default() };
    assert_eq!(home.records().await, 0);
    store.transact(change(vec![Write::TouchGroup(group_id(1), at(2))])).await.unwrap();
    assert_eq!(home.records().await, 1);
    let before = View::of(&store).await;
    // The same name twice: nothing of it is written, and of what goes on beside it everything is.
    let twice = vec![Write::Count(Counter::Created), Write::InsertUser(user(4)), Write::InsertUser(user(1))];
    let (failed, done) =
        tokio::join!(store.transact(change(twice)), store.transact(change(vec![Write::InsertGroup(group(5))])));
    assert!(failed.is_err() && done.is_ok());
    let after = View::of(&store).await;
    assert_eq!(home.records().await, 2);
    assert_eq!((after.users, after.figures.provisioning), (before.users, before.figures.provisioning));
    assert_eq!(after.groups.len(), before.groups.len() + 1);
    assert!(attempt(&store, vec![Write::InsertUser(user(4))]).await.is_ok());
}

pub(super) async fn c011_what_was_acknowledged_is_there_when_the_store_is_opened_again(home: &Home) {
    let store = some_people(home).await;
    let held = [grant("hr", &["designers"])];
    let config = configuration(3, 2, &[("designers", "Group-1")]);
    let writes = vec![
        put_grants(1, &[], &held),
        evaluated(1, 5, false),
        Write::QueueMembers(group_id(1)),
        Write::Count(Counter::Updated),
        Write::TouchGroup(group_id(1), at(5)),
        Write::PutConfig { config, changed: Vec::new(), at: at(5) },
        Write::InsertRun(super::people::partial("run-1", &["designers"])),
    ];
    tell(&store, writes).await;
    let (before, id) = (View::of(&store).await, store.store_id().to_owned());
    let store = home.reopen(store).await;
    assert_eq!(View::of(&store).await, before);
    assert_eq!(store.store_id(), id);
    agrees(&store, &before).await;
    let document = store.in_force().document.clone().unwrap();
    assert_eq!(document.rules.len(), 1);
    let delta = MemberIds { group: Some(group_id(1)), clear: true, ..MemberIds::default() };
    let facts = ask(&store, Needs { delta: Some(delta), alone: Some(group_id(1)), ..Needs::default() }).await;
    assert_eq!(facts.delta.unwrap().left, [user_id(1), user_id(2)]);
}
