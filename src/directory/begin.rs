//! Before a run begins it is weighed (reading 23, C003): a dry run ends with that, one that would take too much is held
//! and writes nothing, one that a person has confirmed puts what waits in force, and then it begins. Where other rules
//! come into force while it is under way, what is left of it is weighed again.
//!
//! Killed in the middle, a run still waits and is weighed again, unless it has put something in force: then it begins.

use super::batch::{CHANGES_KEPT, covers, found, selectors};
use super::judge::{Admit, Confirming};
use super::record::Heading;
use super::weigh::{CHUNK, Question, Scale, Weighed, Whom, affected};
use super::{Actor, Directory, Error};
use crate::access::{Guard, Losses};
use crate::config::{AllowRevocations, Enforced, Phase, Progress, RunResult, RunStatus, UserChange, Waiting};
use crate::store::{Among, Change, Decision, Effects, Facts, Fence, Hold, InForce, Needs, RunRow, UserId, Write};
use jiff::Timestamp;

/// Whom a full run has to change, as it was weighed: nobody else has to be looked at again while the same is in force,
/// since whoever is changed meanwhile is evaluated by that very change.
pub(super) struct Sifted {
    /// The run.
    pub uid: String,
    /// The revision in force.
    pub revision: u64,
    /// By id, with the number of people looked at up to there.
    pub differing: Vec<(u64, UserId)>,
    /// People looked at in all.
    pub looked: u64,
    /// The last of them.
    pub last: Option<UserId>,
}

/// Weighs a waiting run and lets it begin, end, or be held; whom it has to change, where that is known now.
pub(super) async fn begin(
    directory: &Directory,
    fence: &Fence,
    run: RunRow,
    config: &InForce,
) -> Result<Option<Sifted>, Error> {
    let Some(document) = &config.document else { return Ok(None) };
    let (store, hash) = (&directory.inner.store, config.enforced.content_hash());
    let step = Step::new(fence, &run, directory.now());
    let (revision, losing) = (config.revision, run.status.users_losing.unwrap_or_default());
    if run.weighed.as_ref() == Some(&hash) {
        // It has put in force what it confirms, and was let through with it.
        store.transact(Start { step, revision, hash, losing }).await?;
        return Ok(None);
    }
    let admitted = admitted(&run, config);
    let candidate = config.enforced.admitting(document, &admitted);
    let whom = Whom::Among(match run.rules() {
        None => Among::All,
        Some(rules) => affected(rules, &config.enforced, &candidate),
    });
    let question = Question {
        candidate: &candidate,
        roles: &config.enforced.roles,
        tenant: &document.tenant,
        whom,
        keep: 0,
        leased: true,
    };
    let weighed = directory.weigh(question).await?;
    let losing = weighed.losses.people;
    let objection = objection(&run.status, &document.guard, &weighed.losses);
    if run.status.dry_run || objection.is_some() {
        let noted = note(directory, &step, &candidate, &weighed.differing).await?;
        let (ended_at, result) = (directory.now(), weighed.result);
        store.transact(End { step, ended_at, losing, result, objection, noted }).await?;
        return Ok(None);
    }
    if !admitted.is_empty() {
        let heading = Heading::new(directory.now(), &Actor::default());
        let by = Some(Confirming { uid: step.uid, name: step.name, losing });
        // It begins with a step of its own: what comes into force may have to settle first, and messages until now went
        // by what was in force before it.
        store.transact(Admit { fence: fence.clone(), heading, revision, admitted, held: None, by }).await?;
        return Ok(None);
    }
    let step = Step { at: directory.now(), ..step };
    let began = store.transact(Start { step, revision, hash, losing }).await?;
    let stands = began && run.rules().is_none();
    Ok(stands.then(|| sifted(run.status.uid, revision, weighed)))
}

/// Weighs what is left of a run under way: other rules are in force, named by `hash`, than those by which it was let
/// through. Where they would take too much, with what it has taken already, it ends where it stands.
pub(super) async fn weigh_rest(
    directory: &Directory,
    fence: &Fence,
    run: &RunRow,
    config: &InForce,
    hash: String,
) -> Result<(), Error> {
    let Some(document) = &config.document else { return Ok(()) };
    directory.may_go_on(true).await?;
    let whom = Whom::These(directory.inner.store.run_users(run.clone(), u32::MAX).await?);
    let question = Question {
        candidate: &config.enforced,
        roles: &config.enforced.roles,
        tenant: &document.tenant,
        whom,
        keep: 0,
        leased: true,
    };
    let mut losses = directory.weigh(question).await?.losses;
    losses.people += taken(&run.status.result);
    let objection = objection(&run.status, &document.guard, &losses);
    let step = Step::new(fence, run, directory.now());
    directory.inner.store.transact(Reweighed { step, hash, losing: losses.people, objection }).await?;
    Ok(())
}

