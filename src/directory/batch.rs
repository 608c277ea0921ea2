//! A batch of a run, or of the queue of evaluations: some people, one transaction.
//!
//! Each user is read again inside the transaction, so a run never overwrites a newer evaluation (reading 19). A batch
//! of a run moves the run's cursor with it: whoever was killed goes on behind it, and no batch counts twice.

use super::evaluation::{Moved, evaluate, people_taken_from};
use super::record::Heading;
use super::weigh::tally;
use crate::access::GroupSelector;
use crate::config::{Enforced, Phase, RunResult, RunScope, UserChange, ladder_hash, rule_hash};
use crate::store::{Change, Decision, Effects, Facts, Fence, InForce, Needs, RunRow, SyncedRule, UserId, Write};

/// People noted of one run; of a larger one only the numbers tell the rest.
pub(super) const CHANGES_KEPT: u64 = 100_000;

/// Names the ladder among what a run covers: no rule has this name.
const LADDER: &str = "";

/// Evaluates some users for a run, or for the queue.
pub(super) struct Batch {
    /// The lease of the runs.
    pub fence: Fence,
    /// Who, when.
    pub heading: Heading,
    /// Whom, in the order of ids.
    pub users: Vec<UserId>,
    /// For which run; `None` = for the queue.
    pub run: Option<Part>,
}

/// The part of a run that a batch is.
pub(super) struct Part {
    /// The run.
    pub uid: String,
    /// Its name.
    pub name: String,
    /// The last user looked at before; where the run stands elsewhere, this batch was carried out already.
    pub after: Option<UserId>,
    /// The last user looked at with this batch.
    pub up_to: Option<UserId>,
    /// Users looked at with this batch who hold what they should, so that nothing is written for them.
    pub passed: u64,
    /// Whether nobody is left behind this batch.
    pub ends: bool,
    /// The revision at which it was made: what is in force there is what the run was weighed by.
    pub revision: u64,
}

impl Change for Batch {
    /// From how many people something was taken.
    type Outcome = u64;

    fn fence(&self) -> Option<&Fence> {
        Some(&self.fence)
    }

    fn needs(&self) -> Needs {
        let run = self.run.as_ref().map(|part| (part.uid.clone(), part.name.clone()));
        let covers = self.run.as_ref().is_some_and(|part| part.ends);
        Needs { users: self.users.iter().copied().collect(), run, covers, ..Needs::default() }
    }

    fn decide(&self, facts: &Facts) -> Decision<u64> {
        let run = match &self.run {
            None => None,
            Some(part) => match found(facts, &part.uid, Phase::Running) {
                Some(run) if run.cursor == part.after && facts.config.revision == part.revision => Some((run, part)),
                // Cancelled in the meantime, or carried out already, or other rules may be in force by now.
                _ => return Decision::Done(Effects::default(), 0),
            },
        };
        let mut writes = Vec::with_capacity(self.users.len() * 2);
        let mut result = RunResult::default();
        let mut moved = Vec::new();
        let gone = self.users.iter().filter(|id| facts.user(**id).is_none());
        writes.extend(gone.map(|id| Write::Unqueue(*id)));
        for user in self.users.iter().filter_map(|id| facts.user(*id)) {
            let change = evaluate(&facts.config, user, &user.groups, self.heading.at, &mut writes);
            result.users_evaluated += 1;
            tally(&mut result, change.as_ref().map(|moved| moved.diff).unwrap_or_default());
            moved.extend(change);
        }
        let uid = run.as_ref().map(|(run, _)| run.status.uid.clone());
        if let Some((run, part)) = run {
            writes.extend(noted(&run, &moved));
            writes.extend(self.advance(run, part, result, &facts.config));
        }
        let record = (!moved.is_empty()).then(|| self.heading.evaluation(uid.as_deref(), &moved));
        Decision::Done(Effects { writes, record }, people_taken_from(&moved))
    }
}

