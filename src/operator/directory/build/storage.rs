//! The volume claim.
//!
//! It outlives its directory (`Retain`) and is taken up by the next of the same name (B097, reading 16).

use super::super::names::Names;
use super::{Plan, meta};
use crate::api::directory::SqliteStorage;
use k8s_openapi::api::core::v1::{PersistentVolumeClaim, PersistentVolumeClaimSpec, VolumeResourceRequirements};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;

/// Default rules that a person deleted, comma-separated, on the volume that remembers them.
pub const DELETED_DEFAULT_RULES: &str = "scim-operator.dev/deleted-default-rules";
const ARGO_OPTIONS: (&str, &str) = ("argocd.argoproj.io/sync-options", "Prune=false,Delete=false");

/// A volume claim that is already there: what of it cannot be changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExistingVolume {
    /// Its StorageClass.
    pub class: Option<String>,
    /// What it asks for.
    pub size: String,
}

/// The claim. Of a claim that is there, the class stays and the size only grows.
pub fn volume_claim(plan: &Plan, wanted: &SqliteStorage, names: &Names) -> PersistentVolumeClaim {
    let mut metadata = meta::retained(plan, names, names.data());
    let annotations = metadata.annotations.get_or_insert_default();
    let (key, value) = ARGO_OPTIONS;
    annotations.insert(key.to_owned(), value.to_owned());
    if !plan.deleted_default_rules.is_empty() {
        annotations.insert(DELETED_DEFAULT_RULES.to_owned(), plan.deleted_default_rules.join(","));
    }
    let (class, size) = match &plan.volume {
        None => (wanted.storage_class_name.clone(), wanted.size().to_owned()),
        Some(volume) if bytes(&volume.size) > bytes(wanted.size()) => (volume.class.clone(), volume.size.clone()),
        Some(volume) => (volume.class.clone(), wanted.size().to_owned()),
    };
    PersistentVolumeClaim {
        metadata,
        spec: Some(PersistentVolumeClaimSpec {
            access_modes: Some(vec!["ReadWriteOnce".to_owned()]),
            resources: Some(VolumeResourceRequirements {
                requests: Some([("storage".to_owned(), Quantity(size))].into()),
                ..VolumeResourceRequirements::default()
            }),
            storage_class_name: class,
            ..PersistentVolumeClaimSpec::default()
        }),
        ..PersistentVolumeClaim::default()
    }
}

/// A quantity in bytes, or in units; `None` when it is none.
pub fn bytes(quantity: &str) -> Option<u128> {
    const UNITS: [(&str, u128); 12] = [
        ("Ki", 1 << 10),
        ("Mi", 1 << 20),
        ("Gi", 1 << 30),
        ("Ti", 1 << 40),
        ("Pi", 1 << 50),
        ("k", 1_000),
        ("M", 1_000_000),
        ("G", 1_000_000_000),
        ("T", 1_000_000_000_000),
        ("P", 1_000_000_000_000_000),
        ("m", 0),
        ("", 1),
    ];
    let (digits, unit) = UNITS.iter().find_map(|(suffix, unit)| Some((quantity.strip_suffix(suffix)?, *unit)))?;
    let number: u128 = digits.parse().ok()?;
    // Thousandths: only amounts of processors are written so.
    number.checked_mul(if unit == 0 { 1 } else { unit.checked_mul(1000)? })
}
