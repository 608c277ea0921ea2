//! B023, B024: scim2-cli, which others publish, finds no more to complain about in an endpoint that the operator made
//! than in a `standalone` (`make conformance`).

use crate::manifest::{documents, folder};
use crate::operator::world::World;
use serde_json::json;
use std::process::Stdio;
use std::time::Duration;
use tokio::process::Command;

/// The checks take three seconds on a machine that does nothing else.
const LIMIT: Duration = Duration::from_secs(90);

#[tokio::test]
async fn b023_b024_scim2_cli_is_as_content_with_an_endpoint_in_the_cluster() {
    let Some(world) = World::start("b023_b024_scim2_cli", "conformance").await else { return };
    let manifest = std::fs::read_to_string(folder("hack/conformance/scim2-cli.yaml")).unwrap();
    let manifest = documents(&manifest).remove(0);
    world.directory("corp", json!({"provisioning": manifest.data["spec"]["provisioning"]})).await;
    let url = format!("{}/scim/v2", world.caller("corp-scim").await.base());
    let token = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(token.path(), world.key("corp").await).unwrap();
    let mut script = Command::new(folder("hack/conformance/in-cluster.sh"));
    script.arg(url).arg(token.path()).kill_on_drop(true);
    let script = script.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).output();
    let done = tokio::time::timeout(LIMIT, script).await.expect("the checks end in time").unwrap();
    let printed = String::from_utf8_lossy(&done.stdout) + String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{}:\n{printed}", done.status);
    world.end().await;
}
