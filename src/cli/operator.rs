//! `operator`: runs the controllers against the cluster the process is in, or the current kubeconfig context.

use crate::operator::{self, Namespaces, Settings};
use anyhow::Context;
use std::net::SocketAddr;
use std::process::ExitCode;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// Arguments of `operator`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The operator's own namespace: the authority of the admin certificates is kept here.
    #[arg(long, value_name = "NS", env = "POD_NAMESPACE")]
    namespace: String,
    /// Look only at this namespace; may be given several times. Without it, at all.
    #[arg(long, value_name = "NS", env = "SCIM_OPERATOR_WATCH_NAMESPACES", value_delimiter = ',')]
    watch_namespace: Vec<String>,
    /// The image of the endpoints.
    #[arg(long, value_name = "IMAGE", env = "SCIM_OPERATOR_IMAGE")]
    image: String,
    /// The cluster's DNS domain.
    #[arg(long, value_name = "DOMAIN", default_value = "cluster.local", env = "SCIM_OPERATOR_CLUSTER_DOMAIN")]
    cluster_domain: String,
    /// Where /healthz, /readyz and /metrics are read.
    #[arg(long, value_name = "ADDR", default_value = "0.0.0.0:9090")]
    metrics_listen: SocketAddr,
    /// How the operator signs its Events: the pod's name.
    #[arg(long, value_name = "NAME", default_value = "scim-operator", env = "POD_NAME")]
    instance: String,
}

/// Runs until SIGTERM or SIGINT; reconciles under way are finished.
pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let Args { namespace, mut watch_namespace, image, cluster_domain, metrics_listen, instance } = args;
    let mut terminate = signal(SignalKind::terminate()).context("SIGTERM cannot be listened for")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("SIGINT cannot be listened for")?;
    watch_namespace.sort();
    watch_namespace.dedup();
    let namespaces = if watch_namespace.is_empty() { Namespaces::All } else { Namespaces::Some(watch_namespace) };
    let settings = Settings { namespace, namespaces, image, cluster_domain, metrics_listen, instance };
    let stop = CancellationToken::new();
    let running = operator::run(settings, stop.clone());
    tokio::pin!(running);
    tokio::select! {
        ended = &mut running => ended?,
        _ = terminate.recv() => {
            stop.cancel();
            running.await?;
        }
        _ = interrupt.recv() => {
            stop.cancel();
            running.await?;
        }
    }
    Ok(ExitCode::SUCCESS)
}
