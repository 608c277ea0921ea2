//! Requests written byte for byte over a bare connection, and answers as they stand on the wire: for what an HTTP
//! client would not send, and for status lines, which it does not show.

use crate::support::endpoint::{LIMIT, token};
use crate::support::reply::Caller;
use scim_operator::config::Scope;
use serde_json::Value;
use std::fmt::Write;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// Headers of an answer that say more about it than its body does.
const TELLING: [&str; 4] = ["content-type", "allow", "retry-after", "www-authenticate"];

/// A request to be filled in. The connection ends with it.
#[derive(Clone)]
pub(super) struct Request {
    head: String,
    body: Vec<u8>,
}

impl Request {
    /// A request without a token.
    pub(super) fn new(method: &str, path: &str) -> Self {
        let head = format!("{method} {path} HTTP/1.1\r\nHost: test\r\nConnection: close\r\n");
        Self { head, body: Vec::new() }
    }

    /// A request with the token of SCIM.
    pub(super) fn scim(method: &str, path: &str) -> Self {
        Self::new(method, path).header("Authorization", &format!("Bearer {}", token(Scope::Scim)))
    }

    /// One more header, as it is.
    pub(super) fn header(mut self, name: &str, value: &str) -> Self {
        write!(self.head, "{name}: {value}\r\n").expect("a text");
        self
    }

    /// A body with its media type and length.
    pub(super) fn body(self, body: impl Into<Vec<u8>>) -> Self {
        self.header("Content-Type", "application/scim+json").sized(body)
    }

    /// A body with its length.
    pub(super) fn sized(self, body: impl Into<Vec<u8>>) -> Self {
        let body = body.into();
        self.header("Content-Length", &body.len().to_string()).bare(body)
    }

    /// A body of which nothing is said.
    pub(super) fn bare(self, body: impl Into<Vec<u8>>) -> Self {
        Self { body: body.into(), ..self }
    }

    /// All of it.
    pub(super) fn bytes(&self) -> Vec<u8> {
        [self.head.as_bytes(), b"\r\n", &self.body].concat()
    }

    /// Sends it and reads until the connection ends.
    pub(super) async fn send(&self, caller: &Caller) -> Answer {
        exchanged(caller, &self.bytes(), false).await
    }

    /// The same, and says beforehand that nothing more will come.
    pub(super) async fn send_and_hang_up(&self, caller: &Caller) -> Answer {
        exchanged(caller, &self.bytes(), true).await
    }
}

/// Writes bytes to a caller's address and reads until the connection ends.
pub(super) async fn exchanged(caller: &Caller, bytes: &[u8], hangs_up: bool) -> Answer {
    let mut stream = TcpStream::connect(caller.address()).await.expect("a connection");
    // A peer that has its answer ready may not read to the end.
    let _sent = stream.write_all(bytes).await;
    if hangs_up {
        let _ended = stream.shutdown().await;
    }
    let mut read = Vec::new();
    // A reset is an end too.
    let _end = timeout(LIMIT, stream.read_to_end(&mut read)).await.expect("the connection ends in time");
    Answer { text: String::from_utf8_lossy(&read).into_owned() }
}

/// Everything that came back.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) text: String,
}

impl Answer {
    fn head(&self) -> &str {
        self.text.split_once("\r\n\r\n").map_or(self.text.as_str(), |(head, _)| head)
    }

    /// `HTTP/1.1 400 Bad Request`; empty when nothing came.
    pub(super) fn status_line(&self) -> &str {
        self.head().lines().next().unwrap_or_default()
    }

    /// The status; 0 when nothing came.
    pub(super) fn status(&self) -> u16 {
        self.status_line().split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or_default()
    }

    /// The value of a header, given in lower case.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.head().lines().skip(1).filter_map(|line| line.split_once(": "));
        headers.find(|(known, _)| *known == name).map(|(_, value)| value)
    }

    /// The names of all headers.
    pub(super) fn headers(&self) -> Vec<&str> {
        self.head().lines().skip(1).filter_map(|line| line.split_once(':')).map(|(name, _)| name).collect()
    }

    /// What follows the head, up to the end of the connection.
    pub(super) fn body(&self) -> &str {
        self.text.split_once("\r\n\r\n").map_or("", |(_, body)| body)
    }

    /// The body as JSON; `Null` when it is none.
    pub(super) fn json(&self) -> Value {
        serde_json::from_str(self.body()).unwrap_or(Value::Null)
    }

    /// The `detail` of a SCIM error.
    pub(super) fn detail(&self) -> String {
        self.json()["detail"].as_str().unwrap_or_default().to_owned()
    }

    /// Status line, telling headers and body, a line each.
    pub(super) fn shown(&self) -> String {
        let mut out = format!("{}\n", self.status_line());
        for name in TELLING {
            if let Some(value) = self.header(name) {
                writeln!(out, "{name}: {value}").expect("a text");
            }
        }
        out + self.body()
    }
}

/// A text as a query string has it.
pub(super) fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() {
            out.push(char::from(byte));
        } else {
            write!(out, "%{byte:02X}").expect("a text");
        }
    }
    out
}
