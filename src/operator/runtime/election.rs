//! Who leads: decided from what the Lease says, and from when this process saw it change.
//!
//! A state machine without I/O: time and every answer of the API server come in as values, what goes out is the next
//! [`Step`]. It never compares another process's timestamps with a clock of ours: a lease has run out when its record
//! has not changed for its whole duration, on our own monotonic clock and since we saw it.
//!
//! Invariants: this process leads only until the renew deadline after it *sent* a write that was taken, which is
//! shorter than the lease that everybody else waits for from later on; every write names the version it replaces; and
//! the number of transitions, the epoch that fences publications, grows with every new holder and never falls.

use super::FIELD_MANAGER;
use jiff::Timestamp;
use k8s_openapi::api::coordination::v1::{Lease, LeaseSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{MicroTime, ObjectMeta};
use std::time::{Duration, Instant};

/// How long a lease may be at most.
const LONGEST: Duration = Duration::from_secs(3600);

/// How long holding, renewing and looking take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timing {
    lease: Duration,
    deadline: Duration,
    retry: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Self { lease: Duration::from_secs(15), deadline: Duration::from_secs(10), retry: Duration::from_secs(2) }
    }
}

impl Timing {
    /// A lease of this duration, whose holder gives up after `deadline` without a renewal, and that is renewed and
    /// looked at every `retry`.
    ///
    /// # Errors
    /// What to write instead, when the three do not go together.
    pub fn new(lease: Duration, deadline: Duration, retry: Duration) -> Result<Self, &'static str> {
        if lease < Duration::from_secs(1) || lease > LONGEST || lease.subsec_nanos() != 0 {
            return Err("the lease duration is in whole seconds, from 1s to 3600s");
        }
        if deadline >= lease {
            return Err("the renew deadline must be shorter than the lease duration: in between the old leader ends");
        }
        if retry.is_zero() || retry > deadline / 2 {
            return Err("the retry period must be at most half of the renew deadline: one renewal may fail");
        }
        Ok(Self { lease, deadline, retry })
    }

    /// How long one call may take: several fit before the renew deadline.
    pub fn call(&self) -> Duration {
        self.deadline / 3
    }

    /// How long a leader that could not renew has before another may begin.
    pub fn margin(&self) -> Duration {
        self.lease.saturating_sub(self.deadline)
    }

    /// How soon to try again what went wrong while leading.
    fn pause(&self) -> Duration {
        self.retry / 4
    }
}

/// This moment on both clocks: the one to measure with and the one to write down.
#[derive(Debug, Clone, Copy)]
pub struct Now {
    /// Monotonic.
    pub instant: Instant,
    /// Of the wall; for people who read the Lease.
    pub time: Timestamp,
}

/// A call to the API server.
#[derive(Debug, Clone, PartialEq)]
pub enum Call {
    /// Read the Lease.
    Read,
    /// Make it: there is none.
    Create(Box<Lease>),
    /// Replace the version that it names.
    Update(Box<Lease>),
}

/// What comes next.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// Nothing for this long.
    Wait(Duration),
    /// This call; its answer goes to [`Election::take`].
    Call(Call),
    /// This process led and does so no more.
    Lost(Loss),
}

/// What came of a call.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// The Lease as it was read.
    Found(Box<Lease>),
    /// The Lease as it was written.
    Written(Box<Lease>),
    /// There is no Lease.
    Missing,
    /// Somebody else was first.
    Conflict,
    /// Nobody knows: no answer in time, or an error.
    Failed,
}

/// Why a leader leads no more.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Loss {
    /// The API server took no renewal before the deadline.
    #[error("it could not be renewed in time")]
    NotRenewed,
    /// The Lease names another holder.
    #[error("its holder is {0} now")]
    Taken(String),
}

/// A time of leading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Term {
    /// The Lease's transitions: higher than that of every leader before.
    pub epoch: u64,
    /// Until when, unless it is renewed.
    pub until: Instant,
}

#[derive(Debug)]
struct Seen {
    lease: Lease,
    /// When its content was first seen as it is.
    since: Instant,
}

