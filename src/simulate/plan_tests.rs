//! What a cycle plans, over small worlds.

use super::{Intent, plan};
use crate::simulate::{KnownGroup, KnownUser, People, Profile, State};

const THREE: &str = "
people:
  - { userName: ada@example.com, objectId: a, givenName: Ada }
  - { userName: bea@example.com, objectId: b, manager: ada@example.com }
  - { userName: cid@example.com, objectId: c, accountEnabled: false }
groups:
  - displayName: Designers
    objectId: g
    assigned: true
    members: [ada@example.com, bea@example.com, cid@example.com]
  - { displayName: Others, objectId: o, members: [cid@example.com] }
";

fn people(text: &str) -> People {
    People::from_yaml(text).unwrap()
}

/// The state after a cycle in which the service accepted everything.
fn after(before: &State, people: &People) -> State {
    let mut state = before.clone();
    for intent in plan(before, people) {
        match intent {
            Intent::Provision { person } | Intent::Update { person, .. } => {
                let profile = Profile::of(people.person(&person).unwrap());
                let manager = state.users.get(&person).and_then(|u| u.manager.clone());
                state
                    .users
                    .insert(person.clone(), KnownUser { id: format!("id-{person}"), profile, active: true, manager });
            }
            Intent::Disable { person } => state.users.get_mut(&person).unwrap().active = false,
            Intent::SetManager { person, manager } => state.users.get_mut(&person).unwrap().manager = manager,
            Intent::ProvisionGroup { group } | Intent::RenameGroup { group } => {
                let display_name = people.group(&group).unwrap().display_name.clone();
                let members = state.groups.get(&group).map(|g| g.members.clone()).unwrap_or_default();
                state.groups.insert(group.clone(), KnownGroup { id: format!("id-{group}"), display_name, members });
            }
            Intent::ReleaseGroup { group } => drop(state.groups.remove(&group)),
            Intent::AddMember { group, person } => {
                state.groups.get_mut(&group).unwrap().members.insert(person);
            }
            Intent::RemoveMember { group, person } => {
                state.groups.get_mut(&group).unwrap().members.remove(&person);
            }
        }
    }
    state
}

fn next(now: &str) -> Vec<Intent> {
    plan(&after(&State::new("u"), &people(THREE)), &people(now))
}

fn s(text: &str) -> String {
    text.to_owned()
}

#[test]
fn a_first_cycle_sends_people_then_managers_then_groups_then_members() {
    let expected = [
        Intent::Provision { person: s("a") },
        Intent::Provision { person: s("b") },
        Intent::SetManager { person: s("b"), manager: Some(s("a")) },
        Intent::ProvisionGroup { group: s("g") },
        Intent::AddMember { group: s("g"), person: s("a") },
        Intent::AddMember { group: s("g"), person: s("b") },
    ];
    assert_eq!(plan(&State::new("u"), &people(THREE)), expected);
}

#[test]
fn b056_a_second_cycle_over_the_same_people_sends_nothing() {
    assert_eq!(next(THREE), []);
}

#[test]
fn only_what_differs_is_sent() {
    let intents = next(&THREE.replace("givenName: Ada", "givenName: Adah"));
    let [Intent::Update { person, changes, reactivate: false }] = intents.as_slice() else { panic!("{intents:?}") };
    let paths: Vec<&str> = changes.iter().map(|c| c.path.as_str()).collect();
    assert_eq!((person.as_str(), paths), ("a", vec!["name.formatted", "name.givenName"]));
}

#[test]
fn b021_leaving_the_scope_disables_and_leaves_the_group() {
    let intents = next(&THREE.replace("[ada@example.com, bea", "[bea"));
    let expected = [
        Intent::Disable { person: s("a") },
        Intent::SetManager { person: s("b"), manager: None },
        Intent::RemoveMember { group: s("g"), person: s("a") },
    ];
    assert_eq!(intents, expected);
}

#[test]
fn b050_a_blocked_account_is_disabled_and_stays_a_member() {
    let blocked = THREE.replace("givenName: Ada", "givenName: Ada, accountEnabled: false");
    assert_eq!(next(&blocked), [Intent::Disable { person: s("a") }]);
}

#[test]
fn b094_coming_back_into_scope_reactivates_and_adds() {
    let gone = people(&THREE.replace("[ada@example.com, bea", "[bea"));
    let left = after(&after(&State::new("u"), &people(THREE)), &gone);
    let expected = [
        Intent::Update { person: s("a"), changes: vec![], reactivate: true },
        Intent::SetManager { person: s("b"), manager: Some(s("a")) },
        Intent::AddMember { group: s("g"), person: s("a") },
    ];
    assert_eq!(plan(&left, &people(THREE)), expected);
}

#[test]
fn b109_an_unassigned_group_is_released_and_its_people_disabled() {
    let intents = next(&THREE.replace("assigned: true", "assigned: false"));
    let expected = [
        Intent::Disable { person: s("a") },
        Intent::Disable { person: s("b") },
        Intent::ReleaseGroup { group: s("g") },
    ];
    assert_eq!(intents, expected);
}

#[test]
fn a_renamed_group_is_only_renamed() {
    assert_eq!(next(&THREE.replace("Designers", "Makers")), [Intent::RenameGroup { group: s("g") }]);
}

#[test]
fn any_two_worlds_converge_in_one_cycle() {
    let worlds = [
        "{}",
        THREE,
        "people: [{ userName: ada@example.com, objectId: a, assigned: true }]",
        "people: [{ userName: bea@example.com, objectId: b, assigned: true, accountEnabled: false }]
groups: [{ displayName: Makers, objectId: g, assigned: true, members: [bea@example.com] }]",
    ];
    for first in worlds {
        for second in worlds {
            let before = after(&State::new("u"), &people(first));
            let settled = after(&before, &people(second));
            assert_eq!(plan(&settled, &people(second)), [], "{first}\nthen {second}");
        }
    }
}
