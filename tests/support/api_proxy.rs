//! An API server that counts what is written to it, and that goes silent at one of these writes: a plain HTTP proxy on
//! loopback in front of the real one, which it calls with the tests' own credentials.
//!
//! From the moment a trap is sprung nothing that arrives reaches the API server, and nothing is answered, until
//! [`ApiProxy::open`]: for whoever is killed then it is as if they had been killed at that write. Never tries again
//! and never changes a request or an answer. The writes of the election are recorded and spring no trap: they come by
//! the clock.

use super::cluster::Cluster;
use axum::Router;
use axum::body::to_bytes;
use axum::extract::{Request, State};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::serve::ListenerExt as _;
use kube::Client;
use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// What belongs to one connection, or is worked out anew for the next one.
const OF_A_CONNECTION: [&str; 4] = ["host", "connection", "content-length", "transfer-encoding"];
/// More than any object has, in bytes.
const BODY_BYTES_MAX: usize = 4 << 20;

/// A proxy in front of the cluster's API server; ends when dropped.
pub struct ApiProxy {
    shared: Arc<Shared>,
    folder: TempDir,
    server: JoinHandle<()>,
}

/// A request that reads nothing, and how the API server answered it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Write {
    /// `PATCH /api/v1/namespaces/ns/services/acme-scim`.
    pub line: String,
    /// The answer's status; 502 when there was none.
    pub status: u16,
}

/// At which write the proxy goes silent; once.
#[derive(Debug, Clone, Copy)]
pub struct Trap {
    /// What a write must have in its line to count; nothing: every write does.
    pub of: &'static str,
    /// Which of them it is, from 1.
    pub nth: usize,
    /// Whether the API server still carries it out.
    pub carried_out: bool,
}

struct Shared {
    client: Client,
    silent: watch::Sender<bool>,
    seen: Mutex<Seen>,
}

#[derive(Default)]
struct Seen {
    writes: Vec<Write>,
    trap: Option<Trap>,
    /// How many that count have arrived since the trap was set.
    counted: usize,
}

impl ApiProxy {
    /// Starts one on a free port of loopback.
    pub async fn start(cluster: &Cluster) -> Self {
        let mut config = cluster.config().await;
        // What fails is tried again by who asked, or nobody.
        config.default_retry = false;
        let client = Client::try_from(config).expect("a client of the cluster");
        let shared = Arc::new(Shared { client, silent: watch::Sender::new(false), seen: Mutex::default() });
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let listener = listener.tap_io(|stream| stream.set_nodelay(true).expect("a connection"));
        let router = Router::new().fallback(pass).with_state(shared.clone());
        let server = tokio::spawn(async move { axum::serve(listener, router).await.expect("the proxy serves") });
        let proxy = Self { shared, folder: tempfile::tempdir().expect("a folder"), server };
        let mut file = cluster.kubeconfig();
        for named in &mut file.clusters {
            named.cluster.as_mut().expect("a cluster").server = Some(url.clone());
        }
        let text = serde_json::to_string(&file).expect("a kubeconfig");
        std::fs::write(proxy.kubeconfig(), text).expect("the kubeconfig is written");
        proxy
    }

    /// A kubeconfig that leads here.
    pub fn kubeconfig(&self) -> PathBuf {
        self.folder.path().join("kubeconfig")
    }

    /// Every write that was answered so far, in the order of the answers.
    pub fn writes(&self) -> Vec<Write> {
        self.shared.seen().writes.clone()
    }

    /// Sets a trap, in place of one that was not sprung.
    pub fn set(&self, trap: Trap) {
        let mut seen = self.shared.seen();
        (seen.trap, seen.counted) = (Some(trap), 0);
    }

    /// Returns once the trap is sprung: what it lets the API server carry out is done.
    pub async fn sprung(&self) {
        let mut silent = self.shared.silent.subscribe();
        // An error says that the sender is gone, which lives as long as `self`.
        let _gone = silent.wait_for(|silent| *silent).await;
    }

    /// Lets everything through again that arrives from now on, without a trap. What arrived in the silence is never
    /// answered.
    pub fn open(&self) {
        self.shared.seen().trap = None;
        self.shared.silent.send_replace(false);
    }
}

impl Drop for ApiProxy {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Write {
    /// Whether it keeps, takes or gives back a Lease.
    pub fn is_of_the_election(&self) -> bool {
        is_of_the_election(&self.line)
    }
}

impl fmt::Display for Write {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.line, self.status)
    }
}

fn is_of_the_election(line: &str) -> bool {
    line.contains("/leases/") || line.ends_with("/leases")
}

impl Shared {
    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().expect("nobody panics with what was seen")
    }

    /// Counts a write that has arrived; the trap, when it is this one that springs it.
    fn arrives(&self, line: &str) -> Option<Trap> {
        let mut seen = self.seen();
        let trap = seen.trap?;
        if is_of_the_election(line) || !line.contains(trap.of) {
            return None;
        }
        seen.counted += 1;
        if seen.counted == trap.nth { seen.trap.take() } else { None }
    }

    /// Has a write carried out.
    async fn carry_out(&self, line: String, request: Request) -> Response {
        let answer = self.forward(request).await;
        self.seen().writes.push(Write { line, status: answer.status().as_u16() });
        answer
    }

    async fn forward(&self, request: Request) -> Response {
        let (parts, body) = request.into_parts();
        let Ok(body) = to_bytes(body, BODY_BYTES_MAX).await else { return StatusCode::BAD_REQUEST.into_response() };
        let mut request = axum::http::Request::new(kube::client::Body::from(body));
        *request.method_mut() = parts.method;
        *request.uri_mut() = parts.uri;
        *request.headers_mut() = parts.headers;
        for name in OF_A_CONNECTION {
            request.headers_mut().remove(name);
        }
        match self.client.send(request).await {
            Ok(answer) => {
                let mut answer = answer.map(axum::body::Body::new);
                answer.headers_mut().remove("connection");
                answer.headers_mut().remove("transfer-encoding");
                answer
            }
            Err(error) => (StatusCode::BAD_GATEWAY, error.to_string()).into_response(),
        }
    }
}

async fn pass(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    if *shared.silent.borrow() {
        return no_answer().await;
    }
    if request.method() == Method::GET {
        return shared.forward(request).await;
    }
    let line = format!("{} {}", request.method(), request.uri().path());
    let Some(trap) = shared.arrives(&line) else { return shared.carry_out(line, request).await };
    if trap.carried_out {
        let _unheard = shared.carry_out(line, request).await;
    }
    shared.silent.send_replace(true);
    no_answer().await
}

/// Until who waits for it is gone.
async fn no_answer() -> Response {
    std::future::pending().await
}
