//! The task that judges changes of rules and carries out runs and queued evaluations, in bounded batches, one
//! transaction each.
//!
//! What waits for the guard comes first, then the queue, then runs in the order in which they were asked for. A
//! judgement that fails keeps nobody else waiting: it is tried again later, and later each time. Where a run stands is
//! in the store: after a restart it goes on behind the last user looked at (B063). Of several processes over one store,
//! one does this at a time. Nothing here decides what anybody holds: that is `evaluation`.

use super::batch::{Batch, Part};
use super::begin::{Sifted, begin, weigh_rest};
use super::evaluation::settled;
use super::judge::{is_due, judge};
use super::pace::{BATCH_USERS_MAX, Pace};
use super::record::Heading;
use super::{Actor, Directory, Error};
use crate::config::{AuditRetention, Phase};
use crate::store::{AccessFacts, Fence, InForce, RunRow, UserId};
use std::collections::BTreeSet;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::time::{Instant, MissedTickBehavior};

/// How often figures that were counted in memory are written down.
const USES_EVERY: Duration = Duration::from_secs(60);
/// How often records that are older than they have to be are cut off.
const CUT_EVERY: Duration = Duration::from_secs(3_600);
/// How long to wait before a failed step is tried again; before a failed judgement each time twice as long.
const RETRY_AFTER: Duration = Duration::from_secs(1);
/// The longest pause before a failed judgement is tried again.
const RETRY_MAX: Duration = Duration::from_secs(60);
/// One process at a time carries out runs.
const LEASE: &str = "runs";
/// How long the lease lasts when it is not prolonged: a process that was killed is succeeded after that. Longer than
/// one question to a large store takes; it is prolonged between any two.
const LEASE_FOR: Duration = Duration::from_secs(20);
/// How often a process looks whether there is work that nobody told it of, or a lease that became free.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How often whoever waits for the state hears how far a run or the queue has come: looking at all of it costs more
/// than a batch does. Of a beginning or an end everybody hears at once.
const TOLD_EVERY: Duration = Duration::from_millis(500);
/// People of the queue in one batch at least: who is in it waits as well as who sends.
const QUEUED_USERS: u32 = 25;
/// People looked at in one read at least, to find those who have to be changed.
const READ_USERS: u32 = 50;
/// How far a run goes without writing down where it stands, when nobody has to be changed.
const NOTED_EVERY: Duration = Duration::from_millis(500);
/// The same, in users.
const NOTED_PER_USERS: u64 = 5_000;

