//! A request whose body is sent piece by piece over a bare connection, no length declared.

use super::reply::{Caller, Reply};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const LIMIT: Duration = Duration::from_secs(60);

/// A `POST` under way.
pub struct Chunked {
    stream: TcpStream,
    broken: bool,
}

impl Chunked {
    /// Sends the head.
    pub async fn post(caller: &Caller, path: &str, token: &str) -> Self {
        let mut stream = TcpStream::connect(caller.base.trim_start_matches("http://")).await.expect("a connection");
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: test\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n\
             Content-Type: application/scim+json\r\nTransfer-Encoding: chunked\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).await.expect("the head is sent");
        Self { stream, broken: false }
    }

    /// Sends one piece; once the peer has closed its side, nothing more is sent.
    pub async fn piece(&mut self, text: &str) {
        let chunk = format!("{:x}\r\n{text}\r\n", text.len());
        self.broken = self.broken || self.stream.write_all(chunk.as_bytes()).await.is_err();
    }

    /// Ends the body and reads the answer.
    pub async fn finish(mut self) -> Reply {
        let _ended = self.stream.write_all(b"0\r\n\r\n").await;
        let mut bytes = Vec::new();
        let read = tokio::time::timeout(LIMIT, self.stream.read_to_end(&mut bytes)).await.expect("an answer in time");
        let text = String::from_utf8_lossy(&bytes);
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no answer but {read:?} {text:?}"));
        let mut lines = head.lines();
        let status = lines.next().and_then(|line| line.split(' ').nth(1)).and_then(|code| code.parse().ok());
        let mut headers = HeaderMap::new();
        for (name, value) in lines.filter_map(|line| line.split_once(": ")) {
            let name = HeaderName::from_bytes(name.as_bytes()).expect("a header");
            headers.append(name, HeaderValue::from_str(value).expect("a value"));
        }
        Reply { status: status.expect("a status"), headers, text: body.to_owned() }
    }
}
