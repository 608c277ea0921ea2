//! `endpoint`: serves one directory whose configuration the operator publishes over the admin listener.

use super::database::StoreArgs;
use super::operator::duration;
use crate::directory::{self, Directory};
use crate::endpoint::{self, AdminSettings, Limits, SignInSettings};
use crate::telemetry::Metrics;
use anyhow::Context;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};

/// Arguments of `endpoint`. Port 0 takes any free port; the log line `listening` says which.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    store: StoreArgs,
    /// Where the identity provider calls /scim/v2.
    #[arg(long, value_name = "ADDR", default_value = "0.0.0.0:8080")]
    public_listen: SocketAddr,
    /// Where applications call /access/v1.
    #[arg(long, value_name = "ADDR", default_value = "0.0.0.0:8081")]
    access_listen: SocketAddr,
    /// Where the operator calls /admin/v1, with a client certificate.
    #[arg(long, value_name = "ADDR", default_value = "0.0.0.0:8443")]
    admin_listen: SocketAddr,
    /// Where /metrics is read.
    #[arg(long, value_name = "ADDR", default_value = "0.0.0.0:9090")]
    metrics_listen: SocketAddr,
    /// The folder with tls.crt, tls.key and ca.crt of the admin listener; read again when they change.
    #[arg(long, value_name = "DIR", default_value = "/etc/scim-operator/admin-tls")]
    admin_tls: PathBuf,
    /// The mounted verifiers.json; a store below its revocationFloor waits until it is published to.
    #[arg(long, value_name = "FILE")]
    verifiers: Option<PathBuf>,
    /// How long to go on answering, though not ready, once told to stop: until nobody is sent here any more.
    #[arg(long, value_name = "DURATION", default_value = "0s", value_parser = duration)]
    drain_delay: Duration,
    /// The file with the client secret of the provider at which people sign in; read again at each use.
    #[arg(long, value_name = "FILE")]
    sso_client_secret: Option<PathBuf>,
    /// The certificates (PEM) of the authorities that the provider's certificate may be of, instead of the system's.
    #[arg(long, value_name = "FILE")]
    sso_ca: Option<PathBuf>,
}

/// Serves until SIGTERM or SIGINT, then drains.
pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let Args {
        store,
        public_listen,
        access_listen,
        admin_listen,
        metrics_listen,
        admin_tls,
        verifiers,
        drain_delay,
        sso_client_secret,
        sso_ca,
    } = args;
    let mut terminate = signal(SignalKind::terminate()).context("SIGTERM cannot be listened for")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("SIGINT cannot be listened for")?;
    let (location, shown) = store.location();
    let directory = Directory::open(directory::Settings::over(location))
        .await
        .with_context(|| format!("{shown} cannot be opened"))?;
    let settings = endpoint::Settings {
        public: public_listen,
        access: Some(access_listen),
        admin: Some(AdminSettings { listen: admin_listen, tls: admin_tls }),
        metrics: Some(metrics_listen),
        verifiers,
        prepared: None,
        limits: Limits { drain_delay, ..Limits::default() },
        sign_in: SignInSettings { client_secret: sso_client_secret, ca: sso_ca },
    };
    let running = endpoint::serve(settings, directory, Arc::new(Metrics::new())).await?;
    let stopper = running.stopper();
    let signalled = tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("told to stop: draining");
        stopper.stop();
    });
    let outcome = running.joined().await;
    signalled.abort();
    outcome?;
    Ok(ExitCode::SUCCESS)
}
