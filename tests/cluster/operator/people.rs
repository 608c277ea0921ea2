//! Who may write the four kinds, and what becomes of a token when whoever made it goes. B001, B115, B116, B118, B119.
//!
//! The people are impersonated. What organisation administrators may do is read off the rendered chart.

use super::world::{SOON, World};
use crate::manifest::{documents, folder};
use crate::support::cluster::{Answer, Cluster, connect};
use crate::support::wait::until;
use k8s_openapi::api::authorization::v1::SubjectAccessReview;
use k8s_openapi::api::rbac::v1::{Role, RoleBinding};
use kube::api::{Api, PostParams};
use scim_operator::api::{GROUP, ScimAccessToken};
use serde_json::{Value, json};

/// The administrators' role, as the chart names it.
const ADMINISTRATOR: &str = "scim-organization-admin";
const WRITING: [&str; 5] = ["create", "update", "patch", "delete", "deletecollection"];

/// A namespace of a cluster.
type Place<'a> = (&'a Cluster, &'a str);

#[tokio::test]
async fn b001_b115_whoever_may_only_edit_a_namespace_writes_none_of_the_four_kinds() {
    let Some(cluster) = connect("b001").await else { return };
    let namespace = cluster.namespace("people").await;
    let place = (&cluster, namespace.as_str());
    make_administrators(place, &["ann"]).await;
    bind(place, "eve", "ClusterRole", "edit").await;
    until("eve may edit", SOON, async || may(place, "eve", "create", ("", "configmaps")).await.then_some(())).await;
    for (kinds, object) in one_of_each() {
        for verb in WRITING {
            assert!(may(place, "ann", verb, (GROUP, kinds)).await, "ann may {verb} {kinds}");
            assert!(!may(place, "eve", verb, (GROUP, kinds)).await, "eve may not {verb} {kinds}");
        }
        // The same by doing it: an administrator succeeds with what the other is refused.
        let calls = [
            ("create", ["create", "-f", "-"], object.to_string()),
            ("delete", ["delete", kinds, "acme"], String::new()),
        ];
        for (verb, arguments, input) in calls {
            let refused = kubectl(place, "eve", &arguments, &input).await;
            assert!(is_forbidden(&refused, verb, kinds), "{refused:?}");
            let done = kubectl(place, "ann", &arguments, &input).await;
            assert!(done.ok, "{done:?}");
        }
    }
    cluster.remove(&namespace).await;
}

#[tokio::test]
async fn b115_b116_b118_b119_a_token_outlives_who_made_it_and_any_administrator_sees_and_revokes_it() {
    let Some(world) = World::start("b119 people", "site").await else { return };
    let place = (&world.cluster, world.namespace.as_str());
    world.directory("acme", Value::Null).await;
    make_administrators(place, &["ann", "bea"]).await;
    let made = kubectl(place, "ann", &["create", "-f", "-"], &token("site").to_string()).await;
    assert!(made.ok, "{made:?}");
    world.reads::<ScimAccessToken>("site", "Ready", "True Active").await;
    let key = world.key("site").await;
    let provider = world.caller("acme-scim").await.with_token(&key);
    assert_eq!(provider.get("/scim/v2/Users").await.0, 200);

    world.delete::<RoleBinding>("ann").await;
    let gone = async || (!may(place, "ann", "delete", (GROUP, "scimaccesstokens")).await).then_some(());
    until("ann is gone", SOON, gone).await;
    let refused = kubectl(place, "ann", &["delete", "scimaccesstokens", "site"], "").await;
    assert!(is_forbidden(&refused, "delete", "scimaccesstokens"), "B115: {refused:?}");
    world.reconciled::<ScimAccessToken>("site", "without ann").await;
    assert_eq!(world.condition::<ScimAccessToken>("site", "Ready").await, "True Active");
    assert_eq!(provider.get("/scim/v2/Users").await.0, 200, "B116: the token is not ann's");

    sees_tokens_and_no_values(place, "bea", &key).await;
    let revoked = kubectl(place, "bea", &["delete", "scimaccesstokens", "site"], "").await;
    assert!(revoked.ok, "B119: {revoked:?}");
    until("B119: it is refused", SOON, async || (provider.get("/scim/v2/Users").await.0 == 401).then_some(())).await;
    world.end().await;
}

/// B118: whatever a person asks `kubectl` for, each token's particulars are there and no value is.
async fn sees_tokens_and_no_values(place: Place<'_>, person: &str, key: &str) {
    let value = regex::Regex::new("scim_[a-z0-9]{16}_").unwrap();
    assert!(value.is_match(key), "a value looks like this");
    let looks: [&[&str]; 4] = [
        &["get", "stoken", "-o", "wide"],
        &["describe", "stoken"],
        &["get", "stoken", "-o", "yaml"],
        &["get", "stoken", "-o", "json", "--show-managed-fields"],
    ];
    for arguments in looks {
        let seen = kubectl(place, person, arguments, "").await;
        assert!(seen.ok, "{seen:?}");
        for particular in ["for the whole site", "entra", "API key of acme", "directory", "Scim", "Active"] {
            assert!(seen.out.contains(particular), "{arguments:?}: {particular:?}: {}", seen.out);
        }
        assert!(!value.is_match(&seen.out) && !seen.out.contains(key), "{arguments:?}: {}", seen.out);
    }
}

