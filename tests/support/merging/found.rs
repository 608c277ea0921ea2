//! What is there in the end, seen from the groups, from the users and from the rules, against what is due.

use super::plan::{CLIENTS, GROUPS, PEOPLE, Pair, RULED};
use super::wire::{Ids, group_name};
use crate::support::endpoint::{Endpoint, rule};
use futures::future::join_all;
use scim_operator::access::AccessView;
use scim_operator::config::RuleEntry;
use serde_json::Value;
use std::collections::BTreeSet;

/// Who is in which group: by the members of the groups, by the `groups` of the users, and by the access that rules give
/// for the first groups.
pub struct Found([(&'static str, Vec<Pair>); 3]);

/// A rule for each of the first groups, each for a tenant of its own, so that none outranks another.
pub fn rules() -> Vec<RuleEntry> {
    let for_group = |group| rule(&rule_name(group), &group_name(group), "Designer", &[&format!("t-{group}")], &[]);
    (0..RULED).map(for_group).collect()
}

fn rule_name(group: usize) -> String {
    format!("rule-{group}")
}

impl Found {
    /// Asks an endpoint for all of it.
    pub async fn at(endpoint: &Endpoint, ids: &Ids) -> Self {
        let (mut by_groups, mut by_users, mut by_rules) = (Vec::new(), Vec::new(), Vec::new());
        for (group, id) in ids.groups.iter().enumerate() {
            let shown = endpoint.public.get(&format!("/scim/v2/Groups/{id}")).await.json();
            by_groups.extend(members(group, &shown, ids));
        }
        for people in (0..PEOPLE).collect::<Vec<_>>().chunks(CLIENTS) {
            let asked = people.iter().map(async |person| {
                let id = &ids.people[*person];
                let shown = endpoint.public.get(&format!("/scim/v2/Users/{id}")).await.json();
                assert_eq!(shown["id"], **id, "the user is there");
                (*person, numbers(&shown["groups"], &ids.groups), ruled(&endpoint.view(id).await))
            });
            for (person, groups, granted) in join_all(asked).await {
                by_users.extend(groups.into_iter().map(|group| (group, person)));
                by_rules.extend(granted.into_iter().map(|group| (group, person)));
            }
        }
        Self([("members", by_groups), ("groups", by_users), ("access", by_rules)])
    }

    /// Everything that is not as it is due, a line each.
    pub fn complaints(&self, due: &BTreeSet<Pair>) -> Vec<String> {
        let by_rules: BTreeSet<Pair> = due.iter().filter(|(group, _)| *group < RULED).copied().collect();
        let Self([members, groups, access]) = self;
        let all = [(members, due), (groups, due), (access, &by_rules)];
        all.iter().flat_map(|((view, found), due)| differences(view, due, found)).collect()
    }
}

/// What is there and not due, or twice; and then what is due and not there.
pub fn differences(view: &str, due: &BTreeSet<Pair>, found: &[Pair]) -> Vec<String> {
    let mut missing = due.clone();
    let more = found.iter().filter(|pair| !missing.remove(pair));
    let mut out: Vec<String> =
        more.map(|(group, person)| format!("{view}: person {person} is in group {group} once too often")).collect();
    let missing = missing.into_iter();
    out.extend(missing.map(|(group, person)| format!("{view}: person {person} is missing in group {group}")));
    out
}

/// The members of a group, as it is shown.
pub fn members(group: usize, shown: &Value, ids: &Ids) -> Vec<Pair> {
    numbers(&shown["members"], &ids.people).into_iter().map(|person| (group, person)).collect()
}

/// The numbers of those whom a list of references names; the list may be missing where it is empty.
fn numbers(list: &Value, ids: &[String]) -> Vec<usize> {
    let list = list.as_array().map(Vec::as_slice).unwrap_or_default();
    let number = |entry: &Value| ids.iter().position(|id| entry["value"] == **id).expect("an id of ours");
    list.iter().map(number).collect()
}

/// The groups whose rules gave somebody something.
fn ruled(view: &Value) -> Vec<usize> {
    let view: AccessView = serde_json::from_value(view.clone()).expect("a view");
    let named = |name: &String| (0..GROUPS).find(|group| *name == rule_name(*group)).expect("a rule of ours");
    view.tenants.iter().flat_map(|tenant| tenant.rules.iter().map(named)).collect()
}
