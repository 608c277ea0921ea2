//! What one request may use, and how the endpoint stops. C013.

use crate::support::chunked::Chunked;
use crate::support::endpoint::{Endpoint, LIMIT, document, rule, token, user_body};
use crate::support::reply::Reply;
use crate::support::wait;
use insta::assert_snapshot;
use scim_operator::config::Scope;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

const MIB: usize = 1024 * 1024;

/// Sends so many bytes of spaces in pieces, so that no length is declared.
async fn chunked(endpoint: &Endpoint, path: &str, bytes: usize) -> Reply {
    let mut request = Chunked::post(&endpoint.public, path, &token(Scope::Scim)).await;
    let piece = " ".repeat(64 * 1024);
    for _ in 0..bytes.div_ceil(piece.len()) {
        request.piece(&piece).await;
    }
    request.finish().await
}

#[tokio::test]
async fn a_body_that_is_too_large_is_refused_declared_or_not() {
    let endpoint = Endpoint::start(Vec::new()).await;
    let mut large = user_body("ana@example.com");
    large["title"] = json!("x".repeat(MIB));
    let declared = endpoint.public.post("/scim/v2/Users", &large).await;
    assert_snapshot!(declared.shown(), @r#"
    413 application/scim+json
    {
      "schemas": [
        "urn:ietf:params:scim:api:messages:2.0:Error"
      ],
      "status": "413",
      "detail": "the body is larger than 1048576 bytes; send less at once"
    }
    "#);
    let unsaid = chunked(&endpoint, "/scim/v2/Users", MIB + 1).await;
    assert_eq!(unsaid.shown(), declared.shown(), "counted as it arrives");
    for (path, bytes) in [("/scim/v2/Users", MIB), ("/scim/v2/Groups", 2 * MIB)] {
        let fits = chunked(&endpoint, path, bytes).await;
        assert_eq!((fits.status, &fits.json()["scimType"]), (400, &json!("invalidSyntax")), "read, and found empty");
    }
    let group = chunked(&endpoint, "/scim/v2/Groups", 64 * MIB + 1).await;
    assert_snapshot!(group.shown(), @r#"
    413 application/scim+json
    {
      "schemas": [
        "urn:ietf:params:scim:api:messages:2.0:Error"
      ],
      "status": "413",
      "detail": "the body is larger than 67108864 bytes; send less at once"
    }
    "#);
    assert_eq!(endpoint.public.get("/scim/v2/Users").await.status, 200, "and it serves on");
}

#[tokio::test]
async fn c013_paused_is_503_on_scim_only_and_ready() {
    let mut endpoint = Endpoint::start(vec![rule("d", "Designers", "Designer", &["main"], &[])]).await;
    let user = endpoint.user("ana@example.com").await;
    endpoint.document.profile.paused = true;
    endpoint.publish().await;
    let paused = endpoint.public.get("/scim/v2/Users").await;
    assert_eq!(paused.header("retry-after"), "30");
    assert_snapshot!(paused.shown(), @r#"
    503 application/scim+json
    {
      "schemas": [
        "urn:ietf:params:scim:api:messages:2.0:Error"
      ],
      "status": "503",
      "detail": "Provisioning is paused in this directory; try again later."
    }
    "#);
    assert_eq!(endpoint.public.get("/scim/v2/ServiceProviderConfig").await.status, 503);
    assert_eq!(endpoint.public.post("/scim/v2/Users", &user_body("b@example.com")).await.status, 503);
    assert_eq!(endpoint.public.without_token().get("/scim/v2/Users").await.status, 401, "401 comes first");
    assert_eq!(endpoint.public.get("/scim/v2/Unknown").await.status, 404);
    assert_eq!(endpoint.public.send("POST", "/scim/v2/Users", "text/plain", "").await.status, 415);
    assert_eq!(endpoint.view(&user).await["userName"], "ana@example.com", "the access API goes on");
    assert_eq!(endpoint.public.get("/readyz").await.status, 200);
    endpoint.document.profile.paused = false;
    endpoint.publish().await;
    assert_eq!(endpoint.public.get("/scim/v2/Users").await.status, 200);
}

#[tokio::test]
async fn before_the_first_publication_nothing_is_served_and_nobody_is_told_of_a_wrong_token() {
    let mut endpoint = Endpoint::unpublished().await;
    assert_eq!(endpoint.public.get("/healthz").await.status, 200);
    assert_eq!(endpoint.public.get("/readyz").await.status, 503);
    let early = endpoint.public.get("/scim/v2/Users").await;
    assert_eq!(early.header("retry-after"), "30");
    assert_snapshot!(early.shown(), @r#"
    503 application/scim+json
    {
      "schemas": [
        "urn:ietf:params:scim:api:messages:2.0:Error"
      ],
      "status": "503",
      "detail": "This endpoint has no configuration yet; try again later."
    }
    "#);
    assert_eq!(endpoint.public.without_token().get("/scim/v2/Users").await.status, 401);
    assert_eq!(endpoint.access.get("/access/v1/users").await.status, 503);
    endpoint.publish().await;
    assert_eq!(endpoint.public.get("/scim/v2/Users").await.status, 200);
    let endpoint = endpoint.restart().await;
    endpoint.ready().await;
    assert_eq!(endpoint.public.get("/scim/v2/Users").await.status, 200, "it keeps the document");
}

#[tokio::test]
async fn a_store_below_the_mounted_floor_waits_until_it_is_published_to() {
    let mut endpoint = Endpoint::start(Vec::new()).await;
    let floor = |revision: u64| json!({ "revocationFloor": revision, "verifiers": [] }).to_string();
    let file = endpoint.folder().join("verifiers.json");
    std::fs::write(&file, floor(endpoint.revision + 1)).unwrap();
    let closed = async || (endpoint.public.get("/readyz").await.status == 503).then_some(());
    wait::until("the floor is seen", LIMIT, closed).await;
    assert_eq!(endpoint.public.get("/scim/v2/Users").await.status, 503, "who was revoked is not known");
    assert_eq!(endpoint.admin.get("/admin/v1/config").await.status, 200);
    endpoint.document = document(vec![rule("d", "Designers", "Designer", &["main"], &[])]);
    endpoint.publish().await;
    assert_eq!(endpoint.public.get("/scim/v2/Users").await.status, 200);
}

#[tokio::test]
async fn b097_what_an_earlier_directory_left_in_force_lets_nobody_in_until_it_is_published_to() {
    let endpoint = Endpoint::start(Vec::new()).await;
    assert_eq!(endpoint.public.get("/scim/v2/Users").await.status, 200);
    let file = json!({ "directoryUid": "made again", "revocationFloor": 0, "verifiers": [] }).to_string();
    std::fs::write(endpoint.folder().join("verifiers.json"), file).unwrap();
    let mut endpoint = endpoint.restart().await;
    assert_eq!(endpoint.public.get("/scim/v2/Users").await.status, 503, "the old key, from the first moment on");
    assert_eq!(endpoint.access.get("/access/v1/users").await.status, 503);
    assert_eq!(endpoint.metrics.get("/readyz").await.status, 503);
    "made again".clone_into(&mut endpoint.document.directory.uid);
    endpoint.document.verifiers.clear();
    endpoint.publish().await;
    assert_eq!(endpoint.public.get("/scim/v2/Users").await.status, 401);
}

#[tokio::test]
async fn told_to_stop_it_ends_long_polls_finishes_requests_and_exits_with_0() {
    let endpoint = Endpoint::start(Vec::new()).await;
    let position = endpoint.state().await.position;
    let admin = endpoint.admin.clone();
    let poll =
        tokio::spawn(async move { admin.get(&format!("/admin/v1/state?since={position}&wait=30s")).await.status });
    // A request whose body arrives in two halves, the second only after the endpoint was told to stop.
    let body = user_body("ana@example.com").to_string();
    let (first, second) = body.split_at(20);
    let mut request = Chunked::post(&endpoint.public, "/scim/v2/Users", &token(Scope::Scim)).await;
    request.piece(first).await;
    let program = endpoint.program().handle();
    let stopping = tokio::spawn(endpoint.stop());
    program.logged("draining").await;
    assert_eq!(poll.await.unwrap(), 200, "long before its 30 s");
    request.piece(second).await;
    assert_eq!(request.finish().await.status, 201);
    assert!(stopping.await.unwrap().success());
}

#[tokio::test]
async fn answers_carry_an_id_and_are_not_for_keeping() {
    let endpoint = Endpoint::start(Vec::new()).await;
    let reply = endpoint.public.get("/scim/v2/Users").await;
    assert_eq!(reply.header("x-request-id").len(), 36);
    let mut names: Vec<&str> = reply.headers.keys().map(|name| name.as_str()).collect();
    names.sort_unstable();
    let expected =
        ["cache-control", "content-length", "content-type", "date", "x-content-type-options", "x-request-id"];
    assert_eq!(names, expected, "nothing else is told");
    let named = endpoint.public.request("GET", "/scim/v2/Users").header("x-request-id", "entra-42");
    assert_eq!(crate::support::reply::finish(named).await.header("x-request-id"), "entra-42");
    let forged = endpoint.public.request("GET", "/scim/v2/Users").header("x-request-id", "a b");
    assert_eq!(crate::support::reply::finish(forged).await.header("x-request-id").len(), 36);
}

#[tokio::test]
async fn a_request_smuggled_behind_a_second_length_is_refused() {
    let endpoint = Endpoint::start(Vec::new()).await;
    let address = endpoint.public.base.trim_start_matches("http://").to_owned();
    let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
    let head = "POST /scim/v2/Users HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n";
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut text = String::new();
    tokio::time::timeout(LIMIT, stream.read_to_string(&mut text)).await.unwrap().unwrap();
    assert!(text.starts_with("HTTP/1.1 400"), "{text}");
}
