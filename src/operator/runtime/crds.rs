//! Waits until the API server serves the four kinds: by discovery, which needs no permission of its own.

use super::{Metrics, Readiness};
use crate::operator::Error;
use kube::Client;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

const GROUP: &str = "scim-operator.dev";
const VERSION: &str = "v1alpha1";
/// The plural names the operator needs.
const PLURALS: [&str; 4] = ["rulesyncs", "scimaccesstokens", "scimdirectories", "usermanagementrules"];
const POLL: Duration = Duration::from_secs(2);

/// Returns when all four kinds are served, or `false` when told to stop first.
pub async fn wait(
    client: &Client,
    readiness: &Readiness,
    metrics: &Metrics,
    stop: &CancellationToken,
) -> Result<bool, Error> {
    let mut announced = false;
    loop {
        let missing = match served(client).await {
            Ok(served) => PLURALS.into_iter().filter(|p| !served.iter().any(|s| s == p)).collect::<Vec<_>>(),
            Err(error) => {
                tracing::warn!(%error, "the API server does not answer; trying again");
                PLURALS.to_vec()
            }
        };
        metrics.crds_missing(missing.len());
        readiness.wait_for(missing.iter().map(|plural| format!("CustomResourceDefinition {plural}.{GROUP}")));
        if missing.is_empty() {
            return Ok(true);
        }
        if !announced {
            tracing::warn!(missing = missing.join(","), "waiting for CustomResourceDefinitions; install the CRDs");
            announced = true;
        }
        tokio::select! {
            () = stop.cancelled() => return Ok(false),
            () = tokio::time::sleep(POLL) => {}
        }
    }
}

async fn served(client: &Client) -> Result<Vec<String>, kube::Error> {
    match client.list_api_group_resources(&format!("{GROUP}/{VERSION}")).await {
        Ok(list) => Ok(list.resources.into_iter().map(|r| r.name).collect()),
        Err(kube::Error::Api(status)) if status.code == 404 => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}
