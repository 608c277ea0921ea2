//! `operator`: runs the controllers against the cluster the process is in, or the current kubeconfig context.

use crate::operator::{self, LeaseSettings, Namespaces, Settings, Timing};
use anyhow::Context;
use jiff::SignedDuration;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// Arguments of `operator`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The operator's own namespace: the authority of the admin certificates and the Lease are kept here.
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
    /// How the operator signs its Events and names itself in the Lease: the pod's name.
    #[arg(long, value_name = "NAME", default_value = "scim-operator", env = "POD_NAME")]
    instance: String,
    /// Act only while holding a Lease, so that of several replicas one leads. `false` only where no second process
    /// can ever be.
    #[arg(
        long,
        value_name = "BOOL",
        action = clap::ArgAction::Set,
        default_value_t = true,
        default_missing_value = "true",
        num_args = 0..=1,
        require_equals = true
    )]
    leader_elect: bool,
    /// The Lease's name: the same for replicas, another one for each installation in a namespace.
    #[arg(long, value_name = "NAME", default_value = "scim-operator")]
    lease_name: String,
    /// How long a leader that says nothing any more is waited for; whole seconds.
    #[arg(long, value_name = "DURATION", default_value = "15s", value_parser = duration)]
    lease_duration: Duration,
    /// When a leader that cannot renew its Lease ends; shorter than the lease's duration.
    #[arg(long, value_name = "DURATION", default_value = "10s", value_parser = duration)]
    renew_deadline: Duration,
    /// How often the Lease is renewed, and looked at by who stands by; at most half of the renew deadline.
    #[arg(long, value_name = "DURATION", default_value = "2s", value_parser = duration)]
    retry_period: Duration,
}

/// `15s`, `500ms`.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    let signed = text.parse::<SignedDuration>().map_err(|error| format!("{error}; write 15s or 500ms"))?;
    Duration::try_from(signed).map_err(|_| "a duration is not negative".to_owned())
}

/// Runs until SIGTERM or SIGINT; reconciles under way are finished.
pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let lease = lease(&args)?;
    let Args { namespace, mut watch_namespace, image, cluster_domain, metrics_listen, instance, .. } = args;
    let mut terminate = signal(SignalKind::terminate()).context("SIGTERM cannot be listened for")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("SIGINT cannot be listened for")?;
    watch_namespace.sort();
    watch_namespace.dedup();
    let namespaces = if watch_namespace.is_empty() { Namespaces::All } else { Namespaces::Some(watch_namespace) };
    let settings = Settings { namespace, namespaces, image, cluster_domain, metrics_listen, instance, lease };
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

/// The Lease that the arguments describe, if there is an election.
fn lease(args: &Args) -> anyhow::Result<Option<LeaseSettings>> {
    let timing = Timing::new(args.lease_duration, args.renew_deadline, args.retry_period);
    let timing = timing.map_err(anyhow::Error::msg)?;
    Ok(args.leader_elect.then(|| LeaseSettings { name: args.lease_name.clone(), timing }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(clap::Parser)]
    struct Line {
        #[command(flatten)]
        args: Args,
    }

    fn read(more: &[&str]) -> anyhow::Result<Option<LeaseSettings>> {
        let line = ["operator", "--namespace=ns", "--image=registry.example.com/endpoint:1"].into_iter();
        lease(&Line::try_parse_from(line.chain(more.iter().copied()))?.args)
    }

    #[test]
    fn an_operator_stands_for_election_unless_it_is_told_otherwise() {
        let usual = LeaseSettings { name: "scim-operator".to_owned(), timing: Timing::default() };
        assert_eq!(read(&[]).unwrap(), Some(usual.clone()));
        assert_eq!(read(&["--leader-elect"]).unwrap(), Some(usual));
        assert_eq!(read(&["--leader-elect=false"]).unwrap(), None);
    }

    #[test]
    fn timings_are_read_with_their_units_and_must_go_together() {
        let timing = read(&["--lease-duration=3s", "--renew-deadline=2s", "--retry-period=500ms"]).unwrap();
        let expected = Timing::new(Duration::from_secs(3), Duration::from_secs(2), Duration::from_millis(500));
        assert_eq!(timing.map(|lease| Ok(lease.timing)), Some(expected));
        for wrong in ["--lease-duration=10s", "--retry-period=0s", "--retry-period=-1s", "--renew-deadline=soon"] {
            assert!(read(&[wrong]).is_err(), "{wrong}");
        }
    }
}
