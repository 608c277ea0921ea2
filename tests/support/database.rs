//! A PostgreSQL for tests: found by `SCIM_TEST_POSTGRES`, a folder that `hack/postgres/postgres.sh run` hands over.
//!
//! Without it a test is skipped with a line that names it; in CI (`CI=true`) it fails instead. Every test has a
//! schema of its own.

use super::proxy::Proxy;
use std::io::Write as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tempfile::TempDir;

/// The variable that names the folder.
const FOLDER: &str = "SCIM_TEST_POSTGRES";
/// What it stands for.
const WANTED: &str = "PostgreSQL (`hack/postgres/postgres.sh run`)";

/// A schema in a database, and a file with the address.
#[derive(Clone)]
pub struct Database {
    server: PathBuf,
    files: Arc<TempDir>,
    /// The file with the address.
    pub url: PathBuf,
    /// The file with the server's authority.
    pub ca: Option<PathBuf>,
    /// The schema.
    pub schema: String,
}

/// The folder that a variable names.
fn named(variable: &str, wanted: &str, test: &str) -> Option<PathBuf> {
    let folder = std::env::var_os(variable).filter(|path| !path.is_empty()).map(PathBuf::from);
    if folder.is_none() {
        let missing = format!("{test} needs {wanted}, which sets {variable}");
        assert!(std::env::var_os("CI").is_none_or(|ci| ci != "true"), "{missing}");
        // Not `eprintln!`: the test harness would keep that for itself.
        let _ = writeln!(std::io::stderr(), "SKIPPED {missing}");
    }
    folder
}

/// A server that belongs to one test, which stops and kills it; ended when dropped.
pub struct Server(TempDir);

impl Server {
    /// Starts one; nothing where tests have no PostgreSQL and that is allowed.
    pub async fn start(test: &str) -> Option<Self> {
        named(FOLDER, WANTED, test)?;
        let server = Self(TempDir::new().expect("a folder"));
        server.script("up").await;
        Some(server)
    }

    /// A new schema on it.
    pub fn database(&self) -> Database {
        Database::on(self.0.path())
    }

    /// `stop`, `start`, `restart`, or `kill`, which is a crash.
    pub async fn tell(&self, what: &str) {
        let told = tokio::process::Command::new(self.0.path().join("ctl")).arg(what).status().await;
        assert!(told.expect("the program runs").success(), "ctl {what}");
    }

    async fn script(&self, step: &str) {
        let done = self.command(step).status().expect("the script runs");
        assert!(done.success(), "hack/postgres/postgres.sh {step}");
    }

    fn command(&self, step: &str) -> std::process::Command {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/hack/postgres/postgres.sh");
        let mut command = std::process::Command::new(script);
        command.arg(step).env("POSTGRES_STATE", self.0.path()).stdout(std::process::Stdio::null());
        command
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let ended = self.command("down").status();
        assert!(std::thread::panicking() || ended.is_ok_and(|status| status.success()), "the server is ended");
    }
}

impl Database {
    /// A new schema on the server; nothing when there is none and that is allowed.
    pub fn connect(test: &str) -> Option<Self> {
        Self::at(FOLDER, WANTED, test)
    }

    /// A new schema on the server that a variable names.
    pub fn at(variable: &str, wanted: &str, test: &str) -> Option<Self> {
        named(variable, wanted, test).map(|server| Self::on(&server))
    }

    /// A new schema on the server that a folder describes.
    fn on(server: &Path) -> Self {
        let server = server.to_owned();
        let files = TempDir::new().expect("a folder");
        let url = files.path().join("url");
        std::fs::copy(server.join("url"), &url).expect("the address of the server");
        let schema = format!("t_{}", uuid::Uuid::now_v7().simple());
        Self { server, files: Arc::new(files), url, ca: None, schema }
    }

    /// The folder that describes the server.
    pub fn server(&self) -> &Path {
        &self.server
    }

    /// Where the server is.
    pub fn address(&self) -> SocketAddr {
        let url = reqwest::Url::parse(std::fs::read_to_string(&self.url).expect("the address").trim()).expect("a URL");
        let host = url.host_str().expect("a host");
        format!("{host}:{}", url.port().unwrap_or(5432)).parse().expect("a numeric address")
    }

    /// The same schema by way of a proxy.
    pub fn through(&self, proxy: &Proxy) -> Self {
        let text = std::fs::read_to_string(&self.url).expect("the address");
        let mut url = reqwest::Url::parse(text.trim()).expect("a URL");
        url.set_host(Some(&proxy.address.ip().to_string())).expect("a host");
        url.set_port(Some(proxy.address.port())).expect("a port");
        let path = self.files.path().join(format!("url-{}", proxy.address.port()));
        std::fs::write(&path, url.as_str()).expect("a file");
        Self { url: path, ..self.clone() }
    }

    /// The same schema over TLS, the server's certificate verified.
    pub fn encrypted(&self) -> Self {
        Self { ca: Some(self.server.join("ca.crt")), ..self.clone() }
    }

    /// The arguments that lead an endpoint to it.
    pub fn arguments(&self) -> Vec<String> {
        let shown = |path: &Path| path.display().to_string();
        let mut arguments = vec!["--database-url-file".to_owned(), shown(&self.url)];
        if let Some(ca) = &self.ca {
            arguments.extend(["--database-ca-file".to_owned(), shown(ca)]);
        }
        arguments.extend(["--database-schema".to_owned(), self.schema.clone()]);
        arguments
    }

    /// Asks the database itself; the rows as text, columns parted by `|`.
    pub async fn ask(&self, sql: &str) -> Vec<String> {
        let (client, connection) = {
            let url = std::fs::read_to_string(self.server.join("url")).expect("the address");
            let config: tokio_postgres::Config = url.trim().parse().expect("an address");
            config.connect(tokio_postgres::NoTls).await.expect("a connection")
        };
        let driven = tokio::spawn(connection);
        let answers = client
            .simple_query(&format!("SET search_path = {}; {sql}", self.schema))
            .await
            .unwrap_or_else(|error| panic!("{sql}: {error:?}"));
        drop(client);
        let _ended = driven.await;
        answers
            .iter()
            .filter_map(|answer| match answer {
                tokio_postgres::SimpleQueryMessage::Row(row) => {
                    Some((0..row.len()).map(|n| row.get(n).unwrap_or("-")).collect::<Vec<_>>().join("|"))
                }
                _ => None,
            })
            .collect()
    }
}
