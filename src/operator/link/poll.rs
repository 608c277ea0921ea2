//! One long poll of `/admin/v1/state` per directory: how the operator hears of groups, runs and evaluations at once.
//!
//! The supervisor owns every poll task and joins it; a task that ends without being told to ends the process.

use super::{Dialler, Links};
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
const FAILURES_COUNTED_MAX: u32 = 4;

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
    let mut failures = 0_u32;
    let mut since: Option<String> = None;
    for address in target.addresses.iter().cycle() {
        let answer = tokio::select! {
            () = stop.cancelled() => return,
            answer = ask(&target, *address, &dialler, since.as_deref()) => answer,
        };
        match answer {
            Ok(state) => {
                failures = 0;
                since = Some(state.position.clone());
                let now = Arc::new(state);
                let before = links.update(&target.key, &target.uid, |link| link.state.replace(now.clone()));
                tell(News { key: target.key.clone(), before, now }).await;
            }
            Err(error) => {
                // Every pod has its own position in time; after a failure the next answer must come at once.
                since = None;
                failures = failures.saturating_add(1);
                tracing::debug!(directory = %target.key, %error, "state poll failed; it is tried again");
                let wait = backoff::delay(failures.min(FAILURES_COUNTED_MAX), backoff::jitter());
                tokio::select! {
                    () = stop.cancelled() => return,
                    () = tokio::time::sleep(wait) => {}
                }
            }
        }
    }
}

async fn ask(target: &Target, address: SocketAddr, dialler: &Dialler, since: Option<&str>) -> Result<State, Error> {
    let client = dialler.client(&target.server_name, address, Timestamp::now())?;
    Ok(client.state(since, WAIT).await?)
}
