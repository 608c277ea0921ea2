//! Every exchange of `tests/data`, sent over HTTP to one endpoint: what a provider really sends, and the RFC's samples.
//!
//! The format, and what "holds" means, is in `tests/data/idp/README.md`.

use crate::support::endpoint::Endpoint;
use crate::support::reply::{Reply, finish};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Ids saved by earlier steps: `{{user.0}}` in the files.
pub(crate) type Saved = BTreeMap<String, String>;

fn files(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(folder);
    let entries = std::fs::read_dir(&folder).expect("the folder is there").map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> = entries.filter(|path| path.extension().is_some_and(|end| end == "json")).collect();
    files.sort();
    files
}

/// Every string with the saved ids put in.
fn filled(value: &Value, saved: &Saved) -> Value {
    match value {
        Value::String(text) => {
            let put = |text: String, (name, id): (&String, &String)| text.replace(&format!("{{{{{name}}}}}"), id);
            Value::String(saved.iter().fold(text.clone(), put))
        }
        Value::Array(items) => items.iter().map(|item| filled(item, saved)).collect(),
        Value::Object(map) => {
            let pairs = map.iter().map(|(key, item)| {
                let key = filled(&Value::String(key.clone()), saved);
                (key.as_str().unwrap_or_default().to_owned(), filled(item, saved))
            });
            Value::Object(pairs.collect())
        }
        other => other.clone(),
    }
}

/// Whether an answer holds what is expected.
fn holds(answer: &Value, expected: &Value) -> bool {
    match (answer, expected) {
        (Value::Object(answer), Value::Object(expected)) => {
            expected.iter().all(|(key, value)| answer.get(key).is_some_and(|found| holds(found, value)))
        }
        (Value::Array(answer), Value::Array(expected)) => answer.len() == expected.len() && paired(answer, expected),
        (Value::Number(answer), Value::Number(expected)) => answer.as_f64() == expected.as_f64(),
        _ => answer == expected,
    }
}

/// Whether each expected element is held by an element of its own.
fn paired(answer: &[Value], expected: &[Value]) -> bool {
    let Some((first, rest)) = expected.split_first() else { return true };
    (0..answer.len()).filter(|i| holds(&answer[*i], first)).any(|i| {
        let mut left = answer.to_vec();
        left.remove(i);
        paired(&left, rest)
    })
}

async fn send(endpoint: &Endpoint, step: &Value) -> Reply {
    let text = |name: &str| step[name].as_str().expect("a text");
    let mut request = endpoint.public.request(text("method"), &format!("/scim/v2{}", text("path")));
    if let Some(query) = step["query"].as_object() {
        let pairs: Vec<(&String, &str)> = query.iter().map(|(name, value)| (name, value.as_str().unwrap())).collect();
        request = request.query(&pairs);
    }
    let mut headers = BTreeMap::from([("content-type".to_owned(), "application/scim+json".to_owned())]);
    for (name, value) in step["headers"].as_object().into_iter().flatten() {
        headers.insert(name.to_lowercase(), value.as_str().unwrap().to_owned());
    }
    for (name, value) in headers {
        request = request.header(name, value);
    }
    match &step["request"] {
        Value::Null => finish(request).await,
        body => finish(request.body(body.to_string())).await,
    }
}

/// Sends a step; what is wrong with the answer.
pub(crate) async fn run(endpoint: &Endpoint, step: &Value, saved: &mut Saved) -> Result<(), String> {
    let step = filled(step, saved);
    let reply = send(endpoint, &step).await;
    let line = format!("{} {}", step["method"], step["path"]);
    let statuses = step["status"].as_array().cloned().unwrap_or_else(|| vec![step["status"].clone()]);
    if !statuses.contains(&Value::from(reply.status)) {
        return Err(format!("{line}: answered {} instead of {}: {}", reply.status, step["status"], reply.text));
    }
    let body = reply.json();
    if !step["response"].is_null() && !holds(&body, &step["response"]) {
        return Err(format!("{line}: {body} does not hold {}", step["response"]));
    }
    for pointer in step["absent"].as_array().into_iter().flatten() {
        if let Some(found) = body.pointer(pointer.as_str().unwrap()) {
            return Err(format!("{line}: {pointer} should not be there: {found}"));
        }
    }
    if let Some(name) = step["save"].as_str() {
        saved.insert(name.to_owned(), body["id"].as_str().ok_or("no id to save")?.to_owned());
    }
    Ok(())
}

pub(crate) async fn exchange(endpoint: &Endpoint, file: &Value) -> Result<(), String> {
    let mut saved = Saved::new();
    for step in file["setup"].as_array().into_iter().flatten() {
        run(endpoint, step, &mut saved).await?;
    }
    run(endpoint, file, &mut saved).await?;
    for step in file["then"].as_array().into_iter().flatten() {
        run(endpoint, step, &mut saved).await?;
    }
    Ok(())
}

async fn all(folder: &str, at_least: usize) {
    let endpoint = Endpoint::start(Vec::new()).await;
    let files = files(folder);
    assert!(files.len() >= at_least, "{} files in {folder}", files.len());
    let mut wrong = Vec::new();
    for path in files {
        let file = serde_json::from_slice(&std::fs::read(&path).unwrap()).expect("a JSON file");
        if let Err(why) = exchange(&endpoint, &file).await {
            wrong.push(format!("{}: {why}", path.file_name().unwrap().display()));
        }
    }
    assert!(wrong.is_empty(), "{} exchanges went wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[tokio::test]
async fn b024_every_exchange_of_entra_id() {
    all("idp/entra", 50).await;
}

#[tokio::test]
async fn b023_b024_every_sample_of_the_rfc() {
    all("rfc7644", 20).await;
}

#[tokio::test]
async fn an_exchange_that_goes_wrong_is_found() {
    let endpoint = Endpoint::start(Vec::new()).await;
    let wrong = |status: u16, response: Value, absent: &str| {
        serde_json::json!({
            "method": "GET", "path": "/Users", "status": status, "response": response, "absent": [absent],
        })
    };
    let empty = serde_json::json!({ "totalResults": 0, "Resources": [] });
    assert_eq!(exchange(&endpoint, &wrong(200, empty.clone(), "/nothing")).await, Ok(()));
    assert!(exchange(&endpoint, &wrong(204, empty.clone(), "/nothing")).await.is_err());
    assert!(exchange(&endpoint, &wrong(200, serde_json::json!({ "totalResults": 1 }), "/nothing")).await.is_err());
    assert!(exchange(&endpoint, &wrong(200, serde_json::json!({ "Resources": [{}] }), "/nothing")).await.is_err());
    assert!(exchange(&endpoint, &wrong(200, empty, "/Resources")).await.is_err());
}
