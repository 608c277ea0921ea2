//! The whole product as a person meets it: the chart installs the image, `kubectl apply` makes a directory and rules,
//! an identity provider sends 200 people, and every table that `make demo` prints is what it should be.
//!
//! Runs `hack/demo.sh` itself, so that the demo cannot rot, and compares what it has seen with a golden file
//! (`UPDATE=1`, as in `make generate-demo`, writes it). What differs from run to run stands there as `<age>`, `<time>`
//! and the like.

use crate::manifest::folder;
use crate::support::cluster::connect;
use std::process::Stdio;
use std::time::Duration;
use tokio::process::Command;

const GOLDEN: &str = "tests/golden/demo/tables";
const SEEN: &str = "target/demo/tables";
const LIMIT: Duration = Duration::from_secs(300);

#[tokio::test]
async fn b005_b028_b052_b082_c014_every_table_of_the_demo_is_as_it_should_be() {
    let Some(_cluster) = connect("every_table_of_the_demo").await else { return };
    let image = std::env::var("SCIM_OPERATOR_IMAGE").unwrap_or_else(|_| "localhost/scim-operator:dev".to_owned());
    let mut demo = Command::new(folder("hack/demo.sh"));
    demo.env("BINARY", env!("CARGO_BIN_EXE_scim-operator")).env("IMAGE", image).kill_on_drop(true);
    let demo = demo.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).output();
    let done = tokio::time::timeout(LIMIT, demo).await.expect("the demo ends in time").unwrap();
    let printed = String::from_utf8_lossy(&done.stdout) + String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{}:\n{printed}", done.status);
    let seen = std::fs::read_to_string(folder(SEEN)).unwrap();
    if std::env::var_os("UPDATE").is_some() {
        std::fs::create_dir_all(folder(GOLDEN).parent().unwrap()).unwrap();
        std::fs::write(folder(GOLDEN), &seen).unwrap();
    }
    let golden = std::fs::read_to_string(folder(GOLDEN)).unwrap();
    assert_eq!(seen, golden, "the demo shows other tables; it printed:\n{printed}");
    for way in ["export KUBECONFIG=", "Look around", "Connect a real identity provider", "Clean up"] {
        assert!(printed.contains(way), "the demo ends with how to go on: {way}");
    }
}
