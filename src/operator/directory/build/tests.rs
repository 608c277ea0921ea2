//! Golden children. The directory's name is deliberately unlike the product's, so that a swapped name shows.

use super::*;
use crate::operator::tls::{NOT_AFTER, bytes};
use serde::Serialize;

fn plan() -> Plan {
    Plan {
        key: Key::new("team-rocket", "acme"),
        uid: "0b7f3a52-9d1c-4f5e-8a41-1f0e2d3c4b5a".to_owned(),
        image: "registry.example.com/mirror/endpoint:9.9".to_owned(),
        operator_namespace: "platform".to_owned(),
        storage: Storage::default(),
        volume: None,
        resources: None,
        replicas: 1,
        tls: EndpointTls {
            data: bytes(&[("tls.crt", "certificate"), ("tls.key", "key"), ("ca.crt", "authority")]),
            not_after: "2026-04-01T00:00:00Z acme-endpoint-admin.team-rocket.svc".to_owned(),
            authorities: "0123456789abcdef; 0123456789abcdef".to_owned(),
        },
        verifiers: r#"{"revocationFloor":0,"verifiers":[]}"#.to_owned(),
        deleted_default_rules: Vec::new(),
        sign_in: None,
    }
}

fn yaml(object: &impl Serialize) -> String {
    serde_saphyr::to_string(&serde_json::to_value(object).unwrap()).unwrap()
}

fn golden() -> insta::Settings {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../../../../tests/golden/children");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings
}

/// The plan of three pods on a database, with these further fields of `postgres`.
fn on_database(more: serde_json::Value) -> Plan {
    let mut postgres = serde_json::json!({"urlSecretRef": {"name": "people-database"}});
    for (field, value) in more.as_object().unwrap() {
        postgres[field] = value.clone();
    }
    let storage = serde_json::from_value(serde_json::json!({"postgres": postgres})).unwrap();
    Plan { storage, replicas: 3, key: Key::new("team-rocket", "acme-eu"), ..plan() }
}

#[test]
fn every_child_on_a_database_is_as_it_was() {
    let secret = |name: &str, key: &str| serde_json::json!({"name": name, "key": key});
    let more = serde_json::json!({
        "urlSecretRef": secret("people-database", "uri"), "caSecretRef": secret("authority", "root.pem"),
    });
    let Children { data, policy, budget, workload, .. } = build(&on_database(more));
    assert_eq!(data, None);
    golden().bind(|| {
        insta::assert_snapshot!("database-policy", yaml(&policy));
        insta::assert_snapshot!("database-budget", yaml(&budget.unwrap()));
        insta::assert_snapshot!("database-workload", yaml(&workload));
    });
}

#[test]
fn what_is_not_written_of_a_database_is_not_asked_for() {
    let arguments = |more: serde_json::Value| {
        let pod = build(&on_database(more)).workload.spec.unwrap().template.spec.unwrap();
        let names: Vec<_> = pod.volumes.unwrap().into_iter().map(|volume| volume.name).collect();
        assert!(!names.contains(&"data".to_owned()), "{names:?}");
        let args = pod.containers.into_iter().next().unwrap().args.unwrap();
        args.into_iter().filter(|arg| arg.contains("data")).collect::<Vec<_>>()
    };
    let url = "--database-url-file=/etc/scim-operator/database/url";
    assert_eq!(arguments(serde_json::json!({})), [url, "--database-schema=scim_acme_eu"]);
    assert_eq!(arguments(serde_json::json!({"schema": "people"})), [url, "--database-schema=people"]);
}

/// The plan of a directory at whose provider people sign in.
fn signing_in(mounted: bool) -> Plan {
    let file = |secret: &str, key: &str| {
        let (secret, key) = (secret.to_owned(), key.to_owned());
        Some(SecretFile { secret, key, mounted })
    };
    let sign_in = SignIn { client_secret: file("acme-login", "word"), ca: file("authority", "root.pem") };
    Plan { sign_in: Some(sign_in), ..plan() }
}

#[test]
fn b129_every_child_is_as_it_was_where_people_sign_in() {
    let Children { policy, workload, .. } = build(&signing_in(true));
    golden().bind(|| {
        insta::assert_snapshot!("sign-in-policy", yaml(&policy));
        insta::assert_snapshot!("sign-in-workload", yaml(&workload));
    });
}