/// Works until the directory closes.
pub(super) async fn run(directory: Directory) {
    let mut uses = tokio::time::interval(USES_EVERY);
    let mut cuts = tokio::time::interval(CUT_EVERY);
    let mut looks = tokio::time::interval(LOOK_EVERY);
    for interval in [&mut uses, &mut cuts, &mut looks] {
        interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
    }
    let shared = directory.inner.store.elsewhere().is_some();
    let judging = Judging::default();
    let mut runner = Runner {
        directory: directory.clone(),
        shared,
        seen: None,
        judging,
        sifted: None,
        untold: None,
        pace: Pace::default(),
    };
    let mut cut_due = false;
    loop {
        let went_on = match runner.step().await {
            Ok(went_on) => went_on,
            Err(_) if directory.inner.closing.is_cancelled() => false,
            Err(error) => {
                tracing::warn!(%error, "a run could not go on; it is tried again");
                runner.tell(true);
                tokio::select! {
                    () = tokio::time::sleep(RETRY_AFTER) => true,
                    () = directory.inner.closing.cancelled() => false,
                }
            }
        };
        if cut_due {
            // Some at a time, so that nobody waits until all of them are gone.
            cut_due = cut(&directory).await;
        }
        if (went_on || cut_due) && !directory.inner.closing.is_cancelled() {
            // Between two steps of long work, what is due.
            tokio::select! {
                biased;
                _ = uses.tick() => write_uses(&directory).await,
                _ = cuts.tick() => cut_due = true,
                () = std::future::ready(()) => {}
            }
            continue;
        }
        tokio::select! {
            () = directory.inner.work.notified() => {}
            () = runner.judging.again() => {}
            _ = looks.tick(), if shared => {}
            _ = uses.tick() => write_uses(&directory).await,
            _ = cuts.tick() => cut_due = true,
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

/// Cuts some records off; whether there may be more to cut.
async fn cut(directory: &Directory) -> bool {
    match cut_records(directory).await {
        Ok(0) => false,
        Ok(records) => {
            tracing::info!(records, "records were cut off that do not have to be kept any more");
            true
        }
        Err(error) => {
            tracing::warn!(%error, "records could not be cut off; it is tried again in an hour");
            false
        }
    }
}

/// Cuts off some of what the configuration does not ask to be kept; how many records went.
async fn cut_records(directory: &Directory) -> Result<u64, Error> {
    let config = directory.in_force();
    let keep = config.document.as_ref().map(|document| document.audit).unwrap_or_default();
    let nothing_to_do = keep == AuditRetention::default() || directory.inner.closing.is_cancelled();
    if nothing_to_do || lease(directory).await?.is_none() {
        return Ok(0);
    }
    Ok(directory.inner.store.cut(keep, directory.now()).await?)
}

/// Takes or prolongs the lease of the runs; `None` while another process has it.
pub(super) async fn lease(directory: &Directory) -> Result<Option<Fence>, Error> {
    Ok(directory.inner.store.lease(LEASE, LEASE_FOR).await?)
}

/// What is known between two steps; all of it can be lost.
struct Runner {
    directory: Directory,
    /// Whether other processes may write.
    shared: bool,
    /// The configuration seen last.
    seen: Option<Seen>,
    /// Of what is to be judged.
    judging: Judging,
    /// Whom the full run under way has to change.
    sifted: Option<Sifted>,
    /// Since when nobody was told of progress; `None` = everybody knows.
    untold: Option<Instant>,
    /// How large batches are.
    pace: Pace,
}

/// A configuration in force, as far as it is known here.
struct Seen {
    revision: u64,
    /// Names the rules and roles in force.
    hash: String,
    /// Whether nothing that was decided by an earlier one is still to be committed.
    alone: bool,
    /// Whether something of it is to be judged.
    to_judge: bool,
}

/// How often judging what waits has failed.
#[derive(Debug, Default)]
struct Judging {
    /// When it is tried again, and the pause before that.
    failed: Option<(Instant, Duration)>,
}

impl Judging {
    fn is_due(&self, now: Instant) -> bool {
        self.failed.is_none_or(|(again, _)| now >= again)
    }

    fn has_failed(&mut self, now: Instant) {
        let pause = self.failed.map_or(RETRY_AFTER, |(_, pause)| (pause * 2).min(RETRY_MAX));
        self.failed = Some((now + pause, pause));
    }

    /// Completes when it is to be tried again; never when nothing has failed.
    async fn again(&self) {
        match self.failed {
            Some((again, _)) => tokio::time::sleep_until(again).await,
            None => std::future::pending().await,
        }
    }
}

/// Who is next in a run.
struct Piece {
    users: Vec<UserId>,
    up_to: Option<UserId>,
    passed: u64,
    ends: bool,
}

impl Runner {
    /// Does one batch of whatever is due; `false` when nothing is.
    async fn step(&mut self) -> Result<bool, Error> {
        let config = self.directory.in_force();
        if config.document.is_none() {
            return Ok(false);
        }
        let Seen { alone, to_judge, .. } = *self.see(&config);
        if !to_judge {
            self.judging = Judging::default();
        }
        let to_judge = to_judge && self.judging.is_due(Instant::now());
        let store = &self.directory.inner.store;
        let messages = self.directory.inner.messages.load(Ordering::Relaxed);
        let users = self.pace.users(messages, Instant::now());
        // Where several processes write, a batch locks its own people only.
        let users = if self.shared { BATCH_USERS_MAX } else { users };
        let (queued, next) = (store.pending_users(users.max(QUEUED_USERS)).await?, store.next_run().await?);
        if !to_judge && queued.is_empty() && next.is_none() {
            self.tell(true);
            return Ok(false);
        }
        let Some(fence) = lease(&self.directory).await? else {
            // Another process judges.
            self.judging = Judging::default();
            self.tell(true);
            return Ok(false);
        };
        let mut at_once = true;
        if to_judge {
            self.judge(&fence, &config).await;
        } else if !queued.is_empty() {
            at_once = false;
            let heading = Heading::new(self.directory.now(), &Actor::default());
            // What is queued is what the provider has asked for.
            let taken = store.transact(Batch { fence, heading, users: queued, run: None }).await?;
            self.directory.count_taken(taken);
        } else if let Some(run) = next {
            if !alone {
                // Whom it finds unchanged a run does not lock; a replica may be about to change them by other rules.
                store.quiesce().await?;
                self.see(&config).alone = true;
            }
            if run.status.phase == Phase::Pending {
                self.sifted = begin(&self.directory, &fence, run, &config).await?;
            } else {
                at_once = self.go_on(fence, run, users, &config).await?;
            }
        }
        self.untold.get_or_insert_with(Instant::now);
        self.tell(at_once);
        Ok(true)
    }

    /// Tells whoever waits for the state what happened since they were told last.
    fn tell(&mut self, at_once: bool) {
        if self.untold.is_some_and(|since| at_once || since.elapsed() >= TOLD_EVERY) {
            self.untold = None;
            self.directory.moved();
        }
    }

    /// Notes the configuration in force.
    fn see(&mut self, config: &InForce) -> &mut Seen {
        let seen = self.seen.take().filter(|seen| seen.revision == config.revision);
        let seen = seen.unwrap_or_else(|| {
            self.judging = Judging::default();
            let (revision, hash) = (config.revision, config.enforced.content_hash());
            Seen { revision, hash, alone: false, to_judge: is_due(config) }
        });
        self.seen.insert(seen)
    }

    /// Judges what waits. Where that fails the queue and runs go on by what is in force, and it is tried again.
    async fn judge(&mut self, fence: &Fence, config: &InForce) {
        match judge(&self.directory, fence, config).await {
            Ok(()) => self.judging = Judging::default(),
            Err(_) if self.directory.inner.closing.is_cancelled() => {}
            Err(error) => {
                self.judging.has_failed(Instant::now());
                tracing::warn!(%error, "what waits for the guard could not be weighed; it is tried again");
            }
        }
    }

    /// The next batch of a run that has begun; whether that is more than progress.
    async fn go_on(&mut self, fence: Fence, run: RunRow, users: u32, config: &InForce) -> Result<bool, Error> {
        let (revision, hash) = (config.revision, self.see(config).hash.clone());
        if run.weighed.as_ref() != Some(&hash) {
            weigh_rest(&self.directory, &fence, &run, config, hash).await?;
            return Ok(true);
        }
        self.sifted = self.sifted.take().filter(|sifted| sifted.uid == run.status.uid && sifted.revision == revision);
        let piece = match (&self.sifted, run.rules()) {
            (Some(sifted), None) => sifted.piece(&run, users),
            (None, None) => self.sift(&run, config, users).await?,
            (_, Some(_)) => {
                let next = self.directory.inner.store.run_users(run.clone(), users).await?;
                let (up_to, ends) = (next.last().copied(), next.len() < users as usize);
                Piece { users: next, up_to, passed: 0, ends }
            }
        };
        let Piece { users, up_to, passed, ends } = piece;
        let heading = Heading::new(self.directory.now(), &Actor::default());
        let (uid, name) = (run.status.uid, run.status.name);
        let part = Part { uid, name, after: run.cursor, up_to, passed, ends, revision };
        self.directory.inner.store.transact(Batch { fence, heading, users, run: Some(part) }).await?;
        Ok(ends)
    }

    /// Looks at the next people of a full run, until there is a batch to be changed or it is time to say how far it is.
    async fn sift(&self, run: &RunRow, config: &InForce, most: u32) -> Result<Piece, Error> {
        let store = &self.directory.inner.store;
        let (began, mut at, mut looked, mut users) = (Instant::now(), run.clone(), 0, Vec::new());
        loop {
            self.directory.may_go_on(false).await?;
            let read = most.max(READ_USERS);
            let ids = store.run_users(at.clone(), read).await?;
            let people = store.access_facts(ids.clone()).await?;
            let differ = |person: &&AccessFacts| settled(&config.rules, &person.grants, &person.groups).is_some();
            let differing: BTreeSet<UserId> = people.iter().filter(differ).map(|person| person.id).collect();
            let mut rest = ids.iter().copied();
            while users.len() < most as usize
                && let Some(id) = rest.next()
            {
                looked += 1;
                at.cursor = Some(id);
                users.extend(differing.contains(&id).then_some(id));
            }
            let ends = ids.len() < read as usize && rest.len() == 0;
            let full = users.len() >= most as usize;
            if ends || full || looked >= NOTED_PER_USERS || began.elapsed() >= NOTED_EVERY {
                let passed = looked - users.len() as u64;
                return Ok(Piece { users, up_to: at.cursor, passed, ends });
            }
        }
    }
}

impl Sifted {
    /// The next of those who have to be changed.
    fn piece(&self, run: &RunRow, most: u32) -> Piece {
        let from = self.differing.partition_point(|(_, id)| Some(*id) <= run.cursor);
        let rest = self.differing.get(from..).unwrap_or_default();
        let users: Vec<UserId> = rest.iter().take(most as usize).map(|(_, id)| *id).collect();
        let ends = users.len() == rest.len();
        let last = rest.get(users.len().wrapping_sub(1)).copied();
        let (looked, up_to) = match last {
            Some((looked, id)) if !ends => (looked, Some(id)),
            _ => (self.looked, self.last),
        };
        let passed = looked.saturating_sub(run.status.progress.processed).saturating_sub(users.len() as u64);
        Piece { users, up_to, passed, ends }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_judgement_that_fails_is_tried_again_after_one_second_then_two_and_at_most_a_minute() {
        let (mut judging, mut now) = (Judging::default(), Instant::now());
        assert!(judging.is_due(now));
        for seconds in [1, 2, 4, 8, 16, 32, 60, 60] {
            judging.has_failed(now);
            let again = now + Duration::from_secs(seconds);
            assert!(!judging.is_due(now) && !judging.is_due(again - Duration::from_millis(1)));
            assert!(judging.is_due(again), "after {seconds} s");
            now = again;
        }
    }
}
