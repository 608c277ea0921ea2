//! The Kubernetes client: with timeouts, and without the default retries that could hold an object's only reconcile
//! slot for minutes. Trying again is the backoff's job.

use crate::operator::Error;
use kube::{Client, Config};
use std::time::Duration;

/// A client for the cluster the process is in, or the current kubeconfig context.
pub async fn connect() -> Result<Client, Error> {
    let mut config = Config::infer().await.map_err(|source| Error::Config(Box::new(source)))?;
    config.default_retry = false;
    config.connect_timeout = Some(Duration::from_secs(5));
    config.write_timeout = Some(Duration::from_secs(20));
    // No read timeout: it would end quiet watches. Reconciles are bounded as a whole, in `controller`.
    Client::try_from(config).map_err(|source| Error::kube("make a client from the configuration", source))
}