#[derive(Debug, Clone, Copy)]
struct Led {
    transitions: i32,
    /// When the last renewal that was taken was sent.
    renewed: Instant,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Next {
    Read,
    Claim,
}

/// One process's part in the election.
#[derive(Debug)]
pub struct Election {
    name: String,
    identity: String,
    timing: Timing,
    seen: Option<Seen>,
    /// Whether there was a Lease when it was last asked for.
    exists: bool,
    next: Next,
    /// Not before; `None` = at once.
    due: Option<Instant>,
    claimed: bool,
    led: Option<Led>,
    lost: Option<Loss>,
}

impl Election {
    /// A candidate of this identity for the Lease of this name. No other process may ever have the same identity.
    pub fn new(name: &str, identity: &str, timing: Timing) -> Self {
        Self {
            name: name.to_owned(),
            identity: identity.to_owned(),
            timing,
            seen: None,
            exists: false,
            next: Next::Read,
            due: None,
            claimed: false,
            led: None,
            lost: None,
        }
    }

    /// What comes next, now.
    pub fn step(&mut self, now: Now) -> Step {
        let deadline = self.deadline();
        if self.lost.is_none() && deadline.is_some_and(|deadline| now.instant >= deadline) {
            self.lost = Some(Loss::NotRenewed);
        }
        if let Some(loss) = &self.lost {
            return Step::Lost(loss.clone());
        }
        if let Some(due) = self.due.filter(|due| now.instant < *due) {
            let until = deadline.map_or(due, |deadline| due.min(deadline));
            return Step::Wait(until.saturating_duration_since(now.instant));
        }
        match self.next {
            Next::Read => Step::Call(Call::Read),
            Next::Claim => {
                self.claimed = true;
                Step::Call(self.claim(now.time))
            }
        }
    }

    /// Takes the answer of the call that [`Election::step`] asked for and that was sent at `sent`.
    pub fn take(&mut self, answer: Answer, sent: Instant, now: Instant) {
        match answer {
            Answer::Found(lease) => {
                self.see(*lease, now);
                self.judge(now);
            }
            Answer::Written(lease) => {
                self.see(*lease, now);
                let transitions = self.transitions();
                let transitions = self.led.map_or(transitions, |led| led.transitions);
                self.led = Some(Led { transitions, renewed: sent });
                (self.next, self.due) = (Next::Claim, Some(sent + self.timing.retry));
            }
            Answer::Missing => {
                self.exists = false;
                self.claim_when_free(now);
            }
            Answer::Conflict => (self.next, self.due) = (Next::Read, Some(now + self.timing.pause())),
            // A leader's write that was taken all the same conflicts with the next one, and that is looked into then.
            Answer::Failed if self.led.is_some() => self.due = Some(now + self.timing.pause()),
            // A candidate's that was taken is found by reading: it names us.
            Answer::Failed => (self.next, self.due) = (Next::Read, Some(now + self.timing.retry)),
        }
    }

    /// While this process leads: its term, which may have run out unnoticed.
    pub fn term(&self) -> Option<Term> {
        let led = self.led.filter(|_| self.lost.is_none())?;
        Some(Term { epoch: u64::try_from(led.transitions).unwrap_or(0), until: led.renewed + self.timing.deadline })
    }

    /// Who holds the Lease as last seen.
    pub fn holder(&self) -> Option<&str> {
        let spec = self.seen.as_ref()?.lease.spec.as_ref()?;
        spec.holder_identity.as_deref().filter(|holder| !holder.is_empty())
    }

    /// How long a call that begins now may take: never beyond the deadline.
    pub fn patience(&self, now: Instant) -> Duration {
        let left = self.deadline().map_or(Duration::MAX, |deadline| deadline.saturating_duration_since(now));
        self.timing.call().min(left)
    }

    /// Whether a write of ours may ever have been taken.
    pub fn has_claimed(&self) -> bool {
        self.claimed
    }