#[test]
fn b004_a_secret_of_sign_in_is_optional_and_one_that_may_not_be_mounted_is_missing_in_its_place() {
    let pod = |mounted| build(&signing_in(mounted)).workload.spec.unwrap().template.spec.unwrap();
    let volumes = |mounted| {
        let volumes = pod(mounted).volumes.unwrap().into_iter().filter(|volume| volume.name.starts_with("sso"));
        volumes.map(|volume| volume.secret.unwrap().optional).collect::<Vec<_>>()
    };
    assert_eq!((volumes(true), volumes(false)), (vec![Some(true), Some(true)], vec![]));
    let container = |mounted| pod(mounted).containers.into_iter().next().unwrap();
    assert_eq!(container(true).args, container(false).args, "the endpoint says that the file is missing");
    let mounts = container(false).volume_mounts.unwrap();
    assert!(mounts.iter().all(|mount| !mount.name.starts_with("sso")), "{mounts:?}");
}

#[test]
fn going_from_one_pod_to_several_restarts_nobody() {
    let template = |replicas| {
        let plan = Plan { replicas, ..on_database(serde_json::json!({})) };
        build(&plan).workload.spec.unwrap().template
    };
    assert_eq!(template(1), template(3));
}

#[test]
fn every_child_is_as_it_was() {
    let Children {
        account,
        admin_tls,
        verifiers,
        data,
        public_service,
        access_service,
        admin_service,
        policy,
        budget,
        workload,
    } = build(&plan());
    assert_eq!(budget, None, "of one pod there is no budget");
    golden().bind(|| {
        insta::assert_snapshot!("account", yaml(&account));
        insta::assert_snapshot!("admin-tls", yaml(&admin_tls));
        insta::assert_snapshot!("verifiers", yaml(&verifiers));
        insta::assert_snapshot!("data", yaml(&data.unwrap()));
        insta::assert_snapshot!("public-service", yaml(&public_service));
        insta::assert_snapshot!("access-service", yaml(&access_service));
        insta::assert_snapshot!("admin-service", yaml(&admin_service));
        insta::assert_snapshot!("policy", yaml(&policy));
        insta::assert_snapshot!("workload", yaml(&workload));
    });
}

#[test]
fn every_child_but_the_volume_goes_with_its_directory() {
    let children = build(&plan());
    let owner = |meta: &k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta| {
        meta.owner_references.as_ref().map(|owners| owners[0].uid.clone())
    };
    let uid = Some(plan().uid);
    assert_eq!(owner(&children.workload.metadata), uid);
    assert_eq!(owner(&children.admin_service.metadata), uid);
    assert_eq!(owner(&children.verifiers.metadata), uid);
    assert_eq!(owner(&children.data.unwrap().metadata), None);
    let budget = build(&on_database(serde_json::json!({}))).budget.unwrap();
    assert_eq!(owner(&budget.metadata), uid);
}

#[test]
fn a_volume_keeps_its_class_and_never_shrinks() {
    let volume = |size: &str| Some(ExistingVolume { class: Some("slow".to_owned()), size: size.to_owned() });
    let spec = |volume| {
        let data = build(&Plan { volume, ..plan() }).data.unwrap().spec.unwrap();
        (data.storage_class_name, data.resources.unwrap().requests.unwrap()["storage"].0.clone())
    };
    assert_eq!(spec(None), (None, "1Gi".to_owned()));
    assert_eq!(spec(volume("5Gi")), (Some("slow".to_owned()), "5Gi".to_owned()));
    assert_eq!(spec(volume("512Mi")), (Some("slow".to_owned()), "1Gi".to_owned()));
}

#[test]
fn quantities_compare_by_what_they_mean() {
    assert!(storage::bytes("1Gi") == storage::bytes("1024Mi"));
    assert!(storage::bytes("1") == storage::bytes("1000m"));
    assert!(storage::bytes("2G") < storage::bytes("2Gi"));
    assert_eq!(storage::bytes("much"), None);
}

#[test]
fn b079_deleted_default_rules_are_remembered_on_the_volume() {
    let deleted = vec!["acme-designers".to_owned(), "acme-developers".to_owned()];
    let data = build(&Plan { deleted_default_rules: deleted, ..plan() }).data.unwrap();
    assert_eq!(data.metadata.annotations.unwrap()[storage::DELETED_DEFAULT_RULES], "acme-designers,acme-developers");
}

#[test]
fn the_certificates_end_is_told_beside_it() {
    let annotations = build(&plan()).admin_tls.metadata.annotations.unwrap();
    assert!(annotations[NOT_AFTER].starts_with("2026-04-01"));
}

#[test]
fn an_empty_verifiers_file_and_no_secret_value_are_in_no_pod() {
    let workload = yaml(&build(&plan()).workload);
    for word in ["env:", "certificate", "revocationFloor"] {
        assert!(!workload.contains(word), "{word}");
    }
}
