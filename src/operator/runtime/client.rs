//! The Kubernetes clients: with timeouts, and without the default retries that could hold an object's only reconcile
//! slot for minutes. Trying again is the backoff's job, and the election's.

use super::{Fence, Leadership};
use crate::operator::Error;
use kube::client::ClientBuilder;
use kube::{Client, Config};
use std::time::Duration;

/// How to reach the cluster the process is in, or that of the current kubeconfig context.
pub async fn config() -> Result<Config, Error> {
    let mut config = Config::infer().await.map_err(|source| Error::Config(Box::new(source)))?;
    config.default_retry = false;
    config.connect_timeout = Some(Duration::from_secs(5));
    config.write_timeout = Some(Duration::from_secs(20));
    Ok(config)
}

/// The client of everything but the Lease: it reads, and writes only while this process leads.
pub fn fenced(config: Config, leadership: &Leadership) -> Result<Client, Error> {
    // No read timeout: it would end quiet watches. Reconciles are bounded as a whole, in `controller`.
    let builder = ClientBuilder::try_from(config).map_err(no_client)?;
    Ok(builder.with_layer(&Fence(leadership.clone())).build())
}

/// A client of its own for the Lease, none of whose connections carries anything else. Each call is bounded as a whole,
/// in `lease`; one that is given up closes its connection.
pub fn for_lease(mut config: Config, timeout: Duration) -> Result<Client, Error> {
    config.connect_timeout = Some(timeout);
    config.write_timeout = Some(timeout);
    Client::try_from(config).map_err(no_client)
}

fn no_client(source: kube::Error) -> Error {
    Error::kube("make a client from the configuration", source)
}
