//! How one object names another: always by name and always in its own namespace.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Longest name of a ScimDirectory; its children get suffixes.
pub const DIRECTORY_NAME_MAX: u32 = 40;

/// Names a ScimDirectory of the same namespace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DirectoryRef {
    /// The ScimDirectory's `metadata.name`. It may be made later: the object waits (`DirectoryNotFound`) and heals by
    /// itself. Example: `corp`.
    #[schemars(length(min = 1, max = DIRECTORY_NAME_MAX), regex(pattern = r"^[a-z]([-a-z0-9]*[a-z0-9])?$"))]
    pub name: String,
}

impl DirectoryRef {
    /// A reference to the directory of this name.
    pub fn to(name: impl Into<String>) -> Self {
        Self { name: name.into() }
    }
}

/// Names a Secret of the same namespace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SecretRef {
    /// The Secret's `metadata.name`. Example: `corp-scim-api-key`.
    #[schemars(length(min = 1, max = 253))]
    pub name: String,
}

impl SecretRef {
    /// A reference to the Secret of this name.
    pub fn to(name: impl Into<String>) -> Self {
        Self { name: name.into() }
    }
}

/// Names a key of a Secret of the same namespace, for the pods to read. The Secret must say whose it is: whoever may
/// write directories could otherwise have any Secret of the namespace mounted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SecretKeyRef {
    /// The Secret's `metadata.name`. It must carry the label `scim-operator.dev/directory: <this directory's name>`,
    /// and may be made later: a directory waits for its database (`SecretNotFound`), sign-in for its client secret
    /// (`SSOReady`). Example: `corp-database`.
    #[schemars(length(min = 1, max = 253), regex(pattern = r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$"))]
    pub name: String,
    /// The key in the Secret. Default: `url` in `urlSecretRef`, `clientSecret` in `clientSecretRef`, `ca.crt` in
    /// `caSecretRef`. Example: `uri`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 253), regex(pattern = r"^[-._a-zA-Z0-9]+$"))]
    pub key: Option<String>,
}

impl SecretKeyRef {
    /// The key, or the one that is meant where none is written.
    pub fn key_or<'a>(&'a self, otherwise: &'a str) -> &'a str {
        self.key.as_deref().unwrap_or(otherwise)
    }
}
