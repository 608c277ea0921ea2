//! One listener: a socket, a router behind the gate, limits on connections and heads, a drain at the end.
//!
//! HTTP/1.1 only: the time limit of a head then holds from a connection's first moment, and no ingress talks HTTP/2
//! to a plain port unasked.

use super::Error;
use super::limits::Limits;
use axum::Router;
use axum_server::accept::{Accept, NoDelayAcceptor};
use axum_server::tls_rustls::{RustlsAcceptor, RustlsConfig};
use axum_server::{Handle, Server};
use futures::future::{Either, Ready, ready};
use hyper_util::rt::TokioTimer;
use std::io;
use std::net::{SocketAddr, TcpListener};
use tokio::net::TcpStream;

/// A socket that listens but is not served yet: a client that connects early waits.
pub(crate) struct Bound {
    socket: TcpListener,
    /// Where it listens, with the port that was given when port 0 was asked for.
    pub(crate) address: SocketAddr,
    handle: Handle<SocketAddr>,
}

impl Bound {
    /// Binds an address.
    pub(crate) fn new(address: SocketAddr) -> Result<Self, Error> {
        let bind = || {
            let socket = TcpListener::bind(address)?;
            socket.set_nonblocking(true)?;
            let address = socket.local_addr()?;
            io::Result::Ok((socket, address))
        };
        let (socket, address) = bind().map_err(|source| Error::Bind { address, source })?;
        Ok(Self { socket, address, handle: Handle::new() })
    }

    /// What ends it.
    pub(crate) fn handle(&self) -> Handle<SocketAddr> {
        self.handle.clone()
    }

    /// Serves until its handle is told to stop; with TLS when a configuration is given.
    pub(crate) async fn serve(self, router: Router, tls: Option<RustlsConfig>, limits: Limits) -> io::Result<()> {
        let acceptor = Bounded { handle: self.handle.clone(), connections_max: limits.connections_max };
        let server = axum_server::from_tcp(self.socket)?.handle(self.handle);
        let service = router.into_make_service_with_connect_info::<SocketAddr>();
        match tls {
            None => bounded(server.acceptor(acceptor), &limits).serve(service).await,
            Some(config) => {
                let acceptor = RustlsAcceptor::new(config).acceptor(acceptor);
                bounded(server.acceptor(acceptor), &limits).serve(service).await
            }
        }
    }
}

/// To be called after the acceptor is set: setting one forgets the version.
fn bounded<A>(server: Server<SocketAddr, A>, limits: &Limits) -> Server<SocketAddr, A> {
    let mut server = server.http1_only();
    server.http_builder().http1().timer(TokioTimer::new()).header_read_timeout(limits.head_timeout);
    server
}

/// Closes connections above a limit at once; the others get `TCP_NODELAY`.
#[derive(Clone)]
struct Bounded {
    handle: Handle<SocketAddr>,
    connections_max: usize,
}

impl<S> Accept<TcpStream, S> for Bounded {
    type Stream = TcpStream;
    type Service = S;
    type Future = Either<<NoDelayAcceptor as Accept<TcpStream, S>>::Future, Ready<io::Result<(TcpStream, S)>>>;

    fn accept(&self, stream: TcpStream, service: S) -> Self::Future {
        // The connection at hand is counted already.
        if self.handle.connection_count() <= self.connections_max {
            Either::Left(NoDelayAcceptor::new().accept(stream, service))
        } else {
            Either::Right(ready(Err(io::Error::new(io::ErrorKind::ConnectionRefused, "too many connections"))))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::routing::get;
    use std::time::Duration;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::time::timeout;

    const LIMIT: Duration = Duration::from_secs(10);

    fn serve(limits: Limits) -> (SocketAddr, Handle<SocketAddr>) {
        let bound = Bound::new(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
        let (address, handle) = (bound.address, bound.handle());
        let router = Router::new().route("/", get(async || "hello"));
        tokio::spawn(bound.serve(router, None, limits));
        (address, handle)
    }

    async fn rest(stream: &mut TcpStream) -> String {
        let mut text = Vec::new();
        // A reset counts as an end: the peer is gone either way.
        let _end = timeout(LIMIT, stream.read_to_end(&mut text)).await.expect("the connection should end");
        String::from_utf8_lossy(&text).into_owned()
    }

    #[tokio::test]
    async fn a_head_that_does_not_arrive_ends_the_connection() {
        let (address, _handle) = serve(Limits { head_timeout: Duration::from_millis(50), ..Limits::default() });
        for sent in ["", "GET / HTTP/1.1\r\nHost: x\r\n"] {
            let mut stream = TcpStream::connect(address).await.unwrap();
            stream.write_all(sent.as_bytes()).await.unwrap();
            assert!(!rest(&mut stream).await.contains("200 OK"), "{sent:?}");
        }
    }

    #[tokio::test]
    async fn a_connection_too_many_is_closed_and_the_others_live_on() {
        let (address, _handle) = serve(Limits { connections_max: 1, ..Limits::default() });
        let mut first = TcpStream::connect(address).await.unwrap();
        first.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
        let mut start = [0; 15];
        timeout(LIMIT, first.read_exact(&mut start)).await.unwrap().unwrap();
        assert_eq!(&start, b"HTTP/1.1 200 OK");
        let mut second = TcpStream::connect(address).await.unwrap();
        let _refused = second.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await;
        assert_eq!(rest(&mut second).await, "");
        first.write_all(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await.unwrap();
        assert!(rest(&mut first).await.contains("200 OK"));
    }
}
