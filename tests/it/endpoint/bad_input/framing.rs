//! Bodies whose end is not where it is said to be. RFC 9112 §6, §7.

use super::{USERS, assert_bad, assert_well, made, posted, total, user};
use crate::endpoint::wire::{Answer, Request, exchanged};
use crate::support::endpoint::Endpoint;

fn post() -> Request {
    Request::scim("POST", USERS).header("Content-Type", "application/scim+json")
}

fn chunked() -> Request {
    post().header("Transfer-Encoding", "chunked")
}

/// A text in pieces of so many bytes.
fn pieces(text: &str, bytes: usize) -> Vec<u8> {
    let mut out = Vec::new();
    for piece in text.as_bytes().chunks(bytes) {
        out.extend(format!("{:x}\r\n", piece.len()).bytes());
        out.extend(piece);
        out.extend(b"\r\n");
    }
    out.extend(b"0\r\n\r\n");
    out
}

/// How many answers came.
fn answers(answer: &Answer) -> usize {
    answer.text.matches("HTTP/1.1 ").count()
}

#[tokio::test]
async fn a_body_in_pieces_of_any_size_is_one_body() {
    let endpoint = Endpoint::start(Vec::new()).await;
    for (number, bytes) in [1, 2, 7, 100_000].into_iter().enumerate() {
        let name = format!("é{number}@example.com");
        let answer = chunked().bare(pieces(&user(&name), bytes)).send(&endpoint.public).await;
        assert_eq!(made(&answer)["userName"], name);
    }
    let empty = chunked().bare("0\r\n\r\n").send(&endpoint.public).await;
    assert_bad(&empty, 400, Some("invalidSyntax"), &["the body is not valid JSON", "line 1 column 0"]);
}

#[tokio::test]
async fn a_length_that_is_not_that_of_the_body_makes_nothing() {
    let endpoint = Endpoint::start(Vec::new()).await;
    let whole = user("ana@example.com");
    let short = post().header("Content-Length", "10").bare(whole.clone()).send(&endpoint.public).await;
    assert_bad(&short, 400, Some("invalidSyntax"), &["the body is not valid JSON: EOF", "column 10"]);
    assert_eq!(answers(&short), 1, "what is behind it is no request: {}", short.text);
    let long = post().header("Content-Length", "1000").bare(whole.clone()).send_and_hang_up(&endpoint.public).await;
    assert_bad(&long, 400, Some("invalidSyntax"), &["the body broke off"]);
    let unsaid = post().bare(whole.clone()).send(&endpoint.public).await;
    assert_bad(&unsaid, 400, Some("invalidSyntax"), &["the body is not valid JSON: EOF", "column 0"]);
    for length in ["-1", "+5", "5, 5", "5 5", "0x5", "1e3", "99999999999999999999999", "x", ""] {
        let answer = post().header("Content-Length", length).bare("{\"a\":").send_and_hang_up(&endpoint.public).await;
        assert_eq!(answer.status(), 400, "{length:?}: {}", answer.text);
    }
    let two = post().header("Content-Length", "5").header("Content-Length", "6").bare("{\"a\":1}");
    assert_eq!(two.send(&endpoint.public).await.status(), 400);
    assert_well(&endpoint).await;
}

#[tokio::test]
async fn pieces_that_are_none_or_break_off_make_nothing() {
    let endpoint = Endpoint::start(Vec::new()).await;
    let whole = pieces(&user("ana@example.com"), 20);
    let cut = &whole[..whole.len() - 5];
    let broken: [&[u8]; 5] = [b"zz\r\n{}\r\n0\r\n\r\n", b"-2\r\n{}\r\n0\r\n\r\n", b"1\r\n{}\r\n0\r\n\r\n", b"", cut];
    for pieces in broken {
        let answer = chunked().bare(pieces).send_and_hang_up(&endpoint.public).await;
        assert_bad(&answer, 400, Some("invalidSyntax"), &["the body broke off"]);
    }
    for coding in ["chunked, gzip", "gzip", "identity"] {
        let request = post().header("Transfer-Encoding", coding).bare(whole.clone());
        assert_eq!(request.send(&endpoint.public).await.status(), 400, "{coding}: where would it end?");
    }
    assert_well(&endpoint).await;
}

#[tokio::test]
async fn of_a_length_and_pieces_the_pieces_count_and_the_connection_ends() {
    let endpoint = Endpoint::start(Vec::new()).await;
    let smuggled = format!("DELETE {USERS}/1 HTTP/1.1\r\nHost: test\r\n\r\n");
    for (number, length_first) in [true, false].into_iter().enumerate() {
        let name = format!("{number}@example.com");
        let both = |request: Request| match length_first {
            true => request.header("Content-Length", "5").header("Transfer-Encoding", "chunked"),
            false => request.header("Transfer-Encoding", "chunked").header("Content-Length", "5"),
        };
        let request = both(post()).bare(pieces(&user(&name), 1_000)).bytes();
        // The connection would be kept: it is not the client who ends it.
        let request = String::from_utf8(request).unwrap().replace("Connection: close\r\n", "") + &smuggled;
        let answer = exchanged(&endpoint.public, request.as_bytes(), false).await;
        assert_eq!(answer.status(), 201, "{}", answer.text);
        assert_eq!((answers(&answer), answer.header("connection")), (1, Some("close")), "{}", answer.text);
    }
    assert_eq!(total(&endpoint.public, USERS).await, 2);
}

#[tokio::test]
async fn a_body_where_none_belongs_is_passed_over() {
    let endpoint = Endpoint::start(Vec::new()).await;
    let id = made(&posted(&endpoint.public, USERS, user("ana@example.com")).await)["id"].as_str().unwrap().to_owned();
    let path = format!("{USERS}/{id}");
    for (method, path, status) in [("GET", USERS, 200), ("GET", &*path, 200), ("DELETE", &path, 204)] {
        let answer = Request::scim(method, path).body("{\"userName\":").send(&endpoint.public).await;
        assert_eq!(answer.status(), status, "{method}: {}", answer.text);
    }
    // Without a media type it is passed over as well, and is no request of its own.
    let request = Request::scim("GET", USERS).sized(format!("DELETE {USERS}/1 HTTP/1.1\r\nHost: test\r\n\r\n"));
    assert_eq!(answers(&request.send(&endpoint.public).await), 1);
    assert_well(&endpoint).await;
}