/// What whoever asked for a run should know of its scope: what it leaves out, and names that are no rule's.
fn found_of(run: &RunRow, config: &InForce) -> Option<String> {
    let Waiting { mut rules, roles } = config.waiting().covered_by(run.rules());
    rules.extend(roles.then(|| "the new order of roles".to_owned()));
    let left_out = (!rules.is_empty()).then(|| {
        format!("not in force, and left out: {}. If it is held, confirm it with allowRevocations", rules.join(", "))
    });
    let is_rule = |name: &&String| {
        let in_force = config.enforced.rules.iter().map(|rule| &rule.name);
        let published = config.document.iter().flat_map(|document| &document.rules).map(|entry| &entry.rule.name);
        in_force.chain(published).any(|known| known == *name)
    };
    let gone: Vec<&str> = run.rules().into_iter().flatten().filter(|name| !is_rule(name)).map(String::as_str).collect();
    let gone = (!gone.is_empty()).then(|| format!("no rule of the directory by now: {}", gone.join(", ")));
    let said: Vec<String> = left_out.into_iter().chain(gone).collect();
    (!said.is_empty()).then(|| said.join("; "))
}

/// From how many people a run has taken something: rather too many than too few, since somebody may be in both numbers.
fn taken(result: &RunResult) -> u64 {
    (result.revoked + result.demoted).min(result.users_changed)
}

fn sifted(uid: String, revision: u64, weighed: Weighed) -> Sifted {
    let Weighed { differing, last, result, .. } = weighed;
    Sifted { uid, revision, differing, looked: result.users_evaluated, last }
}

/// The waiting changes that come into force with the run, or would.
fn admitted(run: &RunRow, config: &InForce) -> Waiting {
    if run.status.dry_run || run.status.allow_revocations.is_some() {
        config.waiting().covered_by(run.rules())
    } else {
        Waiting::default()
    }
}

/// Why the run may not take what it would take, if it may not.
fn objection(status: &RunStatus, guard: &Guard, losses: &Losses) -> Option<String> {
    let people = losses.people;
    match status.allow_revocations {
        Some(AllowRevocations { up_to }) => {
            (people > up_to).then(|| format!("{people} people would lose access, and allowRevocations.upTo is {up_to}"))
        }
        None => guard.exceeded(losses).map(|excess| excess.to_string()),
    }
}

/// Notes whom the run would change; answers whether that is anybody. They are read again: so many people's grants are
/// not kept in memory.
async fn note(
    directory: &Directory,
    step: &Step,
    candidate: &Enforced,
    differing: &[(u64, UserId)],
) -> Result<bool, Error> {
    let scale = Scale::new(candidate);
    let mut room = usize::try_from(CHANGES_KEPT).unwrap_or(usize::MAX);
    let mut noted = false;
    for some in differing.chunks(CHUNK) {
        directory.may_go_on(true).await?;
        let facts = directory.inner.store.access_facts(some.iter().map(|(_, id)| *id).collect()).await?;
        let prospects = facts.iter().filter_map(|person| scale.prospect(person));
        let prospects: Vec<_> = prospects.filter(|prospect| prospect.diff.changed()).take(room).collect();
        room -= prospects.len();
        let changes = directory.with_names(prospects).await?;
        if !changes.is_empty() {
            directory.inner.store.transact(Note { step: step.clone(), changes, is_first: !noted }).await?;
            noted = true;
        }
        if room == 0 {
            break;
        }
    }
    Ok(noted)
}

/// What every step of a run is told by.
#[derive(Clone)]
struct Step {
    fence: Fence,
    uid: String,
    name: String,
    at: Timestamp,
}

impl Step {
    fn new(fence: &Fence, run: &RunRow, at: Timestamp) -> Self {
        let RunStatus { uid, name, .. } = &run.status;
        Self { fence: fence.clone(), uid: uid.clone(), name: name.clone(), at }
    }

    fn needs(&self) -> Needs {
        Needs { run: Some((self.uid.clone(), self.name.clone())), ..Needs::default() }
    }

    /// The run, while it waits.
    fn waiting(&self, facts: &Facts) -> Option<RunRow> {
        found(facts, &self.uid, Phase::Pending)
    }
}

/// Some of those whom a run would change. The first ones take the place of what an earlier weighing, which did not come
/// to its end, has noted.
struct Note {
    step: Step,
    changes: Vec<UserChange>,
    is_first: bool,
}

impl Change for Note {
    type Outcome = ();

    fn fence(&self) -> Option<&Fence> {
        Some(&self.step.fence)
    }

    fn needs(&self) -> Needs {
        self.step.needs()
    }

