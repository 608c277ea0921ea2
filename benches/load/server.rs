//! The process that is measured: `scim-operator standalone` on loopback, in a folder of its own.

use crate::work::Target;
use std::error::Error;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const MANIFESTS: &str = "\
apiVersion: scim-operator.dev/v1alpha1
kind: ScimDirectory
metadata: { name: bench }
spec: { displayName: Bench, tenant: main, sso: { none: {} } }
";

/// How long the process may take until it is ready.
const READY_WITHIN: Duration = Duration::from_secs(30);

/// A running endpoint.
pub struct Server {
    process: Child,
    folder: tempfile::TempDir,
    pub target: Target,
}

impl Server {
    pub async fn start() -> Result<Self, Box<dyn Error>> {
        let folder = tempfile::tempdir()?;
        let (manifests, data) = (folder.path().join("manifests"), folder.path().join("data"));
        std::fs::create_dir(&manifests)?;
        std::fs::write(manifests.join("directory.yaml"), MANIFESTS)?;
        let address = free_address()?;
        let process = Command::new(env!("CARGO_BIN_EXE_scim-operator"))
            .args(["standalone", "--manifests"])
            .arg(&manifests)
            .arg("--data")
            .arg(&data)
            .args(["--listen", &address.to_string()])
            .env("RUST_LOG", "warn")
            .stdout(Stdio::null())
            .spawn()?;
        let mut server = Self { process, folder, target: Target { address, token: String::new() } };
        server.ready().await?;
        server.target.token = std::fs::read_to_string(data.join("api-keys/bench"))?.trim().to_owned();
        Ok(server)
    }

    async fn ready(&mut self) -> Result<(), Box<dyn Error>> {
        let since = Instant::now();
        let mut tick = tokio::time::interval(Duration::from_millis(20));
        while since.elapsed() < READY_WITHIN {
            tick.tick().await;
            if let Some(status) = self.process.try_wait()? {
                return Err(format!("standalone ended: {status}").into());
            }
            if let Ok(answer) = crate::connection::Connection::open(self.target.address, "").await
                && let Ok(answer) = { answer }.send("GET", "/readyz", "").await
                && answer.status == 200
            {
                return Ok(());
            }
        }
        Err("standalone was not ready in time".into())
    }

    /// Resident memory in megabytes.
    pub fn memory_mb(&self) -> Result<f64, Box<dyn Error>> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id()))?;
        let line = status.lines().find(|line| line.starts_with("VmRSS")).ok_or("no VmRSS")?;
        let kilobytes: f64 = line.split_whitespace().nth(1).ok_or("no figure")?.parse()?;
        Ok(kilobytes / 1024.0)
    }

    pub fn data(&self) -> &Path {
        self.folder.path()
    }

    pub async fn stop(mut self) -> Result<(), Box<dyn Error>> {
        self.process.kill()?;
        self.process.wait()?;
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Already gone after `stop`.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn free_address() -> Result<SocketAddr, Box<dyn Error>> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}
