//! What a pass of the rules reads, and when everybody was evaluated.

use super::beside::manual;
use super::change::{grant, tell};
use super::home::Home;
use super::people::{at, called, cause, configuration, group, group_id, user, user_id};
use super::view::View;
use crate::access::{GroupSelector, TenantAccess};
use crate::store::{AccessFacts, Among, RuleChange, Store, UserId, UserRow, Write};

/// Six users: one and two are in the group *Old*, two and three in *New*; five holds something from the rule *r*.
async fn some_people(home: &Home) -> Store {
    let store = home.open().await;
    let mut writes: Vec<Write> = (1..=6).rev().map(|number| Write::InsertUser(user(number))).collect();
    writes.extend([Write::InsertGroup(called(1, "Old")), Write::InsertGroup(called(2, "New"))]);
    writes.push(Write::AddMembers(group_id(1), ids(&[1, 2]), cause(0)));
    writes.push(Write::AddMembers(group_id(2), ids(&[2, 3]), cause(0)));
    writes.push(hold(5, &[], &[grant("hr", &["r"])]));
    tell(&store, writes).await;
    store
}

fn ids(numbers: &[u128]) -> Vec<UserId> {
    numbers.iter().copied().map(user_id).collect()
}

fn hold(user: u128, before: &[TenantAccess], after: &[TenantAccess]) -> Write {
    Write::PutGrants { user: user_id(user), before: before.to_vec(), after: after.to_vec() }
}

fn by_name(group: &str) -> GroupSelector {
    GroupSelector::DisplayName(group.to_owned())
}

pub(super) async fn b059_the_people_of_rules_and_groups_are_named_in_order_and_each_once(home: &Home) {
    let store = some_people(home).await;
    let among = async |rules: &[&str], groups: &[&str]| {
        let rules = rules.iter().map(|rule| (*rule).to_owned()).collect();
        let selectors = groups.iter().map(|group| by_name(group)).collect();
        store.people(Among::Affected { rules, selectors }).await.unwrap()
    };
    assert_eq!(store.people(Among::All).await.unwrap(), ids(&[1, 2, 3, 4, 5, 6]));
    assert_eq!(among(&[], &[]).await, []);
    assert_eq!(among(&["r", "other"], &[]).await, ids(&[5]));
    assert_eq!(among(&[], &["nEW", "Old", "New", "Nowhere"]).await, ids(&[1, 2, 3]));
    assert_eq!(among(&["r"], &["New"]).await, ids(&[2, 3, 5]));
    // The rule named another group since it was last in sync: its members count, whatever it names now.
    let moved = RuleChange {
        name: "r".to_owned(),
        hash: Some("2".to_owned()),
        content: true,
        roles: "roles".to_owned(),
        before: Some(by_name("Old")),
        after: Some(by_name("Nowhere")),
    };
    tell(&store, vec![Write::PutConfig { config: configuration(1, 0, &[]), changed: vec![moved], at: at(1) }]).await;
    assert_eq!(among(&["r"], &[]).await, ids(&[1, 2, 5]));
    tell(&store, vec![Write::DeleteUser(user_id(2)), Write::DeleteUser(user_id(5))]).await;
    assert_eq!(among(&["r"], &["New"]).await, ids(&[1, 3]));
    assert_eq!(store.people(Among::All).await.unwrap(), ids(&[1, 3, 4, 6]));
}

pub(super) async fn what_a_pass_needs_of_people_is_read_in_the_order_asked(home: &Home) {
    let store = some_people(home).await;
    let held = [grant("finance", &["a"]), grant("hr", &["b", "c"])];
    let disabled = UserRow { account_enabled: false, version: 2, ..user(2) };
    tell(&store, vec![hold(2, &[], &held), Write::UpdateUser(disabled)]).await;
    let groups = |numbers: &[u128]| -> Vec<_> {
        let named = numbers.iter().map(|number| called(*number, if *number == 1 { "Old" } else { "New" }).facts());
        named.collect()
    };
    let facts = |number: u128, in_groups: &[u128], grants: &[TenantAccess]| AccessFacts {
        id: user_id(number),
        account_enabled: number != 2,
        groups: groups(in_groups),
        grants: grants.to_vec(),
    };
    let asked = ids(&[5, 99, 2, 4]);
    let expected = [facts(5, &[], &[grant("hr", &["r"])]), facts(2, &[1, 2], &held), facts(4, &[], &[])];
    assert_eq!(store.access_facts(asked).await.unwrap(), expected);
    assert_eq!(store.access_facts(Vec::new()).await.unwrap(), []);
}

pub(super) async fn holders_of_a_role_are_counted_while_their_account_may_be_used(home: &Home) {
    let store = some_people(home).await;
    let top = |tenant: &str| TenantAccess { role: "Organization Administrator".to_owned(), ..manual(tenant) };
    let count = async |tenant: &str, role: &str| store.active_holders(tenant, role).await.unwrap();
    tell(&store, vec![hold(1, &[], &[top("hr")]), hold(2, &[], &[top("hr"), top("sales")])]).await;
    assert_eq!(count("hr", "Organization Administrator").await, 2);
    assert_eq!(count("sales", "Organization Administrator").await, 1);
    assert_eq!((count("hr", "Designer").await, count("HR", "Designer").await, count("", "").await), (1, 0, 0));
    let disabled = UserRow { account_enabled: false, version: 2, ..user(2) };
    tell(&store, vec![Write::UpdateUser(disabled), hold(5, &[grant("hr", &["r"])], &[top("hr")])]).await;
    assert_eq!((count("hr", "Organization Administrator").await, count("hr", "Designer").await), (2, 0));
    tell(&store, vec![Write::DeleteUser(user_id(1))]).await;
    assert_eq!(count("hr", "Organization Administrator").await, 1);
}

pub(super) async fn b062_a_full_pass_counts_for_whoever_was_there_and_for_nobody_else(home: &Home) {
    let store = some_people(home).await;
    let later = UserRow { created: at(30), ..user(7) };
    let own = |user, second| Write::Evaluated { user: user_id(user), at: at(second), was_pending: false };
    tell(&store, vec![own(1, 10), own(2, 25), Write::AllEvaluated(at(20)), Write::InsertUser(later)]).await;
    let evaluated = async |store: &Store| {
        let view = View::of(store).await;
        [1, 2, 3, 7].map(|number| view.summary(number).unwrap().evaluated)
    };
    let expected = [Some(at(20)), Some(at(25)), Some(at(20)), None];
    assert_eq!(evaluated(&store).await, expected);
    // An earlier one that ends later takes nothing back.
    tell(&store, vec![Write::AllEvaluated(at(15))]).await;
    assert_eq!(evaluated(&store).await, expected);
    let store = home.reopen(store).await;
    assert_eq!(evaluated(&store).await, expected);
    tell(&store, vec![Write::AllEvaluated(at(40))]).await;
    assert_eq!(evaluated(&store).await, [Some(at(40)); 4]);
}

pub(super) async fn whoever_waits_for_an_evaluation_is_shown_as_waiting(home: &Home) {
    let store = some_people(home).await;
    tell(&store, vec![Write::InsertGroup(group(3)), Write::QueueUsers(ids(&[2, 4]))]).await;
    let pending: Vec<bool> = View::of(&store).await.summaries.iter().map(|summary| summary.pending).collect();
    assert_eq!(pending, [false, true, false, true, false, false]);
}
