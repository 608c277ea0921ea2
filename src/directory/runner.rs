//! The task that carries out runs and queued evaluations, in bounded batches, one transaction each.
//!
//! Where it stands is in the store: after a restart it goes on behind the last user evaluated. A batch reads each user
//! inside its transaction, so a run never overwrites a newer evaluation (reading 19).

use super::evaluation::{BATCH_USERS, Moved, evaluate};
use super::record::Heading;
use super::{Actor, Directory, Error};
use crate::access::GroupSelector;
use crate::config::{Document, Phase, RunResult, RunScope};
use crate::store::{Change, Decision, Effects, Facts, Fence, InForce, Needs, RunRow, SyncedRule, UserId, Write};
use jiff::Timestamp;
use std::time::Duration;

/// How often figures that were counted in memory are written down.
const USES_EVERY: Duration = Duration::from_secs(60);
/// How long to wait before a failed step is tried again.
const RETRY_AFTER: Duration = Duration::from_secs(1);
/// One process at a time carries out runs.
const LEASE: &str = "runs";
/// How long the lease lasts when it is not prolonged: a process that was killed is succeeded after that.
const LEASE_FOR: Duration = Duration::from_secs(5);
/// How often a process looks whether there is work that nobody told it of, or a lease that became free.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Works until the directory closes.
pub(super) async fn run(directory: Directory) {
    let mut uses = tokio::time::interval(USES_EVERY);
    let mut looks = tokio::time::interval(LOOK_EVERY);
    let shared = directory.inner.store.elsewhere().is_some();
    loop {
        match step(&directory).await {
            Ok(true) if !directory.inner.closing.is_cancelled() => continue,
            Ok(_) => {}
            Err(error) => {
                tracing::warn!(%error, "a run could not go on; it is tried again");
                tokio::select! {
                    () = tokio::time::sleep(RETRY_AFTER) => continue,
                    () = directory.inner.closing.cancelled() => {}
                }
            }
        }
        tokio::select! {
            () = directory.inner.work.notified() => {}
            _ = looks.tick(), if shared => {}
            _ = uses.tick() => write_uses(&directory).await,
            () = directory.inner.closing.cancelled() => break,
        }
    }
    write_uses(&directory).await;
}

async fn write_uses(directory: &Directory) {
    if let Err(error) = directory.write_uses().await {
        tracing::warn!(%error, "last uses of tokens could not be written down");
    }
}

/// Does one batch of whatever is due; `false` when nothing is.
async fn step(directory: &Directory) -> Result<bool, Error> {
    if directory.in_force().document.is_none() {
        return Ok(false);
    }
    let store = &directory.inner.store;
    let (queued, next) = (store.pending_users(BATCH_USERS).await?, store.next_run().await?);
    if queued.is_empty() && next.is_none() {
        return Ok(false);
    }
    let Some(fence) = store.lease(LEASE, LEASE_FOR).await? else { return Ok(false) };
    if !queued.is_empty() {
        let heading = Heading::new(directory.now(), &Actor::default());
        store.transact(Batch { fence, heading, users: queued, run: None }).await?;
        directory.moved();
        return Ok(true);
    }
    let Some(run) = next else { return Ok(false) };
    if run.status.phase == Phase::Pending {
        store.transact(Start { fence, uid: run.status.uid, name: run.status.name, at: directory.now() }).await?;
    } else {
        let users = store.run_users(run.clone(), BATCH_USERS).await?;
        let heading = Heading::new(directory.now(), &Actor::default());
        let run = Some(Part { uid: run.status.uid, name: run.status.name, after: run.cursor });
        store.transact(Batch { fence, heading, users, run }).await?;
    }
    directory.moved();
    Ok(true)
}

/// Begins a run: fixes whom it evaluates and which content it brings to them.
struct Start {
    fence: Fence,
    uid: String,
    name: String,
    at: Timestamp,
}

impl Change for Start {
    type Outcome = ();

    fn fence(&self) -> Option<&Fence> {
        Some(&self.fence)
    }

    fn needs(&self) -> Needs {
        Needs { run: Some((self.uid.clone(), self.name.clone())), ..Needs::default() }
    }

    fn decide(&self, facts: &Facts) -> Decision<()> {
        let Some(mut run) = found(facts, &self.uid, Phase::Pending) else {
            return Decision::Done(Effects::default(), ());
        };
        run.status.phase = Phase::Running;
        run.status.started_at = Some(self.at);
        let document = facts.config.document.as_ref();
        run.covers = document.map(|document| covers(&run, document)).unwrap_or_default();
        let selectors = document.map(|document| selectors(&run, document)).unwrap_or_default();
        let selectors = selectors.into_iter().map(|(_, selector)| selector).collect();
        Decision::Done(Effects { writes: vec![Write::StartRun { run, selectors }], record: None }, ())
    }
}

