//! Starts everything in order and ends everything together: probes, CRDs, authority, watches, controllers, polls.
//!
//! Every task is in one set; the first that ends without being told to ends the process. A signal stops new reconciles,
//! lets the running ones finish, and the process exits 0.

use super::context::{Context, Requests, Settings, Stores, queues};
use super::link::{Dialler, Links, poll};
use super::runtime::watch::{self, objects};
use super::runtime::{Controller, Events, FIELD_MANAGER, Feed, Metrics, Readiness, client, crds, health};
use super::{Error, directory, rule, rule_sync, tls, token, undecodable, wake};
use crate::api::label;
use jiff::Timestamp;
use kube::runtime::reflector::Store;
use std::future::Future;
use std::sync::Arc;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

const TARGETS: usize = 256;

/// Runs until `stop`, or until something that should not end ends.
pub async fn run(settings: Settings, stop: CancellationToken) -> Result<(), Error> {
    let (metrics, readiness) = (Arc::new(Metrics::default()), Readiness::default());
    readiness.wait_for(["the API server".to_owned()]);
    let mut tasks: JoinSet<Result<(), Error>> = JoinSet::new();
    // First of all: a probe that is answered from the first moment, also while waiting for CRDs.
    tasks.spawn(health::serve(settings.metrics_listen, readiness.clone(), metrics.clone(), stop.clone()));
    let work = start(&mut tasks, settings, metrics, readiness, stop.clone()).await;
    if let Err(error) = work {
        stop.cancel();
        while tasks.join_next().await.is_some() {}
        return Err(error);
    }
    let mut result = Ok(());
    while let Some(ended) = tasks.join_next().await {
        let ended = ended.unwrap_or(Err(Error::Panicked));
        if !stop.is_cancelled() && result.is_ok() {
            result = ended.and(Err(Error::TaskEnded("operator")));
        }
        stop.cancel();
    }
    tracing::info!("stopped");
    result
}

async fn start(
    tasks: &mut JoinSet<Result<(), Error>>,
    settings: Settings,
    metrics: Arc<Metrics>,
    readiness: Readiness,
    stop: CancellationToken,
) -> Result<(), Error> {
    let client = client::connect().await?;
    if !crds::wait(&client, &readiness, &metrics, &stop).await? {
        return Ok(());
    }
    readiness.wait_for(["the first complete list of every kind".to_owned()]);
    let authority = tls::authority(&client, &settings.namespace, Timestamp::now()).await?;
    let feeds = Feeds::new(settings.namespaces.watches());
    let (queues, requests) = queues();
    let (targets, wanted_targets) = mpsc::channel(TARGETS);
    let ctx = Arc::new(Context {
        events: Events::new(client.clone(), settings.instance.clone()),
        client,
        stores: feeds.stores(),
        links: Arc::new(Links::default()),
        dialler: Arc::new(Dialler::new(authority)),
        settings,
        targets,
        queues,
        metrics,
        started: Timestamp::now(),
    });
    spawn_watches(tasks, &ctx, feeds, &stop);
    let polled = ctx.clone();
    tasks.spawn(poll::supervise(wanted_targets, ctx.dialler.clone(), ctx.links.clone(), stop.clone(), move |news| {
        let ctx = polled.clone();
        async move { wake::state(&ctx, news).await }
    }));
    tasks.spawn(undecodable::run(ctx.clone(), stop.clone()));
    tasks.spawn(controllers(ctx, requests, readiness, stop));
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
    workloads: k8s_openapi::api::apps::v1::Deployment,
    slices: k8s_openapi::api::discovery::v1::EndpointSlice,
}

fn spawn_watches(tasks: &mut JoinSet<Result<(), Error>>, ctx: &Arc<Context>, feeds: Feeds, stop: &CancellationToken) {
    let Feeds { directories, rules, syncs, tokens, accounts, secrets, claims, services, policies, workloads, slices } =
        feeds;
    let ours = format!("app.kubernetes.io/managed-by={FIELD_MANAGER},{}", label::DIRECTORY);
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
    spawn!(watch::metadata(client, namespaces, &ours), secrets, wake::child);
    spawn!(watch::children(client, namespaces, &ours), claims, wake::child);
    spawn!(watch::children(client, namespaces, &ours), services, wake::child);
    spawn!(watch::children(client, namespaces, &ours), policies, wake::child);
    spawn!(watch::children(client, namespaces, &ours), workloads, wake::child);
    spawn!(watch::children(client, namespaces, &ours), slices, wake::child);
}

/// The four controllers, once every store was filled: nothing may be decided, and above all nothing published, from
/// half a list.
async fn controllers(
    ctx: Arc<Context>,
    requests: Requests,
    readiness: Readiness,
    stop: CancellationToken,
) -> Result<(), Error> {
    tokio::select! {
        () = stop.cancelled() => return Ok(()),
        filled = filled(&ctx.stores) => filled?,
    }
    readiness.wait_for([]);
    tracing::info!("every store is filled; reconciling");
    let Requests { directories, rules, syncs, tokens } = requests;
    let stores = &ctx.stores;
    let forget = |_: &super::runtime::Key| {};
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
    let (directories, rules, syncs, tokens) = tokio::join!(run.0, run.1, run.2, run.3);
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
    one(&stores.workloads).await?;
    one(&stores.slices).await
}
