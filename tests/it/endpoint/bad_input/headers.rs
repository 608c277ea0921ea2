//! Headers that would become two, that have no end, or that say something else than the body.

use super::{USERS, assert_bad, assert_well, made, posted, user};
use crate::endpoint::wire::{Request, exchanged};
use crate::support::endpoint::{BASE_URL, Endpoint, user_body};
use serde_json::json;

/// Every way to the body of one.
const WITH_BODIES: [(&str, &str); 6] = [
    ("POST", USERS),
    ("PUT", "/scim/v2/Users/1"),
    ("PATCH", "/scim/v2/Groups/1"),
    ("POST", "/scim/v2/Bulk"),
    ("POST", "/scim/v2/.search"),
    ("POST", "/scim/v2/Users/.search"),
];

#[tokio::test]
async fn a_body_of_another_media_type_is_refused_before_it_is_read() {
    let endpoint = Endpoint::start(Vec::new()).await;
    for media_type in [
        "text/json",
        "text/plain; charset=utf-8",
        "application/xml",
        "application/jsonp",
        "application/scim",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "json",
        "*/*",
        "",
    ] {
        let request = Request::scim("POST", USERS).header("Content-Type", media_type).sized(user("ana@example.com"));
        let words = ["application/scim+json", "application/json", "Content-Type"];
        assert_bad(&request.send(&endpoint.public).await, 415, None, &words);
    }
    for (method, path) in WITH_BODIES {
        let unsaid = Request::scim(method, path).sized("{}").send(&endpoint.public).await;
        assert_bad(&unsaid, 415, None, &["say so in Content-Type"]);
    }
    assert_well(&endpoint).await;
}

#[tokio::test]
async fn json_is_known_with_any_charset_and_read_as_utf_8() {
    let endpoint = Endpoint::start(Vec::new()).await;
    let media_types = [
        "application/json",
        "Application/SCIM+JSON",
        "application/scim+json; charset=utf-8",
        "application/scim+json;charset=\"UTF-8\"",
        "application/json; charset=iso-8859-1",
        "application/scim+json ; v=2; charset=nothing",
    ];
    for (number, media_type) in media_types.into_iter().enumerate() {
        let name = format!("é{number}@example.com");
        let request = Request::scim("POST", USERS).header("Content-Type", media_type).sized(user(&name));
        let answer = request.send(&endpoint.public).await;
        assert_eq!(made(&answer)["userName"], name, "{media_type}");
        assert_eq!(answer.header("content-type"), Some("application/scim+json"), "{media_type}");
    }
}

#[tokio::test]
async fn nothing_of_a_request_becomes_a_header_of_its_answer() {
    let endpoint = Endpoint::start(Vec::new()).await;
    let mut body = user_body("a\r\nSet-Cookie: x=1");
    body["externalId"] = json!("b\r\nSet-Cookie: x=1");
    let answer = posted(&endpoint.public, USERS, body.to_string()).await;
    let user = made(&answer);
    assert_eq!(user["userName"], "a\r\nSet-Cookie: x=1", "kept: it is only text");
    let location = format!("{BASE_URL}/Users/{}", user["id"].as_str().unwrap());
    assert_eq!(answer.header("location"), Some(&*location));
    assert!(!answer.headers().contains(&"set-cookie"), "{}", answer.text);
    for path in ["/Users/a%0d%0aSet-Cookie:%20x=1", "/Schemas/%0aSet-Cookie:%20x", "/Things%0d%0aSet-Cookie:%20x/1"] {
        let answer = Request::scim("GET", &format!("/scim/v2{path}")).send(&endpoint.public).await;
        assert_bad(&answer, 404, None, &[]);
        assert!(!answer.headers().contains(&"set-cookie"), "{}", answer.text);
        assert_eq!(answer.text.matches("HTTP/1.1").count(), 1, "{}", answer.text);
    }
    let path = format!("{USERS}/{}", user["id"].as_str().unwrap());
    for (name, status) in [("If-Match", 412), ("If-None-Match", 200)] {
        let method = if name == "If-Match" { "DELETE" } else { "GET" };
        let request = Request::scim(method, &path).header(name, "\"x\", W/\"y\tz\", é, ,");
        assert_eq!(request.send(&endpoint.public).await.status(), status, "{name}");
    }
    assert_eq!(endpoint.public.delete(&path).await.status, 204);
    assert_well(&endpoint).await;
}

#[tokio::test]
async fn an_id_that_is_no_name_for_a_request_is_replaced() {
    let endpoint = Endpoint::start(Vec::new()).await;
    let long = "x".repeat(65);
    for id in ["a b", "a\tb", "{\"a\":1}", "a=b", "é", "", &long, &"x".repeat(5_000)] {
        let answer = Request::scim("GET", USERS).header("X-Request-Id", id).send(&endpoint.public).await;
        assert_eq!((answer.status(), answer.header("x-request-id").map(str::len)), (200, Some(36)), "{id:?}");
    }
    let longest = "x".repeat(64);
    let answer = Request::scim("GET", USERS).header("X-Request-Id", &longest).send(&endpoint.public).await;
    assert_eq!(answer.header("x-request-id"), Some(&*longest));
    assert_well(&endpoint).await;
}

#[tokio::test]
async fn a_head_that_is_no_http_or_has_no_end_is_refused() {
    let endpoint = Endpoint::start(Vec::new()).await;
    let get = || Request::scim("GET", USERS);
    for (what, request, status) in [
        ("a header over two lines", get().header("X-Request-Id", "a\r\n Set-Cookie: x=1"), 400),
        ("a bare CR", get().header("X-Request-Id", "a\rSet-Cookie: x=1"), 400),
        ("a NUL", get().header("X-Request-Id", "a\0b"), 400),
        ("a control character", get().header("If-Match", "\"\u{1}\""), 400),
        ("a blank before the colon", get().header("X-Request-Id ", "a"), 400),
        ("a NUL in the path", Request::scim("GET", "/scim/v2/Users\0"), 400),
        ("a header without end", get().header("X-Long", &"x".repeat(500_000)), 431),
        ("a path without end", Request::scim("GET", &format!("{USERS}?filter={}", "x".repeat(70_000))), 414),
    ] {
        let answer = request.send(&endpoint.public).await;
        assert!(!answer.headers().contains(&"set-cookie"), "{what}: {}", answer.text);
        assert_eq!(answer.status(), status, "{what}: {}", answer.text);
    }
    let no_text = b"GET /scim/v2/Users?filter=\xff HTTP/1.1\r\nHost: test\r\n\r\n";
    assert_eq!(exchanged(&endpoint.public, no_text, false).await.status(), 400);
    assert_well(&endpoint).await;
}
