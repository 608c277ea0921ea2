//! What identity providers send and expect, over HTTP, in every dialect.
//!
//! `quirk_…` holds a row of `Quirk::TABLE`; `i1_03_…` holds a fact of the list in `facts`, by section and number. Below
//! it is held that every row and every fact has its test, and every row its request in `tests/data/idp`.

mod bodies;
mod contradictions;
mod custom;
mod custom_limits;
mod discovery;
mod entra;
mod facts;
mod firm;
mod okta;
mod others;
mod page;
mod quirks;
mod settings;

use crate::endpoint::exchanges::exchange;
use crate::support::endpoint::Endpoint;
use crate::support::reply::Reply;
use scim_operator::scim::{Dialect, Quirk};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";

/// An endpoint that speaks a dialect.
async fn speaking(dialect: Dialect) -> Endpoint {
    with(json!({ "dialect": dialect })).await
}

/// An endpoint with these fields in its profile.
async fn with(fields: Value) -> Endpoint {
    let mut endpoint = Endpoint::start(Vec::new()).await;
    change(&mut endpoint, &fields).await;
    endpoint
}

/// Publishes the endpoint's document with these fields in its profile.
async fn change(endpoint: &mut Endpoint, fields: &Value) {
    let mut profile = serde_json::to_value(&endpoint.document.profile).unwrap();
    for (name, value) in fields.as_object().unwrap() {
        profile[name] = value.clone();
    }
    endpoint.document.profile = serde_json::from_value(profile).unwrap();
    let kept = serde_json::to_value(&endpoint.document.profile).unwrap();
    for name in fields.as_object().unwrap().keys() {
        assert!(!kept[name].is_null(), "`{name}` is no field of the profile");
    }
    endpoint.publish().await;
}

/// The address of a resource.
fn at(kind: &str, id: &str) -> String {
    format!("/scim/v2/{kind}/{id}")
}

/// The resources that a filter finds.
async fn found(endpoint: &Endpoint, kind: &str, filter: &str) -> Vec<Value> {
    let reply = searched(endpoint, kind, filter).await;
    assert_eq!(reply.status, 200, "{filter}: {}", reply.text);
    let list = reply.json();
    let resources = list["Resources"].as_array().cloned().unwrap_or_default();
    assert_eq!(list["totalResults"], resources.len(), "{filter}");
    resources
}

async fn searched(endpoint: &Endpoint, kind: &str, filter: &str) -> Reply {
    let request = endpoint.public.request("GET", &format!("/scim/v2/{kind}")).query(&[("filter", filter)]);
    crate::support::reply::finish(request).await
}

/// The ids of a group's members, sorted.
async fn members(endpoint: &Endpoint, group: &str) -> Vec<String> {
    let group = endpoint.public.get(&at("Groups", group)).await.json();
    let members = group["members"].as_array().cloned().unwrap_or_default();
    let mut ids: Vec<String> = members.iter().map(|member| member["value"].as_str().unwrap().to_owned()).collect();
    ids.sort();
    ids
}

