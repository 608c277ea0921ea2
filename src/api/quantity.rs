//! Amounts of CPU, memory and disk as Kubernetes writes them.
//!
//! `k8s_openapi`'s `Quantity` would bring two kilobytes of upstream text with each field into the CRD, so the schema
//! is our own.

use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// An amount: `100m`, `1`, `128Mi`. A bare number may be written without quotes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Amount(pub Quantity);

impl From<&str> for Amount {
    fn from(text: &str) -> Self {
        Self(Quantity(text.to_owned()))
    }
}

impl JsonSchema for Amount {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Amount".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "x-kubernetes-int-or-string": true,
            "anyOf": [{"type": "integer"}, {"type": "string"}],
            "maxLength": 20,
            "pattern": r"^[0-9]+(\.[0-9]+)?(m|k|M|G|T|Ki|Mi|Gi|Ti)?$",
        })
    }
}

/// What a container asks for or may use at most.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Amounts {
    /// Processors. Example: `100m`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpu: Option<Amount>,
    /// Memory, in bytes. Example: `128Mi`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory: Option<Amount>,
    /// Disk of the container itself, in bytes; the endpoint writes nothing there. Example: `64Mi`.
    #[serde(rename = "ephemeral-storage", skip_serializing_if = "Option::is_none")]
    pub ephemeral_storage: Option<Amount>,
}

impl Amounts {
    /// The map that a container's `resources` wants.
    pub fn to_map(&self) -> BTreeMap<String, Quantity> {
        let Self { cpu, memory, ephemeral_storage } = self;
        [("cpu", cpu), ("memory", memory), ("ephemeral-storage", ephemeral_storage)]
            .into_iter()
            .filter_map(|(name, amount)| amount.as_ref().map(|a| (name.to_owned(), a.0.clone())))
            .collect()
    }
}

/// Resources of a container.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Resources {
    /// What the scheduler sets aside.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub requests: Option<Amounts>,
    /// What the container may use at most; above the memory limit it is killed and starts again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limits: Option<Amounts>,
}