/// One object of each kind, called `acme`, under the name of its kind in the API.
fn one_of_each() -> [(&'static str, Value); 4] {
    let object = |kind: &str, spec: Value| {
        let version = format!("{GROUP}/v1alpha1");
        json!({"apiVersion": version, "kind": kind, "metadata": {"name": "acme"}, "spec": spec})
    };
    let acme = json!({"name": "acme"});
    let directory = json!({"displayName": "Acme", "tenant": "main", "sso": {"none": {}}});
    let rule = json!({"directoryRef": acme, "idpGroup": {"displayName": "HR"}, "role": "Designer"});
    let run = json!({"directoryRef": acme, "scope": {"all": {}}});
    [
        ("scimdirectories", object("ScimDirectory", directory)),
        ("usermanagementrules", object("UserManagementRule", rule)),
        ("rulesyncs", object("RuleSync", run)),
        ("scimaccesstokens", token("acme")),
    ]
}

fn token(name: &str) -> Value {
    let spec = json!({
        "directoryRef": {"name": "acme"}, "description": "for the whole site", "scope": "Scim", "issuedTo": "entra",
    });
    let version = format!("{GROUP}/v1alpha1");
    json!({"apiVersion": version, "kind": "ScimAccessToken", "metadata": {"name": name}, "spec": spec})
}

/// Makes these people organisation administrators of the namespace, and waits until it is in force.
async fn make_administrators(place: Place<'_>, people: &[&str]) {
    let (cluster, namespace) = place;
    let chart = std::fs::read_to_string(folder("tests/golden/chart/default.yaml")).unwrap();
    let named = format!("\n  name: {ADMINISTRATOR}\n");
    let rendered = chart.split("\n---\n").find(|document| document.contains(&named)).expect("the chart has the role");
    let rules = documents(rendered)[0].data["rules"].clone();
    let role: Role = serde_json::from_value(json!({"metadata": {"name": ADMINISTRATOR}, "rules": rules})).unwrap();
    let roles: Api<Role> = Api::namespaced(cluster.client.clone(), namespace);
    roles.create(&PostParams::default(), &role).await.unwrap();
    for person in people {
        bind(place, person, "Role", ADMINISTRATOR).await;
        let in_force = async || may(place, person, "create", (GROUP, "scimaccesstokens")).await.then_some(());
        until(&format!("{person} is an administrator"), SOON, in_force).await;
    }
}

/// Lets a person do in the namespace what a role allows, by a RoleBinding of the person's name.
async fn bind((cluster, namespace): Place<'_>, person: &str, kind: &str, role: &str) {
    let api_group = "rbac.authorization.k8s.io";
    let binding: RoleBinding = serde_json::from_value(json!({
        "metadata": {"name": person},
        "roleRef": {"apiGroup": api_group, "kind": kind, "name": role},
        "subjects": [{"apiGroup": api_group, "kind": "User", "name": person}],
    }))
    .unwrap();
    let bindings: Api<RoleBinding> = Api::namespaced(cluster.client.clone(), namespace);
    bindings.create(&PostParams::default(), &binding).await.unwrap();
}

/// Whether a person may do this to a kind (API group and plural) in the namespace, as the API server judges.
async fn may((cluster, namespace): Place<'_>, person: &str, verb: &str, (group, resource): (&str, &str)) -> bool {
    let attributes = json!({"namespace": namespace, "verb": verb, "group": group, "resource": resource});
    let spec = json!({"user": person, "groups": ["system:authenticated"], "resourceAttributes": attributes});
    let review: SubjectAccessReview = serde_json::from_value(json!({"metadata": {}, "spec": spec})).unwrap();
    let reviews: Api<SubjectAccessReview> = Api::all(cluster.client.clone());
    reviews.create(&PostParams::default(), &review).await.unwrap().status.is_some_and(|status| status.allowed)
}

/// Runs `kubectl` in the namespace as a person.
async fn kubectl((cluster, namespace): Place<'_>, person: &str, arguments: &[&str], input: &str) -> Answer {
    cluster.kubectl(&[&["--as", person, "-n", namespace][..], arguments].concat(), input).await
}

/// Whether this is the API server's 403.
fn is_forbidden(answer: &Answer, verb: &str, resource: &str) -> bool {
    let said = format!("cannot {verb} resource {resource:?} in API group {GROUP:?}");
    !answer.ok && answer.err.contains("(Forbidden)") && answer.err.contains(&said)
}
