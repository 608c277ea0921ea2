//! Each switch of the table: what it takes where it is on, what is said instead where it is off, what turns it on under
//! `Auto`, and that `scim_tolerated_total` counts it.
//!
//! The requests are in the row's file below `tests/data/idp`: the file's own, and under `elsewhere` the same setup in
//! other dialects, mostly with one thing changed so that nothing but this switch decides.

use super::{change, dialect_of, fixture};
use crate::endpoint::exchanges::{Saved, run};
use crate::support::endpoint::{Endpoint, LIMIT};
use crate::support::wait;
use scim_operator::scim::{Dialect, Quirk, QuirkRow};
use serde_json::{Map, Value, json};

/// Switches that are asked in every request, whatever it looks like: nothing is tolerated by them, nothing counted.
pub(super) const CHOICES: [&str; 4] =
    ["pathless-patch", "replace-merges", "value-path-merges", "group-patch-no-content"];

/// One request in one dialect, and what is expected of it.
struct Case {
    dialect: Dialect,
    /// What the request shows of its provider.
    evidence: Option<String>,
    /// Whether the switch takes it.
    tolerated: bool,
    step: Value,
    then: Vec<Value>,
}

impl Case {
    /// `own` says what is particular to the case; the request is that of the file where it says nothing.
    fn new(row: &QuirkRow, file: &Value, own: &Value) -> Self {
        let mut step = Map::new();
        for name in ["method", "path", "query", "headers", "request"] {
            step.insert(name.to_owned(), own.get(name).unwrap_or(&file[name]).clone());
        }
        for name in ["status", "response", "absent", "save"] {
            step.insert(name.to_owned(), own[name].clone());
        }
        let dialect = dialect_of(own);
        let evidence = own["evidence"].as_str().map(str::to_owned);
        let shown = row.evidence.filter(|needed| evidence.as_deref() == Some(needed.as_str()));
        let on = row.on.contains(&dialect) || (dialect == Dialect::Auto && shown.is_some());
        let tolerated = own["tolerated"].as_bool().unwrap_or(on);
        assert!(on || !tolerated, "{}: the table says that {dialect:?} does not take this", row.id);
        let then = own["then"].as_array().cloned().unwrap_or_default();
        Self { dialect, evidence, tolerated, step: Value::Object(step), then }
    }

    async fn hold(&self, endpoint: &Endpoint, setup: &Value, id: &str) {
        let what = format!("{id} in the dialect {:?} with evidence of {:?}", self.dialect, self.evidence);
        let mut saved = Saved::new();
        for step in setup.as_array().into_iter().flatten() {
            run(endpoint, step, &mut saved).await.unwrap_or_else(|why| panic!("{what}, before: {why}"));
        }
        let before = tolerated(endpoint, id).await;
        run(endpoint, &self.step, &mut saved).await.unwrap_or_else(|why| panic!("{what}: {why}"));
        let counts = self.tolerated && !CHOICES.contains(&id);
        let expected = before + u64::from(counts);
        let counted = async || (tolerated(endpoint, id).await == expected).then_some(());
        wait::until(&format!("{what}: {expected} of scim_tolerated_total"), LIMIT, counted).await;
        for step in &self.then {
            run(endpoint, step, &mut saved).await.unwrap_or_else(|why| panic!("{what}, afterwards: {why}"));
        }
    }
}

/// How often a switch took something so far.
async fn tolerated(endpoint: &Endpoint, id: &str) -> u64 {
    let start = format!("scim_tolerated_total{{quirk=\"{id}\"}} ");
    let text = endpoint.metrics.get("/metrics").await.text;
    text.lines().find_map(|line| line.strip_prefix(&start)).map_or(0, |count| count.parse().expect("a count"))
}

fn cases(row: &QuirkRow, file: &Value) -> Vec<Case> {
    let elsewhere = file["elsewhere"].as_array().into_iter().flatten();
    let others = elsewhere.filter(|case| case["quirk"] == row.id);
    std::iter::once(file).chain(others).map(|own| Case::new(row, file, own)).collect()
}

/// What the cases of a row leave out of what the row says.
fn left_out(row: &QuirkRow, cases: &[Case]) -> Vec<&'static str> {
    let any = |test: &dyn Fn(&Case) -> bool| cases.iter().any(test);
    let mut out = Vec::new();
    if !any(&|case| case.tolerated) {
        out.push("no case in which it is on");
    }
    if !any(&|case| !case.tolerated && !row.on.contains(&case.dialect)) {
        out.push("no case in which it is off");
    }
    if row.evidence.is_some() {
        let auto = |case: &Case| case.dialect == Dialect::Auto;
        if !any(&|case| auto(case) && case.evidence.is_some() && case.tolerated) {
            out.push("no case with evidence under Auto");
        }
        if !any(&|case| auto(case) && case.evidence.is_none() && !case.tolerated) {
            out.push("no case without evidence under Auto");
        }
    }
    out
}

