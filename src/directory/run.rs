//! Runs of rules: asking for one, looking at it, taking it back (B056, B059–B062).

use super::record::Heading;
use super::{Actor, Directory, Error, token};
use crate::config::{AllowRevocations, Phase, Progress, RunRequest, RunResult, RunScope, RunStatus, UserChanges};
use crate::store::{Change, Decision, Effects, Facts, Needs, RunRow, UserId, Write};
use jiff::Timestamp;
use sha2::{Digest, Sha256};

/// Rules named by one run.
const RULES_MAX: usize = 256;
/// Characters of a name.
const NAME_MAX: usize = 253;
/// The reason of a run that an earlier one stands for.
const ALREADY_RUN: &str = "AlreadyRun";

impl Directory {
    /// Puts a run into the queue; `uid` names it, or a new id is made. Asking again with the same uid answers the run
    /// as it stands; an equal spec that succeeded before under this name is not run again. Who asked is on record: a
    /// run may confirm that access is taken from many.
    pub async fn request_run(&self, uid: Option<&str>, request: RunRequest, by: &Actor) -> Result<RunStatus, Error> {
        self.serving()?;
        check(&request)?;
        let uid = uid.map_or_else(token::new_uid, str::to_owned);
        let heading = Heading::new(self.now(), by);
        let run = self.inner.store.transact(RequestRun { uid, request, heading }).await?;
        self.moved();
        self.inner.work.notify_one();
        Ok(run)
    }

    /// A run by uid.
    pub async fn run(&self, uid: &str) -> Result<Option<RunStatus>, Error> {
        let runs = self.inner.store.runs_of(uid, "").await?;
        Ok(runs.into_iter().map(|run| run.status).find(|run| run.uid == uid))
    }

    /// The newest run of this name.
    pub async fn run_by_name(&self, name: &str) -> Result<Option<RunStatus>, Error> {
        let runs = self.inner.store.runs_of("", name).await?;
        Ok(runs.into_iter().map(|run| run.status).find(|run| run.name == name))
    }

    /// All kept runs, newest first.
    pub async fn runs(&self) -> Result<Vec<RunStatus>, Error> {
        Ok(self.inner.store.runs(false).await?.into_iter().map(|run| run.status).collect())
    }

    /// Whom the newest run of this name changed, or would change: in the order of ids, from after the cursor. `None` =
    /// there is no such run. Of more than 100,000 people the first are kept.
    pub async fn run_changes(
        &self,
        name: &str,
        cursor: Option<&str>,
        count: u64,
    ) -> Result<Option<UserChanges>, Error> {
        let after = match cursor {
            None => None,
            Some(cursor) => Some(UserId::parse(cursor).ok_or_else(|| {
                Error::BadQuery(format!("cursor {cursor:?} is not one of ours: take `next` of the page before"))
            })?),
        };
        let mut runs = self.inner.store.runs_of("", name).await?;
        runs.retain(|run| run.status.name == name);
        let Some(uid) = runs.first().map(|newest| carried_out(newest, &runs).status.uid.clone()) else {
            return Ok(None);
        };
        // One more than asked for tells whether there is a next page.
        let limit = u32::try_from(count).unwrap_or(u32::MAX).saturating_add(1);
        let mut changes = self.inner.store.run_changes(&uid, after, limit).await?;
        let more = changes.len() as u64 > count;
        if more {
            changes.pop();
        }
        let next = changes.last().filter(|_| more).map(|change| change.id.clone());
        Ok(Some(UserChanges { changes, next }))
    }

    /// Takes a run that has not begun out of the queue; a run under way ends after its batch. Unknown uids are fine.
    pub async fn cancel_run(&self, uid: &str) -> Result<(), Error> {
        self.inner.store.transact(CancelRun { uid: uid.to_owned(), at: self.now() }).await?;
        self.moved();
        Ok(())
    }
}

/// The run itself, or the equal one that was carried out in its stead. `runs` are those of its name, newest first.
fn carried_out<'a>(run: &'a RunRow, runs: &'a [RunRow]) -> &'a RunRow {
    let stood_for = |run: &RunRow| run.status.reason.as_deref() == Some(ALREADY_RUN);
    if !stood_for(run) {
        return run;
    }
    let carried_out = |earlier: &&RunRow| earlier.status.phase == Phase::Succeeded && !stood_for(earlier);
    runs.iter().filter(carried_out).find(|earlier| earlier.spec_hash == run.spec_hash).unwrap_or(run)
}

fn check(request: &RunRequest) -> Result<(), Error> {
    check_name("name", &request.name)?;
    let RunScope::Rules(rules) = &request.scope else { return Ok(()) };
    if rules.is_empty() {
        return Err(Error::BadRun("scope.rules names no rule: name at least one, or use `all: {}`".to_owned()));
    }
    if rules.len() > RULES_MAX {
        let count = rules.len();
        return Err(Error::BadRun(format!("scope.rules names {count} rules, at most {RULES_MAX} are taken")));
    }
    rules.iter().try_for_each(|rule| check_name("each of scope.rules", rule))
}

