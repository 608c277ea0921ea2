//! A running endpoint: its listeners, the tasks beside them, and the one order in which all of it ends.

use super::area::Area;
use super::gate::{self, Door};
use super::listen::Bound;
use super::shared::Shared;
use super::{Error, Settings, access, admin, console, floor, probe, scim, sso, tls};
use crate::directory::Directory;
use crate::telemetry::Metrics;
use arc_swap::ArcSwap;
use axum::Router;
use axum::extract::Request;
use axum::middleware::from_fn_with_state;
use axum_server::Handle;
use futures::FutureExt;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::sync::Semaphore;
use tokio::task::{JoinHandle, JoinSet};
use tokio_util::sync::CancellationToken;

/// Where the listeners are, with the ports that were given when port 0 was asked for.
#[derive(Debug, Clone, Copy)]
pub struct Addresses {
    /// `/scim/v2`.
    pub public: SocketAddr,
    /// `/access/v1`, when it has its own listener.
    pub access: Option<SocketAddr>,
    /// `/admin/v1`.
    pub admin: Option<SocketAddr>,
    /// `/metrics`.
    pub metrics: Option<SocketAddr>,
}

/// Tells an endpoint to stop. Cheap to clone; telling it twice is fine.
#[derive(Debug, Clone)]
pub struct Stopper(CancellationToken);

impl Stopper {
    /// Stop: drain, then close the directory.
    pub fn stop(&self) {
        self.0.cancel();
    }
}

/// An endpoint that serves. Dropping it does not stop it.
#[derive(Debug)]
pub struct Running {
    /// Where it listens.
    pub addresses: Addresses,
    stopper: Stopper,
    ended: JoinHandle<Result<(), Error>>,
}

impl Running {
    /// What stops it.
    pub fn stopper(&self) -> Stopper {
        self.stopper.clone()
    }

    /// Waits until every listener has drained and the directory is closed. An error says which part ended by itself.
    pub async fn joined(self) -> Result<(), Error> {
        let reason = |error: tokio::task::JoinError| Error::Ended { task: "endpoint", reason: error.to_string() };
        self.ended.await.map_err(reason)?
    }
}