    /// The Lease given back, if it is ours as last seen. `epoch` is one that an endpoint has seen: the next holder's is
    /// higher than that, too.
    pub fn released(&self, time: Timestamp, epoch: Option<u64>) -> Option<Box<Lease>> {
        if self.holder() != Some(&*self.identity) {
            return None;
        }
        let mut lease = self.seen.as_ref()?.lease.clone();
        let seen = epoch.map_or(0, |epoch| i32::try_from(epoch).unwrap_or(i32::MAX));
        lease.spec = Some(LeaseSpec {
            holder_identity: None,
            renew_time: Some(MicroTime(time)),
            lease_transitions: Some(self.transitions().max(seen)),
            ..lease.spec.unwrap_or_default()
        });
        Some(Box::new(lease))
    }

    fn deadline(&self) -> Option<Instant> {
        self.led.map(|led| led.renewed + self.timing.deadline)
    }

    fn transitions(&self) -> i32 {
        let spec = self.seen.as_ref().and_then(|seen| seen.lease.spec.as_ref());
        spec.and_then(|spec| spec.lease_transitions).unwrap_or(0).max(0)
    }

    fn see(&mut self, lease: Lease, now: Instant) {
        self.exists = true;
        match &mut self.seen {
            Some(seen) if seen.lease.spec == lease.spec => seen.lease = lease,
            seen => *seen = Some(Seen { lease, since: now }),
        }
    }

    fn judge(&mut self, now: Instant) {
        let ours = self.holder() == Some(&*self.identity);
        match self.led {
            Some(_) if !ours => self.lost = Some(Loss::Taken(self.holder().unwrap_or("nobody").to_owned())),
            _ => self.claim_when_free(now),
        }
    }

    /// Claims the Lease at once, unless it is another's whose time is not up.
    fn claim_when_free(&mut self, now: Instant) {
        (self.next, self.due) = match self.runs_out().filter(|end| self.led.is_none() && now < *end) {
            Some(end) => (Next::Read, Some(end.min(now + self.timing.retry))),
            None => (Next::Claim, None),
        };
    }

    /// When the lease of another runs out if it is not renewed.
    fn runs_out(&self) -> Option<Instant> {
        let seen = self.seen.as_ref()?;
        self.holder().filter(|holder| *holder != self.identity)?;
        let seconds = seen.lease.spec.as_ref()?.lease_duration_seconds.and_then(|seconds| u64::try_from(seconds).ok());
        Some(seen.since + seconds.map_or(self.timing.lease, Duration::from_secs))
    }

    /// The write that makes or keeps the Lease ours.
    fn claim(&self, time: Timestamp) -> Call {
        let before = self.seen.as_ref().and_then(|seen| seen.lease.spec.clone()).unwrap_or_default();
        let ours = before.holder_identity.as_deref() == Some(&*self.identity);
        let transitions = match self.led {
            Some(led) => self.transitions().max(led.transitions),
            // An earlier claim of ours was taken, and its answer was lost.
            None if ours => self.transitions(),
            None => self.transitions().saturating_add(1),
        };
        let spec = Some(LeaseSpec {
            holder_identity: Some(self.identity.clone()),
            lease_duration_seconds: Some(i32::try_from(self.timing.lease.as_secs()).unwrap_or(i32::MAX)),
            acquire_time: before.acquire_time.filter(|_| ours).or(Some(MicroTime(time))),
            renew_time: Some(MicroTime(time)),
            lease_transitions: Some(transitions),
            preferred_holder: before.preferred_holder,
            strategy: before.strategy,
        });
        match &self.seen {
            Some(seen) if self.exists => Call::Update(Box::new(Lease { spec, ..seen.lease.clone() })),
            _ => Call::Create(Box::new(Lease {
                metadata: ObjectMeta {
                    name: Some(self.name.clone()),
                    labels: Some([("app.kubernetes.io/managed-by".to_owned(), FIELD_MANAGER.to_owned())].into()),
                    ..ObjectMeta::default()
                },
                spec,
            })),
        }
    }
}

#[cfg(test)]
#[path = "election_tests.rs"]
mod tests;