/// The rules a run brings to people, with their content now; a rule it names that is gone is covered as gone.
fn covers(run: &RunRow, document: &Document) -> Vec<SyncedRule> {
    let live = document.rules.iter().map(|e| SyncedRule { name: e.rule.name.clone(), hash: Some(e.hash()) });
    match &run.status.scope {
        RunScope::All {} => live.collect(),
        RunScope::Rules(rules) => {
            let live: Vec<SyncedRule> = live.collect();
            let of = |name: &String| live.iter().find(|rule| rule.name == *name).cloned();
            rules.iter().map(|name| of(name).unwrap_or(SyncedRule { name: name.clone(), hash: None })).collect()
        }
    }
}

/// The groups the covered rules name now, by rule.
fn selectors(run: &RunRow, document: &Document) -> Vec<(String, GroupSelector)> {
    let covered = |name: &str| run.covers.iter().any(|rule| rule.name == name);
    let rules = document.rules.iter().filter(|entry| covered(&entry.rule.name));
    rules.map(|entry| (entry.rule.name.clone(), entry.rule.group.clone())).collect()
}

/// Evaluates some users for a run, or for the queue. No users = the run has come to its end.
struct Batch {
    fence: Fence,
    heading: Heading,
    users: Vec<UserId>,
    run: Option<Part>,
}

/// The part of a run that a batch is.
struct Part {
    uid: String,
    name: String,
    /// The last user evaluated before; where the run stands elsewhere, this batch was carried out already.
    after: Option<UserId>,
}

impl Change for Batch {
    type Outcome = ();

    fn fence(&self) -> Option<&Fence> {
        Some(&self.fence)
    }

    fn needs(&self) -> Needs {
        let run = self.run.as_ref().map(|part| (part.uid.clone(), part.name.clone()));
        Needs { users: self.users.iter().copied().collect(), run, ..Needs::default() }
    }

    fn decide(&self, facts: &Facts) -> Decision<()> {
        let mut writes = Vec::with_capacity(self.users.len() * 2);
        let run = match &self.run {
            None => None,
            Some(Part { uid, after, .. }) => match found(facts, uid, Phase::Running) {
                Some(run) if run.cursor == *after => Some(run),
                // Cancelled in the meantime, or carried out already.
                _ => return Decision::Done(Effects::default(), ()),
            },
        };
        let mut result = RunResult::default();
        let mut moved = Vec::new();
        let gone = self.users.iter().filter(|id| facts.user(**id).is_none());
        writes.extend(gone.map(|id| Write::Unqueue(*id)));
        for user in self.users.iter().filter_map(|id| facts.user(*id)) {
            let change = evaluate(&facts.config, user, &user.groups, self.heading.at, &mut writes);
            count(&mut result, change.as_ref());
            moved.extend(change);
        }
        let uid = run.as_ref().map(|run| run.status.uid.clone());
        if let Some(run) = run {
            writes.extend(self.advance(run, result, &facts.config));
        }
        let record = (!moved.is_empty()).then(|| self.heading.evaluation(uid.as_deref(), &moved));
        Decision::Done(Effects { writes, record }, ())
    }
}

impl Batch {
    fn advance(&self, mut run: RunRow, result: RunResult, config: &InForce) -> Vec<Write> {
        run.status.progress.processed += self.users.len() as u64;
        run.status.result = add(run.status.result, result);
        run.cursor = self.users.last().copied().or(run.cursor);
        if !self.users.is_empty() {
            return vec![Write::UpdateRun(run)];
        }
        run.status.phase = Phase::Succeeded;
        run.status.completed_at = Some(self.heading.at);
        let document = config.document.as_ref();
        // A rule that came back while the run was under way is judged by its new content.
        let exists = |name: &str| document.is_some_and(|d| d.rules.iter().any(|entry| entry.rule.name == name));
        run.covers.retain(|rule| rule.hash.is_some() == exists(&rule.name));
        let selectors = document.map(|document| selectors(&run, document)).unwrap_or_default();
        let roles = document.map(Document::roles_hash).unwrap_or_default();
        vec![Write::MarkSynced { run: run.clone(), roles, selectors }, Write::UpdateRun(run)]
    }
}

fn found(facts: &Facts, uid: &str, phase: Phase) -> Option<RunRow> {
    facts.runs.iter().flatten().find(|run| run.status.uid == uid && run.status.phase == phase).cloned()
}

fn count(result: &mut RunResult, moved: Option<&Moved>) {
    result.users_evaluated += 1;
    if let Some(Moved { diff, .. }) = moved {
        result.users_changed += u64::from(diff.changed());
        result.granted += u64::from(diff.granted);
        result.revoked += u64::from(diff.revoked);
        result.promoted += u64::from(diff.promoted);
        result.demoted += u64::from(diff.demoted);
    }
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
