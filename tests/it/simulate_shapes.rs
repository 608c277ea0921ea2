//! What `simulate` sends as Entra ID equals the recorded exchanges of `tests/data/idp/entra`, once ids, names, times
//! and hosts are substituted (C014). The other providers: `simulate_others`.

use crate::recorder::{Recorded, Recorder};
use crate::support::program::run;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::Path;

/// The exchanges whose request the simulated provider makes, by number: older shapes, then those behind the flag.
const CLASSIC: [&str; 13] = ["01", "04", "06", "09", "11", "23", "28", "34", "35", "36", "40", "43", "45"];
const FLAGGED: [&str; 3] = ["05", "07", "37"];

const FIRST: &str = "
people:
  - { userName: ada@example.com, objectId: a, givenName: Ada, familyName: Marsh, mail: ada@example.com }
  - { userName: bea@example.com, objectId: b, givenName: Bea, familyName: Dorn, mail: bea@example.com,
      manager: ada@example.com }
  - { userName: cid@example.com, objectId: c, givenName: Cid, familyName: Feld, mail: cid@example.com }
groups:
  - { displayName: Makers, objectId: g, assigned: true, members: [ada@example.com, bea@example.com, cid@example.com] }
";

/// Ada has a title, Bea other names, another address and no manager; Cid left; the group has another name.
const SECOND: &str = "
people:
  - { userName: ada@example.com, objectId: a, givenName: Ada, familyName: Marsh, mail: ada@example.com, title: Lead }
  - { userName: bea@example.com, objectId: b, givenName: Bet, familyName: Horn, mail: bet@example.com }
  - { userName: cid@example.com, objectId: c, givenName: Cid, familyName: Feld, mail: cid@example.com }
groups:
  - { displayName: Doers, objectId: g, assigned: true, members: [ada@example.com, bea@example.com] }
";

/// The group by its first name in capitals, with another id: matched by name, then corrected.
const THIRD: &str = "
groups: [{ displayName: MAKERS, objectId: h, assigned: true }]
";

/// A request with everything substituted that differs from one organisation to the next.
pub fn shape(method: &str, path: &str, query: &[(String, String)], body: &Value) -> String {
    let path: Vec<&str> =
        path.split('/').take(3).enumerate().map(|(i, part)| if i == 2 { "*" } else { part }).collect();
    let mut query: Vec<String> = query.iter().map(|(name, value)| format!("{name}={}", texts_out(value))).collect();
    query.retain(|pair| !pair.starts_with("aadOptscim062020"));
    query.sort();
    let mut body = body.clone();
    leaves_out(&mut body, "");
    format!("{method} {} {query:?} {body}", path.join("/"))
}

/// A filter without its texts.
fn texts_out(filter: &str) -> String {
    filter.split('"').enumerate().map(|(i, part)| if i % 2 == 1 { "*" } else { part }).collect::<Vec<_>>().join("\"")
}

/// Values become `*`; what makes the shape stays: operations, paths, schemas, booleans as text, emptiness.
fn leaves_out(value: &mut Value, name: &str) {
    match value {
        Value::Object(fields) => {
            fields.sort_keys();
            fields.iter_mut().for_each(|(name, value)| leaves_out(value, name));
        }
        Value::Array(items) => items.iter_mut().for_each(|item| leaves_out(item, name)),
        Value::String(text) => match (name, text.as_str()) {
            ("path", path) if path.starts_with("members[") => *text = texts_out(path),
            ("op" | "path" | "schemas" | "type" | "resourceType", _) | (_, "" | "True" | "False") => {}
            _ => "*".clone_into(text),
        },
        _ => {}
    }
}

fn fixture(number: &str) -> Value {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/idp/entra");
    let mut files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let named = |path: &std::path::PathBuf| path.file_name().unwrap().to_str().unwrap().starts_with(number);
    let file = files.find(named).unwrap_or_else(|| panic!("no exchange {number}"));
    serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap()
}

fn fixture_shape(exchange: &Value) -> String {
    let query = exchange["query"].as_object().into_iter().flatten();
    let query: Vec<(String, String)> = query.map(|(k, v)| (k.clone(), v.as_str().unwrap().to_owned())).collect();
    let mut body = exchange["request"].clone();
    // The attribute is any attribute: the shape is that of one that had no value.
    if exchange["id"] == "ENTRA-06" {
        body["Operations"][0]["path"] = json!("title");
    }
    if exchange["id"] == "ENTRA-07" {
        // Any attributes that had a value, together; those of the people file.
        let values = ["name.familyName", "name.formatted", "name.givenName"];
        body["Operations"][1]["value"] = values.iter().map(|name| ((*name).to_owned(), json!("x"))).collect();
    }
    shape(exchange["method"].as_str().unwrap(), exchange["path"].as_str().unwrap(), &query, &body)
}

pub fn recorded_shape(request: &Recorded) -> String {
    let (method, target) = request.line.split_once(' ').unwrap();
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    let query: Vec<(String, String)> = pairs
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(k, v)| (k.to_owned(), v.to_owned()))
        .collect();
    shape(method, path, &query, &request.body)
}

async fn sent(more: &[&str]) -> BTreeSet<String> {
    let folder = tempfile::tempdir().unwrap();
    let service = Recorder::start().await;
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    std::fs::write(path("token"), "t").unwrap();
    for (step, people) in [FIRST, SECOND, THIRD].into_iter().enumerate() {
        std::fs::write(path("people.yaml"), people).unwrap();
        // The third step knows nothing of the other two.
        let state = path(if step == 2 { "other.json" } else { "state.json" });
        let (people, token) = (path("people.yaml"), path("token"));
        let mut arguments = vec!["simulate", "--url", &service.url, "--people", &people, "--token-file", &token];
        arguments.extend(["--state", &state]);
        arguments.extend(more);
        let outcome = run(&arguments).await;
        assert_eq!(outcome.code, Some(0), "{outcome:?}");
    }
    service.take().iter().map(recorded_shape).collect()
}

#[tokio::test]
async fn c014_what_is_sent_equals_the_recorded_exchanges() {
    let (classic, flagged) = (sent(&[]).await, sent(&["--aad-opt-scim-062020"]).await);
    for (numbers, sent) in [(&CLASSIC[..], &classic), (&FLAGGED[..], &flagged)] {
        for number in numbers {
            let expected = fixture_shape(&fixture(number));
            let all = sent.iter().map(String::as_str).collect::<Vec<_>>().join("\n");
            assert!(sent.contains(&expected), "{number} was not sent: {expected}\n{all}");
        }
    }
}

#[test]
fn a_shape_keeps_what_matters_and_nothing_else() {
    let of =
        |value: Value| shape("PATCH", "/Users/1", &[], &json!({ "Operations": [{ "op": "Add", "value": value }] }));
    assert_eq!(of(json!("one")), of(json!("two")));
    assert_ne!(of(json!("False")), of(json!("two")));
    assert_ne!(of(json!("False")), of(json!(false)));
    assert_ne!(of(json!("one")), of(json!(["one"])));
    let by = |filter: &str| shape("GET", "/Users", &[("filter".to_owned(), filter.to_owned())], &Value::Null);
    assert_eq!(by("userName eq \"a\""), by("userName eq \"b\""));
    assert_ne!(by("userName eq \"a\""), by("externalId eq \"a\""));
}
