//! What people's access is worked out by while it is not simply what was published: the guard's side of a
//! configuration (reading 23, C003).
//!
//! Under `Automatic` a change that may take access waits until it was weighed, and stays out of force when it would
//! take too much. Until then the content before it counts, for messages and for runs. A rule that begins to match takes
//! what was granted by hand (reading 3): while anybody holds such a grant, a new rule may take access as an edit may.

use super::{Document, HeldChanges, SyncPolicy, ladder_hash, rule_hash};
use crate::access::{Ladder, Rule};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// The rules and roles in force.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Enforced {
    /// The rules, sorted by name.
    pub rules: Vec<Rule>,
    /// The roles, lowest first.
    pub roles: Ladder,
    /// What the guard last said of the changes that are not in force, which may have been at an earlier revision:
    /// [`HeldChanges::revision`]. `None` = none of them was weighed yet, or there are none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held: Option<HeldChanges>,
}

/// Changes that were published and are not in force.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Waiting {
    /// The rules whose content differs, or that are gone, by name.
    pub rules: Vec<String>,
    /// Whether the ladder of roles differs.
    pub roles: bool,
}

impl Waiting {
    /// Whether everything published is in force.
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty() && !self.roles
    }

    /// Those of these changes that are about one of the rules; all of them without names.
    pub fn covered_by(&self, rules: Option<&[String]>) -> Self {
        match rules {
            None => self.clone(),
            Some(names) => {
                Self { rules: self.rules.iter().filter(|r| names.contains(r)).cloned().collect(), roles: false }
            }
        }
    }
}

impl Enforced {
    /// All that a document says.
    pub fn all_of(document: &Document) -> Self {
        let rules = document.rules.iter().map(|entry| entry.rule.clone()).collect();
        Self { rules, roles: document.roles.clone(), held: None }
    }

    /// Names the rules and roles: equal for equal ones, whatever the guard said of changes that wait.
    pub fn content_hash(&self) -> String {
        let mut hash = Sha256::new();
        hash.update(ladder_hash(&self.roles));
        self.rules.iter().for_each(|rule| hash.update(rule_hash(rule)));
        hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// What is in force at once when `document` is published over this: under `Automatic` all but what may take access.
    /// `by_hand` = somebody whom the provider sends holds a grant that no rule gave; the first rule that matches ends
    /// it, so one that is new or newly enabled then waits as well.
    ///
    /// What the guard said of changes that still wait is kept: it is of an earlier revision, and they are judged again.
    pub fn after(&self, document: &Document, by_hand: bool) -> Self {
        let all = Self::all_of(document);
        if document.sync_policy == SyncPolicy::Manual {
            return all;
        }
        let roles = if self.keeps_order(&all) { &all.roles } else { &self.roles };
        let old: BTreeMap<&str, &Rule> = self.rules.iter().map(|rule| (rule.name.as_str(), rule)).collect();
        let mut rules: BTreeMap<&str, &Rule> = BTreeMap::new();
        for rule in &all.rules {
            let kept = match old.get(rule.name.as_str()) {
                None if by_hand && rule.enabled => None,
                Some(before) if !only_adds(before, rule, roles, by_hand) => Some(*before),
                _ => Some(rule),
            };
            rules.extend(kept.map(|kept| (rule.name.as_str(), kept)));
        }
        for rule in self.rules.iter().filter(|rule| rule.enabled) {
            // A rule that is gone goes on until it was weighed.
            rules.entry(&rule.name).or_insert(rule);
        }
        let after = Self { rules: rules.into_values().cloned().collect(), roles: roles.clone(), held: None };
        let held = self.held.as_ref().and_then(|held| held.left_of(&after.waiting(document)));
        Self { held, ..after }
    }

    /// Whether the ladder of `all` puts the roles that rules use in the order they have here, and the same role on top:
    /// who has that one manages users. Else a role that is new may stand anywhere; one in use that leaves the ladder
    /// falls.
    fn keeps_order(&self, all: &Self) -> bool {
        let enabled = |rule: &&Rule| rule.enabled;
        let ours = self.rules.iter().filter(enabled).map(|rule| rule.role.as_str());
        let theirs = all.rules.iter().filter(enabled).map(|rule| rule.role.as_str());
        let mut used: Vec<&str> = ours.chain(theirs.filter(|role| self.roles.rank(role).is_some())).collect();
        used.sort_by(|a, b| self.roles.compare(a, b));
        used.dedup();
        let stays = |role: &&str| self.roles.rank(role).is_none() || all.roles.rank(role).is_some();
        let rises = |pair: &[&str]| pair.first().zip(pair.last()).is_none_or(|(a, b)| all.roles.compare(a, b).is_lt());
        self.roles.roles().last() == all.roles.roles().last() && used.iter().all(stays) && used.windows(2).all(rises)
    }

    /// What of a document is not in force.
    pub fn waiting(&self, document: &Document) -> Waiting {
        let wanted: BTreeMap<&str, &Rule> =
            document.rules.iter().map(|entry| (entry.rule.name.as_str(), &entry.rule)).collect();
        let ours: BTreeMap<&str, &Rule> = self.rules.iter().map(|rule| (rule.name.as_str(), rule)).collect();
        let mut rules: Vec<String> =
            wanted.iter().filter(|(name, rule)| ours.get(*name) != Some(*rule)).map(name).collect();
        rules.extend(ours.iter().filter(|(name, _)| !wanted.contains_key(*name)).map(name));
        rules.sort();
        Waiting { rules, roles: self.roles != document.roles }
    }

    /// This, with the waiting changes in force that are named.
    pub fn admitting(&self, document: &Document, waiting: &Waiting) -> Self {
        let wanted = |name: &str| document.rules.iter().map(|entry| &entry.rule).find(|rule| rule.name == name);
        let mut rules: BTreeMap<&str, &Rule> = self.rules.iter().map(|rule| (rule.name.as_str(), rule)).collect();
        for name in &waiting.rules {
            match wanted(name) {
                Some(rule) => drop(rules.insert(name, rule)),
                None => drop(rules.remove(name.as_str())),
            }
        }
        let roles = if waiting.roles { document.roles.clone() } else { self.roles.clone() };
        Self { rules: rules.into_values().cloned().collect(), roles, held: None }
    }
}

fn name((name, _): (&&str, &&Rule)) -> String {
    (*name).to_owned()
}

impl HeldChanges {
    /// What it says of the changes that still wait; nothing when none of those it held does. The revision stays: it is
    /// an earlier verdict.
    pub fn left_of(&self, waiting: &Waiting) -> Option<Self> {
        let rules: Vec<String> = self.rules.iter().filter(|name| waiting.rules.contains(name)).cloned().collect();
        let roles = self.roles && waiting.roles;
        (roles || !rules.is_empty()).then(|| Self { rules, roles, ..self.clone() })
    }
}

/// Whether nobody can lose anything by this change of one rule, on the ladder that will be in force. One that is
/// enabled begins to match people, which takes from them what they hold by hand.
fn only_adds(before: &Rule, after: &Rule, roles: &Ladder, by_hand: bool) -> bool {
    let has_all = |before: &[String], after: &[String]| before.iter().all(|one| after.contains(one));
    if !before.enabled {
        return !(after.enabled && by_hand);
    }
    after.enabled
        && before.group == after.group
        && roles.compare(&before.role, &after.role).is_le()
        && has_all(&before.tenants, &after.tenants)
        && has_all(&before.application_groups, &after.application_groups)
}

#[cfg(test)]
#[path = "enforced_tests.rs"]
mod tests;