type Task = (&'static str, Result<(), String>);

struct Tasks {
    set: JoinSet<Task>,
    handles: Vec<Handle<SocketAddr>>,
    shared: Arc<Shared>,
}

/// Binds every listener, then serves them. Nothing is served when one of them cannot be bound.
pub async fn serve(settings: Settings, directory: Directory, metrics: Arc<Metrics>) -> Result<Running, Error> {
    let Settings { public, access, admin, metrics: metrics_listen, verifiers, prepared, sign_in, limits } = settings;
    let mounted = match &verifiers {
        Some(file) => floor::read(file).map_err(Error::Verifiers)?,
        None => floor::Mounted::default(),
    };
    let public = Bound::new(public)?;
    let access = access.map(Bound::new).transpose()?;
    let metrics_listen = metrics_listen.map(Bound::new).transpose()?;
    let admin = match admin {
        Some(admin) => Some((Bound::new(admin.listen)?, tls::Admin::load(&admin.tls)?)),
        None => None,
    };
    let addresses = Addresses {
        public: public.address,
        access: access.as_ref().map(|bound| bound.address),
        admin: admin.as_ref().map(|(bound, _)| bound.address),
        metrics: metrics_listen.as_ref().map(|bound| bound.address),
    };
    let large_bodies = Arc::new(Semaphore::new(limits.large_bodies_max));
    let shared = Arc::new(Shared {
        directory,
        metrics,
        limits,
        draining: CancellationToken::new(),
        stopping: CancellationToken::new(),
        large_bodies,
        mounted: ArcSwap::from_pointee(mounted),
        prepared,
        provider: sso::Provider::new(sign_in),
    });
    let stopper = Stopper(shared.draining.clone());
    let mut tasks = Tasks { set: JoinSet::new(), handles: Vec::new(), shared };
    let both = access.is_none();
    let public_routes = scim::routes(&tasks.shared).merge(sso::routes()).merge(console::routes());
    let public_routes = if both { public_routes.merge(access::routes()) } else { public_routes };
    tasks.listen("public listener", public, Area::Scim, public_routes);
    if let Some(bound) = access {
        tasks.listen("access listener", bound, Area::Access, access::routes());
    }
    if let Some(bound) = metrics_listen {
        tasks.listen_trusted("metrics listener", bound, None, probe::metrics_routes());
    }
    if let Some((bound, certificates)) = admin {
        tasks.listen_trusted("admin listener", bound, Some(certificates), admin::routes());
    }
    let shared = Arc::clone(&tasks.shared);
    tasks.spawn("identity provider watch", sso::follow(shared).map(Ok));
    if let Some(file) = verifiers {
        let shared = Arc::clone(&tasks.shared);
        tasks.spawn("verifiers watch", floor::follow(file, shared).map(Ok));
    }
    addresses.log();
    Ok(Running { addresses, stopper, ended: tokio::spawn(tasks.supervise()) })
}

impl Addresses {
    fn log(&self) {
        let Self { public, access, admin, metrics } = self;
        let shown = |address: &Option<SocketAddr>| address.map(tracing::field::display);
        let (access, admin, metrics) = (shown(access), shown(admin), shown(metrics));
        tracing::info!(%public, access, admin, metrics, "listening");
    }
}

impl Tasks {
    fn spawn(&mut self, name: &'static str, task: impl Future<Output = Result<(), String>> + Send + 'static) {
        self.set.spawn(async move { (name, task.await) });
    }

    fn listen(&mut self, name: &'static str, bound: Bound, home: Area, routes: Router<Arc<Shared>>) {
        let door = Door { shared: Arc::clone(&self.shared), home, trusted: false };
        self.serve(name, bound, door, None, routes);
    }

    fn listen_trusted(
        &mut self,
        name: &'static str,
        bound: Bound,
        certificates: Option<tls::Admin>,
        routes: Router<Arc<Shared>>,
    ) {
        let door = Door { shared: Arc::clone(&self.shared), home: Area::Admin, trusted: true };
        self.serve(name, bound, door, certificates, routes);
    }

    fn serve(
        &mut self,
        name: &'static str,
        bound: Bound,
        door: Door,
        certificates: Option<tls::Admin>,
        routes: Router<Arc<Shared>>,
    ) {
        let limits = self.shared.limits.clone();
        self.handles.push(bound.handle());
        let home = door.home;
        let router = routes
            .merge(probe::routes())
            .fallback(async move |request: Request| gate::unknown_path(home, &request))
            .method_not_allowed_fallback(async move |request: Request| gate::unknown_method(home, &request))
            .with_state(Arc::clone(&self.shared))
            .layer(from_fn_with_state(door, gate::gate));
        let tls = certificates.as_ref().map(|admin| admin.config.clone());
        if let Some(admin) = certificates {
            let (interval, stopping) = (limits.reload_interval, self.shared.stopping.clone());
            self.spawn("certificate watch", admin.follow(interval, stopping).map(Ok));
        }
        self.spawn(name, async move { bound.serve(router, tls, limits).await.map_err(|error| error.to_string()) });
    }

    /// Until told to stop, or until something ends that should not; then the orderly end.
    async fn supervise(mut self) -> Result<(), Error> {
        let directory = self.shared.directory.clone();
        let draining = self.shared.draining.clone();
        let outcome = match self.until_ended(draining.cancelled()).await {
            Some(error) => Err(error),
            None => {
                let delay = self.shared.limits.drain_delay;
                self.until_ended(tokio::time::sleep(delay)).await.map_or(Ok(()), Err)
            }
        };
        draining.cancel();
        self.shared.stopping.cancel();
        for handle in &self.handles {
            handle.graceful_shutdown(Some(self.shared.limits.drain_timeout));
        }
        while let Some(ended) = self.set.join_next().await {
            if let Ok((task, Err(reason))) = ended {
                tracing::warn!(task, reason, "did not end in order");
            }
        }
        directory.close().await;
        tracing::info!("stopped");
        outcome
    }
}

impl Tasks {
    /// Waits for `word`; an error when something ends before that should not.
    async fn until_ended(&mut self, word: impl Future<Output = ()>) -> Option<Error> {
        let directory = self.shared.directory.clone();
        tokio::select! {
            // First: an order to stop is no failure.
            biased;
            () = word => None,
            Some(ended) = self.set.join_next() => Some(ended_early(ended)),
            error = directory.failed() => Some(Error::Directory(error)),
        }
    }
}

fn ended_early(ended: Result<Task, tokio::task::JoinError>) -> Error {
    match ended {
        Ok((task, result)) => Error::Ended { task, reason: result.err().unwrap_or_else(|| "by itself".to_owned()) },
        Err(error) => Error::Ended { task: "endpoint", reason: error.to_string() },
    }
}
