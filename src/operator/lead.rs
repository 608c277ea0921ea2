//! From standing by to leading, and out of it again: everything that writes begins here, and only while this process
//! holds the Lease.
//!
//! A standby has its stores filled and is ready; what its watches tell it is in the stores and wakes nobody. Once it
//! leads, everything in them is reconciled. On a signal what runs is finished while the Lease is still held, then the
//! Lease is given back. When the Lease is lost nothing is finished: the fence lets no write through any more, what runs
//! has the time until another may lead, then it is broken off, and the error ends the process.

use super::context::{Context, Requests, Stores};
use super::link::poll::{self, Target};
use super::runtime::{Candidate, Controller, Key, Readiness};
use super::{Error, directory, rule, rule_sync, tls, token, undecodable, wake};
use jiff::Timestamp;
use kube::runtime::reflector::Store;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// How long the authority of the admin API may take to be read, or made.
const AUTHORITY_TIMEOUT: Duration = Duration::from_secs(30);
/// How long what runs has when a process without a Lease may not write any more.
const MARGIN: Duration = Duration::from_secs(5);

/// What a process that stands by has ready.
pub struct Standby {
    /// What the controllers share.
    pub ctx: Arc<Context>,
    /// Who wants a reconcile.
    pub requests: Requests,
    /// Which endpoints are polled.
    pub wanted_targets: mpsc::Receiver<Target>,
    /// This process in the election; `None`: there is no election.
    pub candidate: Option<Candidate>,
    /// What the probes say.
    pub readiness: Readiness,
}

/// Stands by, leads, and gives the Lease back; until `stop`, or until the Lease is lost.
pub async fn run(standby: Standby, stop: CancellationToken) -> Result<(), Error> {
    let Standby { ctx, requests, wanted_targets, mut candidate, readiness } = standby;
    // Nothing may be decided, and above all nothing published, from half a list; who could not begin does not stand.
    tokio::select! {
        biased;
        () = stop.cancelled() => return Ok(()),
        filled = filled(&ctx.stores) => filled?,
    }
    readiness.wait_for([]);
    tracing::info!("every store is filled");
    let won = match &mut candidate {
        Some(candidate) => candidate.win(&stop).await?,
        None => true,
    };
    let mut result = Ok(());
    if won {
        result = lead(&ctx, requests, wanted_targets, candidate.as_mut(), &stop).await;
    }
    if let Some(candidate) = candidate {
        let seen = match &result {
            Err(Error::Overtaken(overtaken)) => Some(overtaken.seen),
            Ok(()) | Err(_) => None,
        };
        if tokio::time::timeout(candidate.margin(), candidate.release(seen)).await.is_err() {
            tracing::warn!("the Lease could not be released in time; it runs out by itself");
        }
    }
    result
}

/// Leads until `stop` or until the Lease is lost. All that writes has ended when this returns.
async fn lead(
    ctx: &Arc<Context>,
    requests: Requests,
    wanted_targets: mpsc::Receiver<Target>,
    candidate: Option<&mut Candidate>,
    stop: &CancellationToken,
) -> Result<(), Error> {
    let (leading, over) = (stop.child_token(), CancellationToken::new());
    let margin = candidate.as_ref().map_or(MARGIN, |candidate| candidate.margin());
    let mut work = tokio::spawn(work(ctx.clone(), requests, wanted_targets, leading.clone()));
    let hold = hold(ctx, candidate, &over);
    tokio::pin!(hold);
    tokio::select! {
        biased;
        lost = &mut hold => {
            leading.cancel();
            if tokio::time::timeout(margin, &mut work).await.is_err() {
                tracing::warn!("what was being reconciled is broken off");
                work.abort();
                let _ = work.await;
            }
            lost
        }
        worked = &mut work => {
            over.cancel();
            // That the Lease was lost while the last reconciles ended goes before what became of them.
            hold.await.and(worked.unwrap_or(Err(Error::Panicked)))
        }
    }
}

/// Returns after `over`, or with the error when this process may not lead any more.
async fn hold(ctx: &Context, candidate: Option<&mut Candidate>, over: &CancellationToken) -> Result<(), Error> {
    if let Some(candidate) = candidate {
        return candidate.hold(over).await;
    }
    tokio::select! {
        biased;
        () = over.cancelled() => Ok(()),
        overtaken = ctx.leadership.is_overtaken() => Err(Error::Overtaken(overtaken)),
    }
}

