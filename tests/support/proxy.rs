//! A connection that fails when a test says so: a TCP proxy on loopback that cuts, hangs and heals, and that can do
//! either at the moment when a client sends something, such as a commit.
//!
//! It runs on a thread of its own, so that it goes on while a test blocks; that thread has ended when the value is
//! dropped. It reads bytes, not a protocol: what is sent over TLS it cannot recognise.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// How long what a trap waits for may take.
const LIMIT: Duration = Duration::from_secs(30);
/// The longest chunk that is passed on at once, in bytes.
const CHUNK: usize = 64 * 1024;

/// A proxy in front of one server.
pub struct Proxy {
    /// Where clients connect to.
    pub address: SocketAddr,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

/// What happens when a client sends certain bytes; once.
#[derive(Debug, Clone, Copy)]
pub struct Trap {
    /// The bytes, in one piece or in two that follow each other.
    pub pattern: &'static [u8],
    /// Whether the server still gets the chunk in which they end.
    pub reaches_server: bool,
    /// What follows; the client gets no answer in any case.
    pub then: Then,
}

/// What a trap does to connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Then {
    /// Cuts this connection; others and new ones work.
    CutOne,
    /// [`Proxy::cut`].
    CutAll,
    /// [`Proxy::hang`].
    Hang,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    Open,
    Hanging,
    Cut,
}

/// What every connection watches.
#[derive(Debug, Clone, Copy)]
struct State {
    mode: Mode,
    /// A connection ends when this is no longer what it was at its beginning.
    cuts: u64,
    /// How many traps have done all that they do.
    sprung: u64,
    over: bool,
}

struct Shared {
    state: watch::Sender<State>,
    trap: Mutex<Option<Trap>>,
}

impl Proxy {
    /// Starts one on a free port of loopback.
    pub fn start(upstream: SocketAddr) -> Self {
        Self::on(SocketAddr::from(([127, 0, 0, 1], 0)), upstream)
    }

    /// Starts one on this address; port 0 is a free one.
    pub fn on(address: SocketAddr, upstream: SocketAddr) -> Self {
        let listener = std::net::TcpListener::bind(address).expect("a free port");
        listener.set_nonblocking(true).expect("a listener that does not block");
        let address = listener.local_addr().expect("an address");
        let begin = State { mode: Mode::Open, cuts: 0, sprung: 0, over: false };
        let shared = Arc::new(Shared { state: watch::Sender::new(begin), trap: Mutex::new(None) });
        let theirs = Arc::clone(&shared);
        let thread = std::thread::spawn(move || serve(listener, upstream, &theirs));
        Self { address, shared, thread: Some(thread) }
    }

    /// Ends all connections now; new ones are closed as soon as they are made.
    pub fn cut(&self) {
        self.shared.cut();
    }

    /// Passes nothing on, in either direction, and keeps every connection open, new ones too: a black hole.
    pub fn hang(&self) {
        self.shared.set(Mode::Hanging);
    }

    /// Lets everything through again, what was sent while it hung included.
    pub fn heal(&self) {
        self.shared.set(Mode::Open);
    }

    /// Sets a trap, in place of one that has not been sprung.
    pub fn set(&self, trap: Trap) {
        *self.shared.trap.lock().expect("no thread panics with the trap") = Some(trap);
    }

    /// Waits until `count` traps have been sprung since the start. When the trap cuts, the server has then ended its
    /// side too: what it does with what it got is done.
    pub async fn sprung(&self, count: u64) {
        let mut state = self.shared.state.subscribe();
        let sprung = until(&mut state, |state| state.sprung >= count);
        tokio::time::timeout(LIMIT, sprung).await.expect("the trap is sprung in time");
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.shared.state.send_modify(|state| state.over = true);
        let ended = self.thread.take().map(JoinHandle::join);
        // A second panic while one is under way would end the whole run.
        assert!(std::thread::panicking() || !matches!(ended, Some(Err(_))), "the proxy panicked");
    }
}

impl Shared {
    fn set(&self, mode: Mode) {
        self.state.send_modify(|state| state.mode = mode);
    }

    fn cut(&self) {
        self.state.send_modify(|state| {
            state.mode = Mode::Cut;
            state.cuts += 1;
        });
    }

    fn count(&self) {
        self.state.send_modify(|state| state.sprung += 1);
    }

