//! The RuleSync that confirms what the guard holds, as a person applies it (C003).
//!
//! Who holds something prints it: the operator in conditions and Events, `standalone` in its log. It must fit an Event,
//! so a list of rules that is too long becomes everybody: `upTo` bounds what is taken in either case.

use crate::api::{GROUP, VERSION};
use crate::config::{HeldChanges, RunScope, RunStatus};
use serde_json::json;

/// The longest text with a confirmation in it, in bytes: Kubernetes refuses an Event whose note has 1024.
pub const NOTE_BYTES_MAX: usize = 1000;
/// How many rules one run may name.
const RULES_MAX: usize = 256;
/// Names of rules in a sentence, in bytes.
const NAMES_BYTES_MAX: usize = 200;
/// What someone else's sentence may have, in bytes.
const WHY_BYTES_MAX: usize = 200;
/// How much of a run's name goes into the name of the one that confirms it.
const RUN_NAME_CHARS_MAX: usize = 50;
/// What stands between that and the number of people.
const ALLOW: &str = "-allow-";

/// A run that a person confirms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Confirmation {
    name: String,
    namespace: Option<String>,
    directory: String,
    scope: RunScope,
    up_to: u64,
}

/// What the guard holds of a directory's changes, in a text that is the same for the same revision and another one for
/// each other: what is held, why, and the RuleSync that confirms it.
pub fn held_changes(namespace: Option<&str>, directory: &str, held: &HeldChanges) -> String {
    let confirmation = Confirmation::of_changes(namespace, directory, held);
    let why = sentence(&held.reason);
    confirmation.note(&format!(
        "held: {}: {why}. Nobody lost anything: the content before stays in force. To confirm it, apply this",
        changes(held)
    ))
}

/// The same for whoever has no cluster: what to send to the access API.
pub fn held_changes_and_call(directory: &str, held: &HeldChanges) -> String {
    format!(
        "held: {}: {}. Nobody lost anything: the content before stays in force. To confirm it, POST this to \
         /access/v1/syncs with a token of scope Admin: {}",
        changes(held),
        sentence(&held.reason),
        Confirmation::of_changes(None, directory, held).body()
    )
}

/// Why a run is held, and the RuleSync that confirms it.
pub fn held_run(namespace: Option<&str>, directory: &str, run: &RunStatus) -> String {
    let why = sentence(run.message.as_deref().unwrap_or("it would take more than the guard allows"));
    Confirmation::of_run(namespace, directory, run)
        .note(&format!("held: {why}. Nobody lost anything. To confirm it, apply this"))
}

impl Confirmation {
    /// What confirms the changes of a directory that are held. Without a namespace the manifest names none.
    pub fn of_changes(namespace: Option<&str>, directory: &str, held: &HeldChanges) -> Self {
        let everybody = held.roles || held.rules.is_empty() || held.rules.len() > RULES_MAX;
        Self {
            name: format!("{directory}-{}{ALLOW}{}", held.revision, held.users_losing),
            namespace: namespace.map(str::to_owned),
            directory: directory.to_owned(),
            scope: if everybody { RunScope::All {} } else { RunScope::Rules(held.rules.clone()) },
            up_to: held.users_losing,
        }
    }

    /// What confirms a run that was held: the same run, over as many people as it would take something from.
    pub fn of_run(namespace: Option<&str>, directory: &str, run: &RunStatus) -> Self {
        let up_to = run.users_losing.unwrap_or_default();
        let named_for = run.name.rsplit_once(ALLOW).filter(|(_, n)| n.parse::<u64>().is_ok()).map(|(name, _)| name);
        let name: String = named_for.unwrap_or(&run.name).chars().take(RUN_NAME_CHARS_MAX).collect();
        Self {
            name: format!("{}{ALLOW}{up_to}", name.trim_end_matches('-')),
            namespace: namespace.map(str::to_owned),
            directory: directory.to_owned(),
            scope: run.scope.clone(),
            up_to,
        }
    }

