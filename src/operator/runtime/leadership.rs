//! Whether this process leads: what everything asks that writes to the API server or publishes to an endpoint.
//!
//! Judged by our own monotonic clock at the moment of asking, so that a process that was frozen past its lease writes
//! nothing in the moment between waking and knowing. Once over, it is over for the life of the process. Decides
//! nothing: [`super::lease`] tells it.

use super::election::Term;
use crate::operator::Error;
use jiff::Timestamp;
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::watch;

/// An endpoint knows a writer with a higher epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "an endpoint has taken a configuration of the epoch {seen}, and ours is {epoch}: a newer leader is at work, or the \
     Lease that counted so far was deleted or is not used any more; this process ends, and the next one that takes the \
     Lease has a higher epoch"
)]
pub struct Overtaken {
    /// The epoch that the endpoint has seen.
    pub seen: u64,
    /// Ours.
    pub epoch: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Standby,
    Leading { epoch: u64, since: Timestamp, until: Option<Instant> },
    Over(Option<Overtaken>),
}

/// Whether this process leads. Clones share it.
#[derive(Debug, Clone)]
pub struct Leadership(Arc<watch::Sender<State>>);

impl Leadership {
    /// Of a process that stands by.
    pub fn standby() -> Self {
        Self(Arc::new(watch::Sender::new(State::Standby)))
    }

    /// Of a process beside which there is none: it leads without end, with epoch 0.
    pub fn alone(since: Timestamp) -> Self {
        Self(Arc::new(watch::Sender::new(State::Leading { epoch: 0, since, until: None })))
    }

    /// Begins or renews a term.
    pub fn lead(&self, term: Term, now: Timestamp) {
        let Term { epoch, until } = term;
        self.0.send_if_modified(|state| {
            let since = match state {
                State::Standby => now,
                State::Leading { since, .. } => *since,
                State::Over(_) => return false,
            };
            *state = State::Leading { epoch, since, until: Some(until) };
            true
        });
    }

    /// Ends it.
    pub fn end(&self) {
        self.0.send_if_modified(|state| {
            let ends = !matches!(state, State::Over(_));
            if ends {
                *state = State::Over(None);
            }
            ends
        });
    }

    /// Ends it because an endpoint knows a writer with this epoch; answers the error to give up with.
    pub fn overtaken(&self, seen: u64) -> Error {
        let mut overtaken = Overtaken { seen, epoch: 0 };
        self.0.send_modify(|state| match state {
            State::Leading { epoch, .. } => {
                overtaken.epoch = *epoch;
                *state = State::Over(Some(overtaken));
            }
            State::Over(Some(before)) => overtaken = *before,
            State::Standby | State::Over(None) => *state = State::Over(Some(overtaken)),
        });
        Error::Overtaken(overtaken)
    }

    /// Returns when an endpoint knows a writer with a higher epoch.
    pub async fn is_overtaken(&self) -> Overtaken {
        let mut states = self.0.subscribe();
        loop {
            let state = *states.borrow_and_update();
            if let State::Over(Some(overtaken)) = state {
                return overtaken;
            }
            if states.changed().await.is_err() {
                // Not while `self` keeps the sender.
                std::future::pending::<()>().await;
            }
        }
    }

    /// The epoch to publish with.
    ///
    /// # Errors
    /// When this process does not lead at this moment: nothing may be written then.
    pub fn epoch(&self) -> Result<u64, Error> {
        let state = *self.0.borrow();
        match state {
            State::Leading { epoch, until, .. } if until.is_none_or(|until| Instant::now() < until) => Ok(epoch),
            State::Standby | State::Leading { .. } | State::Over(_) => Err(Error::NotLeading),
        }
    }

    /// Since when it leads.
    pub fn since(&self) -> Option<Timestamp> {
        let state = *self.0.borrow();
        match state {
            State::Leading { since, .. } => Some(since),
            State::Standby | State::Over(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn term(epoch: u64) -> Term {
        Term { epoch, until: Instant::now() + Duration::from_secs(60) }
    }

    #[test]
    fn nobody_writes_before_the_lease_is_ours_nor_after_its_time_is_up() {
        let leadership = Leadership::standby();
        assert!(matches!(leadership.epoch(), Err(Error::NotLeading)) && leadership.since().is_none());
        leadership.lead(term(3), Timestamp::UNIX_EPOCH);
        assert_eq!(leadership.clone().epoch().unwrap(), 3);
        leadership.lead(Term { epoch: 3, until: Instant::now() }, Timestamp::now());
        assert!(matches!(leadership.epoch(), Err(Error::NotLeading)), "asked when its time is up");
        assert_eq!(leadership.since(), Some(Timestamp::UNIX_EPOCH), "a renewal is no new beginning");
    }

    #[test]
    fn what_is_over_does_not_begin_again() {
        let leadership = Leadership::standby();
        leadership.lead(term(3), Timestamp::UNIX_EPOCH);
        leadership.end();
        leadership.lead(term(4), Timestamp::UNIX_EPOCH);
        assert!(leadership.epoch().is_err());
    }

    #[tokio::test]
    async fn an_endpoint_that_knows_a_newer_writer_ends_it_at_once() {
        let leadership = Leadership::standby();
        leadership.lead(term(3), Timestamp::UNIX_EPOCH);
        let error = leadership.overtaken(5);
        assert!(error.is_loss() && error.to_string().contains("epoch 5, and ours is 3"), "{error}");
        assert!(leadership.epoch().is_err());
        leadership.overtaken(9);
        leadership.lead(term(6), Timestamp::UNIX_EPOCH);
        assert_eq!(leadership.is_overtaken().await, Overtaken { seen: 5, epoch: 3 }, "the first word counts");
    }

    #[test]
    fn without_an_election_a_process_leads_with_epoch_0() {
        let leadership = Leadership::alone(Timestamp::UNIX_EPOCH);
        assert_eq!(leadership.epoch().unwrap(), 0);
        leadership.overtaken(2);
        assert!(leadership.epoch().is_err());
    }
}
