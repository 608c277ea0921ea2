//! One long poll of `/admin/v1/state` per directory: how the operator hears of groups, runs and evaluations at once.
//! Any pod can tell; one that answers is asked on, since each has its own position in time.
//!
//! The supervisor owns every poll task and joins it; a task that ends without being told to ends the process.

use super::{Dialler, Links, Report};
use crate::config::State;
use crate::operator::Error;
use crate::operator::runtime::{Key, backoff};
use jiff::Timestamp;
use std::collections::HashMap;
use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

const WAIT: Duration = Duration::from_secs(25);
const ROUNDS_COUNTED_MAX: u32 = 4;

/// Which endpoint to poll.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The directory.
    pub key: Key,
    /// Its uid.
    pub uid: String,
    /// The name in the endpoint's certificate.
    pub server_name: String,
    /// Its pods; none = stop polling.
    pub addresses: Vec<SocketAddr>,
}

/// What a poll brought.
#[derive(Debug, Clone)]
pub struct News {
    /// The directory.
    pub key: Key,
    /// The state before, if there was one.
    pub before: Option<Arc<State>>,
    /// The state now.
    pub now: Arc<State>,
    /// Whether it is the first answer since the poll began, or since nobody answered: what was said to the endpoint
    /// meanwhile may not have arrived, whatever its state.
    pub again: bool,
}

/// Runs the polls that `targets` asks for until `stop`; hands what they bring to `tell`.
pub async fn supervise<Tell, Told>(
    mut targets: mpsc::Receiver<Target>,
    dialler: Arc<Dialler>,
    links: Arc<Links>,
    stop: CancellationToken,
    tell: Tell,
) -> Result<(), Error>
where
    Tell: Fn(News) -> Told + Clone + Send + 'static,
    Told: Future<Output = ()> + Send + 'static,
{
    let mut running: HashMap<Key, (Target, CancellationToken)> = HashMap::new();
    let mut tasks: JoinSet<()> = JoinSet::new();
    loop {
        tokio::select! {
            () = stop.cancelled() => break,
            Some(ended) = tasks.join_next() => {
                // A poll returns only after it was told to; anything else is a defect that must not go unseen.
                if ended.is_err() {
                    return Err(Error::TaskEnded("state poll"));
                }
            }
            target = targets.recv() => {
                let Some(target) = target else { break };
                if running.get(&target.key).is_some_and(|(current, _)| *current == target) {
                    continue;
                }
                if let Some((_, stop)) = running.remove(&target.key) {
                    stop.cancel();
                }
                if target.addresses.is_empty() {
                    continue;
                }
                let stop = stop.child_token();
                running.insert(target.key.clone(), (target.clone(), stop.clone()));
                tasks.spawn(poll(target, dialler.clone(), links.clone(), stop, tell.clone()));
            }
        }
    }
    running.into_values().for_each(|(_, stop)| stop.cancel());
    while let Some(ended) = tasks.join_next().await {
        ended.map_err(|_| Error::TaskEnded("state poll"))?;
    }
    Ok(())
}

async fn poll<Tell, Told>(target: Target, dialler: Arc<Dialler>, links: Arc<Links>, stop: CancellationToken, tell: Tell)
where
    Tell: Fn(News) -> Told,
    Told: Future<Output = ()>,
{
    let mut turn = Turn::of(target.addresses.clone());
    let mut since: Option<String> = None;
    while let Some(address) = turn.address() {
        let answer = tokio::select! {
            () = stop.cancelled() => return,
            answer = ask(&target, address, &dialler, since.as_deref()) => answer,
        };
        match answer {
            Ok(state) => {
                turn.answered();
                let again = since.is_none();
                since = Some(state.position.clone());
                let now = Arc::new(state);
                let before = links.known(&target.key, &target.uid, |link| {
                    let report = Report { store_id: now.store_id.clone(), revision: now.revision };
                    link.reports.insert(address, report);
                    link.state.replace(now.clone())
                });
                // Of an earlier directory of this name: whoever polls for this one will be told.
                let Some(before) = before else { continue };
                tell(News { key: target.key.clone(), before, now, again }).await;
            }
            Err(error) => {
                // After a failure the next answer must come at once.
                since = None;
                tracing::debug!(directory = %target.key, %error, "state poll failed; it is tried again");
                let Some(rounds) = turn.failed() else { continue };
                let wait = backoff::delay(rounds, backoff::jitter());
                tokio::select! {
                    () = stop.cancelled() => return,
                    () = tokio::time::sleep(wait) => {}
                }
            }
        }
    }
}

/// Whose turn it is: the same pod's while it answers, the next one's when it does not.
struct Turn {
    addresses: Vec<SocketAddr>,
    at: usize,
    failures: u32,
}

impl Turn {
    fn of(addresses: Vec<SocketAddr>) -> Self {
        Self { addresses, at: 0, failures: 0 }
    }

    /// Nobody's when there are no pods.
    fn address(&self) -> Option<SocketAddr> {
        self.addresses.get(self.at).copied()
    }

    fn answered(&mut self) {
        self.failures = 0;
    }

    /// Goes on to the next; after a whole round without an answer how many rounds that is now, for the wait.
    fn failed(&mut self) -> Option<u32> {
        self.failures = self.failures.saturating_add(1);
        self.at = self.at.saturating_add(1) % self.addresses.len().max(1);
        let pods = u32::try_from(self.addresses.len().max(1)).unwrap_or(u32::MAX);
        self.failures.is_multiple_of(pods).then(|| (self.failures / pods).min(ROUNDS_COUNTED_MAX))
    }
}

async fn ask(target: &Target, address: SocketAddr, dialler: &Dialler, since: Option<&str>) -> Result<State, Error> {
    let client = dialler.client(&target.server_name, address, Timestamp::now())?;
    let answer = client.state(since, WAIT).await;
    if let Err(error) = &answer {
        dialler.failed(&target.server_name, address, error);
    }
    Ok(answer?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(last: u8) -> SocketAddr {
        SocketAddr::from(([198, 18, 0, last], 8443))
    }

    #[test]
    fn the_pod_that_answers_is_asked_on_and_another_only_when_it_fails() {
        let mut turn = Turn::of(vec![address(1), address(2)]);
        for _ in 0..3 {
            assert_eq!(turn.address(), Some(address(1)));
            turn.answered();
        }
        assert_eq!(turn.failed(), None, "the next one is asked at once");
        assert_eq!(turn.address(), Some(address(2)));
        assert_eq!(turn.failed(), Some(1), "nobody answered");
        assert_eq!((turn.failed(), turn.failed()), (None, Some(2)));
        turn.failed();
        assert_eq!(turn.address(), Some(address(2)));
        turn.answered();
        assert_eq!((turn.failed(), turn.failed()), (None, Some(1)), "an answer begins anew");
    }

    #[test]
    fn waits_stop_growing_and_nobody_is_nobodys_turn() {
        let mut alone = Turn::of(vec![address(1)]);
        let rounds: Vec<_> = (0..6).map(|_| alone.failed().unwrap()).collect();
        assert_eq!((rounds, alone.address()), (vec![1, 2, 3, 4, 4, 4], Some(address(1))));
        assert_eq!(Turn::of(Vec::new()).address(), None);
    }
}
