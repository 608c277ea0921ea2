//! Starts everything in order and ends everything together: probes, CRDs, watches; and [`lead`], which does the rest
//! once this process leads.
//!
//! Every task is in one set; the first that ends without being told to ends the process. A signal stops new reconciles,
//! lets the running ones finish, gives the Lease back, and the process exits 0. A process that loses the Lease ends
//! everything within a bound and exits with the error.

use super::cluster::Cluster;
use super::context::{Context, Settings, Stores, queues};
use super::link::{Dialler, Links};
use super::runtime::watch::{self, objects};
use super::runtime::{
    Candidate, Events, FIELD_MANAGER, Feed, Leadership, MANAGED_BY, Metrics, Readiness, client, crds, health,
};
use super::{Error, lead, wake};
use crate::api::label;
use jiff::Timestamp;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::{JoinError, JoinSet};
use tokio_util::sync::CancellationToken;

const TARGETS: usize = 256;
/// How long everything may take to end: what is reconciled is finished, and each of them is bounded.
const ENDING: Duration = Duration::from_secs(75);
/// The same after the Lease was lost and all that writes has ended.
const ENDING_AFTER_LOSS: Duration = Duration::from_secs(2);

/// Runs until `stop`, or until something that should not end ends.
pub async fn run(settings: Settings, stop: CancellationToken) -> Result<(), Error> {
    let (metrics, readiness) = (Arc::new(Metrics::default()), Readiness::default());
    readiness.wait_for(["the API server".to_owned()]);
    let mut tasks: JoinSet<Result<(), Error>> = JoinSet::new();
    // First of all: a probe that is answered from the first moment, also while waiting for CRDs.
    tasks.spawn(health::serve(settings.metrics_listen, readiness.clone(), metrics.clone(), stop.clone()));
    let mut result = start(&mut tasks, settings, metrics, readiness, stop.clone()).await;
    if result.is_ok() {
        tokio::select! {
            biased;
            () = stop.cancelled() => {}
            Some(ended) = tasks.join_next() => result = outcome(ended).and(Err(Error::TaskEnded("operator"))),
        }
    }
    stop.cancel();
    let limit = if result.as_ref().is_err_and(Error::is_loss) { ENDING_AFTER_LOSS } else { ENDING };
    let ended = async {
        while let Some(ended) = tasks.join_next().await {
            // What fails because it was told to end is no failure; a Lease that is lost meanwhile is one.
            if let Err(error) = outcome(ended)
                && error.is_loss()
                && result.is_ok()
            {
                result = Err(error);
            }
        }
    };
    if tokio::time::timeout(limit, ended).await.is_err() {
        tracing::warn!("not everything has ended in time; it is broken off");
        tasks.shutdown().await;
    }
    tracing::info!("stopped");
    result
}

fn outcome(ended: Result<Result<(), Error>, JoinError>) -> Result<(), Error> {
    ended.unwrap_or(Err(Error::Panicked))
}

async fn start(
    tasks: &mut JoinSet<Result<(), Error>>,
    settings: Settings,
    metrics: Arc<Metrics>,
    readiness: Readiness,
    stop: CancellationToken,
) -> Result<(), Error> {
    let config = client::config().await?;
    let leadership = match settings.lease {
        Some(_) => Leadership::standby(),
        None => Leadership::alone(Timestamp::now()),
    };
    let client = client::fenced(config.clone(), &leadership)?;
    let candidate = settings.lease.clone().map(|lease| {
        let client = client::for_lease(config, lease.timing.call())?;
        let (namespace, pod) = (&settings.namespace, &settings.instance);
        Ok::<_, Error>(Candidate::new(client, namespace, lease, pod, leadership.clone(), metrics.clone()))
    });
    let candidate = candidate.transpose()?;
    if !crds::wait(&client, &readiness, &metrics, &stop).await? {
        return Ok(());
    }
    readiness.wait_for(["the first complete list of every kind".to_owned()]);
    let feeds = Feeds::new(settings.namespaces.watches());
    let (queues, requests) = queues();
    let (targets, wanted_targets) = mpsc::channel(TARGETS);
    let ctx = Arc::new(Context {
        events: Events::new(client.clone(), settings.instance.clone()),
        client,
        stores: feeds.stores(),
        links: Arc::new(Links::default()),
        dialler: Arc::new(Dialler::new(leadership.clone())),
        settings,
        cluster: Cluster::default(),
        targets,
        queues,
        metrics,
        leadership,
    });
    spawn_watches(tasks, &ctx, feeds, &stop);
    tasks.spawn(lead::run(lead::Standby { ctx, requests, wanted_targets, candidate, readiness }, stop));
    Ok(())
}