/// All that writes, until `stop`; the first part that ends without being told to ends the others.
async fn work(
    ctx: Arc<Context>,
    requests: Requests,
    wanted_targets: mpsc::Receiver<Target>,
    stop: CancellationToken,
) -> Result<(), Error> {
    let kept = tls::load(&ctx.client, &ctx.settings.namespace, Timestamp::now());
    let kept = tokio::select! {
        biased;
        () = stop.cancelled() => return Ok(()),
        kept = tokio::time::timeout(AUTHORITY_TIMEOUT, kept) => kept,
    };
    ctx.dialler.trust(kept.map_err(|_| Error::TimedOut(AUTHORITY_TIMEOUT))??.authorities);
    let mut parts: JoinSet<Result<(), Error>> = JoinSet::new();
    let polled = ctx.clone();
    parts.spawn(poll::supervise(wanted_targets, ctx.dialler.clone(), ctx.links.clone(), stop.clone(), move |news| {
        let ctx = polled.clone();
        async move { wake::state(&ctx, news).await }
    }));
    parts.spawn(undecodable::run(ctx.clone(), stop.clone()));
    parts.spawn(tls::rotate(ctx.clone(), stop.clone()));
    parts.spawn(controllers(ctx, requests, stop.clone()));
    let mut result = Ok(());
    while let Some(ended) = parts.join_next().await {
        let ended = ended.unwrap_or(Err(Error::Panicked));
        if !stop.is_cancelled() && result.is_ok() {
            result = ended.and(Err(Error::TaskEnded("leader")));
        }
        stop.cancel();
    }
    result
}

/// The four controllers, each with everything that is in its store to begin with.
async fn controllers(ctx: Arc<Context>, requests: Requests, stop: CancellationToken) -> Result<(), Error> {
    tracing::info!("reconciling");
    ctx.queues.open();
    let Requests { directories, rules, syncs, tokens } = requests;
    let stores = &ctx.stores;
    let forget = |_: &Key| {};
    let run = (
        Controller::of("directory", &stores.directories, directories, &ctx.metrics, &stop).run(
            with(&ctx, |ctx, object| async move { directory::reconcile(&ctx, object).await }),
            |key| {
                directory::gone(&ctx, key);
            },
        ),
        Controller::of("rule", &stores.rules, rules, &ctx.metrics, &stop)
            .run(with(&ctx, |ctx, object| async move { rule::reconcile(&ctx, object).await }), forget),
        Controller::of("rule_sync", &stores.syncs, syncs, &ctx.metrics, &stop)
            .run(with(&ctx, |ctx, object| async move { rule_sync::reconcile(&ctx, object).await }), forget),
        Controller::of("token", &stores.tokens, tokens, &ctx.metrics, &stop)
            .run(with(&ctx, |ctx, object| async move { token::reconcile(&ctx, object).await }), forget),
    );
    let (directories, rules, syncs, tokens, ()) = tokio::join!(run.0, run.1, run.2, run.3, wake::everything(&ctx));
    directories.and(rules).and(syncs).and(tokens)
}

fn with<K, Fut>(
    ctx: &Arc<Context>,
    reconcile: impl Fn(Arc<Context>, Arc<K>) -> Fut + Clone,
) -> impl Fn(Arc<K>) -> Fut + Clone
where
    Fut: Future,
{
    let ctx = ctx.clone();
    move |object| reconcile(ctx.clone(), object)
}

async fn filled(stores: &Stores) -> Result<(), Error> {
    async fn one<K>(store: &Store<K>) -> Result<(), Error>
    where
        K: kube::Resource<DynamicType = ()> + Clone + 'static,
    {
        store.wait_until_ready().await.map_err(|_| Error::TaskEnded("watch"))
    }
    one(&stores.directories).await?;
    one(&stores.rules).await?;
    one(&stores.syncs).await?;
    one(&stores.tokens).await?;
    one(&stores.accounts).await?;
    one(&stores.secrets).await?;
    one(&stores.claims).await?;
    one(&stores.services).await?;
    one(&stores.policies).await?;
    one(&stores.budgets).await?;
    one(&stores.workloads).await?;
    one(&stores.slices).await
}
