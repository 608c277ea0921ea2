//! What people see: the columns of `kubectl get`, and what `kubectl apply` refuses. Needs the API server alone.

use crate::manifest::{apply, documents};
use crate::support::cluster::{Cluster, connect};
use kube::ResourceExt;
use kube::api::{Api, DynamicObject, Patch, PatchParams};
use serde_json::{Value, json};

const OBJECTS: &str = "\
apiVersion: scim-operator.dev/v1alpha1
kind: ScimDirectory
metadata: {name: corp}
spec: {displayName: Corp staff, tenant: main, sso: {none: {}}}
---
apiVersion: scim-operator.dev/v1alpha1
kind: UserManagementRule
metadata: {name: hr-designers}
spec:
  directoryRef: {name: corp}
  idpGroup: {displayName: HR-Designers}
  role: Designer
  tenants: [hr, main]
---
apiVersion: scim-operator.dev/v1alpha1
kind: UserManagementRule
metadata: {name: nobody-looked-yet}
spec:
  directoryRef: {name: corp}
  idpGroup: {externalId: 5b2f1c6a}
  role: Global Admin
---
apiVersion: scim-operator.dev/v1alpha1
kind: RuleSync
metadata: {name: everyone}
spec: {directoryRef: {name: corp}, scope: {all: {}}}
---
apiVersion: scim-operator.dev/v1alpha1
kind: ScimAccessToken
metadata: {name: corp}
spec: {directoryRef: {name: corp}, description: Entra ID provisioning, scope: Scim, issuedTo: directory, validity: 48h}
";

fn condition(kind: &str, status: &str, reason: &str) -> Value {
    let time = "2026-01-01T00:00:00Z";
    json!({"type": kind, "status": status, "reason": reason, "message": "", "lastTransitionTime": time})
}

/// What operator and endpoint would report.
fn status(object: &DynamicObject) -> Option<Value> {
    let status = match (object.types.as_ref()?.kind.as_str(), object.name_any().as_str()) {
        ("ScimDirectory", _) => json!({
            "observedGeneration": 1, "baseUrl": "http://corp-scim.scim.svc:8080/scim/v2",
            "users": {"total": 214, "active": 200, "managed": 203},
            "conditions": [condition("Ready", "True", "Available")],
        }),
        ("UserManagementRule", "hr-designers") => json!({
            "conditions": [condition("Ready", "True", "Published"), condition("InSync", "False", "RuleChanged")],
        }),
        ("RuleSync", _) => json!({
            "phase": "Running", "progress": {"processed": 40, "total": 214},
            "result": {
                "usersEvaluated": 40, "usersChanged": 7, "granted": 7, "revoked": 0, "promoted": 0, "demoted": 0,
            },
        }),
        ("ScimAccessToken", _) => json!({
            "state": "Active", "issuedAt": "2026-11-01T09:00:00Z", "expiresAt": "2099-11-01T09:00:00Z",
            "conditions": [condition("Ready", "True", "Active")],
        }),
        _ => return None,
    };
    Some(json!({"apiVersion": "scim-operator.dev/v1alpha1", "kind": object.types.as_ref()?.kind, "status": status}))
}

/// The table that `kubectl get` prints, cells joined by `|`, ages as `<age>`.
async fn table(cluster: &Cluster, namespace: &str, kind: &str, wide: bool) -> Vec<String> {
    let format = if wide { "wide" } else { "" };
    let answer = cluster.kubectl(&["get", "-n", namespace, kind, "-o", format], "").await;
    assert!(answer.ok, "{answer:?}");
    let header = answer.out.lines().next().unwrap();
    // A column begins where its title does; titles are apart by at least two blanks.
    let mut starts = vec![0];
    starts.extend(header.match_indices("   ").filter_map(|(at, _)| {
        let next = at + header[at..].len() - header[at..].trim_start().len();
        (next < header.len()).then_some(next)
    }));
    starts.dedup();
    let cells = |line: &str| {
        let ends = starts.iter().skip(1).copied().chain([usize::MAX]);
        let cells = starts.iter().zip(ends).map(|(from, to)| line.get(*from..to.min(line.len())).unwrap_or("").trim());
        cells.map(|cell| if is_age(cell) { "<age>" } else { cell }).collect::<Vec<_>>().join("|")
    };
    answer.out.lines().map(cells).collect()
}