    /// Takes the trap when its bytes end in `chunk`, which follows `before`.
    fn spring(&self, before: &[u8], chunk: &[u8]) -> Option<Trap> {
        let mut trap = self.trap.lock().expect("no thread panics with the trap");
        let pattern = (*trap)?.pattern;
        let kept = before.len().min(pattern.len().saturating_sub(1));
        let text = [&before[before.len() - kept..], chunk].concat();
        let found = text.windows(pattern.len()).any(|window| window == pattern);
        trap.take_if(|_| found)
    }
}

async fn until(state: &mut watch::Receiver<State>, condition: impl FnMut(&State) -> bool) {
    // An error says that the sender is gone, which lives as long as its connections.
    let _gone = state.wait_for(condition).await;
}

fn serve(listener: std::net::TcpListener, upstream: SocketAddr, shared: &Arc<Shared>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let listener = TcpListener::from_std(listener).expect("a listener");
        let mut state = shared.state.subscribe();
        let mut connections = JoinSet::new();
        loop {
            tokio::select! {
                () = until(&mut state, |state| state.over) => break,
                accepted = listener.accept() => {
                    let (client, _) = accepted.expect("a connection");
                    connections.spawn(connection(client, upstream, Arc::clone(shared)));
                }
                Some(ended) = connections.join_next() => ended.expect("a connection that ends well"),
            }
        }
        connections.shutdown().await;
    });
}

async fn connection(client: TcpStream, upstream: SocketAddr, shared: Arc<Shared>) {
    let mut state = shared.state.subscribe();
    let State { mode, cuts, .. } = *state.borrow();
    if mode == Mode::Cut {
        return;
    }
    let trapped = tokio::select! {
        () = until(&mut state, |state| state.cuts != cuts) => None,
        trapped = relay(client, upstream, &shared) => trapped,
    };
    // The client's side is closed by now, without an answer.
    let Some((then, mut from_server, mut to_server)) = trapped else { return };
    if then == Then::CutAll {
        shared.cut();
    }
    // An orderly end, so that the server reads what it was sent; it closes when it is done.
    let _closed = to_server.shutdown().await;
    let mut unheard = tokio::io::sink();
    let _ended = tokio::time::timeout(LIMIT, tokio::io::copy(&mut from_server, &mut unheard)).await;
    shared.count();
}

/// Passes on until one side ends; the server's side when it was a trap that ended the client's.
async fn relay(
    client: TcpStream,
    upstream: SocketAddr,
    shared: &Shared,
) -> Option<(Then, OwnedReadHalf, OwnedWriteHalf)> {
    let mut state = shared.state.subscribe();
    until(&mut state, |state| state.mode == Mode::Open).await;
    let server = TcpStream::connect(upstream).await.ok()?;
    client.set_nodelay(true).and(server.set_nodelay(true)).ok()?;
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let then = tokio::select! {
        then = questions(&mut from_client, &mut to_server, shared) => then?,
        () = answers(&mut from_server, &mut to_client, shared) => return None,
    };
    Some((then, from_server, to_server))
}

/// From the client to the server; what a trap says when it ends the connection.
async fn questions(from: &mut OwnedReadHalf, to: &mut OwnedWriteHalf, shared: &Shared) -> Option<Then> {
    let mut state = shared.state.subscribe();
    let mut buffer = vec![0; CHUNK];
    let mut before = Vec::new();
    loop {
        let read = from.read(&mut buffer).await.ok().filter(|read| *read > 0)?;
        until(&mut state, |state| state.mode == Mode::Open).await;
        let chunk = &buffer[..read];
        let trap = shared.spring(&before, chunk);
        if trap.is_none_or(|trap| trap.reaches_server) {
            to.write_all(chunk).await.ok()?;
        }
        if let Some(trap) = trap {
            if trap.then != Then::Hang {
                return Some(trap.then);
            }
            shared.set(Mode::Hanging);
            shared.count();
            until(&mut state, |state| state.mode == Mode::Open).await;
            if !trap.reaches_server {
                to.write_all(chunk).await.ok()?;
            }
        }
        before = chunk.to_vec();
    }
}

/// From the server to the client.
async fn answers(from: &mut OwnedReadHalf, to: &mut OwnedWriteHalf, shared: &Shared) {
    let mut state = shared.state.subscribe();
    let mut buffer = vec![0; CHUNK];
    while let Ok(read @ 1..) = from.read(&mut buffer).await {
        until(&mut state, |state| state.mode == Mode::Open).await;
        if to.write_all(&buffer[..read]).await.is_err() {
            return;
        }
    }
}
