//! What the API server refuses, and in which words: one file per rule in `tests/data/schema/refused`.
//!
//! The first line says what the answer must contain. Of several documents all but the last are accepted; the last is
//! refused. Needs the API server alone.

use crate::manifest::{api, apply, documents, files, folder};
use crate::support::cluster::{Cluster, connect};
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::{JSONSchemaProps, JSONSchemaPropsOrArray};
use kube::ResourceExt;
use kube::api::DeleteParams;
use std::path::Path;

const FOLDER: &str = "tests/data/schema/refused";

/// What the first line of a file says the answer must contain.
fn expected(text: &str) -> &str {
    text.lines().next().and_then(|line| line.strip_prefix("# refused: ")).expect("the first line is `# refused: …`")
}

/// What is wrong about a file; nothing when it is refused as it says.
async fn complaint(cluster: &Cluster, namespace: &str, file: &Path) -> Option<String> {
    let text = std::fs::read_to_string(file).unwrap();
    let objects = documents(&text);
    let (last, before) = objects.split_last().unwrap();
    for object in before {
        apply(cluster, namespace, object).await.unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    }
    let answer = apply(cluster, namespace, last).await;
    if answer.is_ok() || !before.is_empty() {
        api(cluster, namespace, last).delete(&last.name_any(), &DeleteParams::default()).await.unwrap();
    }
    match answer {
        Ok(_) => Some(format!("{}: accepted", file.display())),
        Err(error) if error.to_string().contains(expected(&text)) => None,
        Err(error) => Some(format!("{}: refused with other words: {error}", file.display())),
    }
}

#[tokio::test]
async fn every_bad_manifest_is_refused_with_words_that_help() {
    let Some(cluster) = connect("every_bad_manifest_is_refused_with_words_that_help").await else { return };
    let namespace = cluster.namespace("refused").await;
    let mut complaints = Vec::new();
    for file in files(FOLDER) {
        complaints.extend(complaint(&cluster, &namespace, &file).await);
    }
    cluster.remove(&namespace).await;
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

#[test]
fn every_rule_of_the_definitions_has_a_manifest_that_breaks_it() {
    let texts: Vec<_> = files(FOLDER).iter().map(|file| std::fs::read_to_string(file).unwrap()).collect();
    let claims: Vec<_> = texts.iter().map(|text| expected(text)).collect();
    for crd in scim_operator::api::crds() {
        let root = crd.spec.versions[0].schema.clone().unwrap().open_api_v3_schema.unwrap();
        each_rule(&root, &mut |message| {
            let broken = claims.iter().any(|claim| message.contains(claim));
            assert!(broken, "{}: no file in {FOLDER} is refused with {message:?}", crd.spec.names.kind);
        });
    }
}

fn each_rule(schema: &JSONSchemaProps, visit: &mut impl FnMut(&str)) {
    for rule in schema.x_kubernetes_validations.iter().flatten() {
        visit(rule.message.as_deref().expect("every rule has a message"));
    }
    for field in schema.properties.iter().flat_map(|properties| properties.values()) {
        each_rule(field, visit);
    }
    if let Some(JSONSchemaPropsOrArray::Schema(items)) = &schema.items {
        each_rule(items, visit);
    }
}

#[tokio::test]
async fn changes_that_are_allowed_are_accepted() {
    let Some(cluster) = connect("changes_that_are_allowed_are_accepted").await else { return };
    let namespace = cluster.namespace("accepted").await;
    for file in files("tests/data/schema/accepted") {
        for object in documents(&std::fs::read_to_string(&file).unwrap()) {
            if let Err(error) = apply(&cluster, &namespace, &object).await {
                panic!("{}: {error}", file.display());
            }
        }
    }
    cluster.remove(&namespace).await;
}

#[tokio::test]
async fn every_example_is_accepted_as_it_stands() {
    let Some(cluster) = connect("every_example_is_accepted_as_it_stands").await else { return };
    let namespace = cluster.namespace("examples").await;
    for example in ["quickstart", "kinds", "postgres", "custom-resource", "sign-in"] {
        let path = &format!("examples/{example}");
        assert!(folder(path).is_dir());
        for file in files(path) {
            for object in documents(&std::fs::read_to_string(&file).unwrap()) {
                assert_eq!(object.namespace(), None, "{} goes where it is applied", file.display());
                if let Err(error) = apply(&cluster, &namespace, &object).await {
                    panic!("{}: {error}", file.display());
                }
            }
        }
    }
    cluster.remove(&namespace).await;
}
