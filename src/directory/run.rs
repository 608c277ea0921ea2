//! Runs of rules: asking for one, looking at it, taking it back (B056, B059–B062).

use super::{Directory, Error, token};
use crate::config::{Phase, Progress, RunRequest, RunResult, RunScope, RunStatus};
use crate::store::{Change, Decision, Effects, Facts, Needs, RunRow, Write};
use jiff::Timestamp;
use sha2::{Digest, Sha256};

/// Rules named by one run.
const RULES_MAX: usize = 256;

impl Directory {
    /// Puts a run into the queue; `uid` names it, or a new id is made. Asking again with the same uid answers the run
    /// as it stands; an equal spec that succeeded before under this name is not run again.
    pub async fn request_run(&self, uid: Option<&str>, request: RunRequest) -> Result<RunStatus, Error> {
        self.serving()?;
        check(&request)?;
        let uid = uid.map_or_else(token::new_uid, str::to_owned);
        let run = self.inner.store.transact(RequestRun { uid, request, at: self.now() }).await?;
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

    /// Takes a run that has not begun out of the queue; a run under way ends after its batch. Unknown uids are fine.
    pub async fn cancel_run(&self, uid: &str) -> Result<(), Error> {
        self.inner.store.transact(CancelRun { uid: uid.to_owned(), at: self.now() }).await?;
        self.moved();
        Ok(())
    }
}

fn check(request: &RunRequest) -> Result<(), Error> {
    match &request.scope {
        _ if request.name.is_empty() || request.name.len() > 253 => {
            Err(Error::BadRun("name must have 1 to 253 characters".to_owned()))
        }
        RunScope::Rules(rules) if rules.is_empty() => {
            Err(Error::BadRun("scope.rules names no rule: name at least one, or use `all: {}`".to_owned()))
        }
        RunScope::Rules(rules) if rules.len() > RULES_MAX => {
            Err(Error::BadRun(format!("scope.rules names {} rules, at most {RULES_MAX} are taken", rules.len())))
        }
        _ => Ok(()),
    }
}

struct RequestRun {
    uid: String,
    request: RunRequest,
    at: Timestamp,
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
        let mut run = RunRow { status: self.status(), spec_hash, covers: Vec::new(), cursor: None };
        let equal = runs.iter().find(|earlier| {
            earlier.status.name == self.request.name
                && earlier.spec_hash == run.spec_hash
                && earlier.status.phase == Phase::Succeeded
        });
        if let Some(earlier) = equal {
            already_run(&mut run.status, &earlier.status, self.at);
        }
        let status = run.status.clone();
        Decision::Done(Effects { writes: vec![Write::InsertRun(run)], record: None }, status)
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
            created_at: self.at,
            started_at: None,
            completed_at: None,
            progress: Progress::default(),
            result: RunResult::default(),
        }
    }
}

fn already_run(status: &mut RunStatus, earlier: &RunStatus, at: Timestamp) {
    status.phase = Phase::Succeeded;
    status.reason = Some("AlreadyRun".to_owned());
    status.message =
        Some("an equal run of this name has succeeded before; give it another nonce to run it again".to_owned());
    status.started_at = Some(at);
    status.completed_at = Some(at);
    status.progress = earlier.progress;
    status.result = earlier.result;
}

fn spec_hash(request: &RunRequest) -> String {
    let RunRequest { name: _, scope, nonce } = request;
    let mut hash = Sha256::new();
    match scope {
        RunScope::All {} => hash.update(b"all"),
        RunScope::Rules(rules) => {
            let mut rules: Vec<&String> = rules.iter().collect();
            rules.sort();
            rules.iter().for_each(|rule| hash.update(format!("rule:{rule}\n")));
        }
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