macro_rules! feeds {
    ($($field:ident: $kind:ty),* $(,)?) => {
        /// One feed per kind.
        struct Feeds { $($field: Feed<$kind>),* }

        impl Feeds {
            fn new(watches: usize) -> Self {
                Self { $($field: Feed::new(watches)),* }
            }

            fn stores(&self) -> Stores {
                Stores {
                    undecodable_directories: self.directories.undecodable(),
                    undecodable_syncs: self.syncs.undecodable(),
                    undecodable_rules: self.rules.undecodable(),
                    undecodable_tokens: self.tokens.undecodable(),
                    $($field: self.$field.store()),*
                }
            }
        }
    };
}

feeds! {
    directories: crate::api::ScimDirectory,
    rules: crate::api::UserManagementRule,
    syncs: crate::api::RuleSync,
    tokens: crate::api::ScimAccessToken,
    accounts: k8s_openapi::api::core::v1::ServiceAccount,
    secrets: kube::core::PartialObjectMeta<k8s_openapi::api::core::v1::Secret>,
    claims: k8s_openapi::api::core::v1::PersistentVolumeClaim,
    services: k8s_openapi::api::core::v1::Service,
    policies: k8s_openapi::api::networking::v1::NetworkPolicy,
    budgets: k8s_openapi::api::policy::v1::PodDisruptionBudget,
    workloads: k8s_openapi::api::apps::v1::Deployment,
    slices: k8s_openapi::api::discovery::v1::EndpointSlice,
}

fn spawn_watches(tasks: &mut JoinSet<Result<(), Error>>, ctx: &Arc<Context>, feeds: Feeds, stop: &CancellationToken) {
    let Feeds {
        directories,
        rules,
        syncs,
        tokens,
        accounts,
        secrets,
        claims,
        services,
        policies,
        budgets,
        workloads,
        slices,
    } = feeds;
    let ours = format!("{MANAGED_BY}={FIELD_MANAGER},{}", label::DIRECTORY);
    let (client, namespaces) = (&ctx.client, &ctx.settings.namespaces);
    macro_rules! spawn {
        ($events:expr, $feed:expr, $wake:path) => {{
            let ctx = ctx.clone();
            tasks.spawn(watch::run($events, $feed, stop.clone(), move |touched| {
                let ctx = ctx.clone();
                async move { $wake(&ctx, touched).await }
            }));
        }};
    }
    spawn!(objects(client, namespaces), directories, wake::directory);
    spawn!(objects(client, namespaces), rules, wake::rule);
    spawn!(objects(client, namespaces), syncs, wake::sync);
    spawn!(objects(client, namespaces), tokens, wake::token);
    spawn!(watch::children(client, namespaces, &ours), accounts, wake::child);
    // Ours, and those that people labelled for a directory that names them.
    spawn!(watch::metadata(client, namespaces, label::DIRECTORY), secrets, wake::secret);
    spawn!(watch::children(client, namespaces, &ours), claims, wake::child);
    spawn!(watch::children(client, namespaces, &ours), services, wake::child);
    spawn!(watch::children(client, namespaces, &ours), policies, wake::child);
    spawn!(watch::children(client, namespaces, &ours), budgets, wake::child);
    spawn!(watch::children(client, namespaces, &ours), workloads, wake::child);
    spawn!(watch::children(client, namespaces, &ours), slices, wake::child);
}