    fn decide(&self, facts: &Facts) -> Decision<()> {
        let mut writes = Vec::new();
        if self.step.waiting(facts).is_some() {
            writes.extend(self.is_first.then(|| Write::ForgetRunChanges(self.step.uid.clone())));
            writes.push(Write::PutRunChanges(self.step.uid.clone(), self.changes.clone()));
        }
        Decision::Done(Effects { writes, record: None }, ())
    }
}

/// Ends a run that changes nothing: a dry one, or one that is held.
struct End {
    step: Step,
    ended_at: Timestamp,
    losing: u64,
    result: RunResult,
    /// Why it is held, or would be.
    objection: Option<String>,
    /// Whether it was noted whom it would change; else it is nobody.
    noted: bool,
}

impl Change for End {
    type Outcome = ();

    fn fence(&self) -> Option<&Fence> {
        Some(&self.step.fence)
    }

    fn needs(&self) -> Needs {
        self.step.needs()
    }

    fn decide(&self, facts: &Facts) -> Decision<()> {
        let Some(mut run) = self.step.waiting(facts) else { return Decision::Done(Effects::default(), ()) };
        let status = &mut run.status;
        let total = self.result.users_evaluated;
        if status.dry_run {
            status.phase = Phase::Succeeded;
            status.started_at = Some(self.step.at);
            status.would_be_held = self.objection.is_some();
            status.progress = Progress { processed: total, total };
        } else {
            status.phase = Phase::Held;
            status.reason = Some("RevocationHeld".to_owned());
            status.progress = Progress { processed: 0, total };
        }
        status.message.clone_from(&self.objection);
        status.completed_at = Some(self.ended_at);
        status.result = self.result;
        status.users_losing = Some(self.losing);
        let forget = (!self.noted).then(|| Write::ForgetRunChanges(self.step.uid.clone()));
        let writes = forget.into_iter().chain([Write::UpdateRun(run)]).collect();
        Decision::Done(Effects { writes, record: None }, ())
    }
}

/// Begins a run: fixes whom it evaluates and which content it brings to them. Answers whether it did: not when the
/// revision that was weighed is in force no more.
struct Start {
    step: Step,
    revision: u64,
    /// Names what is in force at the revision.
    hash: String,
    losing: u64,
}

impl Change for Start {
    type Outcome = bool;

    fn fence(&self) -> Option<&Fence> {
        Some(&self.step.fence)
    }

    fn needs(&self) -> Needs {
        Needs { configuration: Hold::Shared, ..self.step.needs() }
    }

    fn decide(&self, facts: &Facts) -> Decision<bool> {
        let waiting = self.step.waiting(facts).filter(|_| facts.config.revision == self.revision);
        let Some(mut run) = waiting else { return Decision::Done(Effects::default(), false) };
        run.status.phase = Phase::Running;
        run.status.started_at = Some(self.step.at);
        run.status.users_losing = Some(self.losing);
        run.weighed = Some(self.hash.clone());
        let enforced = &facts.config.enforced;
        run.status.message = found_of(&run, &facts.config);
        run.covers = covers(&run, enforced);
        let selectors = selectors(&run, enforced).into_iter().map(|(_, selector)| selector).collect();
        let writes = vec![Write::ForgetRunChanges(self.step.uid.clone()), Write::StartRun { run, selectors }];
        Decision::Done(Effects { writes, record: None }, true)
    }
}

/// What a run under way has come to, weighed by what is in force by now.
struct Reweighed {
    step: Step,
    hash: String,
    losing: u64,
    objection: Option<String>,
}

impl Change for Reweighed {
    type Outcome = ();

    fn fence(&self) -> Option<&Fence> {
        Some(&self.step.fence)
    }

    fn needs(&self) -> Needs {
        self.step.needs()
    }

    fn decide(&self, facts: &Facts) -> Decision<()> {
        let Some(mut run) = found(facts, &self.step.uid, Phase::Running) else {
            return Decision::Done(Effects::default(), ());
        };
        let status = &mut run.status;
        status.users_losing = Some(self.losing);
        match &self.objection {
            None => run.weighed = Some(self.hash.clone()),
            Some(why) => {
                let Progress { processed, total } = status.progress;
                status.phase = Phase::Failed;
                status.reason = Some("RevocationHeld".to_owned());
                status.message = Some(format!(
                    "other rules came into force meanwhile: {why}. It ended after {processed} of {total} people"
                ));
                status.completed_at = Some(self.step.at);
            }
        }
        Decision::Done(Effects { writes: vec![Write::UpdateRun(run)], record: None }, ())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn c003_who_was_revoked_and_who_was_demoted_counts_and_nobody_more_than_were_changed() {
        let result =
            |revoked, demoted, users_changed| RunResult { revoked, demoted, users_changed, ..RunResult::default() };
        assert_eq!(taken(&result(25, 25, 60)), 50);
        assert_eq!(taken(&result(25, 25, 30)), 30, "some of them in two tenants");
        assert_eq!(taken(&result(0, 0, 9)), 0);
    }
}
