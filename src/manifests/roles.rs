//! The directory's roles, and why one that is in use cannot be removed (reading 25).

use super::rule::{RuleManifest, quoted};
use super::verdict::Refusal;
use crate::access::Ladder;
use crate::api::ScimDirectorySpec;
use crate::api::reason::ROLE_IN_USE;
use crate::config::{Document, RuleEntry};
use std::collections::BTreeMap;

/// The roles that the manifest asks for, lowest first.
pub fn wanted(spec: &ScimDirectorySpec) -> Ladder {
    spec.roles.clone().map_or_else(Ladder::default, Ladder::new)
}

/// The roles that will be in force: those wanted, or the previous ones when a rule that was accepted uses one of those
/// that would go.
pub fn in_force(wanted: Ladder, rules: &[&RuleManifest], previous: Option<&Document>) -> (Ladder, Option<Refusal>) {
    let Some(previous) = previous else { return (wanted, None) };
    let used = rules_on_removed_roles(&wanted, rules, previous);
    if used.is_empty() {
        return (wanted, None);
    }
    let by = used.iter().map(|(role, rules)| format!("{role:?} is used by {}", quoted(rules)));
    let message = format!(
        "spec.roles: {}: put it back, or change the rules first; until then the previous roles stay in force: {}",
        by.collect::<Vec<_>>().join(", "),
        quoted(previous.roles.roles()),
    );
    (previous.roles.clone(), Some(Refusal::new(ROLE_IN_USE, "spec.roles", message)))
}

/// Removed role → the rules whose accepted content uses it and would not be replaced by other content.
fn rules_on_removed_roles<'a>(
    wanted: &Ladder,
    rules: &[&'a RuleManifest],
    previous: &'a Document,
) -> BTreeMap<&'a str, Vec<&'a str>> {
    let mut out: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for rule in rules {
        // A rule that moves to a role which stays lets go of its old one with this very compilation.
        let moves_away = rule.role().is_some_and(|role| wanted.rank(role).is_some());
        let Some(accepted) = entry(previous, rule.name()).filter(|_| !moves_away) else { continue };
        let role = accepted.rule.role.as_str();
        let stays = rule.role() == Some(role) || !rule.says_disabled();
        if stays && wanted.rank(role).is_none() && previous.roles.rank(role).is_some() {
            out.entry(role).or_default().push(rule.name());
        }
    }
    out
}

/// The rule of this name in a document.
pub fn entry<'a>(document: &'a Document, name: &str) -> Option<&'a RuleEntry> {
    document.rules.iter().find(|entry| entry.rule.name == name)
}