/// Fails unless the answer is a SCIM error of this status and keyword (RFC 7644 §3.12).
#[track_caller]
fn assert_error(reply: &Reply, status: u16, scim_type: Option<&str>) {
    let body = reply.json();
    assert_eq!(reply.status, status, "{}", reply.text);
    assert_eq!(body["schemas"], json!(["urn:ietf:params:scim:api:messages:2.0:Error"]), "{}", reply.text);
    assert_eq!(body["status"], status.to_string(), "{}", reply.text);
    assert_eq!(body["scimType"].as_str(), scim_type, "{}", reply.text);
    assert!(body["detail"].as_str().is_some_and(|detail| !detail.is_empty()), "{}", reply.text);
    assert_eq!(reply.header("content-type"), "application/scim+json");
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Where the requests of the providers are.
fn data(name: &str) -> PathBuf {
    root().join("tests/data/idp").join(name)
}

/// A file of `tests/data/idp`.
fn fixture(name: &str) -> Value {
    let text = std::fs::read(data(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
    serde_json::from_slice(&text).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// The dialect that a file, or a case of it, is for.
fn dialect_of(file: &Value) -> Dialect {
    file.get("dialect").map_or(Dialect::Auto, |name| serde_json::from_value(name.clone()).unwrap())
}

/// Sends a file's exchange to an endpoint of its own that speaks this dialect.
async fn exchanged(name: &str, dialect: Dialect) {
    let endpoint = speaking(dialect).await;
    if let Err(why) = exchange(&endpoint, &fixture(name)).await {
        panic!("{name} in the dialect {dialect:?}: {why}");
    }
}

/// The names of the tests in the files of this folder.
fn tests_there_are() -> BTreeSet<String> {
    let files = std::fs::read_dir(root().join("tests/it/interop")).unwrap();
    files.flat_map(|file| tests_in(&std::fs::read_to_string(file.unwrap().path()).unwrap())).collect()
}

fn tests_in(text: &str) -> Vec<String> {
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let pairs = lines.windows(2).filter(|pair| pair[0].starts_with("#[") && pair[0].ends_with("test]"));
    let named = pairs.filter_map(|pair| pair[1].trim_start_matches("async ").strip_prefix("fn "));
    named.filter_map(|rest| rest.split_once('(').map(|(name, _)| name.to_owned())).collect()
}

/// The name of a row's test.
fn test_of(quirk: &str) -> String {
    format!("quirk_{}", quirk.replace('-', "_"))
}

/// What rows and facts promise and is not there, and tests that belong to no row and no fact.
fn complaints(tests: &BTreeSet<String>, has_fixture: impl Fn(&str) -> bool) -> Vec<String> {
    let mut out = Vec::new();
    let mut promised = BTreeSet::new();
    for row in Quirk::TABLE {
        promised.insert(test_of(row.id));
        if !has_fixture(row.fixture) {
            out.push(format!("{}: {} is not there", row.id, row.fixture));
        }
    }
    promised.extend(facts::FACTS.iter().flat_map(|fact| fact.shown_by()).map(|name| (*name).to_owned()));
    out.extend(promised.difference(tests).map(|name| format!("there is no test `{name}`")));
    let ours = |name: &&String| name.starts_with("quirk_") || facts::is_of_a_fact(name);
    let unknown = tests.iter().filter(ours).filter(|name| !promised.contains(*name));
    out.extend(unknown.map(|name| format!("`{name}` belongs to no row and no fact")));
    out
}

#[test]
fn every_row_and_every_fact_has_its_test_and_every_row_its_request() {
    assert_eq!(complaints(&tests_there_are(), |name| data(name).is_file()), Vec::<String>::new());
}

#[test]
fn what_is_missing_is_found() {
    let there = tests_there_are();
    for planted in ["quirk_op_case", "i1_03_no_match_is_an_empty_list"] {
        let mut fewer = there.clone();
        assert!(fewer.remove(planted), "{planted} is there");
        assert_eq!(complaints(&fewer, |_| true), [format!("there is no test `{planted}`")]);
    }
    for planted in ["quirk_of_nobody", "i9_01_of_no_section"] {
        let mut more = there.clone();
        more.insert(planted.to_owned());
        assert_eq!(complaints(&more, |_| true), [format!("`{planted}` belongs to no row and no fact")]);
    }
    let lost = complaints(&there, |name| name != "quirks/replace-creates.json");
    assert_eq!(lost, ["replace-creates: quirks/replace-creates.json is not there"]);
    assert_eq!(tests_in("#[tokio::test]\nasync fn a() {}\nfn b() {}\n#[test]\n  fn c() {}"), ["a", "c"]);
}

/// Every file of the providers beside Entra ID, whose files are sent together elsewhere.
#[tokio::test]
async fn every_exchange_of_the_other_providers() {
    let mut sent = 0;
    for folder in ["jumpcloud", "okta", "onelogin", "pingone", "quirks"] {
        let mut endpoint = Endpoint::start(Vec::new()).await;
        let mut names: Vec<PathBuf> = std::fs::read_dir(data(folder)).unwrap().map(|e| e.unwrap().path()).collect();
        names.retain(|path| path.extension().is_some_and(|end| end == "json"));
        names.sort();
        for path in names {
            let file: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).expect("a JSON file");
            change(&mut endpoint, &json!({ "dialect": dialect_of(&file) })).await;
            if let Err(why) = exchange(&endpoint, &file).await {
                panic!("{}: {why}", path.display());
            }
            sent += 1;
        }
    }
    assert!(sent >= 25, "{sent} files");
}
