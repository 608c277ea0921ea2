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
        storage: SqliteStorage::default(),
        volume: None,
        resources: None,
        replicas: 1,
        tls: EndpointTls {
            data: bytes(&[("tls.crt", "certificate"), ("tls.key", "key"), ("ca.crt", "authority")]),
            not_after: "2026-04-01T00:00:00Z acme-endpoint-admin.team-rocket.svc".to_owned(),
        },
        verifiers: r#"{"revocationFloor":0,"verifiers":[]}"#.to_owned(),
        deleted_default_rules: Vec::new(),
    }
}

fn yaml(object: &impl Serialize) -> String {
    serde_saphyr::to_string(&serde_json::to_value(object).unwrap()).unwrap()
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
        workload,
    } = build(&plan());
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../../../../tests/golden/children");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| {
        insta::assert_snapshot!("account", yaml(&account));
        insta::assert_snapshot!("admin-tls", yaml(&admin_tls));
        insta::assert_snapshot!("verifiers", yaml(&verifiers));
        insta::assert_snapshot!("data", yaml(&data));
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
    assert_eq!(owner(&children.data.metadata), None);
}

#[test]
fn a_volume_keeps_its_class_and_never_shrinks() {
    let volume = |size: &str| Some(ExistingVolume { class: Some("slow".to_owned()), size: size.to_owned() });
    let spec = |volume| {
        let data = build(&Plan { volume, ..plan() }).data.spec.unwrap();
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
    let data = build(&Plan { deleted_default_rules: deleted, ..plan() }).data;
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
