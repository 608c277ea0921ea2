//! That the proxy fails as it says: everything that is shown with a cut or hanging connection stands on it.

use crate::support::proxy::{Proxy, Then, Trap};
use std::net::SocketAddr;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

const LIMIT: Duration = Duration::from_secs(10);

/// A server that answers every chunk with the same bytes, and tells at the end of each connection all that it got.
async fn echo() -> (SocketAddr, Receiver<Vec<u8>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (tell, told) = channel();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let tell = tell.clone();
            tokio::spawn(async move {
                let (mut got, mut buffer) = (Vec::new(), [0; 1024]);
                while let Ok(read @ 1..) = stream.read(&mut buffer).await {
                    got.extend_from_slice(&buffer[..read]);
                    // A client that is gone still has been heard.
                    let _answered = stream.write_all(&buffer[..read]).await;
                }
                let _nobody_asks = tell.send(got);
            });
        }
    });
    (address, told)
}

/// Sends the text and reads as many bytes; `None` when the connection ended.
async fn ask(stream: &mut TcpStream, text: &[u8]) -> Option<Vec<u8>> {
    stream.write_all(text).await.ok()?;
    let mut answer = vec![0; text.len()];
    let read = tokio::time::timeout(LIMIT, stream.read_exact(&mut answer)).await.expect("an answer or an end");
    read.ok().map(|_| answer)
}

async fn connect(proxy: &Proxy) -> TcpStream {
    TcpStream::connect(proxy.address).await.unwrap()
}

#[tokio::test]
async fn what_is_cut_ends_and_what_comes_after_healing_works() {
    let (server, _told) = echo().await;
    let proxy = Proxy::start(server);
    let mut stream = connect(&proxy).await;
    assert_eq!(ask(&mut stream, b"one").await.as_deref(), Some(b"one".as_slice()));
    proxy.cut();
    assert_eq!(ask(&mut stream, b"two").await, None);
    assert_eq!(ask(&mut connect(&proxy).await, b"three").await, None);
    proxy.heal();
    assert_eq!(ask(&mut stream, b"four").await, None, "what was cut stays so");
    assert_eq!(ask(&mut connect(&proxy).await, b"five").await.as_deref(), Some(b"five".as_slice()));
}

#[tokio::test]
async fn what_hangs_is_answered_after_healing() {
    let (server, _told) = echo().await;
    let proxy = Proxy::start(server);
    let mut stream = connect(&proxy).await;
    ask(&mut stream, b"one").await.unwrap();
    proxy.hang();
    stream.write_all(b"two").await.unwrap();
    let mut late = connect(&proxy).await;
    late.write_all(b"new").await.unwrap();
    let mut byte = [0];
    let silence = tokio::time::timeout(Duration::from_millis(200), stream.read(&mut byte)).await;
    assert!(silence.is_err(), "{silence:?}");
    let silence = tokio::time::timeout(Duration::from_millis(200), late.read(&mut byte)).await;
    assert!(silence.is_err(), "{silence:?}");
    proxy.heal();
    let mut answer = [0; 3];
    stream.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"two");
    late.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"new");
}

#[tokio::test]
async fn a_trap_loses_the_answer_or_the_question() {
    for (reaches_server, heard) in [(true, b"begin COMMIT".as_slice()), (false, b"begin ")] {
        let (server, told) = echo().await;
        let proxy = Proxy::start(server);
        proxy.set(Trap { pattern: b"COMMIT", reaches_server, then: Then::CutOne });
        let mut stream = connect(&proxy).await;
        ask(&mut stream, b"begin ").await.unwrap();
        assert_eq!(ask(&mut stream, b"COMMIT").await, None);
        proxy.sprung(1).await;
        assert_eq!(told.try_recv().as_deref(), Ok(heard), "the server is done when the trap is");
        assert_eq!(ask(&mut connect(&proxy).await, b"COMMIT").await.as_deref(), Some(b"COMMIT".as_slice()), "once");
    }
}

#[tokio::test]
async fn a_trap_sees_what_comes_in_two_pieces_and_cuts_all() {
    let (server, _told) = echo().await;
    let proxy = Proxy::start(server);
    let (mut stream, mut other) = (connect(&proxy).await, connect(&proxy).await);
    ask(&mut other, b"COM").await.unwrap();
    proxy.set(Trap { pattern: b"COMMIT", reaches_server: true, then: Then::CutAll });
    ask(&mut stream, b"x COM").await.unwrap();
    assert_eq!(ask(&mut stream, b"MIT").await, None);
    proxy.sprung(1).await;
    assert_eq!(ask(&mut other, b"y").await, None);
    assert_eq!(ask(&mut connect(&proxy).await, b"z").await, None);
    proxy.heal();
    assert_eq!(ask(&mut connect(&proxy).await, b"z").await.as_deref(), Some(b"z".as_slice()));
}

#[tokio::test]
async fn a_trap_that_hangs_holds_the_answer_back() {
    for reaches_server in [true, false] {
        let (server, _told) = echo().await;
        let proxy = Proxy::start(server);
        proxy.set(Trap { pattern: b"COMMIT", reaches_server, then: Then::Hang });
        let mut stream = connect(&proxy).await;
        stream.write_all(b"COMMIT").await.unwrap();
        proxy.sprung(1).await;
        let mut answer = [0; 6];
        let silence = tokio::time::timeout(Duration::from_millis(200), stream.read(&mut answer)).await;
        assert!(silence.is_err(), "{silence:?}");
        proxy.heal();
        stream.read_exact(&mut answer).await.unwrap();
        assert_eq!(&answer, b"COMMIT");
    }
}

#[tokio::test]
async fn nothing_of_it_is_left_when_it_is_dropped() {
    let (server, _told) = echo().await;
    let proxy = Proxy::start(server);
    let mut stream = connect(&proxy).await;
    ask(&mut stream, b"one").await.unwrap();
    let address = proxy.address;
    drop(proxy);
    assert_eq!(ask(&mut stream, b"two").await, None);
    TcpStream::connect(address).await.unwrap_err();
}
