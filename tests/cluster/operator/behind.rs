//! Operators whose every call to the API server passes a proxy of the test's own: what they write is counted whatever
//! they say of it, and they can be ended at any of it.

use super::world::{SOON, STARTED, World};
use crate::support::api_proxy::{ApiProxy, Write};
use crate::support::program::Program;
use crate::support::wait::until;
use k8s_openapi::api::coordination::v1::Lease;
use kube::api::{Patch, PatchParams};
use scim_operator::api::{RuleSync, ScimAccessToken, ScimDirectory, UserManagementRule};
use serde_json::json;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// How long nothing must have been written to call it quiet: longer than changes of rules are gathered for one run.
const QUIET: Duration = Duration::from_secs(4);

/// A proxy, and what operators behind it are started with.
pub struct Behind {
    pub proxy: ApiProxy,
    folder: TempDir,
    arguments: Vec<String>,
}

impl Behind {
    /// Operators at home in the namespace of the first of these worlds, that look at all of them.
    pub async fn of(worlds: &[&World]) -> Self {
        let image = std::env::var("SCIM_OPERATOR_IMAGE").unwrap_or_else(|_| "localhost/scim-operator:dev".to_owned());
        let mut arguments = vec![
            "operator".to_owned(),
            format!("--namespace={}", worlds[0].namespace),
            format!("--image={image}"),
            "--metrics-listen=127.0.0.1:0".to_owned(),
        ];
        arguments.extend(worlds.iter().map(|world| format!("--watch-namespace={}", world.namespace)));
        let proxy = ApiProxy::start(&worlds[0].cluster).await;
        Self { proxy, folder: tempfile::tempdir().unwrap(), arguments }
    }

    /// Starts an operator.
    pub fn start(&self) -> Program {
        let kubeconfig = self.proxy.kubeconfig();
        Program::start_with(self.folder.path(), &self.arguments, &[("KUBECONFIG", kubeconfig.as_os_str())])
    }

    /// Every write but those of the election, from this one on.
    pub fn writes_since(&self, first: usize) -> Vec<Write> {
        let writes = self.proxy.writes().into_iter().skip(first);
        writes.filter(|write| !write.is_of_the_election()).collect()
    }

    /// Waits until nothing has been written for a while.
    pub async fn quiet(&self) {
        let mut last = (usize::MAX, Instant::now());
        until("nothing is written any more", STARTED, async || {
            let written = self.writes_since(0).len();
            if written != last.0 {
                last = (written, Instant::now());
            }
            (last.1.elapsed() > QUIET).then_some(())
        })
        .await;
    }
}

/// Ends an operator as a power cut would, and frees the Lease that it held: it is certain here that it is dead, and
/// what it is to wait for one that may not be has tests of its own.
pub async fn kill(operator: Program, world: &World) {
    operator.kill().await;
    let free = Patch::Merge(json!({"spec": {"holderIdentity": null}}));
    let freed = world.api::<Lease>().patch("scim-operator", &PatchParams::default(), &free).await;
    let never_taken = matches!(&freed, Err(kube::Error::Api(status)) if status.code == 404);
    assert!(freed.is_ok() || never_taken, "{freed:?}");
}

/// Waits until an operator has looked at everything in the namespace once.
pub async fn looked_at_everything(operator: &Program, world: &World) {
    operator.logged("reconciling").await;
    let rules_and_tokens =
        world.names::<UserManagementRule>().await.len() + world.names::<ScimAccessToken>().await.len();
    let directories_and_runs = world.names::<ScimDirectory>().await.len() + world.names::<RuleSync>().await.len();
    let objects = (rules_and_tokens + directories_and_runs) as u64;
    let looked = async || (counter(operator, "scim_operator_reconcile_total").await > objects).then_some(());
    until("the operator has looked at everything", SOON, looked).await;
}

/// A counter of an operator, over all its labels.
pub async fn counter(operator: &Program, name: &str) -> u64 {
    let address = operator.logged("listening").await["metrics"].as_str().unwrap().to_owned();
    let text = reqwest::get(format!("http://{address}/metrics")).await.unwrap().text().await.unwrap();
    let lines = text.lines().filter(|line| line.starts_with(name));
    lines.filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok()).sum()
}