    /// The manifest.
    pub fn yaml(&self) -> String {
        let Self { name, namespace, directory, scope, up_to } = self;
        let namespace = namespace.as_ref().map_or(String::new(), |namespace| format!(", namespace: {namespace:?}"));
        let scope = match scope {
            RunScope::All {} => "all: {}".to_owned(),
            // Quoted, all of them: a rule may be called `null`, or `1e3`.
            RunScope::Rules(rules) => format!("rules: {rules:?}"),
        };
        format!(
            "apiVersion: {GROUP}/{VERSION}\nkind: RuleSync\nmetadata: {{name: {name:?}{namespace}}}\nspec:\n  \
             directoryRef: {{name: {directory:?}}}\n  scope: {{{scope}}}\n  allowRevocations: {{upTo: {up_to}}}\n"
        )
    }

    /// The body of `POST /access/v1/syncs`, in one line.
    pub fn body(&self) -> String {
        json!({"name": self.name, "scope": self.scope, "allowRevocations": {"upTo": self.up_to}}).to_string()
    }

    /// A sentence and the manifest, at most [`NOTE_BYTES_MAX`] together.
    fn note(mut self, words: &str) -> String {
        let text = |confirmation: &Self| format!("{words}:\n{}", confirmation.yaml());
        let exact = text(&self);
        if exact.len() <= NOTE_BYTES_MAX {
            return exact;
        }
        self.scope = RunScope::All {};
        text(&self)
    }
}

/// The changes, by name as far as that is short.
fn changes(held: &HeldChanges) -> String {
    let mut names = String::new();
    let mut named = 0;
    for rule in &held.rules {
        let with = if named == 0 { rule.clone() } else { format!("{names}, {rule}") };
        if with.len() > NAMES_BYTES_MAX {
            break;
        }
        (names, named) = (with, named + 1);
    }
    let more = held.rules.len() - named;
    let rules = match (held.rules.len(), more) {
        (0, _) => String::new(),
        (1, _) => format!("the change of the rule {names}"),
        (_, 0) => format!("the changes of the rules {names}"),
        (_, more) => format!("the changes of the rules {names} and {more} more"),
    };
    match (rules.is_empty(), held.roles) {
        (true, _) => "the change of spec.roles".to_owned(),
        (false, true) => format!("{rules}, and of spec.roles"),
        (false, false) => rules,
    }
}

/// Somebody's words, so that ours can follow.
fn sentence(words: &str) -> &str {
    let end = words.floor_char_boundary(WHY_BYTES_MAX.min(words.len()));
    words.get(..end).unwrap_or_default().trim_end_matches('.')
}

#[cfg(test)]
mod tests {
    use super::super::{Manifest, read};
    use super::*;
    use crate::api::RuleSync;
    use crate::api::rule_sync::SyncScope;

    fn held(rules: &[&str], roles: bool) -> HeldChanges {
        HeldChanges {
            rules: rules.iter().map(|rule| (*rule).to_owned()).collect(),
            roles,
            users_losing: 120,
            reason: "120 people would lose access, and guard.maxRevokedUsers is 50".to_owned(),
            revision: 7,
        }
    }

    fn run(name: &str, scope: RunScope) -> RunStatus {
        serde_json::from_value(json!({
            "uid": "u", "name": name, "scope": scope, "phase": "Held", "createdAt": "2026-01-01T00:00:00Z",
            "progress": {"processed": 0, "total": 9}, "usersLosing": 6,
            "message": "6 people would lose access, and allowRevocations.upTo is 5",
            "result": {"usersEvaluated": 9, "usersChanged": 6, "granted": 0, "revoked": 6, "promoted": 0, "demoted": 0},
        }))
        .unwrap()
    }

