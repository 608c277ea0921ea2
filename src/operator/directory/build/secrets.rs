//! The two Secrets a pod mounts: the admin listener's certificate and the token hashes. No token value is in either.

use super::super::names::Names;
use super::{Plan, meta};
use crate::operator::tls::{self, AUTHORITIES, NOT_AFTER};
use k8s_openapi::api::core::v1::Secret;

/// The key under which the endpoint finds the hashes.
pub const VERIFIERS_FILE: &str = "verifiers.json";

/// The admin listener's certificate, key and authorities.
pub fn admin_tls(plan: &Plan, names: &Names) -> Secret {
    let mut metadata = meta::owned(plan, names, names.admin_tls());
    let annotations = metadata.annotations.get_or_insert_default();
    annotations.insert(NOT_AFTER.to_owned(), plan.tls.not_after.clone());
    annotations.insert(AUTHORITIES.to_owned(), plan.tls.authorities.clone());
    Secret {
        metadata,
        data: Some(plan.tls.data.clone()),
        type_: Some("kubernetes.io/tls".to_owned()),
        ..Secret::default()
    }
}

/// Token hashes and the revocation floor.
pub fn verifiers(plan: &Plan, names: &Names) -> Secret {
    Secret {
        metadata: meta::owned(plan, names, names.verifiers()),
        data: Some(tls::bytes(&[(VERIFIERS_FILE, &plan.verifiers)])),
        type_: Some("Opaque".to_owned()),
        ..Secret::default()
    }
}