/// Takes everything out of the endpoint.
async fn clear(endpoint: &Endpoint) {
    for kind in ["Groups", "Users"] {
        let list = endpoint.public.get(&format!("/scim/v2/{kind}?attributes=id&count=1000")).await.json();
        for resource in list["Resources"].as_array().into_iter().flatten() {
            let path = super::at(kind, resource["id"].as_str().expect("an id"));
            assert_eq!(endpoint.public.delete(&path).await.status, 204);
        }
    }
}

async fn quirk(id: &str) {
    let row = Quirk::TABLE.iter().find(|row| row.id == id).expect("a row of the table");
    let file = fixture(row.fixture);
    let cases = cases(row, &file);
    assert_eq!(left_out(row, &cases), Vec::<&str>::new(), "{id} in {}", row.fixture);
    let mut endpoint = Endpoint::start(Vec::new()).await;
    for case in &cases {
        change(&mut endpoint, &json!({ "dialect": case.dialect })).await;
        case.hold(&endpoint, &file["setup"], id).await;
        clear(&endpoint).await;
    }
}

#[test]
fn a_row_of_which_something_is_not_shown_is_found() {
    let row = Quirk::TABLE.iter().find(|row| row.id == "replace-creates").unwrap();
    let file = fixture(row.fixture);
    let without = |gone: &dyn Fn(&Case) -> bool| {
        let mut fewer = cases(row, &file);
        fewer.retain(|case| !gone(case));
        left_out(row, &fewer)
    };
    assert_eq!(without(&|_| false), Vec::<&str>::new());
    assert_eq!(without(&|case| case.tolerated), ["no case in which it is on", "no case with evidence under Auto"]);
    assert_eq!(without(&|case| case.evidence.is_some() && case.tolerated), ["no case with evidence under Auto"]);
    assert_eq!(without(&|case| !case.tolerated), ["no case in which it is off", "no case without evidence under Auto"]);
}

#[tokio::test]
async fn quirk_op_case() {
    quirk("op-case").await;
}

#[tokio::test]
async fn quirk_boolean_as_string() {
    quirk("boolean-as-string").await;
}

#[tokio::test]
async fn quirk_quoted_boolean_in_filter() {
    quirk("quoted-boolean-in-filter").await;
}

#[tokio::test]
async fn quirk_unquoted_filter_value() {
    quirk("unquoted-filter-value").await;
}

#[tokio::test]
async fn quirk_value_for_list() {
    quirk("value-for-list").await;
}

#[tokio::test]
async fn quirk_list_for_value() {
    quirk("list-for-value").await;
}

#[tokio::test]
async fn quirk_bare_id() {
    quirk("bare-id").await;
}

#[tokio::test]
async fn quirk_enterprise_urn() {
    quirk("enterprise-urn").await;
}

#[tokio::test]
async fn quirk_dot_after_urn() {
    quirk("dot-after-urn").await;
}

#[tokio::test]
async fn quirk_extension_without_urn() {
    quirk("extension-without-urn").await;
}

#[tokio::test]
async fn quirk_unknown_attribute() {
    quirk("unknown-attribute").await;
}

#[tokio::test]
async fn quirk_unknown_schema() {
    quirk("unknown-schema").await;
}

#[tokio::test]
async fn quirk_schemas_missing() {
    quirk("schemas-missing").await;
}

#[tokio::test]
async fn quirk_dotted_key() {
    quirk("dotted-key").await;
}

#[tokio::test]
async fn quirk_pathless_patch() {
    quirk("pathless-patch").await;
}

#[tokio::test]
async fn quirk_remove_by_value() {
    quirk("remove-by-value").await;
}

#[tokio::test]
async fn quirk_empty_string_clears() {
    quirk("empty-string-clears").await;
}

#[tokio::test]
async fn quirk_replace_creates() {
    quirk("replace-creates").await;
}

#[tokio::test]
async fn quirk_replace_merges() {
    quirk("replace-merges").await;
}

#[tokio::test]
async fn quirk_value_path_merges() {
    quirk("value-path-merges").await;
}

#[tokio::test]
async fn quirk_remove_nothing() {
    quirk("remove-nothing").await;
}

#[tokio::test]
async fn quirk_filter_in_projection() {
    quirk("filter-in-projection").await;
}

#[tokio::test]
async fn quirk_group_patch_no_content() {
    quirk("group-patch-no-content").await;
}

#[tokio::test]
async fn quirk_post_reactivates() {
    quirk("post-reactivates").await;
}
