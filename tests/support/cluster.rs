//! A real API server for tests: found by `SCIM_OPERATOR_TEST_KUBECONFIG`, never by the machine's own settings.
//!
//! Without it a test is skipped with a line that names it; in CI (`CI=true`) it fails instead.

use super::wait::until;
use k8s_openapi::api::core::v1::Namespace;
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::api::{Api, DeleteParams, ObjectMeta, Patch, PatchParams, PostParams};
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config, ResourceExt};
use std::io::Write as _;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;
use tempfile::TempDir;
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

/// The variable that names the kubeconfig; `make cluster` prints it.
const KUBECONFIG: &str = "SCIM_OPERATOR_TEST_KUBECONFIG";
/// How long the API server may take for what it does by itself.
const LIMIT: Duration = Duration::from_secs(30);
/// The field manager of everything tests apply.
const MANAGER: &str = "scim-operator-tests";

/// An API server that serves the four kinds.
pub struct Cluster {
    /// Calls it as an administrator.
    pub client: Client,
    kubeconfig: PathBuf,
    /// What `kubectl` remembers of the server: for this test only, or it would outlive the definitions.
    cache: TempDir,
}

/// How `kubectl` came out.
#[derive(Debug)]
pub struct Answer {
    /// Whether it ended well.
    pub ok: bool,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

/// The cluster, with the definitions of this checkout installed; nothing when there is none and that is allowed.
pub async fn connect(test: &str) -> Option<Cluster> {
    let Some(kubeconfig) = std::env::var_os(KUBECONFIG).filter(|path| !path.is_empty()).map(PathBuf::from) else {
        let missing = format!("{test} needs an API server: start one with `make cluster` and set {KUBECONFIG}");
        assert!(std::env::var_os("CI").is_none_or(|ci| ci != "true"), "{missing}");
        // Not `eprintln!`: the test harness would keep that for itself.
        let _ = writeln!(std::io::stderr(), "SKIPPED {missing}");
        return None;
    };
    // Fails only when it is installed already.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let config = config(Kubeconfig::read_from(&kubeconfig).unwrap()).await;
    let cache = tempfile::tempdir().unwrap();
    let cluster = Cluster { client: Client::try_from(config).unwrap(), kubeconfig, cache };
    cluster.install().await;
    Some(cluster)
}

async fn config(file: Kubeconfig) -> Config {
    Config::from_custom_kubeconfig(file, &KubeConfigOptions::default()).await.unwrap()
}

impl Cluster {
    /// How the API server is reached, for a client of somebody's own.
    pub async fn config(&self) -> Config {
        config(self.kubeconfig()).await
    }

    /// The same as a file has it.
    pub fn kubeconfig(&self) -> Kubeconfig {
        Kubeconfig::read_from(&self.kubeconfig).unwrap()
    }

    /// Applies the four definitions and waits until they are served.
    async fn install(&self) {
        let api: Api<CustomResourceDefinition> = Api::all(self.client.clone());
        for crd in scim_operator::api::crds() {
            let name = crd.name_any();
            api.patch(&name, &PatchParams::apply(MANAGER).force(), &Patch::Apply(&crd)).await.unwrap();
            until(&format!("{name} is served"), LIMIT, async || {
                let conditions = api.get_status(&name).await.unwrap().status?.conditions?;
                let established = |c: &&_| is(c, "Established") || is(c, "NamesAccepted");
                (conditions.iter().filter(established).count() == 2).then_some(())
            })
            .await;
        }
    }

    /// Makes a namespace of its own for a test.
    pub async fn namespace(&self, prefix: &str) -> String {
        let api: Api<Namespace> = Api::all(self.client.clone());
        let metadata = ObjectMeta { generate_name: Some(format!("test-{prefix}-")), ..ObjectMeta::default() };
        let made = api.create(&PostParams::default(), &Namespace { metadata, ..Namespace::default() }).await.unwrap();
        made.name_any()
    }

    /// Asks for a namespace to be removed; does not wait, since without controllers nothing ends it.
    pub async fn remove(&self, namespace: &str) {
        let api: Api<Namespace> = Api::all(self.client.clone());
        api.delete(namespace, &DeleteParams::default()).await.unwrap();
    }

    /// Runs `kubectl` with these arguments and this standard input.
    pub async fn kubectl(&self, arguments: &[&str], input: &str) -> Answer {
        let mut command = Command::new("kubectl");
        command.arg("--kubeconfig").arg(&self.kubeconfig).arg("--cache-dir").arg(self.cache.path()).args(arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().expect("kubectl is in the PATH; `hack/cluster/cluster.sh run` puts it there");
        child.stdin.take().unwrap().write_all(input.as_bytes()).await.unwrap();
        let output = tokio::time::timeout(LIMIT, child.wait_with_output()).await.expect("kubectl ends").unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Answer { ok: output.status.success(), out: text(output.stdout), err: text(output.stderr) }
    }
}

fn is(
    condition: &k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinitionCondition,
    kind: &str,
) -> bool {
    condition.type_ == kind && condition.status == "True"
}
