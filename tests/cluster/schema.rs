//! The definitions as an API server takes them: what it stores, what it says about fields, how lists merge.
//! Needs the API server alone.

use crate::manifest::{api, apply, documents};
use crate::support::cluster::connect;
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::ResourceExt;
use kube::api::{Api, ListParams, Patch, PatchParams};
use scim_operator::api::{ScimDirectory, UserManagementRule, crds};
use serde_json::{Value, json};

const DIRECTORY: &str = "\
apiVersion: scim-operator.dev/v1alpha1
kind: ScimDirectory
metadata: {name: corp}
spec: {displayName: Corp, tenant: main, sso: {none: {}}}
";

#[tokio::test]
async fn nothing_is_filled_in_but_the_status_that_says_nobody_has_looked() {
    let Some(cluster) = connect("nothing_is_filled_in_but_the_status_that_says_nobody_has_looked").await else {
        return;
    };
    let namespace = cluster.namespace("defaults").await;
    let made = apply(&cluster, &namespace, &documents(DIRECTORY)[0]).await.unwrap();
    assert_eq!(
        made.data["spec"],
        json!({"displayName": "Corp", "tenant": "main", "sso": {"none": {}}}),
        "null is left out"
    );
    assert_eq!(made.data["status"], json!({"observedGeneration": -1}));
    let typed: Api<ScimDirectory> = Api::namespaced(cluster.client.clone(), &namespace);
    let typed = typed.get("corp").await.unwrap();
    assert_eq!(typed.status.unwrap().observed_generation, Some(-1));
    cluster.remove(&namespace).await;
}

#[tokio::test]
async fn the_server_keeps_the_definitions_without_complaint() {
    let Some(cluster) = connect("the_server_keeps_the_definitions_without_complaint").await else { return };
    let api: Api<CustomResourceDefinition> = Api::all(cluster.client.clone());
    for crd in crds() {
        let status = api.get(&crd.name_any()).await.unwrap().status.unwrap();
        let conditions = status.conditions.unwrap_or_default();
        let structural = conditions.iter().find(|c| c.type_ == "NonStructuralSchema");
        assert!(structural.is_none(), "{}: {structural:?}", crd.name_any());
        let accepted = status.accepted_names.unwrap();
        assert_eq!((&accepted.kind, &accepted.plural), (&crd.spec.names.kind, &crd.spec.names.plural));
        assert_eq!(
            (accepted.short_names, accepted.categories),
            (crd.spec.names.short_names, crd.spec.names.categories)
        );
    }
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/crds");
    let answer = cluster
        .kubectl(
            &["apply", "--server-side", "--dry-run=server", "--validate=strict", "--force-conflicts", "-f", folder],
            "",
        )
        .await;
    assert!(answer.ok && answer.err.is_empty(), "an unrecognised format, for one, is a warning: {answer:?}");
}

#[tokio::test]
async fn conditions_of_two_writers_merge_by_type() {
    let Some(cluster) = connect("conditions_of_two_writers_merge_by_type").await else { return };
    let namespace = cluster.namespace("merge").await;
    apply(&cluster, &namespace, &documents(DIRECTORY)[0]).await.unwrap();
    let api: Api<ScimDirectory> = Api::namespaced(cluster.client.clone(), &namespace);
    for (writer, kind) in [("one", "Ready"), ("two", "Accepted")] {
        let status = json!({
            "apiVersion": "scim-operator.dev/v1alpha1", "kind": "ScimDirectory",
            "status": {"conditions": [{
                "type": kind, "status": "True", "reason": "Accepted", "message": "", "observedGeneration": 1,
                "lastTransitionTime": "2026-01-01T00:00:00Z",
            }]},
        });
        api.patch_status("corp", &PatchParams::apply(writer), &Patch::Apply(&status)).await.unwrap();
    }
    let kinds: Vec<_> =
        api.get("corp").await.unwrap().status.unwrap().conditions.into_iter().map(|c| c.type_).collect();
    assert_eq!(kinds, ["Ready", "Accepted"]);
    cluster.remove(&namespace).await;
}

#[tokio::test]
async fn rules_can_be_selected_by_directory() {
    let Some(cluster) = connect("rules_can_be_selected_by_directory").await else { return };
    let namespace = cluster.namespace("select").await;
    for (name, directory) in [("a", "corp"), ("b", "other"), ("c", "corp")] {
        let rule = json!({
            "apiVersion": "scim-operator.dev/v1alpha1", "kind": "UserManagementRule", "metadata": {"name": name},
            "spec": {"directoryRef": {"name": directory}, "idpGroup": {"id": "x"}, "role": "Designer"},
        });
        let object = serde_json::from_value(rule).unwrap();
        apply(&cluster, &namespace, &object).await.unwrap();
        assert_eq!(api(&cluster, &namespace, &object).get(name).await.unwrap().name_any(), name);
    }
    let rules: Api<UserManagementRule> = Api::namespaced(cluster.client.clone(), &namespace);
    let found = rules.list(&ListParams::default().fields("spec.directoryRef.name=corp")).await.unwrap();
    assert_eq!(found.iter().map(ResourceExt::name_any).collect::<Vec<_>>(), ["a", "c"]);
    cluster.remove(&namespace).await;
}

/// Every property below `schema`, as `kubectl explain` names it.
fn paths(prefix: &str, schema: &Value, into: &mut Vec<(String, String)>) {
    let schema = if schema["type"] == "array" { &schema["items"] } else { schema };
    for (name, field) in schema["properties"].as_object().into_iter().flatten() {
        let path = format!("{prefix}.{name}");
        paths(&path, field, into);
        into.push((path, field["description"].as_str().unwrap_or_default().to_owned()));
    }
}

#[tokio::test]
async fn kubectl_explains_every_field() {
    let Some(cluster) = connect("kubectl_explains_every_field").await else { return };
    for crd in crds() {
        let plural = &crd.spec.names.plural;
        let schema = serde_json::to_value(&crd.spec.versions[0].schema).unwrap();
        let mut fields = Vec::new();
        paths(plural, &schema["openAPIV3Schema"], &mut fields);
        // The server renders what it explains a moment after it serves a kind.
        crate::support::wait::until(
            &format!("{plural} is explained"),
            std::time::Duration::from_secs(60),
            async || {
                let answer = cluster.kubectl(&["explain", "--recursive", plural], "").await;
                answer.ok.then_some(())
            },
        )
        .await;
        let parents: std::collections::BTreeSet<_> =
            fields.iter().map(|(path, _)| path.rsplit_once('.').unwrap().0).collect();
        for parent in parents {
            let answer = cluster.kubectl(&["explain", parent], "").await;
            assert!(answer.ok, "{answer:?}");
            let said = words(&answer.out);
            for (path, description) in fields.iter().filter(|(path, _)| path.rsplit_once('.').unwrap().0 == parent) {
                assert!(said.contains(&words(description)), "{path} is not explained: {}", answer.out);
            }
        }
    }
}

/// The text without its line breaks.
fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
