//! How long the protocol takes by itself: a filter read, a PATCH applied, a resource written. One core, no I/O.
//!
//! Each row is the median of several rounds of a fixed number of repetitions, in nanoseconds. `make bench` prints it
//! above the tables of whole requests.

#![expect(clippy::unwrap_used, reason = "a benchmark prints, and ends when it cannot be run")]

use scim_operator::scim::{Attributes, Filter, Meta, Patch, Projection, Reading, ResourceKind, User, render_user};
use serde_json::{Value, json};
use std::hint::black_box;
use std::time::Instant;

const ROUNDS: usize = 15;
const REPETITIONS: u32 = 20_000;
const BASE: &str = "https://scim.example.org/scim/v2";

fn main() {
    let how = Reading::default();
    println!("{:<52} {:>9} {:>9}", "work", "ns", "target");
    let parse = |text: &str| Filter::parse(text, ResourceKind::USER, &how).unwrap();
    row("read a filter, one term", Some(500), || parse(r#"userName eq "ada@example.com""#));
    let three = r#"userName sw "a" and (active eq true or emails.value co "@example.com")"#;
    row("read a filter, three terms", Some(2_000), || parse(three));
    let (user, meta) = (user(), meta());
    let rendered = render_user(&user, &meta, &[], BASE);
    let filter = parse(three);
    row("match a user against it", None, || filter.matches(&rendered));
    let patch = patch(&how);
    row("apply a PATCH of three operations to a user", Some(5_000), || patch.apply_to_user(&user).unwrap());
    let message = message();
    row("read that PATCH", None, || Patch::read(message.clone(), ResourceKind::USER, &how).unwrap());
    row("render a user", None, || render_user(&user, &meta, &[], BASE));
    row("serialise a rendered user", Some(1_000), || serde_json::to_vec(&rendered).unwrap());
    let some = Projection::parse(Some("userName,name.familyName,emails"), None, ResourceKind::USER, &how).unwrap();
    row("project a user to three attributes", None, || projected(&some, &rendered));
    let body = body();
    row("read the body of a user", None, || User::read(body.clone(), ResourceKind::USER, &how).unwrap());
}

fn row<T>(what: &str, target: Option<u32>, mut work: impl FnMut() -> T) {
    let mut rounds: Vec<u128> = (0..ROUNDS)
        .map(|_| {
            let began = Instant::now();
            for _ in 0..REPETITIONS {
                black_box(work());
            }
            began.elapsed().as_nanos() / u128::from(REPETITIONS)
        })
        .collect();
    rounds.sort_unstable();
    let target = target.map_or_else(|| "–".to_owned(), |target| format!("≤ {target}"));
    println!("{what:<52} {:>9} {target:>9}", rounds[ROUNDS / 2]);
}

fn projected(projection: &Projection, rendered: &Attributes) -> Attributes {
    let mut resource = rendered.clone();
    projection.apply(&mut resource);
    resource
}

fn meta() -> Meta {
    let at = "2026-05-13T04:42:34Z".parse().unwrap();
    Meta { id: "2819c223-7f76-453a-919d-413861904646".into(), created: at, last_modified: at, version: 3, shows: None }
}

/// About 700 bytes, as a provider writes it.
fn body() -> Value {
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User",
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],
        "externalId": "0a21f0f2-8d2a-4f8e-bf98-7363c4aed4ef",
        "userName": "ada@example.com", "displayName": "Ada Lovelace", "active": true, "title": "Analyst",
        "name": {"formatted": "Ada Lovelace", "familyName": "Lovelace", "givenName": "Ada"},
        "emails": [{"primary": true, "type": "work", "value": "ada@example.com"}],
        "phoneNumbers": [{"type": "work", "value": "+44 20 7946 0000"}],
        "addresses": [{"type": "work", "streetAddress": "12 St James's Square", "locality": "London", "country": "GB"}],
        "preferredLanguage": "en-GB", "locale": "en-GB", "timezone": "Europe/London",
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":
            {"employeeNumber": "1815", "department": "Engines", "manager": {"value": "26118915"}},
    })
}

fn user() -> User {
    User::read(body(), ResourceKind::USER, &Reading::default()).unwrap()
}

fn message() -> Value {
    json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
        "Operations": [
            {"op": "replace", "path": "title", "value": "Countess"},
            {"op": "replace", "path": "emails[type eq \"work\"].value", "value": "countess@example.com"},
            {"op": "add", "path": "costCenter", "value": "7"},
        ],
    })
}

fn patch(how: &Reading) -> Patch {
    Patch::read(message(), ResourceKind::USER, how).unwrap()
}
