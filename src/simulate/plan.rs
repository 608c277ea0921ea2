//! What a cycle has to do: the difference between what was sent before and the people now. Pure.
//!
//! People come first, then references between them, then groups, then memberships: what is referred to exists.

use super::{Change, KnownUser, People, Person, Profile, State};
use std::collections::BTreeSet;

/// One thing to do, named by objectIds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Intent {
    /// Somebody came into scope: match them by name, then create or update.
    Provision {
        /// Who.
        person: String,
    },
    /// Attributes differ, or `active` comes back.
    Update {
        /// Who.
        person: String,
        /// What differs.
        changes: Vec<Change>,
        /// True when `active` has to become true again.
        reactivate: bool,
    },
    /// Somebody left the scope (B021) or was blocked (B050): `active` becomes false, nothing is deleted.
    Disable {
        /// Who.
        person: String,
    },
    /// The manager differs.
    SetManager {
        /// Who.
        person: String,
        /// The manager, or nobody.
        manager: Option<String>,
    },
    /// A group came into scope: match it by name, then create or update.
    ProvisionGroup {
        /// Which.
        group: String,
    },
    /// The group has another name.
    RenameGroup {
        /// Which.
        group: String,
    },
    /// A group left the scope.
    ReleaseGroup {
        /// Which.
        group: String,
    },
    /// Somebody became a member.
    AddMember {
        /// Of which group.
        group: String,
        /// Who.
        person: String,
    },
    /// Somebody stopped being a member.
    RemoveMember {
        /// Of which group.
        group: String,
        /// Who.
        person: String,
    },
}

/// What has to be done so that the service knows `people`; nothing when it does already.
pub fn plan(before: &State, people: &People) -> Vec<Intent> {
    let scope = people.scope();
    let mut intents = users(before, people, &scope);
    intents.extend(managers(before, people, &scope));
    intents.extend(groups(before, people));
    intents.extend(memberships(before, people, &scope));
    intents
}

fn users(before: &State, people: &People, scope: &BTreeSet<String>) -> Vec<Intent> {
    let mut intents = Vec::new();
    for person in people.people().filter(|p| scope.contains(&p.object_id)) {
        match before.users.get(&person.object_id) {
            // The provider does not create accounts that are blocked.
            None if !person.account_enabled => {}
            None => intents.push(Intent::Provision { person: person.object_id.clone() }),
            Some(known) => intents.extend(update(known, person)),
        }
    }
    let left = before.users.iter().filter(|(id, known)| known.active && !scope.contains(*id));
    intents.extend(left.map(|(id, _)| Intent::Disable { person: id.clone() }));
    intents
}

fn update(known: &KnownUser, person: &Person) -> Vec<Intent> {
    let changes = known.profile.changes_to(&Profile::of(person));
    let reactivate = person.account_enabled && !known.active;
    let id = &person.object_id;
    let mut intents = Vec::new();
    if reactivate || !changes.is_empty() {
        intents.push(Intent::Update { person: id.clone(), changes, reactivate });
    }
    if known.active && !person.account_enabled {
        intents.push(Intent::Disable { person: id.clone() });
    }
    intents
}

fn managers(before: &State, people: &People, scope: &BTreeSet<String>) -> Vec<Intent> {
    let mut intents = Vec::new();
    for person in people.people().filter(|p| is_sent(before, p, scope)) {
        let wanted =
            people.manager_of(person, scope).filter(|m| people.person(m).is_some_and(|p| is_sent(before, p, scope)));
        let had = before.users.get(&person.object_id).and_then(|known| known.manager.as_ref());
        if wanted.as_ref() != had {
            intents.push(Intent::SetManager { person: person.object_id.clone(), manager: wanted });
        }
    }
    intents
}

fn groups(before: &State, people: &People) -> Vec<Intent> {
    let mut intents = Vec::new();
    for group in people.groups().filter(|g| g.in_scope()) {
        let id = group.object_id.clone();
        match before.groups.get(&id) {
            None => intents.push(Intent::ProvisionGroup { group: id }),
            Some(known) if known.display_name != group.display_name => intents.push(Intent::RenameGroup { group: id }),
            Some(_) => {}
        }
    }
    let left = before.groups.keys().filter(|id| !people.group(id).is_some_and(super::Group::in_scope));
    intents.extend(left.map(|id| Intent::ReleaseGroup { group: id.clone() }));
    intents
}

fn memberships(before: &State, people: &People, scope: &BTreeSet<String>) -> Vec<Intent> {
    let mut intents = Vec::new();
    for group in people.groups().filter(|g| g.in_scope()) {
        let mut wanted = people.members(group);
        wanted.retain(|id| people.person(id).is_some_and(|p| is_sent(before, p, scope)));
        let none = BTreeSet::new();
        let had = before.groups.get(&group.object_id).map_or(&none, |known| &known.members);
        let named = |person: &String| (group.object_id.clone(), person.clone());
        intents
            .extend(had.difference(&wanted).map(named).map(|(group, person)| Intent::RemoveMember { group, person }));
        intents.extend(wanted.difference(had).map(named).map(|(group, person)| Intent::AddMember { group, person }));
    }
    intents
}

/// In scope, and at the service after this cycle: a blocked account is only there when it was there before.
fn is_sent(before: &State, person: &Person, scope: &BTreeSet<String>) -> bool {
    scope.contains(&person.object_id) && (person.account_enabled || before.users.contains_key(&person.object_id))
}

#[cfg(test)]
#[path = "plan_tests.rs"]
mod tests;
