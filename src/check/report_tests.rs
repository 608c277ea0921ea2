//! How a report looks and counts.

use super::features::Features;
use super::verdict::{Verdict, failed, skipped, undecided};
use super::{Check, Exchange, Provider, Report, Row, checks};
use crate::client::Method;
use crate::client::raw::{RawAnswer, RawRequest};
use serde_json::{Value, json};
use std::time::Duration;

fn check(id: &str) -> &'static Check {
    checks().find(|check| check.id == id).unwrap()
}

fn exchange(request: &RawRequest, status: u16, text: &str) -> Exchange {
    let answer =
        RawAnswer { status, headers: Default::default(), text: text.to_owned(), took: Duration::from_millis(3) };
    Exchange::new(request, Some(&answer), "check-1")
}

fn report(rows: Vec<(&str, Verdict, Vec<Exchange>)>, left: &[&str]) -> Report {
    let rows = rows.into_iter().map(|(id, verdict, exchanges)| Row::new(check(id), verdict, exchanges)).collect();
    let features = Features::read(&Value::Null, &Value::Null);
    let left = left.iter().map(|&text| text.to_owned()).collect();
    Report::new("https://scim.example.com/v2".to_owned(), &features, rows, left, 7, Duration::from_millis(1234), true)
}

fn sample() -> Report {
    let post = RawRequest::new(Method::POST, "Users").json(&json!({ "userName": "check-1-1@example.com" }));
    let sent = vec![exchange(&post, 200, "{\"id\":\"1\"}")];
    report(
        vec![
            ("okta-lookup", Verdict::Passed, vec![]),
            ("create-201", failed("status 201", "status 200"), sent.clone()),
            ("etag-get", skipped("ServiceProviderConfig does not say etag.supported: true"), vec![]),
            ("read-200", Verdict::Passed, sent),
            ("put-200", undecided("no answer from https://scim.example.com/v2/Users/1"), vec![]),
            ("keycloak-delete", failed("status 204", "status 500, no body"), vec![]),
            ("pingone-group-update", skipped("ResourceTypes lists no type with the schema of groups"), vec![]),
        ],
        &["Users/1 check-1-1@example.com: status 403, no body"],
    )
}

#[test]
fn a_report_tells_what_failed_how_to_see_it_and_what_was_left() {
    insta::assert_snapshot!(sample().text(false), @r#"
    https://scim.example.com/v2
    says it has      patch, filter, groups
    and not          sort, etag, bulk, cursor, enterprise

    RFC 7644 §3.3
      FAILED   create-201                 POST answers 201 with the new resource
               request   POST /Users -> 200
               body      {"userName":"check-1-1@example.com"}
               expected  status 201
               found     status 200
               see       scim-operator check https://scim.example.com/v2 --token-file FILE --only create-201 --verbose

    RFC 7644 §3.4.1
      passed   read-200                   GET answers 200 with the resource

    RFC 7644 §3.5.1
      ERROR    put-200                    PUT answers 200 with the resource as it is now
               why       no answer from https://scim.example.com/v2/Users/1
               see       scim-operator check https://scim.example.com/v2 --token-file FILE --only put-200 --verbose

    RFC 7644 §3.14
      skipped  etag-get                   GET has an ETag, which is meta.version
               why       ServiceProviderConfig does not say etag.supported: true

    Okta
      passed   okta-lookup                lookup by userName with startIndex and count

    PingOne
      skipped  pingone-group-update       PUT of a group with members
               why       ResourceTypes lists no type with the schema of groups

    Keycloak
      FAILED   keycloak-delete            DELETE with a media type is 204
               expected  status 204
               found     status 500, no body
               see       scim-operator check https://scim.example.com/v2 --token-file FILE --only keycloak-delete --verbose

    section              passed  failed  skipped  error
    RFC 7644 §3.3             0       1        0      0
    RFC 7644 §3.4.1           1       0        0      0
    RFC 7644 §3.5.1           0       0        0      1
    RFC 7644 §3.14            0       0        1      0

    provider
    Okta                 works           1 of 1 passed
    PingOne              not all known   0 of 1 passed, 1 skipped, 0 without an answer
    Keycloak             does not work   1 of 1 failed

    7 checks: 2 passed, 2 failed, 2 skipped, 1 without an answer
    7 requests in 1.2 s
    left on the server, delete it by hand:
      Users/1 check-1-1@example.com: status 403, no body
    "#);
}

#[test]
fn a_verbose_report_shows_every_request_and_no_advice_to_ask_for_them() {
    let text = sample().text(true).to_string();
    assert!(text.contains("> POST /Users\n           > {\"userName\""), "{text}");
    assert!(text.contains("< 200\n           < {\"id\":\"1\"}"), "{text}");
    assert!(!text.contains("--verbose"), "{text}");
}

#[test]
fn a_run_is_good_when_nothing_failed_and_everything_ran() {
    assert!(report(vec![("read-200", Verdict::Passed, vec![]), ("etag-get", skipped("no"), vec![])], &[]).is_good());
    assert!(!report(vec![("read-200", failed("a", "b"), vec![])], &[]).is_good());
    assert!(!report(vec![("read-200", undecided("a"), vec![])], &[]).is_good());
    assert!(!Report { complete: false, ..report(vec![("read-200", Verdict::Passed, vec![])], &[]) }.is_good());
}

#[test]
fn a_provider_works_when_all_it_needs_is_there() {
    let sums = sample().providers;
    let works: Vec<_> = sums.iter().map(|sum| (sum.provider, sum.works)).collect();
    assert_eq!(
        works,
        [(Provider::Okta, Some(true)), (Provider::PingOne, None), (Provider::Keycloak, Some(false))],
        "works, not all known, does not work"
    );
}

#[test]
fn machines_read_verdict_and_place_of_each_check() {
    let report = serde_json::to_value(sample().without_quiet_exchanges()).unwrap();
    assert_eq!(report["total"], json!({ "passed": 2, "failed": 2, "skipped": 2, "error": 1 }));
    let one = |id: &str| report["checks"].as_array().unwrap().iter().find(|row| row["id"] == id).unwrap().clone();
    assert_eq!(
        one("create-201"),
        json!({
            "id": "create-201", "section": "RFC 7644 §3.3", "title": "POST answers 201 with the new resource",
            "verdict": "failed", "expected": "status 201", "found": "status 200",
            "exchanges": [{
                "request": "POST /Users", "body": "{\"userName\":\"check-1-1@example.com\"}",
                "status": 200, "answer": "{\"id\":\"1\"}",
            }],
        })
    );
    assert_eq!(one("read-200").get("exchanges"), None);
    assert_eq!(one("okta-lookup")["provider"], "okta");
}

#[test]
fn other_peoples_data_is_in_no_report() {
    let list = RawRequest::new(Method::GET, "Users");
    let shown = |body: &Value| exchange(&list, 200, &body.to_string()).answer;
    let (ours, other) = (json!({ "userName": "check-1-4@example.com" }), json!({ "userName": "ada@example.com" }));
    assert!(shown(&json!({ "Resources": [ours] })).is_some());
    assert!(shown(&json!({ "Resources": [ours, other] })).is_none());
    assert!(shown(&other).is_none());
    assert!(shown(&json!({ "detail": "no such user" })).is_some());
}
