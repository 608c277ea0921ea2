//! Takes the Lease in the operator's namespace, renews it and gives it back: the calls behind [`super::election`].
//!
//! Through a client of its own, without retries and with a timeout per call, so that nothing else of this process and
//! no slow answer stands in the way of a renewal. Writes nothing but this one Lease, and only by the version that it
//! has read.

use super::election::{Answer, Call, Election, Now, Step, Timing};
use super::{FIELD_MANAGER, Leadership, Metrics};
use crate::operator::{ApiAnswer, Error};
use jiff::Timestamp;
use k8s_openapi::api::coordination::v1::Lease;
use kube::api::PostParams;
use kube::{Api, Client};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

/// A conflict on the way out is looked into once.
const RELEASE_ATTEMPTS: usize = 2;

/// Which Lease, and how it is held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeaseSettings {
    /// The Lease's name.
    pub name: String,
    /// How long holding, renewing and looking take.
    pub timing: Timing,
}

/// This process in the election.
pub struct Candidate {
    api: Api<Lease>,
    settings: LeaseSettings,
    identity: String,
    election: Election,
    leadership: Leadership,
    metrics: Arc<Metrics>,
}

impl Candidate {
    /// A candidate for the Lease in `namespace`. The identity is the pod's name and something random: a process of the
    /// same name that is started again is another holder.
    pub fn new(
        client: Client,
        namespace: &str,
        settings: LeaseSettings,
        pod: &str,
        leadership: Leadership,
        metrics: Arc<Metrics>,
    ) -> Self {
        let identity = format!("{pod}_{}", uuid::Uuid::new_v4().simple());
        let election = Election::new(&settings.name, &identity, settings.timing);
        Self { api: Api::namespaced(client, namespace), settings, identity, election, leadership, metrics }
    }

    /// How long a leader that lost the Lease has before another may begin.
    pub fn margin(&self) -> Duration {
        self.settings.timing.margin()
    }

    /// Stands by until this process leads; `false` when it was told to stop first.
    pub async fn win(&mut self, stop: &CancellationToken) -> Result<bool, Error> {
        let mut holder: Option<String> = None;
        while !stop.is_cancelled() {
            let wait = self.turn().await?;
            if let Some(term) = self.election.term() {
                self.metrics.leads(true);
                let (lease, identity) = (&self.settings.name, &self.identity);
                tracing::info!(lease, identity, epoch = term.epoch, "the Lease is taken");
                return Ok(true);
            }
            if holder.as_deref() != self.election.holder() {
                holder = self.election.holder().map(str::to_owned);
                tracing::info!(lease = self.settings.name, identity = self.identity, holder, "standing by");
            }
            tokio::select! {
                () = stop.cancelled() => {}
                () = tokio::time::sleep(wait) => {}
            }
        }
        Ok(false)
    }

    /// Renews the Lease until `over`. Fails when it is lost; nothing can be written from then on.
    pub async fn hold(&mut self, over: &CancellationToken) -> Result<(), Error> {
        loop {
            let wait = match self.turn().await {
                Ok(wait) => wait,
                Err(error) => {
                    self.end();
                    tracing::error!(lease = self.settings.name, identity = self.identity, %error, "the Lease is lost");
                    return Err(error);
                }
            };
            tokio::select! {
                biased;
                () = over.cancelled() => return Ok(()),
                overtaken = self.leadership.is_overtaken() => {
                    self.end();
                    tracing::error!(identity = self.identity, error = %overtaken, "there is a newer leader");
                    return Err(Error::Overtaken(overtaken));
                }
                () = tokio::time::sleep(wait) => {}
            }
        }
    }

    /// Gives the Lease back if it is ours, so that a standby need not wait for its end. For when all that writes has
    /// ended. `epoch` is one that an endpoint has seen, if it is higher than ours. A failure is logged: the Lease runs
    /// out by itself.
    pub async fn release(mut self, epoch: Option<u64>) {
        self.end();
        if !self.election.has_claimed() {
            return;
        }
        for _ in 0..RELEASE_ATTEMPTS {
            let sent = Instant::now();
            // What was seen last may be older than what was written last.
            let answer = self.ask(&Call::Read, self.settings.timing.call()).await;
            if matches!(answer, Answer::Failed) {
                continue;
            }
            self.election.take(answer, sent, Instant::now());
            let Some(lease) = self.election.released(Timestamp::now(), epoch) else { return };
            let answer = self.ask(&Call::Update(lease), self.settings.timing.call()).await;
            if matches!(answer, Answer::Written(_)) {
                tracing::info!(lease = self.settings.name, identity = self.identity, "the Lease is released");
                return;
            }
        }
        tracing::warn!(lease = self.settings.name, "the Lease could not be released; it runs out by itself");
    }

    fn end(&self) {
        self.leadership.end();
        self.metrics.leads(false);
    }

    /// Makes the call that is due, if one is; answers how long nothing is.
    async fn turn(&mut self) -> Result<Duration, Error> {
        let now = Now { instant: Instant::now(), time: Timestamp::now() };
        match self.election.step(now) {
            Step::Wait(wait) => Ok(wait),
            Step::Lost(loss) => Err(Error::LeaseLost { name: self.settings.name.clone(), loss }),
            Step::Call(call) => {
                let answer = self.ask(&call, self.election.patience(now.instant)).await;
                self.election.take(answer, now.instant, Instant::now());
                if let Some(term) = self.election.term() {
                    self.leadership.lead(term, now.time);
                }
                Ok(Duration::ZERO)
            }
        }
    }

    async fn ask(&self, call: &Call, patience: Duration) -> Answer {
        let name = &self.settings.name;
        let params = PostParams { field_manager: Some(FIELD_MANAGER.to_owned()), ..PostParams::default() };
        let asked = async {
            match call {
                Call::Read => {
                    self.api.get_opt(name).await.map(|lease| lease.map_or(Answer::Missing, |l| Answer::Found(l.into())))
                }
                Call::Create(lease) => self.api.create(&params, lease).await.map(|l| Answer::Written(l.into())),
                Call::Update(lease) => self.api.replace(name, &params, lease).await.map(|l| Answer::Written(l.into())),
            }
        };
        match tokio::time::timeout(patience, asked).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(error)) if error.is_conflict() => Answer::Conflict,
            Ok(Err(error)) if error.is_missing() && matches!(call, Call::Update(_)) => Answer::Missing,
            Ok(Err(error)) => {
                tracing::warn!(lease = name, %error, "the Lease could not be read or written; it is tried again");
                Answer::Failed
            }
            Err(_) => {
                let waited_ms = patience.as_millis();
                tracing::warn!(lease = name, waited_ms, "no answer about the Lease in time; it is asked again");
                Answer::Failed
            }
        }
    }
}

#[cfg(test)]
#[path = "lease_tests.rs"]
mod tests;