impl Batch {
    fn advance(&self, mut run: RunRow, part: &Part, result: RunResult, config: &InForce) -> Vec<Write> {
        run.status.progress.processed += part.passed + self.users.len() as u64;
        run.status.result = add(run.status.result, result);
        run.status.result.users_evaluated += part.passed;
        run.cursor = part.up_to.or(run.cursor);
        if !part.ends {
            return vec![Write::UpdateRun(run)];
        }
        run.status.phase = Phase::Succeeded;
        run.status.completed_at = Some(self.heading.at);
        // People came or went meanwhile.
        run.status.progress.total = run.status.progress.processed;
        let began_under = take_ladder(&mut run);
        // A rule that came back, or went, while the run was under way is judged by its new content.
        let exists = |name: &str| config.enforced.rules.iter().any(|rule| rule.name == name);
        run.covers.retain(|rule| rule.hash.is_some() == exists(&rule.name));
        let selectors = selectors(&run, &config.enforced);
        let roles = began_under.unwrap_or_else(|| ladder_hash(&config.enforced.roles));
        let everybody = match run.status.scope {
            RunScope::All {} => run.status.started_at.map(Write::AllEvaluated),
            RunScope::Rules(_) => None,
        };
        let mut writes: Vec<Write> = everybody.into_iter().collect();
        writes.extend([Write::MarkSynced { run: run.clone(), roles, selectors }, Write::UpdateRun(run)]);
        writes
    }
}

/// Whom a run has changed, as far as there is room for it.
fn noted(run: &RunRow, moved: &[Moved]) -> Option<Write> {
    let room = CHANGES_KEPT.saturating_sub(run.status.result.users_changed);
    let changes: Vec<UserChange> = moved
        .iter()
        .filter(|moved| moved.diff.changed())
        .take(usize::try_from(room).unwrap_or(usize::MAX))
        .map(|Moved { user, user_name, before, after, .. }| UserChange {
            id: user.to_string(),
            user_name: user_name.clone(),
            before: before.clone(),
            after: after.clone(),
        })
        .collect();
    (!changes.is_empty()).then(|| Write::PutRunChanges(run.status.uid.clone(), changes))
}

/// The run of this uid, if it stands in this phase.
pub(super) fn found(facts: &Facts, uid: &str, phase: Phase) -> Option<RunRow> {
    facts.runs.iter().flatten().find(|run| run.status.uid == uid && run.status.phase == phase).cloned()
}

/// What a run brings to people: the rules it is about with their content in force now, one that is gone as gone, and
/// the ladder. Another order of roles in the middle of a run leaves its rules out of sync.
pub(super) fn covers(run: &RunRow, enforced: &Enforced) -> Vec<SyncedRule> {
    let content = |name: &String| enforced.rules.iter().find(|rule| rule.name == *name).map(rule_hash);
    let mut covers: Vec<SyncedRule> = match run.rules() {
        None => enforced
            .rules
            .iter()
            .map(|rule| SyncedRule { name: rule.name.clone(), hash: Some(rule_hash(rule)) })
            .collect(),
        Some(names) => names.iter().map(|name| SyncedRule { name: name.clone(), hash: content(name) }).collect(),
    };
    covers.push(SyncedRule { name: LADDER.to_owned(), hash: Some(ladder_hash(&enforced.roles)) });
    covers
}

/// Takes the hash of the ladder under which the run began out of what it covers.
fn take_ladder(run: &mut RunRow) -> Option<String> {
    let at = run.covers.iter().position(|covered| covered.name == LADDER)?;
    run.covers.remove(at).hash
}

/// The groups the covered rules name now, by rule.
pub(super) fn selectors(run: &RunRow, enforced: &Enforced) -> Vec<(String, GroupSelector)> {
    let covered = |name: &str| run.covers.iter().any(|rule| rule.name == name);
    let rules = enforced.rules.iter().filter(|rule| covered(&rule.name));
    rules.map(|rule| (rule.name.clone(), rule.group.clone())).collect()
}

fn add(a: RunResult, b: RunResult) -> RunResult {
    let RunResult { users_evaluated, users_changed, granted, revoked, promoted, demoted } = b;
    RunResult {
        users_evaluated: a.users_evaluated + users_evaluated,
        users_changed: a.users_changed + users_changed,
        granted: a.granted + granted,
        revoked: a.revoked + revoked,
        promoted: a.promoted + promoted,
        demoted: a.demoted + demoted,
    }
}