    /// The manifest at the end of a note, as a person would apply it.
    fn printed(note: &str) -> RuleSync {
        let (_, yaml) = note.split_once("apply this:\n").expect("a manifest");
        let written = read(yaml).unwrap_or_else(|problems| panic!("{yaml}\n{problems:?}"));
        match written.into_iter().next().expect("one").manifest {
            Manifest::Sync(sync) => *sync,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn c003_what_is_held_is_said_with_the_run_that_confirms_it() {
        let note = held_changes(Some("scim"), "acme", &held(&["hr", "null"], false));
        assert_eq!(
            note,
            "held: the changes of the rules hr, null: 120 people would lose access, and guard.maxRevokedUsers is 50. \
             Nobody lost anything: the content before stays in force. To confirm it, apply this:\n\
             apiVersion: scim-operator.dev/v1alpha1\nkind: RuleSync\n\
             metadata: {name: \"acme-7-allow-120\", namespace: \"scim\"}\nspec:\n  directoryRef: {name: \"acme\"}\n  \
             scope: {rules: [\"hr\", \"null\"]}\n  allowRevocations: {upTo: 120}\n"
        );
        let sync = printed(&note);
        assert_eq!(sync.metadata.name.as_deref(), Some("acme-7-allow-120"));
        assert_eq!(sync.spec.scope, SyncScope::Rules(vec!["hr".to_owned(), "null".to_owned()]));
        assert_eq!(sync.spec.allow_revocations.map(|allowed| allowed.up_to), Some(120));
        let other = HeldChanges { revision: 8, ..held(&["hr", "null"], false) };
        assert_ne!(held_changes(Some("scim"), "acme", &other), note, "each revision is told");
    }

    #[test]
    fn c003_without_a_cluster_it_is_said_with_the_call_that_confirms_it() {
        assert_eq!(
            held_changes_and_call("acme", &held(&["hr"], false)),
            "held: the change of the rule hr: 120 people would lose access, and guard.maxRevokedUsers is 50. Nobody \
             lost anything: the content before stays in force. To confirm it, POST this to /access/v1/syncs with a \
             token of scope Admin: {\"name\":\"acme-7-allow-120\",\"scope\":{\"rules\":[\"hr\"]},\
             \"allowRevocations\":{\"upTo\":120}}"
        );
    }

    #[test]
    fn held_roles_concern_everybody() {
        let note = held_changes(None, "acme", &held(&[], true));
        assert!(note.starts_with("held: the change of spec.roles: 120 people"), "{note}");
        assert_eq!(printed(&note).spec.scope, SyncScope::All {});
        let note = held_changes(None, "acme", &held(&["hr"], true));
        assert!(note.starts_with("held: the change of the rule hr, and of spec.roles: "), "{note}");
        assert_eq!(printed(&note).spec.scope, SyncScope::All {});
    }

    #[test]
    fn whatever_is_held_fits_an_event() {
        let rules: Vec<String> = (0..300).map(|n| format!("{}-{n:03}", "r".repeat(59))).collect();
        let rules: Vec<&str> = rules.iter().map(String::as_str).collect();
        let (directory, namespace) = ("d".repeat(40), "n".repeat(63));
        for (count, is_named) in [(1, true), (2, true), (9, false), (300, false)] {
            let mut held = held(&rules[..count], false);
            (held.users_losing, held.revision) = (99_999_999, u64::MAX);
            held.reason = "so many ".repeat(200);
            let note = held_changes(Some(&namespace), &directory, &held);
            assert!(note.len() <= NOTE_BYTES_MAX, "{}: {note}", note.len());
            let sync = printed(&note);
            assert!(sync.metadata.name.as_ref().is_some_and(|name| name.len() <= 80), "{note}");
            assert_eq!(matches!(sync.spec.scope, SyncScope::Rules(_)), is_named, "{note}");
        }
        let note = held_changes(None, "acme", &held(&rules, false));
        assert!(note.contains("-002 and 297 more: "), "{note}");
    }

    #[test]
    fn c003_a_run_that_is_held_is_confirmed_by_the_same_run_over_more_people() {
        let note = held_run(Some("scim"), "acme", &run("by-hand", RunScope::All {}));
        assert!(note.starts_with("held: 6 people would lose access, and allowRevocations.upTo is 5. Nobody"), "{note}");
        let sync = printed(&note);
        assert_eq!((sync.metadata.name.as_deref(), &sync.spec.scope), (Some("by-hand-allow-6"), &SyncScope::All {}));
        let again = Confirmation::of_run(None, "acme", &run("acme-7-allow-5", RunScope::Rules(vec!["hr".to_owned()])));
        assert_eq!(again.name, "acme-7-allow-6");
        assert_eq!(again.body(), r#"{"name":"acme-7-allow-6","scope":{"rules":["hr"]},"allowRevocations":{"upTo":6}}"#);
        let long = Confirmation::of_run(None, "acme", &run(&"x-".repeat(40), RunScope::All {}));
        assert!(long.name.len() <= 80 && long.name.ends_with("x-allow-6"), "{}", long.name);
    }
}