/// An age as kubectl writes it: `5s`, `2m10s`.
fn is_age(cell: &str) -> bool {
    cell.starts_with(|c: char| c.is_ascii_digit())
        && cell.ends_with(['s', 'm', 'h', 'd'])
        && cell.chars().all(|c| c.is_ascii_digit() || "smhd".contains(c))
}

#[tokio::test]
async fn b118_kubectl_get_shows_what_people_look_for() {
    let Some(cluster) = connect("b118_kubectl_get_shows_what_people_look_for").await else { return };
    let namespace = cluster.namespace("columns").await;
    for object in documents(OBJECTS) {
        apply(&cluster, &namespace, &object).await.unwrap();
        let Some(status) = status(&object) else { continue };
        let api: Api<DynamicObject> = crate::manifest::api(&cluster, &namespace, &object);
        api.patch_status(&object.name_any(), &PatchParams::apply("status"), &Patch::Apply(&status)).await.unwrap();
    }
    let print = async |kind, wide| table(&cluster, &namespace, kind, wide).await;
    assert_eq!(
        print("sdir", false).await,
        ["NAME|READY|REASON|TENANT|USERS|AGE", "corp|True|Available|main|214|<age>"]
    );
    assert_eq!(
        print("umr", false).await,
        [
            "NAME|READY|GROUP|ROLE|TENANTS|IN SYNC|AGE",
            "hr-designers|True|HR-Designers|Designer|[\"hr\",\"main\"]|False|<age>",
            "nobody-looked-yet||5b2f1c6a|Global Admin|||<age>",
        ]
    );
    assert_eq!(
        print("rulesync", false).await,
        ["NAME|PHASE|DIRECTORY|PROCESSED|TOTAL|CHANGED|AGE", "everyone|Running|corp|40|214|7|<age>"]
    );
    assert_eq!(
        print("stoken", false).await,
        ["NAME|SCOPE|ISSUED TO|STATE|EXPIRES|AGE", "corp|Scim|directory|Active|2099-11-01T09:00:00Z|<age>"]
    );
    assert_eq!(
        print("stoken", true).await,
        [
            "NAME|SCOPE|ISSUED TO|STATE|EXPIRES|AGE|DESCRIPTION|ISSUED|LAST USED|DIRECTORY|READY|REASON",
            "corp|Scim|directory|Active|2099-11-01T09:00:00Z|<age>|Entra ID provisioning|2026-11-01T09:00:00Z\
             ||corp|True|Active",
        ]
    );
    let all = cluster.kubectl(&["get", "-n", &namespace, "scim", "-o", "name"], "").await;
    assert_eq!(all.out.lines().count(), 5, "the category names all kinds: {all:?}");
    cluster.remove(&namespace).await;
}

#[tokio::test]
async fn b121_a_token_that_does_not_say_what_it_is_for_is_refused() {
    let Some(cluster) = connect("b121_a_token_that_does_not_say_what_it_is_for_is_refused").await else { return };
    let namespace = cluster.namespace("described").await;
    let (_, token) = OBJECTS.rsplit_once("---\n").unwrap();
    let create = ["create", "-n", namespace.as_str(), "--dry-run=server", "-f", "-"];
    let good = cluster.kubectl(&create, token).await;
    assert!(good.ok, "{good:?}");
    let description = "description: Entra ID provisioning, ";
    assert!(token.contains(description));
    for (instead, said) in
        [("", "spec.description: Required value"), (r#"description: " ", "#, "spec.description in body should match")]
    {
        let answer = cluster.kubectl(&create, &token.replace(description, instead)).await;
        let refused = answer.err.contains(r#"The ScimAccessToken "corp" is invalid"#) && answer.err.contains(said);
        assert!(!answer.ok && refused, "{answer:?}");
    }
    cluster.remove(&namespace).await;
}

#[tokio::test]
async fn kubectl_apply_refuses_a_misspelt_field() {
    let Some(cluster) = connect("kubectl_apply_refuses_a_misspelt_field").await else { return };
    let namespace = cluster.namespace("strict").await;
    let bad = OBJECTS.replace("tenants:", "tennants:");
    let answer =
        cluster.kubectl(&["apply", "-n", &namespace, "--validate=strict", "--dry-run=server", "-f", "-"], &bad).await;
    assert!(!answer.ok && answer.err.contains(r#"unknown field "spec.tennants""#), "{answer:?}");
    cluster.remove(&namespace).await;
}
