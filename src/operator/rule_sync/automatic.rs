//! When the operator starts a run by itself (B065, `syncPolicy: Automatic`): one per settled batch of rule changes.
//!
//! Judged from the endpoint's state alone, never from what changed while somebody looked: a crash between publishing
//! and creating the run converges, and a restart with everything in sync starts nothing.
//!
//! Time comes in as a value. Pure.

use crate::config::{RunScope, State};
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeSet;

/// A batch is settled when nothing changed for this long.
pub const QUIET: SignedDuration = SignedDuration::from_secs(2);
/// A batch that never settles is run after this long all the same.
pub const LONGEST: SignedDuration = SignedDuration::from_secs(10);
/// How many rules one run may name.
const RULES_MAX: usize = 256;

/// The batch under way.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settle {
    batch: Option<Batch>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Batch {
    revision: u64,
    rules: BTreeSet<String>,
    first: Timestamp,
    last: Timestamp,
}

/// A RuleSync that exists for this revision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// Whom it evaluates; `None` = everyone.
    pub rules: Option<BTreeSet<String>>,
}

/// What to do now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// Nothing is owed.
    Nothing,
    /// Look again after this long.
    Wait(SignedDuration),
    /// Start a run over these rules.
    Run(Vec<String>),
}

impl Settle {
    /// Decides from the endpoint's state and the RuleSyncs that were already made for its revision.
    pub fn decide(&mut self, state: &State, asked: &[Asked], now: Timestamp) -> Decision {
        let owed = owed(state, asked);
        if owed.is_empty() {
            self.batch = None;
            return Decision::Nothing;
        }
        let unchanged = |batch: &Batch| batch.revision == state.revision && batch.rules == owed;
        let batch = match self.batch.take() {
            Some(batch) if unchanged(&batch) => batch,
            Some(batch) => Batch { revision: state.revision, rules: owed, last: now, ..batch },
            None => Batch { revision: state.revision, rules: owed, first: now, last: now },
        };
        let waited = |since: Timestamp| now.duration_since(since);
        let left = (QUIET - waited(batch.last)).min(LONGEST - waited(batch.first));
        let rules = batch.rules.iter().take(RULES_MAX).cloned().collect();
        self.batch = Some(batch);
        if left <= SignedDuration::ZERO { Decision::Run(rules) } else { Decision::Wait(left) }
    }
}

/// The rules that have not reached everybody and that no run covers.
fn owed(state: &State, asked: &[Asked]) -> BTreeSet<String> {
    // A changed order of roles marks every rule, and starts nothing by itself (reading 25); what is held waits for a
    // person, and a run without one would only bring the content before once more (reading 23).
    let by_itself = |reason: Option<&str>| !matches!(reason, Some("RolesChanged" | "RevocationHeld"));
    let changed = state.rules.iter().filter(|rule| !rule.in_sync && by_itself(rule.reason.as_deref()));
    let under_way = |name: &str| {
        // A dry run brings nothing to anybody.
        state.runs.iter().filter(|run| !run.dry_run).any(|run| match &run.scope {
            RunScope::All {} => true,
            RunScope::Rules(rules) => rules.iter().any(|rule| rule == name),
        })
    };
    // A run that was asked for and has ended badly is a person's business; asking again would never end.
    let asked = |name: &str| asked.iter().any(|a| a.rules.as_ref().is_none_or(|rules| rules.contains(name)));
    let names = changed.map(|rule| rule.name.clone());
    names.filter(|name| !under_way(name) && !asked(name)).collect()
}

#[cfg(test)]
#[path = "automatic_tests.rs"]
mod tests;
