//! Bodies that are no JSON, or JSON that could mean two things. RFC 8259.

use super::{USERS, assert_bad, assert_well, made, posted, user, user_beginning};
use crate::endpoint::errors::custom::{badge, badges};
use crate::endpoint::wire::Request;
use crate::support::endpoint::Endpoint;
use serde_json::{Value, json};

#[tokio::test]
async fn a_body_that_is_no_json_is_refused_with_its_place() {
    let endpoint = Endpoint::start(Vec::new()).await;
    let utf_16: Vec<u8> = "{\"userName\":\"ana\"}".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let bodies: Vec<(&str, Vec<u8>)> = vec![
        ("nothing", Vec::new()),
        ("blanks", b" \r\n\t ".to_vec()),
        ("a byte order mark", [b"\xef\xbb\xbf", user("ana@example.com").as_bytes()].concat()),
        ("UTF-16", utf_16),
        ("a byte that is no UTF-8", b"{\"userName\":\"\xff\"}".to_vec()),
        ("a byte that is no UTF-8 in a key", b"{\"\xff\":1}".to_vec()),
        ("a character written too long", b"{\"userName\":\"\xc0\x80\"}".to_vec()),
        ("half a character", b"{\"userName\":\"\xe2\x82\"}".to_vec()),
        ("half a pair", br#"{"userName":"\ud800"}"#.to_vec()),
        ("a control character that is not escaped", b"{\"userName\":\"a\nb\"}".to_vec()),
        ("an end that is missing", user("ana@example.com").trim_end_matches('}').into()),
        ("something behind the end", (user("ana@example.com") + " x").into()),
        ("a second object", (user("ana@example.com") + &user("bram@example.com")).into()),
        ("a NUL behind the end", (user("ana@example.com") + "\0").into()),
        ("a comma too many", user_beginning("").into()),
        ("a comment", ("// a user\n".to_owned() + &user("ana@example.com")).into()),
        ("single quotes", b"{'userName':'ana'}".to_vec()),
        ("a number that is none", user_beginning("\"x\":NaN").into()),
        ("a number with a zero in front", user_beginning("\"x\":01").into()),
        ("a number out of range", user_beginning("\"x\":1e999").into()),
        ("another number out of range", user_beginning("\"x\":-1e999").into()),
    ];
    for (what, body) in bodies {
        let answer = posted(&endpoint.public, USERS, body).await;
        assert_eq!(answer.status(), 400, "{what}: {}", answer.text);
        assert_bad(&answer, 400, Some("invalidSyntax"), &["the body is not valid JSON: ", " at line ", " column "]);
    }
    assert_well(&endpoint).await;
}

#[tokio::test]
async fn a_key_twice_in_one_object_is_refused_wherever_it_is() {
    let endpoint = Endpoint::start(Vec::new()).await;
    for (key, attribute) in [
        ("userName", r#""userName":"bram@example.com""#),
        ("userName", r#""userN\u0061me":"bram@example.com""#),
        ("givenName", r#""x":{"givenName":"Ana","givenName":"Bram"}"#),
        ("value", r#""x":[{"value":"a","value":"b"}]"#),
        ("", r#""":1,"":2"#),
    ] {
        let answer = posted(&endpoint.public, USERS, user_beginning(attribute)).await;
        let twice = format!("the key `{key}` occurs twice in one object");
        assert_bad(&answer, 400, Some("invalidSyntax"), &[&twice, " at line "]);
    }
    assert_well(&endpoint).await;
    // Names differ by more than case for JSON; for SCIM they are one attribute, of which the later counts.
    let answer = posted(&endpoint.public, USERS, user_beginning(r#""USERNAME":"bram@example.com""#)).await;
    assert_eq!(made(&answer)["userName"], "ana@example.com");
}

#[tokio::test]
async fn a_body_nests_as_deep_as_allowed_and_not_one_level_deeper() {
    let endpoint = Endpoint::start(Vec::new()).await;
    let nested = |levels: usize| user_beginning(&format!("\"x\":{}1{}", "[".repeat(levels), "]".repeat(levels)));
    for levels in [32, 33, 1_000, 200_000] {
        let answer = posted(&endpoint.public, USERS, nested(levels)).await;
        assert_bad(&answer, 400, Some("invalidSyntax"), &["nested deeper than 32 levels at line 1 column "]);
    }
    let open = "[".repeat(500_000);
    assert_bad(&posted(&endpoint.public, USERS, open).await, 400, Some("invalidSyntax"), &["nested deeper than 32"]);
    assert_well(&endpoint).await;
    // The user itself is the first level; what no schema knows is left out.
    assert!(made(&posted(&endpoint.public, USERS, nested(31)).await).get("x").is_none());
}

#[tokio::test]
async fn a_whole_number_has_64_bits_and_is_kept_to_the_last_digit() {
    let endpoint = badges().await;
    let zero = badge(0, json!({})).to_string();
    let of = |number: &str| zero.replacen("\"number\":0", &format!("\"number\":{number}"), 1);
    let above = ["9223372036854775808", "18446744073709551616", "-9223372036854775809", "1e300"];
    for number in above.into_iter().chain(["7.5", "\"7\"", "{}"]) {
        let answer = posted(&endpoint.public, "/scim/v2/Badges", of(number)).await;
        let words = ["`number`", "expected a whole number of at most 64 bits, found a", "send it without quotes"];
        assert_bad(&answer, 400, Some("invalidValue"), &words);
    }
    for number in [i64::MAX, i64::MIN, 0] {
        let sent = of(&number.to_string());
        let id = made(&posted(&endpoint.public, "/scim/v2/Badges", sent).await)["id"].as_str().unwrap().to_owned();
        let path = format!("/scim/v2/Badges/{id}");
        assert_eq!(endpoint.public.get(&path).await.json()["number"], json!(number));
        let add = json!([{ "op": "replace", "path": "number", "value": 1.5 }]);
        let reply = endpoint.public.patch(&path, &add).await;
        assert_eq!((reply.status, &reply.json()["scimType"]), (400, &json!("invalidValue")), "{}", reply.text);
    }
    let heavy = badge(7, json!({ "weight": 1e308 })).to_string();
    assert_eq!(made(&posted(&endpoint.public, "/scim/v2/Badges", heavy).await)["weight"], json!(1e308));
}

#[tokio::test]
async fn a_query_that_is_no_text_is_refused_and_so_is_a_path() {
    let endpoint = Endpoint::start(Vec::new()).await;
    for query in ["filter=%ff", "filter=%c0%80", "attributes=%ed%a0%80", "filter=%", "count=%4", "%zz=1"] {
        let answer = Request::scim("GET", &format!("{USERS}?{query}")).send(&endpoint.public).await;
        let place = query.trim_end_matches("=1").split('=').next_back().unwrap();
        let near = format!("the query string is not percent-encoded UTF-8 near `{place}`");
        assert_bad(&answer, 400, Some("invalidValue"), &[&near]);
    }
    let answer = Request::scim("GET", &format!("{USERS}/%ff")).send(&endpoint.public).await;
    assert_bad(&answer, 404, None, &["not percent-encoded UTF-8"]);
    assert_well(&endpoint).await;
}

#[tokio::test]
async fn a_page_out_of_range_is_the_nearest_that_there_is() {
    let endpoint = Endpoint::start(Vec::new()).await;
    for name in ["ana@example.com", "bram@example.com"] {
        endpoint.user(name).await;
    }
    let all = endpoint.public.get(USERS).await.json();
    for query in ["startIndex=0", "startIndex=-5", "startIndex=-99999999999999999999", "count=99999999999999999999"] {
        let reply = endpoint.public.get(&format!("{USERS}?{query}")).await;
        assert_eq!((reply.status, &reply.json()), (200, &all), "{query}");
    }
    for query in ["count=-1", "count=-99999999999999999999", "startIndex=3", "startIndex=99999999999999999999"] {
        let reply = endpoint.public.get(&format!("{USERS}?{query}")).await;
        let list = reply.json();
        let (all, here) = (&list["totalResults"], &list["itemsPerPage"]);
        assert_eq!((reply.status, all, here), (200, &json!(2), &json!(0)), "{query}");
        assert_eq!(list.get("Resources").and_then(Value::as_array).map_or(0, Vec::len), 0, "{query}");
    }
    for query in ["count=many", "count=1.5", "count=0x10", "startIndex=first", "startIndex=1e3"] {
        let (name, value) = query.split_once('=').unwrap();
        let answer = Request::scim("GET", &format!("{USERS}?{query}")).send(&endpoint.public).await;
        assert_bad(&answer, 400, Some("invalidValue"), &["is not an integer", &format!("`{value}`")]);
        assert!(answer.detail().to_lowercase().contains(&name.to_lowercase()), "{}", answer.text);
    }
}
