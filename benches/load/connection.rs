//! One HTTP/1.1 connection kept open, as light as it can be: the client must not be what is measured.

use std::error::Error;
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A connection that carries a bearer token.
pub struct Connection {
    stream: TcpStream,
    token: String,
    buffer: Vec<u8>,
}

/// An answer.
pub struct Answer {
    pub status: u16,
    pub body: Vec<u8>,
}

impl Connection {
    pub async fn open(address: SocketAddr, token: &str) -> Result<Self, Box<dyn Error>> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, token: token.to_owned(), buffer: Vec::with_capacity(16 * 1024) })
    }

    pub async fn send(&mut self, method: &str, path: &str, body: &str) -> Result<Answer, Box<dyn Error>> {
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {}\r\n\
             Content-Type: application/scim+json\r\nContent-Length: {}\r\n\r\n{body}",
            self.token,
            body.len()
        );
        self.stream.write_all(request.as_bytes()).await?;
        self.buffer.clear();
        let head = loop {
            if let Some(end) = find(&self.buffer, b"\r\n\r\n") {
                break end + 4;
            }
            self.more().await?;
        };
        let text = std::str::from_utf8(&self.buffer[..head])?.to_ascii_lowercase();
        let status = text.split(' ').nth(1).ok_or("no status line")?.parse()?;
        let length: usize = match text.split("content-length: ").nth(1) {
            Some(rest) => rest.split("\r\n").next().unwrap_or("0").parse()?,
            None => 0,
        };
        while self.buffer.len() < head + length {
            self.more().await?;
        }
        Ok(Answer { status, body: self.buffer[head..head + length].to_vec() })
    }

    async fn more(&mut self) -> Result<(), Box<dyn Error>> {
        if self.stream.read_buf(&mut self.buffer).await? == 0 {
            return Err("the server closed the connection".into());
        }
        Ok(())
    }
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|window| window == needle)
}