fn check_name(what: &str, name: &str) -> Result<(), Error> {
    if name.is_empty() || name.len() > NAME_MAX || name.contains(char::is_control) {
        return Err(Error::BadRun(format!("{what} must have 1 to {NAME_MAX} characters, none of them a control one")));
    }
    Ok(())
}

struct RequestRun {
    uid: String,
    request: RunRequest,
    heading: Heading,
}

impl Change for RequestRun {
    type Outcome = RunStatus;

    fn needs(&self) -> Needs {
        Needs { run: Some((self.uid.clone(), self.request.name.clone())), ..Needs::default() }
    }

    fn decide(&self, facts: &Facts) -> Decision<RunStatus> {
        let runs = facts.runs.as_deref().unwrap_or_default();
        if let Some(known) = runs.iter().find(|run| run.status.uid == self.uid) {
            return Decision::Done(Effects::default(), known.status.clone());
        }
        let spec_hash = spec_hash(&self.request);
        let mut run = RunRow { status: self.status(), spec_hash, covers: Vec::new(), cursor: None, weighed: None };
        // One that confirms what waits is no repetition, whatever an equal one has confirmed before.
        let confirms =
            self.request.allow_revocations.is_some() && !facts.config.waiting().covered_by(run.rules()).is_empty();
        let equal = runs.iter().find(|earlier| {
            !confirms
                && earlier.status.name == self.request.name
                && earlier.spec_hash == run.spec_hash
                && earlier.status.phase == Phase::Succeeded
        });
        if let Some(earlier) = equal {
            already_run(&mut run.status, &earlier.status, self.heading.at);
        }
        let status = run.status.clone();
        let record = Some(self.heading.run_request(&status));
        Decision::Done(Effects { writes: vec![Write::InsertRun(run)], record }, status)
    }
}

impl RequestRun {
    fn status(&self) -> RunStatus {
        RunStatus {
            uid: self.uid.clone(),
            name: self.request.name.clone(),
            scope: self.request.scope.clone(),
            phase: Phase::Pending,
            reason: None,
            message: None,
            created_at: self.request.created_at.map_or(self.heading.at, |made| made.min(self.heading.at)),
            started_at: None,
            completed_at: None,
            progress: Progress::default(),
            result: RunResult::default(),
            dry_run: self.request.dry_run,
            allow_revocations: self.request.allow_revocations,
            users_losing: None,
            would_be_held: false,
        }
    }
}

fn already_run(status: &mut RunStatus, earlier: &RunStatus, at: Timestamp) {
    status.phase = Phase::Succeeded;
    status.reason = Some(ALREADY_RUN.to_owned());
    status.message =
        Some("an equal run of this name has succeeded before; give it another nonce to run it again".to_owned());
    status.started_at = Some(at);
    status.completed_at = Some(at);
    status.progress = earlier.progress;
    status.result = earlier.result;
    status.users_losing = earlier.users_losing;
    status.would_be_held = earlier.would_be_held;
}

/// Equal for equal specs. A dry run is another spec than the run, and so is a confirmed one.
fn spec_hash(request: &RunRequest) -> String {
    let RunRequest { name: _, scope, nonce, dry_run, allow_revocations, created_at: _ } = request;
    let mut hash = Sha256::new();
    match scope {
        RunScope::All {} => hash.update(b"all"),
        RunScope::Rules(rules) => {
            let mut rules: Vec<&String> = rules.iter().collect();
            rules.sort();
            rules.iter().for_each(|rule| hash.update(format!("rule:{rule}\n")));
        }
    }
    // What is not asked for leaves no trace, so that hashes of earlier runs stay.
    if *dry_run {
        hash.update(b"dryRun\n");
    }
    if let Some(AllowRevocations { up_to }) = allow_revocations {
        hash.update(format!("allowRevocations:{up_to}\n"));
    }
    hash.update(format!("nonce:{nonce}"));
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

struct CancelRun {
    uid: String,
    at: Timestamp,
}

impl Change for CancelRun {
    type Outcome = ();

    fn needs(&self) -> Needs {
        Needs { run: Some((self.uid.clone(), String::new())), ..Needs::default() }
    }

    fn decide(&self, facts: &Facts) -> Decision<()> {
        let found = facts.runs.iter().flatten().find(|run| run.status.uid == self.uid);
        let Some(run) = found.filter(|run| !run.status.phase.is_final()) else {
            return Decision::Done(Effects::default(), ());
        };
        let mut run = run.clone();
        run.status.phase = Phase::Failed;
        run.status.reason = Some("Cancelled".to_owned());
        run.status.message = Some("the RuleSync was deleted before the run had ended".to_owned());
        run.status.completed_at = Some(self.at);
        Decision::Done(Effects { writes: vec![Write::UpdateRun(run)], record: None }, ())
    }
}
